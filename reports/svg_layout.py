"""Where everything of a timeline picture stands: the time scale, lanes, sub-rows and labels, in pixels.

Labels and bars of one sub-row never overlap: an administration goes to the first sub-row of its lane in which
its bar and its label are both free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from unicodedata import east_asian_width

from reports.encounter_view import extent, is_mark, lanes, open_until
from reports.encounter_words import earned_labels
from reports.safe_text import elide, one_line
from timeline.model import Administration, CodedEncounter

WIDTH = 1120
LEFT = 156
RIGHT = 24
ROW = 36
BAR = 13
"""Height of a bar; it stands at the foot of its sub-row, the label above it."""
PAD = 7
_INSET = 10
_FREE = 12
_NAME = 34
_TALL = 500


@dataclass(frozen=True, slots=True)
class Scale:
    """Times to pixels across the plot."""

    first: datetime
    last: datetime

    def x(self, time: datetime) -> float:
        share = (time - self.first) / (self.last - self.first)
        left, right = LEFT + _INSET, WIDTH - RIGHT - _INSET
        return round(min(max(left + share * (right - left), left), WIDTH - RIGHT), 1)

    @property
    def minutes_per_pixel(self) -> float:
        return (self.last - self.first).total_seconds() / 60 / (WIDTH - LEFT - RIGHT - 2 * _INSET)


@dataclass(frozen=True, slots=True)
class Placed:
    """An administration in its sub-row: ``top`` of the row, ``x``..``end`` of the bar, label and its left edge."""

    administration: Administration
    top: float
    x: float
    end: float
    name: str
    codes: str
    label_x: float
    label_end: float

    @property
    def bar_y(self) -> float:
        return self.top + ROW - BAR - 4


@dataclass(frozen=True, slots=True)
class PlacedLane:
    """A lane with its sub-rows, from ``top`` for ``height`` pixels."""

    name: str
    top: float
    height: float
    placed: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    scale: Scale
    lanes: tuple[PlacedLane, ...]
    bottom: float

    @property
    def tall(self) -> bool:
        """So tall that the hours are written below the lanes too."""
        return self.bottom - self.lanes[0].top > _TALL


def layout(coded: CodedEncounter, top: float) -> Layout | None:
    """The lanes from ``top`` down; ``None`` for an encounter without administrations."""
    drawn = extent(coded)
    if drawn is None:
        return None
    scale = Scale(*drawn)
    earned = earned_labels(coded)
    out, y = [], top
    for lane in lanes(coded):
        placed = _pack(coded, lane.administrations, scale, y + PAD, earned)
        rows = 1 + max(round((p.top - y - PAD) / ROW) for p in placed)
        height = rows * ROW + 2 * PAD
        out.append(PlacedLane(lane.name, y, height, placed))
        y += height
    return Layout(scale, tuple(out), y)


def _pack(
    coded: CodedEncounter,
    administrations: tuple[Administration, ...],
    scale: Scale,
    top: float,
    earned: Mapping[str, str],
) -> tuple[Placed, ...]:
    rows: list[list[tuple[float, float]]] = []
    placed = []
    for a in administrations:
        x, end = _bar(coded, a, scale)
        codes = earned.get(a.id, "")
        behind = f"{minutes_label(coded, a)}  {codes}"
        mark = is_mark(coded, a)
        # A long name is cut unless there is room: over its own bar, or with nothing later in the lane.
        room = end - x if a is not administrations[-1] or mark else WIDTH - RIGHT - x
        whole = one_line(a.drug)
        name = whole if text_width(whole + behind) <= room else elide(whole, _NAME)
        width = text_width(name + behind)
        label = _label_x(x, width, mark)
        edge = 8 if mark else 0
        taken = (min(x - edge, label), max(end + edge, label + width))
        row = next((n for n, used in enumerate(rows) if _free(used, taken)), len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(taken)
        placed.append(Placed(a, top + row * ROW, x, end, name, codes, round(label, 1), round(label + width, 1)))
    return tuple(placed)


def _label_x(x: float, width: float, mark: bool) -> float:
    """Left edge of a label: over its bar, or right of its mark; at the right margin moved to fit."""
    if mark:
        return x + 10 if x + 10 + width <= WIDTH - RIGHT else x - 10 - width
    return min(x, WIDTH - RIGHT - width)


def minutes_label(coded: CodedEncounter, a: Administration) -> str:
    """What stands behind the name: `` 190 min``, `` 15+ min``; nothing for a push."""
    if is_mark(coded, a):
        return ""
    if a.minutes is not None:
        return f" {a.minutes} min"
    return f" {a.seconds // 60}+ min" if a.seconds >= 60 else " ? min"


def _bar(coded: CodedEncounter, a: Administration, scale: Scale) -> tuple[float, float]:
    x = scale.x(a.start)
    if a.open_since is not None:
        return x, max(scale.x(open_until(coded, a)), x + 24) + 10  # room for the question mark
    return x, max(scale.x(a.segments[-1].stop), x + 2) if a.segments else x


def _free(used: list[tuple[float, float]], taken: tuple[float, float]) -> bool:
    return all(taken[0] >= stop + _FREE or taken[1] + _FREE <= start for start, stop in used)


def text_width(text: str) -> float:
    """Room of a text in 11 px sans-serif, on the generous side (a wide font such as DejaVu Sans)."""
    return sum(_char_width(c) for c in text)


def _char_width(char: str) -> float:
    if char in "iljtfI.,:;'|!()[] ":
        return 4.4
    if char in "mwMW%@…–":
        return 11.0
    if east_asian_width(char) in "WF":
        return 12.0
    return 8.4 if char.isupper() else 7.2
