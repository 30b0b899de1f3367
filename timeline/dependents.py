"""What hangs on an unknown: the charges that are held where not every answer can be tried (rulebook 27).

A drug infusion reaches the infusions it may run beside, whose role it decides, and every service of the same
drug; these reach further in turn.  A fluid is reached only in the minutes that a drug or blood may have run.
"""

from __future__ import annotations

from collections.abc import Iterable

from timeline.mapper import Coding
from timeline.rules.case import Charge, Service
from timeline.spans import Span, touching

Drug = frozenset[str]


def always_initial(codings: Iterable[Coding]) -> Drug | None:
    """The drug that is the one initial service under every answer that was tried: it keeps every minute."""
    found = {frozenset(s.drug for s in coding.services if s.id in coding.initial) for coding in codings}
    drugs = found.pop()
    return next(iter(drugs)) if not found and len(drugs) == 1 else None


def free_charges(coding: Coding, unknown: Iterable[str], initial: Drug | None) -> list[Charge]:
    """The charges of a coding that stand whatever is answered about the administrations ``unknown``.

    ``initial`` is a drug whose infusions no other drug changes (rulebook 13), if there is one.
    """
    latest = {s.administration.id: s.upper for s in coding.open_stops}
    windows = {s.id: (s.start, max(s.end, latest.get(s.id, s.end))) for s in coding.services if _runs(s, latest)}
    asked = set(unknown)
    reached = _reached(coding.services, windows, asked, initial)
    taken = tuple(windows[i] for i in asked if i in windows)
    return [c for c in coding.charges if c.service.id not in reached and not _beside(c, taken)]


def _runs(service: Service, latest: dict[str, int]) -> bool:
    return service.kind == "infusion" or service.category == "blood" or service.id in latest


def _reached(services: list[Service], windows: dict[str, Span], unknown: set[str], initial: Drug | None) -> set[str]:
    reached: set[str] = set()
    waiting = [s for s in services if s.id in unknown]
    while waiting:
        service = waiting.pop()
        if service.id in reached:
            continue
        reached.add(service.id)
        if service.category != "blood":
            waiting += [s for s in services if s.id not in reached and _reaches(service, s, windows, initial)]
    return reached


def _reaches(service: Service, other: Service, windows: dict[str, Span], initial: Drug | None) -> bool:
    if other.kind in ("hydration", "carrier", "injection") or other.category == "blood":
        return False
    if other.drug == service.drug:
        return True
    if other.drug == initial:
        return False
    return service.id in windows and other.id in windows and _meet(windows[service.id], windows[other.id])


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _beside(charge: Charge, taken: tuple[Span, ...]) -> bool:
    """A fluid whose counted minutes a reached drug, or blood, may take."""
    if charge.service.kind != "hydration":
        return False
    return any(touching(spans, (window,)) for _, spans in charge.reason.spans for window in taken)
