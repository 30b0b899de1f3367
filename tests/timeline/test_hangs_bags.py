"""Bag after bag: one run, or an earlier bag whose stop nobody charted?  (rulebook 0b)"""

from __future__ import annotations

import pytest

from tests.timeline.chart import ran

BAGS = [
    pytest.param(
        """
        08:00 New Bag cefepime
        09:00 Stopped cefepime
        09:00 New Bag cefepime
        10:00 Stopped cefepime
        """,
        ["cefepime 08:00-10:00 = 120"],
        id="stop and new bag at one minute: the run goes on",
    ),
    pytest.param(
        """
        08:00 New Bag cefepime
        09:00 Paused cefepime
        09:00 New Bag cefepime
        10:00 Stopped cefepime
        """,
        ["cefepime 08:00-10:00 = 120"],
        id="paused for the change of the bag",
    ),
    pytest.param(
        """
        08:00 New Bag saline
        12:00 New Bag saline
        13:00 Stopped saline
        """,
        ["saline 08:00-13:00 = 300"],
        id="bag after bag, 240 minutes of silence",
    ),
    pytest.param(
        """
        08:00 New Bag saline
        12:01 New Bag saline
        13:00 Stopped saline
        """,
        ["saline 08:00-? by 12:01", "saline 12:01-13:00 = 59"],
        id="241 minutes of silence: the first stop is missing",
    ),
    pytest.param(
        """
        08:00 New Bag saline
        10:00 Verify saline
        13:30 New Bag saline
        14:00 Stopped saline
        """,
        ["saline 08:00-14:00 = 360"],
        id="a verify breaks the silence",
    ),
    pytest.param(
        """
        08:00 New Bag saline
        12:30 Verify saline
        13:30 New Bag saline
        14:00 Stopped saline
        """,
        ["saline 08:00-12:30? by 13:30", "saline 13:30-14:00 = 30"],
        id="270 minutes of silence before the verify",
    ),
    pytest.param(
        """
        08:00 New Bag saline bag 1000 rate 125
        16:00 New Bag saline
        17:00 Stopped saline
        """,
        ["saline 08:00-17:00 = 540"],
        id="1000 mL at 125 mL/h last exactly until the next bag",
    ),
    pytest.param(
        """
        08:00 New Bag saline bag 1000 rate 125
        16:01 New Bag saline
        17:00 Stopped saline
        """,
        ["saline 08:00-? by 16:01", "saline 16:01-17:00 = 59"],
        id="1000 mL at 125 mL/h are gone a minute before the next bag",
    ),
    pytest.param(
        """
        08:00 New Bag saline bag 1000 rate 125
        09:00 Verify saline rate 125
        16:30 New Bag saline
        17:00 Stopped saline
        """,
        ["saline 08:00-09:00? by 16:30", "saline 16:30-17:00 = 30"],
        id="a verify does not fill the bag again: empty at 16:00",
    ),
    pytest.param(
        """
        08:00 New Bag saline bag 1000 rate 400
        10:00 Rate Change saline rate 40
        15:00 New Bag saline
        16:00 Stopped saline
        """,
        ["saline 08:00-16:00 = 480"],
        id="800 mL in two hours, 200 mL at 40 mL/h last five more",
    ),
    pytest.param(
        """
        08:00 New Bag saline bag 1000 rate 400
        10:00 Rate Change saline rate 50
        15:00 New Bag saline
        16:00 Stopped saline
        """,
        ["saline 08:00-10:00? by 15:00", "saline 15:00-16:00 = 60"],
        id="200 mL at 50 mL/h last four hours, not five",
    ),
    pytest.param(
        """
        08:00 New Bag saline bag 1000 rate 100
        10:00 Paused saline
        12:00 Restarted saline rate 100
        20:00 New Bag saline
        21:00 Stopped saline
        """,
        ["saline 08:00-10:00 12:00-21:00 = 660"],
        id="a bag does not empty during a pause: 200 mL, then eight hours",
    ),
    pytest.param(
        """
        08:00 New Bag saline bag 1000
        16:00 New Bag saline
        """,
        ["saline 08:00-? by 16:00", "saline 16:00-?"],
        id="a volume without a rate says nothing",
    ),
    pytest.param(
        """
        08:00 New Bag cefepime route IVPB bag 100 rate 200
        16:00 New Bag cefepime route IVPB bag 100 rate 200
        00:00+1 New Bag cefepime route IVPB bag 100 rate 200
        """,
        ["cefepime 08:00-? by 16:00", "cefepime 16:00-? by 00:00+1", "cefepime 00:00+1-?"],
        id="eight-hourly piggybacks without stops are three infusions",
    ),
]


@pytest.mark.parametrize(("chart", "expected"), BAGS)
def test_bag_after_bag(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


def test_the_longest_silence_is_a_switch() -> None:
    chart = """
        08:00 New Bag saline
        09:01 New Bag saline
        09:30 Stopped saline
        """
    assert ran(chart, longest=61) == ["saline 08:00-09:30 = 90"]
    assert ran(chart, longest=60) == ["saline 08:00-? by 09:01", "saline 09:01-09:30 = 29"]


GRACE = """
    08:00 New Bag saline
    09:00 Stopped saline
    09:05 New Bag saline
    10:00 Stopped saline
    """


@pytest.mark.parametrize(
    ("grace", "expected"),
    [
        (0, ["saline 08:00-09:00 = 60", "saline 09:05-10:00 = 55"]),
        (4, ["saline 08:00-09:00 = 60", "saline 09:05-10:00 = 55"]),
        (5, ["saline 08:00-10:00 = 120"]),
    ],
)
def test_a_gap_within_the_grace_minutes_does_not_stop_the_clock(grace: int, expected: list[str]) -> None:
    assert ran(GRACE, grace=grace) == expected


def test_a_bag_that_would_last_for_ages_explains_no_silence() -> None:
    # 10^12 mL at 0.001 mL/h: a wrong entry, not a bag of 10^15 hours.
    chart = """
        08:00 New Bag saline bag 1000000000000 rate 0.001
        23:00 New Bag saline bag 1000 rate 100
        23:30 Stopped saline
        """
    assert ran(chart) == ["saline 08:00-? by 23:00", "saline 23:00-23:30 = 30"]
