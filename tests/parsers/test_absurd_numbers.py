"""Numbers that cannot be: the row says so, and the others are read (rulebook 29)."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from parsers import read
from parsers.clock import Clock
from parsers.profiles import load_profile
from parsers.quantities import minutes
from parsers.tables import read_table
from parsers.zones import zone_of


@pytest.mark.parametrize("length", ["99999999999", "999999999999 h", "9999 d", "P99999D", f"{'9' * 400}"])
def test_a_duration_beyond_a_year_is_none_and_the_other_rows_are_read(length: str) -> None:
    header = "encounter_id,drug,start,stop,duration,ordered_minutes\n"
    rows = f"E1,NS,2026-03-10T08:00,,{length},{length}\nE1,cefepime,2026-03-10T08:00,,60,60\n"
    reading = read_table((header + rows).encode(), "mar.csv", Clock(zone_of("America/Chicago")))
    assert [event.stop is None for event in reading.events] == [True, False]
    assert [event.ordered_minutes for event in reading.events] == [None, 60]
    # One for each of the two columns.
    assert [finding.code for finding in reading.findings] == ["number-unreadable", "number-unreadable"]


def test_a_duration_of_a_year_is_still_one() -> None:
    # 366 days of 1440 minutes.
    assert (minutes("366 d"), minutes("527040"), minutes("527041")) == (527_040, 527_040, None)


@pytest.mark.parametrize("minute", ["99999999999", "--60", "1.5", "-"])
def test_a_minute_that_is_none_is_rejected(minute: str, tmp_path: Path) -> None:
    path = tmp_path / "infusiondrug.csv"
    header = "infusiondrugid,patientunitstayid,infusionoffset,drugname,drugrate,infusionrate,drugamount,"
    row = f"1,7001,{minute},Norepinephrine (ml/hr),18.75,,,,"
    path.write_text(f"{header}volumeoffluid,patientweight\n{row}\n", encoding="utf-8")
    eicu = load_profile("eicu_infusiondrug")
    based = replace(eicu, table=replace(eicu.table, minute_zero="2026-03-10T06:00"))
    reading = read(path, timezone="America/Chicago", profile=based)
    assert [rejected.code for rejected in reading.rejected] == ["time-unreadable"]
