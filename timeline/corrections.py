"""Entries that were charted in error, edited or charted twice: the last word wins.

A cancelled entry or a ``delete`` takes back the row of the same order, time and drug that was recorded before
it; an ``update`` replaces it.  Nothing depends on the order of the input: rows are weighed by when they were
recorded, and a correction without a recording time outweighs the row it corrects.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from parsers.events import Action, AdministrationEvent, Finding

Slot = tuple[str | None, datetime, tuple[str, ...]]
_EARLY = datetime.min.replace(tzinfo=UTC)


def drug_names(event: AdministrationEvent) -> tuple[str, ...]:
    """The charted names of what a row gives, in a stable order."""
    return tuple(sorted(d.name.casefold() for d in event.drugs))


def _slot(event: AdministrationEvent) -> Slot:
    return (event.order_id, event.time, drug_names(event))


def apply_corrections(
    events: Sequence[AdministrationEvent],
) -> tuple[list[AdministrationEvent], list[Finding]]:
    """The events that stand, and a finding for each row that was taken back or corrected nothing."""
    corrections = [e for e in events if e.correction or e.action is Action.CANCELED]
    if not corrections:
        return list(events), []
    slots: dict[Slot, list[AdministrationEvent]] = {}
    for event in events:
        slots.setdefault(_slot(event), []).append(event)
    kept: list[AdministrationEvent] = []
    findings: list[Finding] = []
    for rows in slots.values():
        _settle(rows, kept, findings)
    return kept, findings


def _settle(rows: list[AdministrationEvent], kept: list[AdministrationEvent], findings: list[Finding]) -> None:
    """Keep what stands of the rows of one order, time and drug."""
    last = max((r for r in rows if _corrects(r)), key=_weight, default=None)
    if last is None:
        kept.extend(rows)
        return
    replaced = [r for r in rows if r is not last and _weight(r) <= _weight(last)]
    later = [r for r in rows if r is not last and _weight(r) > _weight(last)]
    withdrawn = last.correction == "delete" or last.action is Action.CANCELED
    if not withdrawn:
        # An update of the same minute: another action charted then (a stop beside a new bag) stays as it is.
        same_action = [r for r in replaced if r.action is last.action]
        kept.extend(r for r in replaced if r.action is not last.action)
        kept.append(last)
        replaced = same_action
    kept.extend(later)
    if not replaced and withdrawn:
        findings.append(
            Finding(
                "info",
                "correction-without-entry",
                "A cancelled or deleted entry names no earlier entry of the same order, time and drug.",
                "Nothing was taken back; check whether the entry it meant was charted at another time.",
                last.source,
            )
        )
    findings.extend(
        Finding(
            "info",
            "entry-withdrawn" if withdrawn else "entry-updated",
            "A later entry cancelled this one; it is not used."
            if withdrawn
            else "A later entry corrected this one; the later is used.",
            "",
            row.source,
        )
        for row in replaced
    )


def _corrects(event: AdministrationEvent) -> bool:
    return event.correction is not None or event.action is Action.CANCELED


def _weight(event: AdministrationEvent) -> tuple[datetime, bool, str, str]:
    """Later recorded weighs more; at the same time the correction does; the rest only makes ties stable."""
    return (
        event.recorded_at or _EARLY,
        _corrects(event),
        event.action_text or "",
        repr((event.stop, event.dose, event.rate, event.site, event.correction)),
    )
