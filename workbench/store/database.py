"""Opening the store: the URL, the rights of the file, its layout, and the lock that one run holds at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from workbench.store.layout import bring_up_to_date
from workbench.store.problems import StoreBusy, StoreError, StoreLost, StoreMissing, told

_LOCK = 0x1F05104
"""The advisory lock of PostgreSQL that a run takes."""
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_PRIVATE = 0o600
_CACHE_KIB = 128 * 1024


class PostgresExtraMissing(StoreMissing):
    """The driver for PostgreSQL is not installed."""

    def __init__(self) -> None:
        super().__init__("A store on PostgreSQL needs an extra: pip install 'infusion-timeline[postgres]'")


@dataclass(frozen=True, slots=True)
class Store:
    """An open store.  Nothing is written outside :meth:`writing`, whose block is there entirely or not at all."""

    engine: Engine
    path: Path | None
    """The file of an SQLite store."""
    rehearsal: Connection | None = None
    """Of a dry run: the connection whose one transaction is given back at the end."""

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, undone when it breaks off."""
        with told():
            if self.rehearsal is not None:
                with self.rehearsal.begin_nested():
                    yield self.rehearsal
                return
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for questions only."""
        with told():
            if self.rehearsal is not None:
                yield self.rehearsal
                return
            with self.engine.connect() as connection:
                yield connection

    def size(self) -> int | None:
        """Bytes on disk, of the file or the database."""
        if self.path is not None:
            places = (self.path, self.path.with_name(self.path.name + "-wal"))
            return sum(p.stat().st_size for p in places if p.exists())
        if self.engine.dialect.name != "postgresql":
            return None
        with self.reading() as connection:
            return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


@contextmanager
def opened(url: str, *, create: bool = False, dry_run: bool = False) -> Iterator[Store]:
    """The store at ``url`` with its lock, brought to the layout of this version, for as long as the block runs.

    ``url`` is ``sqlite:///night.db``, a plain path, or ``postgresql://user@host/name``.  With ``create`` a missing
    SQLite file is made (0600).  With ``dry_run`` everything written is given back at the end, and no file is made.

    Raises :class:`StoreBusy` (exit status 3) when another run holds it, :class:`StoreError` (4) when it cannot be
    written, :class:`StoreMissing` (2) when there is none or the URL is wrong.
    """
    where = store_url(url)
    with ExitStack() as stack:
        path = _path(where)
        imagined = dry_run and path is not None and not path.exists()
        if imagined:
            where, path = make_url("sqlite://"), None
        if path is not None:
            stack.enter_context(_file_lock(path, create=create))
            _make_private(path, create=create)
        engine = _engine(where)
        stack.callback(engine.dispose)
        store = Store(engine, path)
        if dry_run:
            store = stack.enter_context(_rehearsed(store))
        with store.writing() as connection:
            bring_up_to_date(connection, create=create or imagined)
        yield store


def store_url(given: str) -> URL:
    """The URL as SQLAlchemy knows it; a text without a scheme is the path of an SQLite file.

    Raises :class:`StoreMissing` for what is none; the message never repeats the text, which may hold a password.
    """
    if "://" not in given:
        if not given.strip():
            raise StoreMissing("The store has no name. Give --store night.db, or a URL.")
        return URL.create("sqlite", database=given)
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise StoreMissing("The URL of the store cannot be read. Write it like postgresql://user@host/name.") from None
    name = url.get_backend_name()
    if name not in ("sqlite", "postgresql", "postgres"):
        raise StoreMissing(
            f"A store on {name} is not supported. Use sqlite:///night.db or postgresql://user@host/name."
        )
    return url.set(drivername=_DRIVERS.get(name, "sqlite"))


def file_of(url: str) -> Path | None:
    """The file of an SQLite store, by whatever link it is named; ``None`` for another database."""
    return _path(store_url(url))


def _path(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:":
        raise StoreMissing("A store in memory is gone when the run ends. Name a file: sqlite:///night.db")
    if url.query:
        raise StoreMissing("The URL of an SQLite store takes no options. Name the file alone: sqlite:///night.db")
    path = Path(os.path.realpath(url.database))  # by whatever link it is named, it has one lock
    try:
        folder = path.is_dir()
    except OSError as problem:
        raise StoreError(f"The store cannot be opened: {problem.strerror}. Name another place with --store.") from None
    if folder:
        raise StoreMissing("The store names a folder. Name a file in it, such as night.db.")
    return path


def _make_private(path: Path, *, create: bool) -> None:
    """An SQLite file that only its owner can read; the files beside it take the same rights."""
    if path.exists():
        return
    if not create:
        raise StoreMissing("There is no store at this place. `nightly` makes one; check the path after --store.")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _PRIVATE))
    except OSError as problem:
        raise StoreError(f"The store cannot be made: {problem.strerror}. Name another place with --store.") from None


@contextmanager
def _file_lock(path: Path, *, create: bool) -> Iterator[None]:
    """A lock beside the file, let go by the system when the process ends, however it ends."""
    from filelock import FileLock, Timeout

    if not create and not path.exists():
        yield
        return
    if not path.parent.is_dir():  # FileLock would make it, and with it a new store for every slip of the pen
        raise StoreError("The store cannot be made: its folder does not exist. Make it, or correct --store.")
    lock = FileLock(path.with_name(path.name + ".lock"), timeout=0, mode=_PRIVATE)
    try:
        lock.acquire()
    except Timeout:
        raise StoreBusy from None
    except OSError as problem:
        raise StoreError(f"The store cannot be written: {problem.strerror}. Name another place with --store.") from None
    try:
        yield
    finally:
        lock.release()


_sessions: WeakSet[Any] = WeakSet()


def _session_lock() -> Callable[[Any, object], None]:
    """Takes the lock in the one session in which a run reads and writes; the server lets it go when that session ends.

    It goes with the writing: while a statement of a process that was killed still runs, nobody else begins.  A session
    that was lost is not opened again in the midst of a run, since another run may have come in between.
    """
    taken = False

    def take(session: Any, _: object) -> None:
        nonlocal taken
        if taken:
            raise StoreLost
        taken = True
        with session.cursor() as cursor:
            held = cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()[0]
        session.commit()
        if not held:
            raise StoreBusy
        _sessions.add(session)

    return take


def _let_go(session: Any, _: object) -> None:
    """Free the lock at once: a server ends a session a moment later, when the next command may be there."""
    from psycopg import Error

    with suppress(Error), session.cursor() as cursor:
        session.rollback()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        session.commit()


def _let_go_in_child() -> None:
    """A process that codes a share inherits the session: were it to outlive its parent, it would keep the lock."""
    if not _sessions:
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for session in _sessions:
        if not session.closed:
            os.dup2(nowhere, session.fileno(), inheritable=False)
    os.close(nowhere)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)


@contextmanager
def _rehearsed(store: Store) -> Iterator[Store]:
    with told():
        connection = store.engine.connect()
        outer = connection.begin()
    try:
        yield Store(store.engine, store.path, connection)
    finally:
        with suppress(SQLAlchemyError):  # the connection is lost: nothing of it stays either
            outer.rollback()
        connection.close()


def _engine(url: URL) -> Engine:
    options: dict[str, Any] = {"hide_parameters": True}  # parameters are values of records
    if url.get_backend_name() == "sqlite":
        if url.database is None:
            options["poolclass"] = StaticPool
        engine = create_engine(url, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=1, **options)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise PostgresExtraMissing from None
    event.listen(engine, "connect", _session_lock())
    event.listen(engine, "close", _let_go)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction of its own: see _begin_sqlite
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # a charge marked as sent must survive a power failure
        "foreign_keys = ON",
        f"cache_size = -{_CACHE_KIB}",
        "busy_timeout = 10000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
