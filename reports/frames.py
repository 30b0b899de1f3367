"""The result as pandas frames, for a notebook.  pandas is imported only when a frame is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reports.columns import ADMINISTRATION_COLUMNS, LINE_COLUMNS, QUERY_COLUMNS, Cell, Column, ColumnType, rows
from timeline.model import Result

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

_DTYPES: dict[ColumnType, str] = {
    "text": "string",
    "integer": "Int64",
    "number": "Float64",
    "yes/no": "boolean",
    "date": "datetime64[s]",
    "time": "string",
}
"""Times stay ISO texts: a column may hold several offsets, which one datetime64 column cannot."""


def lines_frame(result: Result) -> pd.DataFrame:
    """One row a line; the columns and dtypes are there for an empty result too."""
    return _frame(LINE_COLUMNS, [r for e in result.encounters for r in rows(e, e.lines, LINE_COLUMNS)])


def administrations_frame(result: Result) -> pd.DataFrame:
    """One row an administration."""
    columns = ADMINISTRATION_COLUMNS
    return _frame(columns, [r for e in result.encounters for r in rows(e, e.timeline.administrations, columns)])


def queries_frame(result: Result) -> pd.DataFrame:
    """One row an open query."""
    return _frame(QUERY_COLUMNS, [r for e in result.encounters for r in rows(e, e.queries, QUERY_COLUMNS)])


def _frame(columns: tuple[Column[T], ...], cells: list[list[Cell]]) -> pd.DataFrame:
    import pandas as pd

    series = {}
    for position, column in enumerate(columns):
        values = [row[position] for row in cells]
        series[column.name] = pd.Series(values, dtype=object).astype(pd.api.types.pandas_dtype(_DTYPES[column.type]))
    return pd.DataFrame(series)
