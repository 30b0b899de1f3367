"""Administrations as R4 and R5 write them, built from a few words; everything is invented."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from parsers.clock import Clock
from parsers.events import AdministrationEvent
from parsers.fhir import read_fhir
from parsers.file_reading import FileReading
from parsers.profiles import load_profile

CHICAGO = ZoneInfo("America/Chicago")
CERNER = "https://fhir-ehr.cerner.com/r4/StructureDefinition/infuse-over-time"

Json = dict[str, Any]
DAY = "2026-03-10T"


def at(clock: str) -> str:
    """``"9:05"`` as a FHIR dateTime in Chicago (UTC-5 since 8 March)."""
    hour, minute = clock.split(":")
    return f"{DAY}{int(hour):02}:{minute}:00-05:00"


def r4(number: str = "a1", **more: Any) -> Json:
    """A completed R4 infusion of ceftriaxone 9:00-9:40 through the left arm; ``more`` replaces or adds elements."""
    whole: Json = {
        "resourceType": "MedicationAdministration",
        "id": number,
        "status": "completed",
        "medicationCodeableConcept": {"text": "ceftriaxone"},
        "subject": {"reference": "Patient/p1"},
        "context": {"reference": "Encounter/e1"},
        "effectivePeriod": {"start": at("9:00"), "end": at("9:40")},
        "dosage": {"route": {"text": "IVPB"}, "site": {"text": "L FA"}},
        "request": {"reference": "MedicationRequest/o1"},
    }
    whole.update(more)
    return {name: value for name, value in whole.items() if value is not None}


def r5(number: str = "a1", **more: Any) -> Json:
    """The same as R5 writes it: ``occurence``, ``medication``, ``encounter``."""
    whole: Json = {
        "resourceType": "MedicationAdministration",
        "id": number,
        "status": "completed",
        "medication": {"concept": {"text": "ceftriaxone"}},
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "occurencePeriod": {"start": at("9:00"), "end": at("9:40")},
        "dosage": {"route": {"text": "IVPB"}, "site": {"text": "L FA"}},
        "request": {"reference": "MedicationRequest/o1"},
    }
    whole.update(more)
    return {name: value for name, value in whole.items() if value is not None}


def bundle(*resources: Json) -> bytes:
    entries = [
        {"fullUrl": f"https://ehr.invalid/fhir/{r['resourceType']}/{r.get('id')}", "resource": r} for r in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def ndjson(*resources: Json) -> bytes:
    return "\n".join(json.dumps(r) for r in resources).encode()


def reading(data: bytes) -> FileReading:
    return read_fhir(data, "export.json", Clock(CHICAGO), load_profile())


def one(resource: dict[str, Any]) -> AdministrationEvent:
    found = reading(json.dumps(resource).encode())
    assert not found.rejected
    assert not found.findings
    (event,) = found.events
    return event


def clock(time: datetime | None) -> str | None:
    return None if time is None else f"{time.astimezone(CHICAGO):%H:%M}"
