"""What may be written as an answer, shown beside the question: a time, the lines charted, or the choices.

It stands on nursing's sheet, so it names no code, no amount and nothing that hints at one.
"""

from __future__ import annotations

from parsers.answers import UNDETERMINED
from reports.safe_text import one_line
from timeline.answer_values import charted_lines, choices_shown
from timeline.model import CodedEncounter, Query


def may_be(coded: CodedEncounter, query: Query) -> str:
    """What may be written, in one line: ``a time (14:15), or a date and time; or: cannot be determined``."""
    return f"{_allowed(coded, query)}; or: {UNDETERMINED}"


def _allowed(coded: CodedEncounter, query: Query) -> str:
    match query.what:
        case "stop":
            return "a time (14:15), or a date and time (2026-01-31 14:15)"
        case "access":
            lines = [one_line(line) for line in charted_lines(coded.timeline)]
            listed = " | ".join(lines)
            return (
                f"one of the lines charted: {listed}; or another line by its name" if lines else "the name of the line"
            )
        case "concurrent_chemo":
            return "how it was given, in your own words under 'support'"
    return " | ".join(_fixed(coded, query))


def drop_down(coded: CodedEncounter, query: Query) -> tuple[str, ...]:
    """Values to choose from; none where a time is asked for."""
    if query.what == "stop":
        return ()
    if query.what == "access":
        return (*(one_line(line) for line in charted_lines(coded.timeline)), UNDETERMINED)
    return (*_fixed(coded, query), UNDETERMINED)


def _fixed(coded: CodedEncounter, query: Query) -> tuple[str, ...]:
    asked = next(a for a in coded.timeline.administrations if a.id == query.administration)
    return choices_shown(query.what, asked)
