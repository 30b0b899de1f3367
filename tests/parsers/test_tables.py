"""The MAR table: both shapes, the forms an export takes, and what becomes of every row."""

from __future__ import annotations

import pytest

from parsers.clock import Clock
from parsers.events import Action, AdministrationEvent, Rejected, Route
from parsers.file_reading import FileReading
from parsers.profiles import Profile
from parsers.tables import read_table
from parsers.zones import zone_of


def table(text: str | bytes, profile: Profile | None = None) -> FileReading:
    data = text if isinstance(text, bytes) else text.encode()
    return read_table(data, "mar.csv", Clock(zone_of("America/Chicago")), profile)


def only_event(text: str) -> AdministrationEvent:
    reading = table(text)
    assert reading.rejected == ()
    (event,) = reading.events
    return event


def only_rejected(text: str | bytes) -> Rejected:
    reading = table(text)
    assert reading.events == ()
    (rejected,) = reading.rejected
    return rejected


INTERVALS = """\
encounter_id,order_id,drug,route,site,start,stop
E1,O1,cefazolin,IV,left arm,2026-03-10T08:00,2026-03-10T09:15
E1,O2,vancomycin,IVPB,left arm,3/10/2026 9:00 AM,
"""

ACTIONS = """\
encounter_id,order_id,drug,route,site,action,time,rate,rate_unit
E1,O1,cefazolin,IV,left arm,New Bag,2026-03-10T08:00,125,mL/hr
E1,O1,cefazolin,IV,left arm,Rate Change,2026-03-10T08:30,2,mL/min
E1,O1,cefazolin,IV,left arm,Stopped,2026-03-10T09:15,,
"""


def test_one_row_an_administration() -> None:
    reading = table(INTERVALS)
    first, second = reading.events
    assert (first.action, first.time.isoformat(), first.stop and first.stop.isoformat()) == (
        Action.INTERVAL,
        "2026-03-10T08:00:00-05:00",
        "2026-03-10T09:15:00-05:00",
    )
    assert (first.stop_from, first.drugs[0].name, first.site, first.route) == (
        "charted",
        "cefazolin",
        "left arm",
        Route.IV,
    )
    assert (second.action, second.stop, second.stop_from, second.route) == (Action.INTERVAL, None, None, Route.IVPB)
    assert (reading.records, reading.used) == (2, 2)


def test_one_row_an_action() -> None:
    hung, changed, stopped = table(ACTIONS).events
    assert [e.action for e in (hung, changed, stopped)] == [Action.NEW_BAG, Action.RATE_CHANGE, Action.STOPPED]
    assert (hung.action_text, hung.rate, hung.rate_unit, hung.rate_ml_per_hour) == ("New Bag", 125, "mL/hr", 125)
    assert (changed.rate, changed.rate_ml_per_hour) == (2, 120)
    assert (stopped.rate, stopped.stop) == (None, None)


def test_both_shapes_in_one_table() -> None:
    text = (
        "encounter_id,drug,route,action,time,start,stop\n"
        "E1,cefazolin,IV,,,2026-03-10T08:00,2026-03-10T09:00\n"
        "E1,ondansetron,IV push,Given,2026-03-10T08:10,,\n"
        "E1,cefepime,IVPB,Given,,2026-03-10T10:00,2026-03-10T10:30\n"
        "E1,heparin,IV,Started,2026-03-10T11:00,,2026-03-10T12:00\n"
    )
    found = [(e.action, e.time.hour, e.stop.hour if e.stop else None) for e in table(text).events]
    assert found == [
        (Action.INTERVAL, 8, 9),
        (Action.GIVEN, 8, None),
        (Action.GIVEN, 10, 10),
        (Action.INTERVAL, 11, 12),
    ]


def test_source_counts_rows_as_a_spreadsheet_does_and_records_from_one() -> None:
    text = 'encounter_id,drug,start,comment\nE1,a,2026-03-10T08:00,"two\nlines"\n,,,\nE1,b,2026-03-10T09:00,\n'
    reading = table(text)
    assert [(e.source.row, e.source.record) for e in reading.events] == [(2, 1), (4, 3)]
    assert [(i.reason, i.count, i.sources[0].row) for i in reading.ignored] == [("blank row", 1, 3)]
    assert reading.records == 3


