"""One initial service per encounter: which one? (rulebook 1-5)

Facilities rank chemo infusion, chemo push, therapeutic infusion, therapeutic push, hydration, whatever the
clock says.  Injections, 96369, 96373 and pump chemo stand outside the rank.
"""

from __future__ import annotations

from collections.abc import Sequence

from timeline.rules.case import Case, Reason, Service
from timeline.rules.hydration import earning_hydration
from timeline.spans import minutes, union

RANKS = ("chemo infusion", "chemo push", "therapeutic infusion", "therapeutic push", "hydration")
_INFUSIONS = {True: RANKS.index("chemo infusion"), False: RANKS.index("therapeutic infusion")}
_PUSHES = {True: RANKS.index("chemo push"), False: RANKS.index("therapeutic push")}
_LAST = RANKS.index("hydration")


def choose_initial(case: Case) -> Reason | None:
    """Set ``case.initial`` and say why it is initial; ``None`` when nothing ranked was given."""
    by_primary = case.settings.initial_choice == "primary_drug"
    given = case.services if by_primary else [*case.of_kind("infusion"), *case.of_kind("push")]
    ranks = {s: r for s in given if (r := rank(s, case)) is not None}
    candidates: Sequence[Service] = list(ranks)
    if by_primary or not ranks:
        candidates = [*candidates, *earning_hydration(case)]
    if not candidates:
        return None
    if by_primary:
        candidates = _primary(case, candidates)
    best = min(ranks.get(s, _LAST) for s in candidates)
    tied = [s for s in candidates if ranks.get(s, _LAST) == best]
    if case.settings.initial_tiebreak == "first_started":
        # Only those that began together are measured by length.
        began = min(s.start for s in tied)
        contenders = [s for s in tied if s.start == began]
    else:
        contenders = tied
    case.initial = min(contenders, key=lambda s: _tie(s, tied, case))
    facts = {"drug": case.initial.name, "rank": RANKS[best], "tied": len({s.drug for s in tied})}
    if facts["tied"] == 1:
        return Reason("2", "{drug} is the initial service: {rank} ranks highest.", facts, "initial_choice")
    text = "{drug} is the initial service: {rank} ranks highest, and of {tied} such drugs it comes first by policy."
    return Reason("4", text, facts, "initial_tiebreak")


def rank(service: Service, case: Case) -> int | None:
    """Place in the facility hierarchy, 0 highest; ``None`` for what stands outside it or is too short."""
    if service.kind == "infusion" and service.minutes >= case.settings.infusion_min_minutes:
        return _INFUSIONS[service.chemo]
    return _PUSHES[service.chemo] if service.kind == "push" else None


def _tie(service: Service, tied: Sequence[Service], case: Case) -> tuple[object, ...]:
    """First started, then longest, or longest alone; then drug name and order id (rulebook 4)."""
    length = minutes(union(span for s in tied if s.drug == service.drug for span in s.spans))
    name = (service.name.casefold(), service.administration.order_id or "", service.id)
    if case.settings.initial_tiebreak == "first_started":
        return (service.start, -length, *name)
    return (-length, name[0], service.start, *name[1:])


def _primary(case: Case, candidates: Sequence[Service]) -> Sequence[Service]:
    """Professional claims: the drug that is the reason for the visit, but never past an IV chemo drug."""
    drugs = {s.drug for s in case.services if s.administration.primary_drug}
    primary = [s for s in candidates if s.drug in drugs]
    if not primary:
        if len({s.drug for s in candidates}) > 1:
            case.note(
                "info",
                "primary-drug-missing",
                "No drug is marked as the primary reason for the visit; the facility rank chose the initial service.",
                "Mark it in the column primary_drug.",
                *candidates,
            )
        return candidates
    chemo = [s for s in candidates if s.chemo]
    if chemo and not any(s.chemo for s in primary):
        case.note(
            "warning",
            "primary-drug-below-chemo",
            "The drug marked as primary is not the chemo drug; an IV chemo "
            "drug cannot be passed over, so the facility rank chose.",
            "Check the column primary_drug.",
            *primary,
        )
        return candidates
    return primary
