"""Ask only if it changes the bill (rulebook 27).

For an encounter with unknowns the mapper is run for every combination of answers.  What all of them bill is
certain; a question is raised only where two answers bill differently, with each range of answers and what it
would add; otherwise the assumption is recorded and nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import prod

from timeline.access_names import access_key
from timeline.dependents import Dependents, always_initial
from timeline.mapper import Bill, Coding, bill_of, code_encounter, local_dates
from timeline.model import Administration, EncounterTimeline, What
from timeline.policy import PolicyVersion
from timeline.services import Cache, OpenStop
from timeline.spans import Span

Key = tuple[What, str]
Choice = dict[tuple[str, str], str]

_HOUR = 3600
_CHOICES: dict[What, tuple[str, ...]] = {
    "second_access": ("deny", "allow"),
    "concurrent_chemo": ("none", "96417", "96549"),
    "kind": ("not hormonal", "hormonal"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer, or for a stop a stretch of them that bills the same."""

    value: str
    to: str | None = None
    """For a stop: the last second of the stretch; ``value`` is its first."""


@dataclass(slots=True)
class Unknown:
    """One thing the record does not say, its possible answers from shortest to longest."""

    what: What
    administration: str
    answers: list[Answer]
    stop: OpenStop | None = None

    @property
    def key(self) -> Key:
        return (self.what, self.administration)


@dataclass(slots=True)
class Range:
    """What a stretch of answers adds to the certain lines, the other unknowns standing one way."""

    answer: Answer
    adds: Bill
    others: str


@dataclass(slots=True)
class Question:
    unknown: Unknown
    ranges: list[Range]


@dataclass(slots=True)
class Settled:
    """An encounter with its unknowns worked out."""

    base: Coding
    """One coding whose lines are shown; what is not certain of it is held."""
    certain: Bill
    questions: list[Question] = field(default_factory=list)
    assumed: list[Unknown] = field(default_factory=list)
    codings: list[Coding] = field(default_factory=list)
    """All codings that were worked out, the base first."""
    complete: bool = True
    """False when there were more combinations than the policy works out: then all unknown drugs are held."""


class _Worker:
    """Codes one encounter under many answers, each combination once."""

    def __init__(self, timeline: EncounterTimeline, policy: PolicyVersion) -> None:
        self.timeline = timeline
        self.policy = policy
        self.done: dict[tuple[tuple[Key, str], ...], Coding] = {}
        self.day = local_dates(timeline)
        self.cache: Cache = {}

    def code(self, choice: Choice) -> Coding:
        key = tuple(sorted(choice.items()))
        if key not in self.done:
            self.done[key] = code_encounter(self.timeline, self.policy, choice, self.day, self.cache)  # type: ignore[index]
        return self.done[key]  # type: ignore[index]


def settle(timeline: EncounterTimeline, policy: PolicyVersion) -> Settled:
    """Code an encounter, and find which of its unknowns change the bill."""
    worker = _Worker(timeline, policy)
    first = worker.code({})
    unknowns = _access_unknowns(timeline, policy, first)
    unknowns += [Unknown("stop", s.administration.id, [], s) for s in first.open_stops]
    if not unknowns and not first.asked:
        return Settled(first, first.bill, codings=[first])
    unknowns += [_choice_unknown(key) for key in sorted(first.asked)]
    searched = True
    while True:
        # Every unknown has two answers at least: that alone may be too many to search for more.
        few = 2 ** len(unknowns) <= policy.settings.combinations_max
        # Once only sampled, a stop stays so: what lies between the samples was never tried.
        searched = searched and few and _fill_stops(worker, unknowns)
        if not searched:
            _sample_answers(unknowns)
        found = _work_out(worker, unknowns, searched and not _too_many(worker, unknowns))
        known = {u.key for u in unknowns}
        asked = {key for coding in found.codings for key in coding.asked} - known
        if not asked:
            return found
        unknowns += [_choice_unknown(key) for key in sorted(asked)]


