"""The rows of a delimited text file: numbered as a spreadsheet shows them, and fitted to the header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.events import Rejected, Source

SEPARATOR_LINE = "sep="
_NOTHING = frozenset({"NULL", "null", "(null)", "\\N", "#N/A", "N/A", "n/a", "NaN", "nan", "NaT", "<NA>", "None"})
"""What databases and data frames write for a cell that holds nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row as a spreadsheet numbers it; ``cells`` is ``None`` when the text of the row is broken."""

    number: int
    cells: list[str] | None
    lines: int = 1
    """Lines of the file it spans; more than one when a cell holds a line break."""


@dataclass(frozen=True, slots=True)
class RawTable:
    """The rows of a text file or of one sheet, before anything is understood."""

    lines: Iterator[Line]
    delimiter: str = ""
    encoding: str = "utf-8"
    sheet: int | None = None
    """Number of the sheet, where a workbook has several."""


def declared_delimiter(line: str) -> str:
    """Excel's first line ``sep=;``."""
    cut = line.strip().lstrip("\ufeff")
    return cut[-1] if cut.casefold().startswith(SEPARATOR_LINE) and len(cut) == len(SEPARATOR_LINE) + 1 else ""


def csv_lines(reader: Iterator[list[str]]) -> Iterator[Line]:
    """Number the rows of a csv reader; a row that it cannot read comes without cells, and the next ones go on."""
    number = ended = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Line(number, None)
            continue
        line_number: int = reader.line_num  # type: ignore[attr-defined]
        yield Line(number, cells, line_number - ended)
        ended = line_number


def fitted_cells(line: Line, width: int, source: Source, delimiter: str) -> list[str] | Rejected | None:
    """Stripped cells, as many as the header has and one empty one more; ``None`` for a blank row."""
    if line.cells is None:
        return Rejected(
            source,
            "row-unreadable",
            "The row holds a cell far too long for a table; a quotation mark may not be closed.",
            "Close or double the quotation marks in this row.",
        )
    cells = [cell.strip() for cell in line.cells]
    if not _NOTHING.isdisjoint(cells):
        cells = ["" if cell in _NOTHING else cell for cell in cells]
    if not any(cells):
        return None
    if line.lines > 1 and (len(cells) < width or _holds_rows(cells, width, delimiter)):
        return Rejected(
            source,
            "quote-open",
            f"A quotation mark in this row is not closed: it takes in {line.lines} lines of the file.",
            "Close or double the quotation marks; the rows on these lines were not read.",
        )
    if len(cells) == width:
        cells.append("")
        return cells
    if len(cells) > width:
        return [*cells[:width], ""] if not any(cells[width:]) else _shifted(source, len(cells), width)
    return cells + [""] * (width + 1 - len(cells))


def _holds_rows(cells: list[str], width: int, delimiter: str) -> bool:
    """A line inside a cell with as many delimiters as a row: a row was taken in, not a line of a comment."""
    if not delimiter or width < 3:
        return False
    return any(part.count(delimiter) >= width - 1 for cell in cells for part in cell.splitlines()[1:])


def _shifted(source: Source, found: int, width: int) -> Rejected:
    return Rejected(
        source,
        "row-shifted",
        f"The row has {found} cells, the header {width}: its values do not stand under their headers.",
        "Put texts that hold the delimiter in quotation marks.",
    )
