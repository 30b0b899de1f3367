"""What the input says around the administrations, brought to each encounter: stay, orders, lines, merged numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from parsers.events import AccessContext, AdministrationEvent, Finding, Reading, Source
from parsers.patient_classes import is_inpatient
from parsers.quick_values import made_quickly
from timeline.line_places import Lines, with_lines
from timeline.merges import merged
from timeline.model import Administration
from timeline.order_context import Orders
from timeline.stays import NO_STAY, Stay, placed, stays_of


@made_quickly
@dataclass(frozen=True, slots=True)
class About:
    """What is known around one encounter."""

    stay: Stay
    lines: Lines | None
    """``None`` when no table of accesses speaks of the encounter."""
    orders: Orders | None
    findings: tuple[Finding, ...]

    def inpatient_from(self, events: Sequence[AdministrationEvent]) -> datetime | None:
        """When inpatient status began for good: by the stay, without its word by the first row of class I."""
        if self.stay.says_inpatient:
            return self.stay.inpatient_from
        return min((e.time for e in events if is_inpatient(e.patient_class)), default=None)

    def completed(
        self, events: list[AdministrationEvent]
    ) -> tuple[list[AdministrationEvent], dict[str, tuple[Source, ...]]]:
        """The events with department, class and ordered values where they have none, and the orders' sources."""
        if self.stay is not NO_STAY:
            events = [placed(event, self.stay) for event in events]
        return self.orders.fill(events) if self.orders is not None else (events, {})

    def one_number(self, number: str) -> str:
        """One number for every number under which an order goes."""
        return self.orders.one_number(number) if self.orders is not None else number

    def placed(
        self, administrations: list[Administration], ordered: dict[str, tuple[Source, ...]]
    ) -> list[Administration]:
        """The administrations on their lines, with what proves the line and the order behind their sources."""
        made = administrations
        if self.lines is not None:
            made = with_lines(made, self.lines, self.stay.departure)
        return [_with_order(a, ordered.get(a.order_id, ())) if a.order_id else a for a in made] if ordered else made


class Surroundings:
    """The context of a reading by encounter."""

    def __init__(self, reading: Reading, findings: dict[str, list[Finding]]) -> None:
        context = reading.context
        self._stays = stays_of(context.stays)
        self._orders = Orders(context.orders) if context.orders else None
        self._findings = findings
        self._lines: dict[str, list[AccessContext]] = {}
        for access in context.accesses:
            self._lines.setdefault(access.encounter_id, []).append(access)

    def of(self, encounter: str) -> About:
        """What is known around this encounter."""
        stay = self._stays.get(encounter, NO_STAY)
        accesses = self._lines.get(encounter)
        return About(
            stay,
            Lines(accesses) if accesses else None,
            self._orders,
            (*self._findings.get(encounter, ()), *stay.findings),
        )


def around(reading: Reading) -> tuple[tuple[AdministrationEvent, ...], Surroundings]:
    """The events under the numbers that stand, and what is known around them."""
    standing, findings = merged(reading)
    return standing.events, Surroundings(standing, findings)


def after_departure(administrations: Sequence[Administration], departure: datetime | None) -> list[Finding]:
    """A finding for each drug that was begun when the patient had left, by the record."""
    return [
        Finding(
            "warning",
            "after-departure",
            "An administration begins at or after the recorded discharge.",
            "Check the time of the discharge and the charted start; it is coded as charted.",
            a.sources[0] if a.sources else None,
            (a.id,),
        )
        for a in administrations
        if departure is not None and a.start >= departure
    ]


def _with_order(a: Administration, sources: Sequence[Source]) -> Administration:
    return replace(a, sources=tuple(dict.fromkeys((*a.sources, *sources))))
