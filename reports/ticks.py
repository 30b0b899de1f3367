"""Where a time axis says the hour and where a new day begins, in the encounter's local time.

Ticks are true elapsed time apart, so an axis across a clock change shows an hour twice or leaves one out,
just as the clock on the wall did.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from timeline.model import EncounterTimeline

STEPS = (5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440)
"""Minutes between ticks that a clock reader expects."""


def step_for(minutes_per_label: float) -> int:
    """The smallest step that leaves each label its room; a day at most."""
    return next((step for step in STEPS if step >= minutes_per_label), STEPS[-1])


def ticks(timeline: EncounterTimeline, first: datetime, last: datetime, step: int) -> Iterator[datetime]:
    """Local times from ``first`` to ``last`` whose minute of the day is a multiple of ``step`` minutes."""
    local = timeline.local(first)
    hour = first - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    stride = timedelta(minutes=min(step, 60))
    for n in range(int((last - hour) / stride) + 1):
        shown = timeline.local(hour + n * stride)
        if hour + n * stride >= first and (shown.hour * 60 + shown.minute) % step == 0:
            yield shown


def new_days(timeline: EncounterTimeline, first: datetime, last: datetime) -> list[datetime]:
    """The local midnights after ``first`` and up to ``last``; the first hour of the day where midnight is skipped."""
    found, day = [], timeline.local_date(first)
    for hour in ticks(timeline, first, last, 60):
        if hour.date() != day:
            day = hour.date()
            found.append(hour)
    return found
