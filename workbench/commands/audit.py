"""``audit``: what was billed against what the record supports, in both directions."""

from __future__ import annotations

from dataclasses import replace

import click

from parsers.billed import Billed, BilledError, read_billed
from reports.variance import Audit
from reports.variance import audit as audited
from reports.variance_data import audit_csv, audit_json
from reports.variance_text import render_audit
from reports.workbook import workbook
from workbench.commands.closing import NOTHING_READABLE, close, status
from workbench.commands.destination import check_destination, note_file, workbook_target
from workbench.commands.options import Job, coding_options
from workbench.commands.running import run
from workbench.output import STANDARD_OUTPUT, screen, send

FORMATS = ("table", "json", "csv", "xlsx")


def _billed(ctx: click.Context, parameter: click.Parameter, value: str) -> Billed:
    note_file(value)
    try:
        return read_billed(value)
    except BilledError as problem:
        raise click.BadParameter(str(problem), ctx, parameter) from None


@click.command(short_help="What was billed against what is supported.")
@coding_options
@click.option(
    "--billed",
    required=True,
    metavar="FILE",
    callback=_billed,
    help="What was billed: a table (CSV, XLSX: account, date, code, units, modifiers, amount), an 837I, an 835 or DFT"
    " messages.",
)
@click.option("--format", type=click.Choice(FORMATS), default="table", show_default=True, help="Form of the answer.")
@click.option(
    "--output",
    metavar="FILE|-",
    type=click.Path(),
    help="Where it goes.  [default: standard output; xlsx: a file named after the input]",
)
@click.pass_context
def audit(ctx: click.Context, job: Job, billed: Billed, format: str, output: str | None) -> None:
    """Compare what was billed with what the records in PATH... support: missed, over-billed, wrong date or modifier,
    and billed without documentation, each with its cause.

    \b
    infusion-timeline audit day.csv --billed billed.csv
    infusion-timeline audit day.hl7 --billed claims.837 --rates addendum_b.csv --format csv --output audit.csv

    With --encounter, --date-from or --date-to only those encounters are compared. Exit status 0 whatever is found.
    """
    target = workbook_target(output, job.paths, "audit") if format == "xlsx" else output or STANDARD_OUTPUT
    check_destination(ctx, target, job.paths)
    review = run(job)
    if status(review.result) == NOTHING_READABLE:
        close(ctx, review.result, told=False)
    compared = audited(review.result, _asked_for(job, billed, {c.timeline.id for c in review.encounters}), job.rates)
    look = screen(target)
    send([_answer(compared, format, look.width)], target, encoding=look.encoding if format == "table" else "utf-8")
    if format == "xlsx" and output is None:
        click.echo(target)
    close(ctx, review.result, told=False)


def _asked_for(job: Job, billed: Billed, chosen: set[str]) -> Billed:
    """With a choice of encounters only their billed lines: the others were not asked about."""
    if job.encounter is None and job.date_from is None and job.date_to is None:
        return billed
    return replace(billed, lines=tuple(line for line in billed.lines if line.encounter_id in chosen))


def _answer(compared: Audit, format: str, width: int) -> str | bytes:
    match format:
        case "xlsx":
            return workbook(compared.result, compared)
        case "json":
            return audit_json(compared)
        case "csv":
            return audit_csv(compared)
        case _:
            return render_audit(compared, width)
