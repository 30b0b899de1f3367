"""The data past the parsers: administrations and accesses, and the coded result.

Times are aware datetimes in UTC (so that differences are true elapsed time); ``EncounterTimeline.local``
gives the charted local time back.  Every interval is half-open, ``[start, stop)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Literal

from parsers.answers import GivenAnswer
from parsers.events import Category, Finding, Ignored, InputFile, Reading, Rejected, Route, Source
from parsers.quick_values import made_quickly
from timeline.entry_history import PastEntry
from timeline.formulary import Formulary
from timeline.hang_settings import HangSettings, RateStep

Kind = Literal["infusion", "push", "injection", "hydration", "pump", "carrier", "other"]
What = Literal["stop", "access", "kind", "category", "second_access", "concurrent_chemo"]

UNREAD = "unread"
"""Basis of a category that the record names in a word nobody understands, of a drug no formulary lists."""


@made_quickly
@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A stretch in which a hang really ran: half-open, never empty."""

    start: datetime
    stop: datetime

    def __post_init__(self) -> None:
        if self.stop <= self.start:
            raise ValueError("a segment runs from its start to a later stop")

    @property
    def seconds(self) -> int:
        return int((self.stop - self.start).total_seconds())


@dataclass(frozen=True, slots=True)
class PumpWord:
    """What an infusion pump says of the end of a charted administration, and what came of it."""

    verdict: Literal["fills", "replaces", "agrees", "differs"]
    """The missing stop is the pump's; its times are used instead; both agree; the charted ones stand."""
    minutes: int = 0
    """The pump's stop less the charted one."""
    running: int = 0
    """Its running minutes less the charted ones."""
    sources: tuple[Source, ...] = ()


@made_quickly
@dataclass(frozen=True, slots=True)
class Administration:
    """One hang: a bag, a syringe, an injection, as charted (rulebook 0b)."""

    id: str
    encounter_id: str
    order_id: str | None
    drug: str
    """Display name; the parts of a mix joined by `` + ``."""
    components: tuple[str, ...]
    ingredients: frozenset[str]
    """Identity of the drug: diluents, salt, strength and brand left out (rulebook 0d)."""
    category: Category
    category_basis: str
    """``record``, ``formulary: <entry>``, ``unlisted``, ``unread`` or ``answered``."""
    route: Route | None
    documented_push: bool
    """Charted as a push by route, method or action (rulebook 6)."""
    single_dose: bool
    """Charted once (Given): no stop, volume or rate goes with it."""
    access: str | None
    """The access as displayed; ``None`` is unknown and equals nothing."""
    start: datetime
    stop: datetime | None
    """The end of running where the record proves it; ``None`` is a missing stop."""
    stop_evidence: str
    """``charted``, ``duration``, ``pause never restarted``, ``missing``, ``calculated``, ``last seen``,
    ``answered``, ``pump`` or ``not needed``."""
    segments: tuple[Segment, ...]
    """Running stretches known for certain; with a missing stop up to the last action that shows it running."""
    open_since: datetime | None
    """With a missing stop: the start of the running stretch that has no end."""
    last_seen: datetime
    """The last charted action that shows it running."""
    latest_stop: datetime | None
    """With a missing stop: the earliest fact that proves it had ended (next bag of the order), if any."""
    bags: tuple[datetime, ...]
    rates: tuple[RateStep, ...]
    volume_ml: float | None
    ordered_minutes: float | None
    device: str | None
    primary_drug: bool
    nurse: str | None
    department: str | None
    sources: tuple[Source, ...]
    stop_sources: tuple[Source, ...] = ()
    charge_codes: frozenset[str] = frozenset()
    """HCPCS or charge codes that the record itself carries."""
    electrolyte: bool = False
    """An electrolyte replacement: its category follows a switch (rulebook 25)."""
    silence: Segment | None = None
    """The longest stretch of running without a charted action, if it may be too long to believe."""
    hormonal: bool | None = None
    """Whether a chemo injection is hormonal (rulebook 37); ``None`` when not known."""
    answers: tuple[GivenAnswer, ...] = ()
    """What a person answered to questions about it."""
    decided: Mapping[str, str] = field(default_factory=dict)
    """Answered choices: ``second_access``, ``concurrent_chemo``."""
    pump: PumpWord | None = None
    """What a pump says beside the chart."""
    pump_only: bool = False
    """Nobody charted it: only a pump shows it."""
    history: tuple[PastEntry, ...] = ()
    """Earlier entries that were corrected, taken back or replaced."""
    access_evidence: str = ""
    """``one line in place`` or ``answered``; empty where the access is as charted, or unknown."""
    access_sources: tuple[Source, ...] = ()
    """Rows of the accesses table that prove an access that is not charted."""

    @property
    def seconds(self) -> int:
        """Running seconds known for certain."""
        return sum(s.seconds for s in self.segments)

    @property
    def minutes(self) -> int | None:
        """Running minutes, floored once on the total; ``None`` when the stop is missing."""
        return None if self.open_since is not None else self.seconds // 60


