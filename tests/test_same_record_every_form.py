"""One record of 200 encounters in every form of table and of FHIR gives the lines of its HL7 feed.

Where a form cannot carry a fact its exceptions are asserted one by one; ``docs/tables.md`` lists them with the rule
each one costs.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from parsers import read
from tests.fhir_writing import FHIR_WRITERS
from tests.house.places import ROOT
from tests.pump_writing import pumps_and_orders
from tests.table_writing import WRITERS, ZONE, Visit, generate, reference
from timeline import build, code

Lines = tuple[tuple[str, tuple[str, ...], int, str], ...]
Bill = tuple[Lines, tuple[str, ...]]
"""Code, modifiers, units and date of each line, and what has to be asked."""

ENCOUNTERS, SEED = 200, 7
PUMPS = "pumps.hl7"
FORMS = {**WRITERS, **FHIR_WRITERS, PUMPS: pumps_and_orders}
WITHOUT_DEVICE = ("epic.tsv", *FHIR_WRITERS)
CARRIES_ALL = ("plain.csv", "messy.csv", "merged.xlsx")
WITHOUT_PAUSES = ("start-stop.csv", "durations.txt")


@lru_cache(maxsize=1)
def visits() -> tuple[Visit, ...]:
    return tuple(generate(ENCOUNTERS, SEED))


def bills(data: bytes, path: Path) -> dict[str, Bill]:
    """What each encounter is coded as; nothing may be rejected."""
    path.write_bytes(data)
    reading = read(path, timezone=ZONE)
    assert reading.rejected == ()
    assert reading.records == sum(entry.records for entry in reading.inputs)
    return {
        coded.timeline.id: (
            tuple(sorted((line.code, line.modifiers, line.units, line.date.isoformat()) for line in coded.lines)),
            tuple(sorted(query.what for query in coded.queries)),
        )
        for coded in code(build(reading)).encounters
    }


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bill]:
    found = bills(reference(visits()), tmp_path_factory.mktemp("feed") / "feed.hl7")
    assert len(found) == ENCOUNTERS
    return found


def different(feed: dict[str, Bill], name: str, folder: Path) -> dict[str, Bill]:
    found = bills(FORMS[name](visits()), folder / name)
    assert set(found) <= set(feed)
    return {encounter: found.get(encounter, ((), ())) for encounter in feed if found.get(encounter) != feed[encounter]}


@pytest.mark.parametrize("name", CARRIES_ALL)
def test_a_form_that_carries_every_fact_gives_the_same_lines(feed: dict[str, Bill], name: str, tmp_path: Path) -> None:
    assert different(feed, name, tmp_path) == {}


@pytest.mark.parametrize("name", WITHOUT_DEVICE)
def test_epic_logs_and_fhir_have_no_device_and_lose_the_portable_pump(
    feed: dict[str, Bill], name: str, tmp_path: Path
) -> None:
    other = different(feed, name, tmp_path)
    pumps = {visit.encounter for visit in visits() if any(row.device for row in visit.chart)}
    assert set(other) == pumps
    # 96416 needs a portable pump; without one, two days of fluorouracil are an infusion whose stop is far away.
    assert all(line[0] != "96416" for lines, _ in other.values() for line in lines)
    assert feed["PORTABLE-PUMP-0000036"] == (
        (("96365", (), 1, "2026-03-10"), ("96416", (), 1, "2026-03-10")),
        (),
    )
    assert other["PORTABLE-PUMP-0000036"] == ((), ("stop",))


@pytest.mark.parametrize("name", WITHOUT_PAUSES)
def test_start_and_stop_make_two_administrations_of_a_pause(feed: dict[str, Bill], name: str, tmp_path: Path) -> None:
    other = different(feed, name, tmp_path)
    paused = {visit.encounter for visit in visits() if any(row.action == "Paused" for row in visit.chart)}
    assert set(other) <= paused
    # 23:54-00:06, a pause, 00:21-03:38.  The log: one infusion of 209 minutes.  Two rows: a push of 12, and 197.
    assert feed["MIDNIGHT-0000098"] == ((("96365", (), 1, "2026-03-10"), ("96366", (), 2, "2026-03-11")), ())
    assert other["MIDNIGHT-0000098"] == (
        (("96365", (), 1, "2026-03-11"), ("96366", (), 2, "2026-03-11"), ("96375", (), 1, "2026-03-10")),
        (),
    )
    # A mix from 10:55 to 11:27 with a pause of 7: 25 minutes are an infusion, 11 and 14 are two pushes.
    assert feed["MIXED-BAG-0000048"][0] == (("96365", (), 1, "2026-03-10"),)
    assert other["MIXED-BAG-0000048"][0] == (("96374", (), 1, "2026-03-10"),)


def _doses(visit: Visit) -> bool:
    """Given by hand: a push or an injection."""
    return any(row.action == "Given" for row in visit.chart)


def _side_by_side(visit: Visit) -> bool:
    """Two orders whose charted times overlap: whether they are concurrent hangs on the line."""
    spans = {o: [r.minute for r in visit.chart if r.order == o] for o in {r.order for r in visit.chart}}
    return any(
        a < b and min(one) < max(other) and min(other) < max(one)
        for a, one in spans.items()
        for b, other in spans.items()
    )


def test_pumps_and_orders_know_no_line_no_dose_by_hand_and_no_portable_pump(
    feed: dict[str, Bill], tmp_path: Path
) -> None:
    other = different(feed, PUMPS, tmp_path)
    named = {v.encounter: v for v in visits()}
    assert len(other) < ENCOUNTERS / 2
    for encounter in other:
        visit = named[encounter]
        assert _doses(visit) or _side_by_side(visit) or any(row.device for row in visit.chart), encounter
    # Every visit with doses loses them; without the line nothing is concurrent, and it is asked for.
    assert {v.encounter for v in visits() if _doses(v)} <= set(other)
    assert all(line[0] != "96368" for lines, _ in other.values() for line in lines)
    assert feed["CONCURRENT-SAME-LINE-0000001"] == (
        (("96365", (), 1, "2026-03-10"), ("96366", (), 1, "2026-03-10"), ("96368", (), 1, "2026-03-10")),
        (),
    )
    assert other["CONCURRENT-SAME-LINE-0000001"] == (
        (("96365", (), 1, "2026-03-10"), ("96366", (), 1, "2026-03-10")),
        ("access",),
    )
    assert feed["PUSHES-THEN-INFUSION-0000016"][0] == (("96365", (), 1, "2026-03-10"), ("96375", (), 2, "2026-03-10"))
    assert other["PUSHES-THEN-INFUSION-0000016"] == ((("96365", (), 1, "2026-03-10"),), ())
    assert other["PORTABLE-PUMP-0000036"] == ((), ("stop",))


def test_both_tables_without_actions_say_the_same(tmp_path: Path) -> None:
    first, second = (bills(FORMS[name](visits()), tmp_path / name) for name in WITHOUT_PAUSES)
    assert first == second


def test_every_form_is_held_to_the_feed_and_its_exceptions_are_documented() -> None:
    assert set(FORMS) == {*CARRIES_ALL, *WITHOUT_DEVICE, *WITHOUT_PAUSES, PUMPS}
    page = (ROOT / "docs" / "tables.md").read_text("utf-8")
    for fact in ("a pause", "the device", "the site", "Minute 0", "a dose by hand"):
        assert fact in page, fact
