"""Sheets of an Excel workbook: a frozen header with filters, fitting widths, real dates, and texts that stay texts.

Nothing that is charted can become a formula or a link: every text is written as a text.  The same rows give the same
bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from parsers.own_sheets import MARK
from reports.columns import Cell, ColumnType
from reports.safe_text import elide, one_line

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_000_000
"""Rows of one sheet; Excel holds 1,048,576."""
_LONGEST = 32_000
"""Characters of one cell; Excel holds 32,767."""
_LONGEST_LIST = 255
_WIDEST, _NARROWEST = 70, 8
_LINE_HEIGHT = 15.5
"""Points of one line of a wrapped text."""
_MEASURED = 500
"""Rows that decide the width of a column."""
_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for when the file was made, so that the same result is the same file."""
_NUMBERS: dict[ColumnType, str] = {
    "date": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm",
    "number": "#,##0.00",
    "integer": "0",
}


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a sheet: its header and type, and whether a person fills it in."""

    name: str
    type: ColumnType = "text"
    fill_in: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A named sheet of rows; ``note`` stands above the header in one line."""

    name: str
    columns: tuple[SheetColumn, ...]
    rows: Iterable[Sequence[Cell]]
    note: str = ""
    drop_downs: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    """Column to what each of its rows offers; something else may be written all the same."""


@dataclass(slots=True)
class _Formats:
    book: Any
    made: dict[str, Format] = field(default_factory=dict)

    def get(self, **look: object) -> Format:
        key = repr(sorted(look.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format({"valign": "top", **look})
        return self.made[key]


def workbook_bytes(sheets: Iterable[Sheet], title: str) -> bytes:
    """The workbook as a file's content."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    # The mark tells our own workbooks when they come back among the records.
    book.set_properties({"title": title, "category": MARK, "created": _MADE})
    formats = _Formats(book)
    for sheet in sheets:
        _write(book.add_worksheet(sheet.name), sheet, formats)
    book.close()
    return out.getvalue()


def _write(page: Worksheet, sheet: Sheet, formats: _Formats) -> None:
    head = 1 if sheet.note else 0
    if sheet.note:
        page.write_string(0, 0, one_line(sheet.note), formats.get(italic=True, font_color="#555555"))
    for place, column in enumerate(sheet.columns):
        colour = "#FFF3C4" if column.fill_in else "#E8EEF4"
        page.write_string(head, place, column.name, formats.get(bold=True, bg_color=colour, bottom=1, indent=1))
    widths = [len(column.name) + 5 for column in sheet.columns]
    count = 0
    for row in sheet.rows:
        if count == MOST_ROWS:
            page.write_string(head + 1 + count, 0, "More rows than a sheet can hold: use JSON or CSV for the rest.")
            break
        count += 1
        lines = 1
        for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            shown = _cell(page, head + count, place, column, value, formats)
            lines = max(lines, -(-len(shown) // _WIDEST))
            if count <= _MEASURED:
                widths[place] = max(widths[place], min(len(shown), _WIDEST) + 3)
        if lines > 1:
            page.set_row(head + count, _LINE_HEIGHT * lines)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, max(_NARROWEST, widths[place]))
        if column.choices and count:
            page.data_validation(
                head + 1,
                place,
                head + count,
                place,
                {"validate": "list", "source": list(column.choices), "ignore_blank": True},
            )
        for below, offered in enumerate(sheet.drop_downs.get(column.name, ()), start=head + 1):
            _offer(page, below, place, offered)
    page.freeze_panes(head + 1, 0)
    if count and sheet.columns:
        page.autofilter(head, 0, head + count, len(sheet.columns) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(head)


def _offer(page: Worksheet, row: int, place: int, offered: tuple[str, ...]) -> None:
    """A drop-down of one cell, where Excel can hold it: its list is parted by commas and has 255 characters."""
    fits = len(",".join(offered)) <= _LONGEST_LIST and not any(c in text for text in offered for c in ',"')
    if offered and fits and offered[0][:1] not in "=+-@":
        rule = {"validate": "list", "source": list(offered), "ignore_blank": True, "show_error": False}
        page.data_validation(row, place, row, place, rule)


def _cell(page: Worksheet, row: int, place: int, column: SheetColumn, value: Cell, formats: _Formats) -> str:
    """Write one cell; what it shows, for the width of its column."""
    look: dict[str, object] = {"bg_color": "#FFFDF2", "border": 1, "border_color": "#DDDDDD"} if column.fill_in else {}
    if value is None:
        page.write_blank(row, place, None, formats.get(**look))
        return ""
    if isinstance(value, bool):
        page.write_string(row, place, "yes" if value else "no", formats.get(**look))
        return "yes"
    if isinstance(value, datetime):
        page.write_datetime(row, place, value.replace(tzinfo=None), formats.get(num_format=_NUMBERS["time"], **look))
        return "2026-03-10 08:00"
    if isinstance(value, date):
        page.write_datetime(row, place, value, formats.get(num_format=_NUMBERS["date"], **look))
        return "2026-03-10"
    if isinstance(value, int | float):
        page.write_number(row, place, value, formats.get(num_format=_NUMBERS.get(column.type, "0"), **look))
        return f"{value:,.2f}"
    text = elide(one_line(value), _LONGEST)
    # A text that follows a number stands off a little, so that the two are not read as one.
    wrap = {"align": "left", "indent": 1, **({"text_wrap": True} if len(text) > _WIDEST else {})}
    page.write_string(row, place, text, formats.get(**wrap, **look))
    return text
