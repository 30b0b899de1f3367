"""Units of an infusion from its minutes (rulebook 7, 8).

16-90 minutes give the first unit alone, 91-150 one additional hour, 151-210 two, and so on: an additional
hour is earned by its 31st minute.
"""

from __future__ import annotations

from timeline.spans import Spans, moment
from timeline.switches import Settings


def additional_hours(minutes: int, settings: Settings) -> int:
    """Additional-hour units of ``minutes`` of running time."""
    return max(0, (minutes - settings.additional_hour_from_minutes) // settings.additional_hour_minutes)


def hour_moments(spans: Spans, count: int, settings: Settings, already: int = 0) -> tuple[int, ...]:
    """The instants at which minutes 91, 151, ... of ``spans`` begin: they date the additional hours.

    ``already`` is running time in seconds counted before ``spans`` (bags added together); hours earned by it
    are left out.
    """
    first = settings.additional_hour_from_minutes - 1
    moments = []
    hour = additional_hours(already // 60, settings)
    for n in range(hour + 1, hour + 1 + count):
        earned_after = (first + n * settings.additional_hour_minutes) * 60 - already
        moments.append(moment(spans, max(0, earned_after)))
    return tuple(moments)


def earned_at(count: int, settings: Settings, *, first: bool = False) -> str:
    """The minutes that earned ``count`` units, as text: "91 and 151"; ``first`` counts minute 31 as well."""
    start = 0 if first else 1
    from_, hour = settings.additional_hour_from_minutes, settings.additional_hour_minutes
    marks = [str(from_ + n * hour) for n in range(start, start + count)]
    return marks[0] if len(marks) == 1 else f"{', '.join(marks[:-1])} and {marks[-1]}"


def first_unit(least: int, settings: Settings) -> str:
    """The minutes that are one unit, as text: "31-90"."""
    return f"{least}-{settings.additional_hour_from_minutes + settings.additional_hour_minutes - 1}"
