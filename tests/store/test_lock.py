"""One run at a time: the second stops before it begins, and the lock goes with the process, however that ends.

A run is held for as long as a test likes by a report that is longer than a pipe takes and that nobody reads yet.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.store.nights import LONG, Done, ended, fhir, hl7, kept, open_runs, start, table, visits
from tests.store.nights import ZONE as NEW_YORK
from tests.store.postgres import administer
from tests.workbench.commands import run
from workbench.store.database import opened

BUSY, LOST = 3, 4
FILES = {"a.hl7": hl7(visits(36)[:12]), "b.csv": table(visits(36)[12:24]), "c.ndjson": fhir(visits(36)[24:])}
_PIPE = 4_096
"""Bytes; less than any report or file of charges here."""
ON = [pytest.param("sqlite", id="sqlite"), pytest.param("postgresql", id="postgresql", marks=pytest.mark.server)]
SLOWLY_ON = [
    pytest.param("sqlite", id="sqlite", marks=pytest.mark.kill),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.server),
]
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("database"))
    return str(tmp_path / "night.db")


@pytest.fixture
def alone(tmp_path: Path, inbox: Path) -> str:
    """A store of the same inbox that nobody disturbed."""
    path = str(tmp_path / "alone.db")
    assert run("nightly", str(inbox), "--store", path, *NEW_YORK).exit_code == 0
    return path


@contextmanager
def holding(folder: Path, command: str, store: str, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A command that has the store and waits until somebody reads what it writes."""
    pipe = folder / "pipe"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as reader:
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, _PIPE)
        process = start(command, store, *words, "--output", pipe)
        try:
            assert select.select([reader], [], [], LONG)[0], "it never came to its output"
            assert process.poll() is None, ended(process)
            yield process
            if process.poll() is None:
                _drain(reader.fileno(), process)
        finally:
            if process.poll() is None:
                process.kill()
            ended(process)


def _drain(reader: int, process: subprocess.Popen[str]) -> None:
    os.set_blocking(reader, True)
    while os.read(reader, 1 << 16):
        pass
    process.wait(LONG)


def nightly(folder: Path, store: str, inbox: Path, *more: str) -> AbstractContextManager[subprocess.Popen[str]]:
    return holding(folder, "nightly", store, inbox, *NEW_YORK, "--format", "json", *more)


def refused(store: str, inbox: Path) -> None:
    """Every command that needs the store says so, and nothing else."""
    for words in (
        ("nightly", str(inbox), *NEW_YORK),
        ("nightly", str(inbox), *NEW_YORK, "--dry-run"),
        ("charges", "--since", "1"),
        ("mark-sent", "1"),
        ("report",),
    ):
        done = run(*words, "--store", store)
        assert (done.exit_code, done.stdout) == (BUSY, "")
        assert done.stderr.startswith("Error: Another run holds this store"), words
        assert done.stderr.count("\n") == 1


