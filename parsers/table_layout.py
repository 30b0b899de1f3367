"""The layout of an export: where its header is, and which rows are no data.

Exports come with title lines above the header, headers of two rows, the header again at every page break, totals at
the end, and outlines in which the patient stands only in the first row of a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from parsers.mar_columns import ColumnMap, HeaderProblem, known_names, match_header
from parsers.profiles import Profile
from parsers.table_lines import Line
from parsers.vocabulary import key

HEADER_WITHIN = 30
"""The header is looked for in this many rows."""
HEAD_ROWS = 400
"""Rows at the beginning that are looked at before the first one is read."""

BLANK, REPEATED, TOTAL, TITLE = "blank row", "repeated header", "total row", "title line"

_TOTAL = re.compile(
    r"(?i)\W*(?:(?:grand|sub|report|page|patient|encounter|unit)[\s-]*)?(?:totals?|count|sum|average|mean|records?|rows?)\b"
    r"|\(?\d+ (?:rows?|records?)\b"
)
_TITLE = re.compile(
    r"(?i)\W*(?:page|report|printed|print date|run|run date|run time|generated|prepared|facility|confidential|continued"
    r"|end of|date range|filter|criteria|user|requested|source|legend|note|\*+)\b"
)
_DIGITS = re.compile(r"\d\d")


@dataclass(frozen=True, slots=True)
class Header:
    """A header that was found: its last row, its cells (of both rows, joined), and the columns they give."""

    row: int
    cells: tuple[str, ...]
    columns: ColumnMap
    after: int
    """Number of lines of the table up to and with the header."""
    rows: tuple[tuple[str, ...], ...] = ()
    """The one or two rows as they stand, stripped."""


def find_header(head: Sequence[Line], profile: Profile) -> tuple[Header | HeaderProblem, list[list[str]]]:
    """The header among the first rows, otherwise the problem of the row that came nearest, and the rows seen."""
    best: HeaderProblem | None = None
    seen: list[list[str]] = []
    for place, line in enumerate(head):
        if line.number > HEADER_WITHIN:
            break
        if not line.cells or not any(cell.strip() for cell in line.cells):
            continue
        found = header_at(head, place, profile)
        if isinstance(found, Header):
            return found, seen
        seen.append(line.cells)
        if best is None or found.matched > best.matched:
            best = found
    return best or no_header(profile), seen


def no_header(profile: Profile) -> HeaderProblem:
    problem = match_header([], profile.columns)
    if isinstance(problem, ColumnMap):
        raise AssertionError("an empty header cannot hold the required columns")
    return problem


def header_at(head: Sequence[Line], place: int, profile: Profile) -> Header | HeaderProblem:
    """The header that begins at this line, in one row or in two."""
    line = head[place]
    cells = line.cells or []
    one = _match(cells, profile)
    below = head[place + 1] if place + 1 < len(head) else None
    if below is not None and below.cells and _may_be_second(below.cells):
        names = joined_rows(cells, below.cells, profile)
        two = _match(names, profile)
        alone = _match(below.cells, profile)
        if isinstance(two, ColumnMap) and two.matched > max(_matched(one), _matched(alone)):
            rows = (_stripped(cells), _stripped(below.cells))
            return Header(below.number, tuple(names), two, place + 2, rows)
    if isinstance(one, HeaderProblem):
        return one
    return Header(line.number, tuple(cells), one, place + 1, (_stripped(cells),))


def _match(cells: Sequence[str], profile: Profile) -> ColumnMap | HeaderProblem:
    table = profile.table
    return match_header(cells, profile.columns, times_alone=table.layout == "eicu", not_read=table.not_read)


def _matched(found: ColumnMap | HeaderProblem) -> int:
    return found.matched if isinstance(found, ColumnMap) else 0


def _may_be_second(cells: Sequence[str]) -> bool:
    """Several names and no number: a row of data holds a time or an id."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) >= 2 and not any(_DIGITS.search(cell) for cell in filled)


