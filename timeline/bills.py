"""Arithmetic on bills: units by code, modifiers and date, and what several bills have in common (rulebook 27, 32)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from timeline.policy import PolicyVersion
from timeline.rules.case import Charge

BillKey = tuple[str, tuple[str, ...], date]
Bill = dict[BillKey, int]
"""(code, modifiers, date) to units."""
Day = Callable[[int], date]
"""Seconds since 1970 UTC to the date on the wall of the encounter."""
UnitKeys = dict[int, tuple[Charge, Bill]]
"""``id()`` of a charge to the charge itself and its units."""


def unit_date(charge: Charge, index: int, policy: PolicyVersion, day: Day) -> date:
    """Rulebook 32: a unit is dated by the minute that earned it, or by when its run began."""
    if policy.settings.midnight_date == "start" and charge.reason.spans:
        own = next((spans for s, spans in charge.reason.spans if s == charge.service.id and spans), None)
        if own is not None:
            return day(min(own[0][0], charge.when[index]))
    return day(charge.when[index])


def bill_of(charges: Iterable[Charge], policy: PolicyVersion, day: Day, known: UnitKeys | None = None) -> Bill:
    """The units of all charges.  ``known`` keeps those of charges that many codings share."""
    bill: Bill = {}
    known = {} if known is None else known
    for charge in charges:
        found = known.get(id(charge))
        if found is None:
            found = known[id(charge)] = (charge, _units(charge, policy, day))
        for key, units in found[1].items():
            bill[key] = bill.get(key, 0) + units
    return bill


def _units(charge: Charge, policy: PolicyVersion, day: Day) -> Bill:
    units: Bill = {}
    for index in range(charge.units):
        key = (charge.code, charge.modifiers, unit_date(charge, index, policy, day))
        units[key] = units.get(key, 0) + 1
    return units


def common(bills: Iterable[Bill]) -> Bill:
    """Per code, modifiers and date the lowest units of all bills."""
    iterator = iter(bills)
    result = dict(next(iterator))
    for bill in iterator:
        for key in list(result):
            units = min(result[key], bill.get(key, 0))
            if units:
                result[key] = units
            else:
                del result[key]
    return result


def surplus(bill: Bill, certain: Bill) -> Bill:
    """What a bill holds beyond the certain lines."""
    return {key: units - certain.get(key, 0) for key, units in bill.items() if units > certain.get(key, 0)}


def with_parents(bill: Bill, policy: PolicyVersion) -> Bill:
    """The bill without add-ons whose initial or parent is not in it: they are held with it (rulebook 27)."""
    codes = policy.codes
    by_date = policy.settings.initial_scope == "date"
    initials = {
        codes.initial_chemo,
        codes.initial_therapeutic,
        codes.initial_chemo_push,
        codes.initial_push,
        codes.initial_hydration,
    }
    beside = {
        codes.injection,
        codes.chemo_injection,
        codes.hormonal_injection,
        codes.intra_arterial_push,
        codes.subcutaneous,
        codes.hour_subcutaneous,
        codes.subcutaneous_setup,
        codes.prolonged_pump,
        codes.port_flush,
    }
    parents = {
        codes.hour_chemo: {codes.initial_chemo, codes.sequential_chemo},
        codes.hour_therapeutic: {codes.initial_therapeutic, codes.sequential_therapeutic},
        codes.hour_subcutaneous: {codes.subcutaneous},
        codes.subcutaneous_setup: {codes.subcutaneous},
    }
    dates = {day for code, modifiers, day in bill if code in initials and not modifiers}
    kept = {
        key: units
        for key, units in bill.items()
        if key[0] in initials | beside or (key[2] in dates if by_date else bool(dates))
    }
    present = {(code, modifiers) for code, modifiers, _ in kept}
    return {
        key: units
        for key, units in kept.items()
        if key[0] not in parents or any((parent, key[1]) in present for parent in parents[key[0]])
    }