def _choice_unknown(key: tuple[str, str]) -> Unknown:
    what: What = key[0]  # type: ignore[assignment]
    return Unknown(what, key[1], [Answer(v) for v in _CHOICES[what]])


def _work_out(worker: _Worker, unknowns: list[Unknown], searched: bool) -> Settled:
    # A few samples of each stop prove nothing about the minutes between them, however few the combinations.
    settled = (_every_combination if searched else _hold_unknown_drugs)(worker, unknowns)
    settled.certain = with_parents(settled.certain, worker.policy)
    for question in settled.questions:
        question.ranges = _ranges(worker, unknowns, unknowns.index(question.unknown), settled)
    return settled


def _too_many(worker: _Worker, unknowns: Sequence[Unknown]) -> bool:
    """More combinations than the policy works out."""
    return prod(len(u.answers) for u in unknowns) > worker.policy.settings.combinations_max


def with_parents(bill: Bill, policy: PolicyVersion) -> Bill:
    """The bill without add-ons whose initial or parent is not in it: they are held with it (rulebook 27)."""
    codes = policy.codes
    by_date = policy.settings.initial_scope == "date"
    initials = {
        codes.initial_chemo,
        codes.initial_therapeutic,
        codes.initial_chemo_push,
        codes.initial_push,
        codes.initial_hydration,
    }
    beside = {
        codes.injection,
        codes.chemo_injection,
        codes.hormonal_injection,
        codes.intra_arterial_push,
        codes.subcutaneous,
        codes.hour_subcutaneous,
        codes.subcutaneous_setup,
        codes.prolonged_pump,
        codes.port_flush,
    }
    parents = {
        codes.hour_chemo: {codes.initial_chemo, codes.sequential_chemo},
        codes.hour_therapeutic: {codes.initial_therapeutic, codes.sequential_therapeutic},
        codes.hour_subcutaneous: {codes.subcutaneous},
        codes.subcutaneous_setup: {codes.subcutaneous},
    }
    dates = {day for code, modifiers, day in bill if code in initials and not modifiers}
    kept = {
        key: units
        for key, units in bill.items()
        if key[0] in initials | beside or (key[2] in dates if by_date else bool(dates))
    }
    present = {(code, modifiers) for code, modifiers, _ in kept}
    return {
        key: units
        for key, units in kept.items()
        if key[0] not in parents or any((parent, key[1]) in present for parent in parents[key[0]])
    }


def _every_combination(worker: _Worker, unknowns: list[Unknown]) -> Settled:
    """All combinations of answers, the shortest of each first."""
    indices = list(product(*(range(len(u.answers)) for u in unknowns)))
    codings = {i: worker.code(_choice(unknowns, i)) for i in indices}
    certain = common(c.bill for c in codings.values())
    base = _nearest(list(codings.values()))
    settled = Settled(base, certain, codings=[base, *(c for c in codings.values() if c is not base)])
    for place, unknown in enumerate(unknowns):
        by_rest: dict[tuple[int, ...], list[Bill]] = {}
        for index, coding in codings.items():
            by_rest.setdefault(index[:place] + index[place + 1 :], []).append(coding.bill)
        if any(bill != bills[0] for bills in by_rest.values() for bill in bills):
            settled.questions.append(Question(unknown, []))
        else:
            settled.assumed.append(unknown)
    return settled


