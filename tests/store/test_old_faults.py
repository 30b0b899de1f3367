"""Faults that a review found, each as the smallest nights that showed it."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.parsers.fhir_resources import at as at_chicago
from tests.parsers.fhir_resources import bundle, r4
from tests.parsers.pump_messages import event
from tests.store.bench import FIRST, Arrived, Bench, differing
from tests.store.charts import entry, hang, night
from tests.store.small import put
from tests.workbench.commands import NEW_YORK, run
from workbench.store.database import opened
from workbench.store.kin import kin_of
from workbench.store.schema import encounters


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFUSION_TIMELINE_STORE", "night.db")
    Path("inbox").mkdir()
    return tmp_path


def _codes(bench: Bench) -> dict[str, list[str]]:
    stands = bench.standing()
    assert differing(stands, bench.single_pass()) == {}
    return {number: [line[1] for line in stand.lines] for number, stand in stands.items()}


def test_one_of_two_equal_resources_is_taken_back(tmp_path: Path) -> None:
    # An hour charted twice counts once; when one of the two was an error, the other still counts.
    bench = Bench(tmp_path)
    hour = {"effectivePeriod": {"start": at_chicago("9:00"), "end": at_chicago("10:00")}}
    bench.run(Arrived({"a/one.json": bundle(r4("a1", **hour), r4("a2", **hour))}))
    assert _codes(bench) == {"e1": ["96365"]}
    error = r4("a1", **hour) | {"status": "entered-in-error", "meta": {"versionId": "2"}}
    bench.run(Arrived({"a/two.json": bundle(error)}))
    assert _codes(bench) == {"e1": ["96365"]}


def test_a_run_taken_up_with_other_rules_codes_by_those(place: Path) -> None:
    put(Path("inbox"), "mon.csv", "E1|New Bag|08:00")  # no stop
    Path("file").touch()
    broken_off = run("nightly", "inbox", *NEW_YORK, "--set", "missing_stop=not_billable", "--report", "file/reports")
    assert broken_off.exit_code == 2
    done = run("nightly", "inbox", *NEW_YORK)
    assert "1 open query" in done.stdout  # by the rules of today it is asked
    with sqlite3.connect("night.db") as store:
        assert store.execute("SELECT state, resumed, mixed FROM runs").fetchall() == [("done", 1, 0)]


def test_pumps_of_a_patient_are_read_after_the_old_ones_were_removed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    pumped = [event("08:00", "START", patient="P1", visit=""), event("09:30", "STOP", patient="P1", visit="")]
    bench.run(night(entry("08:00", "New Bag"), *pumped), now=FIRST)
    bench.run(night(), keep_days=5, now=FIRST + timedelta(days=40))
    again = [text.replace("20260310", "20260430") for text in pumped]
    bag = entry("08:00", "New Bag", encounter="E2").replace("20260310", "20260430")
    report = bench.run(night(bag, *again), now=FIRST + timedelta(days=52))
    assert not [entry_ for entry_ in report.rejected if entry_.code == "encounter-removed"]
    # ninety minutes, the stop from the pump
    assert [line[1] for line in bench.standing()["E2"].lines] == ["96365"]


def test_a_message_whose_header_reads_otherwise_alone_is_a_resend(place: Path) -> None:
    # MSH-4 is UTF-8, a name further on is Windows-1252: the message as a whole is read as Windows-1252.
    text = "".join(hang("08:00", "09:00")).replace("|MAR|SAMPLE|", "|MAR|KÖLN|").encode()
    message = text.replace(b"|N07|", b"|M\xfcller|")
    Path("inbox/a.hl7").write_bytes(message)
    assert run("nightly", "inbox", *NEW_YORK).exit_code == 0
    Path("inbox/b.hl7").write_bytes(message + "".join(hang("08:00", "09:00", encounter="E2", patient="P2")).encode())
    again = run("nightly", "inbox", *NEW_YORK)
    assert again.exit_code == 0
    assert "resend of an earlier message" in again.stdout


def test_what_was_rejected_is_read_when_the_profile_knows_it(place: Path) -> None:
    feed = "".join(hang("08:00", "09:00")).replace("|New Bag|", "|Aufgehängt|")
    Path("inbox/a.hl7").write_text(feed, "utf-8", newline="")
    assert run("nightly", "inbox", *NEW_YORK).exit_code == 1
    Path("site.yaml").write_text("name: site\naction_map: {Aufgehängt: new_bag}\n", "utf-8")
    done = run("nightly", "inbox", *NEW_YORK, "--profile", "site.yaml", "--reread")
    assert done.exit_code == 0
    assert "1 known file was read again" in done.stdout
    assert "96365" in done.stdout
    # and a message that was rejected is no message seen: sent again, it is read
    other = "".join(hang("08:00", "09:00", encounter="E2", patient="P2")).replace("|New Bag|", "|Aufgehängt|")
    Path("inbox/b.hl7").write_text(other, "utf-8", newline="")
    run("nightly", "inbox", *NEW_YORK)
    Path("inbox/c.hl7").write_text(other + "\r", "utf-8", newline="")
    resent = run("nightly", "inbox", *NEW_YORK, "--profile", "site.yaml", "--format", "json")
    assert [(line["code"], line["change"]) for e in json.loads(resent.stdout)["encounters"] for line in e["lines"]] == [
        ("96365", "new")
    ]


def test_reading_again_in_another_zone_replaces_what_was_read(place: Path) -> None:
    put(Path("inbox"), "mon.csv", "E1|New Bag|08:00", "E1|Stopped|09:00")
    run("nightly", "inbox", "--timezone", "America/New_York")
    assert run("nightly", "inbox", "--timezone", "America/Chicago", "--reread").exit_code == 0
    with sqlite3.connect("night.db") as store:
        assert store.execute("SELECT count(*) FROM events").fetchone() == (2,)
        (start,) = store.execute("SELECT start FROM codings ORDER BY run_id DESC LIMIT 1").fetchone()
    assert start == "2026-03-10T08:00:00-05:00"


def test_a_patient_with_a_visit_every_day_is_not_coded_whole(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    days = [hang(f"{day} 08:00", f"{day} 09:00", encounter=f"E{day}") for day in range(10, 31)]
    bench.run(night(*[text for day in days for text in day]))
    with opened(bench.url) as store, store.reading() as connection:
        (touched,) = connection.execute(select(encounters.c.id).where(encounters.c.number == "E20")).one()
        kin = kin_of(connection, [touched])
    # coded with the 20th: two days on either side; looked at: two more
    assert {kin.rows[id_].number for id_ in kin.coded} == {f"E{day}" for day in range(18, 23)}
    assert {kin.rows[id_].number for id_ in kin.looked_at} == {"E16", "E17", "E23", "E24"}


def test_order_numbers_that_repeat_tie_no_strangers(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    strangers = [hang("08:00", "09:00", encounter=f"E{n}", patient=f"P{n}") for n in range(10)]
    same = [text.replace(f"ORC|RE||E{n}A", "ORC|RE||1") for n, texts in enumerate(strangers) for text in texts]
    bench.run(night(*same, event("08:00", "START", patient="P3", visit="")))
    report = bench.run(night(entry("08:30", "Rate Verify", encounter="E7", patient="P7").replace("E7A", "1")))
    assert report.totals.encounters_coded == 1


def test_a_fault_of_the_program_is_no_success(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench import __main__ as entry_point

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(entry_point, "main", broken)
    with pytest.raises(SystemExit) as ended:
        entry_point.run()
    assert ended.value.code == 70


@pytest.mark.parametrize(
    "text",
    ["drug\\X00\\name", "drug \\XD800\\ name"],
)
def test_a_drug_that_no_database_takes_is_kept(place: Path, text: str) -> None:
    Path("inbox/a.hl7").write_text("".join(hang("08:00", "09:00", drug=text)), "utf-8", newline="")
    assert run("nightly", "inbox", *NEW_YORK).exit_code == 0


@pytest.mark.server
def test_postgresql_takes_any_record(place: Path, database: str) -> None:
    odd = [
        "".join(hang("08:00", "09:00", drug="drug\\X00\\name")),
        "".join(hang("08:00", "09:00", encounter="N" * 4000, patient="P" * 4000)),
        "".join(hang("08:00", "09:00", encounter="E3", order="O" * 4000)),
    ]
    for number, text in enumerate(odd):
        Path(f"inbox/{number}.hl7").write_text(text, "utf-8", newline="")
    done = run("nightly", "inbox", *NEW_YORK, "--store", database)
    assert done.exit_code == 0, done.stderr
    assert "3 encounters" in done.stdout
