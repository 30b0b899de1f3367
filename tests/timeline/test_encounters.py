"""From a reading to encounters: each with its own rows, zone and status, whatever the order of the input."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.events import Reading
from tests.timeline.chart import events, reading, timeline
from timeline import build
from timeline.model import Segment

TWO_VISITS = [
    *(
        replace(e, encounter_id="E2", patient_id="P1", payer="Plan A")
        for e in events("13:00-14:00 a IV1\n13:30 Push b")
    ),
    *(replace(e, encounter_id="E1", patient_id="P1") for e in events("08:00-09:00 a IV1")),
]


def test_no_rows_no_encounters() -> None:
    assert build(Reading(())).encounters == ()


def test_each_encounter_has_its_own_rows() -> None:
    first, second = build(reading(TWO_VISITS)).encounters
    assert [(e.id, e.patient_id, e.payer, len(e.administrations)) for e in (first, second)] == [
        ("E1", "P1", None, 1),
        ("E2", "P1", "Plan A", 2),
    ]
    assert first.start == datetime(2026, 3, 10, 8, tzinfo=UTC)
    assert first.stop == datetime(2026, 3, 10, 9, tzinfo=UTC)


@given(st.permutations(TWO_VISITS))
def test_the_order_of_rows_changes_nothing(rows: list) -> None:  # type: ignore[type-arg]
    assert build(reading(rows)).encounters == build(reading(TWO_VISITS)).encounters


def test_one_order_number_in_two_encounters_is_two_orders() -> None:
    rows = [replace(e, encounter_id=f"E{n}") for n, e in enumerate(events("08:00 New Bag a\n09:00 Stopped a"), 1)]
    first, second = build(reading(rows)).encounters
    assert first.administrations[0].stop is None
    assert second.administrations == ()
    assert [f.code for f in second.findings] == ["action-without-start"]


def test_times_with_offsets_are_one_instant() -> None:
    eastern = timezone(timedelta(hours=-4))
    start, stop = events("08:00 New Bag a\n09:00 Stopped a")
    start = replace(start, time=datetime(2026, 3, 10, 4, 0, tzinfo=eastern))
    made = timeline([start, stop])
    assert made.administrations[0].minutes == 60
    assert made.local(made.administrations[0].start).isoformat() == "2026-03-10T04:00:00-04:00"


def test_an_administration_is_the_same_one_whatever_its_offset_or_file() -> None:
    start, stop = events("08:00 New Bag a\n09:00 Stopped a")
    (here,) = timeline([start, stop]).administrations
    moved = replace(
        start,
        time=datetime(2026, 3, 10, 3, 0, tzinfo=timezone(timedelta(hours=-5))),
        source=replace(start.source, file="x"),
    )
    (there,) = timeline([moved, stop]).administrations
    assert here.id == there.id


def test_inpatient_status_begins_with_the_first_row_of_class_i() -> None:
    chart = """
        08:00-09:00 a class O
        10:00-11:00 b order O2 class I
        12:00-13:00 c order O3 class I
        """
    assert timeline(chart).inpatient_from == datetime(2026, 3, 10, 10, tzinfo=UTC)
    assert timeline("08:00-09:00 a class OBS").inpatient_from is None


def test_spellings_of_one_access_share_one_name() -> None:
    made = timeline("08:00-09:00 a l-fa order A\n10:00-11:00 b 'L FA' order B")
    assert {a.access for a in made.administrations} == {"L FA"}
    assert made.findings == ()


def test_segments_are_never_empty() -> None:
    now = datetime(2026, 3, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="later stop"):
        Segment(now, now)
