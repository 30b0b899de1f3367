"""One visit given as a MAR table and as FHIR, or in two exports: what counts once, and what is only told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parsers import read
from parsers.events import Reading
from parsers.same_records import OTHER_FORM
from tests.house.places import ROOT
from tests.parsers.fhir_resources import at, bundle, r4
from timeline import build, code

ZONE = "America/Chicago"
STANDS = "1 administration stands in mar.csv and in visit.json (same encounter, drug and minute); "
HEADER = "encounter_id,order_id,drug,route,site,action,time,dose,dose_unit\n"


def dose(**more: Any) -> dict[str, Any]:
    """Ceftriaxone given at 9:00, order o1 of encounter e1, as FHIR says it."""
    return r4(effectivePeriod=None, effectiveDateTime=at("9:00"), **more)


def both(folder: Path, rows: str, *resources: dict[str, Any]) -> Reading:
    (folder / "mar.csv").write_text(HEADER + rows, "utf-8")
    (folder / "visit.json").write_bytes(bundle(*resources))
    reading = read(folder, timezone=ZONE)
    assert reading.rejected == ()
    assert reading.records == sum(entry.records for entry in reading.inputs)
    return reading


def told(reading: Reading) -> list[str]:
    return [f.message for f in reading.findings if f.code == "same-record-twice"]


def row(action: str = "Given", clock: str = "9:00", *, order: str = "o1", drug: str = "ceftriaxone") -> str:
    return f"e1,{order},{drug},IVPB,L FA,{action},{at(clock)},,\n"


def actions(reading: Reading) -> list[tuple[str, str]]:
    return [(event.source.file, str(event.action)) for event in reading.events]


def test_a_dose_in_the_table_and_in_fhir_counts_once(tmp_path: Path) -> None:
    reading = both(tmp_path, row(), dose())
    assert len(reading.events) == 1
    assert told(reading) == [STANDS + "what both say was counted once."]
    assert [(i.reason, i.count) for i in reading.ignored if i.reason == OTHER_FORM] == [(OTHER_FORM, 1)]


@pytest.mark.parametrize("drug", ["ceftriaxone", "Ceftriaxone 1 g vial"])
def test_the_name_may_say_more_where_the_order_is_the_same(tmp_path: Path, drug: str) -> None:
    assert len(both(tmp_path, row(drug=drug), dose()).events) == 1


def test_an_order_that_one_does_not_name_is_no_difference(tmp_path: Path) -> None:
    assert len(both(tmp_path, row(order=""), dose()).events) == 1


def test_two_doses_of_one_minute_are_paired_one_with_one(tmp_path: Path) -> None:
    # Two orders of the table, one administration of FHIR: one of the two stands in both.
    reading = both(tmp_path, row() + row(order="o2"), dose())
    assert sorted(event.order_id or "" for event in reading.events) == ["o1", "o2"]


def test_other_orders_are_told_and_both_count(tmp_path: Path) -> None:
    reading = both(tmp_path, row(order="o9"), dose())
    assert len(reading.events) == 2
    assert told(reading) == [STANDS + "they differ, so both count and may be billed twice."]


@pytest.mark.parametrize("change", [{"drug": "cefazolin"}, {"clock": "9:01"}])
def test_another_drug_or_minute_is_another_administration(tmp_path: Path, change: dict[str, str]) -> None:
    reading = both(tmp_path, row(**change), dose())
    assert (len(reading.events), told(reading)) == (2, [])


def test_the_action_log_stays_where_it_says_all_of_an_interval(tmp_path: Path) -> None:
    reading = both(tmp_path, row("New Bag") + row("Stopped", "9:40"), r4())
    assert actions(reading) == [("mar.csv", "new_bag"), ("mar.csv", "stopped")]
    (encounter,) = code(build(reading)).encounters
    assert [(line.code, line.units) for line in encounter.lines] == [("96365", 1)]


def test_an_interval_whose_stop_the_log_lacks_is_told(tmp_path: Path) -> None:
    reading = both(tmp_path, row("New Bag"), r4())
    assert sorted(actions(reading)) == [("mar.csv", "new_bag"), ("visit.json", "interval")]
    assert "may be billed twice" in told(reading)[0]


def test_two_exports_of_one_kind_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + row(), "utf-8")
    (tmp_path / "b.csv").write_text(HEADER + row().replace("L FA", "R FA"), "utf-8")
    reading = read(tmp_path, timezone=ZONE)
    assert len(reading.events) == 2
    assert [message[:43] for message in told(reading)] == ["1 administration stands in a.csv and in b.c"]


def test_two_orders_in_two_exports_of_one_kind_are_two(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + row(), "utf-8")
    (tmp_path / "b.csv").write_text(HEADER + row(order="o2"), "utf-8")
    assert told(read(tmp_path, timezone=ZONE)) == []


def test_the_sample_day_in_two_forms_bills_what_one_form_bills() -> None:
    def bills(*names: str) -> dict[str, list[tuple[str, int]]]:
        reading = read([ROOT / "sample_data" / name for name in names])
        assert reading.records == sum(entry.records for entry in reading.inputs)
        found = code(build(reading)).encounters
        return {e.timeline.id: [(line.code, line.units) for line in e.lines] for e in found}

    assert bills("day.hl7", "day.csv") == bills("day.csv", "day.hl7") == bills("day.hl7")


def test_nothing_of_a_patient_is_said(tmp_path: Path) -> None:
    assert "e1" not in json.dumps(told(both(tmp_path, row(), dose()))).split()
