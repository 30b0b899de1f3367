"""Files, folders, globs and standard input to one reading: nothing lost, nothing twice, order of no matter."""

from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

import parsers
from parsers import Action, Reading, read, read_frame
from parsers.profiles import Profile

MORNING = """\
encounter_id,order_id,drug,route,action,time,recorded_at
E1,O1,cefazolin,IV,New Bag,2026-03-10T08:00-05:00,
E1,O1,cefazolin,IV,Stopped,2026-03-10T09:15-05:00,
"""
NOON = """\
encounter_id,order_id,drug,route,action,time,recorded_at
E2,O2,ondansetron,IV push,Given,2026-03-10T12:00-05:00,
E1,O1,cefazolin,IV,Stopped,2026-03-10T14:15Z,
"""
"""Its second row says the last of the morning again, in another offset."""


def write(folder: Path, **files: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("__", "/").replace("_csv", ".csv")).write_bytes(data)
    return folder


def content(reading: Reading) -> list[tuple[object, ...]]:
    return [(e.encounter_id, e.order_id, e.action, e.time.isoformat()) for e in reading.events]


def adds_up(reading: Reading) -> bool:
    return sum(i.records for i in reading.inputs) == reading.records


def test_the_names_that_others_rely_on() -> None:
    assert parsers.__all__ == [
        "Action",
        "AdministrationEvent",
        "Drug",
        "Finding",
        "Ignored",
        "InputFile",
        "Reading",
        "Rejected",
        "Route",
        "Source",
        "read",
        "read_frame",
    ]


def test_one_file(tmp_path: Path) -> None:
    write(tmp_path, morning_csv=MORNING)
    reading = read(tmp_path / "morning.csv")
    assert content(reading) == [
        ("E1", "O1", Action.NEW_BAG, "2026-03-10T08:00:00-05:00"),
        ("E1", "O1", Action.STOPPED, "2026-03-10T09:15:00-05:00"),
    ]
    (entry,) = reading.inputs
    assert (entry.file, entry.kind, entry.records, len(entry.sha256)) == ("morning.csv", "mar-table", 2, 64)
    assert (reading.used, reading.timezone, reading.profile, reading.findings) == (2, "UTC", "generic", ())


def test_a_folder_is_read_with_its_sub_folders_and_without_hidden_files(tmp_path: Path) -> None:
    write(tmp_path, morning_csv=MORNING)
    write(tmp_path / "late", noon_csv=NOON)
    write(tmp_path / ".git", x_csv=b"\x00\x01")
    (tmp_path / ".DS_Store").write_bytes(b"\x00\x01")
    assert [i.file for i in read(str(tmp_path)).inputs] == ["late/noon.csv", "morning.csv"]


def test_globs(tmp_path: Path) -> None:
    write(tmp_path / "a", morning_csv=MORNING)
    write(tmp_path / "b", noon_csv=NOON)
    assert [i.file for i in read(str(tmp_path / "*" / "*.csv")).inputs] == ["a/morning.csv", "b/noon.csv"]
    assert [r.code for r in read(str(tmp_path / "*.hl7")).rejected] == ["file-missing"]


def test_files_of_one_name_are_told_apart_by_their_folder(tmp_path: Path) -> None:
    write(tmp_path / "a", mar_csv=MORNING)
    write(tmp_path / "b", mar_csv=NOON)
    reading = read([tmp_path / "b" / "mar.csv", tmp_path / "a" / "mar.csv"])
    assert [i.file for i in reading.inputs] == ["a/mar.csv", "b/mar.csv"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(MORNING.encode())))
    reading = read("-")
    assert [(i.file, i.records) for i in reading.inputs] == [("stdin", 2)]


def test_gzip_is_opened_and_a_truncated_one_rejected(tmp_path: Path) -> None:
    packed = gzip.compress(MORNING.encode())
    write(tmp_path, whole=packed, cut=packed[:-12])
    reading = read(tmp_path)
    assert len(reading.events) == 2
    assert [(r.source.file, r.code) for r in reading.rejected] == [("cut", "gzip-broken")]


