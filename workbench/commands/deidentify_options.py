"""``--deidentify --key FILE``: what identifies a patient is replaced once everything is coded."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from reports.deidentify import KeyTooShortError, deidentified
from workbench.commands.destination import note_file
from workbench.pipeline import Review

Command = Callable[..., Any]


def deidentify_options(command: Command) -> Command:
    """Add both options; the function gets the key as ``secret``, ``None`` when nothing is to be replaced."""

    @functools.wraps(command)
    def gathered(**given: Any) -> Any:
        asked, key = given.pop("deidentify"), given.pop("key")
        if asked != (key is not None):
            lacking = "--key FILE, a file of your own with a secret text" if asked else "--deidentify"
            raise click.UsageError(f"--deidentify and --key go together: add {lacking}.")
        return command(secret=_secret(key) if key is not None else None, **given)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered


_OPTIONS = (
    click.option(
        "--deidentify",
        is_flag=True,
        help="Replace numbers, names and dates after coding. The outcome must not be coded again.",
    ),
    click.option(
        "--key",
        metavar="FILE",
        type=click.Path(),
        help="Secret for --deidentify, 16 bytes or more; the same key gives the same pseudonyms.",
    ),
)


def _secret(path: str) -> bytes:
    note_file(path)
    try:
        return Path(path).read_bytes()
    except OSError as problem:
        raise click.UsageError(f"The key file cannot be read ({(problem.strerror or 'no file').lower()}).") from None


def changed(review: Review, secret: bytes | None) -> Review:
    """The review as asked for; raises ``click.UsageError`` for a key that is too short."""
    if secret is None:
        return review
    try:
        return Review(deidentified(review.result, secret))
    except KeyTooShortError as problem:
        raise click.UsageError(f"{problem} Write a longer secret into the key file.") from None
