"""The hour that the clocks strike twice in autumn: which of the two was meant?

A time in that hour without an offset has two readings.  The one that gives the shortest run above zero is
taken (rulebook 0a): an hour too many would be billed otherwise.  Each such time is a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from parsers.events import Action, AdministrationEvent, Finding
from timeline.hangs import ENDS, STARTS


def settle_ambiguous_times(
    events: Sequence[AdministrationEvent],
) -> tuple[list[AdministrationEvent], list[Finding]]:
    """Events of one order with every ambiguous time read once, and a finding for each."""
    if not any(e.time_if_late or e.stop_if_late for e in events):
        return list(events), []
    settled: list[AdministrationEvent] = []
    findings: list[Finding] = []
    began: datetime | None = None
    hung = False
    left = sorted(events, key=_as_charted)
    while left:
        event = left.pop(_next(left, began))
        if not hung and _ends_a_later_start(event, left):
            # 01:45 to 01:15 on the wall: with nothing hanging yet, this end is of the second hour.
            left = sorted([*left, _read(event, event.time_if_late, findings)], key=_as_charted)
            continue
        if event.time_if_late or event.stop_if_late:
            event = _read(_settle(event, left, began), None, findings)
        if event.action in STARTS or event.action is Action.RESTARTED:
            began, hung = event.time, True
        elif event.action in ENDS:
            began, hung = None, hung and event.action is not Action.STOPPED
        settled.append(event)
    return settled, findings


def _as_charted(event: AdministrationEvent) -> tuple[object, ...]:
    return (event.time, event.action in ENDS, event.action.value)


def _read(event: AdministrationEvent, time: datetime | None, findings: list[Finding]) -> AdministrationEvent:
    findings.append(
        Finding(
            "warning",
            "ambiguous-time",
            "A charted time falls into the hour that the clocks strike twice; the reading with the shortest "
            "run is used.",
            "Chart the offset, or correct the time, if the other hour was meant.",
            event.source,
        )
    )
    return replace(event, time=time or event.time, time_if_late=None, stop_if_late=None)


def _ends_a_later_start(event: AdministrationEvent, left: Sequence[AdministrationEvent]) -> bool:
    late = event.time_if_late
    return event.action in ENDS and late is not None and any(e.action in STARTS and e.time < late for e in left)


def _next(left: Sequence[AdministrationEvent], began: datetime | None) -> int:
    """Of the actions of one minute an end comes first while something runs, otherwise a start."""
    if began is None or left[0].action in ENDS:
        return 0
    ends = (i for i, e in enumerate(left) if e.time == left[0].time and e.action in ENDS)
    return next(ends, 0)


def _settle(
    event: AdministrationEvent, later: Sequence[AdministrationEvent], began: datetime | None
) -> AdministrationEvent:
    if event.action is Action.INTERVAL:
        return _settle_interval(event)
    early, late = event.time, event.time_if_late
    if late is None:
        return event
    if event.action in ENDS:
        return replace(event, time=early if began is None or early > began else late, time_if_late=None)
    end = next((e for e in later if e.action in ENDS), None)
    # An end that is unambiguous and later than both readings: the later start is the shorter run.
    use_late = end is not None and end.time_if_late is None and end.time > late
    return replace(event, time=late if use_late else early, time_if_late=None)


def _settle_interval(event: AdministrationEvent) -> AdministrationEvent:
    starts = [event.time] + ([event.time_if_late] if event.time_if_late else [])
    if event.stop is None:
        return replace(event, time_if_late=None)
    stops = [event.stop] + ([event.stop_if_late] if event.stop_if_late else [])
    runs = [(stop - start, start, stop) for start in starts for stop in stops if stop > start]
    if not runs:
        return replace(event, time_if_late=None, stop_if_late=None)
    _, start, stop = min(runs)
    return replace(event, time=start, stop=stop, time_if_late=None, stop_if_late=None)
