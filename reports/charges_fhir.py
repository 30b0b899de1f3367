"""Charges as FHIR R4: a transaction Bundle with one ChargeItem a charge, put under its id.

Sending the Bundle twice changes nothing.  A credit puts the ChargeItem it takes back again, as entered in error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from parsers.charge_master import ChargeMaster
from parsers.receivers import FhirNames, Receiver
from reports.charge import Charge, Charges
from reports.charges_items import Item, items
from reports.safe_text import one_line

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
REVENUE = "https://www.nubc.org/CodeSystem/RevenueCodes"

Json = dict[str, Any]


def charge_bundle(charges: Charges, receiver: Receiver, cdm: ChargeMaster | None) -> Iterator[str]:
    """The text of the Bundle (UTF-8 is expected): its head, each entry on its own line, its end.

    Prices are left out: ``priceOverride`` is for a price other than the list price, which the receiver has itself.
    """
    found = {item.charge.id: item for of_encounter in items(charges, receiver, cdm) for item in of_encounter}
    # One entry an id, as a transaction demands; what was taken back stays so.
    for of_encounter in items(charges, receiver, cdm):
        found |= {item.charge.id: item for item in of_encounter if item.is_credit}
    yield '{"resourceType":"Bundle","type":"transaction"'
    between = ',"entry":[\n'  # an empty list is not allowed in FHIR
    for item in found.values():
        yield between + msgspec.json.encode(_entry(item, receiver.fhir)).decode()
        between = ",\n"
    yield "\n]}\n" if found else "}\n"


def _entry(item: Item, names: FhirNames) -> Json:
    place = f"ChargeItem/{item.charge.id}"
    # fullUrl is required with PUT; without a server to name, it is an UUID made from the id.
    full = f"{names.base_url}/{place}" if names.base_url else f"urn:uuid:{uuid5(NAMESPACE_URL, place)}"
    return {"fullUrl": full, "resource": charge_item(item, names), "request": {"method": "PUT", "url": place}}


def charge_item(item: Item, names: FhirNames) -> Json:
    """One ChargeItem as plain dicts, lists, texts and numbers; elements in the order of the standard."""
    charge = item.charge
    resource: Json = {
        "resourceType": "ChargeItem",
        "id": charge.id,
        "extension": [*_modifiers(charge, names), _coded(names.revenue_extension, REVENUE, item.revenue_code)],
        "identifier": [_identifier(names.charge_system, charge.id)],
        "status": "entered-in-error" if item.is_credit else "billable",
        "code": {"coding": list(_codings(item, names))},
        "subject": _reference("Patient", names.patient_system, charge.patient_id),
        "context": _reference("Encounter", names.encounter_system, charge.encounter_id),
        **_occurrence(item),
    }
    # FHIR allows no empty text.
    if nurse := one_line(charge.performed_by or ""):
        resource["performer"] = [{"actor": {"display": nurse}}]
    resource["quantity"] = {"value": charge.units}
    if one_line(item.department):
        resource["costCenter"] = _reference("Organization", names.department_system, item.department)
    if drug := one_line(charge.drug):
        resource["note"] = [{"text": drug}]
    return resource


def _modifiers(charge: Charge, names: FhirNames) -> Iterator[Json]:
    """Modifiers in their order.

    Never a second coding beside the code: codings of one concept mean the same, so a reader may take any of them.
    """
    for modifier in charge.modifiers:
        yield _coded(names.modifier_extension, CPT if modifier.isdigit() else HCPCS, modifier)


def _coded(url: str, system: str, code: str) -> Json:
    return {"url": url, "valueCodeableConcept": {"coding": [{"system": system, "code": code}]}}


def _codings(item: Item, names: FhirNames) -> Iterator[Json]:
    """The CPT by its number alone; the CDM code is the same service in the words of the house."""
    yield {"system": CPT, "code": item.charge.code}
    if item.cdm is not None:
        yield _with_system(names.cdm_system, {"code": one_line(item.cdm.cdm)})


def _occurrence(item: Item) -> Json:
    start, stop = item.times
    if start is None:
        return {"occurrenceDateTime": item.charge.date.isoformat()}
    begun = start.isoformat(timespec="seconds")
    if stop is None:
        return {"occurrenceDateTime": begun}
    return {"occurrencePeriod": {"start": begun, "end": stop.isoformat(timespec="seconds")}}


def _reference(kind: str, system: str, value: str | None) -> Json:
    """A reference by number: the ids of the receiver's own resources are not known."""
    if value is None or not one_line(value):
        return {"type": kind, "display": "unknown"}
    return {"type": kind, "identifier": _identifier(system, value)}


def _identifier(system: str, value: str) -> Json:
    return _with_system(system, {"value": one_line(value)})


def _with_system(system: str, value: Json) -> Json:
    return {"system": system, **value} if system else value
