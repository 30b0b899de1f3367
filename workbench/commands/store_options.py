"""``--store``: the option, the extra it needs, and how a command ends when the store says no."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]
_NEEDED = ("sqlalchemy", "alembic", "structlog", "prometheus_client", "filelock")


def store_option(command: Command) -> Command:
    """Add ``--store``; the function gets it as ``store``, and a problem of the store ends the command."""

    @functools.wraps(command)
    def guarded(*args: Any, **given: Any) -> Any:
        if any(importlib.util.find_spec(name) is None for name in _NEEDED):
            raise click.UsageError("A store needs an extra: pip install 'infusion-timeline[store]'")
        from workbench.store.problems import StoreError

        try:
            return command(*args, **given)
        except StoreError as problem:
            click.echo(f"Error: {problem}", err=True)
            click.get_current_context().exit(problem.exit_status)

    option = click.option(
        "--store",
        metavar="URL",
        required=True,
        envvar="INFUSION_TIMELINE_STORE",
        help="Where runs are kept: night.db, sqlite:///night.db or postgresql://user@host/name."
        "  [default: INFUSION_TIMELINE_STORE]",
    )
    return option(guarded)
