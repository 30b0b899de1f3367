"""What a store shows while, and after, a process writes it: no lock is taken and nothing is repaired by looking."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from tests.store.nights import looking
from workbench.store import schema
from workbench.store.database import store_url

_SIGNS = (
    "SELECT (SELECT count(*) FROM runs WHERE state = 'open'), (SELECT count(*) FROM runs WHERE state = 'done'),"
    " (SELECT count(*) FROM files), (SELECT count(*) FROM touched),"
    " (SELECT max(coded) FROM runs WHERE state = 'open'), (SELECT max(removed) FROM runs WHERE state = 'open'),"
    " (SELECT max(id) FROM charge_batches), (SELECT count(*) FROM sent)"
)


class Signs(NamedTuple):
    """What of a store changes with every commit."""

    open: int
    done: int
    files: int
    touched: int
    coded: int | None
    removed: str | None
    batch: int | None
    sent: int


Look = Callable[[], Signs | None]
"""What a store shows now; ``None`` before it has its tables."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the nights, and by what it can be seen how far it came."""

    command: str
    words: tuple[str | Path, ...]
    run: int
    """The first run that this night may have; for charges the run given with ``--since``."""
    files: frozenset[str] = frozenset()
    """Of this night."""
    written: Path | None = None
    """Where charges go."""
    before: int = 0
    """The last batch of charges before this command."""


def sqlite_path(store: str) -> Path | None:
    """The file of an SQLite store."""
    return None if "://" in store else Path(store)


@contextmanager
def watching(store: str) -> Iterator[Look]:
    """Gives a function that says what a store shows now."""
    path = sqlite_path(store)
    if path is not None:
        yield lambda: _signs_of(path)
        return
    engine = create_engine(store_url(store), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:

        def signs() -> Signs | None:
            try:
                return Signs(*connection.execute(text(_SIGNS)).one())
            except SQLAlchemyError:
                return None

        yield signs
    engine.dispose()


def _signs_of(path: Path) -> Signs | None:
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return Signs(*connection.execute(_SIGNS).fetchone())
    return None


def reached(look: Look, wanted: str, files: int, chosen: int) -> Callable[[], bool]:
    """Whether a nightly run has come to a stage: one of those aimed at; ``files`` are those of the night.

    ``chosen`` says how many of the files, where it is aimed between them.
    """
    first = look()
    before, done = (first.files, first.done) if first is not None else (0, 0)

    def there() -> bool:
        now = look()
        if now is None:
            return False
        if now.done > done:
            return True
        at_work = now.open == 1
        match wanted:
            case "begun":
                return at_work
            case "files":
                return now.files >= before + chosen
            case "coding":
                return at_work and now.files == before + files and bool(now.coded)
            case "removing":
                return at_work and now.removed is not None
            case "coded":
                return at_work and now.files == before + files and bool(now.coded) and not now.touched
        return False

    return there


AIMED_AT = ("begun", "files", "coding", "coded", "done")
AIMED_AT_RETENTION = ("begun", "removing", "removing", "done")


def stage(store: str, step: Step, folder: Path) -> str:
    """How far a killed command had come.  An SQLite store is looked at in a copy: to open it would repair it."""
    path = sqlite_path(store)
    if path is not None:
        copy = folder / path.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for end in ("", "-wal"):
            beside = path.with_name(path.name + end)
            if beside.exists():
                shutil.copy(beside, folder / beside.name)
        if not copy.exists():
            return "store not made"
        store = str(copy)
    try:
        with looking(store) as connection:
            return _STAGES[step.command](connection, step)
    except SQLAlchemyError:
        return "store not made"


def _nightly(connection: Connection, step: Step) -> str:
    wanted = select(schema.runs).where(schema.runs.c.id >= step.run).order_by(schema.runs.c.id.desc())
    last = connection.execute(wanted).first()
    if last is None:
        return "before the run"
    if last.state == "done":
        return "completed, not ended"
    there = {row.name for row in connection.execute(select(schema.files.c.name))}
    missing = step.files - there
    if last.removed is not None:
        return "removing"
    if missing:
        return "before any file" if missing == step.files else "between files"
    if connection.execute(select(func.count()).select_from(schema.touched)).scalar_one() == 0:
        return "after coding"
    return "coding, nothing kept yet" if last.coded == 0 else "coding, between parts"


def _charges(connection: Connection, step: Step) -> str:
    last = connection.execute(select(func.max(schema.charge_batches.c.id))).scalar() or 0
    if last > step.before:
        return "charges kept, not ended"
    assert step.written is not None
    return "charges written, not kept" if step.written.exists() else "charges not written"


def _mark_sent(connection: Connection, step: Step) -> str:
    last = schema.charge_batches.c
    row = connection.execute(select(last.sent_at).order_by(last.id.desc()).limit(1)).one()
    return "not marked" if row.sent_at is None else "marked, not ended"


_STAGES: dict[str, Callable[[Connection, Step], str]] = {
    "nightly": _nightly,
    "charges": _charges,
    "mark-sent": _mark_sent,
}
STAGES = (
    "store not made", "before the run", "before any file", "between files", "coding, nothing kept yet",
    "coding, between parts", "after coding", "removing", "completed, not ended", "charges not written",
    "charges written, not kept", "charges kept, not ended", "not marked", "marked, not ended",
)  # fmt: skip
"""All of them, in their order."""