@pytest.mark.parametrize(
    "header",
    [
        "Encounter ID,Drug,Start,Stop",
        "ENCOUNTER_ID , drug,start,stop",
        "CSN,Medication,Start Time,End Time",
        "Visit Number,Med Name,Infusion Start,Infusion End",
        "Acct #,Drug Name,start_dttm,stop_dttm",
    ],
)
def test_headers_match_without_case_spaces_and_punctuation(header: str) -> None:
    event = only_event(f"{header}\nE1,cefazolin,2026-03-10T08:00,2026-03-10T09:00\n")
    assert (event.encounter_id, event.drugs[0].name) == ("E1", "cefazolin")
    assert event.stop is not None
    assert (event.stop - event.time).total_seconds() == 3600


def test_epic_style_columns() -> None:
    event = only_event(
        "MAR_ENC_CSN,ORDER_MED_ID,MEDICATION,MAR_ACTION,TAKEN_TIME,SAVED_TIME,INFUSION_RATE,MAR_INF_RATE_UNIT,IV_SITE\n"
        "7001,5501,vancomycin,New Bag,3/10/2026 8:00 AM,3/10/2026 8:04 AM,250,mL/hr,R FA 20g\n"
    )
    assert (event.encounter_id, event.order_id, event.site) == ("7001", "5501", "R FA 20g")
    assert event.action is Action.NEW_BAG
    assert event.recorded_at is not None
    assert event.recorded_at.minute == 4


