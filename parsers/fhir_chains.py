"""Administrations that are part of another (``partOf``): one infusion told in pieces.

The whole gives start and stop where it has a period; its parts then tell of pauses (``on-hold``) and rates.  A
whole without a period ran while its parts ran, and paused in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from parsers.events import Action, AdministrationEvent

_HOLD = "on-hold"


def joined(whole: AdministrationEvent, parts: Sequence[AdministrationEvent], order: str) -> list[AdministrationEvent]:
    """The charted actions of a chain, in order of time; ``order`` names the run that all of them share.

    ``whole`` and ``parts`` are events as read one by one.
    """
    whole = replace(whole, order_id=order)
    parts = sorted((replace(p, order_id=order) for p in parts), key=lambda p: (p.time, p.stop or p.time))
    if whole.action is Action.INTERVAL:
        return _of_whole(whole, parts)
    running = [p for p in parts if p.action is Action.INTERVAL and p.action_text != _HOLD]
    return _of_parts(running, parts) if running else [whole, *parts]


def _of_whole(whole: AdministrationEvent, parts: Sequence[AdministrationEvent]) -> list[AdministrationEvent]:
    made = [_moment(whole, Action.STARTED, whole.time)]
    for part in parts:
        if part.action_text == _HOLD:
            made += _pause(part)
        else:
            # A part without a rate still says that it ran, and stands in the evidence.
            made.append(_moment(part, Action.RATE_VERIFY if part.rate is None else Action.RATE_CHANGE, part.time))
    if whole.stop is not None:
        made.append(_moment(whole, Action.STOPPED, whole.stop))
    return made


def _of_parts(
    running: Sequence[AdministrationEvent], parts: Sequence[AdministrationEvent]
) -> list[AdministrationEvent]:
    made = [_moment(running[0], Action.STARTED, running[0].time)]
    end = running[0].stop
    for part in running[1:]:
        if end is not None and part.time > end:
            made += [_moment(part, Action.PAUSED, end), _moment(part, Action.RESTARTED, part.time)]
        made.append(_moment(part, Action.RATE_CHANGE, part.time))
        end = None if end is None or part.stop is None else max(end, part.stop)
    for part in parts:
        if part.action_text == _HOLD:
            made += _pause(part)
    if end is not None:
        made.append(_moment(running[-1], Action.STOPPED, end))
    return made


def _pause(part: AdministrationEvent) -> list[AdministrationEvent]:
    """A stretch on hold: paused at its start, running again at its end, if it has one."""
    made = [_moment(part, Action.PAUSED, part.time)]
    return [*made, _moment(part, Action.RESTARTED, part.stop)] if part.stop is not None else made


def _moment(event: AdministrationEvent, action: Action, time: datetime) -> AdministrationEvent:
    return replace(event, action=action, time=time, time_if_late=None, stop=None, stop_if_late=None, stop_from=None)
