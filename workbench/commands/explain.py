"""``explain``: why each line, query and uncharged minute is what it is."""

from __future__ import annotations

import click

from reports.explain import explain_encounter
from workbench.commands.closing import close
from workbench.commands.options import Job, coding_options
from workbench.commands.running import run
from workbench.output import STANDARD_OUTPUT, screen, send


@click.command(short_help="Why each line, query and minute.")
@coding_options
@click.option("--output", metavar="FILE|-", type=click.Path(), help="Where it goes.  [default: standard output]")
@click.pass_context
def explain(ctx: click.Context, job: Job, output: str | None) -> None:
    """Explain every line, query and unbilled minute of one encounter (--encounter ID), or of all."""
    review = run(job)
    pieces = (explain_encounter(coded).rstrip("\n") + "\n\n" for coded in review.encounters)
    target = output or STANDARD_OUTPUT
    send(pieces, target, encoding=screen(target).encoding)
    close(ctx, review.result, told=False)
