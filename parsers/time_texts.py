"""The written forms of a time: HL7, ISO 8601, US month-first, month names, and the serial numbers of Excel.

Each form is recognised whole, by a pattern of its own; nothing is filled in.  Month names go to dateutil, twice
with different defaults, so that a part it would have to invent shows.  Dotted dates (10.03.2026) are refused unless
a profile says that the day stands first: the guess would move a bill by months.  A date without its year is refused
unless the first day of the export is known.
"""

# ruff: noqa: DTZ001 - wall-clock times carry no zone yet; the clock adds it.
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

_OFFSET = r"(?P<zone>Z|[+-]\d{2}:?\d{2}|[+-]\d{2}|[A-Z]{3,4})?"
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AP]\.?M\.?)?\s*" + _OFFSET
)
_ISO = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?:(?:T|\s+)(?:" + _TIME + r"))?",
    re.IGNORECASE,
)
_US = re.compile(
    r"(?P<month>\d{1,2})(?P<mark>[-/])(?P<day>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})(?:,?\s+(?:" + _TIME + r"))?",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})(?:,?\s+(?:" + _TIME + r"))?",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"(?P<day>\d{5})(?:\.(?P<part>\d+))?")
_SERIAL_ZERO, _SERIALS = datetime(1899, 12, 30), range(25_569, 73_051)
"""Day 0 of Excel's calendar as it counts after February 1900; its numbers from 1970 to 2099."""
_US_COMPACT_TIME = re.compile(r"(?P<date>\d{1,2}/\d{1,2}/\d{2,4}|\d{4}-\d{2}-\d{2})\s+(?P<hour>\d{2})(?P<minute>\d{2})")
_HL7 = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:(?P<hour>\d{2})(?:(?P<minute>\d{2})(?:(?P<second>\d{2})(?:\.\d*)?)?)?)?\s*(?P<zone>[+-]\d{2}:?\d{2}|Z)?"
)
_SHORT_HL7 = re.compile(r"\d{4}(?:\d{2})?")
_COMPACT_ISO = re.compile(r"(?P<date>\d{8})T(?P<time>\d{4}(?:\d{2}(?:\.\d+)?)?)(?P<zone>[+-]\d{2}:?\d{2}|Z)?")
_TIME_ONLY = re.compile(_TIME, re.IGNORECASE)
_NO_YEAR = re.compile(r"(?P<first>\d{1,2})[-/](?P<second_part>\d{1,2})(?:,?\s+" + _TIME + r")?", re.IGNORECASE)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NAMED = re.compile(
    r"(?P<date>(?:[a-z]{3,9},?\s+)?(?:\d{1,2}[-\s]?" + _MONTH + r"[-\s,]*\d{4}|" + _MONTH + r"\s*\d{1,2},?\s+\d{4}))"
    r"(?:(?::|,?\s+(?:at\s+)?)(?:" + _TIME + r"))?",
    re.IGNORECASE,
)
_NAMED_NO_YEAR = re.compile(
    r"(?:\d{1,2}[-\s]?" + _MONTH + r"|" + _MONTH + r"\s*\d{1,2}),?(?:\s+" + _TIME + r")?", re.IGNORECASE
)

