"""Every flat table of a result by name: its columns, and the items of an encounter that are its rows.

Frames, the workbook and the data dictionary are made from this one list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reports.columns import ADMINISTRATION_COLUMNS, LINE_COLUMNS, QUERY_COLUMNS, Cell, Column
from reports.columns_evidence import (
    EVIDENCE_COLUMNS,
    FINDING_COLUMNS,
    GAP_COLUMNS,
    LEDGER_COLUMNS,
    OVERLAP_COLUMNS,
    UNBILLED_COLUMNS,
    supports,
)
from timeline.model import CodedEncounter, Result


@dataclass(frozen=True, slots=True)
class FlatTable:
    """One table: what a row is, its columns, and how the rows of an encounter are found."""

    row: str
    columns: tuple[Column[Any], ...]
    items: Callable[[CodedEncounter], Iterable[Any]]

    def cells(self, result: Result) -> Iterator[list[Cell]]:
        """One list of cells a row, in the order of the encounters."""
        for coded in result.encounters:
            for item in self.items(coded):
                yield [column.value(coded, item) for column in self.columns]


TABLES: Mapping[str, FlatTable] = {
    "lines": FlatTable("a line of the bill", LINE_COLUMNS, lambda e: e.lines),
    "administrations": FlatTable("an administration", ADMINISTRATION_COLUMNS, lambda e: e.timeline.administrations),
    "overlaps": FlatTable("two administrations at the same time", OVERLAP_COLUMNS, lambda e: e.timeline.overlaps),
    "gaps": FlatTable("a stretch of a line in which nothing ran", GAP_COLUMNS, lambda e: e.timeline.gaps),
    "queries": FlatTable("an open query", QUERY_COLUMNS, lambda e: e.queries),
    "unbilled": FlatTable("minutes or a dose without a code of their own", UNBILLED_COLUMNS, lambda e: e.unbilled),
    "ledger": FlatTable("where the minutes of an administration went", LEDGER_COLUMNS, lambda e: e.ledger),
    "findings": FlatTable("a finding about an encounter", FINDING_COLUMNS, lambda e: e.findings),
    "evidence": FlatTable("a record that supports a line", EVIDENCE_COLUMNS, supports),
}