def within(seconds: float, what: Callable[[], bool]) -> None:
    """Wait for the system or a server to do what it does in a moment."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


@pytest.mark.parametrize("store", ON, indirect=True)
def test_the_second_run_stops_and_the_first_ends_undisturbed(
    tmp_path: Path, store: str, inbox: Path, alone: str
) -> None:
    with nightly(tmp_path, store, inbox) as first:
        refused(store, inbox)
    assert first.returncode == 0
    assert open_runs(store) == 0
    assert kept(store).differences(kept(alone)) == []


@pytest.mark.parametrize("store", ON, indirect=True)
def test_the_lock_of_a_killed_run_is_free(tmp_path: Path, store: str, inbox: Path, alone: str) -> None:
    with nightly(tmp_path, store, inbox) as first:
        first.send_signal(signal.SIGKILL)
        first.wait(LONG)
    assert open_runs(store) == 1
    within(30, lambda: run("nightly", str(inbox), "--store", store, *NEW_YORK).exit_code != BUSY)
    assert open_runs(store) == 0
    assert kept(store).differences(kept(alone)) == []


@pytest.mark.parametrize("store", ON, indirect=True)
def test_nothing_runs_beside_charges_and_killed_they_mark_nothing(tmp_path: Path, store: str, inbox: Path) -> None:
    run("nightly", str(inbox), "--store", store, *NEW_YORK)
    with holding(tmp_path, "charges", store, "--since", "1", "--format", "dft", "--release") as first:
        refused(store, inbox)
        first.send_signal(signal.SIGKILL)
        first.wait(LONG)
    within(30, lambda: run("mark-sent", "1", "--store", store).exit_code != BUSY)
    assert run("mark-sent", "1", "--store", store).exit_code == 2  # nothing waits: the file was never complete
    assert not kept(store).waiting
    assert run("charges", "--since", "1", "--store", store, "--release").exit_code == 0
    assert run("mark-sent", "1", "--store", store).exit_code == 0


@pytest.mark.parametrize("store", SLOWLY_ON, indirect=True)
def test_of_many_that_start_at_once_on_a_new_store_one_works(store: str, inbox: Path, alone: str) -> None:
    processes = [start("nightly", store, inbox, *NEW_YORK) for _ in range(6)]
    statuses = {ended(process).status for process in processes}
    assert 0 in statuses
    assert statuses <= {0, BUSY}
    assert open_runs(store) == 0
    assert kept(store).differences(kept(alone)) == []


@pytest.mark.parametrize("store", SLOWLY_ON, indirect=True)
def test_a_dry_run_that_is_killed_leaves_the_store_as_it_was(tmp_path: Path, store: str, inbox: Path) -> None:
    later = tmp_path / "later"
    later.mkdir()
    (inbox / "c.ndjson").rename(later / "c.ndjson")
    assert run("nightly", str(inbox), "--store", store, *NEW_YORK).exit_code == 0
    before = kept(store)
    with nightly(tmp_path, store, later, "--dry-run", "--recode") as first:
        first.send_signal(signal.SIGKILL)
        first.wait(LONG)
    within(30, lambda: run("report", "--store", store).exit_code != BUSY)
    assert open_runs(store) == 0
    assert kept(store) == before


def test_a_store_has_one_lock_by_whatever_link_it_is_named(
    tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stores").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "stores" / "night.db")
    (tmp_path / "folder").symlink_to(tmp_path / "stores")
    monkeypatch.chdir(tmp_path / "stores")
    with opened(str(tmp_path / "link.db"), create=True):
        for name in ("night.db", "sqlite:///night.db", str(tmp_path / "folder" / "night.db"), "../link.db"):
            done = run("nightly", str(inbox), "--store", name, *NEW_YORK)
            assert done.exit_code == BUSY
    assert {path.name for path in (tmp_path / "stores").iterdir()} == {"night.db", "night.db.lock"}


# Only of a server


@pytest.mark.server
def test_a_run_whose_connection_was_cut_says_so_and_the_next_goes_on(
    tmp_path: Path, database: str, inbox: Path, alone: str
) -> None:
    with nightly(tmp_path, database, inbox) as first:
        _cut(database)
        second = run("nightly", str(inbox), "--store", database, *NEW_YORK)
        assert second.exit_code == 0  # the lock went with the connection
        after = kept(database)
    done = Done(first.returncode, "", "")
    assert done.status == LOST  # and so the first could write no more
    assert open_runs(database) == 0
    assert kept(database).differences(after) == []
    assert after.differences(kept(alone)) == []


def _cut(database: str) -> None:
    holders = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    administer(database, f"{holders} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")


@pytest.mark.server
def test_while_a_killed_run_still_has_a_statement_at_work_nobody_begins(
    tmp_path: Path, database: str, inbox: Path, alone: str
) -> None:
    (tmp_path / "nothing").mkdir()
    run("nightly", str(tmp_path / "nothing"), "--store", database, *NEW_YORK)  # the tables
    with _table_held(database, "files"):
        process = start("nightly", database, inbox, *NEW_YORK)
        within(60, lambda: administer(database, f"{_WAITING}")[0][0] == 1)
        process.send_signal(signal.SIGKILL)
        ended(process)
        refused(database, inbox)
    within(30, lambda: run("nightly", str(inbox), "--store", database, *NEW_YORK).exit_code != BUSY)
    assert open_runs(database) == 0
    assert kept(database).differences(kept(alone)) == []


_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def _table_held(database: str, name: str) -> Iterator[None]:
    import psycopg

    with closing(psycopg.connect(database)) as connection:
        connection.execute(f"LOCK TABLE {name} IN EXCLUSIVE MODE")
        yield
        connection.rollback()


@contextmanager
def killed_with_a_process_at_work(store: str, inbox: Path) -> Iterator[int]:
    """A run of two processes of which the first was killed; gives the number of the other."""
    (inbox / "many.hl7").write_bytes(hl7(visits(1_500)))
    process = start("nightly", store, inbox, *NEW_YORK, "--jobs", "2")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    within(60, lambda: process.poll() is not None or bool(children.read_text("utf-8").split()))
    (left,) = map(int, children.read_text("utf-8").split())
    process.send_signal(signal.SIGKILL)
    process.wait(LONG)
    try:
        yield left
    finally:
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)
        assert ended(process).status == -signal.SIGKILL


@pytest.mark.server
def test_a_process_that_codes_a_share_does_not_keep_the_lock_of_a_killed_run(database: str, inbox: Path) -> None:
    with killed_with_a_process_at_work(database, inbox):
        within(30, lambda: administer(database, HELD)[0][0] == 0)
        assert run("report", "--store", database).exit_code != BUSY


@pytest.mark.kill
def test_a_process_that_codes_a_share_ends_after_a_killed_run(tmp_path: Path, inbox: Path) -> None:
    with killed_with_a_process_at_work(str(tmp_path / "night.db"), inbox) as left:
        within(20, lambda: not Path(f"/proc/{left}").exists())