_ZONE_HOURS = {
    "UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
"""The abbreviations of US wall clocks; others mean different zones in different countries and are not read."""


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall-clock time (naive) and the offset written with it, if any."""

    time: datetime
    offset: timedelta | None
    precision: Literal["day", "minute", "second"]


@dataclass(frozen=True, slots=True)
class TextProblem:
    """Why a text is no time; ``detail`` never holds the value itself."""

    code: str
    detail: str = ""
    day_first: bool = False
    """It is a day where the day stands first."""


def read_hl7(text: str) -> Wall | TextProblem:
    """An HL7 v2 DTM/TS of at least minute precision."""
    size = len(text)
    if (size == 12 or size == 14) and text.isdigit() and text.isascii():
        second = int(text[12:]) if size == 14 else None
        quick = (int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), second)
        return _wall(*quick, None)
    cut = text.strip()
    if not cut or cut == '""':
        return TextProblem("time-empty")
    match = _HL7.fullmatch(cut)
    if match is None:
        return TextProblem("date-only" if _SHORT_HL7.fullmatch(cut) else "time-unreadable")
    part = match.groupdict()
    if part["hour"] is None:
        return _date_only(part["year"], part["month"], part["day"])
    if part["minute"] is None:
        return TextProblem("time-unreadable", "the minutes are missing")
    return _wall_of(part)


def read_charted(text: str, day_first: bool = False, date_from: date | None = None) -> Wall | TextProblem:
    """ISO 8601, US month-first with or without AM/PM, month names, HL7, or the number of a day in Excel.

    ``day_first`` reads 03/04/2026 and 03.04.2026 as the third of April.  ``date_from`` gives a date without a year
    the year in which it falls on that day or within the year after it.
    """
    found = _charted(text.strip(), day_first, date_from)
    if isinstance(found, TextProblem) and not day_first and _stands_first(text.strip()):
        return TextProblem(found.code, found.detail, day_first=True)
    return found


def _stands_first(cut: str) -> bool:
    """Whether a text that is no time month first is one, or a date, day first: 22.03.2026, 22/03/2026 8:05."""
    match = _DAY_FIRST.fullmatch(cut)
    if match is None:
        return False
    try:
        date(int(_full_year(match["year"])), int(match["month"]), int(match["day"]))
    except ValueError:
        return False
    # 03/04/2026 is read month first: a fault of its time of day says nothing of the order.
    return match["mark"] == "." or int(match["day"]) > 12


def _charted(cut: str, day_first: bool, date_from: date | None) -> Wall | TextProblem:
    if not cut or cut == '""':
        return TextProblem("time-empty")
    match = _ISO.fullmatch(cut) or (_DAY_FIRST if day_first else _US).fullmatch(cut)
    if match is not None:
        part = match.groupdict()
        if part["hour"] is None:
            return _date_only(_full_year(part["year"]), part["month"], part["day"])
        return _wall_of(part)
    serial = _SERIAL.fullmatch(cut)
    if serial is not None and int(serial["day"]) in _SERIALS:
        return _of_serial(cut, serial["part"])
    if cut[:8].isdigit():
        compact = _COMPACT_ISO.fullmatch(cut)
        if compact is not None:
            cut = compact["date"] + compact["time"] + (compact["zone"] or "")
        return read_hl7(cut)
    military = _US_COMPACT_TIME.fullmatch(cut)
    if military is not None:
        return read_charted(f"{military['date']} {military['hour']}:{military['minute']}", day_first)
    return _named_month(cut, day_first, date_from)


def _of_serial(text: str, part: str | None) -> Wall | TextProblem:
    """A day number with the time as its fraction; with few decimals only the minute can be meant."""
    if part is None or not int(part):
        return TextProblem("date-only")
    step = 1 if len(part) > 5 else 60
    seconds = round(float(text) * 86_400 / step) * step
    return Wall(_SERIAL_ZERO + timedelta(seconds=seconds), None, "minute" if step == 60 else "second")


def _named_month(cut: str, day_first: bool, date_from: date | None) -> Wall | TextProblem:
    match = _NAMED.fullmatch(cut)
    if match is not None:
        return _by_dateutil(match)
    if _TIME_ONLY.fullmatch(cut):
        return TextProblem("time-without-date")
    short = _NO_YEAR.fullmatch(cut)
    if short is not None and date_from is not None and short["hour"]:
        return _with_year(short, day_first, date_from)
    if short is not None or _NAMED_NO_YEAR.fullmatch(cut):
        return TextProblem("time-without-year")
    return TextProblem("time-unreadable")


def _with_year(match: re.Match[str], day_first: bool, date_from: date) -> Wall | TextProblem:
    part = match.groupdict()
    month, day = (part["second_part"], part["first"]) if day_first else (part["first"], part["second_part"])
    found = _wall_of(part | {"year": str(date_from.year), "month": month, "day": day})
    if isinstance(found, Wall) and found.time.date() < date_from:
        # An export that runs over New Year.
        return _wall_of(part | {"year": str(date_from.year + 1), "month": month, "day": day})
    return found


def _by_dateutil(match: re.Match[str]) -> Wall | TextProblem:
    from dateutil import parser

    date = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)", " ", match["date"], flags=re.IGNORECASE)
    try:
        # dateutil fills what is missing from a default: what differs between two defaults was never written.
        one = parser.parse(date, default=datetime(2000, 1, 1), ignoretz=True)
        two = parser.parse(date, default=datetime(2004, 2, 2), ignoretz=True)
    except (ValueError, OverflowError):
        return TextProblem("time-impossible", "that month has no such day")
    if one != two:
        return TextProblem("time-unreadable")
    part = match.groupdict()
    if part["hour"] is None:
        return TextProblem("date-only")
    return _wall_of(part | {"year": str(one.year), "month": str(one.month), "day": str(one.day)})


def _wall_of(part: dict[str, str | None]) -> Wall | TextProblem:
    hour = int(part["hour"] or 0)
    half = (part.get("half") or "").replace(".", "").upper()
    if half:
        if hour > 12:
            return TextProblem("time-impossible", "its hour does not go with AM or PM")
        hour = hour % 12 + (12 if half == "PM" else 0)
    offset: timedelta | None = None
    if part["zone"]:
        offset = _offset(part["zone"])
        if offset is None:
            return TextProblem("time-unreadable", "its zone or offset is not known")
    second = part["second"]
    return _wall(
        int(_full_year(part["year"] or "")),
        int(part["month"] or 0),
        int(part["day"] or 0),
        hour,
        int(part["minute"] or 0),
        None if second is None else int(second),
        offset,
    )


def _wall(
    year: int, month: int, day: int, hour: int, minute: int, second: int | None, offset: timedelta | None
) -> Wall | TextProblem:
    precision: Literal["minute", "second"] = "minute" if second is None else "second"
    try:
        if hour == 24 and minute == 0 and not second:
            # 2400 closes a day on many wards; ISO 8601 reads it as the next day's midnight.
            return Wall(datetime(year, month, day) + timedelta(days=1), offset, precision)
        return Wall(datetime(year, month, day, hour, minute, second or 0), offset, precision)
    except (ValueError, OverflowError):
        return TextProblem("time-impossible", _what_is_wrong(month, day, hour, minute, second or 0))


def _date_only(year: str | None, month: str | None, day: str | None) -> TextProblem:
    whole = _wall(int(year or 0), int(month or 0), int(day or 0), 0, 0, None, None)
    return whole if isinstance(whole, TextProblem) else TextProblem("date-only")


def _what_is_wrong(month: int, day: int, hour: int, minute: int, second: int) -> str:
    if not 1 <= month <= 12:
        return "its month is not 1 to 12"
    if not 1 <= day <= 31:
        return "its day is not 1 to 31"
    if hour > 23:
        return "its hour is not 0 to 23"
    if minute > 59:
        return "its minute is not 0 to 59"
    if second > 59:
        return "its second is not 0 to 59"
    return "that month has no such day"


def _full_year(year: str | None) -> str:
    """Two digits, as spreadsheets show them, are 1970-2069."""
    text = year or ""
    if len(text) != 2:
        return text
    return ("20" if int(text) < 70 else "19") + text


def _offset(zone: str) -> timedelta | None:
    if zone[0] not in "+-":
        hours = _ZONE_HOURS.get(zone.upper())
        return None if hours is None else timedelta(hours=hours)
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 14 or minutes > 59:
        return None
    size = timedelta(hours=hours, minutes=minutes)
    return -size if zone[0] == "-" else size
