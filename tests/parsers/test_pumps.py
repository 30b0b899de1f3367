"""Pump messages: what one message says, and which are kept aside."""

from __future__ import annotations

import pytest

from parsers.events import Action, PumpState
from tests.parsers.pump_messages import event, only, read, report, stamp


def ignored(*messages: str) -> list[tuple[str, int]]:
    return [(i.reason, i.count) for i in read(*messages).ignored]


def test_a_start_with_drug_rate_and_channel() -> None:
    found = only(event("08:00", "START", "vancomycin", rate="125", order="PL7"))
    assert (found.action, found.origin, found.time.isoformat()) == (
        Action.STARTED,
        "pump",
        "2026-03-10T08:00:00-05:00",
    )
    assert (found.encounter_id, found.patient_id, found.order_id) == ("E100", "P100", "PL7")
    assert [d.name for d in found.drugs] == ["vancomycin"]
    assert (found.rate, found.rate_unit, found.rate_ml_per_hour) == (125.0, "mL/h", 125.0)
    assert found.pump == PumpState("SIM1 SIM1-A", "start")
    # The pump's visit data are second-hand: its class never makes a patient an inpatient.
    assert (found.patient_class, found.site) == (None, None)


def test_the_time_is_that_of_the_event_not_of_the_message() -> None:
    # Out of reach from 08:00 on, sent at noon.
    found = only(event("08:00", "START"))
    assert found.time.isoformat() == "2026-03-10T08:00:00-05:00"
    assert found.recorded_at is not None
    assert found.recorded_at.isoformat() == "2026-03-10T12:00:00-05:00"


def test_without_a_time_of_its_own_the_event_has_that_of_its_report() -> None:
    text = event("08:00", "START").replace(f"|||{stamp('08:00')}\rOBX||ST|68488", "\rOBX||ST|68488")
    assert text.count(stamp("08:00")) == 1
    assert only(text).time.isoformat() == "2026-03-10T08:00:00-05:00"


def test_without_any_time_the_message_is_rejected() -> None:
    (rejected,) = read(event("08:00", "START").replace(stamp("08:00"), "")).rejected
    assert rejected.code == "pump-time-missing"
    assert "OBX-14 and OBR-7" in rejected.message


@pytest.mark.parametrize(
    ("what", "status", "action"),
    [
        ("STOP", "not-delivering", Action.PAUSED),
        ("STOP", "transitioning", Action.RATE_CHANGE),
        ("COMP", "not-delivering", Action.STOPPED),
        ("COMP", "transitioning", Action.STOPPED),
    ],
)
def test_the_ends_of_a_delivery(what: str, status: str, action: Action) -> None:
    found = only(event("09:00", what, status=status))
    assert found.action is action
    assert found.pump is not None
    assert found.pump.transitioning is (status == "transitioning")
    assert not found.pump.infusing


def test_the_name_of_an_event_counts_before_its_number() -> None:
    # Gateways sent 0, or the number of another event, for years.
    assert only(event("08:00", "START", number="0")).action is Action.STARTED
    assert only(event("08:00", "COMP", number="197288")).action is Action.STOPPED
    numbers_only = event("08:00", "START").replace("MDC_EVT_PUMP_DELIV_START", "")
    assert only(numbers_only).action is Action.STARTED


def test_a_start_at_keep_open_rate_is_a_carrier() -> None:
    found = only(event("09:00", "START", "vancomycin", status="kvo", rate="5"))
    (drug,) = found.drugs
    assert (drug.name, drug.category) == ("vancomycin at keep-open rate", "carrier")
    assert found.pump is not None
    assert found.pump.keep_open


def test_the_secondary_source_is_told_from_the_primary() -> None:
    found = only(event("09:00", "START", "cefazolin", source="secondary"))
    assert found.pump is not None
    assert found.pump.source == "secondary"


def test_a_periodic_report() -> None:
    running, still = only(report("08:30", rate="100")), only(report("08:45", status="not-delivering"))
    assert (running.action, still.action) == (Action.RATE_VERIFY, Action.PAUSED)
    assert running.pump == PumpState("SIM1 SIM1-A", "report")
    assert (running.rate_ml_per_hour, still.rate) == (100.0, None)


