"""Charges as DFT messages: exact texts, profiles, the check before they leave, and an audit reads them back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.charge_master import ChargeMaster
from parsers.er7 import read_message
from parsers.receivers import Receiver, load_receiver, read_receiver
from reports.charge import Charges
from reports.charges_check import DftCheck, check_messages
from reports.charges_dft import dft_messages
from reports.charges_items import without_cdm
from tests.reports.charge_charts import (
    CORRECTED,
    MADE,
    TAKEN_BACK,
    WITHDRAWN,
    at,
    batch,
    batches,
    charge,
    house_table,
    net_units,
    units_read_back,
)

GENERIC = load_receiver()
VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1")


def write(charges: Charges, receiver: Receiver = GENERIC, cdm: ChargeMaster | None = None) -> list[list[str]]:
    """Segments by message."""
    messages = list(dft_messages(charges, receiver, cdm, MADE))
    assert all(message.endswith("\r") for message in messages)
    return [message[:-1].split("\r") for message in messages]


def receiver(text: str) -> Receiver:
    return read_receiver(f"basis: a test\n{text}", "r.yaml")


def field(segment: str, number: int) -> str:
    fields = segment.split("|")
    return fields[number] if number < len(fields) else ""


def test_a_charge_without_a_cdm_table() -> None:
    # The id is the first 20 hexadecimal digits of SHA-256 of "CG 1f0c2a9be4d7.1".
    assert write(batch(charge())) == [
        [
            "MSH|^~\\&|INFUSION_TIMELINE||||20260311020005||DFT^P03^DFT_P03|27f76ccb1ddf917619a8|P|2.5.1",
            "EVN|P03|20260311020005",
            "PID|1||P7||~^^^^^^U|||||||||||||E1",
            "PV1|1|O|||||||||||||||||E1",
            "FT1|1|1f0c2a9be4d7.1||20260310||CG|96365^^C4|||1|||Infusion Ward|||||||RN7|||||96365^^C4",
        ]
    ]


def test_a_correction_is_a_credit_under_the_id_that_was_sent_and_a_charge_under_the_next(tmp_path: Path) -> None:
    message, *others = write(batch(CORRECTED, TAKEN_BACK), GENERIC, house_table(tmp_path))
    assert others == []
    assert field(message[0], 9) == "455c8fe1e11f1ce335fb"
    assert message[4:] == [
        "FT1|1|77ab00c1d2e3.1||20260310||CR|4500124|||2|220.00|110.00|Infusion Ward|||||||RN7|||||96366^^C4|59~XE",
        "FT1|2|77ab00c1d2e3.2||20260310||CG|4500124|||3|330.00|110.00|Infusion Ward|||||||RN7|||||96366^^C4|59~XE",
    ]


def test_a_withdrawal_is_a_credit_alone() -> None:
    (message,) = write(batch(WITHDRAWN))
    assert message[4:] == ["FT1|1|0d0d0d0d0d0d.1||20260310||CR|96374^^C4|||1|||Infusion Ward|||||||RN7|||||96374^^C4"]


def test_every_credit_of_an_encounter_comes_before_its_charges() -> None:
    messages = write(batch(charge(), CORRECTED, WITHDRAWN, TAKEN_BACK, charge(encounter_id="E2", line="000000000002")))
    assert [[field(segment, 2) for segment in message[4:]] for message in messages] == [
        ["0d0d0d0d0d0d.1", "77ab00c1d2e3.1", "1f0c2a9be4d7.1", "77ab00c1d2e3.2"],
        ["000000000002.1"],
    ]


def test_a_receiver_of_version_2_3() -> None:
    taken, made = write(batch(TAKEN_BACK, CORRECTED), load_receiver("hl7_23"))
    assert field(taken[0], 8) == "DFT^P03"
    assert taken[2:] == [
        "PID|1||P7||^^^^^^U|||||||||||||E1",
        "PV1|1|O",
        "FT1|1|77ab00c1d2e3.1||20260310||CR|96366-59-XE^^CPT|||-2|||Infusion Ward|||||||RN7|||||96366-59-XE^^CPT",
    ]
    assert field(made[4], 10) == "3"
    assert field(taken[0], 9) != field(made[0], 9)


@pytest.mark.parametrize(
    ("keys", "more", "time"),
    [
        ("date: range", {}, "202603100805^202603100905"),
        ("date: range\ntimezone_offset: yes", {}, "202603100805-0500^202603100905-0500"),
        ("date: range", {"stop": None}, "202603100805"),
        ("date: range", {"start": None, "stop": None}, "20260310"),
        # an hour of the second day: the date of service decides, not the start of the infusion
        ("date: range", {"start": at("23:00", day=9)}, "20260310"),
        ("timezone_offset: yes", {}, "20260310"),
    ],
)
def test_the_service_time(keys: str, more: dict[str, Any], time: str) -> None:
    (message,) = write(batch(charge(**more)), receiver(keys))
    assert field(message[4], 4) == time


@pytest.mark.parametrize(
    ("keys", "account", "visit"),
    [("encounter_in: both", "E1", "E1"), ("encounter_in: PID-18", "E1", ""), ("encounter_in: PV1-19", "", "E1")],
)
def test_the_encounter_number(keys: str, account: str, visit: str) -> None:
    (message,) = write(batch(charge()), receiver(keys))
    assert (field(message[2], 18), field(message[3], 19)) == (account, visit)


@pytest.mark.parametrize(
    ("keys", "fields"),
    [
        ("transaction_code: cpt", {7: "96365^^C4", 25: "96365^^C4", 12: "420.00"}),
        ("transaction_code: cdm", {7: "4500123", 25: "96365^^C4", 11: "420.00"}),
        ("procedure: no", {7: "4500123", 25: "", 26: ""}),
        ("procedure_system:", {25: "96365"}),
        ("posting_date: service-date", {5: "20260310"}),
        ("departments: {infusion ward: 0420}", {13: "0420"}),
        ("patient_class: E", {}),
    ],
)
def test_what_a_profile_fills(tmp_path: Path, keys: str, fields: dict[int, str]) -> None:
    (message,) = write(batch(charge()), receiver(keys), house_table(tmp_path))
    assert {number: field(message[4], number) for number in fields} == fields
    assert field(message[3], 2) == ("E" if "class" in keys else "O")


def test_negative_units_have_negative_amounts(tmp_path: Path) -> None:
    (message,) = write(batch(TAKEN_BACK), receiver("credit_units: negative"), house_table(tmp_path))
    assert [field(message[4], number) for number in (6, 10, 11, 12)] == ["CR", "-2", "-220.00", "110.00"]


def test_separators_line_breaks_and_letters_in_texts() -> None:
    odd = charge(
        encounter_id="E|1^2",
        patient_id="P~\\&",
        department="Ward\rFT1|9",
        performed_by="Weiß, Anna",
        drug="not written",
    )
    (message,) = write(batch(odd), receiver("patient_authority: H&X\npatient_id_type: MR"))
    assert field(message[0], 18 - 1) == "UNICODE UTF-8"
    assert message[2] == "PID|1||P\\R\\\\E\\\\T\\^^^H\\T\\X^MR||~^^^^^^U|||||||||||||E\\F\\1\\S\\2"
    assert field(message[4], 13) == "Ward FT1\\F\\9"
    assert field(message[4], 20) == "^Weiß, Anna"
    assert len(message) == 5


def test_a_patient_without_a_number_is_known_by_the_account() -> None:
    (message,) = write(batch(charge(patient_id=None)))
    assert field(message[2], 3) == "E1^^^^AN"


def test_a_credit_names_the_patient_number_under_which_it_was_charged() -> None:
    """Two numbers were merged after the charge was sent."""
    old, new = write(batch(charge(revision=2), charge(kind="CR", reason="changed", patient_id="P6")))
    assert [(field(m[2], 3), field(m[4], 6)) for m in (old, new)] == [("P6", "CR"), ("P7", "CG")]


def test_the_same_charges_are_the_same_bytes() -> None:
    charges = batch(TAKEN_BACK, CORRECTED, charge())
    assert write(charges) == write(charges)


def test_codes_that_the_table_lacks_are_told_once(tmp_path: Path) -> None:
    charges = batch(charge(), WITHDRAWN, charge(line="000000000003", code="96374"))
    assert without_cdm(charges, GENERIC, None) == ()
    (told,) = without_cdm(charges, GENERIC, house_table(tmp_path))
    assert told.startswith("cdm.csv: no row fits 96374 (2 charges), so the CPT stands in for its CDM code")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("cdm", [False, True])
def test_hl7apy_accepts_each_version(tmp_path: Path, version: str, cdm: bool) -> None:
    keys = "modifiers: append" if version == "2.3" else "modifiers: repeat"
    if version in ("2.5", "2.5.1"):
        keys += "\ndate: range\ntimezone_offset: yes"
    full = receiver(
        f"version: {version}\n{keys}\nposting_date: service-date\npatient_authority: H\nsending_facility: H"
    )
    charges = batch(charge(performed_by="Weiss, Anna"), TAKEN_BACK, CORRECTED, WITHDRAWN, charge(patient_id=None))
    messages = dft_messages(charges, full, house_table(tmp_path) if cdm else None, MADE)
    assert check_messages(messages) == ()


def test_hl7apy_is_asked_once_for_a_shape() -> None:
    check = DftCheck()
    many = batch(*(charge(encounter_id=f"E{n}", line=f"{n:012x}", units=n) for n in range(1, 200)))
    assert [check.faults(message) for message in dft_messages(many, GENERIC, None, MADE)] == [()] * 199
    assert check.shapes == 1


SOUND = next(dft_messages(batch(TAKEN_BACK), GENERIC, None, MADE))


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("|~^^^^^^U|", "||", "PID-5 is required and missing."),
        ("EVN|P03|20260311020005\r", "", "EVN is required and missing."),
        ("|59~XE", "|59~XE|||||||x", "FT1 has more parts than this version knows."),
        ("|CR|", "|CX|", "FT1 1: FT1-6 is a value of the shape AA; CG or CR is expected."),
        (
            "|||2|||",
            "|||2.5|||",
            "FT1 1: FT1-10 is a value of the shape 9.9; a whole number of units, 1 to 99999 is expected.",
        ),
        ("|CR|96366^^C4|||2|", "|CG|96366^^C4|||-2|", "FT1 1: FT1-10 is negative in a charge"),
        ("|20260310|", "|20260230|", "FT1 1: FT1-4.1 is a value of the shape 99999999; a date"),
        ("77ab00c1d2e3.1", "77ab 1", "FT1 1: FT1-2 is a value of the shape 99AA 9; a charge id"),
        ("|59~XE", "|59~XEX", "FT1 1: FT1-26 is a value of the shape AAA"),
        ("FT1|1|", "FT1|2|", "FT1 1: FT1-1 is a value of the shape 9"),
        ("|E1\r", "|\r", "Neither PID-18 nor PV1-19 holds the encounter."),
        ("|20260311020005||DFT", "|today||DFT", "MSH-7 is a value of the shape AAAAA"),
        ("MSH|^~\\&|", "MSH|^^^^|", "MSH-1 and MSH-2 name no usable separators."),
    ],
)
def test_a_message_that_must_not_leave(was: str, becomes: str, told: str) -> None:
    assert was in SOUND
    faults = DftCheck().faults(SOUND.replace(was, becomes))
    assert [fault for fault in faults if fault.startswith(told)], faults
    assert check_messages([SOUND, SOUND.replace(was, becomes)])[0].startswith("Message 2: ")


@given(batches(), st.sampled_from(["", "version: 2.3.1", "credit_units: negative\ndate: range\nmessage_per: charge"]))
def test_an_audit_reads_the_same_units_back(charges: Charges, keys: str) -> None:
    messages = list(dft_messages(charges, receiver(keys), None, MADE))
    assert all(read_message(message) is not None for message in messages)
    assert units_read_back("".join(messages), "out.hl7") == net_units(charges)
