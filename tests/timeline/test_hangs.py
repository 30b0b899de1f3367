"""When did it really run?  The chart on the left, what ran and for how many minutes on the right (rulebook 0b)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timeline.chart import events, findings, ran, timeline

RUNS = [
    pytest.param(
        """
        08:00 New Bag vancomycin IV1 rate 100
        09:30 Stopped vancomycin
        """,
        ["vancomycin 08:00-09:30 = 90"],
        id="new bag to stop",
    ),
    pytest.param(
        """
        08:00 Started vancomycin
        08:20 Rate Change vancomycin rate 50
        08:40 Verify vancomycin rate 50
        09:00 Rate Change vancomycin rate 150
        09:30 Stopped vancomycin
        """,
        ["vancomycin 08:00-09:30 = 90"],
        id="a rate change or a verify does not break a run",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:30 Paused vancomycin
        08:45 Restarted vancomycin
        09:30 Stopped vancomycin
        """,
        ["vancomycin 08:00-08:30 08:45-09:30 = 75"],
        id="a pause is not running time",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:30 Paused vancomycin
        """,
        ["vancomycin 08:00-08:30 = 30"],
        id="a pause never restarted is the stop",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:30 Paused vancomycin
        09:00 Stopped vancomycin
        """,
        ["vancomycin 08:00-08:30 = 30"],
        id="stopped while paused",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:30 Paused vancomycin
        08:30 Stopped vancomycin
        """,
        ["vancomycin 08:00-08:30 = 30"],
        id="paused and stopped at one minute",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:30 Paused vancomycin
        08:30 Restarted vancomycin
        09:00 Stopped vancomycin
        """,
        ["vancomycin 08:00-09:00 = 60"],
        id="paused and restarted at one minute runs on",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin rate 100
        08:40 Rate Change vancomycin rate 0
        09:00 Stopped vancomycin
        """,
        ["vancomycin 08:00-08:40 = 40"],
        id="rate 0 ends a stretch",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin rate 100
        08:40 Verify vancomycin rate 0
        """,
        ["vancomycin 08:00-08:40 = 40"],
        id="a verify of rate 0 ends a stretch",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin rate 100
        08:40 Rate Change vancomycin rate 0
        08:50 Restarted vancomycin rate 100
        09:00 Stopped vancomycin
        """,
        ["vancomycin 08:00-08:40 08:50-09:00 = 50"],
        id="restart after rate 0",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin rate 100
        08:20 Paused vancomycin
        08:30 Rate Change vancomycin rate 50
        08:40 Verify vancomycin rate 50
        09:00 Stopped vancomycin
        """,
        ["vancomycin 08:00-08:20 = 20"],
        id="a rate or a verify during a pause does not restart it",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        09:00 Stopped vancomycin
        10:00 Restarted vancomycin
        10:30 Stopped vancomycin
        """,
        ["vancomycin 08:00-09:00 10:00-10:30 = 90"],
        id="a restart after the stop belongs to the same bag",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        09:00 Stopped vancomycin
        09:30 Stopped vancomycin
        """,
        ["vancomycin 08:00-09:00 = 60"],
        id="of two stops the first stands",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        09:00 Stopped vancomycin
        10:00 New Bag vancomycin
        10:45 Stopped vancomycin
        """,
        ["vancomycin 08:00-09:00 = 60", "vancomycin 10:00-10:45 = 45"],
        id="a new bag after the stop is the next administration",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:30 Paused vancomycin
        09:00 New Bag vancomycin
        09:40 Stopped vancomycin
        """,
        ["vancomycin 08:00-08:30 = 30", "vancomycin 09:00-09:40 = 40"],
        id="a new bag after a pause is the next administration",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:00 New Bag vancomycin
        09:00 Stopped vancomycin
        09:00 Stopped vancomycin
        """,
        ["vancomycin 08:00-09:00 = 60"],
        id="charted twice is charted once",
    ),
    pytest.param("08:00 New Bag vancomycin", ["vancomycin 08:00-?"], id="no stop"),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:30 Verify vancomycin
        09:10 Rate Change vancomycin rate 20
        """,
        ["vancomycin 08:00-09:10?"],
        id="no stop, last seen at the last rate",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:30 Paused vancomycin
        08:50 Restarted vancomycin
        """,
        ["vancomycin 08:00-08:30 08:50-?"],
        id="no stop after the restart",
    ),
    pytest.param(
        """
        08:00:20 New Bag vancomycin
        08:15:59 Stopped vancomycin
        """,
        ["vancomycin 08:00:20-08:15:59 = 15"],
        id="939 seconds are 15 minutes: floored once",
    ),
    pytest.param(
        """
        08:00:00 New Bag vancomycin
        08:07:40 Paused vancomycin
        08:10:00 Restarted vancomycin
        08:18:20 Stopped vancomycin
        """,
        ["vancomycin 08:00-08:07:40 08:10-08:18:20 = 16"],
        id="460 and 500 seconds are 16 minutes together, not 7 and 8",
    ),
]


@pytest.mark.parametrize(("chart", "expected"), RUNS)
def test_what_ran(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


def test_the_next_bag_is_no_stop_but_proves_one() -> None:
    first, second = timeline(
        """
        08:00 New Bag cefepime route IVPB
        16:00 New Bag cefepime route IVPB
        16:30 Stopped cefepime
        """
    ).administrations
    assert (first.stop, first.stop_evidence, first.minutes) == (None, "missing", None)
    assert (second.stop_evidence, second.minutes) == ("charted", 30)


def test_evidence_of_the_stop_names_its_row() -> None:
    (paused,) = timeline("08:00 New Bag vancomycin\n08:30 Paused vancomycin").administrations
    assert paused.stop_evidence == "pause never restarted"
    assert [s.row for s in paused.stop_sources] == [2]
    (restarted,) = timeline(
        """
        08:00 New Bag vancomycin
        08:30 Paused vancomycin
        08:40 Restarted vancomycin
        09:00 Stopped vancomycin
        """
    ).administrations
    assert restarted.stop_evidence == "charted"
    assert [s.row for s in restarted.stop_sources] == [4]
    assert [s.row for s in restarted.sources] == [1, 2, 3, 4]


DOUBTS = [
    ("08:00 New Bag a\n10:00 New Bag a\n11:00 Stopped a", ["bag-change-without-stop"]),
    ("08:00 New Bag a\n08:30 Paused a\n08:40 Verify a rate 50\n09:00 Stopped a", ["rate-during-pause"]),
    ("08:00 New Bag a\n09:00 Stopped a\n09:10 Verify a rate 50", ["flow-after-stop"]),
    ("08:00 New Bag a\n09:00 Stopped a\n09:30 Stopped a", ["stop-after-stop"]),
    ("08:00 New Bag a\n08:00 Stopped a", ["stop-at-start"]),
    ("09:00 Stopped a", ["action-without-start"]),
    ("08:30 Verify a rate 50\n09:00 Stopped a", ["action-without-start", "action-without-start"]),
    ("09:00 Restarted a", ["action-without-start"]),
    ("08:00 Refused a", ["not-given"]),
    ("08:00 Held a", ["not-given"]),
    ("08:00 Push a\n08:04 Stopped a", []),
    ("08:00 Given a\n08:00 Stopped a", []),
]


@pytest.mark.parametrize(("chart", "codes"), DOUBTS)
def test_doubts(chart: str, codes: list[str]) -> None:
    assert findings(chart) == codes


@pytest.mark.parametrize("chart", ["09:00 Stopped a", "09:00 Restarted a", "08:00 Held a", "08:00 Refused a"])
def test_nothing_is_made_of_an_action_without_a_start(chart: str) -> None:
    assert ran(chart) == []


ZERO = [
    pytest.param("08:00 New Bag a\n08:00 Stopped a", ["a 08:00-?"], id="start and stop at one minute"),
    pytest.param(
        """
        08:00 New Bag a
        09:00 Stopped a
        10:00 Stopped a
        10:00 New Bag a
        """,
        ["a 08:00-09:00 = 60", "a 10:00-?"],
        id="the same after an earlier bag",
    ),
]


@pytest.mark.parametrize(("chart", "expected"), ZERO)
def test_zero_length_is_a_missing_stop(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected
    assert "stop-at-start" in findings(chart)


HELD = [
    pytest.param(
        """
        08:00 New Bag a
        08:30 Held a
        09:00 Restarted a
        09:30 Stopped a
        """,
        ["a 08:00-08:30 09:00-09:30 = 60"],
        id="held while it runs: a pause",
    ),
    pytest.param("08:00 New Bag a\n08:30 Held a", ["a 08:00-08:30 = 30"], id="held and never restarted"),
    pytest.param(
        """
        08:00 Held a
        10:00 New Bag a
        10:40 Stopped a
        """,
        ["a 10:00-10:40 = 40"],
        id="held before it was hung: not given then",
    ),
    pytest.param(
        """
        08:00 New Bag a
        08:30 Refused a
        09:00 Stopped a
        """,
        ["a 08:00-09:00 = 60"],
        id="a refused dose changes nothing on the one that runs",
    ),
]


@pytest.mark.parametrize(("chart", "expected"), HELD)
def test_held_and_refused(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


LONG = """
    08:00 New Bag vancomycin IV1 rate 250
    08:20 Rate Change vancomycin rate 100
    08:40 Paused vancomycin
    08:45 Verify vancomycin rate 100
    09:00 Restarted vancomycin rate 100
    09:30 Push vancomycin
    10:00 Stopped vancomycin
    10:00 New Bag vancomycin rate 100
    11:00 Stopped vancomycin
    12:00 Given vancomycin
    13:00 Held vancomycin
    14:00 New Bag vancomycin
    20:00 New Bag vancomycin
    20:16 Stopped vancomycin
    """
LONG_RAN = [
    "vancomycin 08:00-08:40 09:00-11:00 = 160",
    "vancomycin 09:30 push",
    "vancomycin 12:00 dose",
    "vancomycin 14:00-? by 20:00",
    "vancomycin 20:00-20:16 = 16",
]


def test_a_long_day() -> None:
    assert ran(LONG) == LONG_RAN


@given(st.permutations(events(LONG)))
def test_the_order_of_the_rows_changes_nothing(rows: list) -> None:  # type: ignore[type-arg]
    assert timeline(rows) == timeline(LONG)


@given(st.lists(st.sampled_from(events(LONG)), max_size=6))
def test_rows_fed_twice_change_no_minute(again: list) -> None:  # type: ignore[type-arg]
    rows = events(LONG) + [e for e in again if e.action.value not in {"push", "given"}]
    assert ran(rows) == LONG_RAN
