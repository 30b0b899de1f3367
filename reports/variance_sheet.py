"""The variance in the columns of an audit sheet as revenue integrity keeps it: one row a code that is off."""

from __future__ import annotations

from datetime import date, datetime

from reports.columns import Cell
from reports.sheets import Sheet, SheetColumn
from reports.variance import Audit, EncounterVariance, Place, Variance

COLUMNS = (
    SheetColumn("account"), SheetColumn("drug administration codes billed"), SheetColumn("units billed", "integer"),
    SheetColumn("code supported"), SheetColumn("units", "integer"), SheetColumn("status"), SheetColumn("date", "date"),
    SheetColumn("start", "time"), SheetColumn("stop", "time"), SheetColumn("staff"),
    SheetColumn("reconciled by", fill_in=True), SheetColumn("financial impact", "number"),
    SheetColumn("charge impact", "number"), SheetColumn("pattern"), SheetColumn("comments", fill_in=True),
    SheetColumn("cause"),
)  # fmt: skip


def variance_sheet(audit: Audit) -> Sheet:
    """What is off, encounter by encounter; what was billed rightly is left out."""
    rows = [_row(e, row, audit) for e in audit.encounters for row in e.rows if row.status != "supported"]
    note = "Positive was missed, negative was billed too much; both are put right with equal weight."
    return Sheet("Variance", COLUMNS, rows, note)


def _row(encounter: EncounterVariance, row: Variance, audit: Audit) -> list[Cell]:
    start, stop, staff = _charted(encounter, row)
    return [
        encounter.encounter_id,
        _code(row, row.billed),
        row.units if row.billed is not None else 0,
        _code(row, row.supported),
        row.units,
        row.status,
        _day(row),
        start,
        stop,
        staff,
        None,
        row.amount if audit.priced else None,
        None if row.charge is None else float(row.charge),
        row.pattern,
        None,
        row.cause,
    ]


def _code(row: Variance, place: Place | None) -> str | None:
    return None if place is None else "-".join((row.code, *place.modifiers))


def _day(row: Variance) -> date | None:
    place = row.supported or row.billed
    return place.date if place is not None else None


def _charted(encounter: EncounterVariance, row: Variance) -> tuple[datetime | None, datetime | None, str | None]:
    """First start, last stop and staff of the administrations behind a row."""
    if encounter.coded is None:
        return None, None, None
    timeline = encounter.coded.timeline
    given = [a for a in timeline.administrations if a.id in row.administrations]
    stops = [a.stop for a in given if a.stop is not None]
    staff = ", ".join(dict.fromkeys(a.nurse for a in given if a.nurse)) or None
    return (
        timeline.local(min(a.start for a in given)) if given else None,
        timeline.local(max(stops)) if stops and len(stops) == len(given) else None,
        staff,
    )
