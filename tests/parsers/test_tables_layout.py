"""The layout of exports: headers, rows that are no data, outlines, and cells as databases and sheets write them."""

from __future__ import annotations

import pytest

from parsers.clock import Clock
from parsers.file_reading import FileReading
from parsers.profiles import load_profile
from parsers.table_layout import joined_rows
from parsers.tables import read_table
from parsers.zones import zone_of


def table(*lines: str) -> FileReading:
    reading = read_table("\n".join(lines).encode(), "mar.csv", Clock(zone_of("America/Chicago")))
    assert reading.records == reading.used + sum(i.count for i in reading.ignored) + len(reading.rejected)
    return reading


def ignored(reading: FileReading) -> dict[str, list[int | None]]:
    return {entry.reason: [at.row for at in entry.sources] for entry in reading.ignored}


HEADER = "encounter,mrn,order,drug,route,start,stop"
CEFAZOLIN = "7001,T1,501,cefazolin,IVPB,2026-03-10 08:00,2026-03-10 08:45"
VANCOMYCIN = "7002,T2,502,vancomycin,IVPB,2026-03-10 09:00,2026-03-10 10:30"


# Headers


@pytest.mark.parametrize(
    ("top", "bottom", "names"),
    [
        (["Start", "", "Stop", ""], ["Date", "Time"] * 2, ["Start Date", "Start Time", "Stop Date", "Stop Time"]),
        (["Patient", "", "Drug"], ["MRN", "Encounter", ""], ["Patient MRN", "Encounter", "Drug"]),
        (["Order", "", ""], ["ID", "Drug", "Prescriber"], ["Order ID", "Drug", "Order Prescriber"]),
        (["Dose", ""], ["", "Unit", "Nurse"], ["Dose", "Dose Unit", "Nurse"]),
    ],
)
def test_a_header_of_two_rows_joins_group_and_name(top: list[str], bottom: list[str], names: list[str]) -> None:
    assert joined_rows(top, bottom, load_profile()) == names


def test_a_row_of_data_is_never_taken_for_the_second_row_of_a_header() -> None:
    reading = table(HEADER, CEFAZOLIN)
    assert (reading.used, [f.code for f in reading.findings]) == (1, [])


def test_the_header_is_found_below_twenty_titles_and_not_below_thirty() -> None:
    titles = [f"Title line {'x' * n}" for n in range(20)]
    assert table(*titles, HEADER, CEFAZOLIN).used == 1
    (rejected,) = table(*titles, *titles, HEADER, CEFAZOLIN).rejected
    assert rejected.code == "columns-missing"


def test_titles_with_commas_do_not_decide_the_delimiter() -> None:
    text = "Unit A, B, C, D, E, F and G, day shift\n" + HEADER.replace(",", "|") + "\n" + CEFAZOLIN.replace(",", "|")
    assert read_table(text.encode(), "mar.txt", Clock()).used == 1


# Rows that are no data


def test_header_titles_and_totals_at_page_breaks_are_ignored_and_counted() -> None:
    reading = table(
        "MAR of unit 5",
        HEADER,
        CEFAZOLIN,
        "Page 1 of 2",
        "MAR of unit 5",
        HEADER,
        VANCOMYCIN,
        ",,,,,,",
        "Grand total,,,2,,,",
    )
    assert [e.source.row for e in reading.events] == [3, 7]
    assert ignored(reading) == {"title line": [4, 5], "repeated header": [6], "blank row": [8], "total row": [9]}


@pytest.mark.parametrize(
    "first", ["Total", "Subtotal:", "Grand Total", "Unit total", "Count", "(12 rows affected)", "Sum"]
)
def test_total_rows(first: str) -> None:
    assert ignored(table(HEADER, CEFAZOLIN, f"{first},,,,,,12")) == {"total row": [3]}


def test_total_parenteral_nutrition_is_a_drug_and_no_total() -> None:
    reading = table(HEADER, "7001,T1,501,Total parenteral nutrition,IV,2026-03-10 08:00,2026-03-10 20:00")
    assert [e.drugs[0].name for e in reading.events] == ["Total parenteral nutrition"]


def test_a_row_with_an_encounter_alone_is_rejected_and_no_title() -> None:
    (rejected,) = table(HEADER, "7001,,,,,,").rejected
    assert rejected.code == "drug-empty"


# Outlines


def test_patient_and_encounter_are_carried_down_a_block() -> None:
    reading = table(
        HEADER,
        CEFAZOLIN,
        ",,502,morphine,IV push,2026-03-10 09:00,",
        ",,503,ondansetron,IV push,2026-03-10 09:05,",
        VANCOMYCIN.replace(",502,", ",504,"),
    )
    assert [(e.encounter_id, e.patient_id) for e in reading.events] == [("7001", "T1")] * 3 + [("7002", "T2")]
    (note,) = reading.findings
    assert (note.code, note.message[:53]) == (
        "cells-carried-down",
        "The table names the encounter once a block: 2 rows le",
    )


