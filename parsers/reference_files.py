"""Public tables a user downloads (rates, unit limits, code pairs): opened, and their header row found.

These files put titles and licence lines above the header, spread a header over several rows or break it inside a
cell, and come as CSV, tab-delimited text or Excel sheets.  What the columns mean is said in
:mod:`parsers.reference_tables`.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from os import PathLike
from pathlib import Path
from zipfile import is_zipfile

from parsers.events import Rejected
from parsers.files import Content, Found, open_input
from parsers.shapes import header_word, shape
from parsers.texts import DELIMITERS, encoding_of

_HEADER_CELLS = 4
"""So many cells without a digit are a header and no row of a chart."""
HEADER_WITHIN = 100
"""Rows in which the header must stand; the real files have it in the first ten."""
_SPACE = re.compile(r"\s+")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"

Row = list[str]
Wanted = Callable[[str], bool]
"""Says whether a header, in lower case and with single spaces, is the column."""


class ReferenceTableError(ValueError):
    """A rates, MUE or PTP file that cannot be used: file, row (counted from 1), what was found, what to do."""

    def __init__(self, file: str, row: int | None, found: str, fix: str) -> None:
        self.file, self.row, self.found, self.fix = file, row, found, fix
        where = file if row is None else f"{file}, row {row}"
        super().__init__(f"{where}: {found} {fix}")


@dataclass(frozen=True, slots=True)
class Table:
    """One opened table: the rows below its header and where each wanted column stands."""

    file: str
    """Base name."""
    sha256: str
    """Of the file as stored."""
    header: tuple[str, ...]
    at: Mapping[str, int]
    """Wanted column to its place in a row."""
    rows: Iterator[tuple[int, Row]]
    """Row number, counted from 1 as a spreadsheet shows it, and its cells without outer spaces; empty rows left out."""

    def error(self, row: int | None, found: str, fix: str) -> ReferenceTableError:
        return ReferenceTableError(self.file, row, found, fix)


def open_reference(
    path: str | PathLike[str], what: str, wanted: Mapping[str, Wanted], give: str | None = None
) -> Table:
    """The table in a file, its header being the first row that holds every ``wanted`` column.

    ``what`` names the table in messages, and ``give`` says what to give where none is published.  The file may be CSV,
    tab-delimited text or Excel (XLSX), in UTF-8 or latin-1, gzipped or not.  Raises :class:`ReferenceTableError` when
    it cannot be opened or has no such row.
    """
    path = Path(path)
    if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises in a folder that may not be looked into
        raise ReferenceTableError(path.name, None, "There is no such file.", f"Give the path of {what}.")
    content = open_input(Found(path.name, path))
    if isinstance(content, Rejected):
        raise ReferenceTableError(path.name, None, content.message, content.fix)
    best: tuple[int, Row, list[str]] | None = None
    unreadable: ReferenceTableError | None = None
    for rows in _readings(path.name, content):
        try:
            for number, row in enumerate(islice(rows, HEADER_WITHIN), 1):
                places = _places(row, wanted)
                if len(places) == len(wanted):
                    numbered = enumerate(rows, number + 1)
                    filled = ((n, cells) for n, cells in numbered if any(cells))
                    return Table(path.name, content.sha256, tuple(row), places, filled)
                if places and (best is None or len(wanted) - len(places) < len(best[2])):
                    best = (number, row, [name for name in wanted if name not in places])
        except ReferenceTableError as error:  # read with the wrong delimiter, or really broken
            unreadable = unreadable or error
    if unreadable is not None and best is None:
        raise unreadable
    raise _no_header(path.name, what, wanted, best, give)


def _places(row: Row, wanted: Mapping[str, Wanted]) -> dict[str, int]:
    headers = [plain_header(cell) for cell in row]
    found = {name: next((i for i, h in enumerate(headers) if h and fits(h)), -1) for name, fits in wanted.items()}
    return {name: place for name, place in found.items() if place >= 0}


def plain_header(cell: str) -> str:
    """A header in lower case, with single spaces and no line break: ``HCPCS/\\nCPT Code`` is ``hcpcs/ cpt code``."""
    return _SPACE.sub(" ", cell).strip().casefold()


def _no_header(
    file: str, what: str, wanted: Mapping[str, Wanted], best: tuple[int, Row, list[str]] | None, give: str | None
) -> ReferenceTableError:
    if best is None:
        return ReferenceTableError(
            file,
            None,
            f"No row of the first {HEADER_WITHIN} has the headers of {what} ({', '.join(wanted)}).",
            give or f"Give {what} as published, as CSV, tab-delimited text or XLSX, unpacked from its ZIP archive.",
        )
    number, row, missing = best
    # One match may be chance: in a chart given by mistake, such a row could hold a patient's data.
    trusted = len(wanted) - len(missing) > 1 or _is_header_like(row)
    seen = ", ".join(header_word(_SPACE.sub(" ", cell), trusted=trusted) for cell in row if cell)
    return ReferenceTableError(
        file,
        number,
        f"The header has no column for {', '.join(missing)}; it has: {seen[:200]}.",
        give or f"Give {what} as published, with all its columns.",
    )


def _is_header_like(row: Row) -> bool:
    """Whether a row can only be a header: several cells and no digit, where a chart would have its times."""
    filled = [cell for cell in row if cell]
    return len(filled) >= _HEADER_CELLS and not any(c.isdigit() for cell in filled for c in cell)


def _readings(file: str, content: Content) -> Iterator[Iterator[Row]]:
    """The rows of the file in each way it may be meant: every sheet, or text parted by each delimiter."""
    if content.data.startswith(_OLD_EXCEL):
        raise ReferenceTableError(
            file, None, "The file is an Excel workbook of the old kind (XLS).", "Save it as XLSX or CSV."
        )
    if is_zipfile(io.BytesIO(content.data)):
        yield from _sheets(file, content.data)
        return
    text = content.data.decode(encoding_of(content.data), errors="replace")
    for delimiter in DELIMITERS:
        yield _text_rows(file, text, delimiter)


def _text_rows(file: str, text: str, delimiter: str) -> Iterator[Row]:
    # Read from a text stream that keeps line ends, so that a line break inside a quoted cell stays inside it.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise ReferenceTableError(
                file,
                number,
                "The row is not readable as a table: a quoted cell does not end, or the file is not text.",
                "Download the file again and give it as it was published.",
            ) from None
        yield [cell.strip() for cell in row]


def _sheets(file: str, data: bytes) -> Iterator[Iterator[Row]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except (CalamineError, OSError, ValueError):
        raise ReferenceTableError(
            file,
            None,
            "The file is a ZIP archive or a damaged workbook.",
            "Unpack the archive and give the CSV, TXT or XLSX file inside it.",
        ) from None
    for sheet in sheets:
        yield ([_cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False))


def _cell_text(cell: object) -> str:
    """A cell as the CSV of the same table writes it: whole numbers without a point, dates as YYYYMMDD."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date):
        return f"{cell:%Y%m%d}"
    return str(cell).strip()


def cell(row: Sequence[str], place: int) -> str:
    """A cell, empty where the row is shorter than its header."""
    return row[place] if place < len(row) else ""


def found_shape(text: str) -> str:
    """What a message may show of an unexpected cell."""
    return f"a value of the shape {shape(text)}" if text else "nothing"
