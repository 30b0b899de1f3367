"""``--store``: the option, the extra it needs, and how a command ends when the store says no."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from typing import Any

import click

from workbench.commands.destination import note_file

Command = Callable[..., Any]
VARIABLE = "INFUSION_TIMELINE_STORE"
_NEEDED = ("sqlalchemy", "alembic", "structlog", "prometheus_client", "filelock")


def store_option(command: Command) -> Command:
    """Add ``--store``; the function gets it as ``store``, and a problem of the store ends the command.

    The file of a store is noted, so that no answer is written over it.
    """

    @functools.wraps(command)
    def guarded(*args: Any, **given: Any) -> Any:
        if any(importlib.util.find_spec(name) is None for name in _NEEDED):
            raise click.UsageError("A store needs an extra: pip install 'infusion-timeline[store]'")
        if given["store"] is None:
            raise click.UsageError(f"Name the store: --store night.db, or in the variable {VARIABLE}.")
        from workbench.store.database import file_of
        from workbench.store.problems import StoreError

        try:
            place = file_of(given["store"])
            note_file(str(place) if place is not None else None)
            return command(*args, **given)
        except StoreError as problem:
            click.echo(f"Error: {problem}", err=True)
            click.get_current_context().exit(problem.exit_status)

    option = click.option(
        "--store",
        metavar="URL",
        envvar=VARIABLE,
        help="Where runs are kept: night.db, sqlite:///night.db or postgresql://user@host/name."
        f"  [default: {VARIABLE}]",
    )
    return option(guarded)
