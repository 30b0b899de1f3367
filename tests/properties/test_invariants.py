"""What holds for any chart (rules, section 9), on invented charts of every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import assume
from hypothesis import strategies as st

from parsers.events import Action, AdministrationEvent, Route, Source
from tests.properties.encounters import MINUTE, Hung, coded, events_of, plans, switches
from tests.properties.searching import searched
from timeline.model import Because, CodedEncounter

INITIALS = {"96360", "96365", "96374", "96409", "96413"}
NEEDS_AN_INITIAL = {"96361", "96366", "96367", "96368", "96375", "96376", "96411", "96415", "96417"}
PARENTS = {
    "96366": {"96365", "96367"},
    "96415": {"96413", "96417"},
    "96361": INITIALS,
    "96370": {"96369"},
}
# Made up, in the order of real ones: the packaged codes pay nothing.
PRICES = {
    "96360": 190.0, "96361": 40.0, "96365": 200.0, "96366": 45.0, "96367": 70.0, "96368": 0.0, "96372": 60.0,
    "96374": 195.0, "96375": 42.0, "96376": 0.0, "96401": 80.0, "96402": 75.0, "96409": 230.0, "96411": 65.0,
    "96413": 300.0, "96415": 68.0, "96417": 72.0, "96549": 41.0,
}  # fmt: skip


def units(encounter: CodedEncounter, *codes: str) -> int:
    return sum(line.units for line in encounter.lines if line.code in codes)


def said(encounter: CodedEncounter) -> dict[str, object]:
    """Everything the result says, but for the rows it read it from."""
    return {
        "lines": [
            (x.id, x.code, x.units, x.modifiers, x.date, frozenset(x.administrations), x.minutes)
            for x in encounter.lines
        ],
        "queries": sorted((q.id, q.question, q.from_, q.to, q.outcomes, q.held) for q in encounter.queries),
        "assumptions": sorted((a.what, a.administration, a.assumed) for a in encounter.assumptions),
        "unbilled": Counter((u.administration, u.minutes, u.status, u.reason, u.rule) for u in encounter.unbilled),
        "ledger": sorted(encounter.ledger, key=lambda row: row.administration),
        "findings": {(f.severity, f.code, f.message, frozenset(f.administrations)) for f in encounter.findings},
    }


def reasons(because: Because) -> Iterator[Because]:
    yield because
    for child in because.children:
        yield from reasons(child)


def named_sources(encounter: CodedEncounter) -> set[Source]:
    """Every row that stands in a line, an uncharged stretch, a query, an assumption or a finding."""
    trees = [x.because for x in (*encounter.lines, *encounter.unbilled, *encounter.assumptions)]
    found = {s for tree in trees for node in reasons(tree) for s in node.sources}
    found |= {s for q in encounter.queries for s in q.sources}
    held = {i for f in encounter.findings for i in f.administrations}
    found |= {s for a in encounter.timeline.administrations if a.id in held for s in a.sources}
    return found | {f.source for f in encounter.findings if f.source is not None}


@searched(60, plan=plans(), turned=switches())
def test_96368_at_most_once_and_never_without_an_initial(plan: list[Hung], turned: dict[str, object]) -> None:
    encounter = coded(events_of(plan), **turned)
    concurrent = [x for x in encounter.lines if x.code == "96368"]
    if turned.get("concurrent_scope") == "date":
        assert all(x.units == 1 for x in concurrent)
    else:
        assert sum(x.units for x in concurrent) <= 1
    assert not concurrent or units(encounter, *INITIALS)


@searched(60, plan=plans(), turned=switches())
def test_one_initial_where_a_ranked_service_is_charged(plan: list[Hung], turned: dict[str, object]) -> None:
    encounter = coded(events_of(plan), **turned)
    plain = sum(x.units for x in encounter.lines if x.code in INITIALS and not x.modifiers)
    if turned.get("initial_scope") == "date":
        dates = {encounter.timeline.local_date(a.start) for a in encounter.timeline.administrations}
        assert plain <= len(dates)
        assert plain or not units(encounter, *NEEDS_AN_INITIAL)
    else:
        assert plain == bool(units(encounter, *INITIALS, *NEEDS_AN_INITIAL))


@searched(60, plan=plans(), turned=switches())
def test_no_additional_hour_without_its_parent(plan: list[Hung], turned: dict[str, object]) -> None:
    encounter = coded(events_of(plan), **turned)
    for code, parents in PARENTS.items():
        assert not units(encounter, code) or units(encounter, *parents), code


@searched(60, plan=plans(), turned=switches())
def test_hydration_is_never_charged_while_a_drug_runs(plan: list[Hung], turned: dict[str, object]) -> None:
    encounter = coded(events_of(plan), **turned)
    by_id = {a.id: a for a in encounter.timeline.administrations}
    drugs = [a for a in by_id.values() if encounter.kinds.get(a.id) == "infusion"]
    own_access = turned.get("hydration_overlap") == "access"
    charged = [
        interval
        for line in encounter.lines
        if line.code in {"96360", "96361"}
        for node in reasons(line.because)
        for interval in node.intervals
    ]
    for fluid, start, stop in charged:
        for drug in drugs:
            lines = {drug.access, by_id[fluid].access}
            apart = own_access and None not in lines and len(lines) == 2
            assert apart or not any(s.start < stop and start < s.stop for s in drug.segments)


@searched(
    60, plan=plans(), turned=switches(), at=st.integers(480, 1500), length=st.integers(1, 600), site=st.booleans()
)
def test_a_carrier_fluid_changes_no_line(
    plan: list[Hung], turned: dict[str, object], at: int, length: int, site: bool
) -> None:
    fluid = Hung(
        "dextrose 5% carrier", "carrier", "own order", plan[0].site if site else "elsewhere",
        ((at * MINUTE, (at + length) * MINUTE),), at * MINUTE,
    )  # fmt: skip
    with_it = coded(events_of([*plan, fluid]), **turned)
    without = coded(events_of(plan), **turned)
    assert said(with_it)["lines"] == said(without)["lines"]
    assert said(with_it)["queries"] == said(without)["queries"]


@searched(60, plan=plans(), turned=switches(), seed=st.integers(0, 999))
def test_the_order_of_the_input_changes_nothing(plan: list[Hung], turned: dict[str, object], seed: int) -> None:
    events = events_of(plan)
    mixed = list(events)
    Random(seed).shuffle(mixed)
    renumbered = [replace(e, source=Source("other.csv", row=n)) for n, e in enumerate(mixed, 1)]
    before = said(coded(events, **turned))
    assert said(coded(mixed, **turned)) == before
    assert said(coded(renumbered, **turned)) == before


@searched(60, plan=plans(), turned=switches(), which=st.sets(st.integers(0, 11)))
def test_charting_rows_twice_changes_nothing(plan: list[Hung], turned: dict[str, object], which: set[int]) -> None:
    events = events_of(plan)
    again = [replace(e, source=replace(e.source, file="again.csv")) for e in events]
    some = [e for n, e in enumerate(again) if n in which]
    before = said(coded(events, **turned))
    for more in (again, some):
        after = said(coded([*events, *more], **turned))
        for part in ("lines", "queries", "assumptions", "unbilled", "ledger"):
            assert after[part] == before[part], part


@searched(60, plan=plans(), turned=switches())
def test_splitting_a_rate_change_changes_nothing(plan: list[Hung], turned: dict[str, object]) -> None:
    events = events_of(plan)
    changes = [e for e in events if e.action is Action.RATE_CHANGE]
    assume(changes)
    before, after = said(coded(events, **turned)), said(coded([*events, *map(_second_half, changes)], **turned))
    assert after["lines"] == before["lines"]
    assert after["ledger"] == before["ledger"]


def _second_half(change: AdministrationEvent) -> AdministrationEvent:
    return replace(change, source=replace(change.source, file="second half"))


@searched(60, plan=plans(), turned=switches(), days=st.sampled_from((1, 7, -1)))
def test_a_day_later_shifts_dates_only(plan: list[Hung], turned: dict[str, object], days: int) -> None:
    shift = timedelta(days=days)
    events = events_of(plan)
    moved = [replace(e, time=e.time + shift, stop=e.stop + shift if e.stop else None) for e in events]
    before, after = coded(events, **turned), coded(moved, **turned)
    assert _dated(after, timedelta()) == _dated(before, shift)
    assert [q.what for q in after.queries] == [q.what for q in before.queries]


def _dated(encounter: CodedEncounter, shift: timedelta) -> list[tuple[str, int, tuple[str, ...], date, int]]:
    return [(x.code, x.units, x.modifiers, x.date + shift, x.minutes) for x in encounter.lines]


@searched(60, plan=plans(), turned=switches())
def test_every_minute_and_every_row_is_accounted_for(plan: list[Hung], turned: dict[str, object]) -> None:
    events = events_of(plan)
    encounter = coded(events, **turned)
    given_ = encounter.timeline.administrations
    assert [row.administration for row in encounter.ledger] == [a.id for a in given_]
    for row, a in zip(encounter.ledger, given_, strict=True):
        assert row.charged + row.included + row.unbilled + row.queried == row.documented
        assert min(row.charged, row.included, row.unbilled, row.queried) >= 0
        assert row.documented == a.seconds // 60
    assert {e.source for e in events} - named_sources(encounter) == set()


def amount(encounter: CodedEncounter) -> float:
    return sum(PRICES[line.code] * line.units for line in encounter.lines)


def _without_one(
    events: Sequence[AdministrationEvent], turned: dict[str, object]
) -> Iterable[list[AdministrationEvent]]:
    """The chart without one stop of a row, or without one site (of every row of its order).

    Not where a New Bag of the order follows: it then continues the run of the bag without a stop (rule 0b).
    Not of a push, which needs no stop (rule 26).  Not where two rows chart one start with two stops: without the
    earlier, which is used, the later stands alone.  And not of one fluid of several unless runs are added: a fluid
    between two others joins 91 and 31 minutes (3 units) to one run of 123 (2 units).
    """
    starts = Counter((e.order_id, e.drugs, e.time) for e in events)
    fluids = sum(e.drugs[0].category == "hydration" for e in events if e.action in (Action.INTERVAL, Action.NEW_BAG))
    hung = {(e.order_id, e.drugs) for e in events if e.action is Action.NEW_BAG}
    for n, event in enumerate(events):
        contradicted = starts[event.order_id, event.drugs, event.time] > 1 or (event.order_id, event.drugs) in hung
        joins = event.drugs[0].category == "hydration" and fluids > 1 and turned.get("hydration_segments") != "sum"
        if event.stop is not None and event.route is not Route.IV_PUSH and not contradicted and not joins:
            yield [*events[:n], replace(event, stop=None, stop_from=None), *events[n + 1 :]]
    for order in sorted({e.order_id for e in events if e.site and e.order_id}):
        yield [replace(e, site=None) if e.order_id == order else e for e in events]


@searched(60, plan=plans(most=4), turned=switches())
def test_taking_away_a_stop_or_a_site_never_raises_the_bill(plan: list[Hung], turned: dict[str, object]) -> None:
    # The other values of missing_stop say themselves how long a drug ran: less of it leaves more of the others.
    assume(turned.get("missing_stop", "query") in ("query", "calculate"))
    # A second access in question holds 96367 beside 96365-59; without its site it is no ground for the latter
    # (rule 28) and 96367 is certain.
    turned = {"second_access_initial": "deny", **turned}
    assume(turned["second_access_initial"] != "query")
    events = events_of(plan)
    full = coded(events, **turned)
    for fewer in _without_one(events, turned):
        assert amount(coded(fewer, **turned)) <= amount(full)
