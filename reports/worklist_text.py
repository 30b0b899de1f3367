"""A worklist at a terminal and as CSV: the same rows as its sheets."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from reports.answer_words import may_be
from reports.columns import Cell
from reports.explain import outcome_lines
from reports.safe_text import cell_text, one_line
from reports.sentences import AMOUNT_BASIS, money
from reports.sheets import Sheet
from reports.worklists import MISSING, Audience, Question, by_place, questions
from timeline.model import Result

NARROWEST = 60
_AT_A_GLANCE = 8
"""So many questions need no summary by place: the list itself says it."""
_SHOWN = 6
"""Answers shown of one question; the rest is counted."""


def render_worklist(result: Result, audience: Audience, width: int = 80) -> str:
    """The questions grouped by unit and nurse, then their number; ends with a line feed."""
    width = max(NARROWEST, width)
    asked = questions(result)
    if audience == "coder":
        asked = sorted(asked, key=lambda q: (-q.at_stake, -q.units_at_stake))
    rows: list[str] = []
    place = ""
    for question in asked:
        here = f"{one_line(question.unit)} · nurse {one_line(question.nurse)} · {question.shift} shift"
        if audience == "nursing" and here != place:
            rows += ["", here] if rows else [here]
            place = here
        rows += _question(question, audience, here, width)
    rows += ["", *_totals(asked)] if asked else ["No question is open."]
    return "\n".join(row.rstrip() for row in rows) + "\n"


def _question(question: Question, audience: Audience, here: str, width: int) -> Iterator[str]:
    start = f"{question.start:%Y-%m-%d %H:%M}"
    head = f"{one_line(question.coded.timeline.id)}, {start}: {MISSING[question.query.what]}"
    yield from _wrapped(head, width, "  ")
    yield from _wrapped(one_line(question.query.question), width, "      ")
    yield from _wrapped(f"May be written: {may_be(question.coded, question.query)}", width, "      ")
    if audience == "coder":
        stake = f"{money(question.at_stake)} at stake; " if question.at_stake else ""
        held = ", ".join(question.query.held) or "none"
        yield from _wrapped(f"{stake}waiting: {held}; {here}", width, "      ")
        yield from _adds(question, width)


def _adds(question: Question, width: int) -> Iterator[str]:
    """What each answer adds to the lines, the first and the last where there are many."""
    said = [text.replace(f" {AMOUNT_BASIS}", "") for text in outcome_lines(question.coded.timeline, question.query)]
    if len(said) > _SHOWN + 1:
        said[_SHOWN - 1 : -1] = [f"({len(said) - _SHOWN} more answers between; explain lists them all)"]
    for text in said:
        yield from _wrapped(text, width, "          ")


def _totals(asked: Sequence[Question]) -> Iterator[str]:
    yield f"{len(asked):,} {'question' if len(asked) == 1 else 'questions'} open"
    if len(asked) <= _AT_A_GLANCE:
        return
    for row in by_place(list(asked)).rows:
        unit, nurse, shift, missing, count = row
        yield f"  {count:>4}  {one_line(str(unit))}, nurse {one_line(str(nurse))}, {shift}: {missing}"


def sheet_csv(sheet: Sheet) -> str:
    """One sheet as CSV; texts that a spreadsheet would run are written with an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.2f}"
    return cell_text(value) if isinstance(value, str) else str(value)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
