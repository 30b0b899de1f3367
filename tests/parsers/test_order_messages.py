"""Orders and give instructions: what was ordered, under which numbers, and never an administration."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from parsers.events import OrderContext, Route
from parsers.order_messages import NO_DRUG, NO_NUMBER, NOBODY, OVER
from parsers.profiles import read_profile
from tests.parsers.context_charts import order
from tests.parsers.hl7_charts import read, rxa

ORC = "ORC|NW|PL7^CPOE|FL7^RX||||||20260310073000"
VANCOMYCIN = "V1^vancomycin^99MAR"
RXE = f"RXE|1^^M60^^^R|{VANCOMYCIN}|250||mL||||||||||RX15||||||||250|mL/hr"
RXR = "RXR|IVPB^IV piggyback^HL70162"


def only(text: str) -> OrderContext:
    reading = read(text)
    assert (reading.used, reading.events, reading.rejected) == (1, (), ())
    (found,) = reading.context.orders
    return found


def ignored(text: str) -> list[str]:
    reading = read(text)
    assert reading.context.orders == ()
    return [entry.reason for entry in reading.ignored]


def test_an_encoded_order_says_how_long_how_much_and_how_fast() -> None:
    found = only(order(ORC, RXE, RXR))
    assert (found.ordered_minutes, found.ordered_volume_ml, found.ordered_rate_ml_per_hour) == (60, 250, 250)
    assert [drug.name for drug in found.drugs] == ["vancomycin"]
    assert found.route is Route.IVPB
    assert (found.encounter_id, found.patient_id) == ("E100", "P100")
    # ORC-9 at 07:30 in Chicago, on daylight time: 12:30 UTC.
    assert found.recorded_at == datetime(2026, 3, 10, 12, 30, tzinfo=UTC)


def test_every_number_an_administration_may_name() -> None:
    # The profile prefers the filler's (ORC-3), then the placer's (ORC-2), then the prescription (RXE-15).
    assert only(order(ORC, RXE)).order_ids == ("FL7", "PL7", "RX15")
    assert only(order(RXE)).order_ids == ("RX15",)


@pytest.mark.parametrize("kind", ["RDE^O11^RDE_O11", "RDE^O01", "ORM^O01", "OMP^O09"])
def test_a_requested_order_in_any_message_that_orders(kind: str) -> None:
    # RXO-2 and RXO-4: 500 mL; ORC-7.3: over 90 minutes.
    found = only(order("ORC|NW|PL8|||||1^^M90", "RXO|F1^NaCl 0.9%^99MAR|500||mL", kind=kind))
    assert (found.order_ids, found.ordered_minutes, found.ordered_volume_ml) == (("PL8",), 90, 500)


def test_a_drug_ordered_by_weight_takes_the_volume_of_its_bag() -> None:
    parts = ("RXC|B|S1^NaCl 0.9%^99MAR|100|mL", "RXC|A|C1^ceftriaxone^99MAR|2|g")
    found = only(order(ORC, "RXE|1^^M30|C1^ceftriaxone^99MAR|2||g", *parts))
    assert (found.ordered_volume_ml, found.ordered_minutes) == (100, 30)
    assert [(drug.name, drug.base) for drug in found.drugs] == [("ceftriaxone", False), ("NaCl 0.9%", True)]


def test_several_orders_of_one_message() -> None:
    reading = read(order(ORC, RXE, "ORC|NW|PL9", "RXO|F1^NaCl 0.9%^99MAR|1000||mL", kind="ORM^O01"))
    assert [found.order_ids for found in reading.context.orders] == [("FL7", "PL7", "RX15"), ("PL9",)]
    assert reading.used == 1


@pytest.mark.parametrize("control", ["CA", "OC", "CR", "DC", "OD", "DR", "dc"])
def test_a_cancelled_or_discontinued_order_adds_nothing(control: str) -> None:
    assert ignored(order(ORC.replace("NW", control), RXE)) == [OVER]


def test_an_order_for_something_else_is_no_medication() -> None:
    assert ignored(order("ORC|NW|PL1", "OBR|1|PL1||CBC", kind="ORM^O01")) == [NO_DRUG]


def test_an_order_without_a_number_ties_to_nothing() -> None:
    assert ignored(order("ORC|NW", f"RXE|1^^M60|{VANCOMYCIN}|250||mL")) == [NO_NUMBER]


@pytest.mark.parametrize("pid", ["", "Unknown Patient", "UNKNOWN^^^SAMPLE^MR"])
def test_an_order_for_nobody_is_kept_aside(pid: str) -> None:
    assert ignored(order(ORC, RXE, pid=pid, visit="")) == [NOBODY]


def test_a_give_instruction_is_an_order_not_an_administration() -> None:
    # RXG-3.3 half an hour, RXG-5 and 7: 100 mL, RXG-15 and 16: 200 mL/hr.
    found = only(order(ORC, f"RXG|1||1^^M30|{VANCOMYCIN}|100||mL|||||||H1|200|mL/hr", RXR, kind="RGV^O15"))
    assert (found.ordered_minutes, found.ordered_volume_ml, found.ordered_rate_ml_per_hour) == (30, 100, 200)


def test_a_pump_is_programmed_in_units_of_its_own() -> None:
    ml, per_hour = "263762^MDC_DIM_MILLI_L^MDC", "265266^MDC_DIM_MILLI_L_PER_HR^MDC"
    found = only(order(ORC, f"RXG|1|||^heparin|100||{ml}||||||||10|{per_hour}", kind="RGV^O15^RGV_O15"))
    assert (found.ordered_volume_ml, found.ordered_rate_ml_per_hour) == (100, 10)


def test_a_rate_per_time_unit_is_read_by_the_hour() -> None:
    # 50 mL in 30 minutes are 100 mL/hr.
    found = only(order(ORC, f"RXG|1|||{VANCOMYCIN}|50||mL|||||||M30|50|mL", kind="RGV^O15"))
    assert found.ordered_rate_ml_per_hour == 100


def test_an_rxa_among_the_instructions_is_charted_all_the_same() -> None:
    reading = read(order(ORC, f"RXG|1|||{VANCOMYCIN}|250||mL", rxa(drug=VANCOMYCIN), RXR, kind="RGV^O15"))
    assert [event.drugs[0].name for event in reading.events] == ["vancomycin"]
    assert (reading.used, len(reading.context.orders)) == (1, 1)


def test_a_bad_rxa_among_the_instructions_is_told() -> None:
    bad = rxa(start="nowhen", drug=VANCOMYCIN)
    reading = read(order(ORC, f"RXG|1|||{VANCOMYCIN}|250||mL", bad, RXR, kind="RGV^O15"))
    assert (reading.used, reading.rejected, reading.events) == (1, (), ())
    assert [finding.severity for finding in reading.findings] == ["warning"]


def test_a_category_where_the_profile_says_it_stands() -> None:
    profile = read_profile("name: site\nhl7:\n  category_fields: [ZTA-2]\n", "site.yaml")
    (found,) = read(order(ORC, RXE, "ZTA|1|chemo"), profile).context.orders
    assert [drug.category for drug in found.drugs] == ["chemo"]


def test_a_resent_order_is_known() -> None:
    text = order(ORC, RXE)
    reading = read(text + text)
    assert (reading.used, [entry.reason for entry in reading.ignored]) == (1, ["resend of an earlier message"])


def test_nobody_is_no_patient_of_an_administration_either() -> None:
    # Two unknown patients must not become one (a second encounter would carry modifier 59).
    text = order(ORC, rxa(), RXR, kind="RAS^O17", pid="Unknown Patient")
    (event,) = read(text).events
    assert (event.patient_id, event.encounter_id) == (None, "E100")


@pytest.mark.parametrize("kind", ["RDE^O11^RDE_O11", "ORM^O01", "OMP^O09", "RGV^O15"])
def test_what_follows_a_second_patient_is_told_to_be_left_out(kind: str) -> None:
    other = ("PID|1||P900^^^SAMPLE^MR||Sampleton^Ben", "ORC|NW|PL9^CPOE|FL9^RX", RXE)
    reading = read(order(ORC, RXE, *other, kind=kind))
    assert [found.order_ids[0] for found in reading.context.orders] == ["FL7"]
    (finding,) = reading.findings
    assert (finding.code, finding.source and finding.source.segment) == ("patient-changed", "PID")
    assert "P900" not in finding.message


def test_a_second_patient_behind_an_rxa_is_told_once() -> None:
    other = ("PID|1||P900^^^SAMPLE^MR||Sampleton^Ben", "ORC|NW|PL9^CPOE|FL9^RX", RXE)
    reading = read(order(ORC, RXE, RXR, rxa(), RXR, *other, kind="RGV^O15"))
    assert [finding.code for finding in reading.findings] == ["patient-changed"]
