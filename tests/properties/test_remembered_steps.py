"""What is remembered between the codings of an encounter, against each coding worked out anew (rule 27)."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from parsers.events import Reading
from tests.properties.encounters import MINUTE, Hung, events_of, facility, plans
from tests.properties.searching import searched
from timeline import build
from timeline.mapper import Coding
from timeline.possible_answers import Choice, Unknown, access_unknowns, choice_unknown, stop_unknowns
from timeline.recoding import Worker

SWITCHES = st.fixed_dictionaries(
    {},
    optional={
        "second_access_initial": st.sampled_from(("deny", "allow")),
        "same_drug_repeat": st.just("sum"),
        "hydration_segments": st.just("sum"),
        "hydration_overlap": st.just("access"),
        "initial_scope": st.just("date"),
        "concurrent_scope": st.just("date"),
    },
)


def _said(coding: Coding) -> tuple[object, ...]:
    charges = sorted((c.service.id, c.code, c.modifiers, c.when, c.spans) for c in coding.charges)
    asides = sorted((a.service.id, a.status, a.label, a.spans) for a in coding.asides)
    return charges, asides, coding.bill, coding.asked, coding.initial


def _answered(unknown: Unknown, data: st.DataObject) -> str:
    if unknown.stop is not None:
        stop = unknown.stop
        minutes = data.draw(st.one_of(st.integers(0, 240), st.integers(0, (stop.upper - stop.lower) // MINUTE)))
        return str(min(stop.lower + minutes * MINUTE, stop.upper))
    return data.draw(st.sampled_from(unknown.answers)).value


@searched(40, plan=plans(least=2, open_ended=True), switches=SWITCHES, data=st.data())
def test_a_coding_from_memory_is_the_coding_worked_out_anew(
    plan: list[Hung], switches: dict[str, object], data: st.DataObject
) -> None:
    events = tuple(events_of(plan))
    (timeline,) = build(Reading(events=events, used=len(events), timezone="UTC")).encounters
    policy = facility().with_switches(switches).on(date(2026, 3, 10))
    worker = Worker(timeline, policy)
    first = worker.in_full({})
    unknowns = access_unknowns(timeline, policy, first) + stop_unknowns(first)
    unknowns += [choice_unknown(key) for key in sorted(first.asked)]
    choice: Choice = {u.key: _answered(u, data) for u in unknowns}
    for _ in range(6 if unknowns else 1):
        assert _said(worker.code(choice)) == _said(worker.in_full(choice))
        if unknowns:
            changed = data.draw(st.sampled_from(unknowns))
            choice = {**choice, changed.key: _answered(changed, data)}
