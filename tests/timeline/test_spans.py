"""Arithmetic on running time, held against seconds counted one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.spans import (
    Spans,
    all_of,
    before,
    epoch,
    instant,
    intersect,
    minutes,
    moment,
    seconds,
    subtract,
    touching,
    union,
)

stretches = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)
spans = stretches.map(union)


def counted(parts: Spans) -> set[int]:
    return {second for start, stop in parts for second in range(start, stop)}


def test_touching_stretches_join_and_empty_ones_vanish() -> None:
    assert union([(30, 40), (0, 10), (10, 20), (25, 25), (9, 3)]) == ((0, 20), (30, 40))


def test_half_open_stretches_that_touch_share_nothing() -> None:
    assert intersect(((0, 10),), ((10, 20),)) == ()
    assert not touching(((0, 10),), ((10, 20),))
    assert touching(((0, 10),), ((9, 20),))


def test_subtraction_leaves_the_pieces_between() -> None:
    assert subtract(((0, 100),), ((10, 20), (50, 60))) == ((0, 10), (20, 50), (60, 100))
    assert subtract(((0, 10), (20, 30)), ((5, 25),)) == ((0, 5), (25, 30))


def test_minutes_are_floored_once_on_the_total() -> None:
    assert minutes(((0, 460), (600, 1100))) == 16
    assert minutes(((0, 59),)) == 0


def test_the_moment_an_hour_is_earned_skips_what_did_not_run() -> None:
    ran = ((0, 1800), (3600, 7200))
    assert moment(ran, 0) == 0
    assert moment(ran, 1799) == 1799
    assert moment(ran, 1800) == 3600
    assert moment(ran, 2400) == 4200
    assert moment(ran, 99_999) == 7200


def test_cut_at_a_moment() -> None:
    assert before(((0, 10), (20, 30)), 25) == ((0, 10), (20, 25))
    assert before(((0, 10), (20, 30)), 20) == ((0, 10),)


def test_seconds_are_elapsed_time_whatever_the_offset() -> None:
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert epoch(noon) == epoch(noon.astimezone(timezone(timedelta(hours=-7))))
    assert instant(epoch(noon)) == noon


@pytest.mark.parametrize("bent", [datetime(2140, 10, 5, 9, 43, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_far_dates(bent: datetime) -> None:
    assert instant(epoch(bent)) == bent


@given(stretches)
def test_union(parts: list[tuple[int, int]]) -> None:
    joined = union(parts)
    assert counted(joined) == counted(tuple(parts))
    assert all(a < b for a, b in joined)
    assert all(left[1] < right[0] for left, right in pairwise(joined))
    assert seconds(joined) == len(counted(joined))


@given(spans, spans)
def test_two_sets_of_time(a: Spans, b: Spans) -> None:
    assert counted(intersect(a, b)) == counted(a) & counted(b)
    assert counted(subtract(a, b)) == counted(a) - counted(b)
    assert counted(all_of([a, b])) == counted(a) | counted(b)
    assert touching(a, b) == bool(counted(a) & counted(b))
    for result in (intersect(a, b), subtract(a, b), all_of([a, b])):
        assert union(result) == result, "sorted, disjoint, nothing empty"


@given(spans, st.integers(0, 60))
def test_cut_anywhere(a: Spans, cut: int) -> None:
    assert counted(before(a, cut)) == {s for s in counted(a) if s < cut}


@given(spans.filter(bool), st.integers(0, 70))
def test_moment_by_counting(a: Spans, after: int) -> None:
    ran = sorted(counted(a))
    assert moment(a, after) == (ran[after] if after < len(ran) else a[-1][1])
