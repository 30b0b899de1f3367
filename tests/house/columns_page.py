"""``docs/columns.md`` from the declared columns.  ``python -m tests.house.columns_page`` writes it anew."""

from __future__ import annotations

from reports.flat_tables import TABLES, FlatTable
from tests.house.places import ROOT

PAGE = ROOT / "docs" / "columns.md"
_HEAD = """# The columns of the frames

Written from `reports/columns.py` and `reports/columns_evidence.py` by `python -m tests.house.columns_page`; a test
notices when they differ.

`analyze(...)` gives a review; each table is an attribute of it, `review.lines` for one, and a pandas frame. An empty
result has the same columns and types. Each frame goes to Parquet and back unchanged. pandas 2.2 and 3 both do.

| type here | dtype | empty |
|---|---|---|
| text | `string` | `<NA>` |
| category | `category`, of texts: a text of few values | `NaN` |
| integer | `Int64` | `<NA>` |
| number | `Float64` | `<NA>` |
| yes/no | `boolean` | `<NA>` |
| date | `datetime64[ms]` | `NaT` |
| time | `datetime64[ms, zone]`, in the zone of the run | `NaT` |

`--format csv` writes the columns of `lines`. Findings about a file, and rejected and ignored records, belong to no
encounter: `review.result.findings`, `.rejected`, `.ignored`.
"""


def columns_page() -> str:
    """The whole page, ending with a line feed."""
    return "\n".join([_HEAD, *(_section(name, table) for name, table in TABLES.items())])


def _section(name: str, table: FlatTable) -> str:
    rows = [f"| `{column.name}` | {column.type} | {column.meaning} |" for column in table.columns]
    head = [f"## {name}", "", f"One row: {table.row}.", "", "| column | type | meaning |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(columns_page(), "utf-8")