@made_quickly
@dataclass(frozen=True, slots=True)
class Overlap:
    """Two administrations running at the same time; ``access`` is ``None`` when it is unknown for either."""

    access: str | None
    administrations: tuple[str, str]
    start: datetime
    stop: datetime


@made_quickly
@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of an access, between its first start and last stop, in which nothing ran."""

    access: str
    start: datetime
    stop: datetime


@made_quickly
@dataclass(frozen=True, slots=True)
class EncounterTimeline:
    """One encounter as charted, before any rule of coding."""

    id: str
    patient_id: str | None
    payer: str | None
    zone: tzinfo
    administrations: tuple[Administration, ...]
    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    findings: tuple[Finding, ...]
    withdrawn: tuple[PastEntry, ...] = ()
    """Entries taken back of which no administration is left."""
    inpatient_from: datetime | None = None
    """From here on the patient was an inpatient: nothing later is coded (rulebook 34)."""
    arrival: datetime | None = None
    departure: datetime | None = None
    inpatient_between: tuple[Segment, ...] = ()
    """Stretches as an inpatient after which the patient was an outpatient again."""
    same_access: Mapping[str, str] = field(default_factory=dict)
    """Key of an access name to the name that stands for it (accesses table, ``same_as``)."""

    @property
    def start(self) -> datetime | None:
        return min((a.start for a in self.administrations), default=None)

    @property
    def stop(self) -> datetime | None:
        return max((a.segments[-1].stop if a.segments else a.start for a in self.administrations), default=None)

    def local(self, time: datetime) -> datetime:
        """The instant as the clock on the wall showed it, with its offset."""
        return time.astimezone(self.zone)

    def local_date(self, time: datetime) -> date:
        return time.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Timelines:
    """All encounters of a reading, with what the parsers reported."""

    reading: Reading
    encounters: tuple[EncounterTimeline, ...]
    formulary: Formulary
    hang_settings: HangSettings
    """The switches of rulebook 0b these timelines were built with."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    name: str
    sha256: str


@made_quickly
@dataclass(frozen=True, slots=True)
class PolicyValue:
    """The number or switch a rule used."""

    key: str
    value: object
    version: str


@made_quickly
@dataclass(frozen=True, slots=True)
class Because:
    """Why: one node of the evidence of a line, an uncharged stretch or an assumption."""

    rule: str
    text: str
    values: Mapping[str, object]
    intervals: tuple[tuple[str, datetime, datetime], ...] = ()
    """(administration id, start, stop)"""
    policy: PolicyValue | None = None
    citation: str = ""
    confidence: str = ""
    sources: tuple[Source, ...] = ()
    children: tuple[Because, ...] = ()


