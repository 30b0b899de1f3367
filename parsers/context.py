"""The tables a site adds beside its records: IV accesses (``--accesses``) and patient classes (``--classes``).

They are read like a MAR table: CSV, TSV or a workbook, header names without case, spaces and punctuation.  A row that
cannot be used is a finding; rows of encounters that are not in the input do no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Literal

from parsers.clock import Clock, Stamp
from parsers.context_columns import COLUMNS, REQUIRED, find_columns, header_words
from parsers.events import AccessContext, Finding, InputFile, Reading, Rejected, Source, StayContext
from parsers.files import Found, open_input
from parsers.patient_classes import is_known_class
from parsers.profiles import Profile, load_profile, words_of
from parsers.shapes import shape
from parsers.table_lines import Line, RawTable, fitted_cells
from parsers.tables import open_tables
from parsers.zones import zone_of

HEADER_WITHIN = 10
What = Literal["accesses", "classes"]


class ContextError(ValueError):
    """An accesses or classes table that cannot be read at all; the text says what was found and what to do."""


@dataclass(frozen=True, slots=True)
class ContextRow:
    """The cells of one row by column, all required ones filled; absent columns are empty texts."""

    source: Source
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ContextTable:
    """One table as read, its times still as texts: they wait for the zone of the run."""

    name: str
    sha256: str
    what: What
    headers: Mapping[str, str]
    rows: tuple[ContextRow, ...]
    findings: tuple[Finding, ...] = ()


def read_accesses(path: str | Path) -> ContextTable:
    """The IV accesses: encounter_id, site, start, stop, location, same_as.  Raises :class:`ContextError`."""
    return _read(Path(path), "accesses")


def read_classes(path: str | Path) -> ContextTable:
    """The patient classes: encounter_id, class, start, stop.  Raises :class:`ContextError`."""
    return _read(Path(path), "classes")


def with_tables(
    reading: Reading,
    tables: Iterable[ContextTable | None],
    profile: str | Profile | None = None,
    timezone: str | None = None,
) -> Reading:
    """The reading with what the tables say in its context and their findings, times read in the reading's zone.

    ``profile`` and ``timezone`` are those the records were read with.  The profile gives the site aliases, so that a
    line goes by one name in the record and in the table; with no zone from either, times are read as UTC and told.
    """
    given = [table for table in tables if table is not None]
    if not given:
        return reading
    chosen = profile if isinstance(profile, Profile) else load_profile(profile) if profile else load_profile()
    zone = reading.timezone if timezone is not None or chosen.timezone is not None else None
    known = {event.encounter_id for event in reading.events}
    known |= {merge.old for merge in reading.context.merges}
    context, findings = reading.context, list(reading.findings)
    for table in given:
        clock = Clock(zone_of(zone) if zone is not None else None)
        findings += table.findings
        if table.what == "accesses":
            accesses = _accesses(table, clock, chosen, findings)
            context = replace(context, accesses=(*context.accesses, *accesses))
        else:
            context = replace(context, stays=(*context.stays, *_classes(table, clock, findings)))
        findings += _unmatched(table, known)
        if clock.assumed and not any(finding.code == "zone-assumed" for finding in findings):
            findings.append(_zone_assumed(table))
    files = tuple(InputFile(table.name, table.sha256, table.what, len(table.rows)) for table in given)
    return replace(reading, context=context, findings=tuple(findings), tables=(*reading.tables, *files))


def _accesses(table: ContextTable, clock: Clock, profile: Profile, findings: list[Finding]) -> Iterable[AccessContext]:
    words = words_of(profile)
    for row in table.rows:
        span = _span(table, row, clock, findings)
        if span is not None:
            cells = row.cells
            yield AccessContext(
                row.source,
                cells["encounter_id"],
                words.site(cells["site"]) or cells["site"],
                span[0],
                span[1],
                cells["location"] or None,
                words.site(cells["same_as"]),
            )


def _classes(table: ContextTable, clock: Clock, findings: list[Finding]) -> Iterable[StayContext]:
    """Arrival and class of each row; where the last class of an encounter ends, the patient left."""
    found: dict[str, list[StayContext]] = {}
    for row in table.rows:
        span = _span(table, row, clock, findings)
        if span is None:
            continue
        encounter, patient_class = row.cells["encounter_id"], row.cells["class"].upper()
        if not is_known_class(patient_class):
            findings.append(_class_unknown(table, row))
        yield StayContext(row.source, encounter, "arrival", span[0])
        status = StayContext(row.source, encounter, "status", span[0], span[1], patient_class=patient_class)
        yield status
        found.setdefault(encounter, []).append(status)
    for encounter, stated in found.items():
        began = max(status.time for status in stated)
        # A class without a stop lasts until the next begins; the last begun is not over on record.
        if any(status.stop is None and status.time == began for status in stated):
            continue
        ended = max((status for status in stated if status.stop is not None), key=lambda s: s.stop or s.time)
        yield StayContext(ended.source, encounter, "discharge", ended.stop or ended.time)


def _span(
    table: ContextTable, row: ContextRow, clock: Clock, findings: list[Finding]
) -> tuple[datetime, datetime | None] | None:
    """Start and stop of a row, or ``None`` with a finding that says why it is not used."""
    start = clock.charted(row.cells["start"])
    if not isinstance(start, Stamp):
        text = f"{table.headers['start']}: {start.message} The row of the {table.what} table is not used."
        findings.append(Finding("warning", f"{table.what}-row-unusable", text, start.fix, row.source))
        return None
    if not row.cells["stop"]:
        return start.time, None
    stop = clock.charted(row.cells["stop"])
    if not isinstance(stop, Stamp):
        text = f"{table.headers['stop']}: {stop.message} It is taken as not charted."
        findings.append(Finding("warning", f"{table.what}-stop-unreadable", text, stop.fix, row.source))
        return start.time, None
    if stop.time <= start.time:
        findings.append(
            Finding(
                "warning",
                f"{table.what}-row-unusable",
                f"The stop in a row of the {table.what} table is not after its start; the row is not used.",
                "Correct the times of this row.",
                row.source,
            )
        )
        return None
    return start.time, stop.time


def _class_unknown(table: ContextTable, row: ContextRow) -> Finding:
    found = shape(row.cells["class"])
    return Finding(
        "warning",
        "class-unknown",
        f"{table.headers['class']}: a class of the shape {found} is not known; it is taken as outpatient.",
        "Use E, O, OBS or I.",
        row.source,
    )


def _zone_assumed(table: ContextTable) -> Finding:
    return Finding(
        "warning",
        "zone-assumed",
        f"The {table.what} table has times without an offset; they were read as UTC.",
        "Name the site's zone with --timezone, such as America/Chicago, or in the profile.",
        Source(table.name),
    )


def _unmatched(table: ContextTable, known: set[str]) -> Iterable[Finding]:
    named = {row.cells["encounter_id"] for row in table.rows}
    if named and known and not named & known:
        yield Finding(
            "warning",
            f"{table.what}-unmatched",
            f"No encounter of the {table.what} table is in the input; {len(named)} are named there.",
            "Export both with the same encounter number (account, visit or CSN) and for the same days.",
            Source(table.name),
        )


def _read(path: Path, what: What) -> ContextTable:
    content = open_input(Found(path.name, path))
    if isinstance(content, Rejected):
        raise ContextError(f"The {what} table cannot be read: {content.message} {content.fix}")
    tables = open_tables(content.data, path.name)
    if isinstance(tables, Rejected):
        raise ContextError(f"The {what} table cannot be read: {tables.message} {tables.fix}")
    problem: ContextError | None = None
    for table in tables:
        try:
            return _table(table, path.name, content.sha256, what)
        except ContextError as found:  # another sheet may hold it
            problem = problem or found
    raise problem or ContextError(f"The {what} table is empty. Needed: {', '.join(REQUIRED[what])}.")


def _table(table: RawTable, name: str, sha256: str, what: What) -> ContextTable:
    head: list[Line] = []
    columns: Mapping[str, int] | None = None
    for line in islice(table.lines, HEADER_WITHIN):
        head.append(line)
        columns = find_columns(line.cells or (), what)
        if columns is not None:
            break
    if columns is None:
        raise ContextError(_no_header(head, what))
    header = head[-1].cells or []
    headers = {column: header[place].strip() for column, place in columns.items()}
    rows: list[ContextRow] = []
    findings: list[Finding] = []
    for record, line in enumerate(table.lines, start=1):
        source = Source(name, record, line.number)
        cells = fitted_cells(line, len(header), source, table.delimiter)
        if isinstance(cells, Rejected):
            findings.append(Finding("warning", f"{what}-row-unusable", cells.message, cells.fix, source))
        elif cells is not None:
            _take(cells, columns, headers, what, source, rows, findings)
    return ContextTable(name, sha256, what, headers, tuple(rows), tuple(findings))


def _take(
    cells: Sequence[str],
    columns: Mapping[str, int],
    headers: Mapping[str, str],
    what: What,
    source: Source,
    rows: list[ContextRow],
    findings: list[Finding],
) -> None:
    row = {column: cells[columns[column]] if column in columns else "" for column in COLUMNS[what]}
    empty = next((column for column in REQUIRED[what] if not row[column]), None)
    if empty is None:
        rows.append(ContextRow(source, row))
    else:
        text = f"A row of the {what} table has no value in {headers[empty]}; it is not used."
        findings.append(Finding("warning", f"{what}-row-unusable", text, "Fill the cell in the export.", source))


def _no_header(head: Sequence[Line], what: What) -> str:
    rows = [[cell.strip() for cell in line.cells or () if cell.strip()] for line in head]
    rows = [row for row in rows if row]
    needed = f"Needed: {', '.join(REQUIRED[what])}"
    more = [column for column in COLUMNS[what] if column not in REQUIRED[what]]
    if not rows:
        return f"The {what} table is empty. {needed}."
    found, missing = header_words(rows, what)
    return (
        f"The {what} table has no header that can be matched. Found: {', '.join(found)[:300]}."
        f" Missing: {', '.join(missing)}. {needed}; also read: {', '.join(more)}."
    )
