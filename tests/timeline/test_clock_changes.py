"""The two odd hours of the year, in New York: minutes are true elapsed time (rulebook 0a).

On 2026-11-01 the clocks go from 01:59 EDT back to 01:00 EST, so 01:30 strikes twice; on 2026-03-08 they go from
01:59 EST to 03:00 EDT.  Of an ambiguous time the reading that gives the shortest run above zero is taken.
"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timeline.chart import events, findings, ran, timeline

AUTUMN, SPRING, ZONE = date(2026, 11, 1), date(2026, 3, 8), "America/New_York"

TWICE = [
    pytest.param("00:30 New Bag a\n03:30 Stopped a", ["a 00:30-03:30 = 240"], 0, id="over the change: four hours"),
    pytest.param("00:30 New Bag a\n01:30 Stopped a", ["a 00:30-01:30 = 60"], 1, id="the stop is the first 01:30"),
    pytest.param("01:30 New Bag a\n02:30 Stopped a", ["a 01:30-02:30 = 60"], 1, id="the start is the second 01:30"),
    pytest.param("01:30 New Bag a\n01:45 Stopped a", ["a 01:30-01:45 = 15"], 2, id="both in one hour"),
    pytest.param("01:45 New Bag a\n01:15 Stopped a", ["a 01:45-01:15 = 30"], 2, id="stop before start on the wall"),
    pytest.param("01:30 New Bag a\n01:30 Stopped a", ["a 01:30-01:30 = 60"], 2, id="the same time twice: an hour"),
    pytest.param("00:30-03:30 a", ["a 00:30-03:30 = 240"], 0, id="row over the change"),
    pytest.param("00:30-01:30 a", ["a 00:30-01:30 = 60"], 1, id="row into the hour"),
    pytest.param("01:30-02:30 a", ["a 01:30-02:30 = 60"], 1, id="row out of the hour"),
    pytest.param("01:30-01:45 a", ["a 01:30-01:45 = 15"], 1, id="row within the hour"),
    pytest.param("01:45-01:15 a", ["a 01:45-01:15 = 30"], 1, id="row from the first hour into the second"),
    pytest.param("01:30-01:30 a", ["a 01:30-01:30 = 60"], 1, id="row with one time twice"),
    pytest.param("01:30- a", ["a 01:30-?"], 1, id="row without a stop"),
    pytest.param("01:30 Push a", ["a 01:30 push"], 1, id="a push"),
    pytest.param(
        """
        00:30 New Bag a
        01:10 Paused a
        01:20 Restarted a
        02:30 Stopped a
        """,
        ["a 00:30-01:10 01:20-02:30 = 110"],
        2,
        id="paused in the first hour, restarted in the second: 40 and 70 minutes",
    ),
    pytest.param(
        """
        01:20 New Bag a
        01:40 Verify a rate 50
        02:10 Stopped a
        """,
        ["a 01:20-02:10 = 50"],
        2,
        id="start and verify in the second hour",
    ),
    pytest.param(
        """
        00:30 New Bag a
        01:30 Stopped a
        01:30 New Bag a
        02:30 Stopped a
        """,
        ["a 00:30-01:30 = 60", "a 01:30-02:30 = 60"],
        2,
        id="a bag changed at 01:30: each bag the shorter way",
    ),
]


@pytest.mark.parametrize(("chart", "expected", "doubts"), TWICE)
def test_autumn(chart: str, expected: list[str], doubts: int) -> None:
    assert ran(chart, zone=ZONE, day=AUTUMN) == expected
    assert findings(chart, zone=ZONE, day=AUTUMN) == ["ambiguous-time"] * doubts


@pytest.mark.parametrize(("chart", "expected", "doubts"), TWICE)
@given(data=st.data())
def test_autumn_in_any_order(data: st.DataObject, chart: str, expected: list[str], doubts: int) -> None:
    rows = data.draw(st.permutations(events(chart, zone=ZONE, day=AUTUMN)))
    assert ran(rows, zone=ZONE) == expected


def test_the_hour_is_shown_with_its_offset() -> None:
    made = timeline("01:45 New Bag a\n01:15 Stopped a", zone=ZONE, day=AUTUMN)
    (segment,) = made.administrations[0].segments
    assert made.local(segment.start).isoformat() == "2026-11-01T01:45:00-04:00"
    assert made.local(segment.stop).isoformat() == "2026-11-01T01:15:00-05:00"


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        pytest.param("01:30 New Bag a\n03:30 Stopped a", ["a 01:30-03:30 = 60"], id="over the change: one hour"),
        pytest.param("01:30-03:30 a", ["a 01:30-03:30 = 60"], id="as a row"),
        pytest.param("01:30 New Bag a\n02:30 Stopped a", ["a 01:30-03:30 = 60"], id="02:30 does not exist: 03:30"),
        pytest.param("00:30-04:30 a", ["a 00:30-04:30 = 180"], id="three hours, not four"),
    ],
)
def test_spring(chart: str, expected: list[str]) -> None:
    assert ran(chart, zone=ZONE, day=SPRING) == expected


def test_a_silence_is_measured_in_true_time() -> None:
    """22:00 EST to 03:00 EDT are four hours, so that the bag continues; on the day before they were five."""
    chart = "22:00 New Bag a\n03:00+1 New Bag a\n04:00+1 Stopped a"
    assert ran(chart, zone=ZONE, day=date(2026, 3, 7)) == ["a 22:00-04:00+1 = 300"]
    assert ran(chart, zone=ZONE, day=date(2026, 3, 6)) == ["a 22:00-? by 03:00+1", "a 03:00+1-04:00+1 = 60"]
