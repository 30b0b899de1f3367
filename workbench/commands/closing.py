"""What a command says on standard error when it is done, and with which status it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import click

from parsers.events import Finding, InputFile, Reading, Rejected
from parsers.files import NOT_OPENED
from parsers.profiles import load_profile
from parsers.rejects_list import LIST
from parsers.shapes import safe_name
from reports.accounting import Accounting, accounted
from reports.sentences import said_place, source_text
from timeline.model import Result
from workbench.commands.options import INPUTS, Inputs
from workbench.commands.values import say_values
from workbench.rejects import Outcome, SecondOpinion, write_rejects

DONE, SOME_REJECTED, NOTHING_READABLE = 0, 1, 2
SHOWN = 20
ANSWERS = frozenset(
    {
        "answer-unreadable", "answer-not-used", "answer-without-administration", "answer-without-encounter",
        "answer-new-line",
    }
)  # fmt: skip
"""Findings about the answers that were given."""


def status(result: Result | Reading) -> int:
    """0 done; 1 some input was rejected; 2 nothing was readable."""
    if result.rejected and not result.used and not result.ignored:
        return NOTHING_READABLE
    return SOME_REJECTED if result.rejected else DONE


def close(ctx: click.Context, result: Result, *, told: bool) -> None:
    """Say what was rejected and assumed, and end the command.

    ``told`` when the answer on standard output says it already.
    """
    total = accounted(result.inputs, result.used, result.ignored, result.rejected)
    _say_answers(result)
    if not told:
        _say_zone(result)
        closed = [r for r in result.rejected if r.code in NOT_OPENED]
        records = [r for r in result.rejected if r.code not in NOT_OPENED]
        _list(closed, "input could not be opened", "inputs could not be opened")
        _list(records, "record was rejected", "records were rejected")
        _say_sum(total)
    said: list[Rejected | Finding] = [*result.rejected, *result.findings]
    said += [finding for coded in result.encounters for finding in coded.findings]
    look_again(ctx, result.inputs, result.rejected, said)
    end = status(result)
    if end == NOTHING_READABLE:
        click.echo("Nothing in the input could be read.", err=True)
    ctx.exit(end)


def look_again(
    ctx: click.Context,
    inputs: Iterable[InputFile],
    rejected: Sequence[Rejected],
    said: Iterable[Rejected | Finding],
    second_opinion: SecondOpinion | None = None,
) -> None:
    """What ``--rejects`` and ``--show-values`` ask for, once the answer is out; the inputs are opened again."""
    asked: Inputs | None = ctx.meta.get(INPUTS)
    if asked is None or not (asked.rejects or asked.show_values):
        return
    profile = load_profile(asked.profile) if asked.profile else None
    if asked.rejects:
        outcome = write_rejects(asked.rejects, asked.paths, rejected, inputs, profile, second_opinion)
        _say_rejects(asked.rejects, outcome)
    if asked.show_values:
        say_values(said, inputs, asked.paths, profile)


def _say_rejects(folder: str, outcome: Outcome) -> None:
    for name in outcome.changed:
        click.echo(
            f"{safe_name(name)} has changed since it was read, so its rejected records are listed only. Run again.",
            err=True,
        )
    if not outcome.listed:
        click.echo("Nothing was rejected, so nothing was written for --rejects.", err=True)
        return
    if not outcome.written:
        many = "What was rejected is" if outcome.listed == 1 else f"All {outcome.listed:,} rejected are"
        click.echo(f"{many} listed in {LIST} in the folder {safe_name(folder)}; no record could be cut out.", err=True)
        return
    what = "1 rejected record was" if outcome.written == 1 else f"{outcome.written:,} rejected records were"
    only = outcome.listed - outcome.written
    rest = f" ({only:,} more only listed)" if only else ""
    click.echo(f"{what} written to the folder {safe_name(folder)}{rest}; {LIST} there says why.", err=True)


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


def _say_answers(result: Result) -> None:
    """Answers that were not used, or that opened a new line, by file and row: who gave them should know."""
    found = [f for f in (*result.findings, *(f for c in result.encounters for f in c.findings)) if f.code in ANSWERS]
    if found:
        click.echo(
            "1 answer needs another look:" if len(found) == 1 else f"{len(found)} answers need another look:", err=True
        )
    for finding in found[:SHOWN]:
        at = finding.source
        where = f"{source_text(replace(at, file=safe_name(at.file), record=None))}: " if at else ""
        click.echo(f"  {where}{finding.message} {finding.fix}", err=True)
    if len(found) > SHOWN:
        click.echo(f"  and {len(found) - SHOWN} more; --format json lists all of them.", err=True)


def _say_sum(total: Accounting) -> None:
    if total.ignored or total.rejected:
        click.echo(total.sentence(), err=True)


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
