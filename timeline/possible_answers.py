"""What the record does not say, and the answers it leaves possible (rulebook 27, 28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from parsers.events import Route
from timeline.access_names import access_key
from timeline.mapper import Coding
from timeline.model import UNREAD, Administration, EncounterTimeline, What
from timeline.policy import PolicyVersion
from timeline.route_unknown import possible_kinds, sampled
from timeline.services import OpenStop
from timeline.spans import Span
from timeline.switches import Settings

Key = tuple[What, str]
Choice = dict[tuple[str, str], str]

_CHOICES: dict[What, tuple[str, ...]] = {
    "second_access": ("deny", "allow"),
    "concurrent_chemo": ("none", "96417", "96549"),
    "kind": ("not hormonal", "hormonal"),
    "category": ("therapeutic", "chemo", "hydration", "carrier", "blood", "contrast"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer, or for a stop a stretch of them that bills the same."""

    value: str
    to: str | None = None
    """For a stop: the last second of the stretch; ``value`` is its first."""


@dataclass(slots=True)
class Unknown:
    """One thing the record does not say, its possible answers from shortest to longest."""

    what: What
    administration: str
    answers: list[Answer]
    stop: OpenStop | None = None

    @property
    def key(self) -> Key:
        return (self.what, self.administration)

    @property
    def only_sampled(self) -> bool:
        """Whether its answers stand for others that were not tried."""
        return self.what == "kind" and sampled([a.value for a in self.answers])


def choice_unknown(key: tuple[str, str]) -> Unknown:
    """A question that a rule had to decide one way."""
    what: What = key[0]  # type: ignore[assignment]
    return Unknown(what, key[1], [Answer(v) for v in _CHOICES[what]])


def stop_unknowns(coding: Coding) -> list[Unknown]:
    """Missing stops; their answers are found by :mod:`timeline.breakpoints`."""
    return [Unknown("stop", s.administration.id, [], s) for s in coding.open_stops]


def category_unknowns(timeline: EncounterTimeline) -> list[Unknown]:
    """Drugs whose own category is charted in a word nobody understands, and that no formulary lists."""
    asked = (a for a in timeline.administrations if a.category_basis == UNREAD and a.route is not Route.OTHER)
    return [choice_unknown(("category", a.id)) for a in asked]


def kind_unknowns(coding: Coding, settings: Settings) -> list[Unknown]:
    """Doses whose route is not charted."""
    return [
        Unknown("kind", s.administration.id, [Answer(v) for v in possible_kinds(s.since, s.upper, settings)])
        for s in coding.open_kinds
    ]


def chosen(unknowns: Sequence[Unknown], index: Sequence[int]) -> Choice:
    """The answers at these places of each unknown's own."""
    return {u.key: u.answers[n].value for u, n in zip(unknowns, index, strict=True)}


def too_many(unknowns: Sequence[Unknown], policy: PolicyVersion) -> bool:
    """More combinations than the policy works out."""
    return prod(len(u.answers) for u in unknowns) > policy.settings.combinations_max


def access_unknowns(timeline: EncounterTimeline, policy: PolicyVersion, coding: Coding) -> list[Unknown]:
    """Drug infusions without a charted access that may run beside another (rulebook 28)."""
    if policy.settings.unknown_access == "same":
        return []
    windows = _windows(coding)
    drugs = sorted((a for a in timeline.administrations if a.id in windows), key=lambda a: (a.start, a.id))
    unknowns = []
    for position, a in enumerate(drugs):
        if a.access is not None:
            continue
        beside = [b for b in drugs if b is not a and b.ingredients != a.ingredients and _meet(windows, a, b)]
        lines = sorted({access_key(b.access) or "" for b in beside if b.access is not None})
        met = {b.id for b in beside}
        earlier = [f"?{b.id}" for b in drugs[:position] if b.id in met and b.access is None]
        if lines or earlier:
            unknowns.append(Unknown("access", a.id, [Answer(v) for v in (f"?{a.id}", *lines, *earlier)]))
    return unknowns


def _windows(coding: Coding) -> dict[str, Span]:
    """The time in which each drug infusion may have run, from its start to its latest stop."""
    latest = {s.administration.id: s.upper for s in coding.open_stops}
    drugs = [s for s in coding.services if s.category != "blood"]
    return {s.id: (s.start, latest.get(s.id, s.end)) for s in drugs if s.kind == "infusion" or s.id in latest}


def _meet(windows: dict[str, Span], a: Administration, b: Administration) -> bool:
    (s, t), (s2, t2) = windows[a.id], windows[b.id]
    return s < t2 and s2 < t
