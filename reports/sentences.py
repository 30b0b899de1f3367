"""Reasons as sentences: what a line, an uncharged stretch or a value says in words, the same in every report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import Enum

from parsers.events import Source
from reports.clock_text import clock
from reports.safe_text import one_line
from timeline.model import Because, EncounterTimeline, Line, Outcome, OutcomeLine, PolicyValue

_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\]][.!?])\s+(?=[A-Z])")

AMOUNT_BASIS = "Medicare national unadjusted"


def sentence(text: str) -> str:
    """The first sentence of a text, on one line, with a capital and a full stop."""
    first = _SENTENCE_END.split(one_line(text), maxsplit=1)[0]
    if not first:
        return ""
    # A word that already mixes letters and digits, or a drug name in tall-man letters, keeps its own first letter.
    head = first.split(" ", 1)[0]
    if head.isalpha() and head.islower():
        first = first[0].upper() + first[1:]
    return first if first[-1] in ".!?" else first + "."


def reason(line: Line) -> str:
    """Why the line is on the bill, in one sentence."""
    return sentence(line.because.text)


def code_units(line: Line | OutcomeLine) -> str:
    """``96413``, ``96415 x 2``, ``96413-59``: how a coder writes it."""
    code = "-".join((line.code, *line.modifiers))
    return code if line.units == 1 else f"{code} x {line.units}"


def outcome_bill(outcome: Outcome) -> str:
    """What an answer would bill: ``96367 + 96366``, or ``no code``."""
    return " + ".join(code_units(line) for line in outcome.lines) or "no code"


def outcome_answer(timeline: EncounterTimeline, outcome: Outcome) -> str:
    """The answer itself: the range of clock times, or the words of the outcome."""
    if outcome.from_ is None and outcome.to is None:
        return one_line(outcome.if_)
    times = [clock(timeline, t) for t in (outcome.from_, outcome.to) if t is not None]
    between = times[0] if times[0] == times[-1] else "-".join(times)
    words = one_line(outcome.if_)
    return words if between in words else f"{words} {between}".strip()


def money(amount: float) -> str:
    """``$1,234.50``; the reader is told the basis once, by :data:`AMOUNT_BASIS`."""
    return f"${amount:,.2f}"


def value_text(timeline: EncounterTimeline, value: object) -> str:
    """A value of the evidence as words: times on the encounter's clock, lists joined, yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return clock(timeline, value) if value.tzinfo else value.isoformat(" ", "minutes")
    if isinstance(value, Mapping):
        return ", ".join(f"{one_line(str(k))} {value_text(timeline, v)}" for k, v in value.items())
    if isinstance(value, frozenset | set):
        return ", ".join(sorted(value_text(timeline, v) for v in value)) or "none"
    if isinstance(value, tuple | list):
        return ", ".join(value_text(timeline, v) for v in value) or "none"
    return _scalar(value)


def _scalar(value: object) -> str:
    if value is None:
        return "not charted"
    if isinstance(value, Enum):
        return one_line(str(value.value))
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:g}" if isinstance(value, float) else one_line(str(value))


def policy_text(timeline: EncounterTimeline, policy: PolicyValue) -> str:
    """``repeat_push_gap = 31 (2026-01-01)``."""
    version = f" ({one_line(policy.version)})" if policy.version else ""
    return f"{one_line(policy.key)} = {value_text(timeline, policy.value)}{version}"


def citation_text(because: Because) -> str:
    """The citation with how surely it was read; empty when there is none."""
    if not because.citation:
        return f"confidence: {because.confidence}" if because.confidence else ""
    sure = f" [{one_line(because.confidence)}]" if because.confidence else ""
    return one_line(because.citation) + sure


def source_text(source: Source) -> str:
    """``feed.hl7, record 3, control id MSG3, RXA-3``: enough to open the file at the fact."""
    parts = [one_line(source.file)]
    if source.record is not None:
        parts.append(f"record {source.record}")
    if source.row is not None:
        parts.append(f"row {source.row}")
    if source.control_id:
        parts.append(f"control id {one_line(source.control_id)}")
    place = " ".join(one_line(p) for p in (source.segment, source.field) if p)
    return ", ".join([*parts, place] if place else parts)


def source_texts(sources: tuple[Source, ...]) -> list[str]:
    """The sources of a fact; rows and records that differ in nothing else are gathered: ``mar.csv, rows 4, 7-9``."""
    gathered: dict[Source, list[int]] = {}
    for s in sources:
        number = s.row if s.row is not None else s.record
        alone = s.control_id is not None or number is None
        key = replace(s, offset=None) if alone else replace(s, row=None, record=None, offset=None)
        gathered.setdefault(key, []).extend([] if alone or number is None else [number])
    by_row = any(s.row is not None for s in sources)
    return [_gathered(key, numbers, "row" if by_row else "record") for key, numbers in gathered.items()]


def _gathered(key: Source, numbers: list[int], word: str) -> str:
    if not numbers:
        return source_text(key)
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    listed = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
    many = "s" if len(set(numbers)) > 1 else ""
    place = " ".join(one_line(p) for p in (key.segment, key.field) if p)
    return ", ".join([one_line(key.file), f"{word}{many} {listed}", *([place] if place else [])])
