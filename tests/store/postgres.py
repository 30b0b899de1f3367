"""A PostgreSQL for tests: the one that ``TEST_POSTGRES_URL`` names, or one started for the session.

Only our own processes are killed, never the server, so it may leave out fsync.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

VARIABLE = "TEST_POSTGRES_URL"
GUARDED = "guarded"
"""A role of the server started here that is asked for its password."""
_WHERE = Path("/usr/lib/postgresql")
_ACCOUNT = "postgres"
_numbers = count(1)


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl of the newest version, as Debian installs them."""
    found = [path.parent for path in _WHERE.glob("*/bin/initdb") if (path.parent / "pg_ctl").exists()]
    return max(found, key=lambda path: int(path.parent.name)) if found else None


@contextmanager
def started() -> Iterator[str]:
    """A server of one's own on 127.0.0.1; gives its URL."""
    where = binaries()
    if where is None:
        raise FileNotFoundError("no initdb under /usr/lib/postgresql")
    port = _free_port()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _ACCOUNT, _ACCOUNT)
        data = folder / "data"
        _as_account(where / "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", data)
        rules = data / "pg_hba.conf"
        asked = f"host all {GUARDED} 127.0.0.1/32 scram-sha-256\n"
        rules.write_text(asked + rules.read_text("utf-8"), "utf-8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        _as_account(where / "pg_ctl", "start", "-w", "-D", data, "-l", folder / "log", "-o", options)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _as_account(where / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _as_account(*words: object) -> None:
    """Run a program of the server, which refuses to run as root."""
    other = {"user": _ACCOUNT, "group": _ACCOUNT, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, cwd="/", **other)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """A fresh database on the server, dropped at the end with whoever is still connected."""
    name = f"nights_{next(_numbers)}_{uuid4().hex[:8]}"
    administer(server, f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def administer(url: str, *commands: str) -> list[tuple[object, ...]]:
    """Run commands outside any transaction; the rows of the last one."""
    engine = create_engine(_driven(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for command in commands:
            done = connection.execute(text(command))
        return [tuple(row) for row in done] if done.returns_rows else []


def _driven(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server on which databases may be made."""
    given = os.environ.get(VARIABLE)
    if given:
        yield given
        return
    if binaries() is None:
        pytest.skip(f"PostgreSQL is not installed (no initdb under {_WHERE}) and {VARIABLE} names none")
    if os.geteuid() == 0 and not _known_account():
        pytest.skip(f"the server refuses root, and there is no account {_ACCOUNT}")
    with started() as url:
        yield url


def _known_account() -> bool:
    import pwd

    try:
        return bool(pwd.getpwnam(_ACCOUNT))
    except KeyError:
        return False


@pytest.fixture
def database(postgres_server: str) -> Iterator[str]:
    """URL of a database of one's own."""
    with new_database(postgres_server) as url:
        yield url
