"""The mapper: services in, charges out, in the one order the rules need (rulebook 1-25, 35-38)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from timeline.model import EncounterTimeline
from timeline.policy import PolicyVersion
from timeline.rules.case import Aside, Case, Charge, Note, Reason, Service
from timeline.rules.hydration import code_hydration
from timeline.rules.initial import choose_initial
from timeline.rules.injections import code_injections
from timeline.rules.no_code import account_for_the_rest, code_pumps
from timeline.rules.placement import place_infusions
from timeline.rules.port_flush_96523 import code_port_flush
from timeline.rules.pushes import code_pushes
from timeline.rules.subcutaneous_96369 import code_subcutaneous
from timeline.services import Answers, Cache, OpenStop, resolve
from timeline.spans import instant

BillKey = tuple[str, tuple[str, ...], date]
Bill = dict[BillKey, int]
"""(code, modifiers, date) to units."""


@dataclass(slots=True)
class Coding:
    """One encounter coded under one set of answers."""

    services: list[Service]
    charges: list[Charge]
    asides: list[Aside]
    notes: list[Note]
    open_stops: list[OpenStop]
    asked: set[tuple[str, str]]
    initial: set[str] = field(default_factory=set)
    bill: Bill = field(default_factory=dict)

    def signature(self) -> tuple[object, ...]:
        """What each administration earned: two equal signatures bill the same and for the same reasons."""
        return tuple(sorted((c.service.id, c.code, c.modifiers, c.units) for c in self.charges)), tuple(
            sorted((k, u) for k, u in self.bill.items())
        )


def code_encounter(
    timeline: EncounterTimeline,
    policy: PolicyVersion,
    answers: Answers,
    day: Callable[[int], date] | None = None,
    cache: Cache | None = None,
) -> Coding:
    """Code an encounter under one set of answers to its open questions.

    ``day`` (seconds to local date) and ``cache`` may be shared between codings of one encounter.
    """
    resolved = resolve(timeline, policy.settings, answers, cache)
    day = day or local_dates(timeline)
    coding = Coding(resolved.services, [], list(resolved.asides), list(resolved.notes), resolved.open_stops, set())
    concurrent_on: set[object] = set()
    for services in _scopes(resolved.services, policy, day):
        case = Case(policy, services, day, everything=resolved.services, answers=answers, concurrent_on=concurrent_on)
        _apply_rules(case)
        coding.charges.extend(case.charges)
        coding.asides.extend(case.asides)
        coding.notes.extend(case.notes)
        coding.asked |= case.asked
        if case.initial is not None:
            coding.initial.add(case.initial.id)
    coding.bill = bill_of(coding.charges, policy, day)
    return coding


def local_dates(timeline: EncounterTimeline) -> Callable[[int], date]:
    """Seconds since 1970 UTC to the date on the wall of the encounter, remembered."""
    known: dict[int, date] = {}

    def day(seconds: int) -> date:
        found = known.get(seconds)
        if found is None:
            found = known[seconds] = timeline.local_date(instant(seconds))
        return found

    return day


def _scopes(services: list[Service], policy: PolicyVersion, day: Callable[[int], date]) -> list[list[Service]]:
    """The whole encounter, or each date on its own by the start of the hang (switch ``initial_scope``)."""
    if policy.settings.initial_scope == "encounter":
        return [services]
    dates: dict[date, list[Service]] = {}
    for service in services:
        dates.setdefault(day(service.start), []).append(service)
    return [dates[d] for d in sorted(dates)]


def _apply_rules(case: Case) -> None:
    if case.settings.professional_setting == "facility" and case.settings.initial_choice == "primary_drug":
        _nothing_reported(case)
        return
    why = choose_initial(case)
    place_infusions(case, why)
    code_pushes(case, why)
    code_hydration(case)
    code_injections(case)
    code_subcutaneous(case)
    code_pumps(case)
    account_for_the_rest(case)
    code_port_flush(case)


def _nothing_reported(case: Case) -> None:
    """In a facility the physician reports none of these codes (rulebook 3)."""
    for service in case.services:
        reason = Reason(
            "3",
            "{drug}: in a facility the hospital reports the administration, not the physician.",
            {"drug": service.name},
            "professional_setting",
            ((service.id, service.spans),),
        )
        case.set_aside(service, service.spans, "unbilled", "reported by the facility", reason)


def unit_date(charge: Charge, index: int, policy: PolicyVersion, day: Callable[[int], date]) -> date:
    """Rulebook 32: a unit is dated by the minute that earned it, or by when its run began."""
    if policy.settings.midnight_date == "start" and charge.reason.spans:
        own = next((spans for s, spans in charge.reason.spans if s == charge.service.id and spans), None)
        if own is not None:
            return day(min(own[0][0], charge.when[index]))
    return day(charge.when[index])


def bill_of(charges: list[Charge], policy: PolicyVersion, day: Callable[[int], date]) -> Bill:
    bill: Bill = {}
    for charge in charges:
        for index in range(charge.units):
            key = (charge.code, charge.modifiers, unit_date(charge, index, policy, day))
            bill[key] = bill.get(key, 0) + 1
    return bill
