"""Invented encounters: what really ran (a plan), and how a nurse may have charted it (events).

A plan is the truth; :func:`events_of` charts it, as rows with start and stop or as an action log.  ``complete``
plans leave nothing unknown (for the naive coder); ``messy`` ones miss stops and sites, share orders, and have
seconds.  Times are seconds since 2026-03-10 00:00.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from hypothesis import strategies as st

from parsers.events import Action, AdministrationEvent, Category, Drug, Reading, Route, Source
from timeline import Policy, build, code, load_policy
from timeline.model import CodedEncounter

DAY_ZERO = datetime(2026, 3, 10, tzinfo=UTC)
MINUTE = 60
Stretch = tuple[int, int]
Way = Literal["rows", "log"]

MENU: dict[Category, tuple[str, ...]] = {
    "chemo": ("paclitaxel", "carboplatin", "gemcitabine"),
    "therapeutic": ("vancomycin", "cefepime", "famotidine", "ondansetron"),
    "hydration": ("sodium chloride 0.9%", "lactated ringers"),
    "carrier": ("sodium chloride 0.9% flush bag",),
    "blood": ("packed red blood cells",),
}
# The minutes at which units change, and some between.
LENGTHS = (1, 5, 14, 15, 16, 17, 20, 29, 30, 31, 32, 45, 60, 75, 89, 90, 91, 92, 120, 150, 151, 180, 210, 211, 300, 480)


@dataclass(frozen=True)
class Hung:
    """One bag, syringe or injection, as it happened and as it was charted."""

    drug: str
    category: Category
    order: str | None
    site: str | None
    ran: tuple[Stretch, ...] = ()
    """Running stretches; none for a dose given at once."""
    at: int = 0
    """When it was started or given."""
    route: Route = Route.IV
    way: Way = "rows"
    dose_action: Action = Action.GIVEN
    """How a dose given at once is charted in a log."""
    notes: tuple[tuple[int, Action, float | None], ...] = ()
    """Rate changes and verifies: seconds, action, mL/h."""
    no_stop: bool = False
    """The stop was never charted."""
    also_on: str | None = None
    """The start was charted a second time, on this line."""

    @property
    def end(self) -> int:
        return self.ran[-1][1] if self.ran else self.at


def instant(seconds: int) -> datetime:
    return DAY_ZERO + timedelta(seconds=seconds)


def events_of(plan: Sequence[Hung], encounter: str = "E1") -> list[AdministrationEvent]:
    """The chart of a plan: every event with a source of its own."""
    made = [event for hung in plan for event in _charted(hung, encounter)]
    return [replace(e, source=Source("chart.csv", row=n)) for n, e in enumerate(made, 1)]


def _charted(hung: Hung, encounter: str) -> list[AdministrationEvent]:
    def event(seconds: int, action: Action, rate: float | None = None) -> AdministrationEvent:
        return AdministrationEvent(
            source=Source("chart.csv"),
            encounter_id=encounter,
            action=action,
            time=instant(seconds),
            drugs=(Drug(hung.drug, category=hung.category),),
            order_id=hung.order,
            patient_id="P1",
            route=hung.route,
            site=hung.site,
            rate=rate,
            rate_unit="mL/hr" if rate is not None else None,
            rate_ml_per_hour=rate,
        )

    if hung.also_on is not None:
        return [*_charted(replace(hung, also_on=None), encounter), *_start_again(hung, encounter)]
    if not hung.ran:
        return [event(hung.at, Action.INTERVAL if hung.way == "rows" else hung.dose_action)]
    pauses = [
        event(t, action)
        for (_, stop), (start, _) in pairwise(hung.ran)
        for t, action in ((stop, Action.PAUSED), (start, Action.RESTARTED))
    ]
    noted = [event(*note) for note in hung.notes]
    if hung.way == "rows":
        row = event(hung.at, Action.INTERVAL)
        if not hung.no_stop:
            row = replace(row, stop=instant(hung.end), stop_from="charted")
        return [row, *pauses, *noted]
    stop = [] if hung.no_stop else [event(hung.end, Action.STOPPED)]
    return [event(hung.at, Action.NEW_BAG), *pauses, *noted, *stop]


def _start_again(hung: Hung, encounter: str) -> list[AdministrationEvent]:
    """The first row once more, on the other line."""
    return _charted(replace(hung, site=hung.also_on, also_on=None, notes=()), encounter)[:1]


@lru_cache(maxsize=1)
def facility() -> Policy:
    return load_policy("facility")


def coded(events: Sequence[AdministrationEvent], **switches: object) -> CodedEncounter:
    """The one encounter of these events, coded under the facility policy."""
    reading = Reading(events=tuple(events), used=len(events), timezone="UTC")
    (encounter,) = code(build(reading), facility(), switches=switches).encounters
    return encounter


def bill(encounter: CodedEncounter) -> dict[tuple[str, tuple[str, ...], str], int]:
    return {(x.code, x.modifiers, x.date.isoformat()): x.units for x in encounter.lines}


@st.composite
def _hung(
    draw: st.DrawFn,
    number: int,
    base: int,
    messy: bool,
    categories: tuple[Category, ...],
    sites: tuple[str | None, ...],
) -> Hung:
    category = draw(st.sampled_from(categories))
    drug = draw(st.sampled_from(MENU[category]))
    later = draw(st.one_of(st.integers(0, 24).map(lambda n: n * 15), st.integers(0, 360)))
    at = base + later * MINUTE
    order = f"O{number}"
    if draw(st.integers(0, 3)) == 0:
        order = f"order of {drug}"
    hung = Hung(drug, category, order, draw(st.sampled_from(sites)), at=at, way=draw(st.sampled_from(("rows", "log"))))
    if category in ("chemo", "therapeutic") and draw(st.integers(0, 3)) == 0:
        return _dose(draw, hung, messy)
    hung = replace(hung, ran=draw(_running(at, messy)), route=draw(st.sampled_from((Route.IV, Route.IVPB))))
    hung = replace(hung, notes=draw(_noted(hung)))
    if messy and draw(st.integers(0, 4)) == 0:
        hung = replace(hung, no_stop=True)
    if messy and draw(st.integers(0, 5)) == 0:
        hung = replace(hung, order=None)
    if messy and hung.order is not None and draw(st.integers(0, 7)) == 0:
        hung = replace(hung, also_on=draw(st.sampled_from(("IV1", "IV2", "PORT"))))
    return hung


def _dose(draw: st.DrawFn, hung: Hung, messy: bool) -> Hung:
    """A push, now and then with its length charted, or an injection."""
    route = draw(st.sampled_from((Route.IV_PUSH, Route.IV_PUSH, Route.IV, Route.IM)))
    if route is Route.IM and (messy or hung.category == "therapeutic"):
        return replace(hung, route=route)
    if route is Route.IV:
        return replace(hung, route=route, way="log")
    dose = replace(hung, route=Route.IV_PUSH, dose_action=draw(st.sampled_from((Action.GIVEN, Action.PUSH))))
    if dose.way == "rows" and draw(st.booleans()):
        return replace(dose, ran=((dose.at, dose.at + draw(st.sampled_from((2, 10, 20))) * MINUTE),))
    return dose


@st.composite
def _running(draw: st.DrawFn, at: int, messy: bool) -> tuple[Stretch, ...]:
    """One running stretch, or several with pauses between."""
    stretches = []
    for _ in range(draw(st.sampled_from((1, 1, 1, 1, 2, 3)))):
        length = draw(st.one_of(st.sampled_from(LENGTHS), st.integers(1, 200))) * MINUTE
        if messy and draw(st.integers(0, 4)) == 0:
            length += draw(st.integers(-59, 59))
        stretches.append((at, at + max(1, length)))
        at = stretches[-1][1] + draw(st.sampled_from((1, 10, 20, 45))) * MINUTE
    return tuple(stretches)


@st.composite
def _noted(draw: st.DrawFn, hung: Hung) -> tuple[tuple[int, Action, float | None], ...]:
    """Verifies and rate changes while it runs; rates well above keep-open."""
    notes = []
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        start, stop = draw(st.sampled_from(hung.ran))
        if stop - start > 2 * MINUTE:
            moment = start + draw(st.integers(1, (stop - start) // MINUTE - 1)) * MINUTE
            action = draw(st.sampled_from((Action.RATE_CHANGE, Action.RATE_VERIFY)))
            notes.append((moment, action, draw(st.sampled_from((100.0, 125.0, 250.0)))))
    return tuple(notes)


ALL: tuple[Category, ...] = ("therapeutic", "therapeutic", "therapeutic", "chemo", "hydration", "carrier", "blood")


@st.composite
def plans(
    draw: st.DrawFn,
    *,
    messy: bool = True,
    least: int = 1,
    most: int = 6,
    keep: Callable[[Hung], bool] = lambda hung: True,
    open_ended: bool = False,
) -> list[Hung]:
    """One encounter.  In the morning, or so late that it runs past midnight, or on two days.

    ``open_ended`` leaves out the stop of every infusion that can be without one.
    """
    days = draw(st.sampled_from(((8,), (8,), (21,), (23,), (8, 32), (21, 30))))
    categories = draw(
        st.sampled_from((ALL, ALL, ("therapeutic",), ("therapeutic", "hydration"), ("chemo", "therapeutic")))
    )
    sites: tuple[str | None, ...] = draw(
        st.sampled_from((("IV1",), ("IV1",), ("IV1", "IV2"), ("PORT", "L AC", "R hand")))
    )
    if messy and draw(st.integers(0, 2)) == 0:
        sites = (*sites, None)
    count = draw(st.integers(least, most))
    plan = [draw(_hung(n, draw(st.sampled_from(days)) * 3600, messy, categories, sites)) for n in range(count)]
    plan = [h for h in plan if keep(h)] or [Hung("vancomycin", "therapeutic", "O0", "IV1", ((28800, 32400),), 28800)]
    if open_ended:
        return [replace(h, no_stop=bool(h.ran) and h.route in (Route.IV, Route.IVPB)) for h in plan]
    return _with_few_unknowns(plan, draw(st.sampled_from((0, 1, 1, 1, 2)))) if messy else _orderly(plan)


def _with_few_unknowns(plan: list[Hung], most: int) -> list[Hung]:
    """At most so many missing stops and sites: the search stays quick."""
    left = most
    kept = []
    for hung in plan:
        if hung.no_stop:
            hung, left = (hung, left - 1) if left else (replace(hung, no_stop=False), 0)
        if hung.site is None and hung.ran:
            hung, left = (hung, left - 1) if left else (replace(hung, site="IV1"), 0)
        elif hung.also_on is not None:
            # Two lines are an unknown line.
            hung, left = (hung, left - 1) if left else (replace(hung, also_on=None), 0)
        kept.append(hung)
    return kept


def _orderly(plan: list[Hung]) -> list[Hung]:
    """Complete charts only: bags that share an order follow each other, through one line, charted one way."""
    kept: list[Hung] = []
    for number, hung in enumerate(sorted(plan, key=lambda h: (h.at, h.end))):
        before = [k for k in kept if k.order == hung.order]
        alike = all(k.site == hung.site and k.way == hung.way and bool(k.ran) and bool(hung.ran) for k in before)
        routes = all(k.route == hung.route for k in before)
        if before and not (alike and routes and all(k.end <= hung.at for k in before)):
            hung = replace(hung, order=f"apart {number}")
        kept.append(hung)
    return kept


SWITCHES: dict[str, st.SearchStrategy[object]] = {
    "initial_scope": st.sampled_from(("encounter", "date")),
    "initial_tiebreak": st.sampled_from(("first_started", "longest")),
    "push_over_15_documented": st.sampled_from(("push", "infusion")),
    "same_drug_repeat": st.sampled_from(("per_bag", "sum")),
    "repeat_push_gap": st.sampled_from((16, 31, 61)),
    "repeat_push_from": st.sampled_from(("reported", "previous", "first")),
    "repeat_chemo_push": st.sampled_from(("none", "96411")),
    "concurrent_scope": st.sampled_from(("encounter", "date")),
    "concurrent_min_overlap": st.sampled_from((1, 16, 31)),
    "partial_overlap": st.sampled_from(("majority", "concurrent", "deduct")),
    "concurrent_chemo": st.sampled_from(("query", "96549", "96417", "none")),
    "hydration_overlap": st.sampled_from(("encounter", "access")),
    "hydration_segments": st.sampled_from(("each_31", "sum")),
    "sum_scope": st.sampled_from(("encounter", "date")),
    "deduct_push_minutes": st.sampled_from(("no", "yes")),
    "missing_stop": st.sampled_from(("query", "push", "calculate", "last_seen", "not_billable")),
    "unknown_access": st.sampled_from(("query", "same")),
    "second_access_initial": st.sampled_from(("query", "allow", "deny")),
    "midnight_date": st.sampled_from(("each_day", "start")),
    "modifier_style": st.sampled_from(("59", "X")),
    "bag_change_max_minutes": st.sampled_from((60, 240)),
    "bag_change_grace_minutes": st.sampled_from((0, 5)),
    "pump_evidence": st.sampled_from(("fill", "prefer", "ignore")),
    "pump_only": st.sampled_from(("code", "unbilled")),
}


def switches() -> st.SearchStrategy[dict[str, object]]:
    """A few switches turned from their defaults."""
    names = st.lists(st.sampled_from(sorted(SWITCHES)), max_size=4, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: SWITCHES[name] for name in chosen}))
