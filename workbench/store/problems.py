"""What can be wrong with a store, in words a person can act on, and the exit status each has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

BUSY, NOT_WRITABLE = 3, 4


class StoreError(Exception):
    """The store cannot be opened or written; the text says why and what to do, and names no value of a record."""

    exit_status = NOT_WRITABLE


class StoreBusy(StoreError):  # noqa: N818 - a state, not a fault
    """Another run holds the store."""

    exit_status = BUSY

    def __init__(self) -> None:
        super().__init__(
            "Another run holds this store, so this one stopped before it began; nothing was changed."
            " Wait until it has ended, then run again."
        )


class StoreLost(StoreError):  # noqa: N818
    """The session in which the run held the store has ended."""

    def __init__(self) -> None:
        super().__init__("The connection to the database was lost. Run again: what was complete is kept.")


class StoreMissing(StoreError):  # noqa: N818
    """There is no store where one was named: a wrong call."""

    exit_status = 2


_WORDS = (
    (("disk is full", "no space left", "diskfull"), "The disk is full", "Free some space, then run again"),
    (
        ("readonly", "read-only", "read only"),
        "The store can only be read",
        "Give this account the right to write the file and its folder, or the tables of the database",
    ),
    (("permission denied", "insufficientprivilege"), "This account may not write it", "Ask for the right to do so"),
    (
        ("unable to open database file",),
        "The file cannot be opened",
        "Check that its folder exists and may be written",
    ),
    (("disk i/o error",), "The disk refused a write: it may be full or a limit reached", "Free some space"),
    (
        ("malformed", "not a database", "file is encrypted"),
        "The file is no store, or it is damaged",
        "Name another file, or restore it from a backup",
    ),
    (
        ("password authentication", "authentication failed", "no password supplied"),
        "The database refused the account or its password",
        "Check the URL; a password may stand in PGPASSWORD or ~/.pgpass",
    ),
    (('role "',), "The database knows no account of this name", "Check the URL"),
    (("does not exist",), "The database of this name does not exist", "Make it first (createdb), then run again"),
    (
        ("could not connect", "connection failed", "connection refused", "could not translate", "timeout expired",
         "name or service not known"),
        "The database does not answer",
        "Check that it runs and that the host and port of the URL are right",
    ),
    (
        ("server closed the connection", "terminating connection", "connection is closed", "connection has been closed",
         "consuming input failed", "the connection is lost"),
        "The connection to the database was lost",
        "Run again: what was complete is kept",
    ),
    (("database is locked",), "Another program is writing the file", "Wait until it has ended, then run again"),
)  # fmt: skip


@contextmanager
def told() -> Iterator[None]:
    """Turn what a database says into a :class:`StoreError`; its own text may hold values and is not repeated."""
    try:
        yield
    except (OperationalError, InterfaceError, InternalError) as problem:
        raise StoreError(_sentence(problem)) from None
    except DBAPIError as problem:
        name = type(problem.orig).__name__.casefold()
        if "privilege" in name or "readonly" in name or "malformed" in str(problem.orig):
            raise StoreError(_sentence(problem)) from None
        if type(problem.orig).__name__ == "DatabaseError":
            raise StoreError(_sentence(problem)) from None
        if "connection option" in str(problem.orig):
            raise StoreMissing(
                "The URL of the store has an option that PostgreSQL does not know. Check what stands after the ?."
            ) from None
        raise


def _sentence(problem: DBAPIError) -> str:
    said = f"{type(problem.orig).__name__} {problem.orig}".casefold()
    for signs, what, fix in _WORDS:
        if any(sign in said for sign in signs):
            return f"The store cannot be written. {what}. {fix}. Nothing was left half-written."
    return (
        f"The store cannot be written: the database reports {type(problem.orig).__name__}."
        " Its own log says more. Nothing was left half-written."
    )
