"""Two codings of the same encounters side by side: what differs, and which switch makes the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from timeline.model import CodedEncounter, PolicyUsed, Result
from timeline.policy_difference import Difference

LineKey = tuple[date, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LineChange:
    """A code, modifiers and date with its units on either side; amounts are ``None`` without rates."""

    code: str
    modifiers: tuple[str, ...]
    date: date
    units_a: int
    units_b: int
    amount_a: float | None
    amount_b: float | None


@dataclass(frozen=True, slots=True)
class EncounterChange:
    """One encounter that is coded differently."""

    encounter_id: str
    start: date | None
    lines: tuple[LineChange, ...]
    """Only those that differ."""
    queries_a: int
    queries_b: int
    queries_differ: bool
    """Other questions, or other outcomes of the same ones."""
    amount_a: float | None
    amount_b: float | None
    causes: tuple[Difference, ...]
    alone: bool
    """True: each of the causes changes the encounter by itself; false: they do so only together."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: how it was asked for, and the policy as used."""

    label: str
    policy: PolicyUsed
    units: Mapping[str, int]
    """Units by code over all encounters compared."""
    queries: int
    amount: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    a: Side
    b: Side
    differences: tuple[Difference, ...]
    """All on which the two policies differ, whether or not it changed an encounter."""
    encounters: int
    """How many were compared."""
    changed: tuple[EncounterChange, ...]

    @property
    def priced(self) -> bool:
        return self.a.amount is not None or self.b.amount is not None


def side(label: str, result: Result) -> Side:
    """The totals of one coding."""
    units: dict[str, int] = {}
    for coded in result.encounters:
        for line in coded.lines:
            units[line.code] = units.get(line.code, 0) + line.units
    amounts = [c.amount for c in result.encounters if c.amount is not None]
    total = round(sum(amounts), 2) if amounts else None
    return Side(
        label, result.policy, dict(sorted(units.items())), sum(len(c.queries) for c in result.encounters), total
    )


def standing(coded: CodedEncounter) -> tuple[object, ...]:
    """What an encounter bills and asks, for comparison: two that are equal are coded alike."""
    lines = {_key(line.date, line.code, line.modifiers): line.units for line in coded.lines}
    asked = sorted(
        (
            q.what,
            q.administration,
            str([(o.if_, sorted((x.code, x.modifiers, x.units) for x in o.lines)) for o in q.outcomes]),
        )
        for q in coded.queries
    )
    return tuple(sorted(lines.items())), tuple(asked)


def change_of(a: CodedEncounter, b: CodedEncounter, causes: tuple[Difference, ...], *, alone: bool) -> EncounterChange:
    """How one encounter differs between two codings."""
    start = a.timeline.start
    return EncounterChange(
        encounter_id=a.timeline.id,
        start=a.timeline.local_date(start) if start is not None else None,
        lines=_line_changes(a, b),
        queries_a=len(a.queries),
        queries_b=len(b.queries),
        queries_differ=standing(a)[1] != standing(b)[1],
        amount_a=a.amount,
        amount_b=b.amount,
        causes=causes,
        alone=alone,
    )


def _line_changes(a: CodedEncounter, b: CodedEncounter) -> tuple[LineChange, ...]:
    one, other = _by_key(a), _by_key(b)
    priced = a.amount is not None or b.amount is not None
    nothing = (0, 0.0 if priced else None)
    changes = []
    for key in sorted({**one, **other}):
        (units_a, amount_a), (units_b, amount_b) = one.get(key, nothing), other.get(key, nothing)
        if units_a != units_b:
            changes.append(LineChange(key[1], key[2], key[0], units_a, units_b, amount_a, amount_b))
    return tuple(changes)


def _by_key(coded: CodedEncounter) -> dict[LineKey, tuple[int, float | None]]:
    return {_key(line.date, line.code, line.modifiers): (line.units, line.amount) for line in coded.lines}


def _key(day: date, code: str, modifiers: tuple[str, ...]) -> LineKey:
    return (day, code, modifiers)
