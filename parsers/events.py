"""What every parser produces: charted events, and what it could not use.

A parser turns one record (an HL7 message, a table row, a FHIR resource) into zero or more
:class:`AdministrationEvent`.  Nothing is dropped: a record that gives no event is
:class:`Ignored` with a reason or :class:`Rejected` with a code and a fix, and doubts about
a used record are :class:`Finding` values.  For every :class:`Reading`
``records == used + ignored + rejected``.

PHI: ``message`` and ``fix`` texts quote only headers, action words, codes, units and the
*shape* of a value (see :func:`parsers.shapes.shape`), never a value that could identify a patient.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from parsers.quick_values import made_quickly

Severity = Literal["info", "warning", "error"]


class Action(StrEnum):
    """What a nurse or a pump charted, whatever word the sender used for it."""

    NEW_BAG = "new_bag"
    STARTED = "started"
    GIVEN = "given"
    """A dose charted once; whether it was a push or an infusion is decided by route, volume, rate and stop."""
    PUSH = "push"
    """Documented as an IV push by the action or the method."""
    BOLUS = "bolus"
    RATE_CHANGE = "rate_change"
    RATE_VERIFY = "rate_verify"
    PAUSED = "paused"
    RESTARTED = "restarted"
    STOPPED = "stopped"
    HELD = "held"
    """Held: a pause when the infusion runs, not given when it does not."""
    NOT_GIVEN = "not_given"
    """Refused, missed, due, pending, prepared, see alternative: nothing went into the patient."""
    CANCELED = "canceled"
    """The entry of the same order and time was charted in error and is taken back."""
    INTERVAL = "interval"
    """One row carries start and stop (``time`` and ``stop``); an absent ``stop`` is a missing stop."""


class Route(StrEnum):
    """Route classes that decide codes.  Absent (``None``) means the record does not say."""

    IV = "IV"
    IVPB = "IVPB"
    IV_PUSH = "IV push"
    IM = "IM"
    SC = "SC"
    INTRA_ARTERIAL = "IA"
    OTHER = "other"
    """Oral, enteral, topical, inhaled, intrathecal ...: not coded by this product."""


Category = Literal[
    "chemo", "therapeutic", "hydration", "carrier", "blood", "vaccine", "nutrition", "contrast", "anaesthesia"
]


@made_quickly
@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact stands in the input.  ``record`` and ``row`` count from 1.

    ``file`` is the name relative to the path the user gave, never an absolute path.  ``offset`` is the
    byte offset of the record in the (decompressed) file, so that the raw text can be reached again; it is
    not part of the published JSON.
    """

    file: str
    record: int | None = None
    row: int | None = None
    control_id: str | None = None
    segment: str | None = None
    field: str | None = None
    offset: int | None = None


@made_quickly
@dataclass(frozen=True, slots=True)
class Drug:
    """One charted substance.  ``base`` is true for a diluent or carrier of a mix (RXC-1 = B)."""

    name: str
    code: str | None = None
    code_system: str | None = None
    hcpcs: str | None = None
    category: Category | None = None
    """The record's own category, if it has one: it wins over the formulary."""
    base: bool = False
    category_unread: bool = False
    """The record names a category in a word that is not understood."""


@dataclass(frozen=True, slots=True)
class PumpState:
    """What an infusion pump said of one of its channels, by an event or in a periodic report."""

    channel: str
    """Device and module: what delivers one source at a time."""
    event: Literal["start", "stop", "complete", "report"]
    infusing: bool = True
    """For a report: whether the channel ran."""
    source: Literal["primary", "secondary"] = "primary"
    transitioning: bool = False
    """The flow goes on under another programme or source: a stop so marked is no stop by itself."""
    keep_open: bool = False
    """Running at the rate that only keeps the vein open."""


