"""``charges`` and ``mark-sent`` at the command line: what goes out, what is held, and that nothing goes out twice."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from parsers.billed import read_billed
from tests.store.small import OPEN, THREE_HOURS, TWO_AGAIN, TWO_HOURS, put
from tests.workbench.commands import run

Row = dict[str, str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFUSION_TIMELINE_STORE", "night.db")
    return tmp_path


def night(*rows: str, name: str) -> None:
    put(Path("inbox"), name, *rows)
    done = run("nightly", "inbox", "--timezone", "America/New_York")
    assert done.exit_code == 0, done.stderr


def charged(since: int, *words: str) -> list[Row]:
    done = run("charges", "--since", str(since), *words)
    assert done.exit_code == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def brief(rows: list[Row]) -> list[tuple[str, str, str, str]]:
    """Kind, code, units and revision."""
    return [(r["kind"], r["code"], r["units"], r["revision"]) for r in rows]


def test_a_line_of_two_three_and_two_units_has_three_ids(place: Path) -> None:
    night(*TWO_HOURS, name="mon.csv")
    first = charged(1)
    assert brief(first) == [("CG", "96365", "1", "1"), ("CG", "96366", "2", "1")]
    assert run("mark-sent", "1").stdout == "2 charges and 0 credits written with --since 1 now count as sent.\n"
    night(*THREE_HOURS, name="tue.csv")
    second = charged(2)
    assert brief(second) == [("CR", "96366", "-2", "1"), ("CG", "96366", "3", "2")]
    assert run("mark-sent", "2").exit_code == 0
    night(*TWO_AGAIN, name="wed.csv")
    third = charged(3)
    assert brief(third) == [("CR", "96366", "-3", "2"), ("CG", "96366", "2", "3")]
    ids = [row["charge_id"] for row in (*first, *second, *third) if row["code"] == "96366"]
    line = ids[0].removesuffix(".1")
    assert ids == [f"{line}.1", f"{line}.1", f"{line}.2", f"{line}.2", f"{line}.3"]


def test_what_is_not_marked_is_written_again_and_what_was_corrected_unsent_leaves_no_trace(place: Path) -> None:
    night(*TWO_HOURS, name="mon.csv")
    once = run("charges", "--since", "1", "--format", "dft")
    assert run("charges", "--since", "1", "--format", "dft").stdout == once.stdout
    night(*THREE_HOURS, name="tue.csv")
    assert brief(charged(1)) == [("CG", "96365", "1", "1"), ("CG", "96366", "3", "1")]
    assert run("mark-sent", "1").exit_code == 0
    again = run("mark-sent", "1")
    assert again.exit_code == 0
    assert again.stdout.startswith("0 charges and 0 credits")
    assert "2 of that file counted as sent before; nothing changed" in again.stdout
    assert charged(1) == []


def test_marking_takes_what_was_written_not_what_stands_now(place: Path) -> None:
    night(*TWO_HOURS, name="mon.csv")
    charged(1)
    night(*THREE_HOURS, name="tue.csv")
    run("mark-sent", "1")  # two hours went out on Monday
    assert brief(charged(2)) == [("CR", "96366", "-2", "1"), ("CG", "96366", "3", "2")]


def test_a_charge_marked_meanwhile_with_other_units_marks_nothing(place: Path) -> None:
    night(*TWO_HOURS, name="mon.csv")
    charged(1)
    night(*THREE_HOURS, name="tue.csv")
    charged(2)  # the further hours as .1 with three units, since nothing was marked
    run("mark-sent", "1")
    refused = run("mark-sent", "2")
    assert refused.exit_code == 2
    assert "marked as sent meanwhile with other units, so nothing was marked" in refused.stderr
    assert brief(charged(2)) == [("CR", "96366", "-2", "1"), ("CG", "96366", "3", "2")]


def test_an_encounter_taken_back_is_credited(place: Path) -> None:
    night(*TWO_HOURS, name="mon.csv")
    charged(1)
    run("mark-sent", "1")
    night("E1|New Bag|08:00|11 06:00|N07|delete", "E1|Stopped|10:35|11 06:00|N07|delete", name="tue.csv")
    assert brief(charged(2)) == [("CR", "96365", "-1", "1"), ("CR", "96366", "-2", "1")]
    assert {row["reason"] for row in charged(2)} == {"withdrawn"}


def test_an_open_query_holds_its_encounter_both_ways(place: Path) -> None:
    night(*TWO_HOURS, *OPEN, name="mon.csv")
    done = run("charges", "--since", "1")
    assert {row["encounter_id"] for row in csv.DictReader(io.StringIO(done.stdout))} == {"E1"}
    run("mark-sent", "1")
    # the stop was charted in error: now it is asked, and what went out stays until it is answered
    night("E1|Stopped|10:35|11 06:00|N07|delete", name="tue.csv")
    held = run("charges", "--since", "2")
    assert list(csv.DictReader(io.StringIO(held.stdout))) == []
    assert "held (2 open query)" in held.stderr  # it may have been a push: neither line is certain
    released = charged(2, "--release")
    assert ("CR", "96366", "-2", "1") in brief(released)


def test_an_answered_line_waits_for_a_release(place: Path) -> None:
    night(*OPEN, name="mon.csv")
    queries = json.loads(run("analyze", "inbox", "--timezone", "America/New_York", "--format", "json").stdout)
    administration = queries["encounters"][0]["queries"][0]["administration"]
    Path("answers.csv").write_text(
        f"encounter,administration,what,value,who,when\nE2,{administration},stop,10:00,N09,2026-03-11\n", "utf-8"
    )
    done = run("nightly", "inbox", "--timezone", "America/New_York", "--answers", "answers.csv")
    assert "answer" in done.stdout
    held = run("charges", "--since", "2")
    assert "held (1 answered)" in held.stderr
    # 60 minutes: the initial hour alone
    assert brief(charged(2, "--release")) == [("CG", "96365", "1", "1")]
    # the answer stays in the store without being given again
    again = run("nightly", "inbox", "--timezone", "America/New_York")
    assert "0 encounters touched" in again.stdout


def test_every_form_says_the_same(place: Path) -> None:
    night(*TWO_HOURS, name="mon.csv")
    for form in ("dft", "csv", "837"):
        assert run("charges", "--since", "1", "--format", form, "--output", f"out.{form}").exit_code == 0
        billed = read_billed(f"out.{form}")
        lines = [(line.encounter_id, line.code, line.units, line.date.isoformat()) for line in billed.lines]
        assert sorted(lines) == [("E1", "96365", 1, "2026-03-10"), ("E1", "96366", 2, "2026-03-10")], form
        assert Path(f"out.{form}").stat().st_mode & 0o077 == 0
    bundle = Bundle.model_validate_json(run("charges", "--since", "1", "--format", "fhir").stdout)
    assert [(e.resource.code.coding[0].code, e.resource.quantity.value) for e in bundle.entry] == [
        ("96365", 1),
        ("96366", 2),
    ]
    assert all(entry.resource.occurrencePeriod is not None for entry in bundle.entry)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("charges", "--since", "7"), "There is no completed run 7: give --since a run from 1 to 1, the last one."),
        (("mark-sent", "7"), "No charges were written for run 7, so none can be marked."),
        (("charges", "--since", "1", "--receiver", "genric"), "generic"),
        (("charges", "--since", "1", "--cdm", "none.csv"), "none.csv"),
        (("report", "7"), "There is no completed run 7; the last is run 1."),
    ],
)
def test_a_wrong_call_says_what_is_right(place: Path, words: tuple[str, ...], said: str) -> None:
    night(*TWO_HOURS, name="mon.csv")
    done = run(*words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_without_a_store_nothing_is_made(place: Path) -> None:
    for words in (("charges", "--since", "1"), ("mark-sent", "1"), ("report",)):
        done = run(*words)
        assert done.exit_code == 2
        assert "There is no store at this place. `nightly` makes one" in done.stderr
    assert list(place.iterdir()) == []


def test_an_empty_file_marked_marks_no_other(place: Path) -> None:
    night(*TWO_HOURS, name="mon.csv")
    charged(1)  # looked at, and never sent
    night("E3|New Bag|08:00", "E3|Stopped|08:40", name="tue.csv")
    assert run("nightly", "inbox", "--timezone", "America/New_York").exit_code == 0  # nothing new
    assert charged(3) == []
    assert run("mark-sent", "3").stdout.startswith("0 charges")
    assert brief(charged(1)) == [("CG", "96365", "1", "1"), ("CG", "96366", "2", "1"), ("CG", "96365", "1", "1")]
    assert "Not in this file: 2 encounters that changed in earlier runs" in run("charges", "--since", "3").stderr


def test_a_file_that_was_never_marked_is_told_when_it_reads_otherwise_now(place: Path) -> None:
    night(*TWO_HOURS, name="mon.csv")
    charged(1)
    night(*THREE_HOURS, name="tue.csv")
    told = run("charges", "--since", "1").stderr
    assert "changed since: 1 charge or credit of --since 1 as of run 1." in told
    assert "mark-sent 1 --as-of 1" in told
    # it did go out
    assert run("mark-sent", "1", "--as-of", "1").exit_code == 0
    assert run("mark-sent", "1").exit_code == 2  # the later file charged the same id with other units
    again = run("charges", "--since", "1")
    assert "never marked" not in again.stderr
    assert brief(list(csv.DictReader(io.StringIO(again.stdout)))) == [
        ("CR", "96366", "-2", "1"),
        ("CG", "96366", "3", "2"),
    ]


def test_a_credit_waits_with_the_line_that_takes_its_place(place: Path) -> None:
    night("E2|New Bag|09:00", "E2|Stopped|10:00", name="mon.csv")
    assert brief(charged(1)) == [("CG", "96365", "1", "1")]
    run("mark-sent", "1")
    # the stop was charted in error; a person says it was 09:10: ten minutes, a push
    night("E2|Stopped|10:00|11 06:00|N07|delete", name="tue.csv")
    queries = json.loads(run("analyze", "inbox", "--timezone", "America/New_York", "--format", "json").stdout)
    administration = queries["encounters"][0]["queries"][0]["administration"]
    Path("answers.csv").write_text(
        f"encounter,administration,what,value,who,when\nE2,{administration},stop,09:10,N09,2026-03-11\n", "utf-8"
    )
    run("nightly", "inbox", "--timezone", "America/New_York", "--answers", "answers.csv")
    held = run("charges", "--since", "2")
    assert list(csv.DictReader(io.StringIO(held.stdout))) == []
    assert "2 lines held (2 answered)" in held.stderr
    assert brief(charged(2, "--release")) == [("CR", "96365", "-1", "1"), ("CG", "96374", "1", "1")]


def test_looking_at_what_is_held_marks_nothing_of_it(place: Path) -> None:
    running = ("E2|New Bag|09:00", "E2|Rate Verify|10:40")  # an hour for certain, and its stop is asked
    night(*TWO_HOURS, *running, name="mon.csv")
    assert len(charged(1)) == 2
    listed = run("charges", "--since", "1", "--held", "held.csv", "--output", "sent.csv")
    assert "held" in listed.stderr
    rows = list(csv.DictReader(io.StringIO(Path("held.csv").read_text("utf-8"))))
    assert {(row["encounter_id"], row["waits_for"], row["sent_before"]) for row in rows} == {("E2", "open query", "no")}
    everything = charged(1, "--release")
    told = run("mark-sent", "1")
    assert told.stdout == "2 charges and 0 credits written with --since 1 now count as sent.\n"
    assert len(everything) == 2 + len(rows)
    assert "--release waits as well" in told.stderr


def test_only_some_encounters_are_let_out(place: Path) -> None:
    night(*TWO_HOURS, "E3|New Bag|08:00", "E3|Stopped|08:40", name="mon.csv")
    assert {row["encounter_id"] for row in charged(1, "--encounter", "E3")} == {"E3"}
    run("mark-sent", "1")
    assert {row["encounter_id"] for row in charged(1)} == {"E1"}
    assert "not in the store" in run("charges", "--since", "1", "--encounter", "E9").stderr


def test_no_answer_is_written_over_the_store(place: Path) -> None:
    night(*TWO_HOURS, name="mon.csv")
    for words in (
        ("charges", "--since", "1", "--output", "night.db"),
        ("report", "--output", "./night.db"),
        ("nightly", "inbox", "--metrics", "night.db"),
        ("nightly", "inbox", "--output", "night.db", "--dry-run"),
    ):
        assert run(*words).exit_code == 2, words
    assert run("report").exit_code == 0


def test_an_answer_that_cannot_be_read_is_told(place: Path) -> None:
    night(*OPEN, name="mon.csv")
    told = json.loads(run("report", "--format", "json").stdout)
    (query,) = told["queries"]
    assert query["what"] == "stop"
    Path("answers.csv").write_text(
        f"encounter,administration,what,value\nE2,{query['administration']},stop,half past\nE8,x,stop,10:00\n", "utf-8"
    )
    done = run("nightly", "inbox", "--timezone", "America/New_York", "--answers", "answers.csv", "--format", "json")
    codes = {finding["code"] for finding in json.loads(done.stdout)["findings"]}
    assert {"answer-not-used", "answer-without-encounter"} <= codes
