"""What a command says on standard error when it is done, and with which status it ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import click

from parsers.events import Rejected
from parsers.files import NOT_OPENED
from parsers.shapes import safe_name
from reports.sentences import said_place, source_text
from timeline.model import Result

DONE, SOME_REJECTED, NOTHING_READABLE = 0, 1, 2
SHOWN = 20


def status(result: Result) -> int:
    """0 done; 1 some input was rejected; 2 nothing was readable."""
    if result.rejected and not result.used and not result.ignored:
        return NOTHING_READABLE
    return SOME_REJECTED if result.rejected else DONE


def close(ctx: click.Context, result: Result, *, told: bool) -> None:
    """Say what was rejected and assumed, and end the command.

    ``told`` when the answer on standard output says it already.
    """
    if not told:
        _say_zone(result)
        closed = [r for r in result.rejected if r.code in NOT_OPENED]
        records = [r for r in result.rejected if r.code not in NOT_OPENED]
        _list(closed, "input could not be opened", "inputs could not be opened")
        _list(records, "record was rejected", "records were rejected")
    end = status(result)
    if end == NOTHING_READABLE:
        click.echo("Nothing in the input could be read.", err=True)
    ctx.exit(end)


def say_open_queries(result: Result) -> None:
    """For answers that hold lines only: that the bill may still grow."""
    count = sum(len(e.queries) for e in result.encounters)
    if count:
        what = "1 question is open" if count == 1 else f"{count:,} questions are open"
        lists = "lists it" if count == 1 else "lists them"
        click.echo(f"{what} (not in this table); --format json or the table view {lists}.", err=True)


def _say_zone(result: Result) -> None:
    for finding in result.findings:
        if finding.code == "zone-assumed":
            click.echo(f"{finding.severity}: {finding.message} {finding.fix}", err=True)


def _list(rejected: Iterable[Rejected], one: str, many: str) -> None:
    found = list(rejected)
    if not found:
        return
    click.echo(f"{len(found)} {one if len(found) == 1 else many}:", err=True)
    for entry in found[:SHOWN]:
        click.echo(f"  {_place(entry)}: {entry.message} {entry.fix}", err=True)
    if len(found) > SHOWN:
        click.echo(f"  and {len(found) - SHOWN} more; --format json lists all of them.", err=True)


def _place(rejected: Rejected) -> str:
    source = said_place(rejected.source, rejected.message)
    return source_text(replace(source, file=safe_name(source.file), control_id=None))
