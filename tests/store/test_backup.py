"""Backup and restore as docs/nightly.md describes them: the copy is complete, private, and the nights go on from it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.store.small import THREE_HOURS, TWO_HOURS, put
from tests.workbench.commands import NEW_YORK, run


def _standing(report: str) -> str:
    """What the report says of the whole store."""
    return report[report.index("Store: ") :]


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    put(Path("inbox"), "mon.csv", *TWO_HOURS)
    return tmp_path


def test_an_sqlite_store_is_copied_and_goes_on_from_the_copy(nights: Path) -> None:
    run("nightly", "inbox", "--store", "night.db", *NEW_YORK)
    run("charges", "--store", "night.db", "--since", "1")
    run("mark-sent", "--store", "night.db", "1")
    before = os.umask(0o077)  # as described: umask 077
    try:
        with sqlite3.connect("night.db") as store:
            store.execute("VACUUM INTO 'backup.db'")
    finally:
        os.umask(before)
    assert Path("backup.db").stat().st_mode & 0o077 == 0
    put(Path("inbox"), "tue.csv", *THREE_HOURS)
    ended = run("nightly", "inbox", "--store", "night.db", *NEW_YORK)
    for lost in Path().glob("night.db*"):
        lost.unlink()
    shutil.copy("backup.db", "night.db")
    restored = run("nightly", "inbox", "--store", "night.db", *NEW_YORK)
    assert "1 new file, 1 file known from earlier runs" in restored.stdout
    assert _standing(restored.stdout) == _standing(ended.stdout)
    # what was marked before the backup is not sent again
    charges = run("charges", "--store", "night.db", "--since", "2").stdout
    assert [row.split(",")[1] for row in charges.splitlines()[1:]] == ["CR", "CG"]


@pytest.mark.server
def test_a_postgresql_store_is_dumped_and_goes_on_from_the_restored_one(nights: Path, database: str) -> None:
    url = make_url(database)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    restored = url.set(drivername="postgresql", database=f"{url.database}_restored")
    run("nightly", "inbox", "--store", plain, *NEW_YORK)
    subprocess.run(["pg_dump", "--format=custom", "--file=charges.dump", plain], check=True)
    put(Path("inbox"), "tue.csv", *THREE_HOURS)
    ended = run("nightly", "inbox", "--store", plain, *NEW_YORK)
    subprocess.run(["createdb", "--maintenance-db", plain, str(restored.database)], check=True)
    copy = restored.render_as_string(hide_password=False)
    try:
        subprocess.run(["pg_restore", f"--dbname={copy}", "charges.dump"], check=True)
        again = run("nightly", "inbox", "--store", copy, *NEW_YORK)
        assert "1 new file, 1 file known from earlier runs" in again.stdout
        assert _standing(again.stdout) == _standing(ended.stdout)
    finally:
        subprocess.run(["dropdb", "--maintenance-db", plain, "--force", str(restored.database)], check=True)
