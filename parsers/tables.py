"""The MAR table: delimited text, a workbook or a data frame, to events.

The header is looked for in the first rows, so that the title lines of an export do no harm.  Every row below it
is one record: used, ignored with its reason (blank, total, title, repeated header), or rejected with its own.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from parsers.clock import Clock
from parsers.doubts import Doubts
from parsers.eicu_rows import OffsetRows, read_offsets
from parsers.events import AdministrationEvent, Finding, Ignored, Rejected, Source
from parsers.file_reading import FileReading
from parsers.mar_columns import ColumnMap, HeaderProblem, match_header
from parsers.mimic_rows import MimicRows
from parsers.profiles import GENERIC, Profile, load_profile, shipped_profiles, words_of
from parsers.table_layout import BLANK, HEAD_ROWS, HEADER_WITHIN, Header, Layout
from parsers.table_lines import Line, RawTable, csv_lines, declared_delimiter, fitted_cells
from parsers.table_notes import header_notes, layout_notes, profile_note, sheet_note
from parsers.table_profiles import Choice, choose_profile, table_profiles
from parsers.table_rows import RowReader
from parsers.texts import decoded_head, delimiter_of, first_line, open_text
from parsers.workbooks import is_workbook, read_workbook

if TYPE_CHECKING:
    import pandas as pd

NO_TABLE, EMPTY_SHEET = "sheet without a MAR table", "empty sheet"
Names = Mapping[str, str]


def read_table(
    data: bytes, file: str, clock: Clock, profile: Profile | None = None, names: Names | None = None
) -> FileReading:
    """Read the (decompressed) bytes of a MAR table; ``file`` is its name in sources.

    Without a ``profile`` the one that fits best is found.  ``names`` are those of numbered drugs, from a table of
    items beside this one.
    """
    tables = open_tables(data, file, profile)
    if isinstance(tables, Rejected):
        return FileReading(rejected=(tables,), records=1)
    reading = _read_tables(tables, file, clock, profile, names or {})
    if tables and tables[0].encoding in ("cp1252", "latin-1"):
        note = Finding(
            "info",
            "encoding-assumed",
            "The file is not UTF-8; it was read as Windows-1252.",
            "Export UTF-8 if names of drugs look wrong.",
            Source(file),
        )
        return replace(reading, findings=(*reading.findings, note))
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

    reading = _read_tables([RawTable(lines())], file, clock, profile, {})
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


def open_tables(data: bytes, file: str, profile: Profile | None = None) -> list[RawTable] | Rejected:
    """The rows of a text, of each sheet of a workbook, or of a Parquet file; nothing is understood yet."""
    if is_workbook(data):
        return read_workbook(data, file)
    if data.startswith(b"PAR1"):
        from parsers.clif import parquet_rows

        rows = parquet_rows(data, file)
        return rows if isinstance(rows, Rejected) else [RawTable(rows, encoding="parquet")]
    text, encoding = open_text(data)
    delimiter = table_delimiter(data, profile)
    return [RawTable(csv_lines(csv.reader(text, delimiter=delimiter)), delimiter, encoding)]


def table_delimiter(data: bytes, profile: Profile | None = None) -> str:
    """The delimiter a table in delimited text is read with."""
    head = decoded_head(data[:65_536])
    profiles = [profile] if profile is not None else [load_profile(), *table_profiles()]
    return declared_delimiter(first_line(head)) or _likely_delimiter(head, profiles)


def _likely_delimiter(head: str, profiles: Sequence[Profile]) -> str:
    """The delimiter of the first rows that gives a header which can be matched, otherwise the one seen most."""
    lines = head.splitlines()[:HEADER_WITHIN]
    for line in lines:
        delimiter = delimiter_of(line)
        cells = next(csv.reader([line], delimiter=delimiter), [])
        if any(isinstance(match_header(cells, profile.columns), ColumnMap) for profile in profiles):
            return delimiter
    # The titles of an export may hold a comma where its rows are parted by something else.
    return delimiter_of(max(lines, key=lambda line: line.count(delimiter_of(line)), default=""))


def _read_tables(
    tables: Sequence[RawTable], file: str, clock: Clock, profile: Profile | None, names: Names
) -> FileReading:
    """Every sheet that has a header, one after the other; if none has, the refusal of the one that came nearest."""
    readings: list[FileReading] = []
    refused: list[tuple[int, Rejected, RawTable]] = []
    records = 0
    for table in tables:
        head = list(islice(table.lines, HEAD_ROWS))
        choice = choose_profile(head, profile)
        if isinstance(choice.header, Header):
            reading = _read_rows(table, head, choice.header, file, _clock(clock, choice), choice, names, records)
            records += reading.records
            readings.append(reading)
        else:
            blank = not any(any(line.cells or ()) for line in head)
            rejected = refusal(choice, choice.header, Source(file, row=1, segment=_sheet(table)))
            refused.append((-1 if blank else choice.header.matched, rejected, table))
    if not readings:
        matched, rejected, _ = max(refused, key=lambda r: r[0], default=(-1, nothing_in(file), None))
        return FileReading(rejected=(rejected if matched >= 0 else nothing_in(file),), records=1)
    return _together(
        readings, [_unread(file, matched < 0, records + n, t) for n, (matched, _, t) in enumerate(refused, 1)]
    )


def nothing_in(file: str) -> Rejected:
    return Rejected(
        Source(file),
        "table-empty",
        "The file holds no filled cell (hidden sheets are not read).",
        "Check the export: its filter or its dates may leave nothing.",
    )


def _unread(file: str, blank: bool, record: int, table: RawTable) -> FileReading:
    at = Source(file, record, segment=_sheet(table))
    ignored = Ignored(EMPTY_SHEET if blank else NO_TABLE, (at,))
    return FileReading(findings=() if blank else (sheet_note(at),), ignored=(ignored,), records=1)


def _together(readings: Sequence[FileReading], unread: Sequence[FileReading]) -> FileReading:
    parts = [*readings, *unread]
    if len(parts) == 1:
        return parts[0]
    return FileReading(
        tuple(e for part in parts for e in part.events),
        tuple(f for part in parts for f in part.findings),
        tuple(i for part in parts for i in part.ignored),
        tuple(r for part in parts for r in part.rejected),
        sum(part.used for part in parts),
        sum(part.records for part in parts),
    )


def _clock(clock: Clock, choice: Choice) -> Clock:
    """The reader's clock by the profile's order of day and month."""
    clock.day_first = choice.profile.date_order == "day-first"
    return clock


def _sheet(table: RawTable) -> str | None:
    return None if table.sheet is None else f"sheet {table.sheet}"


def refusal(choice: Choice, problem: HeaderProblem, at: Source) -> Rejected:
    """The table without a header that can be matched: what was found, what is missing, which profile would do."""
    profile = choice.profile
    if not choice.candidates or profile.name == GENERIC:
        return Rejected(at, "columns-missing", problem.message, problem.fix + _helpful(choice.seen))
    wanted = "; ".join(f"{c}: {' or '.join(profile.columns[c])}" for c in problem.missing if c in profile.columns)
    fix = f"It looks like the export {profile.name}: add the column that is missing ({wanted})."
    return Rejected(at, "columns-missing", problem.message, fix)


def _helpful(rows: Sequence[Sequence[str]]) -> str:
    """The shipped profiles under which one of these rows would be a header."""
    names = [
        name
        for name in shipped_profiles()
        if (columns := load_profile(name).columns)
        and any(isinstance(match_header(row, columns), ColumnMap) for row in rows)
    ]
    return f" The profile {' or '.join(names)} maps these columns." if names else ""


def _read_rows(
    table: RawTable,
    head: Sequence[Line],
    header: Header,
    file: str,
    clock: Clock,
    choice: Choice,
    names: Names,
    before: int,
) -> FileReading:
    layout, doubts = Layout(header, head), Doubts()
    lines = chain(head[header.after :], table.lines)
    events: list[AdministrationEvent] = []
    ignored: dict[str, list[Source]] = {}
    rejections: list[Rejected] = []
    reader = _reader(header, choice.profile, clock, doubts, names)
    for row in _rows(lines, header, layout, table, file, before, reader):
        if isinstance(row, AdministrationEvent):
            events.append(row)
        elif isinstance(row, Rejected):
            rejections.append(row)
        else:
            ignored.setdefault(row.reason, []).extend(row.sources)
    at = Source(file, row=header.row, segment=_sheet(table))
    gone = tuple(Ignored(reason, tuple(sources)) for reason, sources in ignored.items())
    records = len(events) + sum(i.count for i in gone) + len(rejections)
    if not records:
        empty = Rejected(
            at,
            "table-empty",
            "The table has a header but no rows.",
            "Check the export: its filter or its dates may leave nothing.",
        )
        return FileReading(rejected=(empty,), records=1)
    if choice.profile.table.layout == "eicu":
        events = read_offsets(events)
    notes = (
        *profile_note(choice, at),
        *header_notes(header, at),
        *layout_notes(header, layout, events, at),
        *doubts.findings(),
    )
    return FileReading(tuple(events), notes, gone, tuple(rejections), len(events), records)


def _rows(
    lines: Iterable[Line],
    header: Header,
    layout: Layout,
    table: RawTable,
    file: str,
    before: int,
    reader: RowReader | MimicRows | OffsetRows,
) -> Iterator[AdministrationEvent | Ignored | Rejected]:
    """What becomes of each row below the header; records are counted on from ``before``."""
    width, sheet = header.columns.width, _sheet(table)
    lines = _unwrapped(lines) if layout.wrapped else lines
    for record, line in enumerate(lines, start=before + 1):
        source = Source(file, record, line.number, segment=sheet)
        cells = fitted_cells(line, width, source, table.delimiter)
        if isinstance(cells, Rejected):
            yield cells
        elif cells is None:
            yield Ignored(BLANK, (source,))
        elif (reason := layout.other(cells)) is not None:
            yield Ignored(reason, (source,))
        else:
            layout.carry(cells)
            yield reader.read(cells, source)


def _unwrapped(lines: Iterable[Line]) -> Iterator[Line]:
    """Cells written as ``="0071"``, so that Excel leaves the zeros alone."""
    for line in lines:
        cells = [c[2:-1] if c.startswith('="') and c.endswith('"') else c for c in line.cells or ()]
        yield replace(line, cells=cells) if line.cells else line


def _reader(
    header: Header, profile: Profile, clock: Clock, doubts: Doubts, names: Names
) -> RowReader | MimicRows | OffsetRows:
    words = words_of(profile)
    if profile.table.layout == "eicu":
        return OffsetRows(header.columns, profile.table.minute_zero, clock, words, doubts)
    rows = RowReader(header.columns, clock, words, doubts)
    return MimicRows(rows, header, words, names, doubts) if profile.table.layout == "mimic" else rows


def first_rows(
    head: Sequence[Line], file: str, choice: Choice, table: RawTable, count: int
) -> list[AdministrationEvent | Ignored | Rejected]:
    """The first rows below the header as understood, for a person to look at; times without an offset as UTC."""
    if not isinstance(choice.header, Header):
        return []
    clock = _clock(Clock(), choice)
    reader = _reader(choice.header, choice.profile, clock, Doubts(), {})
    lines = head[choice.header.after :]
    return list(islice(_rows(lines, choice.header, Layout(choice.header, head), table, file, 0, reader), count))
