"""The accesses and classes tables: columns, times, and the message for each row that is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from parsers.context import ContextError, read_accesses, read_classes, with_tables
from parsers.events import AccessContext, Finding, StayContext
from parsers.profiles import read_profile
from tests.timeline.chart import reading

CHART = "08:00-09:00 vancomycin order O1"


def written(folder: Path, text: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


def accesses(folder: Path, text: str, zone: str = "UTC") -> tuple[tuple[AccessContext, ...], list[Finding]]:
    found = with_tables(reading(CHART, zone=zone), [read_accesses(written(folder, text))], timezone=zone)
    return found.context.accesses, list(found.findings)


def classes(folder: Path, text: str) -> tuple[tuple[StayContext, ...], list[Finding]]:
    found = with_tables(reading(CHART), [read_classes(written(folder, text))], timezone="UTC")
    return found.context.stays, list(found.findings)


def at(clock: str) -> datetime:
    return datetime(2026, 3, 10, int(clock[:2]), int(clock[3:]), tzinfo=UTC)


def test_the_columns_of_the_accesses_table(tmp_path: Path) -> None:
    text = (
        "encounter_id,site,start,stop,location,same_as\n"
        "E1,IV1,2026-03-10T07:00,2026-03-10T12:00,left forearm,\n"
        "E1,IV2,2026-03-10T12:00,,,IV1\n"
    )
    (first, second), findings = accesses(tmp_path, text)
    assert (first.encounter_id, first.site, first.start, first.stop) == ("E1", "IV1", at("07:00"), at("12:00"))
    assert (first.location, first.same_as) == ("left forearm", None)
    assert (second.stop, second.same_as) == (None, "IV1")
    assert (second.source.file, second.source.record, second.source.row) == ("table.csv", 2, 3)
    assert findings == []


@pytest.mark.parametrize(
    "text",
    [
        "Encounter ID;Line;Placed;Removed\nE1;IV1;2026-03-10 07:00;2026-03-10 12:00\n",
        "CSN\tLDA\tInsertion Time\tRemoval Time\nE1\tIV1\t03/10/2026 7:00 AM\t03/10/2026 12:00 PM\n",
        "Account,IV Line,Placement Instant,Removal Instant\nE1,IV1,202603100700,202603101200\n",
        "Lines of March 2026\n\nvisit,access,start time,stop time\nE1,IV1,2026-03-10 07:00,2026-03-10 12:00\n",
        "sep=;\nencounter;site;start;stop\nE1;IV1;2026-03-10 07:00;2026-03-10 12:00\n",
    ],
)
def test_exports_under_other_names(tmp_path: Path, text: str) -> None:
    (found,), findings = accesses(tmp_path, text)
    assert (found.encounter_id, found.site, found.start, found.stop) == ("E1", "IV1", at("07:00"), at("12:00"))
    assert findings == []


def test_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "lines.xlsx"
    frame = pd.DataFrame({"Encounter": ["E1"], "Line": ["IV1"], "Placed": [pd.Timestamp("2026-03-10 07:00")]})
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        frame.to_excel(writer, index=False)
    found = with_tables(reading(CHART), [read_accesses(path)], timezone="UTC")
    assert [(a.site, a.start) for a in found.context.accesses] == [("IV1", at("07:00"))]


def test_times_are_read_in_the_zone_of_the_run(tmp_path: Path) -> None:
    (found,), _ = accesses(tmp_path, "encounter_id,site,start\nE1,IV1,2026-03-10T07:00\n", "America/Chicago")
    assert found.start.astimezone(UTC) == at("12:00")


def test_without_a_zone_the_assumption_is_told_once(tmp_path: Path) -> None:
    path = written(tmp_path, "encounter_id,site,start\nE1,IV1,2026-03-10T07:00\n")
    found = with_tables(reading(CHART), [read_accesses(path), read_accesses(path)])
    assert [f.code for f in found.findings] == ["zone-assumed"]
    offset = written(tmp_path, "encounter_id,site,start\nE1,IV1,2026-03-10T07:00-05:00\n")
    assert with_tables(reading(CHART), [read_accesses(offset)]).findings == ()


def test_site_aliases_of_the_profile_hold_here_too(tmp_path: Path) -> None:
    profile = read_profile('name: site\nsite_aliases: {"L FA 20g": IV1}\n', "site.yaml")
    path = written(
        tmp_path, "encounter_id,site,start,same_as\nE1,L FA 20G,2026-03-10T07:00,\nE1,IV2,2026-03-10T07:00,l fa 20g\n"
    )
    first, second = with_tables(reading(CHART), [read_accesses(path)], profile, "UTC").context.accesses
    assert (first.site, second.same_as) == ("IV1", "IV1")


def test_the_columns_of_the_classes_table(tmp_path: Path) -> None:
    rows = "E1,E,2026-03-10T07:00,2026-03-10T09:00\nE1,i,2026-03-10T09:00,2026-03-10T18:00\n"
    text = "encounter_id,class,start,stop\n" + rows
    facts, findings = classes(tmp_path, text)
    assert findings == []
    assert [(f.kind, f.time, f.patient_class) for f in facts] == [
        ("arrival", at("07:00"), None),
        ("status", at("07:00"), "E"),
        ("arrival", at("09:00"), None),
        ("status", at("09:00"), "I"),
        # Where the last class ends, the patient left.
        ("discharge", at("18:00"), None),
    ]


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ("E1,O,2026-03-10T08:00,2026-03-10T20:00\nE1,I,2026-03-10T12:00,2026-03-10T14:00\n", "20:00"),
        ("E1,O,2026-03-10T08:00,\nE1,I,2026-03-10T12:00,2026-03-10T14:00\n", "14:00"),
        ("E1,O,2026-03-10T08:00,2026-03-10T20:00\nE1,I,2026-03-10T12:00,\n", None),
    ],
)
def test_the_patient_left_where_the_latest_class_ends(rows: str, left: str | None, tmp_path: Path) -> None:
    facts, _ = classes(tmp_path, "encounter_id,class,start,stop\n" + rows)
    assert [f.time for f in facts if f.kind == "discharge"] == ([at(left)] if left else [])


def test_a_class_that_goes_on_is_no_discharge(tmp_path: Path) -> None:
    text = "account,patient class,effective time\nE1,OBS,2026-03-10T07:00\n"
    facts, _ = classes(tmp_path, text)
    assert [f.kind for f in facts] == ["arrival", "status"]


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        (
            "E1,,2026-03-10T07:00,",
            "accesses-row-unusable",
            "A row of the accesses table has no value in Line; it is not used.",
        ),
        (
            ",IV1,2026-03-10T07:00,",
            "accesses-row-unusable",
            "A row of the accesses table has no value in Encounter; it is not used.",
        ),
        ("E1,IV1,,", "accesses-row-unusable", "A row of the accesses table has no value in Placed; it is not used."),
        ("E1,IV1,2026-03-10,", "accesses-row-unusable", "The row of the accesses table is not used."),
        ("E1,IV1,2026-03-10T07:00,2026-03-10T07:00", "accesses-row-unusable", "is not after its start"),
        (
            "E1,IV1,2026-03-10T07:00,soon",
            "accesses-stop-unreadable",
            "Removed: The time could not be read (AAAA). It is taken as not charted.",
        ),
        ("E1,IV1,2026-03-10T07:00,,more", "accesses-row-unusable", "The row has 5 cells, the header 4"),
    ],
)
def test_each_row_that_is_wrong(tmp_path: Path, row: str, code: str, words: str) -> None:
    found, (finding,) = accesses(tmp_path, f"Encounter,Line,Placed,Removed\n{row}\nE1,IV9,2026-03-10T06:00,\n")
    assert (finding.code, finding.severity) == (code, "warning")
    assert words in finding.message
    assert finding.fix.endswith(".")
    assert finding.source is not None
    assert finding.source.row == 2
    # The other rows are used all the same, and a line with an unreadable removal counts as still in place.
    assert [a.site for a in found] == (["IV1", "IV9"] if code == "accesses-stop-unreadable" else ["IV9"])


def test_a_class_nobody_knows(tmp_path: Path) -> None:
    facts, (finding,) = classes(tmp_path, "encounter_id,class,start\nE1,Smith J,2026-03-10T07:00\n")
    assert (finding.code, len(facts)) == ("class-unknown", 2)
    assert finding.message == "class: a class of the shape AAAAA A is not known; it is taken as outpatient."


def test_a_table_of_other_encounters_is_told(tmp_path: Path) -> None:
    text = "encounter_id,site,start\nHAR1,IV1,2026-03-10T07:00\nHAR2,IV1,2026-03-10T07:00\n"
    found, (finding,) = accesses(tmp_path, text)
    assert (len(found), finding.code) == (2, "accesses-unmatched")
    assert finding.message == "No encounter of the accesses table is in the input; 2 are named there."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The accesses table is empty. Needed: encounter_id, site, start."),
        ("encounter_id,line\nE1,IV1\n", "Found: encounter_id, line. Missing: start."),
        ("Smith,John,2026\n", "Missing: encounter_id, site, start."),
    ],
)
def test_a_table_that_is_none(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ContextError) as problem:
        read_accesses(written(tmp_path, text))
    assert said in str(problem.value)
    assert "Smith" not in str(problem.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match="The classes table cannot be read: The file is not there"):
        read_classes(tmp_path / "none.csv")


def test_the_run_names_the_tables(tmp_path: Path) -> None:
    path = written(tmp_path, "encounter_id,site,start\nE1,IV1,2026-03-10T07:00\n")
    given = replace(reading(CHART))
    found = with_tables(given, [read_accesses(path), None], timezone="UTC")
    assert [(t.file, t.kind, t.records) for t in found.tables] == [("table.csv", "accesses", 1)]
    # Rows beside the records are no records.
    assert (found.records, found.used) == (given.records, given.used)
    assert with_tables(given, [None, None]) is given
