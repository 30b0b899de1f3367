"""``report``: the report of a nightly run, once more."""

from __future__ import annotations

import click

from workbench.commands.destination import check_destination
from workbench.commands.night_answer import FORMATS, render
from workbench.commands.options import config_option
from workbench.commands.store_options import store_option
from workbench.output import STANDARD_OUTPUT, send


@click.command(short_help="The report of a nightly run, once more.")
@config_option
@store_option
@click.argument("run", metavar="[RUN]", type=click.IntRange(1), required=False)
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True, help="Form of the report.")
@click.option("--output", metavar="FILE|-", type=click.Path(), help="Where it goes.  [default: standard output]")
@click.pass_context
def report(ctx: click.Context, store: str, run: int | None, format: str, output: str | None) -> None:
    """Show what a completed nightly run reported; without RUN, the last one.

    \b
    infusion-timeline report --store night.db 12 --format html --output run-12.html
    """
    from workbench.store.database import opened
    from workbench.store.runs import no_such_run, report_of

    target = output or STANDARD_OUTPUT
    check_destination(ctx, target, ())
    with opened(store) as open_store, open_store.reading() as connection:
        told = report_of(connection, run)
        if told is None:
            raise click.UsageError(no_such_run(connection, run))
    send(render(told, format, target), target)
