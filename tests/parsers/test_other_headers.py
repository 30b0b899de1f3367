"""Headers of other exports, and tables with the day and the time of day in two columns."""

from __future__ import annotations

from datetime import datetime

import pytest

from parsers.clock import Clock
from parsers.events import AdministrationEvent, Rejected
from parsers.file_reading import FileReading
from parsers.mar_columns import ALIASES, COLUMNS, ColumnMap, HeaderProblem, match_header
from parsers.tables import read_table
from parsers.vocabulary import key
from parsers.zones import zone_of

CHICAGO = zone_of("America/Chicago")


def table(text: str) -> FileReading:
    return read_table(text.encode(), "mar.csv", Clock(CHICAGO))


def event(text: str) -> AdministrationEvent:
    reading = table(text)
    assert reading.rejected == ()
    (only,) = reading.events
    return only


def wall(time: datetime | None) -> str:
    return "none" if time is None else time.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Action Taken", "action"),
        ("Performed Date/Time", "time"),
        ("Given Date/Time", "time"),
        ("Description", "drug"),
        ("Infusion Start Date/Time", "start"),
        ("Infusion Stop Date/Time", "stop"),
        ("Route of Admin", "route"),
        ("Med Rec #", "patient_id"),
        ("Med Rec No", "patient_id"),
        ("Pt ID", "patient_id"),
        ("Encounter #", "encounter_id"),
        ("Acct #", "encounter_id"),
        ("Visit #", "encounter_id"),
        ("Order #", "order_id"),
    ],
)
def test_headers_of_other_exports(header: str, column: str) -> None:
    rest = [c for c in ("encounter_id", "drug", "action", "time", "start") if c != column]
    found = match_header([header, *rest])
    assert isinstance(found, ColumnMap)
    assert found.headers[column] == header


def test_order_is_the_drug_only_where_a_profile_says_so() -> None:
    header = ["Visit", "Order", "Action Taken", "Time"]
    problem = match_header(header)
    mapped = match_header(header, {"drug": ["Order"]})
    assert isinstance(problem, HeaderProblem)
    assert "'Order' was read as order_id; if it names the drug, map it as drug" in problem.fix
    assert isinstance(mapped, ColumnMap)
    assert mapped.headers["drug"] == "Order"
    assert not mapped.has("order_id")


def test_no_name_stands_for_two_columns() -> None:
    keys = [k for column, names in ALIASES.items() for k in {key(name) for name in (column, *names)}]
    assert [k for k in keys if keys.count(k) > 1] == []
    assert len(set(COLUMNS)) == len(COLUMNS)


@pytest.mark.parametrize(
    ("day", "time", "read"),
    [
        ("03/10/2026", "8:05 AM", "2026-03-10 08:05"),
        ("2026-03-10", "0805", "2026-03-10 08:05"),
        ("2026-03-10 00:00:00", "805", "2026-03-10 08:05"),
        ("20260310", "20:05", "2026-03-10 20:05"),
        ("10-Mar-2026", "20:05:30", "2026-03-10 20:05"),
        ("03/10/2026", "03/11/2026 8:05 AM", "2026-03-11 08:05"),  # the time is whole by itself
    ],
)
def test_the_day_in_a_column_of_its_own(day: str, time: str, read: str) -> None:
    one = event(f"Visit,Drug,Action,Admin Date,Admin Time\nV1,NS,New Bag,{day},{time}\n")
    assert wall(one.time) == read


def test_start_and_stop_with_their_own_days() -> None:
    one = event("Visit,Drug,Start Date,Start Time,Stop Date,Stop Time\nV1,NS,03/10/2026,23:30,03/11/2026,00:40\n")
    assert (wall(one.time), wall(one.stop)) == ("2026-03-10 23:30", "2026-03-11 00:40")


@pytest.mark.parametrize(("stop", "read"), [("23:50", "2026-03-10 23:50"), ("00:40", "2026-03-11 00:40")])
def test_one_day_for_start_and_stop(stop: str, read: str) -> None:
    one = event(f"Visit,Drug,Date,Start Time,Stop Time\nV1,NS,03/10/2026,23:30,{stop}\n")
    assert (wall(one.time), wall(one.stop)) == ("2026-03-10 23:30", read)


def test_a_start_date_alone_may_hold_the_time_too() -> None:
    one = event("Visit,Drug,Start Date,End Date\nV1,NS,03/10/2026 08:00,03/10/2026 09:00\n")
    assert (wall(one.time), wall(one.stop)) == ("2026-03-10 08:00", "2026-03-10 09:00")


def test_an_empty_day_leaves_a_time_without_a_date() -> None:
    (rejected,) = table("Visit,Drug,Action,Admin Date,Admin Time\nV1,NS,New Bag,,08:05\n").rejected
    assert isinstance(rejected, Rejected)
    assert rejected.code == "time-without-date"


def test_a_strange_header_is_shown_as_it_is() -> None:
    problem = match_header(["Pt Name", "Substance", "What was done", "Time of it"])
    assert isinstance(problem, HeaderProblem)
    assert "Found: Pt Name, Substance, What was done, Time of it." in problem.message


def test_a_row_of_data_is_shown_in_shapes_only() -> None:
    problem = match_header(["DOE JANE", "cefazolin", "New Bag", "03/10/2026 8:05"])
    assert isinstance(problem, HeaderProblem)
    assert "JANE" not in problem.message


def test_what_is_lost_without_a_patient_is_said_when_it_may_matter() -> None:
    head, one, two = "Visit,Drug,Start\n", "V1,NS,2026-03-10 08:00\n", "V2,NS,2026-03-10 12:00\n"
    assert [f.code for f in table(head + one).findings] == []
    (finding,) = table(head + one + two).findings
    assert finding.code == "patient-column-missing"
    assert "modifier 59" in finding.message
