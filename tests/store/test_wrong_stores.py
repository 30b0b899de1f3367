"""Stores that cannot be opened, read or written: a clear word and status 4, or 2 for a wrong call; never a password."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.house.places import ROOT
from tests.store.clear_words import NOT_WRITABLE, SECRET, WRONG_CALL, clear
from tests.store.nights import ZONE as NEW_YORK
from tests.store.nights import kept
from tests.store.postgres import GUARDED, administer
from tests.workbench.commands import DAY, run

COMMANDS = (
    ("nightly", DAY, *NEW_YORK, "--log", "-"),
    ("nightly", DAY, *NEW_YORK, "--dry-run"),
    ("charges", "--since", "1"),
    ("mark-sent", "1"),
    ("report",),
)


def every_command(store: str, *said: str, ends: tuple[int, ...] = (NOT_WRITABLE,)) -> None:
    """All of them say the same of a store."""
    for words in COMMANDS:
        done = run(*words, "--store", store)
        clear(done.exit_code, done.stdout, done.stderr, *said, ends=ends)
        assert done.stdout == ""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(path: Path) -> None:
    """A store of the sample day, with charges that wait to be marked."""
    assert run("nightly", DAY, *NEW_YORK, "--store", str(path)).exit_code == 0
    assert run("charges", "--since", "1", "--store", str(path)).exit_code == 0


def test_a_folder_that_is_not_there(place: Path) -> None:
    done = run(*COMMANDS[0], "--store", "none/night.db")
    clear(done.exit_code, done.stdout, done.stderr, "its folder does not exist", "--store")
    for words in COMMANDS[2:]:
        done = run(*words, "--store", "none/night.db")
        clear(done.exit_code, done.stdout, done.stderr, "There is no store at this place", ends=(WRONG_CALL,))
    assert list(place.iterdir()) == []


def test_a_folder_is_no_store_and_nothing_is_left_beside_it(place: Path) -> None:
    (place / "stores").mkdir()
    every_command("stores", "names a folder", ends=(WRONG_CALL,))
    assert [path.name for path in place.iterdir()] == ["stores"]


def test_a_text_file_is_no_store_and_stays_as_it_is(place: Path) -> None:
    text = "encounter_id,patient_id\n" * 400
    (place / "mar.csv").write_text(text, "utf-8")
    every_command("mar.csv", "The file is no store, or it is damaged")
    assert (place / "mar.csv").read_text("utf-8") == text


def test_a_damaged_store_is_told(place: Path) -> None:
    made(place / "night.db")
    whole = (place / "night.db").read_bytes()
    (place / "night.db").write_bytes(whole[: 40 * 4_096] + bytes(len(whole) - 40 * 4_096))
    done = run(*COMMANDS[0], "--store", "night.db", "--recode")
    clear(done.exit_code, done.stdout, done.stderr, "damaged", "backup")


def test_a_store_of_a_newer_version_is_left_alone(place: Path) -> None:
    made(place / "night.db")
    with closing(sqlite3.connect(place / "night.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = kept("night.db")
    every_command("night.db", "newer version", "layout 9999", "nothing was changed")
    assert kept("night.db") == before


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://user:{SECRET}@127.0.0.1:port/charges",
        f"postgresql://user:{SECRET}@[::1/charges",
        f"mysql://user:{SECRET}@127.0.0.1/charges",
        f"postgresql://user:{SECRET}@127.0.0.1:1/charges?{SECRET}=1",
        f"sqlite:///night.db?mode={SECRET}",
        "sqlite://",
        " ",
    ],
)
def test_a_url_that_cannot_be_meant_is_a_wrong_call(place: Path, url: str) -> None:
    every_command(url, ends=(WRONG_CALL,))
    assert list(place.iterdir()) == []


def test_a_server_that_does_not_answer(place: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        every_command(f"postgresql://user:{SECRET}@127.0.0.1:{port}/charges", "The database does not answer")


# Only to be read

AS_NOBODY = """
import os, shutil, sys
from tests.workbench.commands import DAY, NEW_YORK, run
# everything is imported while it may be read
for words in (("nightly", DAY, *NEW_YORK), ("charges", "--since", "1"), ("report",)):
    assert run(*words, "--store", "imported.db").exit_code == 0
if os.geteuid() == 0:
    os.seteuid(65534)
