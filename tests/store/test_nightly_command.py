"""``nightly`` and ``report`` at the command line: forms of the report, files beside it, inboxes and statuses."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import jsonschema
import pytest

from reports.night_json import night_schema
from tests.store.small import THREE_HOURS, TWO_HOURS, put
from tests.workbench.commands import BAD, DAY, NEW_YORK, run

RATES = str(Path(DAY).parent / "reference" / "addendum-b.csv")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFUSION_TIMELINE_STORE", "night.db")
    return tmp_path


def test_a_late_stop_is_told_with_its_nurse_and_what_it_earns(place: Path) -> None:
    put(Path("inbox"), "mon.csv", *TWO_HOURS)
    first = run("nightly", "inbox", *NEW_YORK, "--rates", RATES)
    assert first.exit_code == 0
    assert "1 encounter, 2 lines" in first.stdout
    put(Path("inbox"), "tue.csv", *THREE_HOURS)
    second = run("nightly", "inbox", *NEW_YORK, "--rates", RATES, "--format", "json")
    report = json.loads(second.stdout)
    jsonschema.validate(report, night_schema())
    (encounter,) = report["encounters"]
    (line,) = encounter["lines"]
    # 155 minutes earn two further hours, 220 a third; the made-up table pays 96366 47.84 (APC 5691) a unit
    assert (line["code"], line["units_before"], line["units_after"]) == ("96366", 2, 3)
    assert round(line["amount_after"] - line["amount_before"], 2) == 47.84
    causes = [(c["kind"], c["text"], c["nurse"], c["department"]) for c in encounter["causes"]]
    assert ("correction", "Stop of 10:35 was taken back.", "N07", "INFUSION") in causes
    assert ("late entry", "Stop of 11:40, charted 18 h 25 min later.", "N07", "INFUSION") in causes


def test_the_report_is_written_in_every_form_and_shown_again(place: Path) -> None:
    put(Path("inbox"), "mon.csv", *TWO_HOURS)
    words = ("--report", "reports", "--metrics", "night.prom", "--log", "night.log")
    done = run("nightly", "inbox", *NEW_YORK, *words)
    names = sorted(path.name for path in Path("reports").iterdir())
    assert names == ["run-1.html", "run-1.json", "run-1.txt"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (*Path("reports").iterdir(), Path("night.db")))
    assert Path("reports").stat().st_mode & 0o077 == 0
    assert Path("reports/run-1.txt").read_text("utf-8") == done.stdout
    assert run("report").stdout == done.stdout
    assert run("report", "1", "--format", "json").stdout == Path("reports/run-1.json").read_text("utf-8")
    assert "infusion_timeline_run_number 1.0" in Path("night.prom").read_text("utf-8")
    events = [json.loads(line)["event"] for line in Path("night.log").read_text("utf-8").splitlines()]
    assert (events[0], events[-1]) == ("run-started", "run-finished")


def test_the_same_again_touches_nothing(place: Path) -> None:
    shutil.copy(DAY, place / "day.hl7")
    run("nightly", "day.hl7", *NEW_YORK)
    shutil.copy(DAY, place / "other-name.hl7")
    again = run("nightly", "day.hl7", "other-name.hl7", *NEW_YORK)
    assert again.exit_code == 0
    assert "0 encounters touched" in again.stdout
    with sqlite3.connect("night.db") as store:
        assert store.execute("SELECT count(*) FROM files").fetchone() == (1,)
        assert store.execute("SELECT count(*) FROM codings WHERE run_id = 2").fetchone() == (0,)


def test_two_inboxes_may_hold_files_of_one_name(place: Path) -> None:
    put(Path("ed"), "feed.csv", "E1|New Bag|08:00", "E1|Stopped|08:40")
    put(Path("clinic"), "feed.csv", "E2|New Bag|08:00", "E2|Stopped|08:40")
    done = run("nightly", "ed", "clinic", *NEW_YORK)
    assert "2 new files" in done.stdout
    put(Path("ed"), "feed.csv", "E3|New Bag|08:00", "E3|Stopped|08:40")
    assert run("nightly", "ed", "clinic", *NEW_YORK).exit_code == 0
    with sqlite3.connect("night.db") as store:
        numbers = {number for (number,) in store.execute("SELECT number FROM encounters WHERE coded_run IS NOT NULL")}
    assert numbers == {"E1", "E2", "E3"}


def test_every_record_is_kept_as_it_came(place: Path) -> None:
    raw = Path(DAY).read_bytes()
    shutil.copy(DAY, place / "day.hl7")
    table = put(Path("inbox"), "mon.csv", *TWO_HOURS).read_bytes()
    run("nightly", "day.hl7", "inbox", *NEW_YORK)
    with sqlite3.connect("night.db") as store:
        kept = "SELECT raw FROM records JOIN files ON files.id = records.file_id WHERE name = ? ORDER BY records.id"
        assert b"".join(row for (row,) in store.execute(kept, ("day.hl7",))) == raw
        assert b"".join(row for (row,) in store.execute(kept, ("mon.csv",))) == table


def test_rejected_records_are_listed_written_out_and_end_with_one(place: Path) -> None:
    shutil.copytree(BAD, place / "bad")
    done = run("nightly", "bad", *NEW_YORK, "--rejects", "rejects")
    assert done.exit_code == 1
    assert "Rejected" in done.stdout
    assert (place / "rejects" / "rejects.csv").is_file()
    assert run("nightly", "bad", *NEW_YORK).exit_code == 0  # told once, known from then on


def test_an_empty_inbox_is_a_quiet_night_and_a_missing_one_is_not(place: Path) -> None:
    Path("inbox").mkdir()
    assert run("nightly", "inbox", *NEW_YORK).exit_code == 0
    assert run("nightly", "no-inbox", *NEW_YORK).exit_code == 2
    put(Path("inbox"), "mon.csv", *TWO_HOURS)
    missing = run("nightly", "inbox", "no-inbox", *NEW_YORK)
    assert missing.exit_code == 2
    assert "There is no inbox no-inbox." in missing.stderr


def test_standard_input_is_an_inbox_too(place: Path) -> None:
    put(Path("inbox"), "mon.csv", *TWO_HOURS)
    data = Path("inbox/mon.csv").read_bytes()
    assert "1 new file" in run("nightly", "-", *NEW_YORK, stdin=data).stdout
    assert "0 encounters touched" in run("nightly", "-", *NEW_YORK, stdin=data).stdout


def test_a_dry_run_makes_nothing(place: Path) -> None:
    put(Path("inbox"), "mon.csv", *TWO_HOURS)
    done = run("nightly", "inbox", *NEW_YORK, "--dry-run", "--metrics", "night.prom")
    assert "Dry run" in done.stdout
    assert sorted(path.name for path in place.iterdir()) == ["inbox", "night.prom"]


def test_other_rules_are_told_and_recode_applies_them(place: Path) -> None:
    shutil.copy(DAY, place / "day.hl7")
    run("nightly", "day.hl7", *NEW_YORK)
    other = ("--set", "missing_stop=not_billable")
    told = run("nightly", "day.hl7", *NEW_YORK, *other)
    assert "Policy, switches, formulary, tables, time zone or program have changed" in told.stdout
    assert "0 encounters touched" in told.stdout
    assert "have changed" in run("nightly", "day.hl7", *NEW_YORK, *other).stdout  # until all are coded again
    recoded = run("nightly", "day.hl7", *NEW_YORK, *other, "--recode", "--format", "json")
    changed = json.loads(recoded.stdout)["encounters"]
    assert changed
    assert {cause["kind"] for encounter in changed for cause in encounter["causes"]} == {"rules"}
    assert "have changed" not in run("nightly", "day.hl7", *NEW_YORK, *other).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nightly", "inbox", "--store", "mysql://x/y"), "A store on mysql is not supported."),
        (("nightly", "inbox", "--store", "inbox"), "The store names a folder."),
        (("nightly", "inbox", "--report", "inbox/reports"), "lies in an inbox: the next run would read it."),
        (("nightly", "inbox", "--keep", "0"), "--keep"),
        (("nightly",), "INBOX"),
    ],
)
def test_a_wrong_call_ends_with_two_and_makes_nothing(place: Path, words: tuple[str, ...], said: str) -> None:
    put(Path("inbox"), "mon.csv", *TWO_HOURS)
    done = run(*words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert not list(place.glob("*.db"))


def test_without_a_named_store_the_option_is_asked_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFUSION_TIMELINE_STORE")
    done = run("nightly", "inbox")
    assert done.exit_code == 2
    assert "--store" in done.stderr


def test_without_the_extra_the_pip_line_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = run("nightly", "inbox")
    assert done.exit_code == 2
    assert "pip install 'infusion-timeline[store]'" in done.stderr
