"""Entries that were charted in error, edited or charted twice: the last word wins.

A cancelled entry or a ``delete`` takes back the row of the same order, time and drug that was recorded before
it; an ``update`` replaces it.  A correction that names an action means the row of that action: the stop beside a new
bag of the same minute stays as it is.  Nothing depends on the order of the input: rows are weighed by when they were
recorded, and a correction without a recording time outweighs the row it corrects.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from parsers.events import Action, AdministrationEvent, Finding
from timeline.access_names import access_key
from timeline.entry_history import PastEntry, past_entry

Slot = tuple[str | None, datetime, tuple[str, ...]]
_EARLY = datetime.min.replace(tzinfo=UTC)
_LATE = datetime.max.replace(tzinfo=UTC)


def drug_names(event: AdministrationEvent) -> tuple[str, ...]:
    """The charted names of what a row gives, in a stable order."""
    return tuple(sorted(d.name.casefold() for d in event.drugs))


def _slot(event: AdministrationEvent) -> Slot:
    return (event.order_id, event.time, drug_names(event))


def apply_corrections(
    events: Sequence[AdministrationEvent],
) -> tuple[list[AdministrationEvent], list[Finding], list[PastEntry]]:
    """The events that stand, a finding for each row that was taken back or corrected nothing, and those rows."""
    if not any(_corrects(e) for e in events):
        return list(events), [], []
    slots: dict[Slot, list[AdministrationEvent]] = {}
    kept: list[AdministrationEvent] = []
    for event in events:
        if event.origin == "pump":
            kept.append(event)
        else:
            slots.setdefault(_slot(event), []).append(event)
    findings: list[Finding] = []
    past: list[PastEntry] = []
    for rows in slots.values():
        kept.extend(_standing(rows, findings, past) if any(map(_corrects, rows)) else rows)
    return kept, findings, past


def _standing(
    rows: list[AdministrationEvent], findings: list[Finding], past: list[PastEntry]
) -> list[AdministrationEvent]:
    """What stands of the rows of one order, time and drug, read in the order in which they were recorded."""
    standing: list[AdministrationEvent] = []
    for row in sorted(rows, key=_weight):
        if not _corrects(row):
            standing.append(row)
            continue
        meant = _meant(row, standing)
        standing = [r for r in standing if r not in meant]
        if _withdraws(row):
            findings.append(_took_back(row, len(meant)))
        else:
            standing.append(row)
        findings.extend(_replaced(r, row) for r in meant)
        past.extend(past_entry(r, row, "withdrawn" if _withdraws(row) else "updated") for r in meant)
    return standing


def _meant(correction: AdministrationEvent, standing: Sequence[AdministrationEvent]) -> list[AdministrationEvent]:
    """The rows a correction takes back or replaces."""
    rows = list(standing)
    if correction.order_id is None and correction.site is not None:
        # Without an order the access is part of what names it.
        rows = [r for r in rows if r.site is None or access_key(r.site) == access_key(correction.site)]
    same_action = [r for r in rows if r.action is correction.action]
    # A cancelled entry names no action of its own: it takes back whatever was charted.
    return same_action or (rows if _withdraws(correction) else [])


def _took_back(row: AdministrationEvent, entries: int) -> Finding:
    if entries:
        text = "This entry cancels or deletes an earlier entry of the same order, time and drug."
        return Finding("info", "correction-applied", text, "", row.source)
    return Finding(
        "info",
        "correction-without-entry",
        "A cancelled or deleted entry names no earlier entry of the same order, time and drug.",
        "Nothing was taken back; check whether the entry it meant was charted at another time.",
        row.source,
    )


def _replaced(row: AdministrationEvent, by: AdministrationEvent) -> Finding:
    code, text = (
        ("entry-withdrawn", "A later entry cancelled this one; it is not used.")
        if _withdraws(by)
        else ("entry-updated", "A later entry corrected this one; the later is used.")
    )
    return Finding("info", code, text, "", row.source)


def _corrects(event: AdministrationEvent) -> bool:
    return event.correction is not None or event.action is Action.CANCELED


def _withdraws(event: AdministrationEvent) -> bool:
    return event.correction == "delete" or event.action is Action.CANCELED


def _weight(event: AdministrationEvent) -> tuple[datetime, bool, bool, str, str]:
    """Later recorded weighs more; at the same time the correction does; the rest only makes ties stable."""
    return (
        event.recorded_at or (_LATE if _corrects(event) else _EARLY),
        _corrects(event),
        _withdraws(event),
        event.action_text or "",
        repr((event.stop, event.dose, event.rate, event.site, event.correction)),
    )
