"""FHIR in: stays, versions, references and doubts that decide what may be billed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from parsers.events import Action
from tests.parsers.fhir_resources import CERNER, at, bundle, clock, ndjson, r4, reading

# The stay


def test_an_encounter_gives_number_class_and_bounds() -> None:
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "identifier": [{"type": {"coding": [{"code": "VN"}]}, "value": "V-77"}],
        "class": {"code": "EMER"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": at("8:30"), "end": at("14:00")},
    }
    found = reading(bundle(r4(), visit))
    assert found.events[0].encounter_id == "V-77"
    told = [(s.kind, clock(s.time), s.patient_class) for s in found.context.stays]
    assert told == [("arrival", "08:30", None), ("status", "08:30", "E"), ("discharge", "14:00", None)]
    assert {s.encounter_id for s in found.context.stays} == {"V-77"}
    assert found.used == 2


def test_the_history_of_classes_gives_the_hour_of_the_inpatient_order() -> None:
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "class": {"code": "IMP"},
        "classHistory": [
            {"class": {"code": "EMER"}, "period": {"start": at("8:30"), "end": at("12:00")}},
            {"class": {"code": "IMP"}, "period": {"start": at("12:00")}},
        ],
        "period": {"start": at("8:30")},
    }
    stays = reading(bundle(r4(), visit)).context.stays
    assert [(s.patient_class, clock(s.time)) for s in stays if s.kind == "status"] == [("E", "08:30"), ("I", "12:00")]


def encounter(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": "e1", "class": {"code": "AMB"}, "period": {"start": at("7:00")}, **more}


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_an_encounter_that_did_not_happen_bounds_nothing(status: str) -> None:
    found = reading(bundle(r4(), encounter(status=status, period={"start": at("10:00"), "end": at("12:00")})))
    assert found.context.stays == ()
    assert len(found.events) == 1


def test_of_two_versions_of_an_encounter_the_later_stands_in_any_order() -> None:
    first = encounter(**{"class": {"code": "IMP"}, "meta": {"versionId": "1"}})
    second = encounter(**{"class": {"code": "OBSENC"}, "meta": {"versionId": "2"}})
    for order in ((first, second), (second, first)):
        found = reading(ndjson(r4(), *order))
        assert [s.patient_class for s in found.context.stays if s.kind == "status"] == ["OBS"]
        assert [(i.reason, i.count) for i in found.ignored] == [("earlier version of a resource", 1)]


def test_of_two_versions_of_a_medication_the_later_names_the_drug() -> None:
    link = r4(medicationCodeableConcept=None, medicationReference={"reference": "Medication/m1"})
    saline = {"resourceType": "Medication", "id": "m1", "code": {"text": "saline"}, "meta": {"versionId": "1"}}
    right = {"resourceType": "Medication", "id": "m1", "code": {"text": "vancomycin"}, "meta": {"versionId": "2"}}
    for order in ((saline, right), (right, saline)):
        assert reading(ndjson(*order, link)).events[0].drugs[0].name == "vancomycin"


def test_an_inpatient_class_without_its_time_is_told() -> None:
    found = reading(bundle(r4(), encounter(**{"class": {"code": "IMP"}})))
    assert [f.code for f in found.findings] == ["class-without-history"]


def test_an_encounter_of_a_transaction_is_named_by_its_address() -> None:
    visit = {"resourceType": "Encounter", "class": {"code": "EMER"}, "period": {"start": at("7:00")}}
    whole = {
        "resourceType": "Bundle",
        "entry": [
            {"fullUrl": "urn:uuid:77", "resource": visit},
            {"resource": r4(context={"reference": "urn:uuid:77"})},
        ],
    }
    found = reading(json.dumps(whole).encode())
    assert {s.encounter_id for s in found.context.stays} == {e.encounter_id for e in found.events} == {"77"}


def test_contained_encounters_of_two_patients_stay_apart() -> None:
    def given(number: str, visit: str) -> dict[str, Any]:
        inside = {"resourceType": "Encounter", "id": "enc", "identifier": [{"value": visit}]}
        who = {"reference": f"Patient/{number}"}
        return r4(number, context={"reference": "#enc"}, contained=[inside], subject=who)

    assert [e.encounter_id for e in reading(bundle(given("1", "V1"), given("2", "V2"))).events] == ["V1", "V2"]


def test_a_contained_request_makes_no_mix_of_two_drugs() -> None:
    order = {"resourceType": "MedicationRequest", "id": "req"}
    one_drug = r4("a1", request={"reference": "#req"}, contained=[order])
    other = r4("a2", request={"reference": "#req"}, contained=[order], medicationCodeableConcept={"text": "cefepime"})
    assert [e.order_id for e in reading(bundle(one_drug, other)).events] == [None, None]


@pytest.mark.parametrize("link", [{"reference": "#"}, {"reference": "#enc"}, {"display": "visit"}])
def test_an_encounter_without_a_number_is_rejected(link: dict[str, str]) -> None:
    (rejected,) = reading(bundle(r4(context=link))).rejected
    assert rejected.code == "encounter-empty"


def test_a_procedure_of_the_same_number_is_no_whole() -> None:
    other = r4("13", partOf=[{"reference": "Procedure/12"}], medicationCodeableConcept={"text": "cefepime"})
    found = reading(bundle(r4("12"), other))
    assert sorted(e.drugs[0].name for e in found.events) == ["cefepime", "ceftriaxone"]


def test_the_drugs_of_a_regimen_and_another_patient_are_no_pieces_of_one_infusion() -> None:
    whole = {"reference": "MedicationAdministration/whole"}
    drug = r4("b1", partOf=[whole], medicationCodeableConcept={"text": "cefepime"})
    stranger = r4("b2", partOf=[whole], subject={"reference": "Patient/p2"})
    found = reading(bundle(r4("whole"), drug, stranger))
    assert [e.action for e in found.events] == [Action.INTERVAL] * 3


def test_the_planned_end_of_what_still_runs_is_no_stop() -> None:
    found = reading(bundle(r4(status="in-progress")))
    assert found.events[0].stop is None
    assert [f.code for f in found.findings] == ["end-of-what-runs"]


def test_an_unknown_status_is_told() -> None:
    found = reading(bundle(r4(status="unknown")))
    assert clock(found.events[0].stop) == "09:40"
    assert [f.code for f in found.findings] == ["status-unknown"]


def test_a_modifier_extension_may_turn_the_meaning_and_is_rejected() -> None:
    odd = r4(modifierExtension=[{"url": "https://ehr.invalid/not-given", "valueBoolean": True}])
    assert [r.code for r in reading(bundle(odd)).rejected] == ["modifier-extension"]


@pytest.mark.parametrize("minutes", [1e10, 1e300, -5, "x"])
def test_an_absurd_length_is_a_dose_with_a_finding(minutes: object) -> None:
    over = [{"url": CERNER, "valueQuantity": {"value": minutes, "unit": "min"}}]
    found = reading(bundle(r4(effectivePeriod=None, effectiveDateTime=at("9:05"), extension=over)))
    assert (found.events[0].action, found.events[0].stop) == (Action.GIVEN, None)
    assert [f.code for f in found.findings] == ["number-unreadable"]
