"""Placing the infusions of an encounter: initial, sequential, concurrent (rulebook 10, 13, 28, 30).

The initial drug is placed first, then other chemo, then the rest by start.  Each hang is measured only against
*leads*: the initial and the hangs already found sequential, of other drugs.  Clock order does not matter: a
drug that began before the chemo it runs into is measured against the chemo.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from timeline.rules.case import Case, Reason, Service
from timeline.rules.concurrent_96368 import concurrent_or_sequential, report_concurrent
from timeline.rules.placing_again import place_again
from timeline.rules.same_drug import DrugTally, charge_again, charge_first, judge_same_drug
from timeline.spans import Spans, intersect, minutes, subtract, union

Drug = frozenset[str]


@dataclass(slots=True)
class Board:
    """What has been placed so far."""

    leads: list[Service] = field(default_factory=list)
    covered: dict[Drug, Spans] = field(default_factory=dict)
    """Minutes in which a hang of the drug ran and was counted."""
    tallies: dict[Drug, DrugTally] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    extra: dict[str, Service] = field(default_factory=dict)
    """Access to its further initial (rulebook 30)."""
    concurrent_drugs: set[Drug] = field(default_factory=set)
    last: dict[Drug, object] = field(default_factory=dict)
    """The step that placed the last hang of the drug: what the drug earned so far follows from it."""

    def leads_beside(self, service: Service) -> tuple[Service, ...]:
        """Leads of other drugs that ran at some time between its start and its end."""
        start, end, drug = service.start, service.end, service.drug
        return tuple(x for x in self.leads if x.end > start and x.start < end and x.drug != drug)


@dataclass(frozen=True, slots=True)
class Measure:
    """One hang against the leads."""

    net: Spans
    """Its running time less what an earlier hang of the same drug already counted."""
    overlap: Spans
    """With a lead on the same access."""
    alone: Spans
    """With no lead on any access."""
    partners: tuple[Service, ...]
    elsewhere: tuple[Service, ...]
    """Leads that ran at the same time through another access."""


def place_infusions(case: Case, why_initial: Reason | None) -> None:
    """Charge every infusion hang of the case."""
    board = Board()
    infusions = case.of_kind("infusion")
    if case.initial is not None and case.initial.kind == "infusion":
        for service in infusions:
            if service.drug == case.initial.drug:
                first = partial(_place_initial, case, board, service, why_initial)
                place_again(case, board, service, first, initial=True)
    rest = [s for s in infusions if s.id not in board.placed]
    for service in sorted(rest, key=lambda s: (not s.chemo, s.placing_order)):
        if service.id not in board.placed:
            place_again(case, board, service, partial(_place, case, board, service), initial=False)
    for drug, tally in board.tallies.items():
        if len(tally.bags) <= 1:
            continue
        judge_same_drug(case, next(s for s in infusions if s.drug == drug), tally)


def _place_initial(
    case: Case, board: Board, service: Service, why: Reason | None, modifiers: tuple[str, ...] = ()
) -> None:
    """A hang of the initial drug keeps every minute it ran."""
    net = subtract(service.spans, board.covered.get(service.drug, ()))
    tally = board.tallies.setdefault(service.drug, DrugTally())
    _mark(board, service, lead=True)
    _same_drug_ran(case, service, net)
    if tally.bags:
        charge_again(case, service, net, tally, modifiers)
        return
    if minutes(net) < case.settings.infusion_min_minutes:
        _too_short(case, service, net)
        return
    codes = case.codes
    text = "{drug} ran {minutes} minutes and is the initial service of the encounter."
    facts = {"drug": service.name, "minutes": minutes(net)}
    children = (service.kind_reason,) if why is None else (why, service.kind_reason)
    reason = Reason("1", text, facts, "initial_scope", ((service.id, net),), children)
    charge_first(
        case,
        service,
        net,
        tally,
        codes.initial_chemo if service.chemo else codes.initial_therapeutic,
        reason,
        modifiers,
    )


def _mark(board: Board, service: Service, *, lead: bool) -> None:
    board.placed.add(service.id)
    board.covered[service.drug] = union([*board.covered.get(service.drug, ()), *service.spans])
    if lead:
        board.leads.append(service)


def _place(case: Case, board: Board, service: Service) -> None:
    """A hang of another drug: concurrent, sequential, or a matter of the second access."""
    measure = measure_against_leads(case, board, service)
    if measure.elsewhere and not measure.overlap and _further_initial(case, board, service):
        if service.id in board.placed:
            return
        measure = measure_against_leads(case, board, service)
    settings = case.settings
    running, overlap, alone = minutes(measure.net), minutes(measure.overlap), minutes(measure.alone)
    role, rule, disputed = concurrent_or_sequential(running, overlap, alone, settings)
    if role == "none" and alone and _coded(board, service) and settings.same_drug_repeat == "sum":
        # Minutes that are added together need no length of their own (rulebook 11).
        role, rule = "sequential", "11"
    facts = {
        "drug": service.name,
        "minutes": running,
        "overlap": overlap,
        "alone": alone,
        "partners": " and ".join(dict.fromkeys(p.name for p in measure.partners)) or "nothing",
    }
    _mark(board, service, lead=role == "sequential")
    if role == "concurrent":
        board.concurrent_drugs.add(service.drug)
        text = "{drug} ran {minutes} minutes, {overlap} of them with {partners} on the same access, {alone} alone."
        setting = "concurrent_min_overlap" if rule == "15" else "partial_overlap"
        reason = Reason(rule, text, facts, setting, ((service.id, measure.overlap),), (service.kind_reason,))
        names = list(dict.fromkeys(p.name for p in measure.partners))
        tally = board.tallies.setdefault(service.drug, DrugTally())
        report_concurrent(case, service, measure.net, measure.overlap, measure.alone, names, reason, tally)
    elif role == "sequential":
        _sequential(case, board, service, measure, facts, rule)
    else:
        _no_code(case, service, measure)
    _same_drug_ran(case, service, measure.net)
    if disputed:
        other = "sequential" if role == "concurrent" else "concurrent"
        case.note(
            "info",
            "judgement",
            f"{overlap} of {running} minutes overlap on one access, {alone} are alone: coded as "
            f"{role}; other sources would call it {other}.",
            "Switches partial_overlap and concurrent_min_overlap hold the reading of your payer.",
            service,
        )


def measure_against_leads(case: Case, board: Board, service: Service) -> Measure:
    """Overlap on the same access, time alone, and who else ran elsewhere."""
    net = subtract(service.spans, board.covered.get(service.drug, ()))
    same: list[tuple[int, int]] = []
    any_access: list[tuple[int, int]] = []
    partners, elsewhere = [], []
    for lead in board.leads_beside(service):
        shared = intersect(net, lead.spans)
        if not shared:
            continue
        any_access.extend(shared)
        if same_access(case, service, lead):
            same.extend(shared)
            partners.append(lead)
        else:
            elsewhere.append(lead)
    return Measure(net, union(same), subtract(net, union(any_access)), tuple(partners), tuple(elsewhere))


def same_access(case: Case, one: Service, other: Service) -> bool:
    """Unknown equals nothing, unless the switch takes unknown as the same access (rulebook 28)."""
    if one.access is None or other.access is None:
        return case.settings.unknown_access == "same"
    return one.access == other.access


def _sequential(
    case: Case, board: Board, service: Service, measure: Measure, facts: dict[str, object], rule: str
) -> None:
    """A new drug: one sequential unit and the hours of its own clock, on its minutes alone."""
    tally = board.tallies.setdefault(service.drug, DrugTally())
    if tally.bags:
        charge_again(case, service, measure.alone, tally)
    else:
        codes = case.codes
        text = "{drug} is a new drug; {alone} of its {minutes} minutes ran with no other drug infusion: sequential."
        setting = {"15": "concurrent_min_overlap", "16": "partial_overlap"}.get(rule, "infusion_min_minutes")
        reason = Reason(rule, text, facts, setting, ((service.id, measure.alone),), (service.kind_reason,))
        code = codes.sequential_chemo if service.chemo else codes.sequential_therapeutic
        charge_first(case, service, measure.alone, tally, code, reason)
        if service.drug in board.concurrent_drugs:
            case.note(
                "info",
                "judgement",
                "A drug counted as concurrent before ran alone later: its sequential code is "
                "reported beside it; other sources would report one of the two.",
                "",
                service,
            )
    _shared_time(case, service, measure)


def _shared_time(case: Case, service: Service, measure: Measure) -> None:
    """Minutes of a sequential hang that another drug's line pays for, or that a second access made."""
    shared = measure.overlap
    other = subtract(subtract(measure.net, measure.alone), shared)
    if shared:
        text = "{drug}: {minutes} minutes at the same time as {partners} through one access are paid by that line."
        facts = {
            "drug": service.name,
            "minutes": minutes(shared),
            "partners": " and ".join(dict.fromkeys(p.name for p in measure.partners)),
        }
        case.set_aside(
            service,
            shared,
            "included",
            "same time as another drug",
            Reason("16", text, facts, "partial_overlap", ((service.id, shared),)),
        )
    if other:
        _denied(case, service, other)


