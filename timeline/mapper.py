"""The mapper: services in, charges out, in the one order the rules need (rulebook 1-25, 35-38)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import partial

from timeline.bills import Bill, Day, UnitKeys, bill_of
from timeline.model import EncounterTimeline
from timeline.policy import PolicyVersion
from timeline.rules.case import Aside, Case, Charge, Note, Reason, Service
from timeline.rules.hydration import code_hydration
from timeline.rules.initial import choose_initial
from timeline.rules.injections import code_injections
from timeline.rules.memory import Memory, remembered
from timeline.rules.no_code import account_for_the_rest, code_pumps
from timeline.rules.placement import place_infusions
from timeline.rules.port_flush_96523 import code_port_flush
from timeline.rules.pushes import code_pushes
from timeline.rules.subcutaneous_96369 import code_subcutaneous
from timeline.services import Answers, OpenStop, Resolver
from timeline.spans import instant


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
    open_kinds: list[OpenStop] = field(default_factory=list)


@dataclass(slots=True)
class Shared:
    """What all codings of one encounter share: nothing that no answer touches is worked out twice."""

    resolver: Resolver
    day: Day
    memory: Memory = field(default_factory=dict)
    unit_keys: UnitKeys = field(default_factory=dict)

    @classmethod
    def of(cls, timeline: EncounterTimeline, policy: PolicyVersion) -> Shared:
        return cls(Resolver(timeline, policy.settings), local_dates(timeline))


def code_encounter(policy: PolicyVersion, answers: Answers, shared: Shared, *, from_memory: bool = True) -> Coding:
    """Code an encounter (that of ``shared``) under one set of answers to its open questions.

    ``from_memory`` looks up what was worked out under other answers; charges then stand in no particular order,
    and a reason may tell what another coding tied with.  A coding that people read is worked out without.
    """
    resolved, day = shared.resolver.resolve(answers), shared.day
    coding = Coding(resolved.services, [], list(resolved.asides), list(resolved.notes), resolved.open_stops, set())
    coding.open_kinds = resolved.open_kinds
    concurrent_on: set[object] = set()
    for services in _scopes(resolved.services, policy, day):
        case = Case(policy, services, day, everything=resolved.services, answers=answers, concurrent_on=concurrent_on)
        case.memory = shared.memory if from_memory else None
        _apply_rules(case)
        coding.charges.extend(case.charges)
        coding.asides.extend(case.asides)
        coding.notes.extend(case.notes)
        coding.asked |= case.asked
        if case.initial is not None:
            coding.initial.add(case.initial.id)
    coding.bill = bill_of(coding.charges, policy, day, shared.unit_keys)
    return coding


def local_dates(timeline: EncounterTimeline) -> Day:
    """Seconds since 1970 UTC to the date on the wall of the encounter, remembered."""
    known: dict[int, date] = {}

    def day(seconds: int) -> date:
        found = known.get(seconds)
        if found is None:
            found = known[seconds] = timeline.local_date(instant(seconds))
        return found

    return day


def _scopes(services: list[Service], policy: PolicyVersion, day: Day) -> list[list[Service]]:
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
    injections = tuple(case.of_kind("injection"))
    remembered(case, ("injections", injections), partial(code_injections, case))
    remembered(case, ("subcutaneous", injections, case.initial is None), partial(code_subcutaneous, case))
    remembered(case, ("pumps", *case.of_kind("pump")), partial(code_pumps, case))
    rest = (tuple(case.of_kind("carrier")), tuple(case.of_kind("other")))
    remembered(case, ("the rest", rest), partial(account_for_the_rest, case))
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
