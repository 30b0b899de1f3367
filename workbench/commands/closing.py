"""What a command says on standard error when it is done, and with which status it ends."""

from __future__ import annotations

import click

from parsers.events import Source
from parsers.shapes import safe_name
from timeline.model import Result

DONE, SOME_REJECTED, NOTHING_READABLE = 0, 1, 2
SHOWN = 20


def status(result: Result) -> int:
    """0 done; 1 some input was rejected; 2 nothing was readable."""
    if result.rejected and not result.used and not result.ignored:
        return NOTHING_READABLE
    return SOME_REJECTED if result.rejected else DONE


def close(ctx: click.Context, result: Result, *, told: bool) -> None:
    """Say what was rejected and end the command; ``told`` when the answer on standard output says it already."""
    if result.rejected and not told:
        count = len(result.rejected)
        click.echo(f"{count} {'record was' if count == 1 else 'records were'} rejected:", err=True)
        for rejected in result.rejected[:SHOWN]:
            click.echo(f"  {_place(rejected.source)}: {rejected.message} {rejected.fix}", err=True)
        if count > SHOWN:
            click.echo(f"  and {count - SHOWN} more; --format json lists all of them.", err=True)
    end = status(result)
    if end == NOTHING_READABLE:
        click.echo("Nothing in the input could be read.", err=True)
    ctx.exit(end)


def _place(source: Source) -> str:
    parts = [safe_name(source.file)]
    if source.record is not None:
        parts.append(f"record {source.record}")
    if source.row is not None:
        parts.append(f"row {source.row}")
    if source.segment is not None:
        parts.append(source.segment + (f"-{source.field}" if source.field else ""))
    return ", ".join(parts)
