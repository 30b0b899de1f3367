"""What is asked and what is certain, against every answer tried out one by one (rule 27)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import assume
from hypothesis import strategies as st

from parsers.events import Action, Route
from tests.properties.encounters import MINUTE, Hung, bill, coded, events_of, instant, plans
from tests.properties.searching import LONG, searched
from timeline.model import CodedEncounter, Line, OutcomeLine

# Nothing else is left to ask.
NO_OTHER_QUESTION = {"second_access_initial": "deny", "concurrent_chemo": "none"}

Units = Counter[tuple[str, tuple[str, ...]]]


def _complete(hung: Hung) -> bool:
    said = not hung.no_stop and hung.site is not None and hung.also_on is None
    return said and not (hung.route is Route.IM and hung.category == "chemo")


def _units(lines: Iterable[Line | OutcomeLine]) -> Units:
    count: Units = Counter()
    for line in lines:
        count[line.code, line.modifiers] += line.units
    return count


def _stopped(hung: Hung, stop: int) -> Hung:
    """The same bag, its stop charted."""
    return replace(hung, no_stop=False, ran=(*hung.ran[:-1], (hung.ran[-1][0], stop)))


def _can_be_open(hung: Hung) -> bool:
    return hung.category in ("chemo", "therapeutic") and bool(hung.ran) and hung.route in (Route.IV, Route.IVPB)


@st.composite
def charts_with_one_missing_stop(draw: st.DrawFn) -> tuple[list[Hung], int]:
    """A chart, and which of its bags has no stop; nothing else is unknown."""
    plan = draw(plans(messy=True, most=4, keep=_complete))
    open_ = [n for n, hung in enumerate(plan) if _can_be_open(hung)]
    assume(open_)
    which = draw(st.sampled_from(open_))
    plan[which] = replace(plan[which], no_stop=True, order="the open one")
    return plan, which


def _outcome_at(encounter: CodedEncounter, stop: int) -> tuple[OutcomeLine, ...]:
    for query in encounter.queries:
        for outcome in query.outcomes:
            assert outcome.from_ is not None
            assert outcome.to is not None
            if outcome.from_ <= instant(stop) <= outcome.to:
                return outcome.lines
    return ()


@searched(10, chart=charts_with_one_missing_stop(), step=st.sampled_from((7, 11, 13)))
def test_each_minute_bills_what_its_range_says(chart: tuple[list[Hung], int], step: int) -> None:
    plan, which = chart
    encounter = coded(events_of(plan), **NO_OTHER_QUESTION)
    hung = plan[which]
    seen = max([hung.ran[-1][0] + MINUTE, *(t for t, _, _ in hung.notes)])
    certain = _units(encounter.lines)
    # Every minute of the first hours, where units change; beyond them, but for the long search, some of each hour.
    minutes = range(1441) if LONG else sorted({*range(240), *range(0, 1441, step)})
    a_day = hung.at + 1440 * MINUTE
    for stop in (seen + m * MINUTE for m in minutes if seen + m * MINUTE <= a_day):
        answered = [*plan[:which], _stopped(hung, stop), *plan[which + 1 :]]
        told = _units(coded(events_of(answered), **NO_OTHER_QUESTION).lines)
        assert certain + _units(_outcome_at(encounter, stop)) == told, instant(stop)


LENGTHS = st.lists(st.one_of(st.integers(1, 400), st.sampled_from((15, 16, 31, 90, 91))), min_size=6, max_size=6)


@searched(60, plan=plans(most=4), lengths=LENGTHS, data=st.data())
def test_what_is_certain_holds_under_any_answer(plan: list[Hung], lengths: list[int], data: st.DataObject) -> None:
    assert_certain_holds(plan, lengths, data)


@searched(15, plan=plans(least=2, open_ended=True), lengths=LENGTHS, data=st.data())
def test_what_is_certain_holds_where_no_stop_was_charted(
    plan: list[Hung], lengths: list[int], data: st.DataObject
) -> None:
    assert_certain_holds(plan, lengths, data)


def assert_certain_holds(plan: list[Hung], lengths: list[int], data: st.DataObject) -> None:
    plan = [replace(h, order=f"O{n}") if h.no_stop else h for n, h in enumerate(plan)]
    sites = [*sorted({h.site for h in plan if h.site}), "another line"]
    told = []
    for hung, length in zip(plan, lengths, strict=False):
        if hung.no_stop and hung.category in ("chemo", "therapeutic", "blood"):
            seen = max([hung.ran[-1][0], *(t for t, _, _ in hung.notes)])
            hung = _stopped(hung, seen + length * MINUTE)
        if hung.site is None:
            hung = replace(hung, site=data.draw(st.sampled_from(sites)))
        told.append(hung)
    certain = bill(coded(events_of(plan)))
    # A line nobody charted is no ground for a second initial (rule 28); the least that a concurrent chemo bills.
    answered = bill(coded(events_of(told), **NO_OTHER_QUESTION))
    for key, units in certain.items():
        assert units <= answered.get(key, 0), key


DOSES = st.tuples(
    st.sampled_from(("vancomycin", "famotidine", "paclitaxel")),
    st.sampled_from((None, "IV1", "IV2")),
    st.integers(0, 600),
)


@searched(40, plan=plans(most=3, keep=_complete), dose=DOSES, length=st.integers(1, 1440), other=st.booleans())
def test_what_is_certain_holds_however_a_dose_without_a_route_was_given(
    plan: list[Hung], dose: tuple[str, str | None, int], length: int, other: bool
) -> None:
    drug, site, minute = dose
    at = min(h.at for h in plan) + (minute - 200) * MINUTE
    given = Hung(drug, "chemo" if drug == "paclitaxel" else "therapeutic", "the dose", site, at=at, way="log")
    chart = [replace(e, route=None) if e.order_id == "the dose" else e for e in events_of([*plan, given])]
    certain = bill(coded(chart, **NO_OTHER_QUESTION))
    if site is None:
        # An infusion whose line is not charted ran through a line of its own, or through one that is in use.
        given = replace(given, site="another line" if other else next((h.site for h in plan if h.site), "IV1"))
    infused = replace(given, ran=((at, at + length * MINUTE),))
    for told in (
        replace(given, route=Route.IV_PUSH, dose_action=Action.PUSH),
        replace(given, route=Route.IM),
        replace(given, route=Route.OTHER),
        infused,
    ):
        billed = bill(coded(events_of([*plan, told]), **NO_OTHER_QUESTION))
        for key, units in certain.items():
            assert units <= billed.get(key, 0), (key, told.route)
