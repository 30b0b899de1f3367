"""Not every combination of answers can be tried: hold all unknown drugs and what hangs on them (rulebook 27)."""

from __future__ import annotations

from timeline.bills import bill_of, common
from timeline.dependents import Dependents, always_initial
from timeline.possible_answers import Unknown, chosen
from timeline.recoding import Worker
from timeline.settled import Question, Settled


def hold_unknown_drugs(worker: Worker, unknowns: list[Unknown]) -> Settled:
    """All unknown drugs are held, with what depends on them or any tried answer changes.

    Each unknown is tried at its answers while the others stand at their shortest, and all at their longest.
    """
    shortest = chosen(unknowns, [0] * len(unknowns))
    base = worker.in_full(shortest)
    longest = worker.code(chosen(unknowns, [len(u.answers) - 1 for u in unknowns]))
    tried = {u.key: [worker.code({**shortest, u.key: a.value}) for a in u.answers] for u in unknowns}
    others = [longest, *(coding for codings in tried.values() for coding in codings[1:])]
    settled = Settled.of(base, {}, others, complete=False)
    dependents = Dependents(base, always_initial([base, *others]))
    for unknown in unknowns:
        held = len(dependents.free_charges([unknown.administration])) < len(base.charges)
        if held or any(coding.bill != base.bill for coding in tried[unknown.key]):
            settled.questions.append(Question(unknown, []))
        else:
            settled.assumed.append(unknown)
    free = dependents.free_charges(q.unknown.administration for q in settled.questions)
    known = bill_of(free, worker.policy, worker.shared.day)
    settled.certain = common([known, base.bill, *(c.bill for c in others)])
    return settled
