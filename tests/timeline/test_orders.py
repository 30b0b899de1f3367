"""Which rows belong together: mixes, rows without an order, and rows with start and stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timeline.chart import events, findings, ran, timeline
from timeline.access_names import access_key

MIXES = [
    pytest.param(
        """
        08:00 New Bag ondansetron
        08:00 New Bag dexamethasone
        08:30 Stopped ondansetron
        08:30 Stopped dexamethasone
        """,
        ["dexamethasone + ondansetron 08:00-08:30 = 30"],
        id="two drugs on one order and time are one mix",
    ),
    pytest.param(
        """
        08:00 New Bag ondansetron+dexamethasone
        08:30 Stopped ondansetron+dexamethasone
        """,
        ["dexamethasone + ondansetron 08:00-08:30 = 30"],
        id="one row names both",
    ),
    pytest.param(
        """
        08:00 New Bag ondansetron
        08:00 New Bag dexamethasone
        08:30 Stopped ondansetron
        """,
        ["dexamethasone + ondansetron 08:00-08:30 = 30"],
        id="the stop is charted for one part only",
    ),
    pytest.param(
        """
        08:00 New Bag ondansetron
        08:00 New Bag dexamethasone
        08:30 Stopped ondansetron
        08:40 Stopped dexamethasone
        """,
        ["dexamethasone + ondansetron 08:00-08:40 = 40"],
        id="the bag ends with its last part",
    ),
    pytest.param(
        """
        08:00 New Bag ondansetron
        08:05 New Bag dexamethasone
        08:30 Stopped ondansetron
        08:30 Stopped dexamethasone
        """,
        ["dexamethasone + ondansetron 08:00-08:30 = 30"],
        id="charted five minutes apart, they ran together",
    ),
    pytest.param(
        """
        08:00 New Bag ondansetron
        08:05 New Bag dexamethasone
        08:30 Stopped ondansetron
        """,
        ["dexamethasone + ondansetron 08:00-08:30 = 30"],
        id="five minutes apart, one stop",
    ),
    pytest.param(
        """
        08:00 New Bag ondansetron
        08:00 New Bag dexamethasone
        """,
        ["dexamethasone + ondansetron 08:00-?"],
        id="no stop for either part",
    ),
    pytest.param(
        """
        08:00 Push ondansetron
        08:00 Push dexamethasone
        """,
        ["dexamethasone + ondansetron 08:00 push"],
        id="two drugs in one syringe",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin
        08:30 Stopped 'sodium chloride'
        """,
        ["vancomycin 08:00-08:30 = 30"],
        id="a stop under the name of the fluid is meant for the order",
    ),
    pytest.param(
        """
        08:00 New Bag ondansetron
        08:30 Stopped ondansetron
        10:00 New Bag dexamethasone
        10:20 Stopped dexamethasone
        """,
        ["ondansetron 08:00-08:30 = 30", "dexamethasone 10:00-10:20 = 20"],
        id="one after the other they are two bags",
    ),
    pytest.param(
        """
        08:00 New Bag ondansetron order A
        08:00 New Bag dexamethasone order B
        08:30 Stopped ondansetron order A
        08:40 Stopped dexamethasone order B
        """,
        ["dexamethasone 08:00-08:40 = 40", "ondansetron 08:00-08:30 = 30"],
        id="two orders at one minute are two bags",
    ),
]