def test_a_gap_in_a_flat_table_is_no_repetition() -> None:
    again = CEFAZOLIN.replace("501", "505").replace("08:", "11:")
    gap = VANCOMYCIN.replace("7002,T2", ",T2")
    reading = table(HEADER, CEFAZOLIN, again, gap, gap.replace("09:", "07:"), gap.replace("09:", "06:"))
    assert [r.code for r in reading.rejected] == ["encounter-empty"] * 3


def test_another_patient_without_an_encounter_is_not_given_the_one_above() -> None:
    reading = table(
        HEADER,
        CEFAZOLIN,
        ",,502,morphine,IV push,2026-03-10 09:00,",
        ",T9,503,ondansetron,IV push,2026-03-10 09:05,",
    )
    assert [(e.encounter_id, e.order_id) for e in reading.events] == [("7001", "501"), ("7001", "502")]
    assert [(r.source.row, r.code) for r in reading.rejected] == [(4, "encounter-empty")]


# Cells


def test_what_databases_write_for_nothing_is_nothing() -> None:
    (event,) = table(HEADER + ",rate,site", CEFAZOLIN.rsplit(",", 1)[0] + ",NULL,#N/A,\\N").events
    assert (event.stop, event.rate, event.site) == (None, None, None)


def test_numbers_protected_from_excel_keep_their_zeros() -> None:
    (event,) = table(HEADER, '="0007001",="T1",="0501",' + CEFAZOLIN.split(",", 3)[3]).events
    assert (event.encounter_id, event.patient_id, event.order_id) == ("0007001", "T1", "0501")


def test_a_number_cut_by_a_spreadsheet_is_rejected_without_being_shown() -> None:
    (rejected,) = table(HEADER, CEFAZOLIN.replace("7001", "7.00126E+11")).rejected
    assert rejected.code == "encounter-cut"
    assert rejected.message == (
        "encounter: a number was cut short by a spreadsheet (9.99999A+99); others may look the same."
    )


def test_a_grid_of_hours_is_told_from_a_table() -> None:
    (rejected,) = table("Patient,Visit,Medication,0700,0800,0900", "T1,7001,cefazolin,,x,").rejected
    assert rejected.fix.startswith("Its columns are hours: a grid cannot be read.")


@pytest.mark.parametrize(
    ("cell", "name", "route", "dose", "unit", "bag", "minutes", "rate"),
    [
        ("cefTRIAXone 1 g in NS 50 mL IVPB over 30 min", "cefTRIAXone", "IVPB", 1, "g", 50, 30, None),
        ("ondansetron (ZOFRAN) 4 mg, IV push", "ondansetron (ZOFRAN)", "IV push", 4, "mg", None, None, None),
        ("sodium chloride 0.9 % bolus 1,000 mL IV", "sodium chloride 0.9 % bolus", "IV", 1000, "mL", 1000, None, None),
        ("heparin 25,000 units/250 mL IV 12 units/kg/hr", "heparin", "IV", 25000, "units", 250, None, 12),
        ("dextrose 5 % 1000 mL IV infusion at 75 mL/hr", "dextrose 5 %", "IV", 1000, "mL", 1000, None, 75),
        ("iron sucrose 200 mg IVPB over 1 hr 30 min", "iron sucrose", "IVPB", 200, "mg", None, 90, None),
        ("IV push morphine 4 mg", "morphine", "IV push", 4, "mg", None, None, None),
        ("cefazolin", "cefazolin", None, None, None, None, None, None),
    ],
)  # fmt: skip
def test_drug_dose_and_route_in_one_cell(
    cell: str,
    name: str,
    route: str | None,
    dose: float | None,
    unit: str | None,
    bag: float | None,
    minutes: float | None,
    rate: float | None,
) -> None:
    (event,) = table("encounter,drug,start", f'7001,"{cell}",2026-03-10 08:00').events
    told = (event.drugs[0].name, event.route, event.dose, event.dose_unit, event.bag_volume_ml)
    assert told == (name, route, dose, unit, bag)
    assert (event.ordered_minutes, event.rate) == (minutes, rate)


def test_a_route_column_leaves_the_drug_as_charted() -> None:
    (event,) = table("encounter,drug,route,start", "7001,vancomycin 1 g IVPB,IV,2026-03-10 08:00").events
    assert (event.drugs[0].name, event.route, event.dose) == ("vancomycin 1 g IVPB", "IV", None)
