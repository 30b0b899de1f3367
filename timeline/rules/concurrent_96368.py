"""Concurrent or sequential: the rule of 96368 (rulebook 13-19).

Concurrent means: another drug infusion, in its own bag, at the same time, through the same access.  96368 is
not timed, has no additional hours, and is reported once per encounter whatever the number of drugs.
"""

from __future__ import annotations

from typing import Literal

from timeline.rules.case import Case, Reason, Service
from timeline.rules.hours import additional_hours, hour_moments
from timeline.rules.same_drug import DrugTally
from timeline.spans import Spans, minutes
from timeline.switches import Settings

Role = Literal["concurrent", "sequential", "none"]


def concurrent_or_sequential(
    running: int, overlap: int, alone: int, settings: Settings, reading: str | None = None
) -> tuple[Role, str, bool]:
    """Role of a hang from its minutes: running, overlapping a lead on its access, with no lead on any access.

    Returns the role, the rule that decided and whether respectable sources would differ (``judgement``).
    ``reading`` overrides switch ``partial_overlap``.
    """
    long_enough = alone >= settings.infusion_min_minutes
    if overlap == 0:
        return ("sequential" if long_enough else "none"), "10", False
    if overlap < settings.concurrent_min_overlap:
        return ("sequential", "15", False) if long_enough else ("concurrent", "15", True)
    how = reading or settings.partial_overlap
    if how == "concurrent" or (how == "majority" and overlap >= running - overlap):
        role: Role = "concurrent"
    else:
        role = "sequential" if long_enough else "concurrent"
    if reading is not None:
        return role, "16", False
    others = {concurrent_or_sequential(running, overlap, alone, settings, r)[0] for r in _READINGS}
    return role, "16", len(others) > 1


_READINGS = ("majority", "concurrent", "deduct")


def report_concurrent(
    case: Case,
    service: Service,
    spans: Spans,
    overlap: Spans,
    alone: Spans,
    partners: list[str],
    reason: Reason,
    tally: DrugTally,
) -> None:
    """96368 for this hang, unless it was reported already; then its time is included."""
    if service.chemo:
        _concurrent_chemo(case, service, spans, overlap, alone, reason, tally)
        return
    scope: object = case.day(overlap[0][0]) if case.settings.concurrent_scope == "date" else "encounter"
    if scope in case.concurrent_on:
        text = "{drug} ran with {partners} through one access, but the concurrent code is reported once."
        facts = {"drug": service.name, "partners": " and ".join(partners), "minutes": minutes(spans)}
        again = Reason("14", text, facts, "concurrent_scope", ((service.id, spans),), (reason,))
        case.set_aside(service, spans, "included", "concurrent already reported", again)
        return
    case.concurrent_on.add(scope)
    text = "{drug} ran {overlap} of its {minutes} minutes with {partners} through the same access: concurrent, once."
    facts = {
        "drug": service.name,
        "partners": " and ".join(partners),
        "minutes": minutes(spans),
        "overlap": minutes(overlap),
    }
    once = Reason("14", text, facts, "concurrent_scope", ((service.id, overlap),), (reason,))
    case.charge(case.codes.concurrent, service, (overlap[0][0],), spans, once)


def _concurrent_chemo(
    case: Case, service: Service, spans: Spans, overlap: Spans, alone: Spans, reason: Reason, tally: DrugTally
) -> None:
    """No code exists for concurrent chemo: ask, or do what the switch says (rulebook 19)."""
    how = case.settings.concurrent_chemo
    if how == "query":
        answer = case.decision("concurrent_chemo", service, "none")
        how = answer if answer in ("96549", "96417", "none") else "none"  # type: ignore[assignment]
    facts = {"drug": service.name, "minutes": minutes(spans), "overlap": minutes(overlap)}
    text = "{drug}: chemo running {overlap} minutes with another drug through one access has no code of its own."
    why = Reason("19", text, facts, "concurrent_chemo", ((service.id, overlap),), (reason,))
    if how == "96417" and tally.bags:
        # The drug has its sequential code: a concurrent bag adds neither a second one nor hours (rulebook 16).
        case.set_aside(service, spans, "included", "sequential code already reported", why)
        return
    if how == "none":
        case.set_aside(service, spans, "unbilled", "concurrent chemo has no code", why)
        return
    code = case.codes.unlisted_chemo if how == "96549" else case.codes.sequential_chemo
    case.charge(code, service, (spans[0][0],), spans, why)
    if how == "96417":
        tally.bags.append(minutes(alone))
        hours = additional_hours(minutes(alone), case.settings) if alone else 0
        if hours:
            case.charge(case.codes.hour_chemo, service, hour_moments(alone, hours, case.settings), (), why)
