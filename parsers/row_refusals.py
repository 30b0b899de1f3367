"""Why a row of a table cannot be used although its cells were found: no encounter, no drug, a number cut short."""

from __future__ import annotations

from parsers.events import Rejected, Source
from parsers.shapes import shape


def encounter_cut(source: Source, header: str, encounter: str) -> Rejected:
    """A long number as a spreadsheet shows it (7.00126E+11)."""
    return Rejected(
        _at(source, header),
        "encounter-cut",
        f"{header}: a number was cut short by a spreadsheet ({shape(encounter)}); others may look the same.",
        "Format the column as text before saving, or export anew.",
    )


def cell_empty(source: Source, header: str, code: str) -> Rejected:
    """A cell without which nothing can be billed or excluded."""
    return Rejected(
        _at(source, header),
        code,
        f"The row has no value in {header}.",
        "Fill the cell in the export; without it nothing can be billed or excluded.",
    )


def _at(source: Source, header: str) -> Source:
    return Source(source.file, source.record, source.row, segment=source.segment, field=header)