@made_quickly
@dataclass(frozen=True, slots=True)
class Line:
    """One code, modifiers and date with its units."""

    id: str
    code: str
    units: int
    modifiers: tuple[str, ...]
    date: date
    administrations: tuple[str, ...]
    minutes: int
    """Running minutes of its administrations that the units rest on; 0 for a push or an injection."""
    rule: str
    because: Because
    amount: float | None = None
    """US dollars, Medicare national unadjusted; ``None`` without rates or where they do not say."""
    answered: bool = False
    amount_reason: str = ""
    """How the amount was worked out: units, rate and status; empty without rates."""


@made_quickly
@dataclass(frozen=True, slots=True)
class OutcomeLine:
    code: str
    units: int
    modifiers: tuple[str, ...]


@made_quickly
@dataclass(frozen=True, slots=True)
class Outcome:
    """What would be billed if the answer lay between ``from_`` and ``to`` (or were ``if_``)."""

    if_: str
    from_: datetime | None
    to: datetime | None
    lines: tuple[OutcomeLine, ...]
    amount: float | None = None


@made_quickly
@dataclass(frozen=True, slots=True)
class Query:
    """A question to a person whose answer changes the bill."""

    id: str
    what: What
    administration: str
    question: str
    """Open and neutral: drug, access, charted times; never a code, unit or amount."""
    from_: datetime | None
    to: datetime | None
    outcomes: tuple[Outcome, ...]
    held: tuple[str, ...]
    """Codes that wait for the answer."""
    sources: tuple[Source, ...]


@made_quickly
@dataclass(frozen=True, slots=True)
class Assumption:
    """An unknown whose every answer bills the same: nobody is asked."""

    what: What
    administration: str
    assumed: str
    because: Because


@made_quickly
@dataclass(frozen=True, slots=True)
class Uncharged:
    """Documented minutes (or a documented dose, with 0 minutes) that carry no code of their own."""

    administration: str
    minutes: int
    status: Literal["included", "unbilled"]
    reason: str
    rule: str
    because: Because


@made_quickly
@dataclass(frozen=True, slots=True)
class LedgerRow:
    """charged + included + unbilled + queried = documented, in minutes."""

    administration: str
    documented: int
    charged: int
    included: int
    unbilled: int
    queried: int


@made_quickly
@dataclass(frozen=True, slots=True)
class CodedEncounter:
    timeline: EncounterTimeline
    kinds: Mapping[str, Kind]
    """Kind of each administration id as decided by the rules (rulebook 6)."""
    policy_version: str
    lines: tuple[Line, ...]
    queries: tuple[Query, ...]
    assumptions: tuple[Assumption, ...]
    unbilled: tuple[Uncharged, ...]
    ledger: tuple[LedgerRow, ...]
    findings: tuple[Finding, ...]
    """Findings of the timeline and of the rules together."""
    amount: float | None = None
    amount_in_query: float | None = None
    undetermined: tuple[Query, ...] = ()
    """Queries that a person closed with "cannot be determined": what they hold stays unbilled, and why is known."""


@dataclass(frozen=True, slots=True)
class PolicyUsed:
    name: str
    version: str
    """The date from which the latest of its values holds."""
    sha256: str
    switches: Mapping[str, object]
    verified_through: date | None = None
    """The last date its sources were checked for."""


@dataclass(frozen=True, slots=True)
class Result:
    """Everything ``code`` knows; reports turn it into tables, pages and files."""

    encounters: tuple[CodedEncounter, ...]
    policy: PolicyUsed
    policies: tuple[PolicyUsed, ...]
    inputs: tuple[InputFile, ...]
    used: int
    ignored: tuple[Ignored, ...]
    rejected: tuple[Rejected, ...]
    events: int
    findings: tuple[Finding, ...]
    """File-level findings."""
    timezone: str | None
    profile: str | None
    formulary: Fingerprint
    rates: Fingerprint | None = None
    answers: Fingerprint | None = None
    accesses: Fingerprint | None = None
    classes: Fingerprint | None = None
    mue: Fingerprint | None = None
    ptp: Fingerprint | None = None

    @property
    def records(self) -> int:
        return self.used + sum(i.count for i in self.ignored) + len(self.rejected)
