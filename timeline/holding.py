"""Not every combination of answers can be tried: hold all unknown drugs and what hangs on them (rulebook 27)."""

from __future__ import annotations

from collections.abc import Sequence

from timeline.bills import Bill, bill_of, common
from timeline.dependents import Dependents, always_initial
from timeline.mapper import Coding
from timeline.possible_answers import Unknown, chosen
from timeline.recoding import Worker
from timeline.settled import Question, Settled
from timeline.switches import Settings


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


def hold_entangled(worker: Worker, settled: Settled, codings: Sequence[Coding], stops: Sequence[Unknown]) -> None:
    """Hold what depends on two missing stops that act on each other.

    Where a drug becomes concurrent or earns an hour then depends on both, and no row of single answers finds every
    such line between them: only what neither touches is certain.  Few minutes were tried one by one before.
    """
    dependents = Dependents(settled.base, always_initial(codings))
    entangled = dependents.entangled(u.administration for u in stops)
    if _summed(worker.policy.settings) and len(stops) > 1:
        entangled = {u.administration for u in stops}
    if not entangled:
        return
    settled.complete = False
    # Which code is initial is decided by what each drug is and whether it ran 16 minutes: by one stop at a time.
    initial = _initial_lines(settled.certain, worker) if worker.policy.settings.initial_tiebreak != "longest" else {}
    free = dependents.free_charges(entangled)
    settled.certain = common([settled.certain, bill_of(free, worker.policy, worker.shared.day)]) | initial
    reached = dependents.reached(entangled)
    settled.asides = [a for a in settled.asides if a.service.id not in reached]
    for unknown in [u for u in settled.assumed if u.what == "stop" and u.administration in entangled]:
        if len(dependents.free_charges([unknown.administration])) < len(settled.base.charges):
            settled.assumed.remove(unknown)
            settled.questions.append(Question(unknown, []))


def _initial_lines(bill: Bill, worker: Worker) -> Bill:
    """Initial infusions; whether a fluid's run reaches 31 minutes may hang on two stops."""
    codes = worker.policy.codes
    infusions = {codes.initial_chemo, codes.initial_therapeutic}
    return {key: units for key, units in bill.items() if key[0] in infusions and not key[1]}


def _summed(settings: Settings) -> bool:
    """Whether minutes of drugs that never meet are added or compared."""
    return settings.hydration_segments == "sum" or settings.initial_tiebreak == "longest"
