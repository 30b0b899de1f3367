"""One access or two, what ran together on it, and when nothing did (rulebook 0c, 9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timeline.chart import DAY, events, findings, timeline
from timeline.access_names import access_key, look_alikes
from timeline.accesses import pairs_in_order, pairs_of_tree
from timeline.model import Overlap


def together(chart: str) -> list[str]:
    """The overlaps of a chart: ``IV1 a & b 08:00-09:00``; an unknown access is ``?``."""
    made = timeline(chart)
    drug = {a.id: a.drug for a in made.administrations}
    return [
        f"{o.access or '?'} {' & '.join(sorted(drug[i] for i in o.administrations))} {o.start:%H:%M}-{o.stop:%H:%M}"
        for o in made.overlaps
    ]


def nothing(chart: str) -> list[str]:
    return [f"{g.access} {g.start:%H:%M}-{g.stop:%H:%M}" for g in timeline(chart).gaps]


@pytest.mark.parametrize("site", ["L FA", "l-fa", "LFA", " l_f.a ", "L/FA"])
def test_case_space_and_punctuation_do_not_part_an_access(site: str) -> None:
    assert access_key(site) == "lfa"


@pytest.mark.parametrize("site", [None, "", "  ", "-", "__"])
def test_no_name_is_no_access(site: str | None) -> None:
    assert access_key(site) is None


ALIKE = [
    ("left forearm", "left forarm", True),
    ("L forearm 20g", "L forearm 22g", False),
    ("IV1", "IV2", False),
    ("left hand", "right hand", False),
    ("L hand", "R hand", False),
    ("port", "picc", False),
    ("Right chest port", "Right chest port.", False),
]


@pytest.mark.parametrize(("one", "other", "alike"), ALIKE)
def test_look_alikes(one: str, other: str, alike: bool) -> None:
    assert bool(look_alikes({one, other})) is alike


def test_look_alikes_are_reported_and_not_merged() -> None:
    chart = """
        08:00-09:00 a 'left forearm' order A
        08:00-09:00 b 'left forarm' order B
        """
    assert together(chart) == []
    assert findings(chart) == ["access-look-alike"]
    (doubt,) = timeline(chart).findings
    assert len(doubt.administrations) == 2


TOGETHER = [
    pytest.param(
        """
        08:00-09:00 a IV1 order A
        08:30-09:30 b IV1 order B
        """,
        ["IV1 a & b 08:30-09:00"],
        id="half an hour together",
    ),
    pytest.param(
        """
        08:00-09:00 a IV1 order A
        09:00-10:00 b IV1 order B
        """,
        [],
        id="half-open: one starts in the minute the other stops",
    ),
    pytest.param(
        """
        08:00-09:01 a IV1 order A
        09:00-10:00 b IV1 order B
        """,
        ["IV1 a & b 09:00-09:01"],
        id="one minute",
    ),
    pytest.param(
        """
        08:00-09:00 a IV1 order A
        08:00-09:00 b IV2 order B
        """,
        [],
        id="two accesses",
    ),
    pytest.param(
        """
        08:00-09:00 a 'L FA' order A
        08:00-09:00 b l-fa order B
        """,
        ["L FA a & b 08:00-09:00"],
        id="two spellings of one access",
    ),
    pytest.param(
        """
        08:00-09:00 a IV1 order A
        08:00-09:00 b order B
        """,
        ["? a & b 08:00-09:00"],
        id="one access is not charted",
    ),
    pytest.param(
        """
        08:00-09:00 a order A
        08:00-09:00 b order B
        """,
        ["? a & b 08:00-09:00"],
        id="neither is: unknown equals nothing, not even unknown",
    ),
    pytest.param(
        """
        08:00-10:00 a IV1 order A
        08:30 Paused a IV1 order A
        09:30 Restarted a IV1 order A
        08:00-10:00 b IV1 order B
        """,
        ["IV1 a & b 08:00-08:30", "IV1 a & b 09:30-10:00"],
        id="not during the pause",
    ),
    pytest.param(
        """
        08:00-10:00 a IV1 order A
        08:30 Paused a IV1 order A
        09:30 Restarted a IV1 order A
        08:30-09:30 b IV1 order B
        """,
        [],
        id="the piggyback runs while the primary is paused",
    ),
    pytest.param(
        """
        08:00-10:00 a IV1 order A
        08:30 Push b IV1 order B
        """,
        [],
        id="a push takes no time",
    ),
    pytest.param(
        """
        08:00-09:00 a IV1 order A
        08:00-09:00 b IV1 order A
        """,
        [],
        id="the parts of a mix",
    ),
    pytest.param(
        """
        08:00-09:00 a IV1 order A
        08:30-09:30 a IV1 order A
        """,
        [],
        id="two bags of one order",
    ),
    pytest.param(
        """
        08:00-09:00 a IV1 order -
        08:30-09:30 a IV1 order -
        """,
        [],
        id="two bags of one drug on one access without an order",
    ),
    pytest.param(
        """
        08:00-10:00 a IV1 order A
        08:00-09:00 b IV1 order B
        08:30-10:00 c IV1 order C
        """,
        ["IV1 a & b 08:00-09:00", "IV1 a & c 08:30-10:00", "IV1 b & c 08:30-09:00"],
        id="three drugs, three pairs",
    ),
]


@pytest.mark.parametrize(("chart", "expected"), TOGETHER)
def test_what_ran_together(chart: str, expected: list[str]) -> None:
    assert sorted(together(chart)) == expected


GAPS = [
    pytest.param("08:00-09:00 a IV1 order A\n10:00-11:00 b IV1 order B", ["IV1 09:00-10:00"], id="an hour of nothing"),
    pytest.param("08:00-09:00 a IV1 order A\n09:00-11:00 b IV1 order B", [], id="touching: no gap"),
    pytest.param("08:00-09:00 a IV1 order A\n10:00-11:00 b IV2 order B", [], id="a gap belongs to one access"),
    pytest.param("08:00-09:00 a order A\n10:00-11:00 b order B", [], id="an unknown access has none"),
    pytest.param(
        "08:00-12:00 a IV1 order A\n08:30-09:00 b IV1 order B\n13:00-14:00 b IV1 order C",
        ["IV1 12:00-13:00"],
        id="a short bag inside a long one",
    ),
    pytest.param(
        "08:00-10:00 a IV1\n08:30 Paused a IV1\n09:00 Restarted a IV1",
        ["IV1 08:30-09:00"],
        id="a pause with nothing else",
    ),
    pytest.param("08:00-09:00 a 'L FA' order A\n10:00-11:00 b l-fa order B", ["L FA 09:00-10:00"], id="two spellings"),
]


@pytest.mark.parametrize(("chart", "expected"), GAPS)
def test_when_nothing_ran(chart: str, expected: list[str]) -> None:
    assert nothing(chart) == expected


def test_a_site_charted_under_way_on_another_line_is_reported() -> None:
    chart = "08:00 New Bag a IV1\n08:30 Verify a IV2 rate 50\n09:00 Stopped a IV1"
    (one,) = timeline(chart).administrations
    assert one.access == "IV1"
    assert findings(chart) == ["access-changed"]


MIDNIGHT = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)


def _minutes(start: datetime, stop: datetime) -> set[int]:
    return set(range(int((start - MIDNIGHT) / timedelta(minutes=1)), int((stop - MIDNIGHT) / timedelta(minutes=1))))


@st.composite
def day_charts(draw: st.DrawFn) -> str:
    rows = []
    for number in range(draw(st.integers(1, 7))):
        start = draw(st.integers(0, 220))
        stop = start + draw(st.integers(1, 90))
        site = draw(st.sampled_from(["IV1", "iv-1", "IV2", ""]))
        times = f"{8 + start // 60:02d}:{start % 60:02d}-{8 + stop // 60:02d}:{stop % 60:02d}"
        rows.append(f"{times} drug{number} {site} order {draw(st.sampled_from('ABCD'))}")
    return "\n".join(rows)


@given(day_charts())
def test_the_interval_tree_agrees_with_minutes_counted_one_by_one(chart: str) -> None:
    made = timeline(chart)
    ran = {a.id: {m for s in a.segments for m in _minutes(s.start, s.stop)} for a in made.administrations}
    found: dict[tuple[str, str], set[int]] = {}
    for overlap in made.overlaps:
        minutes = _minutes(overlap.start, overlap.stop)
        pair = found.setdefault((min(overlap.administrations), max(overlap.administrations)), set())
        assert not pair & minutes, "no minute of a pair twice"
        pair |= minutes
    expected = {}
    for a, b in combinations(made.administrations, 2):
        comparable = not (a.access and b.access) or access_key(a.access) == access_key(b.access)
        if comparable and a.order_id != b.order_id and ran[a.id] & ran[b.id]:
            expected[min(a.id, b.id), max(a.id, b.id)] = ran[a.id] & ran[b.id]
    assert found == expected
    for access in {access_key(a.access) for a in made.administrations if a.access}:
        busy = {m for a in made.administrations if access_key(a.access) == access for m in ran[a.id]}
        idle = {m for g in made.gaps if access_key(g.access) == access for m in _minutes(g.start, g.stop)}
        assert idle == set(range(min(busy), max(busy) + 1)) - busy


@given(st.permutations(events(TOGETHER[-1].values[0])))
def test_overlaps_do_not_depend_on_the_order_of_rows(rows: list) -> None:  # type: ignore[type-arg]
    assert set(timeline(rows).overlaps) == set(timeline(TOGETHER[-1].values[0]).overlaps)
    assert all(isinstance(o, Overlap) for o in timeline(rows).overlaps)


@given(day_charts())
def test_one_sorted_pass_finds_what_the_interval_tree_finds(chart: str) -> None:
    administrations = timeline(chart).administrations
    by_tree, in_order = pairs_of_tree(administrations), pairs_in_order(administrations)
    assert {pair: sorted(found) for pair, found in in_order.items()} == {
        pair: sorted(found) for pair, found in by_tree.items()
    }


def test_many_stretches_are_looked_up_in_the_tree() -> None:
    """70 bags of two drugs, each two minutes beside the other's: as many overlaps as pairs of bags."""
    rows = [
        f"{8 + n // 10:02d}:{n % 10 * 6:02d}-{8 + n // 10:02d}:{n % 10 * 6 + 4:02d} a IV1 order A{n}" for n in range(35)
    ]
    rows += [
        f"{8 + n // 10:02d}:{n % 10 * 6 + 2:02d}-{8 + n // 10:02d}:{n % 10 * 6 + 5:02d} b IV1 order B{n}"
        for n in range(35)
    ]
    found = together("\n".join(rows))
    assert len(found) == 35
    assert found[0] == "IV1 a & b 08:02-08:04"
