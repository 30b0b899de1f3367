"""Times as people and systems write them, made aware: offsets, zones, and the two odd hours of the year.

A time with an offset keeps it.  A time without one is read in the zone of the :class:`Clock` and returned with
the offset that was then valid there, so that differences are true elapsed time.  The machine's own zone and the
present day are never used: a time that lacks its year or its hour is a :class:`TimeProblem`, not a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Literal

from parsers.shapes import shape
from parsers.time_texts import TextProblem, Wall, read_charted, read_hl7

Precision = Literal["day", "minute", "second"]

EARLIEST_YEAR, LATEST_YEAR = 1970, 2260
"""Placeholders such as 1900, 0001 and 9999 lie outside; date-shifted research data reach past 2200."""
_CACHE_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment.  ``time`` is aware, with a fixed offset and whole seconds."""

    time: datetime
    time_if_late: datetime | None = None
    """The second reading where the clocks struck that hour twice (autumn)."""
    precision: Precision = "minute"
    notes: tuple[str, ...] = ()
    """``ambiguous``: the autumn hour, first reading taken; ``gap``: a spring time that no clock showed, moved
    forward by the gap."""


@dataclass(frozen=True, slots=True)
class TimeProblem:
    """A time that cannot be used.

    ``code`` is ``time-empty``, ``date-only``, ``time-without-date``, ``time-without-year``, ``time-impossible``
    or ``time-unreadable``; ``message`` shows only the shape of what was found.
    """

    code: str
    message: str
    fix: str


class Clock:
    """Reads times in one zone; ``None`` reads times without an offset as UTC and remembers that in ``assumed``.

    ``day_first`` and ``date_from`` are for charted times (:func:`parsers.time_texts.read_charted`).
    """

    __slots__ = ("_charted", "_hl7", "assumed", "date_from", "day_first", "zone")

    def __init__(self, zone: tzinfo | None = None, *, day_first: bool = False, date_from: date | None = None) -> None:
        self.zone = zone
        self.day_first = day_first
        self.date_from = date_from
        self.assumed = False
        """True once a time without an offset was read and no zone had been given."""
        self._charted: dict[str, Stamp | TimeProblem] = {}
        self._hl7: dict[str, Stamp | TimeProblem] = {}

    def hl7(self, text: str) -> Stamp | TimeProblem:
        """An HL7 v2 time: ``YYYYMMDDHHMM[SS[.S...]][+/-ZZZZ]``."""
        known = self._hl7.get(text)
        if known is None:
            known = self._keep(self._hl7, text, read_hl7(text))
        return known

    def charted(self, text: str) -> Stamp | TimeProblem:
        """A time as charted or exported: ISO 8601, US month-first with or without AM/PM, month names, or HL7."""
        known = self._charted.get(text)
        if known is None:
            known = self._keep(self._charted, text, read_charted(text, self.day_first, self.date_from))
        return known

    def _keep(self, cache: dict[str, Stamp | TimeProblem], text: str, found: Wall | TextProblem) -> Stamp | TimeProblem:
        result = _problem(found, text) if isinstance(found, TextProblem) else self._stamp(found, text)
        if len(cache) >= _CACHE_LIMIT:
            cache.clear()
        cache[text] = result
        return result

    def _stamp(self, wall: Wall, text: str) -> Stamp | TimeProblem:
        if not EARLIEST_YEAR <= wall.time.year <= LATEST_YEAR:
            return TimeProblem(
                "time-impossible",
                f"The year of this time ({shape(text)}) lies outside {EARLIEST_YEAR}-{LATEST_YEAR}.",
                "Such years usually stand for 'not known': leave the time empty or chart the real one.",
            )
        if wall.offset is not None:
            return Stamp(wall.time.replace(tzinfo=timezone(wall.offset)), precision=wall.precision)
        if self.zone is None:
            self.assumed = True
            return Stamp(wall.time.replace(tzinfo=UTC), precision=wall.precision)
        return _localised(wall, self.zone)


def _localised(wall: Wall, zone: tzinfo) -> Stamp:
    """Wall time in ``zone`` by the two readings of PEP 495 (``fold`` 0 and 1)."""
    first = wall.time.replace(tzinfo=zone).utcoffset() or timedelta(0)
    second = wall.time.replace(tzinfo=zone, fold=1).utcoffset() or timedelta(0)
    if first == second:
        return Stamp(wall.time.replace(tzinfo=timezone(first)), precision=wall.precision)
    if first > second:
        early = wall.time.replace(tzinfo=timezone(first))
        late = wall.time.replace(tzinfo=timezone(second))
        return Stamp(early, late, wall.precision, ("ambiguous",))
    # No clock showed this time.  Reading it by the old offset moves it forward by the gap, as a watch not yet set.
    moved = wall.time.replace(tzinfo=timezone(first)).astimezone(timezone(second))
    return Stamp(moved, precision=wall.precision, notes=("gap",))


_EXPECTED = "Expected a date with a time, such as 2026-03-10T08:05, 03/10/2026 8:05 AM or 202603100805"

DAY_STANDS_FIRST = "The day stands first: say date_order: day-first in a profile."
"""The advice where a date is one only with its day first."""

_WORDS: dict[str, tuple[str, str]] = {
    "time-empty": ("The time is empty.", "Chart the date and time of this action."),
    "date-only": (
        "A date without a time of day was found ({shape}).",
        "Minutes decide the codes: export the time of day with the date.",
    ),
    "time-without-date": ("A time of day without a date was found ({shape}).", _EXPECTED + "."),
    "time-without-year": (
        "The date has no year ({shape}).",
        "Export the year, or name the first day of the export with --date-from.",
    ),
    "time-impossible": (
        "This is not a time that exists ({shape}): {detail}.",
        _EXPECTED + "; dates are month first unless a profile says date_order: day-first.",
    ),
    "time-unreadable": ("The time could not be read ({shape}{detail}).", _EXPECTED + "."),
}


def _problem(problem: TextProblem, text: str) -> TimeProblem:
    message, fix = _WORDS[problem.code]
    fix = DAY_STANDS_FIRST if problem.day_first else fix
    detail = problem.detail
    if problem.code == "time-unreadable" and detail:
        detail = ": " + detail
    return TimeProblem(problem.code, message.format(shape=shape(text), detail=detail), fix)
