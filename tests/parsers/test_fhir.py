"""FHIR in: statuses, times, medications, rates, chains; every resource accounted for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from parsers import read
from parsers.events import Action, Route
from tests.parsers.fhir_resources import CERNER, at, bundle, clock, ndjson, one, r4, r5, reading


def test_a_period_is_one_row_with_start_and_stop() -> None:
    event = one(r4())
    assert (event.action, clock(event.time), clock(event.stop)) == (Action.INTERVAL, "09:00", "09:40")
    assert (event.encounter_id, event.patient_id, event.order_id) == ("e1", "p1", "o1")
    assert (event.drugs[0].name, event.route, event.site) == ("ceftriaxone", Route.IVPB, "L FA")
    assert event.stop_from == "charted"


def test_r5_says_the_same_in_its_own_words() -> None:
    old, new = one(r4()), one(r5())
    assert old == new


def test_the_right_spelling_of_occurrence_is_read_too() -> None:
    event = one(r5(occurencePeriod=None, occurrencePeriod={"start": at("9:00"), "end": at("9:40")}))
    assert clock(event.stop) == "09:40"


def test_an_instant_is_a_dose_charted_once() -> None:
    event = one(r4(effectivePeriod=None, effectiveDateTime=at("9:05")))
    assert (event.action, clock(event.time), event.stop) == (Action.GIVEN, "09:05", None)


@pytest.mark.parametrize(("amount", "unit", "stop"), [(45, "minutes", "09:50"), (1.5, "h", "10:35"), (0, "min", None)])
def test_minutes_of_infusing_beside_an_instant_give_the_stop(amount: float, unit: str, stop: str | None) -> None:
    over = [{"url": CERNER, "valueQuantity": {"value": amount, "unit": unit}}]
    event = one(r4(effectivePeriod=None, effectiveDateTime=at("9:05"), extension=over))
    assert clock(event.stop) == stop
    assert event.stop_from == ("duration" if stop else None)
    assert event.action is (Action.INTERVAL if stop else Action.GIVEN)


@pytest.mark.parametrize("status", ["in-progress", "completed", "stopped"])
def test_a_period_without_an_end_is_a_missing_stop(status: str) -> None:
    event = one(r4(status=status, effectivePeriod={"start": at("9:00")}))
    assert (event.action, clock(event.time), event.stop) == (Action.INTERVAL, "09:00", None)


@pytest.mark.parametrize(
    ("status", "action"), [("in-progress", Action.STARTED), ("on-hold", Action.PAUSED), ("completed", Action.GIVEN)]
)
def test_what_an_instant_means_follows_the_status(status: str, action: Action) -> None:
    assert one(r4(status=status, effectivePeriod=None, effectiveDateTime=at("9:05"))).action is action


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_what_was_not_given_is_ignored_with_its_reason(status: str) -> None:
    found = reading(bundle(r4("a1"), r4("a2", status=status)))
    assert [e.source.record for e in found.events] == [1]
    assert [(status in i.reason, i.count) for i in found.ignored] == [(True, 1)]
    assert (found.records, found.used) == (2, 1)


def test_a_correction_entered_in_error_takes_the_earlier_version_back() -> None:
    first = r4(meta={"versionId": "1", "lastUpdated": "2026-03-10T15:00:00Z"})
    taken_back = r4(status="entered-in-error", meta={"versionId": "2", "lastUpdated": "2026-03-10T16:00:00Z"})
    for order in ((first, taken_back), (taken_back, first)):
        found = reading(ndjson(*order))
        assert found.events == ()
        assert {i.reason for i in found.ignored} == {"earlier version of a resource", "status entered-in-error"}


def test_the_same_resource_twice_is_one() -> None:
    found = reading(ndjson(r4(), r4()))
    assert len(found.events) == 1
    assert [(i.reason, i.count) for i in found.ignored] == [("resource read already", 1)]


def test_one_id_with_two_contents_is_told_and_does_not_depend_on_order() -> None:
    early, late = r4(), r4(effectivePeriod={"start": at("9:00"), "end": at("11:00")})
    one_way, other_way = reading(ndjson(early, late)), reading(ndjson(late, early))
    assert [f.code for f in one_way.findings] == ["resource-id-reused"]
    assert [e.stop for e in one_way.events] == [e.stop for e in other_way.events]


# Medications


def test_a_contained_mix_is_its_parts() -> None:
    bag = {
        "resourceType": "Medication",
        "id": "bag",
        "ingredient": [
            {"itemCodeableConcept": {"text": "potassium acetate"}},
            {"itemCodeableConcept": {"text": "dextrose 10%"}},
        ],
    }
    event = one(r4(medicationCodeableConcept=None, medicationReference={"reference": "#bag"}, contained=[bag]))
    assert [d.name for d in event.drugs] == ["potassium acetate", "dextrose 10%"]


def test_a_medication_in_another_file_is_found(tmp_path: Path) -> None:
    drug = {
        "resourceType": "Medication",
        "id": "m9",
        "code": {
            "coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "00143985701", "display": "cefepime 2 g"}]
        },
    }
    given = r4(medicationCodeableConcept=None, medicationReference={"reference": "Medication/m9"})
    (tmp_path / "1_administrations.ndjson.gz").write_bytes(gzip.compress(ndjson(given)))
    (tmp_path / "2_medications.ndjson").write_bytes(ndjson(drug, {"resourceType": "Practitioner", "id": "p1"}))
    found = read(tmp_path, timezone="America/Chicago")
    (event,) = found.events
    assert (event.drugs[0].name, event.drugs[0].code) == ("cefepime 2 g", "00143985701")
    assert (found.records, found.used) == (3, 2)
    assert [(i.reason, i.count) for i in found.ignored] == [("FHIR Practitioner is not read", 1)]
    assert [i.kind for i in found.inputs] == ["fhir", "fhir"]


def test_a_medication_that_is_nowhere_is_rejected_or_named_by_its_display() -> None:
    gone = r4(medicationCodeableConcept=None, medicationReference={"reference": "Medication/m9"})
    (rejected,) = reading(bundle(gone)).rejected
    assert (rejected.code, rejected.source.record, rejected.source.field) == ("drug-empty", 1, "medication")
    shown = r4(
        medicationCodeableConcept=None, medicationReference={"reference": "Medication/m9", "display": "cefepime"}
    )
    assert one(shown).drugs[0].name == "cefepime"


def test_r5_references_a_medication_inside_its_codeable_reference() -> None:
    drug = {"resourceType": "Medication", "id": "m9", "code": {"text": "cefepime"}}
    found = reading(bundle(r5(medication={"reference": {"reference": "Medication/m9"}}), drug))
    assert found.events[0].drugs[0].name == "cefepime"
    assert found.used == 2


def test_a_charge_code_is_kept() -> None:
    coded = {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.285", "code": "J0696"}], "text": "ceftriaxone"}
    assert one(r4(medicationCodeableConcept=coded)).drugs[0].hcpcs == "J0696"


# Dosage


@pytest.mark.parametrize(
    ("dosage", "ml_per_hour"),
    [
        # 250 mL in 30 min are 500 mL in an hour
        ({"rateRatio": {"numerator": {"value": 250, "unit": "ml"}, "denominator": {"value": 30, "unit": "min"}}}, 500),
        ({"rateQuantity": {"value": 125, "unit": "mL/h"}}, 125),
        ({"rateQuantity": {"value": 0.1, "code": "L/h"}}, 100),
        ({"rateQuantity": {"value": 5, "unit": "mcg/kg/min"}}, None),
    ],
)
def test_rates(dosage: dict[str, Any], ml_per_hour: float | None) -> None:
    event = one(r4(dosage={"route": {"text": "IV"}, **dosage}))
    assert event.rate is not None
    assert event.rate_ml_per_hour == (None if ml_per_hour is None else pytest.approx(ml_per_hour))


def test_a_time_in_the_place_of_a_rate_is_not_used() -> None:
    found = reading(bundle(r4(dosage={"rateQuantity": {"value": 4, "unit": "min"}})))
    assert found.events[0].rate is None
    assert [f.code for f in found.findings] == ["rate-is-time"]


def test_a_snomed_route_and_a_push_method() -> None:
    intravenous = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}
    assert one(r4(dosage={"route": intravenous})).route is Route.IV
    assert one(r4(dosage={"route": intravenous, "method": {"text": "IV push slow"}})).route is Route.IV_PUSH
    assert one(r4(dosage={"route": {"text": "PO"}})).route is Route.OTHER


def test_an_unknown_route_shows_its_shape_only() -> None:
    found = reading(bundle(r4(dosage={"route": {"text": "Smith arm 7"}})))
    (finding,) = found.findings
    assert "AAAAA AAA 9" in finding.message
    assert "Smith" not in finding.message


def test_volume_given() -> None:
    assert one(r4(dosage={"dose": {"value": 0.25, "unit": "L"}})).volume_ml == 250


# Chains


def chain(*parts: dict[str, Any], **whole: Any) -> list[tuple[str, Action, str | None]]:
    whole = r4("whole", **whole)
    parts = tuple({**p, "partOf": [{"reference": "MedicationAdministration/whole"}]} for p in parts)
    found = reading(bundle(*parts, whole))
    assert not found.rejected
    assert found.used == len(parts) + 1
    assert {e.order_id for e in found.events} == {"o1"}
    return [(clock(e.time) or "", e.action, clock(e.stop)) for e in sorted(found.events, key=lambda e: e.time)]


def period(start: str, end: str | None = None) -> dict[str, str]:
    return {"start": at(start), "end": at(end)} if end else {"start": at(start)}


def test_a_part_on_hold_is_a_pause_of_the_whole() -> None:
    hold = r4("hold", status="on-hold", effectivePeriod=period("9:10", "9:25"))
    assert chain(hold) == [
        ("09:00", Action.STARTED, None),
        ("09:10", Action.PAUSED, None),
        ("09:25", Action.RESTARTED, None),
        ("09:40", Action.STOPPED, None),
    ]


def test_parts_of_a_whole_without_a_period_ran_and_paused_in_between() -> None:
    first = r4("b1", effectivePeriod=period("9:00", "9:30"))
    second = r4("b2", effectivePeriod=period("9:45", "10:15"))
    assert chain(second, first, effectivePeriod=None, effectiveDateTime=at("9:00")) == [
        ("09:00", Action.STARTED, None),
        ("09:30", Action.PAUSED, None),
        ("09:45", Action.RESTARTED, None),
        ("09:45", Action.RATE_CHANGE, None),
        ("10:15", Action.STOPPED, None),
    ]


def test_the_last_part_without_an_end_leaves_the_stop_missing() -> None:
    first = r4("b1", effectivePeriod=period("9:00", "9:30"))
    second = r4("b2", status="in-progress", effectivePeriod=period("9:30"))
    told = chain(first, second, effectivePeriod=None, effectiveDateTime=at("9:00"))
    assert Action.STOPPED not in [action for _, action, _ in told]


def test_two_administrations_each_part_of_the_other_are_both_kept() -> None:
    one_way = r4("a1", partOf=[{"reference": "MedicationAdministration/a2"}])
    other_way = r4("a2", partOf=[{"reference": "MedicationAdministration/a1"}])
    assert len(reading(bundle(one_way, other_way)).events) == 2


# What cannot be used


@pytest.mark.parametrize(
    ("resource", "code", "field"),
    [
        (r4(status=None), "status-unknown", "status"),
        (r4(status="done"), "status-unknown", "status"),
        (r4(context=None), "encounter-empty", "encounter"),
        (r4(effectivePeriod=None), "time-empty", "effective"),
        (r4(effectivePeriod={"end": at("9:40")}), "time-empty", "effectivePeriod.start"),
        (r4(effectivePeriod={"start": "2026-03-10"}), "date-only", "effectivePeriod.start"),
        (r5(occurencePeriod=None, occurenceTiming={"event": [at("9:00")]}), "time-unreadable", "occurenceTiming"),
    ],
)
def test_a_resource_that_cannot_be_used_says_what_to_do(resource: dict[str, Any], code: str, field: str) -> None:
    found = reading(bundle(r4("good"), resource))
    (rejected,) = found.rejected
    assert (rejected.code, rejected.source.field, rejected.source.record) == (code, field, 2)
    assert rejected.fix
    assert len(found.events) == 1


def test_an_end_that_cannot_be_read_is_a_missing_stop_with_a_finding() -> None:
    found = reading(bundle(r4(effectivePeriod={"start": at("9:00"), "end": "soon"})))
    assert found.events[0].stop is None
    assert [f.code for f in found.findings] == ["time-unreadable"]
    assert "soon" not in found.findings[0].message


def test_a_broken_line_does_not_stop_the_others() -> None:
    found = reading(ndjson(r4("a1")) + b'\n{"resourceType": "Medic\n\n' + ndjson(r4("a2")))
    assert [e.source.row for e in found.events] == [1, 4]
    (rejected,) = found.rejected
    assert (rejected.code, rejected.source.row, rejected.source.record) == ("json-broken", 2, 2)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bundle(r4())[:-20], "json-broken"),
        (b'{"resourceType": "Bundle", "type": "searchset", "total": 0}', "fhir-empty"),
        (b'[{"resourceType": 7}]', "not-fhir"),
        (b'{"resourceType": "Bundle", "entry": [{"resource": null}]}', "not-fhir"),
        (b"[" * 100_000, "json-broken"),
    ],
)
def test_a_file_without_a_resource_is_one_rejected_record(data: bytes, code: str) -> None:
    found = reading(data)
    assert [r.code for r in found.rejected] == [code]
    assert (found.records, found.events) == (1, ())


@pytest.mark.parametrize("odd", [7, "x", [], {}, True, [1], {"reference": 5}, {"concept": None}, {"coding": [3]}, None])
@pytest.mark.parametrize(
    "element",
    ["status", "medicationCodeableConcept", "subject", "context", "effectivePeriod", "dosage", "request", "partOf",
     "device", "performer", "note", "extension", "meta", "id", "contained"],
)  # fmt: skip
def test_an_element_of_another_type_raises_nothing(element: str, odd: object) -> None:
    found = reading(json.dumps({**r4(), element: odd}).encode())
    assert found.records == 1
    assert len(found.events) + len(found.rejected) == 1


def test_utf16_with_a_byte_order_mark() -> None:
    found = reading(json.dumps(r4()).encode("utf-16"))
    assert len(found.events) == 1


def test_the_resources_of_these_tests_are_what_the_standard_allows() -> None:
    """hl7.org's definitions, by way of fhir.resources, accept what the builders write."""
    r4b = pytest.importorskip("fhir.resources.R4B.medicationadministration")
    newest = pytest.importorskip("fhir.resources.medicationadministration")
    old = r4b.MedicationAdministration.model_validate(r4())
    new = newest.MedicationAdministration.model_validate(r5())
    assert old.effectivePeriod.end == new.occurencePeriod.end
    assert old.medicationCodeableConcept.text == new.medication.concept.text
    assert one(r4()).stop == old.effectivePeriod.end
