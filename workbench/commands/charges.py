"""``charges``: what has to be charged or credited since a run, in the form of the receiver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo

import click

from parsers.charge_master import ChargeMaster, load_charge_master
from parsers.receivers import Receiver, ReceiverError, load_receiver
from parsers.reference_tables import ReferenceTableError
from reports.charge import Charges
from reports.charges_837 import TooManyModifiersError, service_lines_837
from reports.charges_check import check_messages
from reports.charges_csv import charges_csv, held_csv
from reports.charges_dft import dft_messages
from reports.charges_fhir import charge_bundle
from reports.charges_items import without_cdm
from workbench.commands.destination import check_destination, note_file
from workbench.commands.options import config_option
from workbench.commands.store_options import store_option
from workbench.output import STANDARD_OUTPUT, send

FORMATS = ("dft", "fhir", "csv", "837")
NOT_CONFORMING = 1
_SHOWN = 10
_WAITS = "are not marked as sent in full (some may be held)"


def _receiver(ctx: click.Context, param: click.Parameter, value: str) -> Receiver:
    try:
        return load_receiver(value)
    except ReceiverError as problem:
        raise click.BadParameter(str(problem), ctx, param) from problem


def _cdm(ctx: click.Context, param: click.Parameter, value: str | None) -> ChargeMaster | None:
    note_file(value)
    try:
        return None if value is None else load_charge_master(value)
    except ReferenceTableError as problem:
        raise click.BadParameter(str(problem), ctx, param) from problem


@click.command(short_help="Charges and credits for the billing system.")
@config_option
@store_option
@click.option(
    "--since",
    metavar="RUN",
    type=click.IntRange(0),
    required=True,
    help="What changed in this run or a later one.",
)
@click.option("--format", type=click.Choice(FORMATS), default="csv", show_default=True, help="Form of the charges.")
@click.option(
    "--receiver",
    metavar="NAME|FILE",
    default="generic",
    show_default=True,
    callback=_receiver,
    help="Where the receiver wants what.",
)
@click.option("--cdm", metavar="FILE", callback=_cdm, help="Your charge master: CDM codes, revenue codes and prices.")
@click.option("--release", is_flag=True, help="Send what is held as well: open queries, answers and judgements.")
@click.option("--encounter", "only", metavar="ID", multiple=True, help="This encounter only; may be repeated.")
@click.option("--held", metavar="FILE", type=click.Path(), help="Write what is held there as CSV, with the reason.")
@click.option("--output", metavar="FILE|-", type=click.Path(), help="Where they go.  [default: standard output]")
@click.pass_context
def charges(
    ctx: click.Context,
    store: str,
    since: int,
    format: str,
    receiver: Receiver,
    cdm: ChargeMaster | None,
    release: bool,
    only: tuple[str, ...],
    held: str | None,
    output: str | None,
) -> None:
    """Write what must be charged or credited so that billing agrees with the store.

    \b
    infusion-timeline charges --store night.db --since 12 --format dft --cdm cdm.csv --output charges.hl7
    infusion-timeline mark-sent --store night.db 12

    A charge that was sent and has changed is taken back (CR) and charged anew (CG). Nothing counts as sent until
    mark-sent says so; until then the same command writes the same ids. Encounters with open queries, and lines that
    rest on an answer or a judgement, are held unless --release is given: a person releases charges. Exit status 1: they
    were written, and a DFT message does not conform to HL7.
    """
    from workbench.store.batches import Asked, SendingError
    from workbench.store.database import opened
    from workbench.store.sending import charges_since, finished_at

    target, faults = output or STANDARD_OUTPUT, list[str]()
    for place in (target, *([held] if held is not None else [])):
        check_destination(ctx, place, ())
    asked = Asked(release, frozenset(only))
    try:
        with opened(store) as open_store, open_store.writing() as connection:
            found = charges_since(connection, since, asked, datetime.now(UTC))
            made = finished_at(connection, found.as_of)
            # written out before it is kept as written: a disk that is full leaves nothing to be marked
            send(list(_pieces(found, format, receiver, cdm, made, faults)), target)
    except (SendingError, TooManyModifiersError) as problem:
        raise click.UsageError(str(problem)) from None
    if held is not None:
        send([held_csv(found.held)], held)
    _say(found, without_cdm(found, receiver, cdm), release=release)
    for fault in faults[:_SHOWN]:
        click.echo(f"A DFT message does not conform: {fault}", err=True)
    if faults:
        ctx.exit(NOT_CONFORMING)


def _pieces(
    found: Charges,
    format: str,
    receiver: Receiver,
    cdm: ChargeMaster | None,
    made: tuple[datetime, str],
    faults: list[str],
) -> Iterator[str]:
    finished, zone = made
    local = finished.astimezone(ZoneInfo(zone))
    match format:
        case "fhir":
            return charge_bundle(found, receiver, cdm)
        case "csv":
            return charges_csv(found, receiver, cdm)
        case "837":
            return service_lines_837(found, receiver, cdm, local)
        case _:
            messages = list(dft_messages(found, receiver, cdm, local))
            faults.extend(check_messages(messages))
            return chain(messages)


def _say(found: Charges, codes: tuple[str, ...], *, release: bool) -> None:
    kinds = Counter(charge.kind for charge in found.charges)
    if found.charges:
        said = f"{counted(kinds['CG'], 'charge')} and {counted(kinds['CR'], 'credit')} as of run {found.as_of}"
        click.echo(f"{said}; none counts as sent yet.", err=True)
    else:
        click.echo(f"Nothing new to send as of run {found.as_of}.", err=True)
    if found.held:
        why = Counter(held.why for held in found.held)
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(why.items()))
        waits = f"{counted(len(found.held), 'line')} held ({reasons})"
        click.echo(f"{waits}; --held FILE lists them, --release lets them out.", err=True)
    for text in codes:
        click.echo(text, err=True)
    if found.earlier:
        what = "1 encounter that changed" if found.earlier == 1 else f"{found.earlier:,} encounters that changed"
        click.echo(f"Not in this file: {what} in earlier runs and {_WAITS}; a smaller --since shows them.", err=True)
    for before in found.written_before:
        what = f"{counted(before.charges, 'charge or credit')} of --since {before.since} as of run {before.as_of}"
        click.echo(
            f"Written before, never marked as sent, and changed since: {what}. If that file went out, run"
            f" mark-sent {before.since} --as-of {before.as_of} and write these charges again.",
            err=True,
        )
    if found.charges:
        words = f"{found.since}{' --release' if release else ''}"
        click.echo(f"When the receiver has confirmed them: infusion-timeline mark-sent {words}", err=True)


def counted(count: int, what: str) -> str:
    """``1 charge``, ``2,000 charges``."""
    several = what.replace("charge or credit", "charges or credits") if " or " in what else f"{what}s"
    return f"1 {what}" if count == 1 else f"{count:,} {several}"
