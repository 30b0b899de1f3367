"""Charts on which the product and the naive coder once disagreed, and what the rules say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from parsers.events import Action, Route
from tests.properties.encounters import Hung, coded, events_of, instant


def units(*plan: Hung, **switches: object) -> dict[str, int]:
    lines = coded(events_of(plan), **switches).lines
    return {code: sum(x.units for x in lines if x.code == code) for code in sorted({x.code for x in lines})}


def at(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 3600 + int(minute) * 60


def infusion(drug: str, start: str, stop: str, *, order: str, site: str = "IV1") -> Hung:
    return Hung(drug, "therapeutic", order, site, ((at(start), at(stop)),), at(start))


def push(drug: str, clock: str, *, order: str) -> Hung:
    return Hung(drug, "therapeutic", order, "IV1", at=at(clock), route=Route.IV_PUSH)


def test_the_same_drug_pushed_twice_in_one_minute_is_one_initial_push() -> None:
    # Rule 12: the repeat comes 0 minutes after the first; it is neither a new drug nor more than 30 minutes later.
    chart = (infusion("vancomycin", "8:00", "8:01", order="B"), push("vancomycin", "8:00", order="A"))

    assert units(*chart) == {"96374": 1}


def test_a_dose_charted_twice_is_one_dose() -> None:
    # Section 9: feeding a row twice changes nothing; a Given that repeats at its own minute is no flow either.
    chart = events_of((push("vancomycin", "8:00", order="A"),))
    for action in (Action.PUSH, Action.GIVEN, Action.BOLUS):
        for route in (Route.IV_PUSH, Route.IV):
            once = [replace(e, action=action, route=route) for e in chart]
            again = [replace(e, source=replace(e.source, row=2)) for e in once]

            encounter = coded([*once, *again])

            assert {x.code: x.units for x in encounter.lines} == {"96374": 1}
            assert [a.sources for a in encounter.timeline.administrations] == [(once[0].source, again[0].source)]


def test_a_row_and_an_action_of_one_dose_are_one_dose() -> None:
    row, action = push("vancomycin", "8:00", order="A"), push("vancomycin", "8:00", order="A")

    assert units(row, replace(action, way="log", dose_action=Action.PUSH)) == {"96374": 1}


def test_a_loading_push_with_its_bag_has_an_id_and_a_reason_of_its_own() -> None:
    # Rule 12: a push while that drug's infusion runs has no code.
    load = replace(push("heparin", "8:00", order="A"), way="log", dose_action=Action.PUSH)
    for way in ("rows", "log"):
        bag = replace(infusion("heparin", "8:00", "9:00", order="A"), way=way)

        encounter = coded(events_of((bag, load)))

        running, dose = sorted(encounter.timeline.administrations, key=lambda a: a.single_dose)
        assert running.id != dose.id
        assert [(x.code, x.units, x.administrations) for x in encounter.lines] == [("96365", 1, (running.id,))]
        assert [(u.administration, u.rule) for u in encounter.unbilled] == [(dose.id, "12")]


def test_fluid_beside_blood_without_a_stop_waits_for_the_stop() -> None:
    # Rules 21 and 27: stopped by 9:29, 31 minutes of the fluid ran alone and bill 96360; stopped later, none do.
    blood = replace(infusion("packed red blood cells", "8:00", "9:00", order="A"), category="blood")
    fluid = replace(infusion("lactated ringers", "8:30", "10:00", order="B"), category="hydration")

    assert units(blood, fluid) == {"96360": 1}
    encounter = coded(events_of((replace(blood, no_stop=True), fluid)))

    assert encounter.lines == ()
    (query,) = encounter.queries
    told = [(o.from_, o.to, [x.code for x in o.lines]) for o in query.outcomes]
    assert told == [
        (instant(at("8:01")), instant(at("9:29")), ["96360"]),
        (instant(at("9:30")), instant(at("8:00")) + timedelta(days=1), []),
    ]
    # The same blood where nothing runs beside it changes no bill: nobody is asked.
    assert coded(events_of((replace(blood, no_stop=True),))).queries == ()


def test_more_missing_stops_never_make_more_certain() -> None:
    # Rule 27: if A ran 8:00-9:20 the carboplatin from 8:30 on ran 50 minutes beside it and has no code (rule 19), so
    # neither 96417 nor its hour is certain; with B open too there are more answers than are tried one by one.
    open_a = replace(infusion("paclitaxel", "8:00", "8:01", order="A"), category="chemo", no_stop=True)
    open_b = replace(open_a, order="B")
    carboplatin = replace(infusion("carboplatin", "8:30", "10:01", order="C"), category="chemo")

    assert units(open_a, carboplatin) == {"96413": 1}
    assert set(units(open_a, open_b, carboplatin)) <= {"96413"}


def test_the_initial_stands_however_many_others_have_no_stop() -> None:
    # Rule 13: the initial, 8:00-10:00, keeps every minute beside whatever runs: 96365 and the hour from minute 91.
    initial = infusion("vancomycin", "8:00", "10:00", order="A")
    others = [replace(infusion("cefepime", "8:10", "8:20", order=o), no_stop=True) for o in "BCDE"]

    assert units(initial, *others) == {"96365": 1, "96366": 1}
