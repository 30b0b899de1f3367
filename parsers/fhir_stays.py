"""Encounter resources (R4, R5) to context: arrival, class by time, discharge."""

from __future__ import annotations

from collections.abc import Iterator

from parsers.clock import Clock, Stamp
from parsers.events import StayContext
from parsers.fhir_documents import Entry
from parsers.fhir_library import Library, visit_number
from parsers.fhir_values import Json, concept_texts, mapping, mappings, tail, text

_CLASSES = {
    "IMP": "I", "ACUTE": "I", "NONAC": "I", "EMER": "E", "OBSENC": "OBS", "AMB": "O", "SS": "O", "HH": "O", "VR": "O",
}  # fmt: skip
"""HL7 v3 ActEncounterCode to the class letters of the MAR table; another code stands as it is."""


_NOT_YET = frozenset({"planned", "cancelled", "entered-in-error", "discontinued"})
"""Statuses of an Encounter that did not happen (yet): its times bound nothing."""


def stay_of(entry: Entry, clock: Clock, library: Library) -> Iterator[StayContext]:
    """What one Encounter says of the stay; a time without a time of day says nothing."""
    resource, source = entry.resource, entry.source
    # A resource of a transaction bundle has no id yet: administrations name it by its full address.
    number = visit_number(resource) or (tail(entry.full_url) if entry.full_url else None)
    if number is None or text(resource.get("status")) in _NOT_YET:
        return
    period = mapping(resource.get("period") or resource.get("actualPeriod"))
    # A Patient counts as used where an administration names it: that is the same in any order of files.
    who = library.patient_id(resource.get("subject"), resource, used=False)
    start, end = _time(period.get("start"), clock), _time(period.get("end"), clock)
    if start is not None:
        yield StayContext(source, number, "arrival", start.time, patient_id=who)
    for kind, began, ended in _classes(resource, clock, start):
        stop = ended.time if ended is not None else None
        yield StayContext(source, number, "status", began.time, stop, patient_id=who, patient_class=kind)
    if end is not None:
        yield StayContext(source, number, "discharge", end.time, patient_id=who)


def class_without_history(entry: Entry) -> bool:
    """Whether an Encounter is inpatient now and nothing tells since when."""
    classes = [_class(said) for said in mappings(entry.resource.get("class"))[:1]]
    return "I" in classes and not mappings(entry.resource.get("classHistory"))


def _classes(resource: Json, clock: Clock, start: Stamp | None) -> Iterator[tuple[str, Stamp, Stamp | None]]:
    """R4 ``classHistory`` by time; without it the class from the start of the encounter."""
    told = False
    for part in mappings(resource.get("classHistory")):
        period = mapping(part.get("period"))
        began, kind = _time(period.get("start"), clock), _class(part.get("class"))
        if began is not None and kind is not None:
            told = True
            yield kind, began, _time(period.get("end"), clock)
    if not told and start is not None:
        for said in mappings(resource.get("class"))[:1]:
            kind = _class(said)
            if kind is not None:
                yield kind, start, None


def _class(value: object) -> str | None:
    """R4 gives a Coding, R5 a CodeableConcept."""
    found = mapping(value)
    code = text(found.get("code"))
    words = [code] if code else concept_texts(found)
    return next((_CLASSES[w] for w in words if w in _CLASSES), words[0] if words else None)


def _time(value: object, clock: Clock) -> Stamp | None:
    said = text(value)
    found = clock.charted(said) if said else None
    return found if isinstance(found, Stamp) else None
