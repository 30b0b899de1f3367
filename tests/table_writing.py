"""Writes one and the same record in the forms in which tables come: for the test that all of them say the same.

The record is that of ``benchmarks/generate_feed.py``: visits with charted actions.  Every writer takes the visits and
gives the bytes of a file.  What a form has no place for is left out, as its sender would leave it out.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.house.places import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
try:
    from feed_formats import Visit, iso_time, messages, table_rows, write_table, write_table_header
    from generate_feed import generate
    from situations import Charted
finally:
    sys.path.pop(0)

if TYPE_CHECKING:
    import xlsxwriter

ZONE = "America/New_York"
__all__ = ["WRITERS", "ZONE", "Charted", "Visit", "generate", "iso_time", "record_number", "reference"]
_MIDNIGHT = datetime(2026, 3, 10)  # noqa: DTZ001 - tables without offsets hold the wall clock of the site


def reference(visits: Sequence[Visit]) -> bytes:
    """The HL7 feed, against which every table is held."""
    return "".join(text for visit in visits for _, text in messages(visit)).encode()


def plain_csv(visits: Sequence[Visit]) -> bytes:
    """The MAR table in its canonical columns."""
    text = io.StringIO()
    write_table_header(text)
    for visit in visits:
        write_table(text, table_rows(visit))
    return text.getvalue().encode()


def messy_csv(visits: Sequence[Visit]) -> bytes:
    """Titles, a header of two rows again every forty rows, US times, day and time apart, outline, totals, NULL."""
    top = ["Patient", "", "Order", "", "", "", "", "Administration", "", "", "Rate", "", "Charted", ""]
    low = [
        "MRN",
        "Encounter",
        "ID",
        "Drug",
        "Route",
        "Device",
        "Class",
        "Date",
        "Time",
        "Action",
        "Rate",
        "Unit",
        "At",
        "IV Site",
    ]
    rows: list[list[str]] = [
        ["MAR administrations, all units"],
        ["Printed 3/14/2026 6:15 AM by report01"],
        [],
        top,
        low,
    ]
    for visit in visits:
        for number, (row, cells) in enumerate(_charted_cells(visit)):
            local = _wall(row.minute)
            owner = [cells["patient_id"], visit.encounter] if number == 0 else ["", ""]
            rows.append(
                [
                    *owner, cells["order_id"], cells["drug"], row.route, row.device, cells["patient_class"],
                    f"{local:%m/%d/%Y}", f"{local:%I:%M %p}".lstrip("0"), row.action, cells["rate"] or "NULL",
                    cells["rate_unit"] or "NULL", f"{_wall(row.recorded_minute):%m/%d/%Y %H:%M}", row.site or "NULL",
                ]
            )  # fmt: skip
            if len(rows) % 40 == 0:
                rows += [[f"Page {len(rows) // 40}"], top, low]
    rows += [[], ["Total rows", str(len(rows))]]
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-16")


def merged_workbook(visits: Sequence[Visit]) -> bytes:
    """A workbook with titles, merged patients and encounters, and times as Excel's own."""
    from tests.messy_workbooks import workbook

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet, stamp = book.add_worksheet("MAR"), book.add_format({"num_format": "m/d/yyyy h:mm"})
        sheet.merge_range(0, 0, 0, 11, "MAR administrations")
        names = ["MRN", "Encounter", "Order", "Drug", "Route", "IV Site", "Device", "Action", "Action Time", "Rate",
                 "Rate Unit", "Recorded At", "Class"]  # fmt: skip
        sheet.write_row(2, 0, names)
        at = 3
        for visit in visits:
            cells = list(_charted_cells(visit))
            for line, (row, c) in enumerate(cells, start=at):
                sheet.write_row(line, 2, [c["order_id"], c["drug"], row.route, row.site, row.device, row.action])
                sheet.write_datetime(line, 8, _wall(row.minute), stamp)
                if row.rate is not None:
                    sheet.write_row(line, 9, [row.rate, "mL/hr"])
                sheet.write_datetime(line, 11, _wall(row.recorded_minute), stamp)
                sheet.write(line, 12, c["patient_class"])
            for column, value in enumerate((cells[0][1]["patient_id"], visit.encounter)):
                if len(cells) == 1:
                    sheet.write(at, column, value)
                else:
                    sheet.merge_range(at, column, at + len(cells) - 1, column, value)
            at += len(cells)

    return workbook(fill)


EPIC = [
    "ORDER_MED_ID", "LINE", "TAKEN_TIME", "SAVED_TIME", "MAR_ACTION_C_NAME", "SIG", "DOSE_UNIT_C_NAME", "ROUTE_C_NAME",
    "SITE_C_NAME", "INFUSION_RATE", "MAR_INF_RATE_UNIT_C_NAME", "MAR_ENC_CSN", "PAT_MRN_ID", "DISPLAY_NAME",
]  # fmt: skip


