"""Writes the workbooks of ``sample_data/messy``: ``python -m tests.messy_workbooks``.

They are kept as files, since that is what a person opens; this says how each was made.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

import xlsxwriter

from tests.house.places import ROOT

FOLDER = ROOT / "sample_data" / "messy"
MADE = datetime(2026, 3, 12, 6, 15)  # noqa: DTZ001 - a workbook's times carry no zone


def workbook(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    """The bytes of a workbook, the same every time."""
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    book.set_properties({"created": MADE, "author": "", "title": "Invented"})
    fill(book)
    book.close()
    return data.getvalue()


def day(hour: int, minute: int) -> datetime:
    return datetime(2026, 3, 10, hour, minute)  # noqa: DTZ001


def merged(book: xlsxwriter.Workbook) -> None:
    """Titles, a header of two rows with merged groups, and encounters merged over their rows."""
    sheet = book.add_worksheet("MAR")
    stamp, bold = book.add_format({"num_format": "m/d/yyyy h:mm"}), book.add_format({"bold": True})
    sheet.merge_range(0, 0, 0, 6, "Infusion Centre - Medication Administration", bold)
    sheet.write(1, 0, "Printed 3/12/2026 6:15")
    sheet.merge_range(3, 0, 3, 1, "Patient", bold)
    sheet.merge_range(3, 2, 3, 4, "Order", bold)
    sheet.merge_range(3, 5, 3, 6, "Administration", bold)
    sheet.write_row(4, 0, ["MRN", "Encounter", "ID", "Drug", "Route", "Start", "Stop"])
    charted = [
        ("501", "cefazolin", "IVPB", day(8, 0), day(8, 45)),
        ("502", "ondansetron", "IV push", day(9, 15), None),
        ("503", "vancomycin", "IVPB", day(9, 0), day(10, 30)),
        ("504", "morphine", "IV push", day(9, 5), None),
        ("505", "famotidine", "IV push", day(9, 10), None),
    ]
    for row, (order, drug, route, start, stop) in enumerate(charted, start=5):
        sheet.write_row(row, 2, [order, drug, route])
        sheet.write_datetime(row, 5, start, stamp)
        if stop is not None:
            sheet.write_datetime(row, 6, stop, stamp)
    sheet.merge_range(5, 0, 6, 0, "T1")
    sheet.merge_range(5, 1, 6, 1, 7001)
    sheet.merge_range(7, 0, 9, 0, "T2")
    sheet.merge_range(7, 1, 9, 1, 7002)
    sheet.write(10, 0, "Total administrations: 5")


def several_sheets(book: xlsxwriter.Workbook) -> None:
    """A cover, two units with a table each, a pivot, an empty sheet, and a hidden one that is left out."""
    cover = book.add_worksheet("Cover")
    cover.write_column(0, 0, ["Monthly MAR export", "Owner: revenue integrity", "Two units"])
    header = ["encounter", "mrn", "order", "drug", "route", "start", "stop"]
    for name, rows in {
        "3 West": [["7001", "T1", "501", "cefazolin", "IVPB", "2026-03-10 08:00", "2026-03-10 08:45"]],
        "ED": [
            ["7002", "T2", "502", "morphine", "IV push", "2026-03-10 09:00", ""],
            ["7003", "T3", "503", "vancomycin", "IVPB", "2026-03-10 09:00", "2026-03-10 10:30"],
        ],
    }.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate([header, *rows]):
            sheet.write_row(number, 0, row)
    pivot = book.add_worksheet("Pivot")
    pivot.write_row(0, 0, ["Drug", "Count"])
    pivot.write_row(1, 0, ["cefazolin", 1])
    book.add_worksheet("Sheet6")
    hidden = book.add_worksheet("old")
    hidden.write_row(0, 0, header)
    hidden.hide()


def typed_cells(book: xlsxwriter.Workbook) -> None:
    """Real dates in one column and real times of day in the next, a duration as [h]:mm, ids as numbers."""
    sheet = book.add_worksheet("MAR")
    on = book.add_format({"num_format": "m/d/yyyy"})
    at = book.add_format({"num_format": "h:mm AM/PM"})
    length = book.add_format({"num_format": "[h]:mm"})
    sheet.write_row(0, 0, ["Encounter", "MRN", "Order", "Drug", "Route", "Start Date", "Start Time", "Duration"])
    for row, (number, drug, start, minutes) in enumerate(
        [(7001, "cefazolin", time(8, 0), 45), (7002, "vancomycin", time(9, 5), 90)], start=1
    ):
        sheet.write_row(row, 0, [number, f"T{row}", 500 + row, drug, "IVPB"])
        sheet.write_datetime(row, 5, day(0, 0), on)
        sheet.write_datetime(row, 6, start, at)
        sheet.write_number(row, 7, minutes / 1440, length)


def no_table(book: xlsxwriter.Workbook) -> None:
    """A workbook of charge totals: nothing in it is a MAR."""
    sheet = book.add_worksheet("Charges")
    for number, row in enumerate([["Code", "Units", "Charge"], ["96365", 4, 812.0], ["96366", 2, 130.0]]):
        sheet.write_row(number, 0, row)


WORKBOOKS = {
    "merged.xlsx": merged,
    "several-sheets.xlsx": several_sheets,
    "typed-cells.xlsx": typed_cells,
    "no-table.xlsx": no_table,
}


def main(folder: Path = FOLDER) -> None:
    for name, fill in WORKBOOKS.items():
        (folder / name).write_bytes(workbook(fill))


if __name__ == "__main__":
    main()
