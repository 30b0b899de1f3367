"""The layout of the store by version: made, brought up to date, or refused when it is newer than the program."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from workbench.store.problems import StoreError, StoreMissing

NEWEST = "0001"
"""The last revision in ``migrations/versions``; a test holds both together."""
_MIGRATIONS = Path(__file__).parent / "migrations"


def bring_up_to_date(connection: Connection, *, create: bool) -> None:
    """Make or migrate the tables inside the caller's transaction.

    Raises :class:`StoreMissing` where there are none and ``create`` is false, :class:`StoreError` where a newer version
    of this program has written the store.
    """
    found = _revision(connection)
    if found == NEWEST:
        return
    if found is None and not create:
        raise StoreMissing("There is no store in this database. `nightly` makes one; check the URL after --store.")
    _upgrade(connection, found)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreError(
            f"The store was written by a newer version of this program (layout {found}, this one knows {NEWEST})."
            " Install that version; nothing was changed."
        ) from None
