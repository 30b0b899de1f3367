"""The stay from facts that come late, twice and in any order; told in clock times of one day."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Literal

import pytest

from parsers.events import AdministrationEvent, Source, StayContext
from tests.timeline.chart import events
from timeline.stays import NO_STAY, Stay, placed, stays_of

Kind = Literal["arrival", "status", "discharge"]


def at(clock: str) -> datetime:
    return datetime(2026, 3, 10, int(clock[:2]), int(clock[3:]), tzinfo=UTC)


def fact(
    kind: Kind, time: str, what: str = "", *, recorded: str | None = "", ward: str = "", cancelled: bool = False
) -> StayContext:
    """A fact recorded when it happened unless ``recorded`` says otherwise; ``None`` stands in the classes table."""
    told = None if recorded is None else at(recorded or time)
    return StayContext(
        Source("adt.hl7", record=1), "E1", kind, at(time), patient_class=what or None, location=ward or None,
        recorded_at=told, cancelled=cancelled,
    )  # fmt: skip


def registered(time: str, what: str, *, arrived: str = "") -> list[StayContext]:
    """A01 or A04: arrival and class."""
    return [fact("arrival", arrived or time, what, recorded=time), fact("status", time, what)]


def stay(facts: list[StayContext]) -> Stay:
    """The stay, which must be the same in any order and if everything is told twice."""
    (found,) = stays_of(facts).values()
    shuffled = random.Random(7)
    for _ in range(5):
        again = [*facts, *facts]
        shuffled.shuffle(again)
        assert stays_of(again) == {"E1": found}
    return found


def clock(time: datetime | None) -> str | None:
    return None if time is None else time.strftime("%H:%M")


def inpatient(found: Stay) -> list[tuple[str | None, str | None]]:
    return [(clock(start), clock(stop)) for start, stop in found.inpatient]


def test_nothing_is_known_of_an_encounter_nobody_speaks_of() -> None:
    assert stays_of([]) == {}
    assert (NO_STAY.arrival, NO_STAY.departure, NO_STAY.inpatient_from) == (None, None, None)


def test_emergency_then_admitted() -> None:
    found = stay([*registered("08:00", "E"), *registered("14:05", "I"), fact("discharge", "18:00")])
    assert (clock(found.arrival), clock(found.departure)) == ("08:00", "18:00")
    assert inpatient(found) == [("14:05", None)]
    assert [found.class_at(at(t)) for t in ("07:59", "08:00", "14:04", "14:05")] == [None, "E", "E", "I"]


def test_admit_times_overwritten_at_admission_do_not_move_the_arrival() -> None:
    # A01 of 14:05 brings PV1-44 = 14:00: the drugs of the emergency department were not before arrival.
    found = stay([*registered("08:00", "E"), *registered("14:05", "I", arrived="14:00")])
    assert clock(found.arrival) == "08:00"


def test_an_admission_alone_is_no_outpatient_arrival() -> None:
    found = stay(registered("14:05", "I", arrived="14:00"))
    assert found.arrival is None
    # Registered at 14:05 as arrived at 14:00: an inpatient from then on.
    assert inpatient(found) == [("14:00", None)]


def test_the_class_of_a_late_registration_counts_from_the_arrival() -> None:
    found = stay(registered("08:30", "E", arrived="08:00"))
    assert found.class_at(at("08:10")) == "E"


def test_the_first_of_several_registrations_is_the_arrival() -> None:
    found = stay([*registered("11:00", "O"), *registered("08:00", "O")])
    assert clock(found.arrival) == "08:00"


def test_an_update_may_move_the_arrival_earlier_only_beside_a_registration() -> None:
    update = fact("arrival", "07:40", recorded="10:00")
    assert clock(stay([*registered("08:00", "E"), update]).arrival) == "07:40"
    assert stay([update, fact("status", "10:00", "E")]).arrival is None


def test_observation_is_no_inpatient() -> None:
    found = stay([*registered("08:00", "E"), fact("status", "10:00", "OBS")])
    assert (found.inpatient, found.says_inpatient, found.class_at(at("12:00"))) == ((), False, "OBS")


def test_inpatient_and_back() -> None:
    found = stay([*registered("08:00", "E"), fact("status", "14:00", "I"), fact("status", "15:30", "O")])
    assert inpatient(found) == [("14:00", "15:30")]
    assert found.inpatient_from is None
    assert [f.code for f in found.findings] == ["inpatient-status-ended"]


def test_of_two_words_on_one_time_the_last_recorded_counts() -> None:
    first, last = fact("status", "14:00", "I", recorded="14:10"), fact("status", "14:00", "OBS", recorded="17:00")
    found = stay([*registered("08:00", "E"), first, last])
    assert found.inpatient == ()
    # Rows of the MAR that say I meanwhile were exported under the word that was taken back.
    assert found.says_inpatient


def test_of_two_words_recorded_together_inpatient_counts() -> None:
    found = stay([fact("status", "14:00", "I"), fact("status", "14:00", "OBS")])
    assert inpatient(found) == [("14:00", None)]


def test_a_cancelled_admission() -> None:
    cancel = fact("arrival", "15:00", cancelled=True)
    update = fact("status", "14:30", "I")
    found = stay([*registered("08:00", "E"), *registered("14:05", "I"), update, cancel])
    assert (clock(found.arrival), inpatient(found), found.says_inpatient) == ("08:00", [], True)


def test_an_admission_sent_twice_is_cancelled_once() -> None:
    again = registered("14:20", "I")
    found = stay(
        [*registered("08:00", "E"), *registered("14:05", "I"), *again, fact("arrival", "15:00", cancelled=True)]
    )
    assert inpatient(found) == []


def test_admitted_again_after_a_cancelled_admission() -> None:
    cancel = fact("arrival", "15:00", cancelled=True)
    found = stay([*registered("08:00", "E"), *registered("14:05", "I"), cancel, *registered("16:00", "I")])
    assert inpatient(found) == [("16:00", None)]


def test_a_cancelled_registration_leaves_no_arrival() -> None:
    found = stay([*registered("08:00", "O"), fact("arrival", "08:10", cancelled=True)])
    assert (found.arrival, found.classes) == (None, ())


def test_a_cancelled_discharge_and_the_next() -> None:
    gone, back, gone_again = (
        fact("discharge", "12:00"), fact("discharge", "12:10", cancelled=True), fact("discharge", "15:00"),
    )  # fmt: skip
    assert stay([gone, back]).departure is None
    assert clock(stay([gone, back, gone_again]).departure) == "15:00"


def test_a_corrected_discharge() -> None:
    found = stay([fact("discharge", "18:00"), fact("discharge", "17:30", recorded="19:00")])
    assert clock(found.departure) == "17:30"


def test_who_came_back_has_not_left() -> None:
    found = stay([*registered("08:00", "O"), fact("discharge", "10:00"), *registered("13:00", "O")])
    assert (clock(found.arrival), found.departure) == ("08:00", None)


def test_a_cancelled_transfer_puts_the_patient_back() -> None:
    moves = [fact("status", "08:00", ward="ED"), fact("status", "10:00", ward="OBS")]
    assert stay(moves).location_at(at("11:00")) == "OBS"
    cancelled = stay([*moves, fact("status", "10:30", cancelled=True)])
    assert cancelled.location_at(at("11:00")) == "ED"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_arrival_changes_nothing(order: tuple[int, ...]) -> None:
    facts = [*registered("08:00", "E"), *registered("14:05", "I"), fact("arrival", "15:00", cancelled=True)]
    pairs = [facts[:2], facts[2:4], facts[4:]]
    (found,) = stays_of([f for n in order for f in pairs[n]]).values()
    assert found == stay(facts)


def test_a_classes_table_is_the_whole_truth_on_classes() -> None:
    table = [
        fact("arrival", "08:00", recorded=None), fact("status", "08:00", "E", recorded=None),
        fact("arrival", "15:00", recorded=None), fact("status", "15:00", "I", recorded=None),
    ]  # fmt: skip
    messages = [*registered("07:00", "E"), fact("status", "14:00", "I"), fact("discharge", "18:00")]
    found = stay([*table, *messages])
    assert (clock(found.arrival), inpatient(found), clock(found.departure)) == ("08:00", [("15:00", None)], "18:00")


def test_an_unknown_class_is_told_and_taken_as_outpatient() -> None:
    found = stay([*registered("08:00", "E"), fact("status", "10:00", "Q7")])
    assert ([f.code for f in found.findings], found.inpatient) == (["class-unknown"], ())
    assert "Q7" not in found.findings[0].message


def test_department_and_class_of_the_time_fill_a_row_without_its_own() -> None:
    found = stay([*registered("08:00", "E"), fact("status", "08:00", ward="ED"), fact("status", "10:00", ward="4W")])
    early, late = events("09:00 Given famotidine\n10:05 Given famotidine class O")
    assert _place(placed(early, found)) == ("ED", "E")
    assert _place(placed(late, found)) == ("4W", "O")


def _place(event: AdministrationEvent) -> tuple[str | None, str | None]:
    return event.department, event.patient_class


def table(start: str, stop: str | None, what: str) -> StayContext:
    """A row of the classes table."""
    row = fact("status", start, what, recorded=None)
    return row if stop is None else replace(row, stop=at(stop))


CLASSES = [
    pytest.param([("08:00", "20:00", "O"), ("12:00", "14:00", "I")], [("12:00", "14:00")], id="inside another"),
    pytest.param([("08:00", "10:00", "I"), ("12:00", "18:00", "O")], [("08:00", "10:00")], id="a gap, then outpatient"),
    pytest.param([("08:00", "10:00", "I"), ("12:00", "18:00", "I")], [("08:00", None)], id="a gap between inpatient"),
    pytest.param([("08:00", "10:00", "E"), ("10:00", "14:00", "I")], [("10:00", None)], id="to the end"),
    pytest.param([("08:00", "18:00", "O"), ("08:00", "10:00", "I")], [("08:00", "10:00")], id="begun together"),
    pytest.param([("08:00", "10:00", "I"), ("08:00", None, "O")], [("08:00", "10:00")], id="begun with an open one"),
    pytest.param([("08:00", None, "O"), ("12:00", "14:00", "I")], [("12:00", None)], id="an open one ends at the next"),
    pytest.param(
        [("08:00", "20:00", "I"), ("10:00", "12:00", "O"), ("11:00", "13:00", "OBS")],
        [("08:00", "10:00"), ("13:00", None)],
        id="two inside an inpatient row",
    ),
]


@pytest.mark.parametrize(("rows", "expected"), CLASSES)
def test_a_class_of_the_table_ends_at_its_stop(
    rows: list[tuple[str, str | None, str]], expected: list[tuple[str | None, str | None]]
) -> None:
    assert inpatient(stay([table(*row) for row in rows])) == expected


def test_the_class_of_a_row_in_a_gap_is_not_known() -> None:
    found = stay([table("08:00", "10:00", "I"), table("12:00", "18:00", "O")])
    assert [found.class_at(at(t)) for t in ("09:59", "10:00", "12:00")] == ["I", None, "O"]


def admitted(time: str, what: str, admit: str, *, recorded: str = "") -> StayContext:
    """A class with the admit time of its message."""
    return replace(fact("status", time, what, recorded=recorded), admitted=at(admit))


ENTERED_LATE = [
    pytest.param([admitted("14:00", "I", "12:00")], [("12:00", None)], id="after the arrival"),
    pytest.param([admitted("14:00", "I", "08:00")], [("14:00", None)], id="the arrival itself"),
    pytest.param([admitted("14:00", "I", "07:30")], [("14:00", None)], id="before the arrival"),
    pytest.param([admitted("14:00", "I", "15:00")], [("14:00", None)], id="still to come"),
    pytest.param(
        [fact("status", "12:00", "OBS"), admitted("14:00", "I", "12:00")], [("14:00", None)], id="that of observation"
    ),
    pytest.param(
        [fact("status", "14:00", "I"), fact("status", "15:00", "O"), admitted("17:00", "I", "13:00")],
        [("14:00", "15:00"), ("17:00", None)],
        id="only of the first admission",
    ),
    pytest.param(
        [fact("status", "13:00", "OBS", recorded="16:00"), admitted("14:00", "I", "12:00")],
        [("12:00", "13:00"), ("14:00", None)],
        id="a class told after the admission stands",
    ),
]


@pytest.mark.parametrize(("facts", "expected"), ENTERED_LATE)
def test_an_admission_entered_late(facts: list[StayContext], expected: list[tuple[str | None, str | None]]) -> None:
    found = stay([*registered("08:00", "E"), *facts])
    assert (inpatient(found), clock(found.arrival)) == (expected, "08:00")


def test_a_registration_sent_again_does_not_end_inpatient_status() -> None:
    again = [fact("arrival", "08:00", "E", recorded="12:10"), admitted("12:10", "E", "08:00")]
    found = stay([*registered("08:00", "E"), *registered("12:00", "I"), *again])
    assert inpatient(found) == [("12:00", None)]
    assert [f.code for f in found.findings] == ["registration-resent"]


def test_an_admission_by_a_change_of_class_is_taken_back_alone() -> None:
    change = fact("status", "12:00", "I")
    for cancel in (fact("arrival", "13:00", "I", cancelled=True), fact("arrival", "13:00", cancelled=True)):
        found = stay([*registered("08:00", "E"), change, cancel])
        assert (clock(found.arrival), inpatient(found), found.class_at(at("14:00"))) == ("08:00", [], "E")


def test_an_a11_of_an_admission_nobody_sent_takes_back_no_registration() -> None:
    found = stay([*registered("08:00", "E"), fact("arrival", "13:00", "I", cancelled=True)])
    assert (clock(found.arrival), found.class_at(at("14:00"))) == ("08:00", "E")


def test_an_a11_takes_back_a_registration_without_a_class() -> None:
    found = stay([*registered("08:00", "U"), fact("arrival", "08:10", "I", cancelled=True)])
    assert (found.arrival, found.classes) == (None, ())