@made_quickly
@dataclass(frozen=True, slots=True)
class AdministrationEvent:
    """One charted action of one order.  Times are aware datetimes (see :mod:`parsers.clock`)."""

    source: Source
    encounter_id: str
    action: Action
    time: datetime
    drugs: tuple[Drug, ...]
    """One or more; several are one mix in one bag or syringe."""
    order_id: str | None = None
    patient_id: str | None = None
    payer: str | None = None
    action_text: str | None = None
    """The action word as charted."""
    stop: datetime | None = None
    """Only with ``INTERVAL`` (and ``GIVEN`` with a documented duration)."""
    stop_from: Literal["charted", "duration"] | None = None
    route: Route | None = None
    route_text: str | None = None
    site: str | None = None
    """The IV line or site as charted, after the profile's aliases.  ``None`` is an unknown access."""
    device: str | None = None
    primary_drug: bool = False
    dose: float | None = None
    dose_unit: str | None = None
    volume_ml: float | None = None
    """What was infused, in mL."""
    bag_volume_ml: float | None = None
    """What was hung, in mL."""
    rate: float | None = None
    """As charted, in ``rate_unit``; 0 stops the flow whatever the unit."""
    rate_unit: str | None = None
    rate_ml_per_hour: float | None = None
    """Only when the charted unit is a volume per time."""
    ordered_minutes: float | None = None
    ordered_volume_ml: float | None = None
    ordered_rate_ml_per_hour: float | None = None
    recorded_at: datetime | None = None
    nurse: str | None = None
    department: str | None = None
    patient_class: str | None = None
    """O, E, OBS, I ... at that time."""
    time_if_late: datetime | None = None
    """Second reading of ``time`` when local clocks struck that hour twice (autumn); one hour later."""
    stop_if_late: datetime | None = None
    """The same for ``stop``."""
    correction: Literal["update", "delete"] | None = None
    comment: str | None = None
    origin: Literal["charted", "pump"] = "charted"
    """Who says so: the nursing record, or the pump itself."""
    pump: PumpState | None = None
    """Only of a pump: what it said, beside ``action``."""


@dataclass(frozen=True, slots=True)
class OrderContext:
    """What an order says of its administrations (RDE, ORM, RXE): context, never proof that anything was given."""

    source: Source
    order_ids: tuple[str, ...]
    """Every number under which administrations may name the order, the preferred one first."""
    encounter_id: str | None = None
    patient_id: str | None = None
    drugs: tuple[Drug, ...] = ()
    route: Route | None = None
    ordered_minutes: float | None = None
    ordered_volume_ml: float | None = None
    ordered_rate_ml_per_hour: float | None = None
    recorded_at: datetime | None = None
    """When it was ordered or changed: of two words on one order the later counts."""


@dataclass(frozen=True, slots=True)
class StayContext:
    """One fact of a stay by time, from ADT messages or the classes table; the latest word on it wins.

    ``arrival`` and ``discharge`` bound the visit, ``status`` is a class (O, E, OBS, I) or location from ``time`` to
    ``stop`` (``None``: until the next); ``cancelled`` takes the fact of the same kind back (A11, A13), and a class with
    it is the one taken back.
    """

    source: Source
    encounter_id: str
    kind: Literal["arrival", "status", "discharge"]
    time: datetime
    stop: datetime | None = None
    patient_id: str | None = None
    patient_class: str | None = None
    location: str | None = None
    recorded_at: datetime | None = None
    cancelled: bool = False
    admitted: datetime | None = None
    """With a class: the admit time of the same message (PV1-44), where that says when the class began."""


@dataclass(frozen=True, slots=True)
class Merge:
    """One number replaced by another (ADT^A40 and relatives): what stood under ``old`` belongs to ``new``."""

    source: Source
    kind: Literal["patient", "encounter"]
    old: str
    new: str
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessContext:
    """A line or IV site that was in place from ``start`` to ``stop`` (``None``: not removed on record)."""

    source: Source
    encounter_id: str
    site: str
    start: datetime
    stop: datetime | None = None
    location: str | None = None
    same_as: str | None = None
    """Another name of the same access: a lumen of one catheter, a restart of one IV."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the input says beside the administrations themselves."""

    orders: tuple[OrderContext, ...] = ()
    stays: tuple[StayContext, ...] = ()
    merges: tuple[Merge, ...] = ()
    accesses: tuple[AccessContext, ...] = ()


@made_quickly
@dataclass(frozen=True, slots=True)
class Finding:
    """A doubt or a fact worth a person's look.  ``code`` is stable and kebab-case."""

    severity: Severity
    code: str
    message: str
    fix: str = ""
    source: Source | None = None
    administrations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """Records that were understood and rightly carry no event (an ADT message, a duplicate, a blank row)."""

    reason: str
    sources: tuple[Source, ...]

    @property
    def count(self) -> int:
        return len(self.sources)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be used: what was found and what to do."""

    source: Source
    code: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input as read: ``kind`` is ``hl7``, ``mar-table``, ``clif``; ``sha256`` of the file as stored on disk."""

    file: str
    sha256: str
    kind: str
    records: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the parsers found.  ``used`` counts records with at least one event (or used as context)."""

    events: tuple[AdministrationEvent, ...]
    inputs: tuple[InputFile, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    used: int = 0
    timezone: str | None = None
    """The zone that times without an offset were read in (``UTC`` when none was given)."""
    profile: str | None = None
    context: Context = Context()
    tables: tuple[InputFile, ...] = ()
    """Tables given beside the records (kind ``accesses``, ``classes``); their rows are not records."""

    @property
    def records(self) -> int:
        return self.used + sum(i.count for i in self.ignored) + len(self.rejected)