def test_a_profile_adds_headers_words_and_names_of_a_line() -> None:
    profile = Profile(
        name="ours",
        columns={"drug": ("Praeparat",), "site": ("Zugang",)},
        action_map={"Bag Up": Action.NEW_BAG},
        route_map={"IV gravity": Route.IV},
        site_aliases={"L FA 20g": "IV1"},
    )
    reading = table(
        "encounter_id,Praeparat,action,time,route,Zugang\nE1,cefazolin,Bag Up,2026-03-10T08:00,IV Gravity,l fa 20G\n",
        profile,
    )
    (event,) = reading.events
    assert (event.action, event.route, event.site, event.drugs[0].name) == (
        Action.NEW_BAG,
        Route.IV,
        "IV1",
        "cefazolin",
    )


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiters(delimiter: str) -> None:
    event = only_event(INTERVALS.splitlines()[0].replace(",", delimiter) + "\n"
                       + INTERVALS.splitlines()[1].replace(",", delimiter) + "\n")  # fmt: skip
    assert event.site == "left arm"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = "encounter_id,drug,start\nE1,morphine µg,2026-03-10T08:00\n"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    reading = table(mark + text.encode(encoding))
    assert reading.events[0].drugs[0].name == "morphine µg"
    assert [f.code for f in reading.findings] == (["encoding-assumed"] if encoding == "cp1252" else [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    assert len(table(INTERVALS.replace("\n", end)).events) == 2


def test_title_lines_above_the_header_are_passed_over_and_told() -> None:
    reading = table("MAR export\nUnit 5;day shift\n\n" + INTERVALS)
    assert [e.source.row for e in reading.events] == [5, 6]
    assert [(f.code, f.source.row if f.source else None) for f in reading.findings] == [("lines-before-header", 4)]


def test_excels_separator_line() -> None:
    assert len(table("sep=;\n" + INTERVALS.replace(",", ";")).events) == 2


def test_amounts_are_normalised_to_ml_and_ml_per_hour() -> None:
    event = only_event(
        "encounter_id,drug,start,dose,dose_unit,volume,volume_unit,bag_volume,rate,ordered_minutes,ordered_volume,"
        'ordered_rate\nE1,NS,2026-03-10T08:00,4,mg,0.25,L,"1,000 mL",125 mL/hr,1:30,500,250\n'
    )
    assert (event.dose, event.dose_unit) == (4, "mg")
    assert (event.volume_ml, event.bag_volume_ml) == (250, 1000)
    assert (event.rate, event.rate_unit, event.rate_ml_per_hour) == (125, "mL/hr", 125)
    assert (event.ordered_minutes, event.ordered_volume_ml, event.ordered_rate_ml_per_hour) == (90, 500, 250)


def test_a_dose_in_ml_is_the_volume_when_none_is_charted() -> None:
    header = "encounter_id,drug,start,dose,dose_unit,volume\n"
    assert only_event(header + "E1,NS,2026-03-10T08:00,500,mL,\n").volume_ml == 500
    assert only_event(header + "E1,NS,2026-03-10T08:00,500,mL,480\n").volume_ml == 480
    assert only_event(header + "E1,NS,2026-03-10T08:00,500,mg,\n").volume_ml is None


def test_a_duration_stands_for_a_stop_that_is_not_charted() -> None:
    header = "encounter_id,drug,start,stop,duration,duration unit\n"
    by_duration = only_event(header + "E1,NS,2026-03-10T08:00,,1.5,hours\n")
    assert by_duration.stop is not None
    assert (by_duration.stop.isoformat(), by_duration.stop_from) == ("2026-03-10T09:30:00-05:00", "duration")
    charted = only_event(header + "E1,NS,2026-03-10T08:00,2026-03-10T09:00,90,\n")
    assert charted.stop is not None
    assert (charted.stop.hour, charted.stop_from) == (9, "charted")
    assert only_event(header + "E1,NS,2026-03-10T08:00,,0,\n").stop is None


def test_the_duration_of_a_new_bag_is_what_was_planned_and_no_stop() -> None:
    event = only_event("encounter_id,drug,action,time,duration\nE1,NS,New Bag,2026-03-10T08:00,60\n")
    assert (event.action, event.stop) == (Action.NEW_BAG, None)


def test_the_rest_of_the_row_is_carried() -> None:
    event = only_event(
        "encounter_id,patient_id,payer,drug,drug_code,hcpcs,category,primary_drug,start,device,nurse,department,"
        "patient_class,correction,comment\n"
        "E1,P1,Medicare,dexamethasone + ondansetron,0641,J1100,chemo,yes,2026-03-10T08:00,portable pump,N04,ED,E,"
        "update,late entry\n"
    )
    (drug,) = event.drugs
    assert (drug.name, drug.code, drug.hcpcs, drug.category) == (
        "dexamethasone + ondansetron",
        "0641",
        "J1100",
        "chemo",
    )
    assert (event.patient_id, event.payer, event.primary_drug, event.device) == (
        "P1",
        "Medicare",
        True,
        "portable pump",
    )
    assert (event.nurse, event.department, event.patient_class) == ("N04", "ED", "E")
    assert (event.correction, event.comment) == ("update", "late entry")


def test_two_drugs_on_one_order_and_time_stay_two_events() -> None:
    reading = table("encounter_id,order_id,drug,start\nE1,O1,ondansetron,2026-03-10T08:00\nE1,O1,NS,2026-03-10T08:00\n")
    assert [e.drugs[0].name for e in reading.events] == ["ondansetron", "NS"]


def test_the_autumn_hour_keeps_both_readings_and_the_spring_gap_is_told() -> None:
    reading = table(
        "encounter_id,drug,start,stop\n"
        "E1,NS,2026-11-01T00:30,2026-11-01T01:30\n"
        "E1,NS,2026-03-08T02:15,2026-03-08T04:00\n"
    )
    autumn, spring = reading.events
    assert autumn.stop is not None
    assert autumn.stop_if_late is not None
    assert (autumn.stop_if_late - autumn.stop).total_seconds() == 3600
    assert spring.time.isoformat() == "2026-03-08T03:15:00-05:00"
    assert [f.code for f in reading.findings] == ["time-in-gap"]


# Rows that cannot be used


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (",cefazolin,IV,Given,2026-03-10T08:00", "encounter-empty", "encounter_id"),
        ("E1,,IV,Given,2026-03-10T08:00", "drug-empty", "drug"),
        ("E1,cefazolin,IV,Given,", "time-empty", "time"),
        ("E1,cefazolin,IV,Given,2026-03-10", "date-only", "time"),
        ("E1,cefazolin,IV,Given,2026-13-10T08:00", "time-impossible", "time"),
        ("E1,cefazolin,IV,,2026-03-10T08:00", "action-empty", "action"),
        ("E1,cefazolin,IV,Stoped,2026-03-10T08:00", "action-unknown", "action"),
        ("E1,cefazolin,IV,Given,2026-03-10T08:00,surplus", "row-shifted", None),
    ],
)
def test_a_row_that_cannot_be_used_is_rejected_with_its_reason_and_the_rest_goes_on(
    row: str, code: str, field: str | None
) -> None:
    reading = table(f"encounter_id,drug,route,action,time\n{row}\nE1,cefazolin,IV,Given,2026-03-10T08:00\n")
    (rejected,) = reading.rejected
    assert (rejected.code, rejected.source.row, rejected.source.field) == (code, 2, field)
    assert rejected.fix
    assert (reading.records, reading.used) == (2, 1)


