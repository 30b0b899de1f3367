"""Which run of a pump is the charted one: only that fills its stop, and no minute is filled in that nobody saw."""

from __future__ import annotations

import pytest

from tests.parsers.pump_messages import event, report
from tests.timeline.test_pump_evidence import (
    NINETY,
    OPEN,
    PREFER,
    coded,
    findings,
    message_of,
    only,
    ran,
    timeline,
    units,
)
from timeline.hang_settings import HangSettings


@pytest.mark.parametrize("settings", [None, PREFER])
def test_a_run_hours_later_never_gives_the_missing_stop(settings: HangSettings | None) -> None:
    # Between 08:00 and 20:00 neither the chart nor the pump saw anything run.
    later = (event("20:00", "START"), event("21:00", "COMP"))
    assert ran(OPEN, *later, settings=settings) == [
        "vancomycin 08:00-? (missing)",
        "vancomycin 20:00-21:00 = 60 (pump)",
    ]
    assert findings(OPEN, *later, settings=settings) == ["pump-only"]
    assert message_of("pump-only", OPEN, *later, settings=settings) == (
        "Only the pump shows this run. It began 720 minutes after the charted start of the same drug, "
        "whose stop is missing, and is not taken for it."
    )
    # Twenty minutes are more than the tolerance too; with a tolerance of 20 it is the same run.
    twenty = (event("08:20", "START"), event("09:30", "COMP"))
    assert ran(OPEN, *twenty, settings=settings) == [
        "vancomycin 08:00-? (missing)",
        "vancomycin 08:20-09:30 = 70 (pump)",
    ]
    assert ran(OPEN, *twenty, settings=HangSettings(pump_tolerance_minutes=20)) == [
        "vancomycin 08:00-09:30 = 90 (pump)"
    ]


def test_of_two_runs_only_the_charted_one_fills() -> None:
    messages = (event("08:00", "START"), event("09:00", "COMP"), event("20:00", "START"), event("21:00", "COMP"))
    assert ran(OPEN, *messages) == ["vancomycin 08:00-09:00 = 60 (pump)", "vancomycin 20:00-21:00 = 60 (pump)"]
    assert [a.pump_only for a in timeline(OPEN, *messages).administrations] == [False, True]
    assert findings(OPEN, *messages) == ["pump-only"]


def test_a_run_on_another_channel_may_go_on_with_the_first() -> None:
    messages = (
        event("08:00", "START"),
        event("08:40", "COMP"),
        event("08:42", "START", module="B"),
        event("09:30", "COMP", module="B"),
    )
    # 40 + 48 minutes: the two without flow are not counted
    assert ran(OPEN, *messages) == ["vancomycin 08:00-08:40 08:42-09:30 = 88 (pump)"]


def test_a_run_that_was_over_before_the_charted_start_is_another() -> None:
    messages = (event("07:10", "START"), event("07:40", "COMP"))
    assert ran(OPEN, *messages) == ["vancomycin 07:10-07:40 = 30 (pump)", "vancomycin 08:00-? (missing)"]
    assert message_of("pump-only", OPEN, *messages) == "Only the pump shows this administration: nobody charted it."


def test_a_pause_at_the_charted_start_is_not_bridged() -> None:
    messages = (event("07:57", "START"), event("07:59", "STOP"), event("08:30", "START"), event("09:00", "COMP"))
    assert only(OPEN, *messages).minutes == 30


def test_a_pause_of_a_pump_that_still_runs_stays_one() -> None:
    messages = (event("08:00", "START"), event("08:20", "STOP"), event("08:40", "START"), report("09:00"))
    a = only(OPEN, *messages)
    # 20 + 20 minutes known, and open since the pump ran again
    assert (a.seconds, a.open_since) == (40 * 60, a.segments[-1].start)
    assert (a.segments[-1].stop, len(a.segments)) == (a.last_seen, 2)


