"""``check``: is a feed or an export fit to be coded, and what would mend it?"""

from __future__ import annotations

from pathlib import Path

import click

from parsers.profiles import load_profile
from reports.feed_health import Health
from reports.feed_health_data import health_json
from reports.feed_health_text import render_health
from reports.profile_lines import profile_text
from workbench.checking import check_inputs, second_opinion
from workbench.commands.closing import NOTHING_READABLE, SOME_REJECTED, look_again, status
from workbench.commands.destination import check_destination
from workbench.commands.options import Inputs, reading_options
from workbench.commands.running import prepare
from workbench.output import STANDARD_OUTPUT, CannotWrite, screen, send, write_private
from workbench.progress import working
from workbench.standard_input import keep_standard_input

FORMATS = ("text", "json")


@click.command(short_help="What a feed or export lacks, and what mends it.")
@reading_options
@click.option("--strict", is_flag=True, help="Show messages to hl7apy too; status 1 when one does not conform.")
@click.option("--save-profile", metavar="FILE", type=click.Path(), help="Write a profile (YAML) to edit and use.")
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True, help="Form of the answer.")
@click.option("--output", metavar="FILE|-", type=click.Path(), help="Where it goes.  [default: standard output]")
@click.pass_context
def check(
    ctx: click.Context, inputs: Inputs, strict: bool, save_profile: str | None, format: str, output: str | None
) -> None:
    """Look at the records in PATH... without coding them.

    A feed: messages by sender, fields filled, words not known, times, character sets. A table: the columns found,
    ten rows as understood, what is missing and what that costs. Both: the lines of a profile that would mend it.

    Exit status: 0 done; 1 some input was rejected or, with --strict, a message does not conform; 2 nothing readable.
    """
    target = output or STANDARD_OUTPUT
    check_destination(ctx, target, inputs.paths)
    if save_profile is not None:
        _check_new(save_profile)
        check_destination(ctx, save_profile, inputs.paths)
    if "-" in inputs.paths and not (inputs.rejects or inputs.show_values):
        keep_standard_input(ctx)  # the others keep it already
    prepare()
    with working("Reading and checking"):
        checked = check_inputs(inputs, strict=strict)
    found = checked.health
    look = screen(target)
    if format == "json":
        send([health_json(found)], target)
    else:
        text = render_health(found, look.width, show_values=inputs.show_values)
        send([text], target, encoding=look.encoding if target == STANDARD_OUTPUT else "utf-8")
    if save_profile is not None:
        _save(save_profile, found, inputs.profile, inputs.timezone)
    reading = checked.reading
    look_again(
        ctx,
        reading.inputs,
        reading.rejected,
        [*reading.rejected, *reading.findings],
        second_opinion if strict else None,
    )
    end = status(reading)
    if end == NOTHING_READABLE:
        click.echo("Nothing in the input could be read.", err=True)
    failed = found.conformance is not None and found.conformance.failed > 0
    ctx.exit(end or (SOME_REJECTED if failed else 0))


def _check_new(path: str) -> None:
    """A profile is edited by hand: one that is there is never written over."""
    if path == STANDARD_OUTPUT or not path.casefold().endswith((".yaml", ".yml")):
        raise click.UsageError("--save-profile names a new file that ends in .yaml.")
    if Path(path).exists():
        raise CannotWrite(f"{path} is there already and may hold your work. Name a new file, or remove it first.")


def _save(path: str, found: Health, profile: str | None, timezone: str | None) -> None:
    columns: dict[str, str] = {}
    for table in found.tables:
        columns = {**table.columns, **columns}
    chosen = next((table.profile for table in found.tables if table.problem is None), None)
    base = load_profile(profile or chosen or "generic")
    offered = {missing.nearest for table in found.tables for missing in table.missing}
    unread = dict.fromkeys(header for table in found.tables for header in table.unmapped if header not in offered)
    text = profile_text(Path(path).stem, base, found.mending, columns, unread=tuple(unread), timezone=timezone)
    write_private(Path(path), [text])
    click.echo(f"The profile was written to {path}: read it through, then use it with --profile {path}.", err=True)