def test_an_unknown_action_is_named_with_the_nearest_known_words() -> None:
    rejected = only_rejected("encounter_id,drug,action,time\nE1,cefazolin,Stoped,2026-03-10T08:00\n")
    assert "'Stoped'" in rejected.message
    assert "Stopped" in rejected.message.replace("'Stoped'", "")


def test_an_unreadable_stop_is_a_missing_stop_with_a_finding() -> None:
    reading = table("encounter_id,drug,start,stop\nE1,NS,2026-03-10T08:00,2026-03-10\n")
    assert reading.events[0].stop is None
    (finding,) = reading.findings
    assert (finding.severity, finding.code, finding.source and finding.source.row) == ("warning", "date-only", 2)


def test_doubts_are_told_once_for_the_file_with_their_number() -> None:
    rows = "".join(f"E1,NS,by drone,2026-03-10T0{hour}:00\n" for hour in range(8, 10))
    reading = table("encounter_id,drug,route,start\n" + rows)
    (finding,) = reading.findings
    assert finding.code == "route-unknown"
    assert finding.message == (
        "route: a route of the shape AA AAAAA is not known; the row has no route (in 2 rows; this is the first)."
    )
    assert [e.route for e in reading.events] == [None, None]
    assert reading.events[0].route_text == "by drone"


def test_an_open_quotation_mark_never_swallows_rows_unseen() -> None:
    text = (
        "encounter_id,drug,start,comment\n"
        'E1,NS,2026-03-10T08:00,"never closed\n'
        "E1,NS,2026-03-10T09:00,\n"
        "E1,NS,2026-03-10T10:00,\n"
    )
    rejected = only_rejected(text)
    assert rejected.code == "quote-open"
    assert "3 lines" in rejected.message


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("encounter_id,route,start", "drug"),
        ("drug,route,start", "encounter_id"),
        ("encounter_id,drug,route", "start (or action and time)"),
        ("encounter_id,drug,action", "time"),
        ("encounter_id,drug,time", "action"),
    ],
)
def test_a_table_without_required_columns_is_refused_once(header: str, missing: str) -> None:
    reading = table(f"{header}\nx,y,z\nx,y,z\n")
    (rejected,) = reading.rejected
    assert (rejected.code, reading.records) == ("columns-missing", 1)
    assert f"lacks required columns: {missing}." in rejected.message
    assert header.replace(",", ", ") in rejected.message


def test_a_near_miss_in_the_header_is_pointed_out() -> None:
    rejected = only_rejected("encounter_id,Mediction,start\nE1,NS,2026-03-10T08:00\n")
    assert "'Mediction' may be drug" in rejected.fix


def test_a_table_without_a_header_shows_none_of_its_values() -> None:
    rejected = only_rejected("TEST000030,DOE JANE,cefazolin,2026-03-10T08:00\n")
    assert rejected.code == "columns-missing"
    assert not any(word in rejected.message + rejected.fix for word in ("TEST", "DOE", "cefazolin", "2026-03"))


def test_columns_without_a_meaning_are_named() -> None:
    reading = table("encounter_id,drug,start,weather,visit\nE1,NS,2026-03-10T08:00,fair,V1\n")
    assert [(f.code, f.message.rsplit(": ", 1)[1]) for f in reading.findings] == [
        ("column-twice", "visit."),
        ("columns-unused", "weather."),
    ]


def test_a_header_without_rows() -> None:
    reading = table("encounter_id,drug,start\n")
    assert (reading.records, [r.code for r in reading.rejected]) == (1, ["table-empty"])