def test_a_stop_alone_closes_what_the_chart_opened() -> None:
    assert ran(OPEN, event("09:30", "COMP")) == ["vancomycin 08:00-09:30 = 90 (pump)"]
    # Up to four hours after it was last seen (bag_change_max_minutes), as one bag goes on with another.
    assert ran(OPEN, event("12:00", "COMP")) == ["vancomycin 08:00-12:00 = 240 (pump)"]
    assert ran(OPEN, event("12:01", "COMP")) == ["vancomycin 08:00-? (missing)"]
    assert findings(OPEN, event("12:01", "COMP")) == ["pump-stop-without-start"]
    # A second stop, of another channel, adds nothing to a run that was seen whole.
    assert ran(OPEN, *NINETY, event("11:00", "COMP", module="B")) == ["vancomycin 08:00-09:30 = 90 (pump)"]


def test_a_run_after_a_dose_charted_as_given_is_not_counted_from_the_dose() -> None:
    chart = "08:00 Given vancomycin IV1"
    messages = (event("08:40", "START"), event("09:05", "COMP"))
    assert ran(chart, *messages) == ["vancomycin 08:00 dose (not needed)"]
    assert findings(chart, *messages) == ["pump-beside-dose"]


def test_a_run_that_begins_as_the_charted_one_ends_goes_on_with_it() -> None:
    chart = "08:00-09:00 vancomycin IV1"
    messages = (event("09:00", "START"), event("09:40", "COMP"))
    assert ran(chart, *messages) == ["vancomycin 08:00-09:00 = 60 (charted)"]
    assert message_of("pump-contradicts-stop", chart, *messages) == (
        "The pump stopped 40 minutes after the charted stop and ran 20 minutes less than charted; "
        "the charted times are used."
    )
    # Past the tolerance of five minutes it is a run of its own.
    assert len(ran(chart, event("09:05", "START"), event("09:40", "COMP"))) == 1
    assert len(ran(chart, event("09:06", "START"), event("09:40", "COMP"))) == 2


LONG = "08:00 New Bag vancomycin IV1\n12:00 Verify vancomycin rate 100\n14:00+1 Stopped vancomycin"
"""From 12:00 to 14:00 the next day nothing is charted: 26 hours."""


def test_preferred_times_leave_the_silence_of_the_chart_behind() -> None:
    messages = (event("08:00", "START"), event("10:00", "COMP"))
    a = only(LONG, *messages, settings=PREFER)
    assert (a.minutes, a.silence, a.last_seen) == (120, None, a.stop)
    result = coded(LONG, *messages, pump_evidence="prefer")
    # 120 minutes: 1 + floor(89 / 60)
    assert units(result) == {"96365": 1, "96366": 1}
    assert result.encounters[0].queries == ()
    # Where the chart stands, its silence is asked about, with the pump as without it.
    assert units(coded(LONG, *messages)) == units(coded(LONG))
    assert only(LONG, *messages).silence == only(LONG).silence
    assert only(LONG).silence is not None


def test_a_pump_that_ran_through_the_silence_of_a_chart_breaks_it() -> None:
    chart = "08:00 New Bag vancomycin IV1\n22:00 Verify vancomycin rate 100"
    silence = only(chart).silence
    assert silence is not None
    assert silence.seconds == 14 * 3600
    # 08:00 charted, 09:30 pump, 22:00 charted, 23:00 pump: silent for 12 hours and a half at most.
    filled = only(chart, event("09:30", "START"), event("23:00", "COMP"))
    assert (filled.minutes, filled.stop_evidence) == (15 * 60, "pump")
    assert filled.silence is not None
    assert filled.silence.seconds == 12 * 3600 + 1800
    # With a report on the way it never was.
    heard = only(chart, event("09:30", "START"), report("15:00"), event("23:00", "COMP"))
    assert (heard.minutes, heard.silence) == (15 * 60, None)