def test_the_same_action_in_two_files_is_one(tmp_path: Path) -> None:
    write(tmp_path, morning_csv=MORNING, noon_csv=NOON)
    reading = read(tmp_path)
    assert [row[2] for row in content(reading)] == [Action.NEW_BAG, Action.STOPPED, Action.GIVEN]
    assert [(i.reason, [(s.file, s.row) for s in i.sources]) for i in reading.ignored] == [
        ("duplicate of an earlier record", [("noon.csv", 3)])
    ]
    assert (reading.records, reading.used) == (4, 3)
    assert adds_up(reading)


def test_the_order_of_files_and_rows_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, morning_csv=MORNING, noon_csv=NOON)
    one, two = tmp_path / "morning.csv", tmp_path / "noon.csv"
    assert read([one, two]) == read([two, one])
    header, *rows = MORNING.splitlines(keepends=True)
    write(tmp_path / "turned", morning_csv=header + "".join(reversed(rows)))
    assert content(read(tmp_path / "turned")) == content(read(one))


@pytest.mark.parametrize("again", ["same path", "copy"])
def test_a_file_given_twice_changes_only_the_ignored_count(tmp_path: Path, again: str) -> None:
    write(tmp_path, morning_csv=MORNING)
    path = tmp_path / "morning.csv"
    second = path if again == "same path" else write(tmp_path, zcopy_csv=MORNING) / "zcopy.csv"
    once, twice = read(path), read([path, second])
    assert twice.events == once.events
    assert (twice.used, twice.findings, twice.rejected) == (once.used, once.findings, once.rejected)
    assert [(i.reason, i.count) for i in twice.ignored] == [("same file read already", 2)]
    assert adds_up(twice)


def test_an_entry_charted_again_after_its_deletion_is_no_duplicate(tmp_path: Path) -> None:
    text = (
        "encounter_id,order_id,drug,action,time,recorded_at,correction\n"
        "E1,O1,ondansetron,Given,2026-03-10T08:00Z,2026-03-10T08:01Z,\n"
        "E1,O1,ondansetron,Given,2026-03-10T08:00Z,2026-03-10T08:05Z,delete\n"
        "E1,O1,ondansetron,Given,2026-03-10T08:00Z,2026-03-10T08:09Z,\n"
        "E1,O1,ondansetron,Given,2026-03-10T08:00Z,2026-03-10T08:09Z,\n"
    )
    reading = read(write(tmp_path, mar_csv=text) / "mar.csv")
    assert [e.recorded_at.minute for e in reading.events if e.recorded_at] == [1, 5, 9]
    assert [i.count for i in reading.ignored] == [1]


def test_of_duplicates_the_one_recorded_first_stands(tmp_path: Path) -> None:
    text = (
        "encounter_id,drug,action,time,recorded_at\n"
        "E1,ondansetron,Given,2026-03-10T08:00Z,2026-03-10T09:00Z\n"
        "E1,ondansetron,Given,2026-03-10T08:00Z,2026-03-10T08:01Z\n"
    )
    reading = read(write(tmp_path, mar_csv=text) / "mar.csv")
    assert [(e.source.row, e.recorded_at and e.recorded_at.hour) for e in reading.events] == [(3, 8)]
    assert [s.row for i in reading.ignored for s in i.sources] == [2]


def test_a_folder_with_one_bad_file_is_read_but_for_that(tmp_path: Path) -> None:
    write(tmp_path, bad=bytes(range(200)), empty=b"", morning_csv=MORNING)
    reading = read(tmp_path)
    assert [(r.source.file, r.code) for r in reading.rejected] == [("bad", "kind-binary"), ("empty", "file-empty")]
    assert len(reading.events) == 2
    assert [i.kind for i in reading.inputs] == ["unknown", "unknown", "mar-table"]
    assert adds_up(reading)


def test_a_missing_path_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    reading = read([tmp_path / "gone.csv", tmp_path / "empty"])
    assert [(r.source.file, r.code) for r in reading.rejected] == [
        ("empty", "folder-empty"),
        ("gone.csv", "file-missing"),
    ]
    assert reading.events == ()


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, morning_csv=MORNING) / "morning.csv"
    path.chmod(0)
    assert [r.code for r in read(path).rejected] == ["file-unreadable"]


