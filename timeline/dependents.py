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


class Dependents:
    """What depends on what in one coding.  ``initial`` is a drug whose infusions no other changes, if there is one."""

    def __init__(self, coding: Coding, initial: Drug | None) -> None:
        latest = {s.administration.id: s.upper for s in [*coding.open_stops, *coding.open_kinds]}
        self.coding = coding
        self.initial = initial
        self.windows = {
            s.id: (s.start, max(s.end, latest.get(s.id, s.end))) for s in coding.services if _runs(s, latest)
        }
        self._by_id = {s.id: s for s in coding.services}
        self._near: dict[str, list[str]] = {}
        self._far: dict[str, set[str]] = {}

    def free_charges(self, unknown: Iterable[str]) -> list[Charge]:
        """The charges that stand whatever is answered about the administrations ``unknown``."""
        asked = set(unknown)
        reached = self._reached(asked)
        taken = tuple(self.windows[i] for i in asked if i in self.windows)
        return [c for c in self.coding.charges if c.service.id not in reached and not _beside(c, taken)]

    def entangled(self, unknown: Iterable[str]) -> set[str]:
        """Those of the administrations ``unknown`` that act on another of them, directly or through a third."""
        far = {i: self._reached_from(i) for i in unknown if i in self._by_id}
        return {i for i, reached in far.items() if any(j != i and reached & other for j, other in far.items())}

    def reached(self, unknown: Iterable[str]) -> set[str]:
        """All services that an answer about these administrations may touch."""
        return self._reached(set(unknown))

    def _reached(self, unknown: set[str]) -> set[str]:
        return set().union(*(self._reached_from(i) for i in unknown if i in self._by_id))

    def _reached_from(self, start: str) -> set[str]:
        """All that one service reaches, however far; what a service on the way reaches is looked up if known."""
        found = self._far.get(start)
        if found is None:
            found, waiting = set(), [start]
            while waiting:
                service = waiting.pop()
                if service in found:
                    continue
                found.add(service)
                further = self._far.get(service)
                if further is not None:
                    found |= further
                else:
                    waiting += self._neighbours(self._by_id[service])
            self._far[start] = found
        return found

    def _neighbours(self, service: Service) -> list[str]:
        """Services that this one reaches directly; worked out once a coding."""
        near = self._near.get(service.id)
        if near is None:
            others = () if service.category == "blood" else self.coding.services
            near = [s.id for s in others if s is not service and _reaches(service, s, self.windows, self.initial)]
            self._near[service.id] = near
        return near


def _runs(service: Service, latest: dict[str, int]) -> bool:
    return service.kind == "infusion" or service.category == "blood" or service.id in latest


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
