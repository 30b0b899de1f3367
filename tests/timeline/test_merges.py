"""Numbers that were merged: what stood under the former belongs to the one that stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Literal

import pytest

from parsers.events import Context, Merge, Reading, Source, StayContext
from tests.timeline.chart import events
from timeline import build, code
from timeline.merges import merged


def merge(kind: Literal["patient", "encounter"], old: str, new: str, hour: int = 12) -> Merge:
    return Merge(Source("adt.hl7", record=hour), kind, old, new, datetime(2026, 3, 10, hour, tzinfo=UTC))


def reading(*merges: Merge, stays: tuple[StayContext, ...] = ()) -> Reading:
    """Vancomycin in encounter A of patient P1, cefepime in encounter B of patient P2."""
    first, second = events("08:00-09:00 vancomycin IV1 order O1\n08:10-09:00 cefepime IV1 order O2")
    both = (replace(first, encounter_id="A", patient_id="P1"), replace(second, encounter_id="B", patient_id="P2"))
    return Reading(both, used=2, timezone="UTC", context=Context(merges=merges, stays=stays))


def numbers(*merges: Merge) -> list[tuple[str, str | None]]:
    return [(e.encounter_id, e.patient_id) for e in merged(reading(*merges))[0].events]


def test_without_merges_nothing_is_touched() -> None:
    given = reading()
    assert merged(given) == (given, {})


def test_an_encounter_and_a_patient() -> None:
    assert numbers(merge("encounter", "A", "B")) == [("B", "P1"), ("B", "P2")]
    assert numbers(merge("patient", "P2", "P1")) == [("A", "P1"), ("B", "P1")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_chain_is_followed_to_its_end_in_any_order(order: tuple[int, ...]) -> None:
    chain = [merge("patient", "P1", "P5", 9), merge("patient", "P5", "P6", 10), merge("patient", "P6", "P7", 11)]
    assert numbers(*(chain[n] for n in order))[0] == ("A", "P7")


def test_of_two_words_on_one_number_the_later_counts() -> None:
    first, later = merge("patient", "P1", "P5", 9), merge("patient", "P1", "P6", 10)
    assert numbers(first, later) == numbers(later, first) == [("A", "P6"), ("B", "P2")]


def test_merged_back_the_other_way() -> None:
    there, back = merge("encounter", "A", "B", 9), merge("encounter", "B", "A", 10)
    assert numbers(there, back) == numbers(back, there) == [("A", "P1"), ("A", "P2")]


def test_an_encounter_takes_in_another_and_says_so() -> None:
    (encounter,) = build(reading(merge("encounter", "A", "B"))).encounters
    assert [a.drug for a in encounter.administrations] == ["vancomycin", "cefepime"]
    assert [f.code for f in encounter.findings] == ["encounter-merged"]
    # Two encounters would bill 96365 each; as one it is an initial and a concurrent drug.
    (coded,) = code(build(reading(merge("encounter", "A", "B")))).encounters
    assert sorted((line.code, line.units) for line in coded.lines) == [("96365", 1), ("96368", 1)]


def test_two_encounters_of_one_patient_after_all() -> None:
    apart = code(build(reading())).encounters
    assert [line.modifiers for coded in apart for line in coded.lines] == [(), ()]
    together = code(build(reading(merge("patient", "P2", "P1")))).encounters
    assert [line.modifiers for coded in together for line in coded.lines] == [(), ("59",)]


def test_what_is_known_of_the_former_number_moves_too() -> None:
    gone = datetime(2026, 3, 10, 10, tzinfo=UTC)
    stay = StayContext(Source("adt.hl7"), "A", "discharge", gone, recorded_at=gone)
    (encounter,) = build(reading(merge("encounter", "A", "B"), stays=(stay,))).encounters
    assert encounter.departure == gone
