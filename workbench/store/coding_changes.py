"""How a coding differs from what was last reported of the encounter, line by line, and what brought it about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import msgspec

from reports.night import Cause, EncounterChange, LineChange
from workbench.store.causes import causes_of, place_text, places_of
from workbench.store.loading import Fact
from workbench.store.prepared import Prepared, Row

GONE = b""
"""The digest of an encounter without administrations."""


@dataclass(slots=True)
class Earlier:
    """What was last reported of an encounter before this run."""

    digest: bytes
    run: int
    amount: float | None
    stop: datetime | None
    patient: str | None
    lines: list[Row] = field(default_factory=list)
    queries: set[str] = field(default_factory=set)
    """Ids of the open ones."""


def change_of(
    one: Prepared, earlier: Earlier | None, arrived: Sequence[Fact], *, rules_changed: bool
) -> EncounterChange:
    """The change from ``earlier`` to ``one``; ``lines`` is empty where the bill is the same."""
    if earlier is None:
        causes: tuple[Cause, ...] = ()
        by_place: dict[str, int] = {}
        earlier = Earlier(GONE, 0, None, None, None)
    else:
        zone = _zone(one.start, earlier)
        causes = causes_of(arrived, zone, earlier.stop, rules_changed=rules_changed)
        by_place = places_of(arrived, causes, zone, earlier.stop)
    before, after = ({row["line"]: row for row in rows} for rows in (earlier.lines, one.lines))
    changes = []
    for line in dict.fromkeys((*after, *before)):
        found = _line_change(before.get(line), after.get(line))
        if found is not None:
            changes.append(_with_causes(found, after.get(line), by_place, causes))
    asked = {row["query"] for row in one.queries}
    return EncounterChange(
        encounter_id=one.encounter,
        patient_id=one.patient,
        day=date.fromisoformat(one.day) if one.day else _day(earlier),
        first_time=earlier.digest == GONE,
        lines=tuple(changes),
        queries_before=len(earlier.queries),
        queries_after=len(one.queries),
        queries_opened=len(asked - earlier.queries),
        queries_closed=len(earlier.queries - asked),
        amount_before=earlier.amount,
        amount_after=one.amount,
        causes=causes,
    )


def withdrawn(number: str, earlier: Earlier, arrived: Sequence[Fact]) -> EncounterChange:
    """The change to an encounter of which no administration is left."""
    zone = _zone(None, earlier)
    causes = causes_of(arrived, zone, earlier.stop, rules_changed=False)
    everything = tuple(range(len(causes)))
    found = (_line_change(row, None) for row in earlier.lines)
    return EncounterChange(
        encounter_id=number,
        patient_id=earlier.patient,
        day=_day(earlier),
        first_time=False,
        lines=tuple(replace(change, causes=everything) for change in found if change is not None),
        queries_before=len(earlier.queries),
        queries_after=0,
        queries_closed=len(earlier.queries),
        amount_before=earlier.amount,
        amount_after=None if earlier.amount is None else 0.0,
        causes=causes,
    )


def _zone(start: str | None, earlier: Earlier) -> tzinfo:
    """The clock of the encounter: where nothing is left of it, that of what was reported."""
    local = datetime.fromisoformat(start) if start is not None else earlier.stop
    return (local.tzinfo if local is not None else None) or UTC


def _day(earlier: Earlier) -> date | None:
    return earlier.stop.date() if earlier.stop is not None else None


def _line_change(before: Row | None, after: Row | None) -> LineChange | None:
    row = after or before
    if row is None:
        return None
    units = before["units"] if before else 0, after["units"] if after else 0
    amounts = _amount(before), _amount(after)
    if before and after and units[0] == units[1] and amounts[0] == amounts[1]:
        return None
    return LineChange(
        kind="new" if before is None else "withdrawn" if after is None else "changed",
        line=row["line"],
        code=row["code"],
        modifiers=tuple(msgspec.json.decode(row["modifiers"])),
        date=date.fromisoformat(row["date"]),
        units_before=units[0],
        units_after=units[1],
        amount_before=amounts[0],
        amount_after=amounts[1],
        drug=row["drug"],
        reason=after["reason"] if after else "",
    )


def _amount(row: Row | None) -> float | None:
    return None if row is None else row["amount"]


def _with_causes(
    change: LineChange, after: Mapping[str, Any] | None, by_place: Mapping[str, int], causes: Sequence[Cause]
) -> LineChange:
    """The causes whose records support the line; for a withdrawn one those of its drug; else all of them."""
    found: set[int] = set()
    if after is not None:
        places = [place_text(file, record) for file, record in msgspec.json.decode(after["sources"])]
        found = {by_place[p] for p in places if p in by_place}
    else:
        drug = change.drug.casefold()
        found = {n for n, c in enumerate(causes) if c.drug and (c.drug.casefold() in drug or drug in c.drug.casefold())}
    return replace(change, causes=tuple(sorted(found or range(len(causes)))))
