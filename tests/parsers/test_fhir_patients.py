"""Who the patient is: the medical record number, as tables and messages name them, or the id of the resource."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from parsers import read
from tests.parsers.fhir_resources import Json, bundle, ndjson, r4, r5

VISIT = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"code": "EMER"},
    "period": {"start": "2026-03-10T08:00:00-05:00", "end": "2026-03-10T15:00:00-05:00"},
    "subject": {"reference": "Patient/p1"},
}


def numbered(code: str, value: str, **more: Any) -> Json:
    return {"type": {"coding": [{"code": code}]}, "value": value, **more}


def patient(*identifiers: Json, number: str = "p1") -> Json:
    return {"resourceType": "Patient", "id": number, "identifier": list(identifiers)}


@pytest.mark.parametrize("given", [r4(), r5()])
def test_the_medical_record_number_names_the_patient_and_its_stay(tmp_path: Path, given: Json) -> None:
    who = patient(numbered("SS", "000-00-0000"), numbered("MR", "M-77"))
    (tmp_path / "all.json").write_bytes(bundle(given, who, VISIT))
    found = read(tmp_path, timezone="America/Chicago")
    assert [e.patient_id for e in found.events] == ["M-77"]
    assert {s.patient_id for s in found.context.stays} == {"M-77"}
    assert (found.records, found.used, found.ignored) == (3, 3, ())


@pytest.mark.parametrize(
    ("identifiers", "expected"),
    [
        ((), "p1"),
        ((numbered("SS", "000-00-0000"),), "p1"),  # no other number stands for a medical record number
        ((numbered("MR", "M-1", use="old"), numbered("MR", "M-2")), "M-2"),
        ((numbered("MR", "M-1", use="old"),), "M-1"),
        ((numbered("MR", " "),), "p1"),
    ],
)
def test_without_a_number_in_use_the_id_stands(tmp_path: Path, identifiers: tuple[Json, ...], expected: str) -> None:
    (tmp_path / "all.json").write_bytes(bundle(r4(), patient(*identifiers)))
    assert [e.patient_id for e in read(tmp_path, timezone="America/Chicago").events] == [expected]


def test_a_patient_in_another_file_in_any_order(tmp_path: Path) -> None:
    parts = [ndjson(r4()), ndjson(patient(numbered("MR", "M-77"))), ndjson(VISIT)]
    seen = set()
    for n, order in enumerate(permutations(parts)):
        folder = tmp_path / str(n)
        folder.mkdir()
        for place, data in enumerate(order):
            (folder / f"{place}.ndjson").write_bytes(data)
        found = read(folder, timezone="America/Chicago")
        stays = tuple(sorted({s.patient_id or "" for s in found.context.stays}))
        seen.add((found.events[0].patient_id, stays, found.used, len(found.ignored)))
    assert seen == {("M-77", ("M-77",), 3, 0)}


def test_a_patient_nobody_was_given_anything_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_bytes(bundle(r4(), patient(numbered("MR", "M-9"), number="p9")))
    found = read(tmp_path, timezone="America/Chicago")
    assert [e.patient_id for e in found.events] == ["p1"]
    assert [(i.reason, i.count) for i in found.ignored] == [("FHIR Patient that no administration refers to", 1)]


def test_a_contained_patient_without_a_number_is_nobody_in_particular(tmp_path: Path) -> None:
    """Its id is one in that resource alone: taken for a number, it would make one patient of many."""
    bare = r4(subject={"reference": "#pat"}, contained=[{"resourceType": "Patient", "id": "pat"}])
    named = r4(
        "a2",
        subject={"reference": "#pat"},
        contained=[patient(numbered("MR", "M-5"), number="pat")],
    )
    (tmp_path / "all.json").write_bytes(bundle(bare, named))
    assert sorted(str(e.patient_id) for e in read(tmp_path, timezone="America/Chicago").events) == ["M-5", "None"]


def test_a_table_and_fhir_of_one_visit_name_one_patient(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_bytes(bundle(r4(), patient(numbered("MR", "M-77"))))
    (tmp_path / "mar.csv").write_text(
        "encounter_id,patient_id,drug,route,site,start,stop\n"
        "e1,M-77,vancomycin,IVPB,L FA,2026-03-10T10:00,2026-03-10T11:00\n"
    )
    assert {e.patient_id for e in read(tmp_path, timezone="America/Chicago").events} == {"M-77"}
