"""An encounter with its unknowns worked out: what is certain, what is asked, what was assumed (rulebook 27)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from timeline.bills import Bill, BillKey
from timeline.mapper import Coding
from timeline.possible_answers import Answer, Unknown
from timeline.rules.case import Aside


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
    asides: list[Aside]
    """Those of the base that stand under every answer; the others wait with their question."""
    possible: set[BillKey]
    """Code, modifiers and date of everything that some answer bills."""
    asked: set[tuple[str, str]]
    """Questions that a rule had to decide one way under some answer."""
    questions: list[Question] = field(default_factory=list)
    assumed: list[Unknown] = field(default_factory=list)
    complete: bool = True
    """False when not every combination was worked out: too many, or stops that act on each other minute by minute."""

    @classmethod
    def of(cls, base: Coding, certain: Bill, others: Sequence[Coding] = (), *, complete: bool = True) -> Settled:
        """What the base and the other codings that were worked out have to say; the others are not kept."""
        every = (base, *others)
        return cls(
            base,
            certain,
            _standing(base, others),
            {key for coding in every for key in coding.bill},
            {key for coding in every for key in coding.asked},
            complete=complete,
        )


def _standing(base: Coding, others: Sequence[Coding]) -> list[Aside]:
    def key(aside: Aside) -> tuple[object, ...]:
        return (aside.service.id, aside.status, aside.label, aside.spans)

    standing = {key(a) for a in base.asides}
    for coding in others:
        standing &= {key(a) for a in coding.asides}
    return [a for a in base.asides if key(a) in standing]
