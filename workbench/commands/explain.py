"""``explain``: why each line, query and uncharged minute is what it is."""

from __future__ import annotations

import click

from reports.explain import explain_encounter
from workbench.commands.closing import NOTHING_READABLE, close, status
from workbench.commands.destination import check_destination
from workbench.commands.options import Job, coding_options
from workbench.commands.running import run
from workbench.output import STANDARD_OUTPUT, screen, send


@click.command(short_help="Why each line, query and minute.")
@coding_options
@click.option("--output", metavar="FILE|-", type=click.Path(), help="Where it goes.  [default: standard output]")
@click.pass_context
def explain(ctx: click.Context, job: Job, output: str | None) -> None:
    """Explain every line, query and unbilled minute of one encounter (--encounter ID), or of all."""
    target = output or STANDARD_OUTPUT
    check_destination(ctx, target, job.paths)
    review = run(job)
    if target != STANDARD_OUTPUT and status(review.result) == NOTHING_READABLE:
        close(ctx, review.result, told=False)  # nothing to write
    assumed = any(f.code == "zone-assumed" for f in review.result.findings)
    pieces = (explain_encounter(coded, zone_assumed=assumed).rstrip("\n") + "\n\n" for coded in review.encounters)
    send(pieces, target, encoding=screen(target).encoding)
    close(ctx, review.result, told=False)
