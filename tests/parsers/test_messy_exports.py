"""Broken exports as they come, each with the rows that are used and the exact words a person gets.

``sample_data/messy`` holds the files.  Rows used are written ``row encounter drug action day time - day time``; the
messages were read one by one for tone and use.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from parsers import Reading, read
from parsers.profiles import load_profile
from tests.house.places import ROOT
from tests.messy_workbooks import WORKBOOKS, workbook

FOLDER = ROOT / "sample_data" / "messy"
MESSY: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "messy_exports.yaml").read_text("utf-8"))


def used(reading: Reading) -> tuple[str, ...]:
    ordered = sorted(reading.events, key=lambda e: (e.source.segment or "", e.source.row or 0))
    return tuple(
        f"{e.source.row} {e.encounter_id} {e.drugs[0].name} {e.action.value} {e.time:%d %H:%M}"
        + (f" - {e.stop:%d %H:%M}" if e.stop else "")
        for e in ordered
    )


@pytest.mark.parametrize("name", sorted(MESSY))
def test_what_is_used_and_what_is_said(name: str) -> None:
    reading = read(FOLDER / name, timezone="America/Chicago")
    told = MESSY[name]
    assert list(used(reading)) == told.get("used", [])
    assert {i.reason: i.count for i in reading.ignored} == told.get("ignored", {})
    said = [(f.source.row if f.source else None, f.code, f.message, f.fix) for f in reading.findings]
    said += [(r.source.row, r.code, r.message, r.fix) for r in reading.rejected]
    assert said == [(s["row"], s["code"], s["message"], s.get("fix", "")) for s in told.get("said", [])]
    assert reading.records == sum(i.records for i in reading.inputs)


def test_every_messy_export_is_in_the_list_and_described() -> None:
    names = {path.name for path in FOLDER.iterdir()} - {"README.md"}
    assert names == set(MESSY)
    assert len(names) >= 25
    described = (FOLDER / "README.md").read_text("utf-8")
    assert [name for name in sorted(names) if f"`{name}`" not in described] == []


@pytest.mark.parametrize("name", sorted(WORKBOOKS))
def test_the_workbooks_are_those_their_program_writes(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(workbook(WORKBOOKS[name]))
    again, kept = (read(path, timezone="America/Chicago") for path in (tmp_path / name, FOLDER / name))
    assert used(again) == used(kept)
    assert again.rejected == kept.rejected


def test_the_first_day_of_the_export_gives_the_year_also_past_new_year() -> None:
    reading = read(FOLDER / "no-year.csv", timezone="America/Chicago", date_from=date(2025, 12, 31))
    assert [event.time.isoformat() for event in reading.events] == [
        "2025-12-31T23:30:00-06:00",
        "2026-01-01T00:30:00-06:00",
    ]


def test_a_profile_says_that_the_day_stands_first() -> None:
    sender = replace(load_profile(), name="clinic", date_order="day-first")
    reading = read(FOLDER / "day-first.csv", timezone="America/Chicago", profile=sender)
    assert used(reading) == (
        "2 7001 cefazolin interval 25 08:00 - 25 08:45",
        "3 7002 vancomycin interval 25 09:00 - 25 10:30",
    )


def test_no_message_shows_a_value_of_a_row() -> None:
    """Ids, drugs and times of the rows never stand in a message; header names and action words may."""
    texts = " ".join(s["message"] + s.get("fix", "") for told in MESSY.values() for s in told.get("said", []))
    for value in ("7001", "7002", "T1", "cefazolin", "report01", "2026-03-10 08"):
        assert value not in texts, value


def test_minutes_since_admission_are_times_once_minute_zero_is_given() -> None:
    eicu = load_profile("eicu_infusiondrug")
    based = replace(eicu, table=replace(eicu.table, minute_zero="2026-03-10T06:00"))
    reading = read(FOLDER / "eicu-infusiondrug.csv", timezone="America/Chicago", profile=based)
    assert used(reading) == (
        "2 7001 Norepinephrine started 10 08:00",
        "3 7001 Norepinephrine rate_change 10 09:00",
        "4 7001 Norepinephrine stopped 10 11:00",
    )
    assert [event.rate for event in reading.events] == [18.75, 30, 0]
