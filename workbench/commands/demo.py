"""``demo``: the main job on the bundled sample day, nothing to set up."""

from __future__ import annotations

import click

from reports.html import page_html
from reports.table_text import render_table
from workbench.bundled_sample import DAY_FEED, ZONE, as_file, sample_file
from workbench.commands.closing import close
from workbench.commands.destination import check_destination
from workbench.output import STANDARD_OUTPUT, screen, send
from workbench.pipeline import analyze
from workbench.progress import working

PAGE = "infusion-timeline-demo.html"


@click.command(short_help="The sample day, nothing to set up.")
@click.option("--output", metavar="FILE", type=click.Path(), default=PAGE, show_default=True, help="The page to write.")
@click.pass_context
def demo(ctx: click.Context, output: str) -> None:
    """Code the bundled sample day, show it here and write it as a page with timelines.

    The day is invented: one infusion centre and emergency department, as an HL7 feed.
    """
    with as_file(sample_file(DAY_FEED)) as day, working("Reading and coding the sample day"):
        check_destination(ctx, output, [str(day)])
        result = analyze(day, timezone=ZONE).result
    look = screen(STANDARD_OUTPUT)
    table = render_table(result, width=look.width, color=look.color, encoding=look.encoding)
    send([table], STANDARD_OUTPUT, encoding=look.encoding)
    send([page_html(result)], output)
    if output != STANDARD_OUTPUT:
        click.echo(f"\nThe same with pictures, to open in a browser: {output}")
        click.echo("Your own records: infusion-timeline analyze FILE --timezone ZONE")
    close(ctx, result, told=True)