def _denied(case: Case, service: Service, spans: Spans) -> None:
    text = "{drug}: {minutes} minutes ran at the same time as a drug on another access; no second initial is supported."
    facts = {"drug": service.name, "minutes": minutes(spans)}
    case.set_aside(
        service,
        spans,
        "unbilled",
        "second access at the same time",
        Reason("30", text, facts, "second_access_initial", ((service.id, spans),)),
    )


def _no_code(case: Case, service: Service, measure: Measure) -> None:
    other = subtract(subtract(measure.net, measure.alone), measure.overlap)
    if other:
        _denied(case, service, other)
    left = subtract(measure.net, other)
    if left:
        _too_short(case, service, left)


def _too_short(case: Case, service: Service, spans: Spans) -> None:
    text = "{drug}: {minutes} minutes of an infusion are left to count, fewer than {least}; no code."
    least = case.settings.infusion_min_minutes
    facts = {"drug": service.name, "minutes": minutes(spans), "least": least}
    if spans:
        case.set_aside(
            service,
            spans,
            "unbilled",
            f"fewer than {least} minutes to count",
            Reason("7", text, facts, "infusion_min_minutes", ((service.id, spans),)),
        )


def _same_drug_ran(case: Case, service: Service, net: Spans) -> None:
    """Minutes that an earlier hang of the same drug counted."""
    twice = subtract(service.spans, net)
    if twice:
        text = "{drug}: {minutes} minutes ran beside an earlier bag of the same drug and count once."
        facts = {"drug": service.name, "minutes": minutes(twice)}
        case.set_aside(
            service,
            twice,
            "included",
            "same drug at the same time",
            Reason("11", text, facts, "same_drug_repeat", ((service.id, twice),)),
        )


