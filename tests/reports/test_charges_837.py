"""Charges as a view of 837 service lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from parsers.billed import read_billed
from parsers.charge_master import ChargeMaster
from parsers.receivers import Receiver, load_receiver
from reports.charge import Charges
from reports.charges_837 import TooManyModifiersError, service_lines_837
from tests.reports.charge_charts import (
    CORRECTED,
    MADE,
    TAKEN_BACK,
    batch,
    batches,
    charge,
    house_table,
    net_units,
    units_read_back,
)

GENERIC = load_receiver()


def write(charges: Charges, receiver: Receiver = GENERIC, cdm: ChargeMaster | None = None) -> list[str]:
    return list(service_lines_837(charges, receiver, cdm, MADE))


def body(segments: list[str]) -> list[str]:
    """What stands between BHT and SE."""
    return [segment.removesuffix("~\n") for segment in segments[4:-3]]


def test_the_lines_of_an_encounter() -> None:
    two = batch(charge(units=2), charge(encounter_id="E2", line="000000000002", code="96413", modifiers=("59", "XE")))
    house = Receiver(name="h", revenue_codes={"96413": "0335"})
    assert body(write(two, house)) == [
        "CLM*E1", "LX*1", "SV2*0260*HC:96365**UN*2", "DTP*472*D8*20260310", "REF*6R*1f0c2a9be4d7.1",
        "CLM*E2", "LX*1", "SV2*0335*HC:96413:59:XE**UN*1", "DTP*472*D8*20260310", "REF*6R*000000000002.1",
    ]  # fmt: skip


def test_a_line_taken_back_has_negative_units_and_charge(tmp_path: Path) -> None:
    assert body(write(batch(CORRECTED, TAKEN_BACK), cdm=house_table(tmp_path))) == [
        "CLM*E1*110.00",
        "LX*1", "SV2*0260*HC:96366:59:XE*-220.00*UN*-2", "DTP*472*D8*20260310", "REF*6R*77ab00c1d2e3.1",
        "LX*2", "SV2*0260*HC:96366:59:XE*330.00*UN*3", "DTP*472*D8*20260310", "REF*6R*77ab00c1d2e3.2",
    ]  # fmt: skip


def test_a_total_of_some_of_the_lines_is_not_given(tmp_path: Path) -> None:
    some = batch(charge(), charge(line="000000000002", code="96374"))
    assert body(write(some, cdm=house_table(tmp_path)))[0] == "CLM*E1"


def test_the_envelope_says_that_it_is_no_claim() -> None:
    segments = write(batch(charge()))
    isa = segments[0]
    assert (len(isa), isa[-2:]) == (107, "~\n")
    number = isa[90:99]
    assert number.isdigit()
    assert isa[:90] == ("ISA*00*          *00*          *ZZ*INFUSION_TIMELI*ZZ*UNKNOWN        *260311*0200*^*00501*")
    assert isa[99:] == "*0*I*:~\n"
    assert segments[1:4] == [
        "GS*HC*INFUSION_TIMELINE*UNKNOWN*20260311*0200*1*X*005010X223A2~\n",
        "ST*837*0001*005010X223A2~\n",
        f"BHT*0019*00*{number}*20260311*0200*RP~\n",
    ]
    # ST, BHT, CLM, LX, SV2, DTP, REF and SE itself
    assert segments[-3:] == ["SE*8*0001~\n", "GE*1*1~\n", f"IEA*1*{number}~\n"]


def test_separators_that_stand_in_a_number_are_replaced_by_others() -> None:
    segments = write(batch(charge(encounter_id="E*1:2")))
    assert segments[4:7] == ["CLM~E*1:2|\n", "LX~1|\n", "SV2~0260~HC^96365~~UN~1|\n"]


def test_a_fifth_modifier_has_no_place() -> None:
    with pytest.raises(TooManyModifiersError, match="Code 96365 has 5 modifiers"):
        write(batch(charge(modifiers=("59", "XE", "XS", "25", "JW"))))


def test_an_audit_reads_units_and_charges_back(tmp_path: Path) -> None:
    path = tmp_path / "view.837"
    path.write_text("".join(write(batch(TAKEN_BACK, CORRECTED), cdm=house_table(tmp_path))), "utf-8")
    billed = read_billed(path)
    assert billed.form == "837"
    assert [(line.encounter_id, line.units, line.amount) for line in billed.lines] == [("E1", -2, -220), ("E1", 3, 330)]


@given(batches())
def test_an_audit_reads_the_same_units_back(charges: Charges) -> None:
    segments = write(charges)
    assert segments == write(charges)
    assert units_read_back("".join(segments), "view.837") == net_units(charges)
