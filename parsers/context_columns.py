"""The columns of the accesses and classes tables, and the other names they go by in exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parsers.mar_columns import ALIASES
from parsers.shapes import header_word
from parsers.vocabulary import key

COLUMNS: dict[str, tuple[str, ...]] = {
    "accesses": ("encounter_id", "site", "start", "stop", "location", "same_as"),
    "classes": ("encounter_id", "class", "start", "stop"),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "accesses": ("encounter_id", "site", "start"),
    "classes": ("encounter_id", "class", "start"),
}
_OWN: dict[str, tuple[str, ...]] = {
    "site": ("line name", "LDA name", "access name", "IV name", "device name", "line id", "name"),
    "class": (
        "patient_class", *ALIASES["patient_class"], "ADT class", "base class", "class name", "status", "level of care",
    ),
    "location": ("body site", "body location", "placement site", "orientation", "site location", "anatomic location"),
    "same_as": ("same line as", "same access as", "alias of", "lumen of", "restart of", "replaces", "parent line"),
    "start": (
        "placed", "placed at", "placement time", "placement date time", "placement instant", "inserted", "inserted at",
        "insertion time", "insertion date time", "effective time", "effective from", "class start", "from",
        "changed at", "event time", "time", "in place from",
    ),
    "stop": (
        "removed", "removed at", "removal time", "removal date time", "removal instant", "discontinued", "effective to",
        "class end", "class stop", "to", "until", "in place until",
    ),
}  # fmt: skip


def find_columns(cells: Sequence[str], what: str) -> Mapping[str, int] | None:
    """Column to its place, when this row is the header of such a table; the canonical name goes before others."""
    found = _found(cells, what)
    return found if all(column in found for column in REQUIRED[what]) else None


def header_words(rows: Sequence[Sequence[str]], what: str) -> tuple[list[str], list[str]]:
    """What a message may show of the row that came nearest to a header, and the columns it lacks.

    With hardly a known name it may be a row of data: then only shapes are shown.
    """
    nearest = max(rows, key=lambda row: len(_found(row, what)))
    matched = _found(nearest, what)
    shown = [header_word(cell, trusted=len(matched) >= 2) for cell in nearest[:40]]
    return shown, [column for column in REQUIRED[what] if column not in matched]


def _found(cells: Sequence[str], what: str) -> dict[str, int]:
    offered: dict[str, int] = {}
    for place, cell in enumerate(cells):
        if cell.strip():
            offered.setdefault(key(cell), place)
    found: dict[str, int] = {}
    for column in COLUMNS[what]:
        shared = ALIASES.get(column, ()) if column != "location" else ()
        for name in (column, *_OWN.get(column, ()), *shared):
            at = offered.get(key(name))
            if at is not None and at not in found.values():
                found[column] = at
                break
    return found
