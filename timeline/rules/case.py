"""What the rules pass along: services, charges, asides and the case they add to.

A *service* is one administration as the rules see it under one set of answers to open questions.  Every rule
is a function of a :class:`Case`; it adds charges (a code with units), asides (documented but not charged) and
notes (findings), each with a :class:`Reason`.  Reasons stay data until a line is really printed, so that an
encounter can be coded many times over to find out whether a question changes the bill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

from parsers.events import Category, Severity, Source
from parsers.quick_values import made_quickly
from timeline.model import Administration, Kind
from timeline.policy import PolicyVersion
from timeline.spans import Spans
from timeline.switches import Codes, Settings

if TYPE_CHECKING:
    from timeline.rules.memory import Memory

Facts = Mapping[str, object]
RESOLVED = ("stop", "access", "kind", "category")
"""Questions whose answers make a service of their own."""


@made_quickly
@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as data: ``text`` is a template over ``facts``; ``setting`` names the policy value used."""

    rule: str
    text: str
    facts: Facts
    setting: str | None = None
    spans: tuple[tuple[str, Spans], ...] = ()
    children: tuple[Reason, ...] = ()
    sources: tuple[Source, ...] = ()
    """Rows that support it besides those of the administrations in ``spans`` (an answers file)."""


@dataclass(slots=True, eq=False)
class Service:
    """One administration with every unknown answered one way.  Times are seconds since 1970 UTC.

    Made once for each answer and shared by all codings of the encounter: two services are equal only if they are one.
    """

    administration: Administration
    kind: Kind
    category: Category
    spans: Spans
    """Running time that may be coded (before inpatient status, after arrival)."""
    start: int
    access: str | None
    """Comparable name of the access; ``None`` is unknown and equals nothing."""
    access_charted: bool
    minutes: int
    kind_reason: Reason
    settled: bool = False
    """Its time was set aside before the rules began (no stop, inpatient)."""

    slow: Spans | None = None
    """Minutes at a keep-open rate, once worked out (the service outlives one coding)."""
    id: str = field(init=False)
    drug: frozenset[str] = field(init=False)
    end: int = field(init=False)
    placing_order: tuple[int, int, str, str, str] = field(init=False)
    """Rulebook 13: by start, longer first, drug name, order id."""

    def __post_init__(self) -> None:
        a = self.administration
        self.id, self.drug = a.id, a.ingredients
        self.end = self.spans[-1][1] if self.spans else self.start
        self.placing_order = (self.start, -self.minutes, a.drug.casefold(), a.order_id or "", a.id)

    @property
    def name(self) -> str:
        return self.administration.drug

    @property
    def answered(self) -> bool:
        """Whether a person's answer stands behind it; its lines are marked everywhere."""
        return bool(self.administration.answers)

    @property
    def chemo(self) -> bool:
        return self.category == "chemo"


@made_quickly
@dataclass(frozen=True, slots=True)
class Charge:
    """A code earned by one administration: ``when`` holds the instant that earned each unit."""

    code: str
    service: Service
    when: tuple[int, ...]
    spans: Spans
    """The running time that this charge accounts for in the ledger."""
    reason: Reason
    modifiers: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        return len(self.when)


@made_quickly
@dataclass(frozen=True, slots=True)
class Aside:
    """Running time (or a dose) without a code of its own, and why."""

    service: Service
    spans: Spans
    status: Literal["included", "unbilled", "queried"]
    label: str
    """The reason in a few words, the same wherever it occurs."""
    reason: Reason


@made_quickly
@dataclass(frozen=True, slots=True)
class Note:
    """A finding of a rule."""

    severity: Severity
    code: str
    text: str
    fix: str
    services: tuple[str, ...]


@dataclass(slots=True)
class Case:
    """One encounter (or one date of it) while the rules work on it."""

    policy: PolicyVersion
    services: list[Service]
    day: Callable[[int], date]
    charges: list[Charge] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    everything: list[Service] = field(default_factory=list)
    """All services of the encounter, also those of other dates: what ran takes its time from hydration."""
    initial: Service | None = None
    concurrent_on: set[object] = field(default_factory=set)
    """Where 96368 was reported already: the encounter, or its dates, by switch ``concurrent_scope``."""
    answers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(what, administration) to the answer under this reading of the record."""
    asked: set[tuple[str, str]] = field(default_factory=set)
    """Questions that this coding had to decide one way: second access, concurrent chemo."""
    memory: Memory | None = None
    """What the rules worked out under other answers, if the encounter is coded many times."""
    choices: frozenset[tuple[tuple[str, str], str]] = field(init=False)
    """The answers that rules look up themselves; the others make services of their own."""
    settings: Settings = field(init=False)
    codes: Codes = field(init=False)
    _kinds: dict[Kind, list[Service]] = field(init=False)
    drug_time: dict[str | None, Spans] = field(default_factory=dict)
    """Drug time that is taken off hydration, by access (``None``: everywhere), worked out once."""
    countable: dict[str, Spans] = field(default_factory=dict)
    """What remains of each fluid after subtraction, worked out once."""

    def __post_init__(self) -> None:
        self.settings, self.codes = self.policy.settings, self.policy.codes
        self.everything = self.everything or self.services
        self.choices = frozenset(item for item in self.answers.items() if item[0][0] not in RESOLVED)
        self._kinds = {}
        for service in sorted(self.services, key=attrgetter("placing_order")):
            self._kinds.setdefault(service.kind, []).append(service)

    def of_kind(self, kind: Kind) -> list[Service]:
        """Services of a kind in placing order."""
        return self._kinds.get(kind, [])

    def decision(self, what: str, service: Service, default: str) -> str:
        """A person's answer, the answer tried just now, or ``default``; what was not answered is noted as asked."""
        given = service.administration.decided.get(what)
        if given is not None:
            return given
        self.asked.add((what, service.id))
        return self.answers.get((what, service.id), default)

    def charge(
        self,
        code: str,
        service: Service,
        when: Iterable[int],
        spans: Spans,
        reason: Reason,
        modifiers: tuple[str, ...] = (),
    ) -> None:
        self.charges.append(Charge(code, service, tuple(when), spans, reason, modifiers))

    def set_aside(
        self,
        service: Service,
        spans: Spans,
        status: Literal["included", "unbilled", "queried"],
        label: str,
        reason: Reason,
    ) -> None:
        self.asides.append(Aside(service, spans, status, label, reason))

    def note(self, severity: Severity, code: str, text: str, fix: str, *services: Service) -> None:
        self.notes.append(Note(severity, code, text, fix, tuple(s.id for s in services)))
