"""The same records under two policies: what differs, and by which switch.

Both policies code everything.  Where an encounter comes out differently, each thing on which the policies differ is
changed from the first to the second by itself; what changes the encounter alone is its cause.  Where nothing does so
alone, the causes are those without which the second policy would come out differently: they act together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from reports.changes import Comparison, change_of, side, standing
from timeline.model import CodedEncounter, Result, Timelines
from timeline.policy import Policy, load_policy
from timeline.policy_difference import Difference, differences, with_value_of

Coder = Callable[[Timelines, Policy], Result]
"""Codes timelines under a policy, with whatever tables and answers the run has."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the two policies, and how it was asked for."""

    label: str
    policy: Policy


def asked(text: str, switches: dict[str, str]) -> Asked:
    """``NAME`` or ``FILE``, with ``+switch=value`` as often as needed; ``switches`` are set on top of it.

    Raises ``PolicyError`` and ``TypeError`` as :func:`timeline.policy.load_policy` and ``with_switches`` do.
    """
    name, *settings = _parts(text)
    own = dict(part.split("=", 1) for part in settings)
    policy = load_policy(name).with_switches({**{k.replace("-", "_"): v for k, v in own.items()}, **switches})
    return Asked("+".join([Path(name).name, *settings]), policy)


def policy_name(text: str) -> str:
    """The name or file without its switches."""
    return _parts(text)[0]


def _parts(text: str) -> list[str]:
    return re.split(r"\+(?=[A-Za-z_-]+=)", text)


def compare(timelines: Timelines, a: Asked, b: Asked, under_a: Result, under_b: Result, coder: Coder) -> Comparison:
    """What differs between two codings of the same encounters, and why.

    ``under_a`` and ``under_b`` hold the encounters that are asked for; ``timelines`` all that were read, since the
    rules look at other encounters of a patient too.
    """
    other = {c.timeline.id: c for c in under_b.encounters}
    pairs = [(c, other[c.timeline.id]) for c in under_a.encounters]
    differ = [(one, two) for one, two in pairs if standing(one) != standing(two)]
    found = differences(a.policy, b.policy)
    causes = _Causes(_of_the_same_patients(timelines, differ), a.policy, b.policy, found, coder)
    changed = []
    for one, two in differ:
        alone = causes.alone(one)
        changed.append(change_of(one, two, alone or causes.together(two), alone=bool(alone)))
    return Comparison(side(a.label, under_a), side(b.label, under_b), found, len(pairs), tuple(changed))


def _of_the_same_patients(timelines: Timelines, differ: list[tuple[CodedEncounter, CodedEncounter]]) -> Timelines:
    """The encounters that differ, with all others of their patients: rules look at those too."""
    ids = {one.timeline.id for one, _ in differ}
    patients = {one.timeline.patient_id for one, _ in differ} - {None}
    kept = tuple(t for t in timelines.encounters if t.id in ids or t.patient_id in patients)
    return replace(timelines, encounters=kept)


class _Causes:
    """Codes the encounters that differ again, with one thing changed at a time."""

    def __init__(
        self, timelines: Timelines, a: Policy, b: Policy, differences: tuple[Difference, ...], coder: Coder
    ) -> None:
        self.timelines = timelines
        self.a, self.b = a, b
        self.differences = differences
        self.coder = coder
        self.known: dict[tuple[str, str], dict[str, tuple[object, ...]]] = {}

    def alone(self, coded: CodedEncounter) -> tuple[Difference, ...]:
        """What changes an encounter of the first policy by itself."""
        return tuple(d for d in self.differences if self._standing("a", d, coded) != standing(coded))

    def together(self, coded: CodedEncounter) -> tuple[Difference, ...]:
        """What the second policy cannot do without; all differences if it can do without each."""
        needed = tuple(d for d in self.differences if self._standing("b", d, coded) != standing(coded))
        return needed or self.differences

    def _standing(self, base: str, difference: Difference, coded: CodedEncounter) -> tuple[object, ...]:
        key = (base, difference.key)
        if key not in self.known:
            policy, other = (self.a, self.b) if base == "a" else (self.b, self.a)
            result = self.coder(self.timelines, with_value_of(policy, other, difference.key))
            self.known[key] = {c.timeline.id: standing(c) for c in result.encounters}
        return self.known[key][coded.timeline.id]
