"""Does a new bag continue the run of the one before it, or was the earlier bag's stop never charted?

A nurse who hangs bag after bag charts no stop between them.  But two eight-hourly doses without stops are never one
long infusion: over a long silence the run goes on only if the bag that hung was large enough to last through it
(rulebook 0b).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from timeline.hang_settings import RateStep

_LONGEST_HOURS = 366 * 24
"""A bag that would last longer has a wrong volume or rate: it says nothing."""


def continues(seen: Sequence[datetime], limit: timedelta, runs_dry: Sequence[datetime]) -> bool:
    """Whether the run lasted through every silence.

    ``seen`` are the charted actions of the run and the new bag; a stretch between two of them longer than ``limit``
    is believed only if a charted bag ran dry (``runs_dry``) no earlier than the stretch ends.
    """
    marks = sorted(set(seen))
    return all(b - a <= limit or any(b <= dry for dry in runs_dry) for a, b in pairwise(marks))


def runs_dry(
    volume_ml: float, since: datetime, running: Sequence[tuple[datetime, datetime | None]], rates: Sequence[RateStep]
) -> datetime | None:
    """When a bag of ``volume_ml`` hung at ``since`` is empty, by the charted rates; ``None`` if they do not say.

    ``running`` are the running stretches in order, the last one possibly open (``None``).
    """
    left = volume_ml
    steps = sorted(rates, key=lambda r: r.time)
    for start, stop in running:
        at = max(start, since)
        if stop is not None and stop <= at:
            continue
        while stop is None or at < stop:
            # A rate charted only after the bag was hung is taken to have run from the start.
            step = next((r for r in reversed(steps) if r.time <= at), steps[0] if steps else None)
            rate = step.ml_per_hour if step is not None else None
            following = next((r.time for r in steps if r.time > at), None)
            ends = min((t for t in (stop, following) if t is not None), default=None)
            if not rate:
                return None
            hours = left / rate
            if hours > _LONGEST_HOURS:
                return None
            empty = at + timedelta(hours=hours)
            if ends is None or empty <= ends:
                return empty
            left -= rate * (ends - at).total_seconds() / 3600
            at = ends
    return None
