"""``analyze``: records in, coded lines out."""

from __future__ import annotations

from collections.abc import Iterable

import click

from reports.csv_output import lines_csv
from reports.html import page_html
from reports.json_output import json_pieces
from reports.table_text import render_table
from reports.timeline_png import PngExtraMissingError, timeline_png
from reports.timeline_svg import timeline_svg
from reports.workbook import workbook
from timeline.model import Result
from workbench.commands.closing import NOTHING_READABLE, close, say_open_queries, status
from workbench.commands.deidentify_options import changed, deidentify_options
from workbench.commands.destination import check_destination, workbook_target
from workbench.commands.json_answer import answer_json, holds_no_encounters
from workbench.commands.options import Job, coding_options
from workbench.commands.running import run
from workbench.output import STANDARD_OUTPUT, page_name, screen, send

FORMATS = ("table", "json", "csv", "xlsx", "html", "svg", "png")
FILES = ("html", "xlsx", "png")
"""Forms that go into a file named after the input when no place is named."""


@click.command(short_help="Code records: lines, reasons, queries.")
@coding_options
@click.option("--format", type=click.Choice(FORMATS), default="table", show_default=True, help="Form of the answer.")
@click.option(
    "--output",
    metavar="FILE|-",
    type=click.Path(),
    help="Where it goes.  [default: standard output; html, xlsx, png: a file named after the input]",
)
@deidentify_options
@click.pass_context
def analyze(ctx: click.Context, job: Job, format: str, output: str | None, secret: bytes | None) -> None:
    """Code the records in PATH... and show lines, reasons, queries and findings.

    PATH is a file, a folder or - for standard input: HL7 v2 messages, a MAR table (CSV, TSV, XLSX), FHIR
    (JSON, NDJSON) or CLIF tables (Parquet, CSV), any of them gzipped. The kind is found from the content.
    """
    target = output or (page_name(job.paths, f".{format}") if format in ("html", "png") else STANDARD_OUTPUT)
    if format == "xlsx":
        target = workbook_target(output, job.paths, "timeline")
    check_destination(ctx, target, job.paths)
    # Whether an answer was used is known with its encounter.
    if format == "json" and holds_no_encounters(ctx) and secret is None and job.answers is None:
        answer_json(ctx, job, target)
        return
    review = changed(run(job), secret)
    if target != STANDARD_OUTPUT and status(review.result) == NOTHING_READABLE:
        close(ctx, review.result, told=False)  # nothing to write
    if format in ("svg", "png") and len(review.encounters) != 1:
        raise click.UsageError(
            f"A picture ({format}) shows one encounter, and there are {len(review.encounters)}."
            " Choose one with --encounter ID, or use --format html for all."
        )
    if format == "table":
        look = screen(target)
        table = render_table(review.result, width=look.width, color=look.color, encoding=look.encoding)
        send([table], target, encoding=look.encoding)
    else:
        send(_pieces(review.result, format), target)
    if format in FILES and output is None:
        click.echo(target)
    if format == "csv":
        say_open_queries(review.result)
    close(ctx, review.result, told=format == "table" and target == STANDARD_OUTPUT)


def _pieces(result: Result, format: str) -> Iterable[str | bytes]:
    match format:
        case "json":
            return json_pieces(result)
        case "csv":
            return [lines_csv(result)]
        case "html":
            return [page_html(result)]
        case "xlsx":
            return [workbook(result)]
        case "png":
            return [_png(result)]
        case _:
            return [timeline_svg(result.encounters[0])]


def _png(result: Result) -> bytes:
    try:
        return timeline_png(result.encounters[0])
    except PngExtraMissingError as problem:
        raise click.UsageError(str(problem)) from None