def test_the_layout_of_2013() -> None:
    text = "\r".join(
        [
            "MSH|^~\\&|OLD|GW|EHR|H|20260310120000||ORU^R01^ORU_R01|X1|P|2.6",
            "PID|||P100^^^H^MR",
            "PV1||O|||||||||||||||||E100",
            "OBR|1||X1^OLD|69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||20260310083000-0500",
            "OBX|1||69985^MDC_DEV_PUMP_INFUS_MDS^MDC|1.0.0.0|||||||X|||||||SIM1^OLD",
            "OBX|2||69986^MDC_DEV_PUMP_INFUS_VMD^MDC|1.1.0.0|||||||X|||||||SIM1-A^OLD",
            "OBX|3||126978^MDC_DEV_PUMP_INFUS_CHAN_DELIVERY^MDC|1.1.1.0|||||||X",
            "OBX|4|CWE|184508^MDC_PUMP_STAT^MDC|1.1.1.1|^pump-status-infusing^MDC||||||R",
            "OBX|5|CWE|184504^MDC_PUMP_MODE^MDC|1.1.1.3|^pump-mode-continuous^MDC||||||R",
            "OBX|6||126977^MDC_DEV_PUMP_INFUS_CHAN_SOURCE^MDC|1.1.2.0|||||||X",
            "OBX|7|ST|184514^MDC_DRUG_NAME_LABEL^MDC|1.1.2.1|heparin||||||R",
        ]
    )
    found = only(text)
    assert (found.action, found.drugs[0].name) == (Action.RATE_VERIFY, "heparin")
    assert found.time.isoformat() == "2026-03-10T08:30:00-05:00"


def test_two_modules_of_one_pump_are_two_channels() -> None:
    first = report("08:30", "heparin")
    second = report("08:30", "insulin", module="B").split("PCD", 1)[0].split("OBX|||70050", 1)[1]
    both = first + ("OBX|||70050" + second).replace("|1.1.", "|1.2.")
    found = read(both).events
    assert [(e.drugs[0].name, e.pump.channel if e.pump else "") for e in found] == [
        ("heparin", "SIM1 SIM1-A"),
        ("insulin", "SIM1 SIM1-B"),
    ]


def test_a_pump_without_patient_or_drug_is_kept_aside() -> None:
    assert ignored(event("08:00", "START", patient="Unknown Patient", visit="")) == [
        ("pump without a known patient", 1)
    ]
    assert ignored(event("08:00", "START", "Unknown medication")) == [("pump without a known medication", 1)]
    coded = event("08:00", "START", "").replace("69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||2", "999999^Unknown medication|||2")
    assert ignored(coded) == [("pump without a known medication", 1)]


def test_the_drug_may_stand_in_the_observation_request() -> None:
    text = event("08:00", "START", "").replace("69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||2", "M1^heparin^LOCAL|||2")
    (drug,) = only(text).drugs
    assert (drug.name, drug.code) == ("heparin", "M1")


def test_events_that_change_no_flow_are_ignored() -> None:
    assert ignored(event("08:00", "COMM_STATUS_CHANGE"), event("08:05", "PATIENT_ID_CHANGE")) == [
        ("pump event that changes no flow", 2)
    ]


def test_nearly_complete_says_that_it_runs() -> None:
    found = only(event("08:55", "VOL_INFUS_NEAR_COMP", status="delivering"))
    assert found.action is Action.RATE_VERIFY


def test_a_clock_that_was_set_is_a_finding() -> None:
    reading = read(event("08:00", "DEVICE_TIME_CHANGED"))
    assert [f.code for f in reading.findings] == ["pump-clock-changed"]


def test_alarms_and_laboratory_results_are_ignored() -> None:
    alarm = event("08:00", "START").replace("ORU^R42^ORU_R01", "ORU^R40^ORU_R40")
    lab = "MSH|^~\\&|LAB|H|E|H|20260310||ORU^R01|L1|P|2.5\rPID|||P1\rOBR|1|||K^Potassium\rOBX|1|NM|K||4.1\r"
    assert ignored(alarm, lab) == [
        ("pump or device alarm (ORU^R40)", 1),
        ("ORU message without pump data (laboratory and other results)", 1),
    ]


def test_a_report_without_a_status_is_ignored() -> None:
    text = "\r".join(line for line in report("08:00").split("\r") if "STATUS" not in line)
    assert ignored(text) == [("pump report that does not say whether it runs", 1)]


@pytest.mark.parametrize("place", ["1..2", "x.y", "", "1.99999999999999999999.2.2", "-1.2"])
def test_an_odd_path_does_no_harm(place: str) -> None:
    text = event("08:00", "START").replace("1.1.2.", f"{place}.")
    assert len(read(text).events) + len(read(text).ignored) == 1