def _further_initial(case: Case, board: Board, service: Service) -> bool:
    """A drug through a second access beside a lead: a further initial, if it is allowed (rulebook 30).

    True when the board changed.  One per access, by rank among its infusions; it needs a protocol or a
    condition that requires two lines, so the default is to ask.
    """
    access = service.access
    how = case.settings.second_access_initial
    if how == "deny" or (how == "query" and not service.access_charted):
        # An access nobody charted is never the ground for a question about two lines (rulebook 28).
        return False
    if access is None or access in board.extra or access in _initial_accesses(case, board):
        return False
    on_access = [
        s
        for s in case.of_kind("infusion")
        if s.access == access
        and s.id not in board.placed
        and s.minutes >= case.settings.infusion_min_minutes
        and not _coded(board, s)
    ]
    eligible = [s for s in on_access if measure_against_leads(case, board, s).elsewhere]
    if not eligible:
        return False
    chosen = min(eligible, key=lambda s: (not s.chemo, s.placing_order))
    if not _allowed(case, board, chosen):
        return False
    board.extra[access] = chosen
    modifier = "59" if case.settings.modifier_style == "59" else "XS"
    text = "{drug} ran through a second access at the same time as another drug, with a reason that requires two lines."
    why = Reason("30", text, {"drug": chosen.name}, "second_access_initial", ((chosen.id, chosen.spans),))
    for hang in on_access:
        if hang.drug == chosen.drug:
            _place_initial(case, board, hang, why, (modifier,))
    return True


def _coded(board: Board, service: Service) -> bool:
    """Whether the drug has its first code already: it earns hours, never a first unit again."""
    return service.drug in board.tallies and bool(board.tallies[service.drug].bags)


def _initial_accesses(case: Case, board: Board) -> set[str | None]:
    """Where the encounter's initial drug ran: no further initial is earned there."""
    return {x.access for x in board.leads if case.initial is not None and x.drug == case.initial.drug}


def _allowed(case: Case, board: Board, chosen: Service) -> bool:
    how = case.settings.second_access_initial
    if how != "query":
        return how == "allow"
    leads = [x for x in measure_against_leads(case, board, chosen).elsewhere if x.access_charted]
    if not chosen.access_charted or not leads:
        # An access nobody charted is never the ground for a second initial (rulebook 28).
        return False
    return case.decision("second_access", chosen, "deny") == "allow"
