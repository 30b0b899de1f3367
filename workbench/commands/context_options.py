"""``--accesses`` and ``--classes``: the tables a site adds beside its records."""

from __future__ import annotations

from collections.abc import Callable

import click

from parsers.context import ContextError, ContextTable, read_accesses, read_classes
from workbench.commands.destination import note_file


def _reader(
    read: Callable[[str], ContextTable],
) -> Callable[[click.Context, click.Parameter, str | None], ContextTable | None]:
    def read_option(ctx: click.Context, param: click.Parameter, value: str | None) -> ContextTable | None:
        note_file(value)
        if value is None:
            return None
        try:
            return read(value)
        except ContextError as problem:
            raise click.BadParameter(str(problem)) from problem

    return read_option


CONTEXT = [
    click.option(
        "--accesses",
        metavar="FILE",
        type=click.Path(),
        callback=_reader(read_accesses),
        help="The IV lines in place: encounter_id, site, start, stop, location, same_as.",
    ),
    click.option(
        "--classes",
        metavar="FILE",
        type=click.Path(),
        callback=_reader(read_classes),
        help="Patient class by time: encounter_id, class, start, stop; the first start is the arrival.",
    ),
]
