"""Tables that keep the day and the time of day in two columns: ``Admin Date`` beside ``Admin Time``."""

from __future__ import annotations

import re
from datetime import date, timedelta

_TIME_OF_DAY = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AP]\.?M\.?)?\s*(?:Z|[+-]\d{2}:?\d{2}|[A-Z]{3,4})?|\d{3,4}",
    re.IGNORECASE,
)
_MILITARY = re.compile(r"(\d{1,2})(\d{2})")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_FRACTION = re.compile(r"0?\.\d{3,}")
"""A time of day as Excel stores it: the part of the day that has passed."""
_SERIAL_DAY = re.compile(r"(\d{5})(?:\.0+)?")
_MIDNIGHT = re.compile(r"(?:T|\s+)(?:00:00(?::00(?:\.0+)?)?|12:00(?::00)?\s*AM)$", re.IGNORECASE)
"""What a spreadsheet adds to a cell that holds a day."""


def is_time_of_day(text: str) -> bool:
    """``8:05``, ``08:05:00 PM``, ``0805``: a time that needs its day from elsewhere."""
    return _TIME_OF_DAY.fullmatch(text) is not None or _FRACTION.fullmatch(text) is not None


def joined(day: str, time: str) -> str:
    """One text of a day and a time of day, in a form that the clock reads.

    >>> joined("2026-03-10 00:00:00", "805")
    '2026-03-10 8:05'
    """
    day = _MIDNIGHT.sub("", day.strip())
    compact = _COMPACT_DAY.fullmatch(day)
    if compact:
        day = "-".join(compact.groups())
    serial = _SERIAL_DAY.fullmatch(day)
    if serial:
        # Excel's number of a day.
        day = (date(1899, 12, 30) + timedelta(days=int(serial[1]))).isoformat()
    if _FRACTION.fullmatch(time):
        passed = round(float(time) * 1440)
        time = f"{passed // 60}:{passed % 60:02}"
    military = _MILITARY.fullmatch(time)
    return f"{day} {military[1]}:{military[2]}" if military else f"{day} {time}"