def test_a_dangling_link_is_told(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "gone.csv")
    assert [r.code for r in read(tmp_path / "link.csv").rejected] == ["file-missing"]


# Zones

NAIVE = "encounter_id,drug,start,stop\nE1,NS,2026-03-10T08:00,2026-03-10T09:00\n"


def test_without_a_zone_one_finding_says_that_utc_was_assumed(tmp_path: Path) -> None:
    write(tmp_path, a_csv=NAIVE, b_csv=NAIVE.replace("E1", "E2"), c_csv=MORNING)
    reading = read(tmp_path)
    (finding,) = reading.findings
    assert (finding.code, finding.severity, finding.source and finding.source.file) == (
        "zone-assumed",
        "warning",
        "a.csv",
    )
    assert finding.message.startswith("2 files")
    assert reading.timezone == "UTC"


def test_a_zone_by_name_or_by_value(tmp_path: Path) -> None:
    path = write(tmp_path, a_csv=NAIVE) / "a.csv"
    for zone in ("America/Chicago", ZoneInfo("America/Chicago")):
        reading = read(path, timezone=zone)
        assert reading.events[0].time.isoformat() == "2026-03-10T08:00:00-05:00"
        assert (reading.timezone, reading.findings) == ("America/Chicago", ())


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("America/Chicgo", "America/Chicago"),
        ("Chicago", "America/Chicago"),
        ("PST", "America/Los_Angeles"),
        ("localtime", None),
        ("../etc/passwd", None),
        ("", None),
    ],
)
def test_an_unknown_zone_names_the_nearest(tmp_path: Path, name: str, nearest: str | None) -> None:
    with pytest.raises(ValueError, match=nearest or "America/Chicago"):
        read(tmp_path, timezone=name)


def test_the_zone_of_the_profile_serves_where_none_is_given(tmp_path: Path) -> None:
    profile = tmp_path / "ours.yaml"
    profile.write_text("name: ours\ntimezone: America/Denver\n")
    path = write(tmp_path / "in", a_csv=NAIVE) / "a.csv"
    reading = read(path, profile=str(profile))
    assert reading.events[0].time.isoformat() == "2026-03-10T08:00:00-06:00"
    assert (reading.profile, reading.timezone) == ("ours", "America/Denver")
    assert read(path, profile=str(profile), timezone="UTC").timezone == "UTC"


# Data frames


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, []),
        ("America/Denver", []),
        (
            "America/Chicago",
            ["Times without an offset were read in America/Chicago as asked, although the profile says A/D."],
        ),
    ],
)
def test_a_zone_that_overrides_the_profile_is_told(tmp_path: Path, given: str | None, said: list[str]) -> None:
    (tmp_path / "mar.csv").write_text("encounter_id,drug,start\n7001,cefazolin,2026-03-10T08:00\n", "utf-8")
    reading = read(tmp_path / "mar.csv", profile=Profile(name="ours", timezone="America/Denver"), timezone=given)
    told = [f.message for f in reading.findings if f.code == "zone-overridden"]
    assert [message.replace("America/Denver", "A/D") for message in told] == said


def test_a_data_frame_reads_as_the_table_of_it() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "encounter_id": [7001.0, 7002.0],
            "drug": ["cefazolin", "NS"],
            "start": pandas.to_datetime(["2026-03-10T08:00", "2026-03-10T09:00"]),
            "stop": pandas.to_datetime(["2026-03-10T09:15", None]),
            "bag_volume": [50, None],
        }
    )
    reading = read_frame(frame, timezone="America/Chicago")
    first, second = reading.events
    assert (first.encounter_id, second.encounter_id) == ("7001", "7002")
    assert first.stop is not None
    assert first.stop.isoformat() == "2026-03-10T09:15:00-05:00"
    assert (second.stop, second.bag_volume_ml, first.bag_volume_ml) == (None, None, 50)
    assert [(i.file, i.kind, i.records) for i in reading.inputs] == [("frame", "mar-table", 2)]
    assert read_frame(frame).inputs == reading.inputs
