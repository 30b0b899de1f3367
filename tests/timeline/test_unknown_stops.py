"""Stretches of possible stops, where a further question stands beside the missing stop (rulebook 27, 30)."""

from __future__ import annotations

from parsers.events import Reading
from tests.timeline.chart import events
from timeline import build, code

CHART = """
    08:00-12:00 vancomycin IV1 order A
    09:00- cefepime IV2 order B
"""


def _outcomes() -> dict[str, dict[str, int]]:
    """Of the question for the stop: what each stretch would add."""
    charted = tuple(events(CHART))
    (encounter,) = code(build(Reading(events=charted, used=len(charted), timezone="UTC"))).encounters
    query = next(q for q in encounter.queries if q.what == "stop")
    return {o.if_: {"-".join((x.code, *x.modifiers)): x.units for x in o.lines} for o in query.outcomes}


def test_stretches_are_found_for_both_answers_about_a_second_line() -> None:
    """Denied, cefepime counts from 12:00 alone; allowed, from 09:00: 91 minutes are full at 10:31, 151 at 11:31."""
    outcomes = _outcomes()
    denied = {label: lines for label, lines in outcomes.items() if "(others longest)" not in label}
    allowed = {label.removesuffix(" (others longest)"): outcomes[label] for label in outcomes.keys() - denied.keys()}
    # To 12:15 no 16 minutes alone; at 13:31 91 minutes alone.
    assert denied["stop 09:01-09:15"] == {"96375": 1}
    assert denied["stop 09:16-12:15"] == {}
    assert denied["stop 12:16-13:30"] == {"96367": 1}
    assert denied["stop 13:31-14:30"] == {"96367": 1, "96366": 1}
    assert allowed["stop 09:01-09:15"] == {"96375": 1}
    assert allowed["stop 09:16-10:30"] == {"96365-59": 1}
    assert allowed["stop 10:31-11:30"] == {"96365-59": 1, "96366-59": 1}
    assert allowed["stop 11:31-12:30"] == {"96365-59": 1, "96366-59": 2}
