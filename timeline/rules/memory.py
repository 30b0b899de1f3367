"""What the rules worked out before, when one encounter is coded under many answers (rulebook 27).

One answer touches few services of a stay.  A step of the rules that reads the same as in an earlier coding
charges the same again: it is looked up instead of worked out.  A step may be remembered only under a key that
holds everything it reads; services count by identity, since each answer has a service of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timeline.rules.case import Aside, Case, Charge, Note


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one step of the rules added to a case, and what it left for the steps after it."""

    charges: tuple[Charge, ...]
    asides: tuple[Aside, ...]
    notes: tuple[Note, ...]
    asked: frozenset[tuple[str, str]]
    left: object = None


Memory = dict[Hashable, Step]


def remembered(case: Case, key: Hashable, work: Callable[[], object]) -> Step | None:
    """Do ``work``, or add to the case what it added the last time under ``key`` and the same answered choices.

    ``key`` holds all that ``work`` reads besides the policy and the choices.  ``None`` where nothing is remembered.
    """
    if case.memory is None:
        work()
        return None
    whole = (key, case.choices)
    step = case.memory.get(whole)
    if step is None:
        step = case.memory[whole] = _done(case, work)
    else:
        case.charges += step.charges
        case.asides += step.asides
        case.notes += step.notes
        case.asked |= step.asked
    return step


def _done(case: Case, work: Callable[[], object]) -> Step:
    charges, asides, notes, asked = len(case.charges), len(case.asides), len(case.notes), case.asked
    # What was asked before is kept apart: a question that this step asks again belongs to it as well.
    case.asked = set()
    left = work()
    step = Step(
        tuple(case.charges[charges:]),
        tuple(case.asides[asides:]),
        tuple(case.notes[notes:]),
        frozenset(case.asked),
        left,
    )
    case.asked |= asked
    return step
