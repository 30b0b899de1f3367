"""Cancelled, deleted and updated entries: the last word wins, whatever the order of the rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timeline.chart import events, findings, ran, timeline

CHARTS = [
    pytest.param(
        """
        08:00 Given a
        08:00 Canceled a
        """,
        [],
        id="a cancelled dose was not given",
    ),
    pytest.param(
        """
        08:00 New Bag a
        09:00 Stopped a
        10:00 New Bag a
        10:00 Canceled a
        """,
        ["a 08:00-09:00 = 60"],
        id="the second bag was charted in error",
    ),
    pytest.param(
        """
        08:00 New Bag a
        09:00 Stopped a
        09:00 Stopped a correction delete
        09:30 Stopped a
        """,
        ["a 08:00-09:30 = 90"],
        id="a deleted stop and the right one, nothing recorded",
    ),
    pytest.param(
        """
        08:00 New Bag a recorded 08:01
        09:00 Stopped a recorded 09:05
        09:00 Stopped a correction delete recorded 09:20
        09:30 Stopped a recorded 09:31
        """,
        ["a 08:00-09:30 = 90"],
        id="a deleted stop and the right one, recorded",
    ),
    pytest.param(
        """
        08:00 New Bag a recorded 08:01
        09:00 Stopped a recorded 09:05
        09:00 Stopped a correction delete
        """,
        ["a 08:00-?"],
        id="a delete without a recording time outweighs the recorded row",
    ),
    pytest.param(
        """
        08:00 New Bag a recorded 08:01
        09:00 Stopped a recorded 09:05
        09:00 Stopped a correction delete recorded 09:20
        09:00 Stopped a recorded 09:40
        """,
        ["a 08:00-09:00 = 60"],
        id="deleted and charted again: it stands",
    ),
    pytest.param(
        """
        08:00-09:00 a
        08:00-09:30 a correction update
        """,
        ["a 08:00-09:30 = 90"],
        id="an updated row with start and stop",
    ),
    pytest.param(
        """
        08:00-09:00 a recorded 09:00
        08:00-09:40 a correction update recorded 09:50
        08:00-09:30 a correction update recorded 09:40
        """,
        ["a 08:00-09:40 = 100"],
        id="of two updates the one recorded last",
    ),
    pytest.param(
        """
        08:00-09:00 a recorded 09:00
        08:00-09:40 a correction update recorded 09:40
        08:00-09:40 a correction delete recorded 09:50
        """,
        [],
        id="updated, then deleted",
    ),
    pytest.param(
        """
        08:00-09:00 a recorded 09:00
        08:00-09:00 a correction delete recorded 09:40
        08:00-09:40 a correction update recorded 09:50
        """,
        ["a 08:00-09:40 = 100"],
        id="deleted, then updated: the update stands",
    ),
    pytest.param(
        """
        08:00 New Bag a rate 100
        08:00 New Bag a rate 0 correction update
        08:40 Verify a rate 50
        09:00 Stopped a
        """,
        ["a 08:00-09:00 = 60"],
        id="an updated rate leaves the start where it is",
    ),
    pytest.param(
        """
        08:00 New Bag a
        09:00 Stopped a
        09:00 New Bag a
        09:00 New Bag a rate 50 correction update
        10:00 Stopped a
        """,
        ["a 08:00-10:00 = 120"],
        id="an update of the new bag leaves the stop of that minute",
    ),
    pytest.param(
        """
        08:00 New Bag a recorded 08:00
        09:00 Stopped a recorded 09:01
        09:00 New Bag a recorded 09:02
        09:00 Stopped a correction delete recorded 09:10
        10:00 Stopped a recorded 10:00
        """,
        ["a 08:00-10:00 = 120"],
        id="a deleted stop leaves the new bag of that minute",
    ),
    pytest.param(
        """
        08:00 New Bag a recorded 08:00
        09:00 Stopped a recorded 09:01
        09:00 Stopped a correction delete recorded 09:05
        09:00 Verify a rate 50 correction update recorded 09:10
        10:00 Stopped a recorded 10:00
        """,
        ["a 08:00-10:00 = 120"],
        id="a later update of another action does not bring a deleted stop back",
    ),
    pytest.param(
        """
        08:00 New Bag a
        08:00 New Bag b order O2
        08:00 Canceled b order O2
        09:00 Stopped a
        """,
        ["a 08:00-09:00 = 60"],
        id="another order is left alone",
    ),
    pytest.param(
        """
        08:00 New Bag a
        08:00 New Bag b
        08:00 Canceled b
        09:00 Stopped a
        """,
        ["a 08:00-09:00 = 60"],
        id="one part of a mix is taken back",
    ),
    pytest.param(
        """
        08:00-09:00 a IV1 order -
        08:00-09:00 a IV2 order -
        08:00-09:00 a IV2 order - correction delete
        """,
        ["a 08:00-09:00 = 60"],
        id="without an order the access names the row",
    ),
    pytest.param(
        """
        08:00 New Bag a
        09:00 Stopped a
        11:00 Stopped a correction delete
        """,
        ["a 08:00-09:00 = 60"],
        id="a correction of nothing takes nothing back",
    ),
]


@pytest.mark.parametrize(("chart", "expected"), CHARTS)
def test_what_stands(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


@pytest.mark.parametrize(("chart", "expected"), CHARTS)
@given(data=st.data())
def test_in_any_order(data: st.DataObject, chart: str, expected: list[str]) -> None:
    assert ran(data.draw(st.permutations(events(chart)))) == expected


@pytest.mark.parametrize(
    ("chart", "codes"),
    [
        ("08:00 Given a\n08:00 Canceled a", ["correction-applied", "entry-withdrawn"]),
        ("08:00-09:00 a\n08:00-09:00 a correction delete", ["correction-applied", "entry-withdrawn"]),
        ("08:00-09:00 a\n08:00-09:30 a correction update", ["entry-updated"]),
        ("08:00-09:00 a\n11:00 Stopped a correction delete", ["correction-without-entry"]),
        ("08:00-09:00 a correction update", []),
    ],
)
def test_each_corrected_row_is_reported(chart: str, codes: list[str]) -> None:
    assert findings(chart) == codes


def test_the_withdrawn_and_the_withdrawing_row_are_both_named() -> None:
    rows = {f.code: f.source.row for f in timeline("08:00 Given a\n08:00 Canceled a").findings if f.source}
    assert rows == {"entry-withdrawn": 1, "correction-applied": 2}


def test_the_access_of_the_deleted_row_goes_with_it() -> None:
    (left,) = timeline(CHARTS[-2].values[0]).administrations
    assert left.access == "IV1"
