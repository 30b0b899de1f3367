"""A disk that is full, at any moment: exit status 4 and a clear word, and with more room the next run goes on."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.store.clear_words import NOT_WRITABLE, WRONG_CALL, clear, nothing_left
from tests.store.nights import ZONE as NEW_YORK
from tests.store.nights import Done, Kept, cut, ended, fhir, hl7, kept, last_run, open_runs, start, table, visits
from tests.store.watching import Step, stage
from tests.workbench.commands import BAD, run

FULL = Path("/dev/full")
full_device = pytest.mark.skipif(not FULL.exists(), reason="there is no device here that is always full")


def filled(folder: Path, count: int) -> Path:
    """An inbox of several files with so many encounters."""
    folder.mkdir()
    everyone = visits(count)
    part = count // 4
    (folder / "a.hl7").write_bytes(hl7(everyone[:part]))
    (folder / "b.hl7").write_bytes(hl7(everyone[part : 2 * part]))
    (folder / "c.csv").write_bytes(table(everyone[2 * part : 3 * part]))
    (folder / "d.ndjson").write_bytes(fhir(everyone[3 * part :]))
    return folder


def uninterrupted(folder: Path, inbox: Path) -> tuple[Kept, int]:
    """What the store of an inbox should be, and its bytes."""
    path = folder / "with-room.db"
    assert run("nightly", str(inbox), "--store", str(path), *NEW_YORK).exit_code == 0
    return kept(path), path.stat().st_size


def limited(store: Path, inbox: Path, most: int) -> Done:
    """A run that may write no file larger than this."""

    def before() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return ended(start("nightly", store, inbox, *NEW_YORK, "--log", "-", before=before))


def goes_on(store: Path, inbox: Path, wanted: Kept) -> None:
    """With room the next run ends as if nothing had been."""
    assert run("nightly", str(inbox), "--store", str(store), *NEW_YORK).exit_code == 0
    assert open_runs(store) == 0
    assert kept(store).differences(wanted) == []


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    inbox, store = filled(tmp_path / "inbox", 40), tmp_path / "night.db"
    wanted, size = uninterrupted(tmp_path, inbox)
    done = limited(store, inbox, int(0.6 * size))
    clear(done.status, done.out, done.err, "The disk refused a write", "Free some space")
    goes_on(store, inbox, wanted)


@pytest.mark.kill
def test_a_file_that_may_not_grow_stops_the_run_at_any_stage(tmp_path: Path) -> None:
    inbox, store = filled(tmp_path / "inbox", 300), tmp_path / "night.db"
    wanted, size = uninterrupted(tmp_path, inbox)
    step = Step("nightly", (), 1, frozenset(path.name for path in inbox.iterdir()))
    stages = []
    for tenth in range(20):
        done = limited(store, inbox, tenth * size // 10)
        if done.status == 0:
            break
        clear(done.status, done.out, done.err, "The disk refused a write")
        stages.append(stage(str(store), step, tmp_path / "look"))
        goes_on(store, inbox, wanted)
        for path in tmp_path.glob("night.db*"):
            path.unlink()
    assert {"store not made", "between files", "coding, nothing kept yet"} <= set(stages), stages


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    if _mounted("-t", "tmpfs", "-o", "size=1m", "none", place):
        pytest.skip("mounting is not permitted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def _mounted(*words: str | Path) -> int:
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode


@pytest.mark.kill
def test_a_full_disk_stops_the_run_wherever_it_is_and_with_room_it_goes_on(tmp_path: Path, small_disk: Path) -> None:
    inbox, store = filled(tmp_path / "inbox", 200), small_disk / "night.db"
    wanted, size = uninterrupted(tmp_path, inbox)
    step = Step("nightly", (), 1, frozenset(path.name for path in inbox.iterdir()))
    words = ("nightly", str(inbox), "--store", str(store), *NEW_YORK, "--log", "-")
    stages = []
    for room in range(100, 4 * size // 1_000, 300):  # each run goes on where the last one had no more room
        assert _mounted("-o", f"remount,size={room}k", small_disk) == 0
        done = run(*words)
        if done.exit_code == 0:
            break
        clear(done.exit_code, done.stdout, done.stderr, "The disk", "ree some space")
        stages.append(stage(str(store), step, tmp_path / "look"))
    assert {"store not made", "between files"} <= set(stages), stages
    assert stages == sorted(stages, key=_ORDER.index)
    assert open_runs(store) == 0
    assert kept(store).differences(wanted) == []


_ORDER = [
    "store not made", "before the run", "before any file", "between files", "coding, nothing kept yet", "after coding",
]  # fmt: skip


@pytest.mark.kill
def test_charges_that_find_no_room_are_not_kept_as_written(tmp_path: Path, small_disk: Path) -> None:
    inbox, store = filled(tmp_path / "inbox", 200), tmp_path / "night.db"
    uninterrupted(tmp_path, inbox)
    shutil.move(tmp_path / "with-room.db", store)
    (small_disk / "ballast").write_bytes(bytes(1_030_000))
    charges = ("charges", "--store", str(store), "--since", "1", "--output")
    full = run(*charges, str(small_disk / "charges.csv"))
    clear(full.exit_code, full.stdout, full.stderr, "cannot be written", ends=(WRONG_CALL, NOT_WRITABLE))
    nothing_left(small_disk)
    assert not kept(store).waiting
    assert run("mark-sent", "1", "--store", str(store)).exit_code == WRONG_CALL
    assert run(*charges, str(tmp_path / "charges.csv")).exit_code == 0
    assert run("mark-sent", "1", "--store", str(store)).exit_code == 0


@pytest.mark.kill
def test_a_store_without_room_marks_all_charges_or_none(tmp_path: Path, small_disk: Path) -> None:
    inbox, store = filled(tmp_path / "inbox", 100), small_disk / "night.db"
    uninterrupted(tmp_path, inbox)
    assert _mounted("-o", "remount,size=8m", small_disk) == 0
    shutil.copy(tmp_path / "with-room.db", store)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(_free(small_disk) - 60_000))
    words = ("charges", "--store", str(store), "--since", "1", "--output", str(tmp_path / "charges.csv"))
    full = run(*words)
    clear(full.exit_code, full.stdout, full.stderr, "The disk")
    ballast.unlink()
    assert run(*words).exit_code == 0
    ballast.write_bytes(bytes(_free(small_disk) - 60_000))
    full = run("mark-sent", "1", "--store", str(store))
    clear(full.exit_code, full.stdout, full.stderr, "The disk")
    ballast.unlink()
    assert not kept(store).sent
    assert run("mark-sent", "1", "--store", str(store)).exit_code == 0
    assert len(kept(store).sent) == len((tmp_path / "charges.csv").read_text("utf-8").splitlines()) - 1


def _free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


# What is written beside the store


@full_device
@pytest.mark.parametrize(
    ("option", "runs"),
    [("--output", 0), ("--metrics", 1)],  # the report goes out before the run counts as done, metrics after it
)
def test_a_full_place_for_an_answer_is_told_and_costs_nothing(tmp_path: Path, option: str, runs: int) -> None:
    inbox, store = filled(tmp_path / "inbox", 8), str(tmp_path / "night.db")
    words = ("nightly", str(inbox), "--store", store, *NEW_YORK)
    done = run(*words, option, str(FULL))
    clear(done.exit_code, "", done.stderr, "/dev/full cannot be written", ends=(WRONG_CALL, NOT_WRITABLE))
    assert last_run(store) == runs
    assert run(*words).exit_code == 0
    assert (open_runs(store), last_run(store)) == (0, 1 + runs)


def _nowhere_to_speak() -> None:
    os.dup2(os.open(FULL, os.O_WRONLY), 1)


@full_device
@pytest.mark.kill
@pytest.mark.parametrize(
    ("words", "before"),
    [
        pytest.param((), _nowhere_to_speak, id="standard-output"),
        pytest.param(("--log", str(FULL)), None, id="log"),
    ],
)
def test_a_full_standard_output_or_log_is_told(
    tmp_path: Path, words: tuple[str, ...], before: Callable[[], None] | None
) -> None:
    inbox, store = filled(tmp_path / "inbox", 8), tmp_path / "night.db"
    done = ended(start("nightly", store, inbox, *NEW_YORK, *words, before=before))
    clear(done.status, done.out, done.err, "cannot be written", ends=(WRONG_CALL, NOT_WRITABLE))
    assert run("nightly", str(inbox), "--store", str(store), *NEW_YORK).exit_code == 0
    assert (open_runs(store), last_run(store)) == (0, 1)


@full_device
def test_what_was_rejected_and_found_before_a_break_is_still_told(tmp_path: Path) -> None:
    store, at_once = str(tmp_path / "night.db"), str(tmp_path / "at-once.db")
    words = ("nightly", BAD, *NEW_YORK, "--rejects")
    run(*words, str(tmp_path / "wanted"), "--store", at_once)
    run(*words, str(tmp_path / "found"), "--store", store, "--output", str(FULL))
    run(*words, str(tmp_path / "found"), "--store", store)
    wanted, found = ({p.name: p.read_bytes() for p in (tmp_path / f).iterdir()} for f in ("wanted", "found"))
    assert len(wanted) > 10
    assert found == wanted
    told = [run("report", "--store", name, "--format", "json").stdout for name in (at_once, store)]
    once, twice = ({k: v for k, v in json.loads(text).items() if k != "run"} for text in told)
    assert twice == once


@full_device
def test_charges_beside_a_run_that_was_broken_off_are_those_of_the_last_complete_one(tmp_path: Path) -> None:
    everyone, inbox, store = visits(36), tmp_path / "inbox", str(tmp_path / "night.db")
    inbox.mkdir()
    (inbox / "mon.hl7").write_bytes(hl7([cut(visit) for visit in everyone]))
    words, charges = ("nightly", str(inbox), "--store", store, *NEW_YORK), ("charges", "--store", store, "--since", "1")
    assert run(*words).exit_code == 0
    monday = run(*charges).stdout
    (inbox / "tue.hl7").write_bytes(hl7(everyone))
    assert run(*words, "--output", str(FULL)).exit_code != 0  # all was coded, and the report could not be written
    assert open_runs(store) == 1
    assert run(*charges).stdout == monday
    assert run(*words).exit_code == 0
    assert run(*charges).stdout != monday


@pytest.mark.parametrize(
    "words",
    [
        ("--output", "none/report.txt"),
        ("--metrics", "none/night.prom"),
        ("--log", "none/night.log"),
        ("--report", "none/reports"),
    ],
)
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    inbox = filled(tmp_path / "inbox", 8)
    done = run("nightly", str(inbox), "--store", "night.db", *NEW_YORK, *words)
    clear(done.exit_code, "", done.stderr, "none", ends=(WRONG_CALL,))
    assert run("nightly", str(inbox), "--store", "night.db", *NEW_YORK).exit_code == 0
    assert (open_runs("night.db"), last_run("night.db")) == (0, 1)


@pytest.mark.kill
def test_a_full_folder_for_reports_is_told_and_the_run_goes_on_when_there_is_room(
    tmp_path: Path, small_disk: Path
) -> None:
    inbox, store = filled(tmp_path / "inbox", 200), tmp_path / "night.db"
    (small_disk / "ballast").write_bytes(bytes(1_030_000))
    words = ("nightly", str(inbox), "--store", str(store), *NEW_YORK, "--report", str(small_disk / "reports"))
    done = run(*words)
    clear(done.exit_code, done.stdout, done.stderr, "cannot be written", ends=(WRONG_CALL, NOT_WRITABLE))
    nothing_left(small_disk)
    assert open_runs(store) == 1
    assert _mounted("-o", "remount,size=16m", small_disk) == 0
    assert run(*words).exit_code == 0
    assert {path.suffix for path in (small_disk / "reports").glob("run-1.*")} == {".txt", ".json", ".html"}
