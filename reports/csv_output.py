"""The lines as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import date

from reports.columns import LINE_COLUMNS, Cell, line_rows
from reports.safe_text import cell_text
from timeline.model import Result


def lines_csv(result: Result) -> str:
    """One row a line under a header row, in the order of the result; rows end with a line feed.

    Text that a spreadsheet would read as a formula is written with an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in LINE_COLUMNS])
    for cells in line_rows(result):
        writer.writerow([_cell(value) for value in cells])
    return out.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return cell_text(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return f"{value:.2f}" if isinstance(value, float) else str(value)
