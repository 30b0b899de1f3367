"""An encounter with its unknowns worked out: what is certain, what is asked, what was assumed (rulebook 27)."""

from __future__ import annotations

from dataclasses import dataclass, field

from timeline.bills import Bill
from timeline.mapper import Coding
from timeline.possible_answers import Answer, Unknown


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
