"""ADT messages to facts of a stay: what each trigger says, what is left out, what cannot be read."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from parsers.adt_messages import NO_MERGE, NO_VISIT
from parsers.events import StayContext
from parsers.file_reading import FileReading
from tests.parsers.context_charts import adt, header, merge
from tests.parsers.hl7_charts import CHICAGO, read

Fact = tuple[str, str, str | None]


def facts(text: str) -> list[Fact]:
    """Kind, clock time and class or location of each fact; ``-`` before the kind of one that is taken back."""
    return [_fact(stay) for stay in read(text).context.stays]


def _fact(stay: StayContext) -> Fact:
    clock = stay.time.astimezone(CHICAGO).strftime("%H:%M")
    return ("-" if stay.cancelled else "") + stay.kind, clock, stay.patient_class or stay.location


def reasons(reading: FileReading) -> list[str]:
    return [ignored.reason for ignored in reading.ignored]


def test_a_registration_says_arrival_class_and_place() -> None:
    # PV1-44 is the arrival; class and place count from the event, here the time it was entered.
    text = adt("A04", "08:20", "E", admitted="08:05", ward="ED^3^A")
    assert facts(text) == [("arrival", "08:05", "E"), ("status", "08:20", "E"), ("status", "08:20", "ED")]


def test_what_happened_goes_before_when_it_was_entered() -> None:
    assert facts(adt("A06", "15:30", "I", occurred="14:05")) == [("status", "14:05", "I")]
    (fact,) = read(adt("A06", "15:30", "I", occurred="14:05")).context.stays
    assert fact.recorded_at == datetime(2026, 3, 10, 15, 30, tzinfo=ZoneInfo("America/Chicago"))


def test_without_event_times_the_time_of_the_message_counts() -> None:
    assert facts(adt("A07", "", "O", sent="16:00")) == [("status", "16:00", "O")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (adt("A01", "14:05", "I"), [("arrival", "14:05", "I"), ("status", "14:05", "I")]),
        (adt("A02", "10:00", "", ward="OBS^1"), [("status", "10:00", "OBS")]),
        (adt("A02", "10:00", "I", ward="4W"), [("status", "10:00", "I"), ("status", "10:00", "4W")]),
        (adt("A03", "18:10", "E", discharged="18:00"), [("discharge", "18:00", None)]),
        (adt("A03", "18:10", "E", occurred="17:55"), [("discharge", "17:55", None)]),
        (adt("A07", "16:00", "o"), [("status", "16:00", "O")]),
        (adt("A08", "09:00", "OBS"), [("status", "09:00", "OBS")]),
        (adt("A08", "09:00", "E", admitted="07:50"), [("arrival", "07:50", None), ("status", "09:00", "E")]),
        (adt("A08", "19:00", "", discharged="18:05"), [("discharge", "18:05", None)]),
        (adt("A11", "15:00", "E"), [("-arrival", "15:00", "E")]),
        (adt("A12", "15:00", "E", ward="ED"), [("-status", "15:00", None)]),
        (adt("A13", "19:00", "E"), [("-discharge", "19:00", None)]),
    ],
)
def test_each_trigger(text: str, expected: list[Fact]) -> None:
    assert facts(text) == expected
    reading = read(text)
    assert (reading.used, reading.events, reading.findings) == (1, (), ())


def test_a_registration_without_a_class_is_of_unknown_class() -> None:
    assert facts(adt("A04", "08:00")) == [("arrival", "08:00", "U")]


def test_the_admit_time_of_an_inpatient_update_is_not_the_arrival() -> None:
    # Many systems overwrite PV1-44 when the patient is admitted from the emergency department.
    assert facts(adt("A08", "15:00", "I", admitted="14:00")) == [("status", "15:00", "I")]


def test_a_date_without_a_time_is_told_and_the_event_stands_for_it() -> None:
    text = adt("A04", "08:20", "E", admitted="20260310")
    assert facts(text)[0] == ("arrival", "08:20", "E")
    (finding,) = read(text).findings
    assert finding.code == "stay-time-unreadable"
    assert finding.source is not None
    assert finding.source.field == "PV1-44"
    assert "20260310" not in finding.message


def test_other_triggers_are_ignored_by_name() -> None:
    reading = read(adt("A31", "08:00", "E"))
    assert reasons(reading) == ["ADT^A31 says nothing of a stay that is read"]
    assert reasons(read(adt("Sampleton"))) == ["ADT^? says nothing of a stay that is read"]


def test_a_trigger_only_in_evn_is_found() -> None:
    assert facts(adt("A04", "08:00", "E").replace("ADT^A04|", "ADT|")) == [
        ("arrival", "08:00", "E"),
        ("status", "08:00", "E"),
    ]


def test_without_a_visit_there_is_no_stay() -> None:
    assert reasons(read(adt("A08", "08:00", "E", visit=""))) == [NO_VISIT]
    assert reasons(read(adt("A08", "08:00", "E", visit="UNKNOWN"))) == [NO_VISIT]


def test_a_message_that_says_nothing_is_ignored() -> None:
    assert reasons(read(adt("A08", "08:00"))) == ["ADT^A08 without class, location or time of a stay"]


def test_a_message_without_any_time_is_rejected() -> None:
    reading = read(adt("A03", "yesterday", "E", sent=" "))
    (rejected,) = reading.rejected
    assert (rejected.code, rejected.source.field) == ("stay-time-missing", "EVN-2")
    assert "yesterday" not in rejected.message


def test_a_resend_is_known() -> None:
    text = adt("A04", "08:00", "E", control="C7")
    reading = read(text + text)
    assert (reading.records, reading.used, reasons(reading)) == (2, 1, ["resend of an earlier message"])


def merges(text: str) -> list[tuple[str, str, str]]:
    return [(m.kind, m.old, m.new) for m in read(text).context.merges]


@pytest.mark.parametrize("trigger", ["A18", "A34", "A36", "A39", "A40"])
def test_patient_numbers_are_merged(trigger: str) -> None:
    assert merges(merge(trigger, "P2^^^SAMPLE^MR", "P1^^^SAMPLE^MR")) == [("patient", "P1", "P2")]


def test_of_several_numbers_the_one_typed_mr_is_merged() -> None:
    text = merge("A40", "99^^^SSA^SS~P2^^^SAMPLE^MR", "98^^^SSA^SS~P1^^^SAMPLE^MR")
    assert merges(text) == [("patient", "P1", "P2")]


def test_several_patients_in_one_merge() -> None:
    text = "\r".join([header("ADT^A40"), "EVN|A40|20260310", "PID|1||P2", "MRG|P1", "PID|2||P4", "MRG|P3", ""])
    assert merges(text) == [("patient", "P1", "P2"), ("patient", "P3", "P4")]


@pytest.mark.parametrize("trigger", ["A18", "A35", "A36", "A41"])
def test_account_numbers_are_merged(trigger: str) -> None:
    # PID-18 is the account, MRG-3 the former one.
    text = merge(trigger, "P2" + "|" * 15 + "ACC2", "P2||ACC1")
    assert merges(text) == [("encounter", "ACC1", "ACC2")]


@pytest.mark.parametrize("trigger", ["A41", "A42"])
def test_visit_numbers_are_merged(trigger: str) -> None:
    # PV1-19 is the visit, MRG-5 the former one.
    text = merge(trigger, "P2", "P2||||V1", pv1="1|O" + "|" * 17 + "V2")
    assert merges(text) == [("encounter", "V1", "V2")]


def test_a_patient_merge_leaves_accounts_alone() -> None:
    assert merges(merge("A40", "P2" + "|" * 15 + "ACC2", "P1||ACC1")) == [("patient", "P1", "P2")]


def test_a_merge_of_one_number_is_ignored() -> None:
    assert reasons(read(merge("A40", "P2", ""))) == [NO_MERGE]
    assert reasons(read(merge("A40", "P2", "P2"))) == [NO_MERGE]
    assert reasons(read(merge("A40", "P2", "Unknown Patient"))) == [NO_MERGE]


def test_a_second_patient_in_a_visit_message_is_told() -> None:
    reading = read(adt("A04", "08:00", "E") + "PID|1||P900^^^SAMPLE^MR||Sampleton^Ben\rPV1|1|I\r")
    assert {stay.patient_id for stay in reading.context.stays} == {"P100"}
    assert [finding.code for finding in reading.findings] == ["patient-changed"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (adt("A01", "14:00", "I", admitted="12:00"), "12:00"),
        (adt("A06", "14:00", "I", admitted="12:00"), "12:00"),
        (adt("A08", "14:00", "I", admitted="12:00"), "12:00"),
        (adt("A01", "14:00", "I", occurred="13:00", admitted="12:00"), None),
        (adt("A04", "14:00", "E", admitted="12:00"), "12:00"),
        (adt("A07", "14:00", "O", admitted="12:00"), None),
        (adt("A08", "14:00", "E", admitted="12:00"), None),
    ],
)
def test_the_admit_time_goes_with_a_class_that_may_have_begun_then(text: str, expected: str | None) -> None:
    (told,) = (stay for stay in read(text).context.stays if stay.kind == "status" and stay.patient_class)
    assert (told.admitted.strftime("%H:%M") if told.admitted else None) == expected
