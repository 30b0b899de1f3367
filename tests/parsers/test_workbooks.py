"""Workbooks: sheets, merged cells, and Excel's own dates, times of day and durations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest
import xlsxwriter

from parsers import Reading, read
from parsers.detect import detect
from parsers.events import Rejected
from parsers.workbooks import cell_text, read_workbook
from tests.messy_workbooks import FOLDER, workbook

HEADER = ["encounter", "mrn", "order", "drug", "route", "start", "stop"]


def opened(tmp_path: Path, fill: Callable[[xlsxwriter.Workbook], None]) -> Reading:
    path = tmp_path / "mar.xlsx"
    path.write_bytes(workbook(fill))
    reading = read(path, timezone="America/Chicago")
    assert reading.records == sum(entry.records for entry in reading.inputs)
    return reading


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("as charted ", "as charted "),
        (7001.0, "7001"),
        (12.5, "12.5"),
        (True, "yes"),
        (datetime(2026, 3, 10, 8, 5), "2026-03-10T08:05:00"),  # noqa: DTZ001
        (datetime(2026, 3, 10, 8, 4, 59, 999_000), "2026-03-10T08:05:00"),  # noqa: DTZ001
        (date(2026, 3, 10), "2026-03-10"),
        (time(23, 30), "23:30:00"),
        (timedelta(minutes=90), "1:30:00"),
        (timedelta(days=2), "48:00:00"),
    ],
)
def test_a_cell_as_text(cell: object, text: str) -> None:
    assert cell_text(cell) == text


def test_every_sheet_with_a_header_is_read_and_records_count_on() -> None:
    reading = read(FOLDER / "several-sheets.xlsx", timezone="America/Chicago")
    places = [(e.source.record, e.source.row, e.source.segment) for e in reading.events]
    assert places == [(1, 2, "sheet 2"), (2, 2, "sheet 3"), (3, 3, "sheet 3")]
    assert {i.reason: [at.segment for at in i.sources] for i in reading.ignored} == {
        "sheet without a MAR table": ["sheet 1", "sheet 4"],
        "empty sheet": ["sheet 5"],
    }


def test_a_merged_cell_stands_in_each_of_its_rows_also_when_the_table_is_no_outline(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(1, 1, HEADER)  # an empty first row and an empty first column
        for row, order in ((2, "501"), (3, "502"), (4, "503"), (5, "504")):
            sheet.write_row(row, 3, [order, "morphine", "IV push", f"2026-03-10 0{row}:00"])
        sheet.merge_range(2, 1, 3, 1, "7001")
        sheet.merge_range(2, 2, 3, 2, "T1")
        for row in (4, 5):
            sheet.write_row(row, 1, ["7002", "T2"])

    reading = opened(tmp_path, fill)
    assert [(e.source.row, e.encounter_id, e.patient_id) for e in reading.events] == [
        (3, "7001", "T1"),
        (4, "7001", "T1"),
        (5, "7002", "T2"),
        (6, "7002", "T2"),
    ]


def test_times_of_day_beside_days_and_durations_are_read_as_excel_holds_them(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        day, clock, length = (book.add_format({"num_format": f}) for f in ("m/d/yy", "h:mm AM/PM", "[h]:mm"))
        sheet.write_row(0, 0, ["Encounter", "Drug", "Route", "Start Date", "Start Time", "Duration"])
        sheet.write_row(1, 0, [7001, "cefazolin", "IVPB"])
        sheet.write_datetime(1, 3, date(2026, 3, 10), day)
        sheet.write_datetime(1, 4, time(23, 30), clock)
        sheet.write_number(1, 5, 90 / 1440, length)

    (event,) = opened(tmp_path, fill).events
    assert (event.encounter_id, event.time.isoformat()) == ("7001", "2026-03-10T23:30:00-05:00")
    assert event.stop is not None
    assert event.stop.isoformat() == "2026-03-11T01:00:00-05:00"


def test_numbers_for_times_are_excels_days(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        # 10 March 2026 is day 46091; 0.3368 of it are 485 minutes: 8:05.
        sheet.write_row(1, 0, ["7001", "T1", "501", "cefazolin", "IVPB", 46091.3368, 46091 + 530 / 1440])

    (event,) = opened(tmp_path, fill).events
    assert event.time.isoformat() == "2026-03-10T08:05:00-05:00"
    assert event.stop is not None
    assert event.stop.isoformat() == "2026-03-10T08:50:00-05:00"


def test_a_workbook_is_told_from_other_archives() -> None:
    assert detect(workbook(lambda book: book.add_worksheet())) == "mar-table"
    found = read_workbook(b"PK\x03\x04 not an archive", "x.xlsx")
    assert isinstance(found, Rejected)
    assert found.code == "kind-not-supported"
    found = read_workbook(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 locked", "x.xls")
    assert isinstance(found, Rejected)
    assert found.message == "This is an old Office file that is locked, damaged or no workbook."


def test_an_empty_workbook_is_refused_gently(tmp_path: Path) -> None:
    reading = opened(tmp_path, lambda book: book.add_worksheet())
    (rejected,) = reading.rejected
    assert (rejected.code, rejected.source.file) == ("table-empty", "mar.xlsx")


def test_columns_of_one_sheet_do_not_serve_another(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        first, second = book.add_worksheet(), book.add_worksheet()
        first.write_row(0, 0, HEADER)
        first.write_row(1, 0, ["7001", "T1", "501", "morphine", "IV push", "2026-03-10 08:00"])
        second.write_row(0, 0, ["Drug", "CSN", "Action", "Taken Time"])
        second.write_row(1, 0, ["ondansetron", "7002", "Given", "2026-03-10 09:00"])

    assert [(e.encounter_id, e.drugs[0].name) for e in opened(tmp_path, fill).events] == [
        ("7001", "morphine"),
        ("7002", "ondansetron"),
    ]


@pytest.mark.parametrize("name", ["old-excel.xls", "merged.xlsx"])
def test_a_damaged_workbook_is_refused_or_read_and_never_raises(name: str, tmp_path: Path) -> None:
    whole, random = (FOLDER / name).read_bytes(), Random(5)
    for number in range(60):
        data = bytearray(whole[: random.randrange(512, len(whole))] if number % 3 == 0 else whole)
        for _ in range(number % 7):
            data[random.randrange(8, len(data))] = random.randrange(256)
        (tmp_path / name).write_bytes(data)
        reading = read(tmp_path / name, timezone="UTC")
        assert reading.records == sum(entry.records for entry in reading.inputs)
        assert all(rejected.fix for rejected in reading.rejected)
