"""What belongs together arrives on different nights: worked by hand, and the same as one pass over all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.parsers.context_charts import adt
from tests.parsers.fhir_resources import at as at_chicago
from tests.parsers.fhir_resources import bundle, r4
from tests.parsers.pump_messages import event
from tests.store.bench import Arrived, Bench, answer, differing
from tests.store.charts import at, entry, hang, night

Codes = dict[str, list[tuple[str, int]]]


def codes(bench: Bench) -> Codes:
    """Codes and units by encounter, where the store says what one pass says."""
    stands = bench.standing()
    assert differing(stands, bench.single_pass()) == {}
    return {number: [(line[1], line[2]) for line in stand.lines] for number, stand in stands.items()}


def after(bench: Bench, arrived: Arrived) -> Codes:
    bench.run(arrived)
    return codes(bench)


def fhir(*resources: dict[str, Any]) -> Arrived:
    return Arrived({"a/fhir.json": bundle(*resources)})


def period(start: str, end: str) -> dict[str, str]:
    return {"start": at_chicago(start), "end": at_chicago(end)}


def pumped(day: int) -> list[str]:
    """Ninety minutes of vancomycin on a pump that knows the patient only."""
    told = (event("08:00", "START", patient="P1", visit=""), event("09:30", "STOP", patient="P1", visit=""))
    return [text.replace("20260310", f"202603{day}") for text in told]


def test_a_pause_told_as_a_part_on_a_later_night_and_taken_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    # 100 minutes: an hour and another, which begins to count at minute 91
    whole = r4("a1", effectivePeriod=period("9:00", "10:40"))
    assert after(bench, fhir(whole)) == {"e1": [("96365", 1), ("96366", 1)]}
    part = r4(
        "a1-p1",
        status="on-hold",
        effectivePeriod=period("9:30", "9:50"),
        partOf=[{"reference": "MedicationAdministration/a1"}],
        meta={"versionId": "1"},
    )
    # paused for 20 of them: 80
    assert after(bench, fhir(part)) == {"e1": [("96365", 1)]}
    error = part | {"status": "entered-in-error", "meta": {"versionId": "2"}}
    assert after(bench, fhir(error)) == {"e1": [("96365", 1), ("96366", 1)]}


def test_a_part_that_comes_before_its_whole(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    part = r4(
        "a1-p1",
        status="on-hold",
        effectivePeriod=period("9:30", "9:50"),
        partOf=[{"reference": "MedicationAdministration/a1"}],
    )
    bench.run(fhir(part))
    assert after(bench, fhir(r4("a1", effectivePeriod=period("9:00", "10:40")))) == {"e1": [("96365", 1)]}


def test_an_encounter_that_arrives_later_gives_its_visit_number(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert after(bench, fhir(r4())) == {"e1": [("96365", 1)]}
    numbered = {"type": {"coding": [{"code": "VN"}]}, "value": "V77"}
    encounter = {"resourceType": "Encounter", "id": "e1", "status": "finished", "identifier": [numbered]}
    assert after(bench, fhir(encounter)) == {"V77": [("96365", 1)]}


def test_a_medication_that_arrives_later_gives_the_drug(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    told = r4(medicationCodeableConcept=None, medicationReference={"reference": "Medication/m1"})
    bench.run(fhir(told))
    codes(bench)
    medication = {"resourceType": "Medication", "id": "m1", "code": {"text": "lactated ringers"}}
    # 40 minutes of fluid
    assert after(bench, fhir(medication)) == {"e1": [("96360", 1)]}


def test_a_pump_before_its_encounter_is_known(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert after(bench, night(pumped(16))) == {}
    # The chart lacks the stop; the pump has it: 90 minutes are one hour.
    assert after(bench, night(entry("16 09:00", "New Bag"))) == {"E1": [("96365", 1)]}


def test_a_pump_of_a_stay_of_which_only_the_arrival_is_known(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    arrived = at("08:00")
    assert after(bench, night(pumped(16))) == {}
    told = adt("A04", arrived, "", admitted=arrived, sent=arrived, visit="E1", patient="P1")
    assert after(bench, night(told)) == {"E1": [("96365", 1)]}


def test_tables_beside_the_records_say_nothing_of_where_a_pump_belongs(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    row = {"encounter_id": "E1", "class": "O", "start": "2026-03-10 07:00", "stop": "2026-03-18 18:00"}
    bench.run(night(hang("10:00", "10:30")))
    bench.run(Arrived(night(pumped(16)).files, classes={"E1": [row]}))
    # The pump ran days after the last charted action; that the patient was still there only the table says.
    assert codes(bench) == {"E1": [("96365", 1)]}


def test_a_start_stop_row_whose_stop_is_filled_in_the_next_export(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    head = "encounter_id,patient_id,order_id,drug,route,site,start,stop"
    begun = f"{head}\nE1,P1,A,vancomycin,IVPB,L FA,2026-03-10 08:00,\n"
    assert after(bench, Arrived({"a/mar.csv": begun.encode()})) == {"E1": []}
    whole = f"{head}\nE1,P1,A,vancomycin,IVPB,L FA,2026-03-10 08:00,2026-03-10 09:00\n"
    assert after(bench, Arrived({"a/mar.csv": whole.encode()})) == {"E1": [("96365", 1)]}


def test_an_answer_that_makes_an_infusion_three_days_long(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(entry("08:00", "New Bag"), hang("13 10:00", "13 11:00", encounter="E2")))
    ((_, what, administration, _),) = bench.standing()["E1"].queries
    # The first encounter now reaches into the date of the second, whose code takes 59.
    bench.run(night(), [answer("E1", administration, what, "2026-03-13 09:00")])
    assert differing(bench.standing(), bench.single_pass()) == {}


def test_a_clif_table_that_grows(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    head = (
        "hospitalization_id,med_order_id,med_name,admin_dttm,mar_action_name,mar_action_category,med_dose,med_dose_unit"
    )
    start = "H1,O1,NaCl 0.9%,2026-03-10 08:00:00+00:00,[Started],start,50,mL/hour"
    stop = "H1,O1,NaCl 0.9%,2026-03-10 10:00:00+00:00,FinishedRunning,stop,0,mL/hour"
    bench.run(Arrived({"a/clif.csv": f"{head}\n{start}\n".encode()}))
    codes(bench)
    # two hours of fluid
    assert after(bench, Arrived({"a/clif.csv": f"{head}\n{start}\n{stop}\n".encode()})) == {
        "H1": [("96360", 1), ("96361", 1)]
    }


def test_two_files_of_one_name_and_one_content_in_two_inboxes(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    text = "".join(hang("08:00", "09:00")).encode()
    other = "".join(hang("14:00", "15:00", encounter="E2", patient="P2")).encode()
    report = bench.run(Arrived({"a/feed.hl7": text, "b/feed.hl7": other, "b/copy.hl7": text}))
    assert (report.totals.files_new, report.totals.files_known) == (2, 1)
    assert codes(bench) == {"E1": [("96365", 1)], "E2": [("96365", 1)]}