done = run(*sys.argv[1:])
print(done.stdout, end="")
print(done.stderr, end="", file=sys.stderr)
raise SystemExit(done.exit_code)
"""


def as_nobody(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command as an account without rights; root may write everything."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(AS_NOBODY), *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def for_all() -> Iterator[Path]:
    """A folder with a store that everyone may read; pytest's own folders are its account's alone."""
    with tempfile.TemporaryDirectory(prefix="stores-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "stores").mkdir()
        made(folder / "stores" / "night.db")
        yield folder


def _file_and_folder(stores: Path) -> None:
    (stores / "night.db").chmod(0o444)
    (stores / "night.db.lock").unlink()
    stores.chmod(0o555)


def _file(stores: Path) -> None:
    (stores / "night.db").chmod(0o444)
    (stores / "night.db.lock").unlink()
    stores.chmod(0o777)


def _folder(stores: Path) -> None:
    (stores / "night.db").chmod(0o666)
    (stores / "night.db.lock").chmod(0o666)
    stores.chmod(0o555)


def _not_at_all(stores: Path) -> None:
    (stores / "night.db").chmod(0o000)
    (stores / "night.db.lock").chmod(0o666)
    stores.chmod(0o755)


def _closed(stores: Path) -> None:
    stores.chmod(0o000)


def _read_by_another(for_all: Path, rights: Callable[[Path], None], words: tuple[str, ...]) -> None:
    store = for_all / "stores" / "night.db"
    before = kept(store)
    rights(for_all / "stores")
    try:
        done = as_nobody(for_all, *words, "--store", str(store))
    finally:
        (for_all / "stores").chmod(0o755)
        store.chmod(0o600)
    if done.returncode or not _only_reads(words):
        clear(done.returncode, done.stdout, done.stderr, "The store cannot be")
    assert kept(store) == before


def _only_reads(words: tuple[str, ...]) -> bool:
    """What leaves the store as it was may succeed where the store can be read."""
    return words[0] == "report" or "--dry-run" in words


@pytest.mark.kill
@pytest.mark.parametrize("rights", [_file_and_folder, _file, _folder, _not_at_all, _closed])
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_no_command_writes_a_store_that_may_only_be_read(
    for_all: Path, rights: Callable[[Path], None], words: tuple[str, ...]
) -> None:
    _read_by_another(for_all, rights, words)


@pytest.fixture
def kept_shut(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A store that even root may not write: its file immutable, or its folder mounted read-only."""
    if os.geteuid() != 0:
        pytest.skip("only root may shut a file or a folder")
    stores = tmp_path / "stores"
    stores.mkdir()
    made(stores / "night.db")
    if request.param == "file":
        shut = [["chattr", "+i", str(stores / "night.db")]]
        again = ["chattr", "-i", str(stores / "night.db")]
    else:
        shut = [["mount", "--bind", str(stores), str(stores)], ["mount", "-o", "remount,bind,ro", str(stores)]]
        again = ["umount", str(stores)]
    if any(subprocess.run(words, check=False, capture_output=True).returncode for words in shut):
        pytest.skip("this is not permitted here")
    try:
        yield stores / "night.db"
    finally:
        subprocess.run(again, check=True)


@pytest.mark.kill
@pytest.mark.parametrize("kept_shut", ["file", "folder"], indirect=True)
def test_a_store_that_is_shut_is_told_even_to_root(kept_shut: Path) -> None:
    before = kept_shut.read_bytes()
    for words in COMMANDS:
        done = run(*words, "--store", str(kept_shut))
        if done.exit_code or not _only_reads(words):
            clear(done.exit_code, done.stdout, done.stderr, "The store cannot be")
    assert kept_shut.read_bytes() == before


# A server that refuses

server = pytest.mark.server


def _as(url: str, **changed: object) -> str:
    return make_url(url).set(**changed).render_as_string(hide_password=False)  # type: ignore[arg-type]


@server
def test_a_wrong_password_is_told_and_never_printed(database: str) -> None:
    administer(database, f"DROP ROLE IF EXISTS {GUARDED}", f"CREATE ROLE {GUARDED} LOGIN PASSWORD 'right'")
    try:
        administer(_as(database, username=GUARDED, password=SECRET), "SELECT 1")
    except Exception:  # noqa: BLE001 - as it should be
        every_command(_as(database, username=GUARDED, password=SECRET), "refused the account or its password")
    else:
        pytest.skip("this server asks nobody for a password")


@server
def test_an_account_or_a_database_that_is_not_known(database: str) -> None:
    every_command(_as(database, username="none_such", password=SECRET), "The database knows no account of this name")
    every_command(_as(database, database="none_such", password=SECRET), "The database of this name does not exist")


@server
def test_an_account_without_rights(database: str) -> None:
    administer(database, "DROP ROLE IF EXISTS weak", "CREATE ROLE weak LOGIN")
    weak = _as(database, username="weak")
    done = run(*COMMANDS[0], "--store", weak)
    clear(done.exit_code, done.stdout, done.stderr, "This account may not write it")
    assert run("nightly", DAY, *NEW_YORK, "--store", database).exit_code == 0
    every_command(weak, "This account may not write it")


@server
def test_a_database_that_may_only_be_read(database: str) -> None:
    assert run("nightly", DAY, *NEW_YORK, "--store", database).exit_code == 0
    assert run("charges", "--since", "1", "--store", database).exit_code == 0
    before = kept(database)
    name = make_url(database).database
    administer(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    for words in COMMANDS[:-1]:
        done = run(*words, "--store", database)
        clear(done.exit_code, done.stdout, done.stderr, "The store can only be read")
    assert run("report", "--store", database).exit_code == 0
    assert kept(database) == before


@server
def test_a_database_of_a_newer_version_is_left_alone(database: str) -> None:
    assert run("nightly", DAY, *NEW_YORK, "--store", database).exit_code == 0
    before = kept(database)
    administer(database, "UPDATE alembic_version SET version_num = '9999'")
    every_command(database, "newer version", "nothing was changed")
    assert kept(database) == before
