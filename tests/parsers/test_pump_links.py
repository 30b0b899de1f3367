"""Which encounter a pump's event belongs to, where the pump knows the patient but not the visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import parsers
from parsers.events import AdministrationEvent, Context, Merge, Source, StayContext
from parsers.pump_links import Linked, with_encounters
from tests.parsers.pump_messages import event, report
from tests.parsers.pump_messages import read as read_pumps
from tests.timeline.chart import events as chart

ZONE = "America/Chicago"
CHART = "08:00 New Bag vancomycin IV1\n09:30 Stopped vancomycin"


def charted(encounter: str, patient: str = "P100", rows: str = CHART, order: str = "O1") -> list[AdministrationEvent]:
    return [replace(e, encounter_id=encounter, patient_id=patient, order_id=order) for e in chart(rows, zone=ZONE)]


def linked(rows: list[AdministrationEvent], *messages: str, context: Context | None = None) -> Linked:
    return with_encounters([*rows, *read_pumps(*messages).events], context or Context())


def encounters(made: Linked) -> list[str]:
    return [e.encounter_id for e in made.events if e.origin == "pump"]


def stay(encounter: str, kind: str, hour: int, **more: object) -> StayContext:
    time = datetime.fromisoformat(f"2026-03-10T{hour:02}:00:00-05:00")
    return StayContext(Source("adt"), encounter, kind, time, patient_id="P100", **more)  # type: ignore[arg-type]


def test_the_one_encounter_of_the_patient() -> None:
    made = linked(charted("E1"), event("10:00", "STOP", visit=""))
    assert encounters(made) == ["E1"]
    assert made.findings == []


def test_a_visit_number_is_believed() -> None:
    assert encounters(linked(charted("E1"), event("10:00", "STOP", visit="E7"))) == ["E7"]


def test_another_patient_is_not_meant() -> None:
    made = linked(charted("E1"), event("10:00", "STOP", visit="", patient="P200"))
    assert encounters(made) == []
    assert {reason: len(found) for reason, found in made.aside.items()} == {
        "pump of a patient without an encounter at that time": 1
    }
    (finding,) = made.findings
    assert finding.message == (
        "1 pump message was kept aside: the input holds no encounter of the patient at that time."
    )


def test_two_encounters_at_one_time_are_never_guessed() -> None:
    made = linked([*charted("E1"), *charted("E2")], event("10:00", "STOP", visit=""), report("10:05", visit=""))
    assert encounters(made) == []
    assert {reason: len(found) for reason, found in made.aside.items()} == {
        "pump of a patient with several encounters at that time": 2
    }
    assert made.findings[0].message.startswith("2 pump messages were kept aside: more than one encounter")


def test_arrival_and_discharge_tell_two_encounters_apart() -> None:
    context = Context(
        stays=(
            stay("E1", "arrival", 7),
            stay("E1", "discharge", 9),
            stay("E2", "arrival", 9),
            stay("E2", "discharge", 20),
        )
    )
    rows = [*charted("E1"), *charted("E2")]
    made = linked(rows, event("08:00", "START", visit=""), event("10:00", "STOP", visit=""), context=context)
    assert encounters(made) == ["E1", "E2"]


def test_an_order_number_of_the_chart_says_which() -> None:
    rows = [*charted("E1", order="A"), *charted("E2", order="B")]
    assert encounters(linked(rows, event("10:00", "STOP", visit="", order="B"))) == ["E2"]
    # A number that another patient's chart uses is one the pump counts for itself.
    others = [*charted("E1"), *charted("E3", patient="P300", order="B")]
    assert encounters(linked(others, event("10:00", "STOP", visit="", order="B"))) == ["E1"]


def test_a_merged_patient_number_is_followed() -> None:
    context = Context(merges=(Merge(Source("adt"), "patient", "P900", "P100"),))
    made = linked(charted("E1"), event("10:00", "STOP", visit="", patient="P900"), context=context)
    assert encounters(made) == ["E1"]


def test_the_records_of_a_feed_still_add_up(tmp_path: Path) -> None:
    (tmp_path / "chart.csv").write_text(
        "encounter_id,patient_id,order_id,drug,route,site,action,time\n"
        "E1,P100,A,vancomycin,IV,IV1,New Bag,2026-03-10T08:00\n",
        "utf-8",
    )
    messages = (
        event("08:00", "START", visit=""),
        event("09:30", "COMP", visit=""),
        event("09:30", "COMP", visit="", patient="P200"),
        event("09:30", "COMP", visit="", patient="Unknown Patient"),
    )
    (tmp_path / "pumps.hl7").write_text("".join(messages), "utf-8")
    reading = parsers.read([tmp_path], timezone=ZONE)
    assert (reading.records, reading.used, len(reading.rejected)) == (5, 3, 0)
    assert {i.reason: i.count for i in reading.ignored} == {
        "pump of a patient without an encounter at that time": 1,
        "pump without a known patient": 1,
    }
    assert {e.encounter_id for e in reading.events} == {"E1"}


def adt(encounter: str, kind: str, happened: str, recorded: str = "", **more: object) -> StayContext:
    times = [datetime.fromisoformat(f"2026-03-10T{time}:00-05:00") for time in (happened, recorded or happened)]
    return StayContext(
        Source("adt"), encounter, kind, times[0], patient_id="P100", recorded_at=times[1], **more  # type: ignore[arg-type]
    )  # fmt: skip


NINE_THIRTY = "09:30 New Bag vancomycin IV1"
RUN = (event("09:30", "START", visit=""), event("11:00", "COMP", visit=""))


def test_a_discharge_taken_back_bounds_nothing() -> None:
    arrived = adt("E1", "arrival", "08:00", patient_class="E")
    left = adt("E1", "discharge", "10:00")
    # Discharged at 10:00, its stop at 11:00 is not of this stay; the discharge cancelled at 10:10, it is.
    rows = charted("E1", rows=NINE_THIRTY)
    assert encounters(linked(rows, *RUN, context=Context(stays=(arrived, left)))) == ["E1"]
    back = adt("E1", "discharge", "10:10", cancelled=True)
    for stays in ((arrived, left, back), (back, left, arrived)):
        made = linked(rows, *RUN, context=Context(stays=stays))
        assert encounters(made) == ["E1", "E1"]
        assert made.aside == {}
    # Discharged again at 10:30: that one stands.
    again = adt("E1", "discharge", "10:30")
    assert encounters(linked(rows, *RUN, context=Context(stays=(arrived, left, back, again)))) == ["E1"]


def test_an_admission_taken_back_bounds_nothing() -> None:
    rows = charted("E1", rows=NINE_THIRTY)
    # Registered at 10:00 by mistake and cancelled: the charted bag says when the stay ran.
    wrong = adt("E1", "arrival", "10:00", patient_class="E")
    cancelled = adt("E1", "arrival", "10:05", cancelled=True)
    assert encounters(linked(rows, *RUN, context=Context(stays=(wrong,)))) == ["E1"]
    assert encounters(linked(rows, *RUN, context=Context(stays=(wrong, cancelled)))) == ["E1", "E1"]
    # Of two admissions the later is cancelled; the first stands.
    first, second = adt("E1", "arrival", "08:00", patient_class="E"), adt("E1", "arrival", "09:00", patient_class="I")
    assert encounters(linked(rows, *RUN, context=Context(stays=(first, second, cancelled)))) == ["E1", "E1"]


def test_a_visit_whose_only_admission_was_cancelled_competes_with_none() -> None:
    visit = (
        adt("E2", "arrival", "08:00", patient_class="E"),
        adt("E2", "status", "08:00", patient_class="E"),
        adt("E2", "status", "08:00", location="ED"),
    )
    rows = charted("E1", rows=NINE_THIRTY)
    assert encounters(linked(rows, *RUN, context=Context(stays=visit))) == []
    gone = (*visit, adt("E2", "arrival", "08:20", cancelled=True))
    assert encounters(linked(rows, *RUN, context=Context(stays=gone))) == ["E1", "E1"]


def test_a_patient_who_came_back_under_the_same_number() -> None:
    stays = (
        adt("E1", "arrival", "07:00", patient_class="E"),
        adt("E1", "discharge", "08:00"),
        adt("E1", "arrival", "09:00", patient_class="E"),
    )
    assert encounters(linked(charted("E1", rows=NINE_THIRTY), *RUN, context=Context(stays=stays))) == ["E1", "E1"]
