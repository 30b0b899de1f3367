"""Times as charted: what is read, in which zone, and what is refused rather than guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from parsers.clock import Clock, Stamp, TimeProblem

CHICAGO = ZoneInfo("America/Chicago")
MORNING = "2026-03-10T08:05:00-05:00"
"""10 March 2026 is summer time in Chicago: five hours behind UTC."""


def stamp(text: str, zone: ZoneInfo | None = CHICAGO) -> Stamp:
    found = Clock(zone).charted(text)
    assert isinstance(found, Stamp), found
    return found


def problem(text: str) -> TimeProblem:
    found = Clock(CHICAGO).charted(text)
    assert isinstance(found, TimeProblem), found
    return found


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-10T08:05",
        "2026-03-10 08:05:00",
        "2026-03-10 8:05 AM",
        "2026/03/10 08:05",
        "2026-03-10T13:05Z",
        "2026-03-10T07:05-06:00",
        "2026-03-10 09:05 EDT",
        "20260310T080500",
        "3/10/2026 8:05 AM",
        "03/10/2026 08:05",
        "03/10/26 08:05",
        "3/10/2026 0805",
        "3/10/2026, 8:05:00 a.m.",
        "202603100805",
        "20260310080500",
        "202603100805-0500",
        "20260310080500.1234-0500",
        "10-Mar-2026 08:05",
        "10MAR2026:08:05:00",
        "Mar 10, 2026 8:05 AM",
        "Tuesday, March 10 2026 at 8:05 am",
        "  2026-03-10T08:05  ",
    ],
)
def test_one_moment_however_it_is_written(text: str) -> None:
    assert stamp(text).time == datetime.fromisoformat(MORNING)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("3/10/2026 12:05 AM", "2026-03-10T00:05:00-05:00"),
        ("3/10/2026 12:05 PM", "2026-03-10T12:05:00-05:00"),
        ("3/10/2026 11:59 PM", "2026-03-10T23:59:00-05:00"),
        ("2026-01-10T08:05", "2026-01-10T08:05:00-06:00"),
        ("2026-03-10T08:05:59.999", "2026-03-10T08:05:59-05:00"),
        ("3/10/2026 2400", "2026-03-11T00:00:00-05:00"),
        ("2026-12-31T24:00", "2027-01-01T00:00:00-06:00"),
    ],
)
def test_the_offset_of_that_day_comes_with_the_time(text: str, iso: str) -> None:
    assert stamp(text).time.isoformat() == iso


def test_the_offset_is_fixed_so_that_differences_are_elapsed_time() -> None:
    before, after = stamp("2026-03-08T01:30").time, stamp("2026-03-08T03:30").time
    assert isinstance(before.tzinfo, timezone)
    assert after - before == timedelta(hours=1)


def test_the_autumn_hour_has_two_readings_and_the_first_is_taken() -> None:
    found = stamp("2026-11-01T01:30")
    assert found.time.isoformat() == "2026-11-01T01:30:00-05:00"
    assert found.time_if_late is not None
    assert found.time_if_late.isoformat() == "2026-11-01T01:30:00-06:00"
    assert found.time_if_late - found.time == timedelta(hours=1)
    assert found.notes == ("ambiguous",)


def test_with_an_offset_the_autumn_hour_is_not_ambiguous() -> None:
    found = stamp("2026-11-01T01:30-06:00")
    assert (found.time_if_late, found.notes) == (None, ())


def test_a_time_in_the_spring_gap_is_moved_forward_by_the_gap() -> None:
    found = stamp("2026-03-08T02:30")
    assert found.time.isoformat() == "2026-03-08T03:30:00-05:00"
    assert found.notes == ("gap",)


def test_without_a_zone_times_are_utc_and_the_clock_remembers() -> None:
    clock = Clock(None)
    with_offset = clock.charted("2026-03-10T08:05-05:00")
    assert isinstance(with_offset, Stamp)
    assert not clock.assumed
    naive = clock.charted("2026-03-10T08:05")
    assert isinstance(naive, Stamp)
    assert naive.time == datetime(2026, 3, 10, 8, 5, tzinfo=UTC)
    assert clock.assumed


def test_the_machine_zone_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert stamp("Mar 10, 2026 8:05 AM", None).time.isoformat() == "2026-03-10T08:05:00+00:00"
        assert problem("2026-03-10 08:05 JST").code == "time-unreadable"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_numbers_of_days_in_excel() -> None:
    """10 March 2026 is day 46091.  Four decimals are good to nine seconds: only the minute can be meant."""
    clock = Clock(CHICAGO)
    read = [clock.charted(text) for text in ("46091.3368", "46091.336805556", "46091.99999")]
    assert [found.time.isoformat() for found in read if isinstance(found, Stamp)] == [
        "2026-03-10T08:05:00-05:00",
        "2026-03-10T08:05:00-05:00",
        "2026-03-11T00:00:00-05:00",
    ]
    assert [found.precision for found in read if isinstance(found, Stamp)] == ["minute", "second", "minute"]


def test_day_first_only_where_a_profile_says_so() -> None:
    month, day = Clock(CHICAGO), Clock(CHICAGO, day_first=True)
    for text, one, other in (
        ("03/04/2026 8:05", "2026-03-04", "2026-04-03"),
        ("3-4-26 08:05", "2026-03-04", "2026-04-03"),
        ("2026-03-04 08:05", "2026-03-04", "2026-03-04"),
    ):
        found = [clock.charted(text) for clock in (month, day)]
        assert [str(f.time.date()) for f in found if isinstance(f, Stamp)] == [one, other]
    dotted = day.charted("10.03.2026 08:05")
    assert isinstance(dotted, Stamp)
    assert dotted.time.isoformat() == "2026-03-10T08:05:00-05:00"


def test_a_date_without_a_year_needs_the_first_day_of_the_export() -> None:
    clock = Clock(CHICAGO, date_from=date(2025, 12, 30))
    read = [clock.charted(text) for text in ("12/30 23:30", "12/31 11:30 PM", "1/1 00:30")]
    assert [found.time.isoformat() for found in read if isinstance(found, Stamp)] == [
        "2025-12-30T23:30:00-06:00",
        "2025-12-31T23:30:00-06:00",
        "2026-01-01T00:30:00-06:00",
    ]
    assert isinstance(clock.charted("2/30 08:00"), TimeProblem)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "time-empty"),
        ("   ", "time-empty"),
        ('""', "time-empty"),
        ("2026-03-10", "date-only"),
        ("3/10/2026", "date-only"),
        ("20260310", "date-only"),
        ("Mar 10, 2026", "date-only"),
        ("202603", "date-only"),
        ("08:05", "time-without-date"),
        ("8:05 AM", "time-without-date"),
        ("3/10 08:05", "time-without-year"),
        ("Mar 10 08:05", "time-without-year"),
        ("2026-13-10T08:05", "time-impossible"),
        ("25/03/2026 08:05", "time-impossible"),
        ("2026-02-30T08:05", "time-impossible"),
        ("Feb 30, 2026 08:05", "time-impossible"),
        ("2026-03-10T25:00", "time-impossible"),
        ("2026-03-10T08:60", "time-impossible"),
        ("202603102500", "time-impossible"),
        ("3/10/2026 13:05 PM", "time-impossible"),
        ("9999-12-31T00:00", "time-impossible"),
        ("1900-01-01T00:00", "time-impossible"),
        ("2026031008", "time-unreadable"),
        ("10.03.2026 08:05", "time-unreadable"),
        ("46091", "date-only"),
        ("2026-03-10 08:05 XYZ", "time-unreadable"),
        ("yesterday", "time-unreadable"),
    ],
)
def test_what_cannot_be_known_is_a_problem_and_not_a_guess(text: str, code: str) -> None:
    assert problem(text).code == code


@pytest.mark.parametrize("text", ["DOE JANE 19450212", "2026-13-10T08:05", "4451237 08:05"])
def test_a_problem_shows_the_shape_of_the_value_only(text: str) -> None:
    found = problem(text)
    assert not any(part in found.message for part in ("DOE", "JANE", "1945", "13", "4451237"))
    assert found.fix


def test_hl7_times_need_minutes_and_know_offsets() -> None:
    clock = Clock(CHICAGO)
    plain, offset = clock.hl7("202603100805"), clock.hl7("20260310080530.5+0000")
    assert isinstance(plain, Stamp)
    assert isinstance(offset, Stamp)
    assert (plain.time.isoformat(), plain.precision) == (MORNING, "minute")
    assert (offset.time.isoformat(), offset.precision) == ("2026-03-10T08:05:30+00:00", "second")
    for text, code in [("20260310", "date-only"), ("2026-03-10T08:05", "time-unreadable"), (" ", "time-empty")]:
        found = clock.hl7(text)
        assert isinstance(found, TimeProblem)
        assert found.code == code
