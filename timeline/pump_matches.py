"""Which charted administration a pump's run is of, and whether it is that very run.

Only the same run may give a stop that nobody charted: one that began with the charted start, or that was going when the
chart last shows the drug running.  A later run is another dose: taken for the charted one it would bill the silence
between, minutes that neither chart nor pump saw (rulebook 26, 27).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from timeline.hang_settings import HangSettings
from timeline.model import Administration

if TYPE_CHECKING:
    from timeline.pump_evidence import PumpRun

EARLY = timedelta(hours=1)
"""A pump may start so long before the charted start and still be meant by it."""
UNKNOWN_STOP = timedelta(hours=24)


def meant(
    run: PumpRun,
    charted: Sequence[Administration],
    linked: Mapping[str, Sequence[PumpRun]],
    same_order: Callable[[str], str],
    settings: HangSettings,
) -> Administration | None:
    """The charted administration a run is of: by order number, else by drug, and always by time.

    ``linked`` holds the earlier runs of each administration.  A run at keep-open rate is a carrier behind the drug and
    of no charted administration.
    """
    if run.keeps_open:
        return None
    in_time = [a for a in charted if _in_time(run, a, linked.get(a.id, ()), settings)]
    own = same_order(run.order_id) if run.order_id else None
    fits = [a for a in in_time if own and a.order_id and same_order(a.order_id) == own]
    fits = fits or [a for a in in_time if a.ingredients == run.ingredients]
    fits = fits or [a for a in in_time if run.ingredients and run.ingredients < a.ingredients]
    began = run.start or run.until
    return min(fits, key=lambda a: (abs(a.start - began), a.start, a.id), default=None)


def _in_time(run: PumpRun, a: Administration, earlier: Sequence[PumpRun], settings: HangSettings) -> bool:
    """Whether a run can be that of an administration."""
    if a.single_dose:
        return near(run, a.start) or same_run(run, a, earlier, settings)
    if a.open_since is not None or not a.segments:
        return same_run(run, a, earlier, settings)
    stop = max(a.segments[-1].stop, a.last_seen)
    if run.start is None:
        # Only an end: of something that ran at that time.
        return a.start < run.until <= stop + EARLY
    # What begins as the charted run ends goes on with it.
    tolerance = timedelta(minutes=settings.pump_tolerance_minutes)
    return a.start - EARLY <= run.start <= stop + tolerance or run.start < a.start < run.until


def near(run: PumpRun, time: datetime) -> bool:
    return abs((run.start or run.until) - time) <= EARLY


def same_run(run: PumpRun, a: Administration, earlier: Sequence[PumpRun], settings: HangSettings) -> bool:
    """Whether a run is the very run of an administration without a stop; ``earlier`` are runs that are.

    An end whose start was never sent closes what the chart opened, as a charted stop would, unless the drug was last
    seen running more than ``bag_change_max_minutes`` before.
    """
    since, seen = a.open_since or a.start, max(a.last_seen, a.open_since or a.start)
    if run.start is None or run.made is None:
        if any(r.stop is not None for r in earlier):
            return False
        seen = max([seen, *(r.until for r in earlier)])
        return since < run.until <= seen + timedelta(minutes=settings.bag_change_max_minutes)
    tolerance = timedelta(minutes=settings.pump_tolerance_minutes)
    if run.start >= (a.latest_stop or a.start + UNKNOWN_STOP):
        return False
    if min(abs(run.start - a.start), abs(run.start - since)) <= tolerance:
        return True
    if any(s.start - tolerance <= seen <= s.stop + tolerance and s.stop > since for s in run.made.segments):
        return True
    return any(r.until - tolerance <= run.start <= r.until + tolerance for r in earlier)


def beside_the_open(run: PumpRun, charted: Sequence[Administration]) -> Administration | None:
    """The charted administration of the same drug whose stop is missing, and which began before this other run."""
    began = run.start or run.until
    missing = [a for a in charted if a.open_since is not None and a.ingredients == run.ingredients]
    earlier = [a for a in missing if a.start < began < (a.latest_stop or a.start + UNKNOWN_STOP)]
    return max(earlier, key=lambda a: (a.start, a.id), default=None)
