"""The MAR table: CSV, TSV or other delimited text, or a data frame, to events.

The header is looked for in the first rows, so that the title lines of an export do no harm.  Every row below it
is one record: used, ignored because it is blank, or rejected with its reason.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parsers.clock import Clock
from parsers.doubts import Doubts
from parsers.events import AdministrationEvent, Finding, Ignored, Rejected, Source
from parsers.file_reading import FileReading
from parsers.mar_columns import ColumnMap, HeaderProblem, match_header
from parsers.profiles import Profile, load_profile, shipped_profiles, words_of
from parsers.shapes import header_word
from parsers.table_lines import Line, csv_lines, declared_delimiter, fitted_cells
from parsers.table_rows import RowReader
from parsers.texts import decoded_head, delimiter_of, first_line, open_text

if TYPE_CHECKING:
    import pandas as pd

HEADER_WITHIN = 10
"""The header is looked for in this many rows."""


@dataclass(frozen=True, slots=True)
class Header:
    row: int
    columns: ColumnMap


def read_table(data: bytes, file: str, clock: Clock, profile: Profile | None = None) -> FileReading:
    """Read the (decompressed) bytes of a MAR table; ``file`` is its name in sources."""
    profile = profile or load_profile()
    text, encoding = open_text(data)
    delimiter = table_delimiter(data, profile)
    reading = _read_lines(csv_lines(csv.reader(text, delimiter=delimiter)), file, clock, profile, delimiter)
    if encoding in ("cp1252", "latin-1"):
        note = Finding(
            "info",
            "encoding-assumed",
            "The file is not UTF-8; it was read as Windows-1252.",
            "Export UTF-8 if names of drugs look wrong.",
            Source(file),
        )
        return FileReading(
            reading.events, (*reading.findings, note), reading.ignored, reading.rejected, reading.used, reading.records
        )
    return reading


def read_frame_rows(
    frame: pd.DataFrame, clock: Clock, profile: Profile | None = None, file: str = "frame"
) -> tuple[FileReading, str]:
    """Read a data frame as if it were the CSV of it (header in row 1), and the sha256 of its cells."""
    digest = hashlib.sha256()
    header = [str(name) for name in frame.columns]
    columns = [_texts(frame.iloc[:, place]) for place in range(len(header))]

    def lines() -> Iterator[Line]:
        for number, cells in enumerate([header, *map(list, zip(*columns, strict=True))], start=1):
            digest.update(repr(cells).encode("utf-8", "surrogatepass"))
            yield Line(number, cells)

    reading = _read_lines(lines(), file, clock, profile or load_profile())
    return reading, digest.hexdigest()


def _texts(column: pd.Series) -> list[str]:
    """The cells of a column as they would stand in a file: whole floats without ``.0``, missing ones empty."""
    missing = column.isna().tolist()
    return ["" if gone else _cell(value) for value, gone in zip(column.tolist(), missing, strict=True)]


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if callable(isoformat) else str(value)


def table_delimiter(data: bytes, profile: Profile | None = None) -> str:
    """The delimiter a table in delimited text is read with."""
    head = decoded_head(data[:65_536])
    return declared_delimiter(first_line(head)) or _likely_delimiter(head, profile or load_profile())


def _likely_delimiter(head: str, profile: Profile) -> str:
    """The delimiter of the first rows that gives a header which can be matched, otherwise that of the first line."""
    for line in head.splitlines()[:HEADER_WITHIN]:
        delimiter = delimiter_of(line)
        if isinstance(match_header(next(csv.reader([line], delimiter=delimiter), []), profile.columns), ColumnMap):
            return delimiter
    return delimiter_of(first_line(head))


def _read_lines(lines: Iterator[Line], file: str, clock: Clock, profile: Profile, delimiter: str = "") -> FileReading:
    header, before = _find_header(lines, profile)
    if isinstance(header, HeaderProblem):
        rejected = Rejected(Source(file, row=1), "columns-missing", header.message, header.fix + _helpful(before))
        return FileReading(rejected=(rejected,), records=1)
    doubts = Doubts()
    reader = RowReader(header.columns, clock, words_of(profile), doubts)
    events: list[AdministrationEvent] = []
    blank: list[Source] = []
    rejections: list[Rejected] = []
    record = 0
    for record, line in enumerate(lines, start=1):
        source = Source(file, record, line.number)
        cells = fitted_cells(line, header.columns.width, source, delimiter)
        if isinstance(cells, Rejected):
            rejections.append(cells)
        elif cells is None:
            blank.append(source)
        else:
            found = reader.read(cells, source)
            if isinstance(found, Rejected):
                rejections.append(found)
            else:
                events.append(found)
    if not record:
        empty = Rejected(
            Source(file, row=header.row),
            "table-empty",
            "The table has a header but no rows.",
            "Check the export: its filter or its dates may leave nothing.",
        )
        return FileReading(rejected=(empty,), records=1)
    ignored = (Ignored("blank row", tuple(blank)),) if blank else ()
    notes = (*_header_notes(header, file), *_patients(header, file, events), *doubts.findings())
    return FileReading(tuple(events), notes, ignored, tuple(rejections), len(events), record)


def _find_header(lines: Iterable[Line], profile: Profile) -> tuple[Header | HeaderProblem, list[list[str]]]:
    """The header among the first rows, or the problem of the row that came nearest to being one."""
    best: HeaderProblem | None = None
    seen: list[list[str]] = []
    for line in lines:
        if line.cells and any(cell.strip() for cell in line.cells):
            found = match_header(line.cells, profile.columns)
            if isinstance(found, ColumnMap):
                return Header(line.number, found), seen
            seen.append(line.cells)
            if best is None or found.matched > best.matched:
                best = found
        if line.number >= HEADER_WITHIN:
            break
    return best or _no_header(), seen


def _no_header() -> HeaderProblem:
    problem = match_header([])
    if isinstance(problem, ColumnMap):
        raise AssertionError("an empty header cannot hold the required columns")
    return problem


def _helpful(rows: list[list[str]]) -> str:
    """The shipped profiles under which one of these rows would be a header."""
    names = [
        name
        for name in shipped_profiles()
        if (columns := load_profile(name).columns)
        and any(isinstance(match_header(row, columns), ColumnMap) for row in rows)
    ]
    return f" The profile {' or '.join(names)} maps these columns." if names else ""


def _patients(header: Header, file: str, events: list[AdministrationEvent]) -> Iterator[Finding]:
    if not header.columns.has("patient_id") and len({event.encounter_id for event in events}) > 1:
        yield Finding(
            "info",
            "patient-column-missing",
            "No column names the patient: two encounters of one patient on one day are not seen as such, and the"
            " second one gets no modifier 59.",
            "Add patient_id (or MRN) to the export, or map it under 'columns' in a profile.",
            Source(file, row=header.row),
        )


def _header_notes(header: Header, file: str) -> Iterator[Finding]:
    at = Source(file, row=header.row)
    columns = header.columns
    if header.row > 1:
        yield Finding(
            "info",
            "lines-before-header",
            f"The header was found in row {header.row}; the rows above it were passed over.",
            "",
            at,
        )
    if columns.twice:
        names = ", ".join(header_word(name, trusted=True) for name in columns.twice)
        yield Finding(
            "info",
            "column-twice",
            f"Another column serves already, so these were not read: {names}.",
            "Remove or rename the columns that are not meant.",
            at,
        )
    if columns.unused:
        names = ", ".join(header_word(name, trusted=True) for name in columns.unused[:20])
        yield Finding(
            "info",
            "columns-unused",
            f"These columns have no meaning here and were not read: {names}.",
            "If one of them is meant for the table, map it under 'columns' in a profile.",
            at,
        )
