"""Rows of the MIMIC-IV table ``inputevents``, and the tables that stand beside it.

A row is one stretch at one rate; the rows of one ``linkorderid`` follow each other and are one infusion.  Drugs are
numbers: their names come from ``d_items``, from a joined ``label`` column or from the profile.  ``procedureevents``
holds the IV lines, which say nothing of what ran through them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

from parsers.clock import Clock, Stamp
from parsers.doubts import Doubts
from parsers.events import AccessContext, AdministrationEvent, Context, Ignored, Rejected, Source
from parsers.file_reading import FileReading
from parsers.profiles import Words
from parsers.shapes import shape
from parsers.table_layout import Header
from parsers.table_lines import csv_lines
from parsers.table_rows import RowReader
from parsers.texts import decoded_head, delimiter_of, first_line, open_text
from parsers.vocabulary import key

REWRITTEN = "rewritten by another row: not delivered"
NO_LINE, ITEM, OTHER_ITEM = "no IV line", "name of a drug or line", "name of something else"
ITEMS = frozenset({"itemid", "label", "linksto"})
LINES = frozenset({"starttime", "endtime", "itemid", "locationcategory", "ordercategoryname"})
_NOT_IV = ("noniv", "oral", "enteral", "supplement", "preadmission")
_LINE_CATEGORIES = {"peripherallines", "invasivelines"}


class MimicRows:
    """Reads the rows of one table; the work is that of :class:`RowReader` after the drug and route are put right."""

    def __init__(self, rows: RowReader, header: Header, words: Words, names: Mapping[str, str], doubts: Doubts) -> None:
        self._rows = rows
        self._names = {**names, **words.drugs}
        self._doubts = doubts
        at = {key(cell): place for place, cell in enumerate(header.cells)}
        nowhere = len(header.cells)
        self._drug = header.columns.index["drug"]
        self._route = header.columns.index["route"]
        self._status = at.get("statusdescription", nowhere)
        self._category = at.get("ordercategoryname", nowhere)
        self._component = at.get("ordercomponenttypedescription", nowhere)

    def read(self, row: list[str], source: Source) -> AdministrationEvent | Ignored | Rejected:
        """``row`` holds stripped cells and one empty cell more, to which absent columns point."""
        if key(row[self._status]) == "rewritten":
            return Ignored(REWRITTEN, (source,))
        category = key(row[self._category])
        if any(word in category for word in _NOT_IV) and "parenteral" not in category:
            row[self._route] = "other"
        item = row[self._drug]
        if item.isdecimal():
            row[self._drug] = self._names.get(item, "") or self._nameless(item, source)
        found = self._rows.read(row, source)
        if isinstance(found, Rejected) or key(row[self._component]) != "mixedsolution":
            return found
        # The fluid in which the drug of the same order is dissolved.
        return replace(found, drugs=tuple(replace(drug, base=True) for drug in found.drugs))

    def _nameless(self, item: str, source: Source) -> str:
        self._doubts.add(
            "warning",
            "item-without-name",
            "A drug is given by a number for which no name is known; it is read as a drug of no known kind",
            "Put d_items.csv beside the table, join its label column, or name the numbers under drug_map in a profile.",
            source,
        )
        return f"item {item}"


def companion(data: bytes) -> str | None:
    """``items`` or ``lines`` when the text is one of the tables beside ``inputevents``, told by its header."""
    names = {key(cell) for cell in _header(data)}
    if names >= ITEMS:
        return "items"
    return "lines" if names >= LINES and "rate" not in names else None


def _header(data: bytes) -> list[str]:
    line = first_line(decoded_head(data[:65_536]))
    return next(csv.reader([line], delimiter=delimiter_of(line)), [])


def read_items(data: bytes, file: str) -> tuple[dict[str, str], FileReading]:
    """``d_items``: the label of each item number; every row is accounted for as the name of something."""
    names: dict[str, str] = {}
    known: list[Source] = []
    other: list[Source] = []
    for record, row in enumerate(_dicts(data), start=1):
        source = Source(file, record, record + 1)
        item, label, where = row.get("itemid", ""), row.get("label", ""), row.get("linksto", "")
        if item and label and where in ("inputevents", "procedureevents"):
            names[item] = label
            known.append(source)
        else:
            other.append(source)
    ignored = tuple(Ignored(reason, tuple(at)) for reason, at in ((ITEM, known), (OTHER_ITEM, other)) if at)
    return names, FileReading(ignored=ignored, records=len(known) + len(other))


def read_lines(data: bytes, file: str, clock: Clock, names: Mapping[str, str]) -> FileReading:
    """``procedureevents``: the IV lines with their place in the body and their times, as accesses."""
    accesses: list[AccessContext] = []
    none: list[Source] = []
    rejected: list[Rejected] = []
    for record, row in enumerate(_dicts(data), start=1):
        source = Source(file, record, record + 1)
        if key(row.get("ordercategoryname", "")) not in _LINE_CATEGORIES:
            none.append(source)
            continue
        start, stop = clock.charted(row.get("starttime", "")), clock.charted(row.get("endtime", ""))
        encounter = row.get("hadm_id") or row.get("stay_id", "")
        if not encounter or not isinstance(start, Stamp):
            rejected.append(_unusable(source, row, start))
            continue
        kind = names.get(row["itemid"], f"line {row['itemid']}")
        place = row.get("location", "")
        until = stop.time if isinstance(stop, Stamp) and stop.time > start.time else None
        accesses.append(AccessContext(source, encounter, f"{place} {kind}".strip(), start.time, until, place or None))
    ignored = (Ignored(NO_LINE, tuple(none)),) if none else ()
    records = len(accesses) + len(none) + len(rejected)
    return FileReading((), (), ignored, tuple(rejected), len(accesses), records, Context(accesses=tuple(accesses)))


def _unusable(source: Source, row: Mapping[str, str], start: object) -> Rejected:
    if not (row.get("hadm_id") or row.get("stay_id")):
        return Rejected(source, "encounter-empty", "The row has no hadm_id and no stay_id.", "Fill one in the extract.")
    code = getattr(start, "code", "time-unreadable")
    found = shape(row.get("starttime", ""))
    return Rejected(
        replace(source, field="starttime"), code, f"starttime: no time can be read ({found}).", "Give date and time."
    )


def _dicts(data: bytes) -> list[dict[str, str]]:
    text, _ = open_text(data)
    header = _header(data)
    delimiter = delimiter_of(first_line(decoded_head(data[:65_536])))
    lines = csv_lines(csv.reader(io.StringIO(text.read(), newline=""), delimiter=delimiter))
    next(lines, None)
    names = [cell.strip().casefold() for cell in header]
    return [
        dict(zip(names, (cell.strip() for cell in line.cells or ()), strict=False))
        for line in lines
        if line.cells and any(line.cells)
    ]


__all__ = ["MimicRows", "companion", "read_items", "read_lines"]
