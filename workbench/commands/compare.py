"""``compare``: the same records under two policies, and which switch makes the difference."""

from __future__ import annotations

import click

from parsers import read
from parsers.context import with_tables
from reports.changes import Comparison
from reports.changes_data import changes_csv, changes_json
from reports.changes_text import render_changes
from timeline import build, code
from timeline.model import Result, Timelines
from timeline.policy import Policy
from workbench.commands.closing import close
from workbench.commands.destination import check_destination
from workbench.commands.options import Job, comparing_options
from workbench.commands.running import chosen, prepare
from workbench.comparing import Asked
from workbench.comparing import compare as compare_policies
from workbench.output import STANDARD_OUTPUT, screen, send
from workbench.progress import working

FORMATS = ("table", "json", "csv")


@click.command(short_help="Two policies: what differs, and why.")
@comparing_options
@click.option("--format", type=click.Choice(FORMATS), default="table", show_default=True, help="Form of the answer.")
@click.option("--output", metavar="FILE|-", type=click.Path(), help="Where it goes.  [default: standard output]")
@click.pass_context
def compare(ctx: click.Context, job: Job, sides: tuple[Asked, Asked], format: str, output: str | None) -> None:
    """Code the records in PATH... under two policies and show what differs: encounters, codes, units, queries and,
    with --rates, amounts, each with the switch that makes the difference.

    \b
    infusion-timeline compare day.csv --policy facility --policy professional
    infusion-timeline compare day.csv --policy facility \\
        --policy facility+concurrent_min_overlap=1+partial_overlap=concurrent

    --set changes a switch of both. Exit status 0 whatever is found.
    """

    def coder(timelines: Timelines, policy: Policy) -> Result:
        return code(timelines, policy, rates=job.rates, mue=job.mue, ptp=job.ptp, answers=job.answers)

    target = output or STANDARD_OUTPUT
    check_destination(ctx, target, job.paths)
    prepare()
    with working("Reading and coding twice"):
        records = read(job.paths, profile=job.profile, timezone=job.timezone)
        records = with_tables(records, (job.accesses, job.classes), job.profile, job.timezone)
        timelines = build(records, formulary=job.formulary)
        under_a, under_b = (chosen(job, coder(timelines, side.policy)) for side in sides)
        comparison = compare_policies(timelines, *sides, under_a, under_b, coder)
    look = screen(target)
    send([_text(comparison, format, look.width)], target, encoding=look.encoding if format == "table" else "utf-8")
    close(ctx, under_a, told=False)


def _text(comparison: Comparison, format: str, width: int) -> str:
    match format:
        case "json":
            return changes_json(comparison)
        case "csv":
            return changes_csv(comparison)
        case _:
            return render_changes(comparison, width)
