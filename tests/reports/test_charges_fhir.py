"""Charges as FHIR: ChargeItems in a transaction, each valid R4, and sent twice without effect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from parsers.charge_master import ChargeMaster
from parsers.receivers import FhirNames, Receiver, load_receiver
from reports.charge import Charges
from reports.charges_fhir import charge_bundle
from tests.reports.charge_charts import CORRECTED, TAKEN_BACK, WITHDRAWN, at, batch, batches, charge, house_table

GENERIC = load_receiver()
EXTENSION = "http://hl7.org/fhir/4.0/StructureDefinition/extension-Claim.item."

Json = dict[str, Any]


def write(charges: Charges, receiver: Receiver = GENERIC, cdm: ChargeMaster | None = None) -> Json:
    bundle: Json = json.loads("".join(charge_bundle(charges, receiver, cdm)))
    return bundle


def resources(charges: Charges, receiver: Receiver = GENERIC, cdm: ChargeMaster | None = None) -> list[Json]:
    return [entry["resource"] for entry in write(charges, receiver, cdm)["entry"]]


def coded(name: str, system: str, code: str) -> Json:
    return {"url": EXTENSION + name, "valueCodeableConcept": {"coding": [{"system": system, "code": code}]}}


def test_a_charge() -> None:
    bundle = write(batch(charge(units=2)))
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
    (entry,) = bundle["entry"]
    assert entry["request"] == {"method": "PUT", "url": "ChargeItem/1f0c2a9be4d7.1"}
    assert entry["fullUrl"].startswith("urn:uuid:")
    assert entry["resource"] == {
        "resourceType": "ChargeItem",
        "id": "1f0c2a9be4d7.1",
        "extension": [coded("revenue", "https://www.nubc.org/CodeSystem/RevenueCodes", "0260")],
        "identifier": [{"value": "1f0c2a9be4d7.1"}],
        "status": "billable",
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "96365"}]},
        "subject": {"type": "Patient", "identifier": {"value": "P7"}},
        "context": {"type": "Encounter", "identifier": {"value": "E1"}},
        "occurrencePeriod": {"start": "2026-03-10T08:05:00-05:00", "end": "2026-03-10T09:05:00-05:00"},
        "performer": [{"actor": {"display": "RN7"}}],
        "quantity": {"value": 2},
        "costCenter": {"type": "Organization", "identifier": {"value": "Infusion Ward"}},
        "note": [{"text": "ceftriaxone"}],
    }


def test_a_correction_puts_what_was_sent_as_entered_in_error() -> None:
    told = [(r["id"], r["status"], r["quantity"]["value"]) for r in resources(batch(CORRECTED, TAKEN_BACK, WITHDRAWN))]
    assert told == [
        ("77ab00c1d2e3.1", "entered-in-error", 2),
        ("0d0d0d0d0d0d.1", "entered-in-error", 1),
        ("77ab00c1d2e3.2", "billable", 3),
    ]


def test_modifiers_are_extensions_and_no_second_meaning_of_the_code() -> None:
    (resource,) = resources(batch(CORRECTED))
    assert resource["extension"][:2] == [
        coded("modifier", "http://www.ama-assn.org/go/cpt", "59"),
        coded("modifier", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "XE"),
    ]
    assert [coding["code"] for coding in resource["code"]["coding"]] == ["96366"]


@pytest.mark.parametrize(
    ("facts", "occurrence"),
    [
        ({"stop": None}, {"occurrenceDateTime": "2026-03-10T08:05:00-05:00"}),
        ({"start": None, "stop": None}, {"occurrenceDateTime": "2026-03-10"}),
        ({"start": at("23:00", day=9)}, {"occurrenceDateTime": "2026-03-10"}),
    ],
)
def test_when(facts: Json, occurrence: Json) -> None:
    (resource,) = resources(batch(charge(**facts)))
    assert {key: value for key, value in resource.items() if key.startswith("occurrence")} == occurrence


def test_the_names_of_a_house(tmp_path: Path) -> None:
    names = FhirNames(
        base_url="https://fhir.example/r4",
        charge_system="urn:charge",
        patient_system="urn:patient",
        encounter_system="urn:account",
        department_system="urn:dept",
        cdm_system="urn:cdm",
        modifier_extension="https://house.example/modifier",
    )
    house = Receiver(name="h", fhir=names, departments={"infusion ward": "0420"})
    (entry,) = write(batch(charge(modifiers=("59",))), house, house_table(tmp_path))["entry"]
    resource = entry["resource"]
    assert entry["fullUrl"] == "https://fhir.example/r4/ChargeItem/1f0c2a9be4d7.1"
    assert resource["identifier"][0]["system"] == "urn:charge"
    assert resource["subject"]["identifier"] == {"system": "urn:patient", "value": "P7"}
    assert resource["context"]["identifier"] == {"system": "urn:account", "value": "E1"}
    assert resource["costCenter"]["identifier"] == {"system": "urn:dept", "value": "0420"}
    assert resource["code"]["coding"][1] == {"system": "urn:cdm", "code": "4500123"}
    assert resource["extension"][0]["url"] == "https://house.example/modifier"
    assert "priceOverride" not in resource


def test_a_charge_and_its_credit_in_one_batch_are_one_entry() -> None:
    """A transaction with the same resource twice is refused as a whole."""
    (resource,) = resources(batch(charge(), charge(kind="CR", reason="withdrawn")))
    assert resource["status"] == "entered-in-error"


def test_texts_of_blanks_are_left_out() -> None:
    (resource,) = resources(batch(charge(performed_by=" ", department="\t", drug="\n", patient_id=" ")))
    assert not {"performer", "costCenter", "note"} & set(resource)
    assert resource["subject"] == {"type": "Patient", "display": "unknown"}


def test_nothing_to_send_is_a_bundle_without_entries() -> None:
    assert write(batch()) == {"resourceType": "Bundle", "type": "transaction"}


@given(batches())
def test_every_charge_item_is_valid_r4(charges: Charges) -> None:
    r4b = pytest.importorskip("fhir.resources.R4B.bundle")
    text = "".join(charge_bundle(charges, GENERIC, None))
    assert text == "".join(charge_bundle(charges, GENERIC, None))
    bundle = r4b.Bundle.model_validate_json(text)
    assert sorted(entry.resource.id for entry in bundle.entry) == sorted(one.id for one in charges.charges)
    for entry in bundle.entry:
        assert entry.resource.get_resource_type() == "ChargeItem"
        assert entry.resource.status in ("billable", "entered-in-error")
