"""--jobs: the same answer from one process or several, and nothing left behind."""

from __future__ import annotations

import errno
import multiprocessing
import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parsers import read
from parsers.events import Action, AdministrationEvent, Context, Drug, Merge, OrderContext, Reading, Source, StayContext
from reports.json_output import json_pieces
from tests.house.places import ROOT
from tests.workbench.commands import DAY, NEW_YORK, run
from timeline import build, code
from timeline.model import CodedEncounter
from workbench import analyze, coding_run
from workbench.pipeline import analyze_to_json
from workbench.shares import Cut
from workbench.spool import Spooled

ZONE = "America/New_York"
ADDENDUM_B = str(ROOT / "sample_data" / "reference" / "addendum-b.csv")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample day is cut as a large feed would be."""
    monkeypatch.setattr(coding_run, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(coding_run, "EVENTS_AT_ONCE", 25)


@pytest.fixture(scope="module")
def whole_day() -> str:
    return "".join(json_pieces(code(build(read(DAY, timezone=ZONE)))))


def day_with(jobs: int, **options: Any) -> str:
    with analyze_to_json(DAY, timezone=ZONE, jobs=jobs, **options) as coded:
        return "".join(coded.pieces())


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_json_is_the_same_byte_for_byte_with_any_number_of_processes(jobs: int, whole_day: str) -> None:
    assert day_with(jobs) == whole_day


def test_where_processes_cannot_be_forked_each_is_sent_its_events(
    monkeypatch: pytest.MonkeyPatch, whole_day: str
) -> None:
    monkeypatch.setattr(coding_run, "_context", lambda: multiprocessing.get_context("spawn"))
    assert day_with(2) == whole_day


def test_a_review_is_the_same_with_any_number_of_processes(whole_day: str) -> None:
    assert "".join(json_pieces(analyze(DAY, timezone=ZONE, jobs=3).result)) == whole_day


def test_amounts_add_up_the_same_in_any_number_of_processes() -> None:
    alone = day_with(1, rates=ADDENDUM_B)
    assert '"amount_basis":"' in alone
    assert day_with(3, rates=ADDENDUM_B) == alone


@pytest.mark.parametrize("format", ["json", "table", "csv"])
def test_the_command_says_the_same_with_more_jobs(format: str) -> None:
    one, two = (run("analyze", DAY, *NEW_YORK, "--format", format, "--jobs", n) for n in ("1", "2"))
    assert (two.exit_code, two.stdout, two.stderr) == (one.exit_code, one.stdout, one.stderr)
    assert one.exit_code == 0


def test_jobs_may_stand_in_the_configuration_file(tmp_path: Path) -> None:
    config = tmp_path / "site.toml"
    config.write_text('jobs = 2\ntimezone = "America/New_York"\n')
    told = run("analyze", DAY, "--config", str(config), "--format", "json")
    assert told.stdout == run("analyze", DAY, *NEW_YORK, "--format", "json").stdout


def test_no_process_at_all_is_a_wrong_call() -> None:
    assert "0 is not in the range 1<=x<=256" in run("analyze", DAY, "--jobs", "0").stderr
    with pytest.raises(ValueError, match="jobs is the number of processes, 1 or more; 0 was given"):
        analyze(DAY, timezone=ZONE, jobs=0)


def test_only_the_encounters_asked_for_are_shown_and_counted() -> None:
    words = ("analyze", DAY, *NEW_YORK, "--format", "json", "--jobs", "2", "--encounter")
    told = run(*words, "CONCURRENT-ONCE-ONLY")
    assert '"encounters":1,' in told.stdout
    assert told.stdout.count('{"encounter_id":') == 1
    assert "No encounter has that id" in run(*words, "NOBODY").stderr
    assert "one has it in another case" in run(*words, "concurrent-once-only").stderr


# --- never below the patient


def event(encounter: str, patient: str | None, minute: int = 0, order: str | None = None) -> AdministrationEvent:
    time = datetime(2026, 3, 10, 8, minute, tzinfo=UTC)
    return AdministrationEvent(
        Source("f"), encounter, Action.GIVEN, time, (Drug("ketorolac"),), order_id=order, patient_id=patient
    )


def encounters(cut: Cut) -> list[set[str]]:
    return [{e.encounter_id for e in patient.events} for patient in cut.patients]


def test_encounters_of_one_patient_stay_together() -> None:
    reading = Reading((event("A", "P1"), event("B", "P2"), event("C", "P1"), event("D", None)))
    assert encounters(Cut(reading)) == [{"A", "C"}, {"B"}, {"D"}]


def test_an_encounter_under_two_numbers_ties_both_patients() -> None:
    reading = Reading((event("A", "P1"), event("A", "P2", 1), event("B", "P2"), event("C", "P1"), event("D", "P3")))
    assert encounters(Cut(reading)) == [{"A", "B", "C"}, {"D"}]


def test_a_stay_names_the_patient_where_no_row_does_and_a_merge_joins_two() -> None:
    stays = (StayContext(Source("f"), "A", "arrival", event("A", None).time, patient_id="P1"),)
    merges = (Merge(Source("f"), "patient", "P2", "P1"), Merge(Source("f"), "encounter", "D", "C"))
    reading = Reading(
        (event("A", None), event("B", "P2"), event("C", "P3"), event("D", None)),
        context=Context(stays=stays, merges=merges),
    )
    assert encounters(Cut(reading)) == [{"A", "B"}, {"C", "D"}]


def test_a_share_takes_along_what_concerns_it() -> None:
    orders = tuple(OrderContext(Source("f", record=n), (number,)) for n, number in enumerate(("O2", "O1", "O2")))
    stays = tuple(StayContext(Source("f"), e, "arrival", event(e, None).time) for e in ("B", "A"))
    reading = Reading(
        (event("A", "P1", order="O2"), event("B", "P2", order="O1")), context=Context(orders=orders, stays=stays)
    )
    cut = Cut(reading)
    part = cut.part(cut.patients[:1])
    assert [e.encounter_id for e in part.events] == ["A"]
    assert [o.source.record for o in part.context.orders] == [0, 2]
    assert [s.encounter_id for s in part.context.stays] == ["A"]


def test_patients_are_dealt_by_their_events() -> None:
    reading = Reading((event("A", None), event("A", None, 1), event("B", None), event("C", None)))
    cut = Cut(reading)
    assert [[p.events[0].encounter_id for p in hand] for hand in cut.dealt(2)] == [["A"], ["B", "C"]]
    assert len(cut.dealt(9)) == 3


def test_an_answer_for_an_encounter_of_another_share_is_not_misplaced(tmp_path: Path) -> None:
    answers = tmp_path / "answers.csv"
    row = "{},a1b2c3,stop,2026-03-10T10:00:00-04:00,A Coder,2026-03-11T08:00:00-04:00,nursing note\n"
    head = "encounter,administration,what,value,who,when,support\n"
    answers.write_text(head + row.format("CONCURRENT-ONCE-ONLY") + row.format("NOBODY"))
    alone, shared = (day_with(n, answers=answers) for n in (1, 3))
    assert alone == shared
    assert alone.count('"code":"answer-without-encounter"') == 1


# --- what goes wrong, and what is left behind


def test_texts_lie_in_a_folder_of_their_own_and_go_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with analyze_to_json(DAY, timezone=ZONE, jobs=2):
        (folder,) = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Spooled, encounters: Iterable[CodedEncounter]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Spooled, "take", full)
    for jobs in ("1", "2"):
        told = run("analyze", DAY, *NEW_YORK, "--format", "json", "--jobs", jobs)
        assert (told.exit_code, told.stdout) == (2, "")
        assert "The folder for temporary files cannot be written: No space left on device." in told.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the process that ends is a forked one")
@pytest.mark.parametrize("format", ["json", "csv"])
def test_a_process_that_ends_early_takes_the_answer_with_it(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        os._exit(9)

    monkeypatch.setattr(coding_run, "_work", killed)
    told = run("analyze", DAY, *NEW_YORK, "--format", format, "--jobs", "2")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "Run again with a smaller --jobs; nothing was written." in told.stderr
