"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) as the rows of their sheets, every cell as a text the table reader knows.

A date cell becomes an ISO time, a duration ``h:mm:ss``, a whole number a number without a point.  Cells merged
downwards hold their value in each of their rows; a merge across columns is a title or the name of a group and stays.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from parsers.events import Rejected, Source
from parsers.table_lines import Line, RawTable

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SECTOR = 512
"""The old format comes in sectors; another length is a transfer that ended early."""
_HALF_SECOND = timedelta(microseconds=500_000)


def is_workbook(data: bytes) -> bool:
    """Whether the content may be a workbook: a ZIP archive, or the container of the old Excel."""
    return data.startswith((ZIP, OLD_EXCEL))


def read_workbook(data: bytes, file: str) -> list[RawTable] | Rejected:
    """Every visible worksheet in order, or why the file cannot be read; hidden sheets are left out."""
    from python_calamine import CalamineError, PasswordError

    if data.startswith(OLD_EXCEL) and len(data) % _SECTOR:
        return _no_workbook(data, file)
    try:
        sheets = _visible_sheets(data)
    except PasswordError:
        return Rejected(
            Source(file),
            "workbook-locked",
            "The workbook is protected by a password.",
            "Open it in Excel, save a copy without the password (or as CSV), and give that.",
        )
    except (CalamineError, OSError, ValueError):
        return _no_workbook(data, file)
    except BaseException as fault:
        # The library panics at some damaged files.  That is no Exception, and no reason to stop the other files.
        if type(fault).__name__ != "PanicException":
            raise
        return _no_workbook(data, file)
    several = len(sheets) > 1
    return [RawTable(_lines(sheet), sheet=number if several else None) for number, sheet in sheets]


def _visible_sheets(data: bytes) -> list[tuple[int, CalamineSheet]]:
    """The worksheets a person sees, each with its number in the workbook."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [
        (number, book.get_sheet_by_name(sheet.name))
        for number, sheet in enumerate(book.sheets_metadata, start=1)
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]


def _no_workbook(data: bytes, file: str) -> Rejected:
    if data.startswith(ZIP):
        return Rejected(
            Source(file),
            "kind-not-supported",
            "This is a ZIP archive or a damaged workbook, which is not read.",
            "Unpack it and give the files inside, or open it in Excel and save it anew.",
        )
    return Rejected(
        Source(file),
        "kind-not-supported",
        "This is an old Office file that is locked, damaged or no workbook.",
        "Open it in Excel, save it as XLSX or CSV, and give that.",
    )


def _lines(sheet: CalamineSheet) -> Iterator[Line]:
    start = sheet.start
    if start is None:
        return
    below = _filled_down(sheet.merged_cell_ranges or (), start[1])
    values: dict[tuple[int, int], str] = {}
    # iter_rows gives every row of the sheet, and its columns from the first one that is used.
    for number, row in enumerate(sheet.iter_rows()):
        cells = [cell_text(cell) for cell in row]
        for column in below.get(number, ()):
            top = below[number][column]
            if column < len(cells):
                if top == number:
                    values[top, column] = cells[column]
                else:
                    cells[column] = cells[column] or values.get((top, column), "")
        yield Line(number + 1, cells)


def _filled_down(
    ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]], first_column: int
) -> dict[int, dict[int, int]]:
    """Row -> column -> first row of the merged block, for blocks of several rows."""
    below: dict[int, dict[int, int]] = {}
    for (top, left), (bottom, _) in ranges:
        if bottom > top:
            for row in range(top, bottom + 1):
                below.setdefault(row, {})[left - first_column] = top
    return below


def cell_text(cell: object) -> str:
    """A cell as the CSV of the same table would say it without loss.

    >>> cell_text(datetime(2026, 3, 10, 8, 5, 0, 400_000)), cell_text(125.0), cell_text(timedelta(minutes=90))
    ('2026-03-10T08:05:00', '125', '1:30:00')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        # Excel counts days in binary fractions: 8:05 may come as 8:04:59.9999.
        return (cell + _HALF_SECOND).replace(microsecond=0).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        whole = timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond)
        return _clock(whole)
    if isinstance(cell, timedelta):
        return _clock(cell)
    return str(cell)


def _clock(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
