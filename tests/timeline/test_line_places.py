"""Which line an administration without a charted site ran on, and which names are one line."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from parsers.events import AccessContext, Context, Reading, Source
from tests.timeline.chart import events
from timeline import build
from timeline.line_places import Lines
from timeline.model import EncounterTimeline


def line(text: str, row: int = 2) -> AccessContext:
    """``IV1 07:00-12:00``, ``IV2 09:00- = IV1``."""
    place, _, same = text.partition(" = ")
    site, _, span = place.partition(" ")
    start, _, stop = span.partition("-")
    return AccessContext(
        Source("lines.csv", row=row), "E1", site, at(start), at(stop) if stop else None, None, same or None
    )


def at(clock: str) -> datetime:
    return datetime(2026, 3, 10, int(clock[:2]), int(clock[3:]), tzinfo=UTC)


def timeline(chart: str, *lines: str) -> EncounterTimeline:
    rows = tuple(events(chart))
    accesses = tuple(line(text, n) for n, text in enumerate(lines, start=2))
    (made,) = build(Reading(rows, used=len(rows), timezone="UTC", context=Context(accesses=accesses))).encounters
    return made


def access(chart: str, *lines: str) -> str | None:
    """The access of the first administration; the same whatever the order of the lines."""
    found = {timeline(chart, *turn).administrations[0].access for turn in permutations(lines)}
    (only,) = found
    return only


DRIP = "08:00-10:00 vancomycin order O1"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["IV1 07:00-"], "IV1"),
        (["IV1 08:00-10:00"], "IV1"),
        (["IV1 08:01-"], None),
        (["IV1 07:00-09:59"], None),
        (["IV1 07:00-", "IV2 09:00-09:30"], None),
        (["IV1 07:00-", "IV2 10:00-"], "IV1"),
        (["IV1 07:00-", "IV2 06:00-08:00"], "IV1"),
        (["IV1 07:00-09:00", "IV1 09:00-11:00"], "IV1"),
        (["IV1 07:00-09:00", "IV1 09:05-11:00"], None),
        (["IV1 07:00-09:00", "IV2 09:00-11:00"], None),
        (["IV1 07:00-09:00", "IV2 09:00- = IV1"], "IV1"),
        ([], None),
    ],
)
def test_exactly_one_line_all_the_time(lines: list[str], expected: str | None) -> None:
    assert access(DRIP, *lines) == expected


def test_a_push_needs_its_line_at_its_minute() -> None:
    push = "08:00 Push famotidine order O1"
    assert access(push, "IV1 08:00-09:00") == "IV1"
    assert access(push, "IV1 07:00-08:00") is None
    assert access(push, "IV1 07:00-08:00", "IV2 08:00-") == "IV2"


def test_a_missing_stop_may_reach_a_line_placed_later() -> None:
    open_drip = "08:00 New Bag vancomycin order O1\n08:40 Verify vancomycin order O1"
    assert access(open_drip, "IV1 07:00-") == "IV1"
    assert access(open_drip, "IV1 07:00-", "IV2 12:00-") is None


def test_an_injection_or_a_tablet_is_on_no_line() -> None:
    assert access("08:00 Given enoxaparin order O1 route SC", "IV1 07:00-") is None


def test_a_charted_site_stands() -> None:
    assert access("08:00-10:00 vancomycin PORT order O1", "IV1 07:00-") == "PORT"


def test_a_line_charted_as_used_meanwhile_was_in_place_too() -> None:
    both = "08:00-10:00 vancomycin order O1\n09:00-09:30 cefepime PORT order O2"
    assert access(both, "IV1 07:00-") is None
    apart = "08:00-10:00 vancomycin order O1\n10:00-10:30 cefepime PORT order O2"
    assert access(apart, "IV1 07:00-") == "IV1"


def test_the_evidence_names_the_row_of_the_table() -> None:
    (a,) = timeline(DRIP, "IV9 11:00-12:00", "IV1 07:00-").administrations
    assert (a.access_evidence, a.access_sources) == ("one line in place", (Source("lines.csv", row=3),))
    assert a.sources[-1] == Source("lines.csv", row=3)
    (charted,) = timeline("08:00-10:00 vancomycin IV1 order O1", "IV1 07:00-").administrations
    assert (charted.access_evidence, charted.access_sources) == ("", ())


def test_ids_do_not_depend_on_the_table() -> None:
    assert timeline(DRIP, "IV1 07:00-").administrations[0].id == timeline(DRIP).administrations[0].id


@pytest.mark.parametrize("turn", list(permutations(["A 07:00-", "B 07:00- = A", "C 07:00- = b", "D 07:00-"])))
def test_names_joined_by_same_as_are_one_access(turn: tuple[str, ...]) -> None:
    lines = Lines([line(text) for text in turn])
    assert [lines.name(site) for site in ("A", "b", "c", "D", "E", None)] == ["A", "A", "A", "D", "E", None]


def test_names_that_point_at_each_other_are_one_access() -> None:
    lines = Lines([line("B 07:00- = A"), line("A 07:00- = B")])
    assert (lines.name("A"), lines.name("B")) == ("A", "A")


def test_same_as_may_name_a_line_without_a_row() -> None:
    assert Lines([line("distal 07:00- = PICC")]).name("Distal") == "PICC"


def test_two_lumens_overlap_on_one_access() -> None:
    chart = "08:00-10:00 vancomycin red order O1\n08:30-09:00 cefepime blue order O2"
    assert timeline(chart, "red 07:00-", "blue 07:00-").overlaps == ()
    (overlap,) = timeline(chart, "red 07:00-", "blue 07:00- = red").overlaps
    assert overlap.access == "red"


def test_a_stop_on_the_other_lumen_ends_the_run_of_a_row_without_order() -> None:
    # Without an order id the access is part of what ties rows; the lumen's name must not part them.
    chart = "08:00 New Bag vancomycin red order -\n09:00 Stopped vancomycin blue order -"
    (a,) = timeline(chart, "red 07:00-", "blue 07:00- = red").administrations
    assert a.minutes == 60
