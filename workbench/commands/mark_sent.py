"""``mark-sent``: the receiver has the charges of a run."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from workbench.commands.charges import counted
from workbench.commands.options import config_option
from workbench.commands.store_options import store_option


@click.command("mark-sent", short_help="The charges of a run were sent.")
@config_option
@store_option
@click.argument("run", metavar="RUN", type=click.IntRange(0))
@click.option("--release", is_flag=True, help="The file that was written with --release.")
@click.option(
    "--as-of", metavar="RUN", type=click.IntRange(1), help="Of several files written with it, the one as of this run."
)
def mark_sent(store: str, run: int, release: bool, as_of: int | None) -> None:
    """Count the charges last written with `charges --since RUN` as sent.

    \b
    infusion-timeline mark-sent --store night.db 12

    From then on a line that changes is credited under the id it was sent with and charged under a new one. Marking the
    same run twice changes nothing.
    """
    from workbench.store.batches import SendingError
    from workbench.store.database import opened
    from workbench.store.sending import mark_sent as marked

    try:
        with opened(store) as open_store, open_store.writing() as connection:
            done = marked(connection, run, datetime.now(UTC), as_of, release=release)
    except SendingError as problem:
        raise click.UsageError(str(problem)) from None
    what = f"{counted(done.charges, 'charge')} and {counted(done.credits, 'credit')} written with --since {done.since}"
    click.echo(f"{what} now {'counts' if done.charges + done.credits == 1 else 'count'} as sent.")
    if done.before:
        click.echo(f"{done.before:,} of that file counted as sent before; nothing changed for them.")
    if done.other_waits:
        click.echo("A file written with --release waits as well: if that one went out, add --release.", err=True)
