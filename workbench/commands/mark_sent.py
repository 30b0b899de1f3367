"""``mark-sent``: the receiver has the charges of a run."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from workbench.commands.store_options import store_option


@click.command("mark-sent", short_help="The charges of a run were sent.")
@store_option
@click.argument("run", metavar="RUN", type=click.IntRange(0))
@click.option(
    "--as-of", metavar="RUN", type=click.IntRange(1), help="Of several files written with it, the one as of this run."
)
def mark_sent(store: str, run: int, as_of: int | None) -> None:
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
            done = marked(connection, run, datetime.now(UTC), as_of)
    except SendingError as problem:
        raise click.UsageError(str(problem)) from None
    what = f"{done.charges:,} charges and {done.credits:,} credits written with --since {done.since}"
    click.echo(f"{what} were marked as sent before; nothing changed." if done.again else f"{what} now count as sent.")
