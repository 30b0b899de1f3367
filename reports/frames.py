"""The result as pandas frames, for a notebook.  pandas is imported only when a frame is asked for.

Types are the same for an empty result: texts ``string``, few-valued texts ``category``, whole numbers ``Int64``,
numbers ``Float64``, yes/no ``boolean``, dates ``datetime64[ms]``, times ``datetime64[ms, zone]`` in the zone of the run
(milliseconds, since Parquet knows no seconds).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from reports.columns import Cell, Column, ColumnType
from reports.flat_tables import TABLES
from timeline.model import Result

if TYPE_CHECKING:
    import pandas as pd

_DTYPES: dict[ColumnType, str] = {
    "text": "string",
    "integer": "Int64",
    "number": "Float64",
    "yes/no": "boolean",
}


def frame(result: Result, name: str) -> pd.DataFrame:
    """One of :data:`reports.flat_tables.TABLES` as a frame; ``KeyError`` for another name."""
    table = TABLES[name]
    rows = list(table.cells(result))
    return _frame(table.columns, rows, result.timezone or "UTC")


def lines_frame(result: Result) -> pd.DataFrame:
    """One row a line; the columns and dtypes are there for an empty result too."""
    return frame(result, "lines")


def administrations_frame(result: Result) -> pd.DataFrame:
    """One row an administration."""
    return frame(result, "administrations")


def queries_frame(result: Result) -> pd.DataFrame:
    """One row an open query."""
    return frame(result, "queries")


def _frame(columns: tuple[Column[Any], ...], rows: list[list[Cell]], zone: str) -> pd.DataFrame:
    import pandas as pd

    series = {
        column.name: _series([row[position] for row in rows], column.type, zone)
        for position, column in enumerate(columns)
    }
    return pd.DataFrame(series)


def _series(values: list[Cell], kind: ColumnType, zone: str) -> pd.Series[Any]:
    import pandas as pd

    if kind == "category":
        # An empty column keeps texts as its categories, so that frames of several runs can be joined.
        known = sorted({v for v in values if isinstance(v, str)})
        return pd.Series(pd.Categorical(values, categories=pd.Index(known, dtype="string")))
    if kind == "time":
        moments = pd.Series([v if isinstance(v, datetime) else None for v in values], dtype=object)
        times = pd.DatetimeIndex(pd.to_datetime(moments, utc=True))
        return pd.Series(times.tz_convert(zone).astype(f"datetime64[ms, {zone}]"))
    if kind == "date":
        days = pd.Series([v.isoformat() if isinstance(v, date) else None for v in values], dtype=object)
        return pd.to_datetime(days, format="%Y-%m-%d").astype("datetime64[ms]")
    return pd.Series(values, dtype=object).astype(pd.api.types.pandas_dtype(_DTYPES[kind]))