def _hold_unknown_drugs(worker: _Worker, unknowns: list[Unknown]) -> Settled:
    """Too many combinations: all unknown drugs are held, with what depends on them or any tried answer changes.

    Each unknown is tried at its answers while the others stand at their shortest, and all at their longest.
    """
    shortest = tuple(0 for _ in unknowns)
    base = worker.code(_choice(unknowns, shortest))
    longest = worker.code(_choice(unknowns, [len(u.answers) - 1 for u in unknowns]))
    settled = Settled(base, {}, complete=False, codings=[base, longest])
    for place, unknown in enumerate(unknowns):
        for n in range(1, len(unknown.answers)):
            index = (*shortest[:place], n, *shortest[place + 1 :])
            settled.codings.append(worker.code(_choice(unknowns, index)))
    dependents = Dependents(base, always_initial(settled.codings))
    for unknown in unknowns:
        tried = (worker.code({**_choice(unknowns, shortest), unknown.key: a.value}) for a in unknown.answers)
        held = len(dependents.free_charges([unknown.administration])) < len(base.charges)
        if held or any(coding.bill != base.bill for coding in tried):
            settled.questions.append(Question(unknown, []))
        else:
            settled.assumed.append(unknown)
    free = dependents.free_charges(q.unknown.administration for q in settled.questions)
    settled.certain = common([bill_of(free, worker.policy, worker.day), *(c.bill for c in settled.codings)])
    return settled


def _choice(unknowns: Sequence[Unknown], index: Sequence[int]) -> Choice:
    return {u.key: u.answers[n].value for u, n in zip(unknowns, index, strict=True)}


def _nearest(codings: Sequence[Coding]) -> Coding:
    """The coding that bills least beyond the certain lines; of equals the first (shortest answers)."""
    return min(codings, key=lambda c: sum(c.bill.values()))


def common(bills: Iterable[Bill]) -> Bill:
    """Per code, modifiers and date the lowest units of all bills."""
    iterator = iter(bills)
    result = dict(next(iterator))
    for bill in iterator:
        for key in list(result):
            units = min(result[key], bill.get(key, 0))
            if units:
                result[key] = units
            else:
                del result[key]
    return result


def surplus(bill: Bill, certain: Bill) -> Bill:
    """What a bill holds beyond the certain lines."""
    return {key: units - certain.get(key, 0) for key, units in bill.items() if units > certain.get(key, 0)}


def _ranges(worker: _Worker, unknowns: Sequence[Unknown], place: int, settled: Settled) -> list[Range]:
    """Each answer of one unknown, the others standing once at their shortest and once at their longest."""
    contexts = [("", [0] * len(unknowns))]
    if len(unknowns) > 1 and settled.complete:
        contexts.append((" (others longest)", [len(u.answers) - 1 for u in unknowns]))
    rows = [_ranges_beside(worker, unknowns, place, settled.certain, rest, label) for label, rest in contexts]
    same = len(rows) == 2 and [(r.answer, r.adds) for r in rows[0]] == [(r.answer, r.adds) for r in rows[1]]
    return rows[0] if same else [row for part in rows for row in part]


def _ranges_beside(
    worker: _Worker, unknowns: Sequence[Unknown], place: int, certain: Bill, rest: list[int], label: str
) -> list[Range]:
    row: list[Range] = []
    index = list(rest)
    for n, answer in enumerate(unknowns[place].answers):
        index[place] = n
        adds = surplus(worker.code(_choice(unknowns, index)).bill, certain)
        if row and answer.to is not None and row[-1].adds == adds:
            row[-1] = Range(Answer(row[-1].answer.value, answer.to), adds, label)
        else:
            row.append(Range(answer, adds, label))
    return row


def _access_unknowns(timeline: EncounterTimeline, policy: PolicyVersion, coding: Coding) -> list[Unknown]:
    """Drug infusions without a charted access that may run beside another (rulebook 28)."""
    if policy.settings.unknown_access == "same":
        return []
    windows = _windows(timeline, coding)
    drugs = sorted((a for a in timeline.administrations if a.id in windows), key=lambda a: (a.start, a.id))
    unknowns = []
    for position, a in enumerate(drugs):
        if a.access is not None:
            continue
        beside = [b for b in drugs if b is not a and b.ingredients != a.ingredients and _meet(windows, a, b)]
        lines = sorted({access_key(b.access) or "" for b in beside if b.access is not None})
        earlier = [f"?{b.id}" for b in drugs[:position] if b in beside and b.access is None]
        if lines or earlier:
            unknowns.append(Unknown("access", a.id, [Answer(v) for v in (f"?{a.id}", *lines, *earlier)]))
    return unknowns


