"""What is charted less is never paid more: amounts of the certain lines under the sample tables."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose

from hypothesis import assume

from parsers.events import AdministrationEvent, Reading
from tests.properties.encounters import Hung, events_of, facility, plans, switches
from tests.properties.searching import searched
from tests.properties.test_invariants import _without_one
from tests.timeline.priced import LIMITS, RATES
from timeline import build, code
from timeline.model import CodedEncounter


def priced(events: Sequence[AdministrationEvent], turned: dict[str, object]) -> CodedEncounter:
    reading = Reading(events=tuple(events), used=len(events), timezone="UTC")
    (encounter,) = code(build(reading), facility(), switches=turned, rates=RATES, mue=LIMITS).encounters
    return encounter


def amount(encounter: CodedEncounter) -> float:
    assert encounter.amount is not None
    return encounter.amount


@searched(40, plan=plans(most=4), turned=switches())
def test_taking_away_a_stop_or_a_site_never_raises_the_amount(plan: list[Hung], turned: dict[str, object]) -> None:
    # The same bounds as for the lines themselves (test_invariants).
    assume(turned.get("missing_stop", "query") in ("query", "calculate"))
    turned = {"second_access_initial": "deny", **turned}
    assume(turned["second_access_initial"] != "query")
    events = events_of(plan)
    full = amount(priced(events, turned))
    for fewer in _without_one(events, turned):
        assert amount(priced(fewer, turned)) <= full


@searched(40, plan=plans(most=4), turned=switches())
def test_an_amount_is_the_sum_of_its_lines_and_no_answer_lowers_it(plan: list[Hung], turned: dict[str, object]) -> None:
    encounter = priced(events_of(plan), turned)
    assert all(line.amount is not None and line.amount >= 0 for line in encounter.lines)
    assert isclose(amount(encounter), sum(line.amount or 0 for line in encounter.lines), abs_tol=0.001)
    extras = [o.amount for q in encounter.queries for o in q.outcomes]
    assert all(extra is not None and extra >= 0 for extra in extras)
    assert encounter.amount_in_query == max((extra for extra in extras if extra is not None), default=0.0)