def epic_log(visits: Sequence[Visit]) -> bytes:
    """The action log of an Epic extract: no device, no class of the patient."""
    rows: list[list[str]] = [EPIC]
    for visit in visits:
        for line, (row, cells) in enumerate(_charted_cells(visit), start=1):
            rows.append(
                [
                    cells["order_id"], str(line), f"{_wall(row.minute):%m/%d/%Y %I:%M:%S %p}",
                    f"{_wall(row.recorded_minute):%m/%d/%Y %I:%M:%S %p}", row.action, cells["dose"], cells["dose_unit"],
                    row.route, row.site, cells["rate"], cells["rate_unit"], visit.encounter, cells["patient_id"],
                    cells["drug"],
                ]
            )  # fmt: skip
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


SPANS = [
    "encounter_id",
    "patient_id",
    "order_id",
    "drug",
    "route",
    "site",
    "device",
    "start",
    "stop",
    "rate",
    "rate_unit",
]


def start_stop(visits: Sequence[Visit]) -> bytes:
    """One row a stretch, from start (or restart) to stop (or pause): no actions, no history, no class by time."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(SPANS)
    for visit in visits:
        for row, stop, drug, cells in _stretches(visit):
            rate = [cells["rate"], cells["rate_unit"]]
            times = [iso_time(row.minute), "" if stop is None else iso_time(stop)]
            who = [visit.encounter, cells["patient_id"], cells["order_id"]]
            table.writerow([*who, drug, row.route, row.site, row.device, *times, *rate])
    return text.getvalue().encode()


def durations(visits: Sequence[Visit]) -> bytes:
    """One row a stretch with its length instead of a stop, and drug, dose and route in one cell."""
    text = io.StringIO()
    table = csv.writer(text, delimiter="|", lineterminator="\n")
    table.writerow(["Account", "MRN", "Order #", "Order Description", "IV Site", "Pump", "Start", "Duration"])
    for visit in visits:
        for row, stop, drug, cells in _stretches(visit):
            length = "" if stop is None else f"{(stop - row.minute) // 60}:{(stop - row.minute) % 60:02}"
            rate = f" {cells['rate']} {cells['rate_unit']}" if cells["rate"] else ""
            described = f"{drug} {cells['dose']} {cells['dose_unit']}".strip() + f" {row.route}{rate}"
            who = [visit.encounter, cells["patient_id"], cells["order_id"]]
            start = f"{_wall(row.minute):%Y%m%d%H%M}"
            table.writerow([*who, described, row.site, row.device, start, length])
    return text.getvalue().encode("utf-8-sig")


WRITERS = {
    "plain.csv": plain_csv,
    "messy.csv": messy_csv,
    "merged.xlsx": merged_workbook,
    "epic.tsv": epic_log,
    "start-stop.csv": start_stop,
    "durations.txt": durations,
}


def record_number(visit: Visit) -> str:
    """The patient's number as the tables write it."""
    return next(table_rows(visit))["patient_id"]


def _wall(minute: int) -> datetime:
    return _MIDNIGHT + timedelta(minutes=minute)


def _charted_cells(visit: Visit) -> Iterator[tuple[Charted, dict[str, str]]]:
    """Each row of the plain table with the action it comes from."""
    cells = table_rows(visit)
    for row in visit.chart:
        for _ in range((2 if row.resend else 1) * len(row.drugs)):
            yield row, next(cells)


_OPENS, _CLOSES = {"New Bag", "Restarted"}, {"Stopped", "Paused"}
_ONCE = {"Given"}


def _stretches(visit: Visit) -> Iterator[tuple[Charted, int | None, str, dict[str, str]]]:
    """What an analyst would make of the log by hand: start and stop of each stretch; what was taken back is out."""
    taken_back = {(r.order, r.minute) for r in visit.chart if r.action == "Canceled Entry"}
    rows = sorted(visit.chart, key=lambda r: r.minute)
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row, charted in _charted_cells(visit):
        cells.setdefault((row.order, charted["drug"]), charted)
    running: dict[str, Charted] = {}
    for row in rows:
        if row.action in _ONCE and (row.order, row.minute) not in taken_back:
            for drug in row.drugs:
                yield row, None, drug, cells[row.order, drug]
            taken_back.discard((row.order, row.minute))
        elif row.action in _OPENS:
            running.setdefault(row.order, row)
        elif row.action in _CLOSES and row.order in running:
            began = running.pop(row.order)
            for drug in began.drugs:
                yield began, row.minute, drug, cells[row.order, drug]
    for began in running.values():
        for drug in began.drugs:
            yield began, None, drug, cells[began.order, drug]
