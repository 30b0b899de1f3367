"""Where references lead: the resources of all FHIR files of a run, so that order and file do not matter.

Bulk exports hold one type a file, and bundles name a Medication after its use; everything is read first, then the
administrations are understood.
"""

from __future__ import annotations

from collections.abc import Iterator

from parsers.fhir_documents import Entry
from parsers.fhir_values import Json, mapping, mappings, reference, reference_id, tail, text

CONSULTED = frozenset({"Medication", "Encounter", "MedicationRequest", "Substance"})
"""Types that administrations refer to; other types are not kept."""
_VISIT_NUMBERS = ("VN", "AN")
"""Identifier types of HL7 table 0203: visit number, account number."""


class Library:
    """Resources by the addresses under which others refer to them."""

    def __init__(self) -> None:
        self._by_address: dict[str, Entry] = {}
        self.consulted: set[int] = set()
        """``id()`` of the entries that an administration used."""

    def add(self, entry: Entry) -> None:
        """Keep a resource that administrations may refer to."""
        if entry.kind not in CONSULTED:
            return
        number = text(entry.resource.get("id"))
        for address in ([f"{entry.kind}/{number}"] if number else []) + ([entry.full_url] if entry.full_url else []):
            self._by_address.setdefault(address, entry)

    def find(self, address: str | None, inside: Json) -> Json | None:
        """The resource behind a reference; ``#id`` is contained in ``inside``."""
        if address is None:
            return None
        if address.startswith("#"):
            return next((r for r in mappings(inside.get("contained")) if text(r.get("id")) == address[1:]), None)
        entry = self._entry(address)
        if entry is None:
            return None
        self.consulted.add(id(entry))
        return entry.resource

    def _entry(self, address: str) -> Entry | None:
        """An absolute address, a relative one, or one with a version behind it."""
        plain = address.split("/_history/")[0]
        found = self._by_address.get(plain)
        return found or self._by_address.get("/".join(plain.rsplit("/", 2)[-2:]))

    def encounter_id(self, value: object) -> str | None:
        """The visit or account number of the encounter, or its id where the input has none."""
        address = reference(value)
        found = self.find(address, {})
        if found is None:
            return reference_id(value)
        return visit_number(found) or reference_id(value)

    def order_id(self, value: object) -> str | None:
        """The number of the request, by which the administrations of one order are one."""
        self.find(reference(value), {})
        return reference_id(value)

    def encounters(self) -> Iterator[Entry]:
        """Every Encounter once, in the order of reading."""
        seen: set[int] = set()
        for entry in self._by_address.values():
            if entry.kind == "Encounter" and id(entry) not in seen:
                seen.add(id(entry))
                yield entry


def visit_number(encounter: Json) -> str | None:
    """The visit or account number of an Encounter, its only identifier, or its id."""
    named = mappings(encounter.get("identifier"))
    for wanted in _VISIT_NUMBERS:
        for identifier in named:
            codes = (text(c.get("code")) for c in mappings(mapping(identifier.get("type")).get("coding")))
            if wanted in codes and (value := text(identifier.get("value"))):
                return value
    alone = text(named[0].get("value")) if len(named) == 1 else None
    number = text(encounter.get("id"))
    return alone or (tail(number) if number else None)
