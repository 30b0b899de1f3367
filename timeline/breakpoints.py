"""Possible stops of an infusion without one: the stretches that bill the same (rulebook 27)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import prod

from timeline.bills import BillKey
from timeline.mapper import Coding
from timeline.possible_answers import Answer, Choice, Key, Unknown, too_many
from timeline.recoding import Worker
from timeline.services import OpenStop

_MINUTE = 60
_HOUR = 3600


def fill_stops(worker: Worker, unknowns: list[Unknown]) -> bool:
    """The stretches of possible stops between which codes can change.

    They are found under every answer to what is no stop, the other stops standing at either extreme; where two stops
    act on each other that is not enough, and :func:`timeline.holding.hold_entangled` holds what depends on both.
    False, with the rest unsearched, as soon as the answers found make more combinations than are worked out.
    """
    stops = [u for u in unknowns if u.what == "stop" and u.stop is not None and not u.answers]
    for unknown in stops:
        assert unknown.stop is not None
        breaks: set[int] = set()
        # More breakpoints than this, and there are too many combinations whatever else is found.
        most = worker.policy.settings.combinations_max // prod(len(u.answers) for u in unknowns if u.answers)
        for rest in _contexts(unknown, unknowns):
            breaks |= _Search(worker, unknown.key, unknown.stop, rest).breakpoints(most)
            if len(breaks) > most:
                break
        edges = sorted(breaks | {unknown.stop.lower})
        ends = [*(e - _MINUTE for e in edges[1:]), unknown.stop.upper]
        unknown.answers = [Answer(str(a), str(b)) for a, b in zip(edges, ends, strict=True)]
        if too_many([u for u in unknowns if u.answers], worker.policy):
            return False
    return True


def _contexts(unknown: Unknown, unknowns: list[Unknown]) -> Iterator[Choice]:
    """How everything else may stand while one stop is searched: each choice, the other stops short or long."""
    others = [u for u in unknowns if u is not unknown]
    choices = [u for u in others if u.stop is None]
    stops = [u.stop for u in others if u.stop is not None]
    for longest in (False, True) if stops else (False,):
        bounds: Choice = {("stop", s.administration.id): str(s.upper if longest else s.lower) for s in stops}
        for values in product(*([a.value for a in u.answers] for u in choices)):
            yield {**bounds, **{u.key: value for u, value in zip(choices, values, strict=True)}}


def sample_answers(unknowns: list[Unknown]) -> None:
    """Too many unknowns to search: a stop at its bounds and where a push becomes an infusion, two lines an access."""
    for unknown in unknowns:
        if unknown.what == "access":
            unknown.answers = unknown.answers[:2]
        stop = unknown.stop
        if stop is not None:
            points = {stop.lower, stop.since + 16 * _MINUTE, stop.upper}
            # Single minutes, not stretches: what lies between was not tried.
            unknown.answers = [Answer(str(p)) for p in sorted(points) if stop.lower <= p <= stop.upper]


@dataclass(frozen=True, slots=True)
class _Earned:
    """What a coding earned, the additional hours of the drug without a stop kept apart."""

    others: frozenset[object]
    hours: frozenset[object]
    """The additional hours of the drug itself: code, modifiers and date with their units."""
    earned_at: tuple[int, ...] = field(compare=False)
    """The instants that earned these hours."""


class _Search:
    """Possible stops, minute by minute from the lower bound, at which the coding differs from a minute before.

    Between two starts or stops of the other administrations every measure of the rules grows or shrinks
    steadily with the stop, so equal codings at both ends mean equal codings between.  Where only additional
    hours of the drug itself differ, the instants that earned them say where; the rest is bisected.
    """

    def __init__(self, worker: Worker, key: Key, stop: OpenStop, rest: Choice) -> None:
        self.worker = worker
        self.key = key
        self.stop = stop
        self.rest = rest
        self.breaks: set[int] = set()
        self._earned: dict[int, _Earned] = {}
        codes = worker.policy.codes
        self._hour_codes = {codes.hour_chemo, codes.hour_therapeutic}

    def breakpoints(self, most: int) -> set[int]:
        """All breakpoints, or more than ``most`` of them with the rest left unsearched."""
        for low, high in pairwise(self._marks()):
            self._between(low, high)
            if len(self.breaks) > most:
                break
        return self.breaks

    def _marks(self) -> list[int]:
        """The bounds, and the whole minutes around every start and stop of another administration.

        What takes no time, or is a carrier, is measured against nothing but a dose of the same drug.
        """
        lower, upper = self.stop.lower, self.stop.upper
        marks = {lower, upper}
        services = self.worker.code(self.rest).services
        drug = next(s.drug for s in services if s.id == self.key[1])
        for service in services:
            if service.kind == "carrier" or (not service.spans and service.drug != drug):
                continue
            for point in (service.start, *(edge for span in service.spans for edge in span)):
                if lower < point < upper:
                    # Stops are tried on whole minutes from the lower bound.
                    near = lower + (point - lower) // _MINUTE * _MINUTE
                    marks |= {near, min(near + _MINUTE, upper)}
        return sorted(marks)

    def _between(self, low: int, high: int) -> None:
        if self._at(low) == self._at(high):
            return
        if high - low <= _MINUTE:
            self.breaks.add(high)
            return
        hours = self._hours_between(low, high)
        if hours is not None:
            self.breaks.update(hours)
            return
        # Hours are earned sixty minutes apart: look first where the last one would put the next.
        due = max(self.breaks, default=0) + _HOUR
        if (
            low + _MINUTE < due < high
            and high - low <= _HOUR
            and self._at(low) == self._at(due - _MINUTE)
            and self._at(due) == self._at(high)
        ):
            self.breaks.add(due)
            return
        middle = low + (_HOUR if high - low > _HOUR else max(_MINUTE, (high - low) // (2 * _MINUTE) * _MINUTE))
        self._between(low, middle)
        self._between(middle, high)

    def _hours_between(self, low: int, high: int) -> list[int] | None:
        """Where each further hour of the drug is complete, if nothing else differs; the first and last are tried."""
        shorter, longer = self._at(low), self._at(high)
        known = len(shorter.earned_at)
        if shorter.others != longer.others or longer.earned_at[:known] != shorter.earned_at:
            return None
        steps = [self._minute_after(earned + _MINUTE) for earned in longer.earned_at[known:]]
        if not steps or len(set(steps)) < len(steps) or not (low < min(steps) and max(steps) <= high):
            return None
        first, last = steps[0], steps[-1]
        confirmed = shorter == self._at(first - _MINUTE) != self._at(first) and longer == self._at(last) != self._at(
            last - _MINUTE
        )
        return steps if confirmed else None

    def _minute_after(self, time: int) -> int:
        """The first stop that is tried at or after ``time``."""
        lower = self.stop.lower
        return min(lower - (lower - time) // _MINUTE * _MINUTE, self.stop.upper)

    def _at(self, point: int) -> _Earned:
        found = self._earned.get(point)
        if found is None:
            coding = self.worker.code({**self.rest, self.key: str(point)})
            found = self._earned[point] = self._earned_in(coding)
        return found

    def _earned_in(self, coding: Coding) -> _Earned:
        """What each administration earned: two that are equal bill the same and for the same reasons."""
        known = self.worker.shared.unit_keys
        own = [c for c in coding.charges if c.service.id == self.key[1] and c.code in self._hour_codes]
        hours: Counter[BillKey] = Counter()
        for charge in own:
            hours.update(known[id(charge)][1])
        rest = Counter(coding.bill) - hours
        mine = {id(c) for c in own}
        charges = Counter((c.service.id, c.code, c.modifiers, c.units) for c in coding.charges if id(c) not in mine)
        return _Earned(
            frozenset([*charges.items(), *rest.items()]),
            frozenset(hours.items()),
            tuple(sorted(when for c in own for when in c.when)),
        )
