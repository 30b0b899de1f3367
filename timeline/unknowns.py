"""Ask only if it changes the bill (rulebook 27).

For an encounter with unknowns the mapper is run for every combination of answers.  What all of them bill is
certain; a question is raised only where two answers bill differently, with each range of answers and what it
would add; otherwise the assumption is recorded and nobody is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from timeline.bills import Bill, common, surplus, with_parents
from timeline.breakpoints import fill_stops, sample_answers
from timeline.holding import hold_entangled, hold_unknown_drugs
from timeline.model import EncounterTimeline
from timeline.policy import PolicyVersion
from timeline.possible_answers import (
    Answer,
    Unknown,
    access_unknowns,
    category_unknowns,
    choice_unknown,
    chosen,
    kind_unknowns,
    stop_unknowns,
    too_many,
)
from timeline.recoding import Worker
from timeline.settled import Question, Range, Settled


def settle(timeline: EncounterTimeline, policy: PolicyVersion) -> Settled:
    """Code an encounter, and find which of its unknowns change the bill."""
    worker = Worker(timeline, policy)
    first = worker.in_full({})
    unknowns = access_unknowns(timeline, policy, first) + stop_unknowns(first)
    unknowns += kind_unknowns(first, policy.settings) + category_unknowns(timeline)
    if not unknowns and not first.asked:
        return Settled.of(first, first.bill)
    unknowns += [choice_unknown(key) for key in sorted(first.asked)]
    searched = not any(u.only_sampled for u in unknowns)
    while True:
        # Every unknown has two answers at least: that alone may be too many to search for more.
        few = 2 ** len(unknowns) <= policy.settings.combinations_max
        # Once only sampled, a stop stays so: what lies between the samples was never tried.
        searched = searched and few and fill_stops(worker, unknowns)
        if not searched:
            sample_answers(unknowns)
        found = _work_out(worker, unknowns, searched and not too_many(unknowns, policy))
        known = {u.key for u in unknowns}
        asked = found.asked - known
        if not asked:
            return found
        unknowns += [choice_unknown(key) for key in sorted(asked)]
        for unknown in unknowns:
            if unknown.stop is not None and searched:
                # Another answer to a further question can bill other stretches of stops: they are searched anew.
                unknown.answers = []


def _work_out(worker: Worker, unknowns: list[Unknown], searched: bool) -> Settled:
    # A few samples of each stop prove nothing about the minutes between them, however few the combinations.
    settled = (_every_combination if searched else hold_unknown_drugs)(worker, unknowns)
    settled.certain = with_parents(settled.certain, worker.policy)
    for question in settled.questions:
        question.ranges = _ranges(worker, unknowns, unknowns.index(question.unknown), settled, searched)
    return settled


def _every_combination(worker: Worker, unknowns: list[Unknown]) -> Settled:
    """All combinations of answers, the shortest of each first."""
    indices = list(product(*(range(len(u.answers)) for u in unknowns)))
    codings = {i: worker.code(chosen(unknowns, i)) for i in indices}
    certain = common(c.bill for c in codings.values())
    # Shown is the coding that bills least beyond the certain lines; of equals the first (shortest answers).
    least = min(indices, key=lambda i: sum(codings[i].bill.values()))
    base = worker.in_full(chosen(unknowns, least))
    settled = Settled.of(base, certain, [c for i, c in codings.items() if i != least])
    for place, unknown in enumerate(unknowns):
        by_rest: dict[tuple[int, ...], list[Bill]] = {}
        for index, coding in codings.items():
            by_rest.setdefault(index[:place] + index[place + 1 :], []).append(coding.bill)
        if any(bill != bills[0] for bills in by_rest.values() for bill in bills):
            settled.questions.append(Question(unknown, []))
        else:
            settled.assumed.append(unknown)
    stops = [u for u in unknowns if u.stop is not None]
    if len(stops) > 1:
        hold_entangled(worker, settled, [base, *codings.values()], stops)
        settled.questions.sort(key=lambda q: unknowns.index(q.unknown))
    return settled


def _ranges(worker: Worker, unknowns: Sequence[Unknown], place: int, settled: Settled, searched: bool) -> list[Range]:
    """Each answer of one unknown, the others standing once at their shortest and once at their longest."""
    contexts = [("", [0] * len(unknowns))]
    if len(unknowns) > 1 and searched:
        contexts.append((" (others longest)", [len(u.answers) - 1 for u in unknowns]))
    rows = [_ranges_beside(worker, unknowns, place, settled.certain, rest, label) for label, rest in contexts]
    same = len(rows) == 2 and [(r.answer, r.adds) for r in rows[0]] == [(r.answer, r.adds) for r in rows[1]]
    return rows[0] if same else [row for part in rows for row in part]


def _ranges_beside(
    worker: Worker, unknowns: Sequence[Unknown], place: int, certain: Bill, rest: list[int], label: str
) -> list[Range]:
    row: list[Range] = []
    unknown, choice = unknowns[place], chosen(unknowns, rest)
    for answer in unknown.answers:
        choice[unknown.key] = answer.value
        adds = surplus(worker.code(choice).bill, certain)
        if row and answer.to is not None and row[-1].adds == adds:
            row[-1] = Range(Answer(row[-1].answer.value, answer.to), adds, label)
        else:
            row.append(Range(answer, adds, label))
    return row