def joined_rows(top: Sequence[str], bottom: Sequence[str], profile: Profile) -> list[str]:
    """The names of a header of two rows: ``Start`` over ``Date | Time`` gives ``Start Date | Start Time``.

    A group name stands over all columns up to the next one; it is left out where the lower name is known by itself
    and the two together are not.
    """
    known = known_names(profile.columns)
    width = max(len(top), len(bottom))
    upper = [cell.strip() for cell in top] + [""] * (width - len(top))
    lower = [cell.strip() for cell in bottom] + [""] * (width - len(bottom))
    names: list[str] = []
    group = ""
    for above, below in zip(upper, lower, strict=True):
        group = above or group
        both = f"{group} {below}".strip()
        if not below:
            names.append(above)
        elif key(both) in known or key(below) not in known:
            names.append(both)
        else:
            names.append(below)
    return names


def _stripped(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in cells)


def _words(cells: Sequence[str], width: int) -> tuple[str, ...]:
    """The cells of a header row for comparison, as many as the header is wide."""
    words = [key(cell) for cell in cells[:width]]
    return (*words, *[""] * (width - len(words)))


class Layout:
    """Tells rows of data from the others, and carries patient and encounter down a block."""

    def __init__(self, header: Header, head: Sequence[Line]) -> None:
        columns = header.columns
        self._width = columns.width
        self._drug, self._encounter = columns.index["drug"], columns.index["encounter_id"]
        self._patient = columns.index["patient_id"]
        self._times = [columns.index[name] for name in ("time", "start") if columns.has(name)]
        self._header_rows = {_words(row, columns.width) for row in (*header.rows, header.cells)}
        self._header_drugs = {row[self._drug] for row in (*header.rows, header.cells) if self._drug < len(row)}
        self._titles = {key(cell) for line in head[: header.after] for cell in line.cells or () if cell.strip()}
        self.wrapped = any(cell.startswith('="') for line in head for cell in line.cells or ())
        self._titles -= {word for row in self._header_rows for word in row}
        self.carries = self._is_outline(head[header.after :])
        self.carried = 0
        self._last = ("", "")

    def other(self, cells: Sequence[str]) -> str | None:
        """Why a row (stripped, not blank) is no data: ``None`` when it is data."""
        drug = cells[self._drug]
        if drug and any(cells[place] for place in self._times):
            if drug in self._header_drugs and _words(cells, self._width) in self._header_rows:
                return REPEATED
            return None
        if _words(cells, self._width) in self._header_rows:
            return REPEATED
        if any(cells[place] for place in self._times):
            return None
        filled = [cell for cell in cells if cell]
        if _TOTAL.match(filled[0]):
            return TOTAL
        if all(key(cell) in self._titles for cell in filled) or (len(filled) <= 2 and _TITLE.match(filled[0])):
            return TITLE
        return None

    def carry(self, cells: list[str]) -> None:
        """Fill in the encounter (and patient) of the block where the row leaves them out."""
        encounter, patient = cells[self._encounter], cells[self._patient]
        if encounter:
            self._last = (encounter, patient)
        elif self.carries and self._last[0] and patient in ("", self._last[1]):
            cells[self._encounter] = self._last[0]
            if self._patient < self._width:
                cells[self._patient] = self._last[1]
            self.carried += 1

    def _is_outline(self, lines: Sequence[Line]) -> bool:
        """Whether the encounter is written once a block: never twice running, and left out in many rows.

        In a flat table an encounter stands in each of its rows, so that an empty cell is a gap and not a repetition.
        """
        ids = [cells[self._encounter] for cells in self._data_rows(lines)]
        filled = [one for one in ids if one]
        if not ids or not ids[0] or len(ids) - len(filled) < 2:
            return False
        again = any(one and one == before for before, one in pairwise(ids))
        return not again and (len(ids) - len(filled)) * 2 >= len(filled)

    def _data_rows(self, lines: Sequence[Line]) -> Iterator[list[str]]:
        for line in lines:
            cells = [cell.strip() for cell in (line.cells or ())][: self._width]
            cells += [""] * (self._width + 1 - len(cells))
            if any(cells) and self.other(cells) is None:
                yield cells