@pytest.mark.parametrize(("chart", "expected"), MIXES)
def test_mix(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


@pytest.mark.parametrize(("chart", "expected"), MIXES)
@given(data=st.data())
def test_a_mix_does_not_depend_on_the_order_of_rows(data: st.DataObject, chart: str, expected: list[str]) -> None:
    assert ran(data.draw(st.permutations(events(chart)))) == expected


def test_the_parts_of_a_mix_are_named() -> None:
    (mix,) = timeline("08:00-08:30 ondansetron\n08:00-08:30 dexamethasone").administrations
    assert mix.components == ("dexamethasone", "ondansetron")
    assert mix.ingredients == frozenset({"dexamethasone", "ondansetron"})
    assert [s.row for s in mix.sources] == [1, 2]


def test_every_row_of_an_order_without_a_start_is_reported() -> None:
    chart = """
        09:00 Stopped ondansetron
        09:00 Stopped dexamethasone
        """
    assert ran(chart) == []
    assert [f.source.row for f in timeline(chart).findings if f.source] == [1, 2]


LOOSE = [
    pytest.param(
        """
        08:00 New Bag vancomycin IV1 order -
        09:00 Stopped vancomycin IV1 order -
        """,
        ["vancomycin 08:00-09:00 = 60"],
        id="drug, access and route",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin IV1 order -
        09:00 Stopped vancomycin order -
        """,
        ["vancomycin 08:00-09:00 = 60"],
        id="a stop without a site joins the only run it can mean",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin IV1 order -
        09:00 Stopped vancomycin order - route -
        """,
        ["vancomycin 08:00-09:00 = 60"],
        id="nor does it need a route",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin IV1 order -
        08:10 New Bag vancomycin IV2 order -
        09:00 Stopped vancomycin IV1 order -
        09:30 Stopped vancomycin IV2 order -
        """,
        ["vancomycin 08:00-09:00 = 60", "vancomycin 08:10-09:30 = 80"],
        id="two accesses are two orders",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin IV1 order -
        08:30 New Bag vancomycin IV2 order -
        09:00 Stopped vancomycin order -
        """,
        ["vancomycin 08:00-?", "vancomycin 08:30-?"],
        id="a stop that may mean either is no stop of one",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin IV1 order -
        08:00 New Bag cefepime IV1 order -
        09:00 Stopped vancomycin IV1 order -
        """,
        ["cefepime 08:00-?", "vancomycin 08:00-09:00 = 60"],
        id="two drugs without an order are no mix",
    ),
    pytest.param(
        """
        08:00 New Bag vancomycin 'L FA' order -
        09:00 Stopped Vancomycin l-fa order -
        """,
        ["vancomycin 08:00-09:00 = 60"],
        id="case and punctuation do not part them",
    ),
]


@pytest.mark.parametrize(("chart", "expected"), LOOSE)
def test_rows_without_an_order(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


def test_the_stop_nobody_can_place_is_reported() -> None:
    chart = """
        08:00 New Bag vancomycin IV1 order -
        08:30 New Bag vancomycin IV2 order -
        09:00 Stopped vancomycin order -
        """
    (doubt,) = [f for f in timeline(chart).findings if f.code == "action-without-start"]
    assert doubt.source is not None
    assert doubt.source.row == 3


ROWS = [
    pytest.param("08:00-09:00 a", ["a 08:00-09:00 = 60"], id="one row"),
    pytest.param("08:00-09:00 a\n09:00-10:00 a", ["a 08:00-10:00 = 120"], id="touching bags are one run"),
    pytest.param("08:00-09:00 a\n09:01-10:00 a", ["a 08:00-09:00 = 60", "a 09:01-10:00 = 59"], id="a minute apart"),
    pytest.param("08:00-09:00 a\n08:30-09:30 a", ["a 08:00-09:00 = 60", "a 08:30-09:30 = 60"], id="overlapping bags"),
    pytest.param("08:00- a\n10:00-11:00 a", ["a 08:00-? by 10:00", "a 10:00-11:00 = 60"], id="the first has no stop"),
    pytest.param("08:00-09:00 a\n10:00- a", ["a 08:00-09:00 = 60", "a 10:00-?"], id="the second has no stop"),
    pytest.param("09:00-08:00 a", ["a 09:00-?"], id="stop before start"),
    pytest.param("09:00-09:00 a", ["a 09:00-?"], id="zero length"),
    pytest.param(
        "08:00-10:00 a\n08:30 Paused a\n09:00 Restarted a", ["a 08:00-08:30 09:00-10:00 = 90"], id="a pause inside"
    ),
    pytest.param("08:00-10:00 a\n09:00 Verify a rate 50", ["a 08:00-10:00 = 120"], id="a verify inside"),
    pytest.param("08:00- a\n09:00 Stopped a", ["a 08:00-09:00 = 60"], id="the stop on a row of its own"),
    pytest.param("08:00-16:00 a\n14:00 New Bag a", ["a 08:00-16:00 = 480"], id="a new bag inside, after six hours"),
    pytest.param("08:00-10:00 a\n09:00 Push a", ["a 08:00-10:00 = 120", "a 09:00 push"], id="a push inside"),
    pytest.param(
        "08:00-09:00 a\n08:30 Push a\n09:00-10:00 a", ["a 08:00-10:00 = 120", "a 08:30 push"], id="a push between"
    ),
    pytest.param("08:00-09:00 a\n12:00 Given a", ["a 08:00-09:00 = 60", "a 12:00 dose"], id="a dose later"),
]


@pytest.mark.parametrize(("chart", "expected"), ROWS)
def test_rows_with_start_and_stop(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


@pytest.mark.parametrize(("chart", "expected"), ROWS)
@given(data=st.data())
def test_rows_in_any_order(data: st.DataObject, chart: str, expected: list[str]) -> None:
    assert ran(data.draw(st.permutations(events(chart)))) == expected


def test_bags_of_one_order_within_the_grace_minutes_are_one_run() -> None:
    chart = "08:00-09:00 a\n09:05-10:00 a"
    assert ran(chart, grace=5) == ["a 08:00-10:00 = 120"]
    assert ran(chart, grace=4) == ["a 08:00-09:00 = 60", "a 09:05-10:00 = 55"]


@pytest.mark.parametrize("chart", ["09:00-08:00 a", "09:00-09:00 a", "08:00-08:00 a route IVPB"])
def test_a_stop_not_after_the_start_is_reported(chart: str) -> None:
    assert findings(chart) == ["stop-not-after-start"]


TWICE = [
    pytest.param("08:00-09:00 a\n08:00-09:30 a", ["a 08:00-09:00 = 60"], 2, id="the earlier stop"),
    pytest.param("08:00- a\n08:00-09:30 a", ["a 08:00-09:30 = 90"], 1, id="the one with a stop"),
    pytest.param(
        "08:00-09:00 a recorded 09:01\n08:00-09:30 a recorded 09:31", ["a 08:00-09:30 = 90"], 1, id="the later recorded"
    ),
    pytest.param(
        "08:00-09:00 a recorded 11:00\n08:00-09:30 a recorded 09:31",
        ["a 08:00-09:00 = 60"],
        2,
        id="recorded last",
    ),
]


@pytest.mark.parametrize(("chart", "expected", "unused"), TWICE)
def test_two_rows_with_one_start(chart: str, expected: list[str], unused: int) -> None:
    assert ran(chart) == expected
    (doubt,) = timeline(chart).findings
    assert doubt.source is not None
    assert (doubt.code, doubt.source.row) == ("two-stops-for-one-start", unused)


@pytest.mark.parametrize(
    "chart",
    ["08:00-09:00 a recorded 09:01\n08:00-09:00 a recorded 09:31", "08:00- a recorded 08:01\n08:00- a recorded 08:02"],
)
def test_two_rows_that_agree_on_the_stop_are_one_run_charted_twice(chart: str) -> None:
    assert len(timeline(chart).administrations) == 1
    assert findings(chart) == ["row-charted-twice"]


@pytest.mark.parametrize(
    "chart",
    [
        "08:00-09:00 a IV1\n08:00-09:00 a IV2",
        "08:00-09:00 a IV2\n08:00-09:00 a IV1",
        "08:00-09:00 a IV2 recorded 09:05\n08:00-09:00 a IV1 recorded 09:05",
        "08:00-09:00 a IV2\n08:00-09:30 a IV1",
        "08:00 New Bag a IV2\n08:00 New Bag a IV1\n09:00 Stopped a",
    ],
)
def test_two_lines_at_one_start_leave_the_line_unknown(chart: str) -> None:
    (one,) = timeline(chart).administrations
    assert (one.access, one.minutes) == (None, 60)
    assert findings(chart) == ["two-sites-for-one-start"]


@pytest.mark.parametrize(
    "chart",
    [
        "08:00-09:00 a IV2 recorded 09:01\n08:00-09:00 a IV1 recorded 09:31",
        "08:00-09:00 a IV1 recorded 09:31\n08:00-09:00 a IV2 recorded 09:01",
        "08:00-09:00 a\n08:00-09:00 a IV1",
        "08:00-09:00 a IV1\n08:00-09:00 a",
        "08:00-09:00 a 'iv 1'\n08:00-09:00 a IV1",
    ],
)
def test_the_line_of_two_rows_where_only_one_can_be_meant(chart: str) -> None:
    (one,) = timeline(chart).administrations
    assert access_key(one.access) == "iv1"
    assert findings(chart) == ["row-charted-twice"]


def test_a_documented_duration_stands_for_the_stop() -> None:
    (one,) = timeline("08:00-08:45 a duration 45").administrations
    assert (one.minutes, one.stop_evidence) == (45, "duration")
