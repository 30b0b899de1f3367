"""A date on the command line: ``2026-03-10``, or month first as ``3/10/2026``."""

from __future__ import annotations

import re
from datetime import date

import click

_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_US = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})")


def day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """Callback of an option: the date, or :class:`click.BadParameter` with the writing to use."""
    if value is None:
        return None
    match = _ISO.fullmatch(value.strip()) or _US.fullmatch(value.strip())
    if match is None:
        raise click.BadParameter("This is not a date: write it as 2026-03-10 (or 3/10/2026, month first).")
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        raise click.BadParameter("There is no such day: write it as 2026-03-10, year first.") from None
