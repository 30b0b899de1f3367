"""``worklist``: what is missing in the record, for the coder or as a question sheet for nursing."""

from __future__ import annotations

import click

from reports.sheets import workbook_bytes
from reports.worklist_text import render_worklist, sheet_csv
from reports.worklists import AUDIENCES, Audience, worklist_sheets
from timeline.model import Result
from workbench.commands.closing import NOTHING_READABLE, close, status
from workbench.commands.destination import check_destination, workbook_target
from workbench.commands.options import Job, coding_options
from workbench.commands.running import run
from workbench.output import STANDARD_OUTPUT, screen, send

FORMATS = ("table", "csv", "xlsx")


@click.command(short_help="What is missing, by unit and nurse.")
@coding_options
@click.option(
    "--for",
    "audience",
    type=click.Choice(AUDIENCES),
    required=True,
    help="coder: with what each answer bills. nursing: open questions only, no code and no amount.",
)
@click.option("--format", type=click.Choice(FORMATS), default="table", show_default=True, help="Form of the answer.")
@click.option(
    "--output",
    metavar="FILE|-",
    type=click.Path(),
    help="Where it goes.  [default: standard output; xlsx: a file named after the input]",
)
@click.pass_context
def worklist(ctx: click.Context, job: Job, audience: Audience, format: str, output: str | None) -> None:
    """List what the records in PATH... do not say and a bill depends on: missing stop times, IV lines not charted,
    reasons for a second line, and rows that look wrong, by unit, nurse and shift.

    \b
    infusion-timeline worklist day.csv --for nursing --format xlsx
    infusion-timeline analyze day.csv --answers day.questions-nursing.xlsx

    The sheet comes back with --answers once its yellow columns are filled in.
    """
    purpose = f"questions-{audience}"
    target = workbook_target(output, job.paths, purpose) if format == "xlsx" else output or STANDARD_OUTPUT
    check_destination(ctx, target, job.paths)
    review = run(job)
    if target != STANDARD_OUTPUT and status(review.result) == NOTHING_READABLE:
        close(ctx, review.result, told=False)  # nothing to write
    look = screen(target)
    answer = _answer(review.result, audience, format, look.width)
    send([answer], target, encoding=look.encoding if format == "table" else "utf-8")
    if format == "xlsx" and output is None:
        click.echo(target)
    close(ctx, review.result, told=False)


def _answer(result: Result, audience: Audience, format: str, width: int) -> str | bytes:
    match format:
        case "xlsx":
            return workbook_bytes(worklist_sheets(result, audience), "Open questions")
        case "csv":
            return sheet_csv(worklist_sheets(result, audience)[0])
        case _:
            return render_worklist(result, audience, width)
