"""Pumps beside the chart: what fills, what contradicts, what only the pump knows.

Charts as in :mod:`tests.timeline.chart`, pump messages as in :mod:`tests.parsers.pump_messages`; all times are on the
Chicago clock of 2026-03-10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import timeline as coding
from parsers.events import AdministrationEvent, Context, OrderContext, Reading, Source
from tests.parsers.pump_messages import event, read, report
from tests.schema_check import valid
from tests.timeline.chart import _shown, events
from timeline.hang_settings import HangSettings
from timeline.model import Administration, EncounterTimeline, Result

ZONE = "America/Chicago"


def pumps(messages: Sequence[str]) -> list[AdministrationEvent]:
    return [replace(e, encounter_id="E1") for e in read(*messages).events]


def reading(chart: str, *messages: str, orders: tuple[OrderContext, ...] = ()) -> Reading:
    rows = [*events(chart, zone=ZONE), *pumps(messages)]
    return Reading(tuple(rows), used=len(rows), timezone=ZONE, context=Context(orders=orders))


def timeline(chart: str, *messages: str, settings: HangSettings | None = None) -> EncounterTimeline:
    (made,) = coding.build(reading(chart, *messages), hang_settings=settings).encounters
    return made


def ran(chart: str, *messages: str, settings: HangSettings | None = None) -> list[str]:
    """What ran, one line an administration, with what gave its stop."""
    made = timeline(chart, *messages, settings=settings)
    return [f"{_shown(a, made)} ({a.stop_evidence})" for a in made.administrations]


def findings(chart: str, *messages: str, settings: HangSettings | None = None) -> list[str]:
    return [f.code for f in timeline(chart, *messages, settings=settings).findings]


def message_of(code: str, chart: str, *messages: str, settings: HangSettings | None = None) -> str:
    (found,) = [f for f in timeline(chart, *messages, settings=settings).findings if f.code == code]
    return found.message


def coded(chart: str, *messages: str, orders: tuple[OrderContext, ...] = (), **switches: object) -> Result:
    return valid(coding.code(coding.build(reading(chart, *messages, orders=orders)), switches=switches))


def units(result: Result) -> dict[str, int]:
    return {line.code: line.units for e in result.encounters for line in e.lines}


def only(chart: str, *messages: str, settings: HangSettings | None = None) -> Administration:
    (a,) = timeline(chart, *messages, settings=settings).administrations
    return a


PREFER = HangSettings(pump_evidence="prefer")
IGNORE = HangSettings(pump_evidence="ignore")
OPEN = "08:00 New Bag vancomycin IV1"
WHOLE = "08:00-09:30 vancomycin IV1"
NINETY = (event("08:00", "START"), event("09:30", "COMP"))


# The stop nobody charted.


def test_the_pump_gives_the_stop_nobody_charted() -> None:
    assert ran(OPEN, *NINETY) == ["vancomycin 08:00-09:30 = 90 (pump)"]
    a = only(OPEN, *NINETY)
    assert a.pump is not None
    assert a.pump.verdict == "fills"
    assert [s.record for s in a.stop_sources] == [2]
    assert findings(OPEN, *NINETY) == []


def test_without_the_pump_it_is_a_question() -> None:
    assert ran(OPEN) == ["vancomycin 08:00-? (missing)"]
    assert ran(OPEN, *NINETY, settings=IGNORE) == ["vancomycin 08:00-? (missing)"]
    assert findings(OPEN, *NINETY, settings=IGNORE) == ["pump-not-used"]


def test_the_charted_start_stands() -> None:
    # 08:03 by the pump, within five minutes: no word of it.
    near = (event("08:03", "START"), event("09:30", "COMP"))
    assert ran(OPEN, *near) == ["vancomycin 08:00-09:30 = 90 (pump)"]
    assert findings(OPEN, *near) == []
    # Verified at 10:00, when the pump ran: the same infusion, whoever is right on its start.
    verified = OPEN + "\n10:00 Verify vancomycin rate 100"
    late = (event("08:20", "START"), event("10:30", "COMP"))
    assert ran(verified, *late) == ["vancomycin 08:00-10:30 = 150 (pump)"]
    assert message_of("pump-start-differs", verified, *late) == (
        "The pump started 20 minutes after the charted start; the charted times are used."
    )
    # Preferred, the pump's own start stands: 08:20-10:30.
    assert ran(verified, *late, settings=PREFER) == ["vancomycin 08:20-10:30 = 130 (pump)"]
    assert message_of("pump-start-differs", verified, *late, settings=PREFER) == (
        "The pump started 20 minutes after the charted start; the pump's times are used."
    )
    early = (event("07:50", "START"), event("09:30", "COMP"))
    assert ran(OPEN, *early) == ["vancomycin 08:00-09:30 = 90 (pump)"]
    assert ran(OPEN, *early, settings=PREFER) == ["vancomycin 07:50-09:30 = 100 (pump)"]


def test_pauses_of_the_pump_count_where_the_stop_is_its_own() -> None:
    messages = (
        event("08:00", "START"),
        event("08:30", "STOP", reason="by-clinician"),
        event("08:50", "START"),
        event("09:30", "COMP"),
    )
    # 30 + 40 minutes
    assert ran(OPEN, *messages) == ["vancomycin 08:00-08:30 08:50-09:30 = 70 (pump)"]


def test_a_dose_charted_as_given_that_a_pump_ran_is_an_infusion() -> None:
    chart = "08:00 Given vancomycin IV1"
    assert ran(chart) == ["vancomycin 08:00 dose (not needed)"]
    assert ran(chart, *NINETY) == ["vancomycin 08:00-09:30 = 90 (pump)"]


def test_a_documented_push_stays_one() -> None:
    chart = "08:00 Push vancomycin IV1"
    assert ran(chart, *NINETY) == ["vancomycin 08:00 push (not needed)"]
    assert findings(chart, *NINETY) == ["pump-beside-dose"]


def test_a_pump_that_still_runs_moves_what_was_last_seen() -> None:
    assert ran(OPEN, event("08:00", "START"), report("08:40")) == ["vancomycin 08:00-08:40? (missing)"]


def test_a_charted_action_after_the_pump_stopped_contradicts_it() -> None:
    chart = OPEN + "\n10:00 Verify vancomycin rate 100"
    assert ran(chart, *NINETY) == ["vancomycin 08:00-10:00? (missing)"]
    assert message_of("pump-contradicts-chart", chart, *NINETY) == (
        "The pump stopped 30 minutes before a charted action that shows it running; the charted times are used."
    )


# The stop that a nurse charted.


def test_a_charted_stop_that_the_pump_bears_out() -> None:
    messages = (event("08:00", "START"), event("09:34", "COMP"))
    a = only(WHOLE, *messages)
    assert (a.minutes, a.stop_evidence) == (90, "charted")
    assert a.pump is not None
    assert (a.pump.verdict, a.pump.minutes, a.pump.running) == ("agrees", 4, 4)
    assert findings(WHOLE, *messages) == []


def test_a_charted_stop_that_the_pump_contradicts_stands() -> None:
    messages = (event("08:00", "START"), event("09:00", "COMP"))
    assert ran(WHOLE, *messages) == ["vancomycin 08:00-09:30 = 90 (charted)"]
    assert message_of("pump-contradicts-stop", WHOLE, *messages) == (
        "The pump stopped 30 minutes before the charted stop and ran 30 minutes less than charted; "
        "the charted times are used."
    )


def test_unless_pumps_are_preferred() -> None:
    messages = (event("08:10", "START"), event("09:00", "COMP"))
    assert ran(WHOLE, *messages, settings=PREFER) == ["vancomycin 08:10-09:00 = 50 (pump)"]
    assert message_of("pump-contradicts-stop", WHOLE, *messages, settings=PREFER).endswith("the pump's times are used.")
    # The administration is still the charted one: an answer to it finds it.
    assert only(WHOLE, *messages, settings=PREFER).id == only(WHOLE).id


def test_how_far_they_may_differ_is_a_switch() -> None:
    messages = (event("08:00", "START"), event("09:20", "COMP"))
    assert findings(WHOLE, *messages) == ["pump-contradicts-stop"]
    assert findings(WHOLE, *messages, settings=HangSettings(pump_tolerance_minutes=10)) == []


def test_a_pause_nobody_charted_is_a_contradiction_too() -> None:
    messages = (event("08:00", "START"), event("08:30", "STOP"), event("09:00", "START"), event("09:30", "COMP"))
    assert message_of("pump-contradicts-stop", WHOLE, *messages) == (
        "The pump ran 30 minutes less than charted; the charted times are used."
    )
    assert ran(WHOLE, *messages, settings=PREFER) == ["vancomycin 08:00-08:30 09:00-09:30 = 60 (pump)"]


def test_a_pump_that_runs_on_behind_the_charted_stop() -> None:
    messages = (event("08:00", "START"), report("09:50"))
    assert message_of("pump-contradicts-stop", WHOLE, *messages) == (
        "The pump was still running 20 minutes after the charted stop; the charted times are used."
    )


# What a pump means: rate changes, keep-open, two sources on one channel.


def test_a_stop_in_transition_with_a_start_is_one_run() -> None:
    messages = (
        event("08:00", "START", rate="50"),
        event("08:30:00", "STOP", status="transitioning"),
        event("08:30:04", "START", rate="100"),
        event("09:30", "COMP"),
    )
    assert ran("", *messages) == ["vancomycin 08:00-09:30 = 90 (pump)"]
    (a,) = timeline("", *messages).administrations
    assert [step.ml_per_hour for step in a.rates] == [50.0, 100.0]


def test_a_transition_that_leads_nowhere_was_the_end() -> None:
    messages = (event("08:00", "START"), event("08:30", "STOP", status="transitioning"))
    assert ran("", *messages) == ["vancomycin 08:00-08:30 = 30 (pump)"]
    # Half an hour later is no change of rate: it stood still from 08:30 on.
    assert ran("", *messages, event("09:00", "START"), event("09:30", "COMP")) == [
        "vancomycin 08:00-08:30 09:00-09:30 = 60 (pump)"
    ]


def test_keep_open_minutes_are_carrier_not_drug() -> None:
    messages = (
        event("08:00", "START"),
        event("09:00", "COMP", status="transitioning"),
        event("09:00", "START", status="kvo", rate="5"),
        event("09:40", "STOP"),
    )
    assert ran(OPEN, *messages) == [
        "vancomycin 08:00-09:00 = 60 (pump)",
        "vancomycin at keep-open rate 09:00-09:40 = 40 (pump)",
    ]
    drug, carrier = timeline(OPEN, *messages).administrations
    assert (drug.category, carrier.category) == ("therapeutic", "carrier")
    # Nothing was left out of the chart: the carrier is no administration of its own that was forgotten.
    assert findings(OPEN, *messages) == []


def test_a_piggyback_pauses_the_primary_on_its_channel() -> None:
    chart = "08:00 New Bag heparin IV1 order H\n09:00 New Bag cefazolin IV1 order C"
    messages = (
        event("08:00", "START", "heparin"),
        event("09:00", "STOP", "heparin", reason="switching-source"),
        event("09:00", "START", "cefazolin", source="secondary"),
        event("09:30", "COMP", "cefazolin", source="secondary", status="transitioning"),
        event("09:30", "START", "heparin"),
        event("12:00", "STOP", "heparin", reason="by-clinician"),
    )
    # heparin 60 + 150 minutes; they never ran together
    assert ran(chart, *messages) == [
        "heparin 08:00-09:00 09:30-12:00 = 210 (pump)",
        "cefazolin 09:00-09:30 = 30 (pump)",
    ]
    assert timeline(chart, *messages).overlaps == ()
    # The same, where the stop of the primary was never sent: one channel delivers one source at a time.
    assert ran(chart, *messages[:1], *messages[2:]) == ran(chart, *messages)


def test_two_channels_run_side_by_side() -> None:
    chart = "08:00 New Bag heparin IV1 order H\n09:00 New Bag cefazolin IV1 order C"
    messages = (
        event("08:00", "START", "heparin"),
        event("09:00", "START", "cefazolin", module="B"),
        event("09:30", "COMP", "cefazolin", module="B"),
        event("12:00", "STOP", "heparin"),
    )
    assert ran(chart, *messages) == ["heparin 08:00-12:00 = 240 (pump)", "cefazolin 09:00-09:30 = 30 (pump)"]
    (overlap,) = timeline(chart, *messages).overlaps
    assert (overlap.stop - overlap.start).total_seconds() == 30 * 60


def test_buffered_messages_arrive_late_and_in_any_order() -> None:
    messages = [event("08:00", "START"), report("08:30"), event("09:30", "COMP")]
    assert ran(OPEN, *messages) == ran(OPEN, *reversed(messages)) == ["vancomycin 08:00-09:30 = 90 (pump)"]


def test_reports_alone_show_what_was_seen_running() -> None:
    messages = [report(f"08:{minute:02}") for minute in range(0, 60, 5)]
    messages += [report("09:00"), report("09:05", status="not-delivering")]
    # Last seen running at 09:00; what came after was not seen.
    assert ran("", *messages) == ["vancomycin 08:00-09:00 = 60 (pump)"]
    assert (
        message_of("pump-reports", "", *messages) == "10 messages of pumps bear out what others show and add nothing."
    )


# What only the pump knows.


def test_a_run_nobody_charted_is_there_with_a_finding() -> None:
    (a,) = timeline("", *NINETY).administrations
    assert (a.minutes, a.stop_evidence, a.pump_only, a.access) == (90, "pump", True, None)
    assert findings("", *NINETY) == ["pump-only"]


def test_doses_of_one_drug_hours_apart_are_two() -> None:
    messages = (*NINETY, event("16:00", "START"), event("17:00", "COMP"))
    assert ran("", *messages) == ["vancomycin 08:00-09:30 = 90 (pump)", "vancomycin 16:00-17:00 = 60 (pump)"]
    # Charted both, each gets its own stop.
    chart = OPEN + "\n16:00 New Bag vancomycin IV1"
    assert ran(chart, *messages) == ran("", *messages)


def test_another_drug_is_not_the_charted_one() -> None:
    chart = "08:00 New Bag heparin IV1"
    assert ran(chart, *NINETY) == ["heparin 08:00-? (missing)", "vancomycin 08:00-09:30 = 90 (pump)"]


def test_the_order_number_joins_what_the_names_do_not() -> None:
    chart = "08:00 New Bag 'study drug 12' IV1 order PL7"
    messages = (
        event("08:00", "START", "unlisted thing", order="PL7"),
        event("09:00", "COMP", "unlisted thing", order="PL7"),
    )
    assert ran(chart, *messages) == ["study drug 12 08:00-09:00 = 60 (pump)"]


def test_an_order_goes_by_several_numbers() -> None:
    order = OrderContext(Source("orders"), ("FL7", "PL7"), encounter_id="E1", patient_id="P1")
    chart = "08:00 New Bag 'study drug 12' IV1 order FL7"
    messages = (
        event("08:00", "START", "unlisted thing", order="PL7"),
        event("09:00", "COMP", "unlisted thing", order="PL7"),
    )
    (made,) = coding.build(reading(chart, *messages, orders=(order,))).encounters
    assert [a.minutes for a in made.administrations] == [60]


def test_a_stop_of_nothing_is_a_finding() -> None:
    assert findings("", event("09:00", "STOP")) == ["pump-stop-without-start"]


def test_a_cancelled_entry_is_not_brought_back_by_a_pump() -> None:
    chart = OPEN + "\n08:00 Canceled vancomycin\n08:00 New Bag heparin order H\n09:00 Stopped heparin order H"
    assert ran(chart, *NINETY) == ["heparin 08:00-09:00 = 60 (charted)"]
    assert "pump-contradicts-cancelled" in findings(chart, *NINETY)
    # Cancelled, then charted again: the chart and the pump say the same.
    again = (
        OPEN + " recorded 08:00\n08:00 Canceled vancomycin recorded 08:05\n08:02 New Bag vancomycin IV1 recorded 08:10"
    )
    assert ran(again, *NINETY) == ["vancomycin 08:02-09:30 = 88 (pump)"]
