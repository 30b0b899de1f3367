"""Where the answer of a command goes, checked before anything is read: never onto what the user gave to read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import click

from parsers.files import find_inputs
from workbench.output import STANDARD_OUTPUT, CannotWrite, workbook_name

_FILES = "infusion-timeline.files"


def note_file(path: str | None) -> None:
    """Remember a file that an option names (a formulary, rates, answers ...): it must not be written over."""
    if path is not None:
        click.get_current_context().meta.setdefault(_FILES, []).append(path)


def check_destination(ctx: click.Context, target: str, paths: Iterable[str]) -> None:
    """Refuse a target that is one of the files to be read, or whose folder is not there.

    ``paths`` are the inputs as named, folders and patterns too.  Raises
    :class:`click.UsageError` or :class:`~workbench.output.CannotWrite`, both with exit status 2.
    """
    if target == STANDARD_OUTPUT:
        return
    folder = Path(target).parent
    if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises where a folder may not be looked into
        raise CannotWrite(
            f"{target} cannot be written: the folder {folder} does not exist. Make it first, or name another place."
        )
    place = os.path.realpath(target)
    if any(place == os.path.realpath(path) for path in ctx.meta.get(_FILES, ())):  # one that is not there yet as well
        raise click.UsageError(f"{target} is a file this command works with: the answer would overwrite it.")
    if not os.path.isfile(target):  # noqa: PTH113
        return
    given = [p for p in paths if p != STANDARD_OUTPUT]
    read = [str(found.path) for found in find_inputs(given)[0] if found.path is not None] if given else []
    if any(_same(target, path) for path in (*read, *ctx.meta.get(_FILES, ()))):
        raise click.UsageError(
            f"{target} is one of the files to be read: the answer would overwrite it. Name another file with --output."
        )


def workbook_target(output: str | None, paths: Iterable[str], purpose: str) -> str:
    """Where a workbook goes: ``output``, or a file named after the input and what it is for.

    A person may have filled in the one that is there already: only ``--output`` replaces it.  Otherwise
    :class:`click.UsageError`, exit status 2.
    """
    if output is not None:
        return output
    target = workbook_name(paths, purpose)
    if os.path.lexists(target):
        raise click.UsageError(
            f"{target} is there already and may hold what somebody filled in, so it was left alone."
            f" Name another file with --output, or replace it with --output {target}"
        )
    return target


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 - links of both kinds count
    except OSError:
        return False
