"""What is worth telling of a table as a whole: the profile chosen, the header, cells carried down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parsers.events import AdministrationEvent, Finding, Source
from parsers.profiles import GENERIC
from parsers.shapes import header_word
from parsers.table_layout import Header, Layout
from parsers.table_profiles import Choice


def profile_note(choice: Choice, at: Source) -> Iterator[Finding]:
    """Which profile was chosen and why; nothing where the user named one or the table needs none."""
    if not choice.candidates:
        return
    if choice.profile.name != GENERIC:
        yield Finding(
            "info",
            "profile-chosen",
            f"Read with the profile {choice.profile.name}: {choice.why}; confidence {choice.confidence:.2f}.",
            "If the export is another one, name its profile with --profile.",
            at,
        )
        return
    near = choice.candidates[0]
    if len(near.found) >= max(3, len(near.profile.table.recognised_by) * 0.4):
        lacking = ", ".join(near.lacking[:6])
        yield Finding(
            "info",
            "profile-near",
            f"It resembles the profile {near.profile.name} (confidence {near.confidence:.2f}) but lacks {lacking}; the"
            " generic names were used.",
            f"If it is that export, run with --profile {near.profile.name}.",
            at,
        )


def sheet_note(at: Source) -> Finding:
    return Finding(
        "info",
        "sheet-not-read",
        f"{(at.segment or 'sheet').capitalize()} holds no header of a MAR table; it was not read.",
        "If its rows are meant, give the sheet a header row, or save it as CSV and give that.",
        at,
    )


def header_notes(header: Header, at: Source) -> Iterator[Finding]:
    columns = header.columns
    if header.row > len(header.rows):
        yield Finding(
            "info",
            "lines-before-header",
            f"The header was found in row {header.row}; the rows above it were passed over.",
            "",
            at,
        )
    if len(header.rows) > 1:
        yield Finding(
            "info",
            "header-of-two-rows",
            f"The header was read from rows {header.row - 1} and {header.row} together.",
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


def layout_notes(
    header: Header, layout: Layout, events: Sequence[AdministrationEvent], at: Source
) -> Iterator[Finding]:
    if layout.carried:
        rows = "1 row leaves" if layout.carried == 1 else f"{layout.carried:,} rows leave"
        # Where patients stand in a column of their own, a row of another patient is never given the one above.
        sure = header.columns.has("patient_id")
        yield Finding(
            "info" if sure else "warning",
            "cells-carried-down",
            f"The table names the encounter once a block: {rows} it out and took it from above.",
            "If an empty cell means another encounter, export it in every row.",
            at,
        )
    if not header.columns.has("patient_id") and len({event.encounter_id for event in events}) > 1:
        yield Finding(
            "info",
            "patient-column-missing",
            "No column names the patient: two encounters of one patient on one day are not seen as such, and the"
            " second one gets no modifier 59.",
            "Add patient_id (or MRN) to the export, or map it under 'columns' in a profile.",
            at,
        )