def _windows(timeline: EncounterTimeline, coding: Coding) -> dict[str, Span]:
    """The time in which each drug infusion may have run, from its start to its latest stop."""
    latest = {s.administration.id: s.upper for s in coding.open_stops}
    drugs = [s for s in coding.services if s.category != "blood"]
    return {s.id: (s.start, latest.get(s.id, s.end)) for s in drugs if s.kind == "infusion" or s.id in latest}


def _meet(windows: dict[str, Span], a: Administration, b: Administration) -> bool:
    (s, t), (s2, t2) = windows[a.id], windows[b.id]
    return s < t2 and s2 < t


def _fill_stops(worker: _Worker, unknowns: list[Unknown]) -> bool:
    """The stretches of possible stops between which codes can change, found for the others at either extreme.

    False, with the rest unsearched, as soon as the answers found make more combinations than are worked out.
    """
    stops = [u for u in unknowns if u.what == "stop" and u.stop is not None and not u.answers]
    for unknown in stops:
        assert unknown.stop is not None
        breaks: set[int] = set()
        for longest in (False, True):
            rest: Choice = {}
            for other in unknowns:
                if other is unknown:
                    continue
                if other.stop is not None:
                    rest[other.key] = str(other.stop.upper if longest else other.stop.lower)
                else:
                    rest[other.key] = other.answers[-1 if longest else 0].value
            breaks |= _breakpoints(worker, unknown.key, unknown.stop, rest)
        edges = sorted(breaks | {unknown.stop.lower})
        ends = [*(e - 60 for e in edges[1:]), unknown.stop.upper]
        unknown.answers = [Answer(str(a), str(b)) for a, b in zip(edges, ends, strict=True)]
        if _too_many(worker, [u for u in unknowns if u.answers]):
            return False
    return True


def _sample_answers(unknowns: list[Unknown]) -> None:
    """Too many unknowns to search: a stop at its bounds and where a push becomes an infusion, two lines an access."""
    for unknown in unknowns:
        if unknown.what == "access":
            unknown.answers = unknown.answers[:2]
        stop = unknown.stop
        if stop is not None:
            points = {stop.lower, stop.since + 960, stop.upper}
            # Single minutes, not stretches: what lies between was not tried.
            unknown.answers = [Answer(str(p)) for p in sorted(points) if stop.lower <= p <= stop.upper]


def _breakpoints(worker: _Worker, key: Key, stop: OpenStop, rest: Choice) -> set[int]:
    """Possible stops, minute by minute from the lower bound, at which the coding differs from a minute before.

    Between two starts or stops of the other administrations every measure of the rules grows or shrinks
    steadily with the stop, so equal codings at both ends mean equal codings between; the rest is bisected.
    """
    marks = {stop.lower, stop.upper}
    for service in worker.code(rest).services:
        for point in (service.start, *(edge for span in service.spans for edge in span)):
            if stop.lower < point < stop.upper:
                # Stops are tried on whole minutes from the lower bound.
                near = stop.lower + (point - stop.lower) // 60 * 60
                marks |= {near, min(near + 60, stop.upper)}
    points = sorted(marks)
    signatures: dict[int, tuple[object, ...]] = {}
    breaks: set[int] = set()

    def same(low: int, high: int) -> bool:
        for point in (low, high):
            if point not in signatures:
                signatures[point] = worker.code({**rest, key: str(point)}).signature()
        return signatures[low] == signatures[high]

    def search(low: int, high: int) -> None:
        if same(low, high):
            return
        if high - low <= 60:
            breaks.add(high)
            return
        # Hours are earned sixty minutes apart: look first where the last one would put the next.
        due = max(breaks, default=0) + _HOUR
        if low + 60 < due < high and high - low <= _HOUR and same(low, due - 60) and same(due, high):
            breaks.add(due)
            return
        middle = low + (_HOUR if high - low > _HOUR else max(60, (high - low) // 120 * 60))
        search(low, middle)
        search(middle, high)

    for low, high in pairwise(points):
        search(low, high)
    return breaks
