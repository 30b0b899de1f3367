"""One MedicationAdministration (R4, R4B, R5) to events.

What a status means: ``completed``, ``stopped``, ``unknown`` and ``in-progress`` ran, the last without a stop when
none is given; ``on-hold`` ran and is paused; ``not-done`` and ``entered-in-error`` give no event.  The time is a
period, or an instant with Oracle Health's minutes of infusing beside it, or an instant alone: a dose charted once.
R5 spells ``occurence``; the correct spelling is read as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from parsers.clock import Clock, Stamp, TimeProblem
from parsers.doubts import Doubts
from parsers.events import Action, AdministrationEvent, Drug, Rejected, Source
from parsers.fhir_documents import Entry
from parsers.fhir_library import Library
from parsers.fhir_values import (
    EMPTY,
    Json,
    concept_text,
    drug,
    flow,
    is_time,
    mapping,
    mappings,
    quantity,
    quantity_minutes,
    quantity_ml,
    reference,
    reference_id,
    route,
    text,
)
from parsers.profiles import Words
from parsers.shapes import shape

OUT = {"not-done": "status not-done: nothing was given", "entered-in-error": "status entered-in-error"}
"""Statuses that say that nothing was given, and the reason under which they are ignored."""
_RAN = frozenset({"completed", "stopped", "in-progress", "unknown", "on-hold"})
_TIMES = ("effective", "occurence", "occurrence")
_LONGEST = 366 * 1440.0
"""Minutes that an infusion may last and still be believed."""
_INFUSE_OVER = ("infuse-over-time", "infuseover")
"""Endings of the extensions that carry minutes of infusing (Oracle Health; the HL7 pharmacy draft)."""


@dataclass(frozen=True, slots=True)
class When:
    """When it was given: an instant, a period, or a start with minutes."""

    start: Stamp
    stop: Stamp | None = None
    minutes: float | None = None
    period: bool = False

    @property
    def until(self) -> datetime | None:
        if self.stop is not None:
            return self.stop.time
        return self.start.time + timedelta(minutes=self.minutes) if self.minutes else None

    @property
    def said_by(self) -> Literal["charted", "duration"] | None:
        return "charted" if self.stop is not None else "duration" if self.minutes else None


class AdministrationReader:
    """Reads the administrations of one file.  ``library`` finds what they refer to."""

    def __init__(self, library: Library, clock: Clock, words: Words) -> None:
        self._library = library
        self._clock = clock
        self._words = words
        self.doubts = Doubts()

    def read(self, entry: Entry) -> AdministrationEvent | Rejected:
        """The event of an administration whose status says that it ran."""
        resource, source = entry.resource, entry.source
        status = text(resource.get("status"))
        if status not in _RAN:
            return _unknown_status(status, source)
        if mappings(resource.get("modifierExtension")):
            # FHIR: a reader that does not know a modifier extension must not use the resource; it may say "not given".
            return Rejected(
                _at(source, "modifierExtension"),
                "modifier-extension",
                "The administration carries a modifierExtension, which may change its meaning.",
                "Ask the sender what it says, and export the administration without it.",
            )
        encounter = self._library.encounter_id(resource.get("context") or resource.get("encounter"), resource)
        if encounter is None:
            return Rejected(
                _at(source, "encounter"),
                "encounter-empty",
                "The administration names no encounter.",
                "Export context (R4) or encounter (R5): lines are worked out by encounter.",
            )
        drugs = self._drugs(resource)
        if not drugs:
            return Rejected(
                _at(source, "medication"),
                "drug-empty",
                "The administration names no medication, or refers to one that is not in the input.",
                "Give the Medication resources as well (in NDJSON exports a file of their own).",
            )
        when = self._when(resource, source)
        if isinstance(when, Rejected):
            return when
        when = self._doubted(status, when, source)
        return self._event(resource, source, status or "", encounter, drugs, when)

    def _event(
        self, resource: Json, source: Source, status: str, encounter: str, drugs: tuple[Drug, ...], when: When
    ) -> AdministrationEvent:
        dosage = mapping(resource.get("dosage"))
        event = self._dosed(resource, dosage, source, encounter, drugs, when)
        event = replace(event, action=self._action(status, when), action_text=status)
        if event.action is not Action.INTERVAL:
            return event
        late = when.stop.time_if_late if when.stop is not None else None
        return replace(event, stop=when.until, stop_if_late=late, stop_from=when.said_by)

    def _action(self, status: str, when: When) -> Action:
        if when.period or when.minutes:
            return Action.INTERVAL
        # An instant of an administration that is on hold, or still runs, is no dose given at once.
        return {"on-hold": Action.PAUSED, "in-progress": Action.STARTED}.get(status, Action.GIVEN)

    def _dosed(
        self,
        resource: Json,
        dosage: Json,
        source: Source,
        encounter: str,
        drugs: tuple[Drug, ...],
        when: When,
    ) -> AdministrationEvent:
        way, said = route(dosage, self._words)
        if said is not None and way is None:
            self._unknown_route(said, source)
        dose, rate = quantity(dosage.get("dose")), flow(dosage)
        if rate is not None and is_time(rate.unit):
            self.doubts.add(
                "warning",
                "rate-is-time",
                "dosage.rateQuantity: a length of time stands where a rate belongs; it is not used",
                "Give a volume or dose per time, such as 125 mL/h; a duration belongs into the period.",
                _at(source, "dosage.rateQuantity"),
            )
            rate = None
        site = concept_text(dosage.get("site"))
        return AdministrationEvent(
            source=source,
            encounter_id=encounter,
            action=Action.GIVEN,
            time=when.start.time,
            time_if_late=when.start.time_if_late,
            drugs=drugs,
            order_id=self._library.order_id(resource.get("request"), resource),
            patient_id=self._library.patient_id(resource.get("subject"), resource),
            route=way,
            route_text=said,
            site=self._words.site(site) if site else None,
            device=self._device(resource),
            dose=dose.value if dose else None,
            dose_unit=dose.unit if dose else None,
            volume_ml=quantity_ml(dose),
            rate=rate.value if rate else None,
            rate_unit=rate.unit if rate else None,
            rate_ml_per_hour=rate.ml_per_hour if rate else None,
            recorded_at=self._recorded(resource),
            nurse=_nurse(resource),
            comment=next((t for note in mappings(resource.get("note")) if (t := text(note.get("text")))), None),
        )

    # What was given

    def _drugs(self, resource: Json) -> tuple[Drug, ...]:
        """R4: ``medicationCodeableConcept`` or ``medicationReference``; R5: ``medication``, either of both."""
        given = next((resource[k] for k in ("medicationCodeableConcept", "medication") if k in resource), None)
        named = drug(given) if given is not None else None
        if named is not None:
            return (named,)
        link = resource.get("medicationReference", given)
        found = self._library.find(reference(link), resource)
        if found is not None:
            return _substances(found, self._library)
        shown = mapping(link)
        shown = mapping(shown["reference"]) if isinstance(shown.get("reference"), dict) else shown
        name = text(shown.get("display"))
        return (Drug(name),) if name else ()

    def _device(self, resource: Json) -> str | None:
        for device in mappings(resource.get("device")):
            inner = mapping(device.get("reference")) if isinstance(device.get("reference"), dict) else device
            shown = concept_text(device) or text(inner.get("display"))
            if shown:
                return shown
        return None

    # When

    def _when(self, resource: Json, source: Source) -> When | Rejected:
        for name in _TIMES:
            period = resource.get(f"{name}Period")
            if isinstance(period, dict):
                return self._period(period, f"{name}Period", source)
            if text(resource.get(f"{name}DateTime")):
                start = self._stamp(resource[f"{name}DateTime"], f"{name}DateTime", source)
                return (
                    start if isinstance(start, Rejected) else When(start, minutes=self._infused_over(resource, source))
                )
            if f"{name}Timing" in resource:
                return Rejected(
                    _at(source, f"{name}Timing"),
                    "time-unreadable",
                    "The administration gives a schedule (Timing) instead of a time.",
                    "Export when it was given: a period with start and end.",
                )
        return Rejected(
            _at(source, "effective"),
            "time-empty",
            "The administration has no time.",
            "Export effectivePeriod or effectiveDateTime (R5: occurencePeriod, occurenceDateTime).",
        )

    def _infused_over(self, resource: Json, source: Source) -> float | None:
        for extension in mappings(resource.get("extension")):
            if not (text(extension.get("url")) or "").casefold().endswith(_INFUSE_OVER):
                continue
            length = quantity_minutes(quantity(extension.get("valueQuantity", extension.get("valueDuration"))))
            if length is None or not 0 <= length <= _LONGEST:
                self.doubts.add(
                    "warning", "number-unreadable", "infuse-over-time: no believable length of time; it is not used",
                    "Give the minutes of infusing.", _at(source, "extension"),
                )  # fmt: skip
                return None
            return length or None
        return None

    def _doubted(self, status: str | None, when: When, source: Source) -> When:
        """An end of what still runs is a plan; a status that says nothing is told."""
        if status == "unknown":
            self.doubts.add(
                "warning", "status-unknown", "The status of the administration is 'unknown'; it is read as given",
                "Check that it was given.", _at(source, "status"),
            )  # fmt: skip
        if status == "in-progress" and when.until is not None:
            self.doubts.add(
                "warning", "end-of-what-runs",
                "The administration is in progress and yet gives an end, which can only be planned; it is not used",
                "Export it again once it is completed.", _at(source, "status"),
            )  # fmt: skip
            return When(when.start, period=True)
        return when

    def _period(self, period: Json, name: str, source: Source) -> When | Rejected:
        start = self._stamp(period.get("start"), f"{name}.start", source)
        if isinstance(start, Rejected):
            return start
        end = text(period.get("end"))
        if end is None:
            return When(start, period=True)
        found = self._clock.charted(end)
        if isinstance(found, TimeProblem):
            self.doubts.add(
                "warning", found.code, f"{name}.end: {found.message.rstrip('.')}; it is taken as not charted",
                found.fix, _at(source, f"{name}.end"),
            )  # fmt: skip
            return When(start, period=True)
        return When(start, found, period=True)

    def _stamp(self, value: object, name: str, source: Source) -> Stamp | Rejected:
        found = self._clock.charted(text(value) or "")
        if isinstance(found, TimeProblem):
            return Rejected(_at(source, name), found.code, f"{name}: {found.message}", found.fix)
        if "gap" in found.notes:
            self.doubts.add(
                "warning", "time-in-gap",
                f"{name}: a time that no clock showed, in the hour skipped in spring, was moved forward by that hour",
                "Give times with their offset.", _at(source, name),
            )  # fmt: skip
        return found

    def _recorded(self, resource: Json) -> datetime | None:
        """R5 ``recorded``; before that the last change of the resource on its server stands for it."""
        said = text(resource.get("recorded")) or text(mapping(resource.get("meta")).get("lastUpdated"))
        found = self._clock.charted(said) if said else None
        return found.time if isinstance(found, Stamp) else None

    def _unknown_route(self, said: str, source: Source) -> None:
        self.doubts.add(
            "warning",
            "route-unknown",
            f"dosage.route: a route of the shape {shape(said)} is not known; the administration has no route",
            "Map it under 'route_map' in a profile (IV, IVPB, IV push, IM, SC, IA, other).",
            _at(source, "dosage.route"),
        )


def _unknown_status(status: str | None, source: Source) -> Rejected:
    found = "has no status" if status is None else f"has a status of the shape {shape(status)}"
    return Rejected(
        _at(source, "status"),
        "status-unknown",
        f"The administration {found}.",
        "Expected completed, in-progress, on-hold, stopped, not-done, entered-in-error or unknown.",
    )


def _at(source: Source, name: str) -> Source:
    return replace(source, field=name)


def _substances(medication: Json, library: Library) -> tuple[Drug, ...]:
    """What a Medication holds: the parts of a mix in one bag, or the one drug it is."""
    parts = [
        part for item in mappings(medication.get("ingredient")) if (part := _ingredient(item, medication, library))
    ]
    whole = drug(medication.get("code"))
    if len(parts) > 1 or whole is None:
        return tuple(parts)
    return (whole,)


def _ingredient(item: Json, medication: Json, library: Library) -> Drug | None:
    named = drug(item.get("itemCodeableConcept")) or drug(item.get("item"))
    if named is not None:
        return named
    link = item.get("itemReference", item.get("item"))
    found = library.find(reference(link), medication)
    if found is not None:
        return drug(found.get("code"))
    name = text(mapping(link).get("display"))
    return Drug(name) if name else None


def _nurse(resource: Json) -> str | None:
    performer = next(iter(mappings(resource.get("performer"))), EMPTY)
    return reference_id(performer.get("actor"))
