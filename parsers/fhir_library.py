"""Where references lead: the resources of all FHIR files of a run, so that order and file do not matter.

Bulk exports hold one type a file, and bundles name a Medication after its use; everything is read first, then the
administrations are understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from parsers.clock import Clock, Stamp
from parsers.fhir_documents import Entry
from parsers.fhir_values import (
    Json,
    mapping,
    mappings,
    reference,
    reference_id,
    reference_identifier,
    tail,
    text,
)

CONSULTED = frozenset({"Medication", "Encounter", "MedicationRequest", "Substance", "Patient"})
"""Types that administrations refer to; other types are not kept."""
_VISIT_NUMBERS = ("VN", "AN")
"""Identifier types of HL7 table 0203: visit number, account number."""
_RECORD_NUMBER = "MR"
"""Likewise: medical record number, the one by which tables and messages name a patient."""
_EARLY = datetime.min.replace(tzinfo=UTC)

Rank = tuple[datetime, int, bytes]


def rank(resource: Json, clock: Clock) -> Rank:
    """Which version of one resource stands: the one changed later, then the higher version.

    The content comes last: it only makes the choice the same in any order.
    """
    meta = mapping(resource.get("meta"))
    changed = clock.charted(text(meta.get("lastUpdated")) or "")
    version = text(meta.get("versionId")) or ""
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    return changed.time if isinstance(changed, Stamp) else _EARLY, number, msgspec.json.encode(resource, order="sorted")


class Library:
    """Resources by the addresses under which others refer to them."""

    def __init__(self) -> None:
        self._by_address: dict[str, Entry] = {}
        self._clock = Clock()
        self.consulted: set[int] = set()
        """``id()`` of the entries that an administration used."""

    def add(self, entry: Entry) -> None:
        """Keep a resource that administrations may refer to; of its versions the latest."""
        if entry.kind not in CONSULTED:
            return
        for address in addresses(entry):
            held = self._by_address.get(address)
            if held is None or rank(entry.resource, self._clock) > rank(held.resource, self._clock):
                self._by_address[address] = entry

    def superseded(self, entry: Entry) -> bool:
        """Whether a later version (or an equal copy) of the resource stands in its place."""
        return any(self._by_address.get(address) is not entry for address in addresses(entry))

    def find(self, address: str | None, inside: Json, *, used: bool = True) -> Json | None:
        """The resource behind a reference; ``#id`` is contained in ``inside``."""
        if address is None:
            return None
        if address.startswith("#"):
            return next((r for r in mappings(inside.get("contained")) if text(r.get("id")) == address[1:]), None)
        entry = self._entry(address)
        if entry is None:
            return None
        if used:
            self.consulted.add(id(entry))
        return entry.resource

    def _entry(self, address: str) -> Entry | None:
        """An absolute address, a relative one, or one with a version behind it."""
        plain = address.split("/_history/")[0]
        found = self._by_address.get(plain)
        return found or self._by_address.get("/".join(plain.rsplit("/", 2)[-2:]))

    def encounter_id(self, value: object, inside: Json) -> str | None:
        """The visit or account number of the encounter, or its id where the input has none.

        A contained encounter counts by its visit or account number only: its id is one in this resource alone.
        """
        address = reference(value)
        found = self.find(address, inside)
        if _contained(address):
            return reference_identifier(value) or (named_visit(found) if found is not None else None)
        return (visit_number(found) if found is not None else None) or reference_id(value)

    def patient_id(self, value: object, inside: Json, *, used: bool = True) -> str | None:
        """The medical record number of the patient, or its id where the input has none.

        ``used`` when an administration asks: then the Patient counts as used.
        """
        address = reference(value)
        found = self.find(address, inside, used=used)
        numbered = record_number(found) if found is not None else None
        return numbered or (reference_identifier(value) if _contained(address) else reference_id(value))

    def order_id(self, value: object, inside: Json) -> str | None:
        """The number of the request, by which the administrations of one order are one."""
        address = reference(value)
        found = self.find(address, inside)
        if _contained(address):
            named = mappings(found.get("identifier")) if found is not None else []
            return reference_identifier(value) or next((t for n in named if (t := text(n.get("value")))), None)
        return reference_id(value)


def addresses(entry: Entry) -> list[str]:
    """Under which others may refer to a resource: ``Medication/m1`` and its full address."""
    number = text(entry.resource.get("id"))
    return ([f"{entry.kind}/{number}"] if number else []) + ([entry.full_url] if entry.full_url else [])


def _contained(address: str | None) -> bool:
    return address is not None and address.startswith("#")


def visit_number(encounter: Json) -> str | None:
    """The visit or account number of an Encounter, its only identifier, or its id."""
    number = text(encounter.get("id"))
    return named_visit(encounter) or (tail(number) if number else None)


def named_visit(encounter: Json) -> str | None:
    """The visit or account number of an Encounter, or its only identifier."""
    named = mappings(encounter.get("identifier"))
    for wanted in _VISIT_NUMBERS:
        if (value := _of_type(named, wanted)) is not None:
            return value
    return text(named[0].get("value")) if len(named) == 1 else None


def record_number(patient: Json) -> str | None:
    """The medical record number of a Patient; one in use comes before one marked as old."""
    named = mappings(patient.get("identifier"))
    in_use = [identifier for identifier in named if text(identifier.get("use")) != "old"]
    return _of_type(in_use, _RECORD_NUMBER) or _of_type(named, _RECORD_NUMBER)


def _of_type(identifiers: Sequence[Json], wanted: str) -> str | None:
    """The value of the first identifier of a type."""
    for identifier in identifiers:
        codes = {text(c.get("code")) for c in mappings(mapping(identifier.get("type")).get("coding"))}
        if wanted in codes and (value := text(identifier.get("value"))):
            return value
    return None
