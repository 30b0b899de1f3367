"""Hydration: what remains when drugs, blood and keep-open minutes are taken off (rulebook 8, 18, 21-24).

Hydration is never concurrent with anything.  30 minutes or less have no code and never become a push.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from timeline.rules.case import Case, Reason, Service
from timeline.rules.hours import additional_hours, earned_at, first_unit
from timeline.rules.memory import remembered
from timeline.spans import Spans, epoch, intersect, minutes, moment, seconds, subtract, touching, union


@dataclass(frozen=True, slots=True)
class Run:
    """An unbroken stretch of hydration after subtraction; ``services`` by start."""

    spans: Spans
    services: tuple[Service, ...]
    units: int
    """Units it would earn; the first is 96360 only if hydration is the initial service."""


def hydration_runs(case: Case) -> list[Run]:
    """All runs of a case.  Touching bags are one run; two fluids at once count once."""
    return _runs(case, case.of_kind("hydration"))


def _runs(case: Case, fluids: list[Service]) -> list[Run]:
    remaining = {s.id: countable(s, case) for s in fluids}
    runs = []
    for span in union(piece for spans in remaining.values() for piece in spans):
        stretch = (span,)
        inside = tuple(s for s in fluids if touching(remaining[s.id], stretch))
        runs.append(Run(stretch, inside, units_of(minutes(stretch), case)))
    return runs


def earning_hydration(case: Case) -> list[Service]:
    """The fluids of the runs that earn a unit: one of them is initial where nothing else is."""
    runs = hydration_runs(case)
    if case.settings.hydration_segments == "each_31":
        return [run.services[0] for run in runs if run.units]
    return [run.services[0] for group in _sums(case, runs) if _summed_units(case, group) for run in group]


def units_of(count: int, case: Case) -> int:
    """31-90 minutes one unit, 91-150 two ...; none below 31."""
    settings = case.settings
    return 0 if count < settings.hydration_min_minutes else 1 + additional_hours(count, settings)


def countable(fluid: Service, case: Case) -> Spans:
    """Minutes of a fluid in which nothing else was paid for."""
    found = case.countable.get(fluid.id)
    if found is None:
        found = subtract(subtract(fluid.spans, kvo_spans(fluid, case)), drug_time(fluid, case))
        case.countable[fluid.id] = found
    return found


def drug_time(fluid: Service, case: Case) -> Spans:
    """Time of infusions of drugs, of blood, and of infusions of 15 minutes or less with start and stop.

    Under ``hydration_overlap = access`` only those of the same access; an unknown access counts as the same.
    """
    access = fluid.access if case.settings.hydration_overlap == "access" and fluid.access_charted else None
    found = case.drug_time.get(access)
    if found is None:
        takers = (s for s in case.everything if _takes_time(s, case))
        found = case.drug_time[access] = union(
            span for s in takers if access is None or not s.access_charted or s.access == access for span in s.spans
        )
    return found


def _takes_time(other: Service, case: Case) -> bool:
    if other.kind == "infusion":
        return True
    if other.kind == "other":
        # A drug that cannot be billed for want of a stop still ran: its known time is no hydration.
        return other.category == "blood" or (other.settled and other.category in ("chemo", "therapeutic"))
    if other.kind == "push":
        return case.settings.deduct_push_minutes == "yes" or not other.administration.documented_push
    return False


def kvo_spans(fluid: Service, case: Case) -> Spans:
    """Minutes at a charted rate that only keeps the vein open: a carrier even if ordered as hydration."""
    if fluid.slow is not None:
        return fluid.slow
    steps = fluid.administration.rates
    slow: list[tuple[int, int]] = []
    for index, step in enumerate(steps):
        if step.ml_per_hour is None or not 0 < step.ml_per_hour <= case.settings.kvo_max_ml_per_hour:
            continue
        until = epoch(steps[index + 1].time) if index + 1 < len(steps) else fluid.end
        slow.append((epoch(step.time), until))
    fluid.slow = intersect(fluid.spans, union(slow))
    return fluid.slow


def code_hydration(case: Case) -> None:
    """Charge the runs of the case and account for every other minute of its fluids."""
    fluids = case.of_kind("hydration")
    initial = case.initial is not None and case.initial.kind == "hydration"
    takers = [s for s in case.everything if _takes_time(s, case)] if fluids else []
    apart = case.memory is not None and not initial and case.settings.hydration_segments == "each_31"
    for group in _apart(fluids) if apart else [fluids]:
        if group:
            key = ("hydration", initial, tuple(group), _time_taken(case, group, takers))
            remembered(case, key, partial(_code_runs, case, group, initial=initial))


def _apart(fluids: list[Service]) -> list[list[Service]]:
    """Fluids that can share no run, since none of one group ran up to the start of the next."""
    groups: list[list[Service]] = []
    until = 0
    for fluid in fluids:
        if not groups or fluid.start > until:
            groups.append([])
        groups[-1].append(fluid)
        until = max(until, fluid.end)
    return groups


def _time_taken(case: Case, fluids: list[Service], takers: list[Service]) -> tuple[object, ...]:
    """What of all that takes time ran between the first start and the last stop of the fluids."""
    first, last = fluids[0].start, max(s.end for s in fluids)
    beside = (s for s in takers if s.end > first and s.start < last)
    if case.settings.hydration_overlap == "access":
        return tuple(beside)
    return tuple(s.spans for s in beside)


def _code_runs(case: Case, fluids: list[Service], *, initial: bool) -> None:
    runs = _runs(case, fluids)
    counted: Spans = ()
    summing = case.settings.hydration_segments == "sum"
    billed = _sum(case, runs, initial) if summing else _each(case, runs, initial)
    for fluid in fluids:
        _account(case, fluid, counted, billed)
        counted = union([*counted, *countable(fluid, case)])
    _judge(case, runs)


def _each(case: Case, runs: list[Run], initial: bool) -> Spans:
    """Every run of 31 minutes or more gives its own units; nothing is added together."""
    billed: list[tuple[int, int]] = []
    first = initial
    for run in runs:
        if run.units:
            _charge(case, run, run.spans, run.units, first, "hydration_segments")
            billed.extend(run.spans)
            first = False
    return union(billed)


def _sum(case: Case, runs: list[Run], initial: bool) -> Spans:
    """The runs are added (over the encounter or within a date), then counted as one."""
    billed: list[tuple[int, int]] = []
    first = initial
    for group in _sums(case, runs):
        spans = union(span for run in group for span in run.spans)
        units = _summed_units(case, group)
        if units:
            services = {s.id: s for run in group for s in run.services}
            _charge(case, Run(spans, tuple(services.values()), units), spans, units, first, "hydration_segments")
            billed.extend(spans)
            first = False
    return union(billed)


def _sums(case: Case, runs: list[Run]) -> list[list[Run]]:
    """Runs whose minutes are added together: all, or those of one date (switch ``sum_scope``)."""
    groups: dict[object, list[Run]] = {}
    for run in runs:
        scope = case.day(run.spans[0][0]) if case.settings.sum_scope == "date" else None
        groups.setdefault(scope, []).append(run)
    return list(groups.values())


def _summed_units(case: Case, group: list[Run]) -> int:
    return units_of(minutes(union(span for run in group for span in run.spans)), case)


def _charge(case: Case, run: Run, spans: Spans, units: int, initial: bool, setting: str) -> None:
    """One charge for the first unit and one for the hours; the minutes go to the fluids that ran."""
    lead = run.services[0]
    count = minutes(spans)
    shares = _shares(run, spans, case)
    facts = {"drug": " and ".join(dict.fromkeys(s.name for s in run.services)), "minutes": count, "units": units}
    evidence = tuple((s.id, share) for s, share in shares)
    settings = case.settings
    earned_31 = moment(spans, (settings.hydration_min_minutes - 1) * 60)
    hours = tuple(
        moment(spans, (settings.additional_hour_from_minutes - 1 + n * settings.additional_hour_minutes) * 60)
        for n in range(1, units)
    )
    if initial:
        text = "{drug}: {minutes} minutes of hydration with nothing else initial; {one_unit} minutes are one unit."
        one = first_unit(settings.hydration_min_minutes, settings)
        reason = Reason("8", text, {**facts, "one_unit": one}, "hydration_min_minutes", evidence)
        case.charge(case.codes.initial_hydration, lead, (spans[0][0],), shares[0][1], reason)
        when: tuple[int, ...] = hours
    else:
        when = (earned_31, *hours)
    if when:
        text = "{drug}: {minutes} minutes of hydration outside every drug infusion; units at minute {earned_at}."
        facts = {**facts, "earned_at": earned_at(len(when), settings, first=not initial)}
        reason = Reason("22", text, facts, setting, evidence)
        case.charge(case.codes.hour_hydration, lead, when, () if initial else shares[0][1], reason)
    for service, share in shares[1:]:
        # Further bags of one run stand in the same line; they carry their minutes, not units of their own.
        reason = Reason("22", "{drug} continues the hydration run.", {"drug": service.name}, setting, evidence)
        code = case.codes.initial_hydration if initial else case.codes.hour_hydration
        case.charge(code, service, (), share, reason)


def _shares(run: Run, spans: Spans, case: Case) -> list[tuple[Service, Spans]]:
    """Which fluid counts for which minutes: the earlier bag where two ran at once."""
    taken: Spans = ()
    shares = []
    for service in run.services:
        own = subtract(intersect(countable(service, case), spans), taken)
        taken = union([*taken, *own])
        shares.append((service, own))
    return shares


def _account(case: Case, fluid: Service, counted: Spans, billed: Spans) -> None:
    """Every minute of a fluid that no line counts, with its reason."""
    slow = kvo_spans(fluid, case)
    under = subtract(intersect(fluid.spans, drug_time(fluid, case)), slow)
    own = countable(fluid, case)
    twice = intersect(own, counted)
    rest = subtract(subtract(own, counted), billed)
    facts = {"drug": fluid.name}
    least = case.settings.hydration_min_minutes - 1

    def aside(spans: Spans, status: str, label: str, rule: str, text: str, setting: str | None) -> None:
        if spans:
            reason = Reason(rule, text, {**facts, "minutes": seconds(spans) // 60}, setting, ((fluid.id, spans),))
            case.set_aside(fluid, spans, status, label, reason)  # type: ignore[arg-type]

    aside(
        slow,
        "included",
        "keep-vein-open rate",
        "24",
        "{drug}: {minutes} minutes at a keep-vein-open rate carry no code.",
        "kvo_max_ml_per_hour",
    )
    aside(
        under,
        "included",
        "hydration while a drug ran",
        "21",
        "{drug}: {minutes} minutes ran while a drug infusion was paid for.",
        "hydration_overlap",
    )
    aside(
        twice,
        "included",
        "second fluid at the same time",
        "21",
        "{drug}: {minutes} minutes ran beside another hydration fluid and count once.",
        "hydration_overlap",
    )
    aside(
        rest,
        "unbilled",
        f"hydration of {least} minutes or less",
        "8",
        "{drug}: {minutes} minutes in runs of " + str(least) + " minutes or less have no code.",
        "hydration_min_minutes",
    )
    if slow:
        case.note(
            "info",
            "kvo-rate",
            f"Hydration was charted at a keep-vein-open rate for {_how_long(slow, fluid)};"
            " those minutes carry no code.",
            "",
            fluid,
        )


def _how_long(slow: Spans, fluid: Service) -> str:
    return "all of its time" if seconds(slow) >= seconds(fluid.spans) else "part of its time"


def _judge(case: Case, runs: list[Run]) -> None:
    """Respectable sources add separate runs, others do not: say so where the units differ."""
    each = sum(run.units for run in runs)
    added = units_of(minutes(union(span for run in runs for span in run.spans)), case)
    if each != added:
        fluids = [s for run in runs for s in run.services]
        case.note(
            "info",
            "judgement",
            f"Separate hydration runs: each on its own gives {each} units, added together {added}.",
            "Switch hydration_segments holds the reading of your payer.",
            *fluids,
        )
