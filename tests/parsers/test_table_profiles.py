"""Profiles of exports: found by header and values, said why, and what each table then holds, lacks and costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from parsers import read
from parsers.events import Action, AdministrationEvent, Rejected
from parsers.profiles import load_profile, read_profile
from parsers.table_costs import COSTS, REQUIRED
from parsers.table_profiles import TableUnderstanding, table_profiles, understand
from tests.messy_workbooks import FOLDER
from tests.schema_check import valid
from timeline import build, code
from timeline.model import CodedEncounter

PLAIN = b"encounter_id,drug,route,start,stop\n7001,cefazolin,IVPB,2026-03-10 08:00,2026-03-10 08:45\n"


def sample(name: str, profile: str | None = None) -> TableUnderstanding:
    return understand((FOLDER / name).read_bytes(), name, load_profile(profile) if profile else None)


# Which profile


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("epic-extract.csv", "epic_mar_extract"),
        ("oracle-health.csv", "oracle_health"),
        ("vista-bcma.csv", "vista_bcma"),
        ("eicu-infusiondrug.csv", "eicu_infusiondrug"),
        ("mimic/inputevents.csv", "mimic_inputevents"),
        ("title-lines.csv", "generic"),
        ("merged.xlsx", "generic"),
    ],
)
def test_the_profile_is_found(name: str, profile: str) -> None:
    about = sample(name)
    assert about.profile == profile
    assert 0.6 <= about.confidence <= 1


def test_the_profile_of_clif_is_found_also_below_titles() -> None:
    text = (
        "Extract of site 7\nhospitalization_id,med_order_id,admin_dttm,med_name,mar_action_name,mar_action_category\n"
        "7001,501,2026-03-10 08:00:00+00:00,cefazolin,Given,given\n"
    )
    assert understand(text.encode(), "clif.csv").profile == "clif"


def test_values_count_a_quarter() -> None:
    """All nine headers are there: three quarters.  The last quarter is the share of times and words understood."""
    header = (
        "ORDER_MED_ID,TAKEN_TIME,SAVED_TIME,MAR_ACTION_C_NAME,INFUSION_RATE,MAR_INF_RATE_UNIT_C_NAME,SITE_C_NAME,"
        "ROUTE_C_NAME,MAR_ENC_CSN,DISPLAY_NAME\n"
    )
    one = "501,2026-03-10 08:00,,New Bag,100,mL/hr,,IV,7001,cefazolin\n"
    two = "501,2026-03-10 08:45,,Bag Swapped Over,100,mL/hr,,IV,7001,cefazolin\n"
    assert understand((header + one).encode(), "e.csv").confidence == 1.0
    # Two times and two words, three of them understood: 0.75 + 0.25 x 3/4 = 0.9375.
    assert understand((header + one + two).encode(), "e.csv").confidence == 0.94


def test_a_named_profile_wins_whatever_fits_better() -> None:
    reading = read(FOLDER / "epic-extract.csv", timezone="America/Chicago", profile="generic")
    assert (reading.profile, reading.used) == ("generic", 0)
    assert "The profile epic_mar_extract maps these columns." in reading.rejected[0].fix
    about = sample("epic-extract.csv", "generic")
    assert (about.profile, about.why) == ("generic", "generic was named")


def test_a_near_miss_is_said() -> None:
    text = (
        b"ORDER_MED_ID,TAKEN_TIME,SAVED_TIME,ACTION,INFUSION_RATE,CSN,MEDICATION\n"
        b"501,2026-03-10 08:00,,New Bag,100,7001,cefazolin\n"
    )
    about = understand(text, "e.csv")
    assert about.profile == "generic"
    best = about.candidates[0]
    assert (best.profile.name, best.found) == (
        "epic_mar_extract",
        ("ORDER_MED_ID", "TAKEN_TIME", "SAVED_TIME", "INFUSION_RATE"),
    )


def test_the_finding_names_the_profile_and_why(tmp_path: Path) -> None:
    reading = read(FOLDER / "vista-bcma.csv", timezone="America/Chicago")
    (note,) = [f for f in reading.findings if f.code == "profile-chosen"]
    assert note.message == (
        "Read with the profile vista_bcma: 6 of the 6 headers that tell it are there (PatientSID, InpatientSID,"
        " ActionStatus, ActionDateTime ...); confidence 1.00."
    )
    (tmp_path / "plain.csv").write_bytes(PLAIN)
    assert "profile-chosen" not in {f.code for f in read(tmp_path / "plain.csv", timezone="UTC").findings}


def test_every_table_profile_maps_what_a_table_needs() -> None:
    for profile in table_profiles():
        assert {"encounter_id", "drug"} <= set(profile.columns), profile.name
        assert "start" in profile.columns or "time" in profile.columns, profile.name
        told = {name.casefold() for names in profile.columns.values() for name in names}
        told |= {name.casefold() for name in profile.table.not_read}
        loose = [name for name in profile.table.recognised_by if name.casefold() not in told]
        assert loose == [], profile.name


# What the table holds and lacks


def test_columns_rows_and_what_is_missing_are_told() -> None:
    about = sample("epic-extract.csv")
    assert about.columns["encounter_id"] == "MAR_ENC_CSN"
    assert about.columns["action"] == "MAR_ACTION_C_NAME"
    assert (about.header_row, about.delimiter, about.encoding, about.problem) == (1, ",", "utf-8", None)
    assert [type(row) for row in about.rows] == [AdministrationEvent, Rejected] + [AdministrationEvent] * 3
    missing = {lack.column: lack.cost for lack in about.missing}
    assert "stop" not in missing  # an action log needs none
    assert "site" not in missing
    assert missing["device"] == "96416 (portable pump) can never be supported"


def test_a_table_without_a_site_can_never_support_96368() -> None:
    missing = {lack.column: lack for lack in understand(PLAIN, "t.csv").missing}
    assert missing["site"].cost.startswith("96368 can never be supported")
    assert not missing["site"].required
    assert set(missing) <= set(COSTS)


def test_a_header_that_may_be_meant_is_named() -> None:
    about = understand(PLAIN.replace(b"route", b"rout"), "t.csv")
    assert {lack.column: lack.nearest for lack in about.missing if lack.nearest} == {"route": "rout"}
    assert about.unmapped == ("rout",)


def test_when_nothing_fits_the_required_columns_stand_with_the_nearest_match() -> None:
    about = sample("misspelt-header.csv")
    assert about.problem is not None
    assert about.problem.code == "columns-missing"
    lacking = {lack.column: (lack.required, lack.nearest) for lack in about.missing}
    assert lacking == {
        "drug": (True, "Medicaton"),
        "start": (True, "Start Tme"),
        "action": (True, ""),
        "time": (True, ""),
    }
    assert set(lacking) <= set(REQUIRED)


def test_a_workbook_is_described_by_its_first_sheet_with_a_header() -> None:
    about = sample("several-sheets.xlsx")
    assert (about.sheet, about.header_row, len(about.rows)) == (2, 1, 1)


def test_what_is_no_table_is_a_problem_and_no_exception() -> None:
    for data in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", b"\x00" * 40, b"a\n", b"{}"):
        about = understand(data, "x")
        assert about.problem is not None
        assert about.rows == ()


def test_a_profile_may_map_the_unit_of_a_duration() -> None:
    sender = read_profile("columns: {duration: Ran, duration_unit: Ran In}", "ours.yaml")
    text = b"encounter,drug,route,start,Ran,Ran In\n7001,cefazolin,IVPB,2026-03-10 08:00,1.5,Hours\n"
    (row,) = understand(text, "t.csv", sender).rows
    assert isinstance(row, AdministrationEvent)
    assert row.stop is not None
    assert row.stop.isoformat() == "2026-03-10T09:30:00+00:00"


# The research tables


def codes(coded: CodedEncounter) -> list[tuple[str, int]]:
    return [(line.code, line.units) for line in coded.lines]


def test_mimic_rows_of_one_order_are_one_infusion_with_its_fluid_and_lines_beside() -> None:
    reading = read(FOLDER / "mimic", timezone="America/New_York")
    assert (reading.records, reading.used, len(reading.rejected)) == (16, 8, 0)
    (access,) = reading.context.accesses
    assert (access.site, access.location, access.encounter_id) == ("Left Forearm 18 Gauge", "Left Forearm", "7001")
    bases = {e.drugs[0].name for e in reading.events if e.drugs[0].base}
    assert bases == {"Dextrose 5%"}
    (coded,) = code(build(reading)).encounters
    by_order = {a.order_id: a for a in coded.timeline.administrations}
    drip = by_order["501"]
    assert set(drip.components) == {"Diltiazem", "Dextrose 5%"}
    assert sum((s.stop - s.start).total_seconds() for s in drip.segments) / 60 == 150
    assert "504" not in by_order  # rewritten


def test_a_drug_of_mimic_without_a_name_is_said_and_the_profile_can_name_it() -> None:
    alone = FOLDER / "mimic" / "inputevents.csv"
    reading = read(alone, timezone="UTC")
    (note,) = [f for f in reading.findings if f.code == "item-without-name"]
    assert note.message.endswith("(in 7 rows; this is the first).")
    profile = replace(load_profile("mimic_inputevents"), drug_map={"900001": "diltiazem"})
    names = {e.drugs[0].name for e in read(alone, timezone="UTC", profile=profile).events}
    assert names == {"diltiazem", "item 900002", "item 900003", "item 900004", "item 900009"}


def test_an_eicu_drug_that_still_flows_has_a_missing_stop(tmp_path: Path) -> None:
    text = (FOLDER / "eicu-infusiondrug.csv").read_text("utf-8")
    (tmp_path / "eicu.csv").write_text(
        "\n".join(text.splitlines()[:3]) + "\n4,7001,60,Norepinephrine (mcg/min),0,0,,,\n"
    )
    eicu = load_profile("eicu_infusiondrug")
    based = replace(eicu, table=replace(eicu.table, minute_zero="2026-03-10T06:00"))
    reading = read(tmp_path / "eicu.csv", timezone="America/Chicago", profile=based)
    assert [(e.source.row, e.action) for e in reading.events] == [
        (4, Action.STOPPED),  # an hour before the first rate: nothing ran yet
        (2, Action.STARTED),
        (3, Action.RATE_CHANGE),
    ]
    (coded,) = code(build(reading)).encounters
    (drip,) = coded.timeline.administrations
    assert drip.stop is None
    assert drip.open_since is not None


@pytest.mark.parametrize("minute", ["2.5", "soon", "9" * 12])
def test_an_offset_that_is_no_number_of_minutes_is_rejected(minute: str, tmp_path: Path) -> None:
    head = (FOLDER / "eicu-infusiondrug.csv").read_text("utf-8").splitlines()[0]
    (tmp_path / "eicu.csv").write_text(f"{head}\n1,7001,{minute},Norepinephrine (mcg/min),5,5,,,\n")
    eicu = load_profile("eicu_infusiondrug")
    based = replace(eicu, table=replace(eicu.table, minute_zero="2026-03-10T06:00"))
    (rejected,) = read(tmp_path / "eicu.csv", timezone="UTC", profile=based).rejected
    assert rejected.code == "time-unreadable"


def test_the_result_of_every_messy_export_fits_the_schema() -> None:
    for name in ("epic-extract.csv", "several-sheets.xlsx", "mimic"):
        valid(code(build(read(FOLDER / name, timezone="America/Chicago"))))
