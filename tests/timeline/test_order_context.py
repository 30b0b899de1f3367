"""What an order adds to the administrations under it, and what it never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from parsers.events import AdministrationEvent, Context, Drug, OrderContext, Reading, Source
from tests.timeline.chart import events
from timeline import build, code
from timeline.order_context import Orders

HUNG = "08:00 New Bag vancomycin IV1 order O1\n09:05 Stopped vancomycin IV1 order O1"


def order(
    minutes: float | None = 60, *, hour: int = 7, numbers: tuple[str, ...] = ("O1",), encounter: str | None = "E1",
    patient: str | None = None, drug: Drug | None = None, volume: float | None = None,
) -> OrderContext:  # fmt: skip
    return OrderContext(
        Source("orders.hl7", record=hour), numbers, encounter, patient, (drug or Drug("vancomycin"),),
        ordered_minutes=minutes, ordered_volume_ml=volume, recorded_at=datetime(2026, 3, 10, hour, tzinfo=UTC),
    )  # fmt: skip


def filled(*orders: OrderContext, chart: str = HUNG) -> list[AdministrationEvent]:
    return Orders(orders).fill(events(chart))[0]


def reading(*orders: OrderContext, chart: str = HUNG) -> Reading:
    rows = tuple(events(chart))
    return Reading(rows, used=len(rows), timezone="UTC", context=Context(orders=orders))


def test_an_order_fills_what_the_row_does_not_say() -> None:
    assert [(e.ordered_minutes, e.ordered_volume_ml) for e in filled(order(60, volume=250))] == [(60, 250), (60, 250)]


def test_what_the_row_says_itself_stands() -> None:
    own = [replace(e, ordered_minutes=90.0) for e in events(HUNG)]
    made, used = Orders([order(60)]).fill(own)
    assert ([e.ordered_minutes for e in made], used) == ([90, 90], {})


@pytest.mark.parametrize("numbers", [("O1", "PL7"), ("PL7", "O1"), ("PL7", "FL7", "O1")])
def test_any_number_of_the_order_ties_it(numbers: tuple[str, ...]) -> None:
    assert filled(order(numbers=numbers))[0].ordered_minutes == 60


def test_an_order_of_the_same_patient_in_another_encounter() -> None:
    # Ordered in the clinic, given in the infusion centre.
    row = replace(events(HUNG)[0], patient_id="P1")
    made, _ = Orders([order(encounter="CLINIC", patient="P1")]).fill([row])
    assert made[0].ordered_minutes == 60


@pytest.mark.parametrize("other", [order(encounter="E2"), order(encounter=None, patient="P9"), order(numbers=("O2",))])
def test_another_patients_order_of_the_same_number_is_not_meant(other: OrderContext) -> None:
    assert filled(other)[0].ordered_minutes is None


@pytest.mark.parametrize("turn", list(permutations(range(3))))
def test_the_latest_word_counts_and_leaves_what_it_does_not_say(turn: tuple[int, ...]) -> None:
    words = [order(60, hour=6, volume=250), order(90, hour=9), order(30, hour=8)]
    found = filled(*(words[n] for n in turn))[0]
    assert (found.ordered_minutes, found.ordered_volume_ml) == (90, 250)


def test_a_category_by_name_or_as_the_only_drug() -> None:
    by_name = order(None, drug=Drug("Vancomycin", category="chemo"))
    only_drug = order(None, drug=Drug("VANC 1 G", category="chemo"))
    for given in (by_name, only_drug):
        assert filled(given)[0].drugs == (Drug("vancomycin", category="chemo"),)


def test_a_category_of_one_of_several_drugs_is_not_guessed() -> None:
    two = replace(order(None), drugs=(Drug("VANC 1 G", category="chemo"), Drug("other")))
    assert filled(two)[0].drugs == (Drug("vancomycin"),)


def test_the_category_of_the_order_decides_the_code() -> None:
    (coded,) = code(build(reading(order(None, drug=Drug("vancomycin", category="chemo"))))).encounters
    assert [line.code for line in coded.lines] == ["96413"]
    assert Source("orders.hl7", record=7) in coded.lines[0].because.sources


def test_a_stop_as_ordered_is_looked_at() -> None:
    # 08:00-09:00 under an order for 60 minutes: seen, or calculated?
    (coded,) = code(build(reading(order(60), chart="08:00-09:00 vancomycin IV1 order O1"))).encounters
    assert "stop-as-ordered" in [f.code for f in coded.findings]


def test_an_ordered_duration_never_proves_a_stop() -> None:
    chart = "08:00 New Bag vancomycin IV1 order O1"
    (encounter,) = build(reading(order(60), chart=chart)).encounters
    assert (encounter.administrations[0].stop, encounter.administrations[0].minutes) == (None, None)
    assert encounter.administrations[0].ordered_minutes == 60
    for how in ("query", "calculate", "last_seen"):
        (coded,) = code(build(reading(order(60), chart=chart)), switches={"missing_stop": how}).encounters
        assert [q.what for q in coded.queries] == ["stop"]


def test_an_order_alone_makes_no_encounter() -> None:
    assert build(Reading((), timezone="UTC", context=Context(orders=(order(),)))).encounters == ()
