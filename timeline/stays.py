"""The stay around the administrations: arrival, class and location by time, discharge (rulebook 31, 34).

Facts come message by message, late, twice and out of order; they are weighed by when they were recorded, never by
their place in the input.  A classes table given for an encounter is the whole truth on its classes: messages then
add only what the table does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from parsers.events import AdministrationEvent, Finding, Source, StayContext
from parsers.patient_classes import is_inpatient, is_known_class
from timeline.stay_admissions import recorded, weighed, without_admission


@dataclass(frozen=True, slots=True)
class Stay:
    """One encounter as its visit was recorded; times in UTC."""

    arrival: datetime | None = None
    departure: datetime | None = None
    inpatient: tuple[tuple[datetime, datetime | None], ...] = ()
    """Half-open stretches as an inpatient; the last may have no end."""
    says_inpatient: bool = False
    """Whether inpatient status was ever stated, even if taken back: rows of the MAR then decide nothing."""
    classes: tuple[tuple[datetime, str], ...] = ()
    locations: tuple[tuple[datetime, str], ...] = ()
    patient_id: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def inpatient_from(self) -> datetime | None:
        """From here on an inpatient to the end."""
        return self.inpatient[-1][0] if self.inpatient and self.inpatient[-1][1] is None else None

    @property
    def inpatient_between(self) -> tuple[tuple[datetime, datetime], ...]:
        """Stretches as an inpatient that ended: the patient became an outpatient again."""
        return tuple((start, stop) for start, stop in self.inpatient if stop is not None)

    def class_at(self, time: datetime) -> str | None:
        return _at(self.classes, time) or None

    def location_at(self, time: datetime) -> str | None:
        return _at(self.locations, time)


NO_STAY = Stay()


def stays_of(facts: Iterable[StayContext]) -> dict[str, Stay]:
    """The stay of each encounter that is spoken of."""
    by_encounter: dict[str, list[StayContext]] = {}
    for fact in facts:
        by_encounter.setdefault(fact.encounter_id, []).append(_in_utc(fact))
    return {encounter: _stay(found) for encounter, found in by_encounter.items()}


def placed(event: AdministrationEvent, stay: Stay) -> AdministrationEvent:
    """The event with the department and class of its time, where it names none itself."""
    department = event.department or stay.location_at(event.time)
    patient_class = event.patient_class or stay.class_at(event.time)
    if department == event.department and patient_class == event.patient_class:
        return event
    return replace(event, department=department, patient_class=patient_class)


def _stay(facts: Sequence[StayContext]) -> Stay:
    told = _once(facts)
    table = [fact for fact in told if fact.recorded_at is None]
    messages = [fact for fact in told if fact.recorded_at is not None]
    standing, registrations = _standing(messages)
    standing, doubts = weighed(standing, registrations)
    if any(fact.kind == "status" for fact in table):
        standing = [fact for fact in standing if fact.patient_class is None and fact.kind != "arrival"]
        registrations = []
        doubts = []
    standing += [fact for fact in table if fact.kind != "discharge" or not _discharges(standing)]
    classes = _classes(standing, registrations)
    discharges = _discharges(standing)
    departure = discharges[-1].time if discharges else None
    arrivals = [fact.time for fact in standing if fact.kind == "arrival" and not is_inpatient(fact.patient_class)]
    if departure is not None and any(time > departure for time in arrivals):
        departure = None  # came back under the same number
    return Stay(
        arrival=min(arrivals, default=None),
        departure=departure,
        inpatient=_inpatient(classes),
        says_inpatient=any(is_inpatient(fact.patient_class) for fact in told),
        classes=classes,
        locations=tuple((f.time, f.location) for f in sorted(standing, key=_by_time) if f.location is not None),
        patient_id=min((fact.patient_id for fact in told if fact.patient_id), default=None),
        findings=(*_unknown_classes(standing), *_status_ended(standing, classes), *doubts),
    )


def _once(facts: Sequence[StayContext]) -> list[StayContext]:
    """Each fact once, in the order in which it was recorded; a cancellation comes behind what it may cancel."""
    known: dict[object, StayContext] = {}
    for fact in sorted(facts, key=_place):
        known.setdefault(_content(fact), fact)
    return sorted(known.values(), key=_by_recording)


def _standing(facts: Sequence[StayContext]) -> tuple[list[StayContext], list[StayContext]]:
    """What is not taken back, and the registrations among it, both in the order recorded."""
    standing: list[StayContext] = []
    for fact in facts:
        if not fact.cancelled:
            standing.append(fact)
        elif fact.kind == "discharge":
            standing = [f for f in standing if f.kind != "discharge"]
        elif fact.kind == "arrival":
            standing = without_admission(standing, fact)
        else:
            moves = [f for f in standing if f.location is not None]
            standing = [f for f in standing if f is not moves[-1]] if moves else standing
    registrations = [f for f in standing if f.kind == "arrival" and f.patient_class is not None]
    if not registrations:
        # An update corrects the arrival of a registration; alone its admit time may be that of a later class.
        standing = [f for f in standing if f.kind != "arrival"]
    return standing, registrations


def _discharges(facts: Sequence[StayContext]) -> list[StayContext]:
    return [fact for fact in facts if fact.kind == "discharge"]


def _classes(standing: Sequence[StayContext], registrations: Sequence[StayContext]) -> tuple[tuple[datetime, str], ...]:
    """Class by time.  That of the first registration counts from the arrival it names, however late it was sent.

    Where a class ends (classes table) the one around it goes on.  Without one, an inpatient is no inpatient any more
    if another class follows later; otherwise the last class stands: the end of the last is the departure.
    """
    stated = [f for f in standing if f.kind == "status" and f.patient_class is not None]
    if registrations:
        stated.append(registrations[0])
    stated.sort(key=_by_time)
    by_time: dict[datetime, str] = {fact.time: fact.patient_class or "" for fact in stated}
    starts = sorted(by_time)
    for end in sorted({fact.stop for fact in stated if fact.stop is not None} - by_time.keys()):
        since = max(start for start in starts if start < end)
        around = [f for f in stated if (f.time < end < f.stop if f.stop is not None else f.time == since)]
        following = next((by_time[start] for start in starts if start > end), None)
        if around:
            by_time[end] = around[-1].patient_class or ""
        elif following is not None and not is_inpatient(following) and is_inpatient(_at(sorted(by_time.items()), end)):
            by_time[end] = ""
    return tuple(sorted(by_time.items()))


def _inpatient(classes: Sequence[tuple[datetime, str]]) -> tuple[tuple[datetime, datetime | None], ...]:
    stretches: list[tuple[datetime, datetime | None]] = []
    for time, patient_class in classes:
        running = bool(stretches) and stretches[-1][1] is None
        if is_inpatient(patient_class) and not running:
            stretches.append((time, None))
        elif not is_inpatient(patient_class) and running:
            stretches[-1] = (stretches[-1][0], time)
    return tuple(stretches)


def _unknown_classes(standing: Sequence[StayContext]) -> Iterable[Finding]:
    # A class of the table was told when it was read.
    stated = [f for f in standing if f.patient_class is not None and f.recorded_at is not None]
    unknown = [f for f in stated if f.patient_class is not None and not is_known_class(f.patient_class)]
    if unknown:
        yield Finding(
            "warning",
            "class-unknown",
            "A patient class is not known; it is taken as outpatient.",
            "Ask the sender what it means; the classes table (--classes) can say it in its place.",
            min((f.source for f in unknown), key=_source_place),
        )


def _status_ended(standing: Sequence[StayContext], classes: Sequence[tuple[datetime, str]]) -> Iterable[Finding]:
    ended = next((stop for _, stop in _inpatient(classes) if stop is not None), None)
    if ended is not None:
        yield Finding(
            "info",
            "inpatient-status-ended",
            "Inpatient status was changed back to outpatient; the time between is not coded here.",
            "If the admission was reversed as a whole (condition code 44), cancel it (ADT^A11) or correct the classes.",
            min((f.source for f in standing if ended in (f.time, f.stop)), key=_source_place, default=None),
        )


def _at(steps: Sequence[tuple[datetime, str]], time: datetime) -> str | None:
    return next((value for start, value in reversed(steps) if start <= time), None)


def _in_utc(fact: StayContext) -> StayContext:
    return replace(
        fact,
        time=fact.time.astimezone(UTC),
        stop=fact.stop.astimezone(UTC) if fact.stop is not None else None,
        recorded_at=fact.recorded_at.astimezone(UTC) if fact.recorded_at is not None else None,
        admitted=fact.admitted.astimezone(UTC) if fact.admitted is not None else None,
    )


def _content(fact: StayContext) -> tuple[object, ...]:
    return (
        fact.kind,
        fact.time,
        fact.stop,
        fact.patient_class,
        fact.location,
        fact.recorded_at,
        fact.cancelled,
        fact.patient_id,
        fact.admitted,
    )


def _by_recording(fact: StayContext) -> tuple[object, ...]:
    return (recorded(fact), fact.cancelled, fact.time, *_tie(fact))


def _by_time(fact: StayContext) -> tuple[object, ...]:
    """At one time the last recorded stands; recorded together, inpatient does: billing less is the safer reading."""
    return (fact.time, recorded(fact), is_inpatient(fact.patient_class), *_tie(fact))


def _tie(fact: StayContext) -> tuple[str, ...]:
    admitted = fact.admitted.isoformat() if fact.admitted is not None else ""
    return (fact.kind, fact.patient_class or "", fact.location or "", fact.patient_id or "", admitted)


def _place(fact: StayContext) -> tuple[str, int, int]:
    return _source_place(fact.source)


def _source_place(source: Source) -> tuple[str, int, int]:
    return (source.file, source.record or 0, source.row or 0)
