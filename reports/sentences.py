"""Reasons as sentences: what a line, an uncharged stretch or a value says in words, the same in every report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import Enum

from parsers.events import Source
from reports.clock_text import clock, span
from reports.safe_text import one_line
from timeline.model import Because, EncounterTimeline, Line, Outcome, OutcomeLine, PolicyValue

_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\]][.!?])\s+(?=[A-Z])")

_REASONS = 3
"""Reasons of one line told in a row; the rest is counted, the tree has them all."""

AMOUNT_BASIS = "Medicare national unadjusted"


def sentence(text: str) -> str:
    """The first sentence of a text, on one line, with a capital and a full stop."""
    first = _first_sentence(text)
    if not first:
        return ""
    # A word that already mixes letters and digits, or a drug name in tall-man letters, keeps its own first letter.
    head = first.split(" ", 1)[0].rstrip(",:;")
    if head.isalpha() and head.islower():
        first = first[0].upper() + first[1:]
    return first if first[-1] in ".!?" else first + "."


def _first_sentence(text: str) -> str:
    return _SENTENCE_END.split(one_line(text), maxsplit=1)[0]


def reason(line: Line) -> str:
    """Why the line is on the bill, in one sentence; where it only gathers several charges, their reasons."""
    because = line.because
    gathers = len(because.children) > 1 and because.policy is None and not because.intervals
    if not gathers:
        return sentence(because.text)
    said = Counter(_first_sentence(child.text).rstrip(".") for child in because.children)
    each = [sentence(text if times == 1 else f"{text} ({times} times)") for text, times in said.items()]
    if len(each) <= _REASONS + 1:  # "1 more reason" would take as much room as the reason
        return " ".join(each)
    return " ".join([*each[:_REASONS], f"{len(each) - _REASONS} more reasons: explain gives them all."])


def code_units(line: Line | OutcomeLine) -> str:
    """``96413``, ``96415 x 2``, ``96413-59``: how a coder writes it."""
    code = "-".join((line.code, *line.modifiers))
    return code if line.units == 1 else f"{code} x {line.units}"


def bill(lines: Iterable[Line | OutcomeLine]) -> list[str]:
    """Codes with their units, in order; the dates of one code are taken together: ``96365``, ``96366 x 2``."""
    units: dict[str, int] = {}
    for line in lines:
        code = "-".join((line.code, *line.modifiers))
        units[code] = units.get(code, 0) + line.units
    return [code if count == 1 else f"{code} x {count}" for code, count in units.items()]


def outcome_bill(outcome: Outcome) -> str:
    """What an answer would bill: ``96367 + 96366``, or ``no code``."""
    return " + ".join(bill(outcome.lines)) or "no code"


def outcome_answer(timeline: EncounterTimeline, outcome: Outcome) -> str:
    """The answer itself: the range of clock times, or the words of the outcome."""
    if outcome.from_ is None and outcome.to is None:
        return one_line(outcome.if_)
    # An answer is charted in minutes: the second before the next breakpoint is of the same minute.
    known = [t.replace(second=0, microsecond=0) for t in (outcome.from_, outcome.to) if t is not None]
    between = clock(timeline, known[0]) if known[0] == known[-1] else span(timeline, known[0], known[-1])
    words = one_line(outcome.if_)
    # The words often hold the bare clock times already, but no later date and no zone.
    bare = [timeline.local(t).strftime("%H:%M") for t in known]
    for text in ("-".join(bare), "-".join(dict.fromkeys(bare))):
        if re.search(rf"(?<![\d:]){re.escape(text)}(?![\d:]| [A-Z]{{2,5}}\b)", words):
            return words.replace(text, between)
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


def said_place(source: Source, message: str) -> Source:
    """The source without the field or segment that the message itself names: to stand in front of it."""
    named = (source.field and source.field in message) or (source.segment and message.startswith(source.segment))
    return replace(source, segment=None, field=None) if named else source


def source_text(source: Source) -> str:
    """``feed.hl7, record 3, control id MSG3, RXA-3``: enough to open the file at the fact."""
    parts = [one_line(source.file)]
    if source.record is not None:
        parts.append(f"record {source.record}")
    if source.row is not None:
        parts.append(f"row {source.row}")
    if source.control_id:
        parts.append(f"control id {one_line(source.control_id)}")
    place = _place(source)
    return ", ".join([*parts, place] if place else parts)


def _place(source: Source) -> str:
    """``RXA-3``, ``RXA[2]-3`` of the second RXA, ``RXA, PV1-19`` where another segment should have told."""
    segment, field = one_line(source.segment or ""), one_line(source.field or "")
    name, _, number = field.partition("-")
    if segment and number and name == segment.partition("[")[0]:
        return f"{segment}-{number}"
    return ", ".join(dict.fromkeys(part for part in (segment, field) if part))


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
    place = _place(key)
    return ", ".join([one_line(key.file), f"{word}{many} {listed}", *([place] if place else [])])


def added_text(outcome: Outcome) -> str:
    """What an answer adds, in a cell of a sheet: ``stop 09:16-10:30: 96367 x 1 + 96366 x 1``."""
    adds = " + ".join(f"{'-'.join((x.code, *x.modifiers))} x {x.units}" for x in outcome.lines) or "nothing"
    return f"{outcome.if_}: {adds}"
