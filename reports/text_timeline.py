"""The timeline of an encounter as a small picture in text: a row an administration, grouped by access.

Bars differ by character, not by colour, and every row says its times, so the picture may be read aloud.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from reports.clock_text import short_span
from reports.encounter_view import LOOK_WORDS, Look, extent, is_mark, lanes, look, open_until
from reports.safe_text import elide, one_line
from reports.ticks import new_days, step_for, ticks
from timeline.model import Administration, CodedEncounter

_CELLS = 40
"""Cells that bars keep when long names ask for room."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of the picture."""

    bars: dict[Look, str]
    pause: str
    bag: str
    push: str
    open: str
    midnight: str
    dash: str
    ellipsis: str
    rule: str
    dot: str

    @property
    def text(self) -> str:
        rest = (self.pause, self.bag, self.push, self.open, self.midnight, self.dash, self.ellipsis, self.rule)
        return "".join((*self.bars.values(), *rest, self.dot))


BLOCKS = Glyphs(
    bars={"chemo": "█", "drug": "▓", "hydration": "▒", "carrier": "░", "blood": "▚", "other": "▪"},
    pause="┄",
    bag="╪",
    push="▲",
    open="»",
    midnight="│",
    dash="–",
    ellipsis="…",
    rule="─",
    dot="·",
)
ASCII = Glyphs(
    bars={"chemo": "#", "drug": "=", "hydration": "~", "carrier": "_", "blood": "%", "other": "o"},
    pause=".",
    bag="+",
    push="^",
    open=">",
    midnight="|",
    dash="-",
    ellipsis="..",
    rule="-",
    dot="*",
)


def glyphs_for(encoding: str) -> Glyphs:
    """Block characters where the terminal's encoding holds them, else ASCII."""
    try:
        BLOCKS.text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return BLOCKS


@dataclass(frozen=True, slots=True)
class _Scale:
    first: datetime
    minutes_per_cell: float
    cells: int

    @property
    def last(self) -> datetime:
        return self.first + timedelta(minutes=self.minutes_per_cell * self.cells)

    def cell(self, time: datetime) -> int:
        minutes = (time - self.first).total_seconds() / 60
        return max(0, min(self.cells - 1, int(minutes / self.minutes_per_cell)))


def text_timeline(coded: CodedEncounter, width: int = 80, glyphs: Glyphs = BLOCKS) -> Iterator[str]:
    """The picture, line by line, none wider than ``width`` (60 at least); nothing for an empty encounter."""
    drawn = extent(coded)
    if drawn is None:
        return
    width = max(60, min(width, 160))
    label = 22 if width < 100 else 34
    times = max(len(_times(coded, a, glyphs)) for a in coded.timeline.administrations)
    # Long names get more room as long as enough is left for the bars.
    longest = max(len(one_line(a.drug)) for a in coded.timeline.administrations) + 4
    label = max(label, min(longest, width - times - 4 - _CELLS))
    cells = width - label - times - 4
    minutes = (drawn[1] - drawn[0]).total_seconds() / 60
    scale = _Scale(drawn[0], minutes / cells, cells)
    midnights = _midnights(coded, scale)
    yield from _ruler(coded, scale, label, midnights)
    for lane in lanes(coded):
        yield " " + _over_midnight(elide(lane.name, width - 2, glyphs.ellipsis), label, scale, midnights, glyphs)
        for a in lane.administrations:
            name = elide(one_line(a.drug), label - 4, glyphs.ellipsis)
            row = "".join(_bar(coded, a, scale, midnights, glyphs))
            yield f"   {name:<{label - 3}} {row}  {_times(coded, a, glyphs)}".rstrip()


def legend(coded: CodedEncounter, glyphs: Glyphs) -> str:
    """The characters that occur in the picture, in words."""
    given = coded.timeline.administrations
    bars = [a for a in given if not is_mark(coded, a)]
    seen = {look(coded, a) for a in bars}
    words = [f"{glyphs.bars[kind]} {word}" for kind, word in LOOK_WORDS.items() if kind in seen]
    marks = {coded.kinds.get(a.id, "other") for a in given if is_mark(coded, a)}
    if marks - {"other"}:
        words.append(f"{glyphs.push} push or injection")
    if "other" in marks and "other" not in seen:
        words.append(f"{glyphs.bars['other']} {LOOK_WORDS['other']}")
    if any(len(a.segments) > 1 for a in bars):
        words.append(f"{glyphs.pause} paused")
    if any(len(a.bags) > 1 for a in bars):
        words.append(f"{glyphs.bag} new bag")
    if any(a.open_since is not None for a in bars):
        words.append(f"{glyphs.open} stop unknown")
    return "  ".join(words)


def _times(coded: CodedEncounter, a: Administration, glyphs: Glyphs) -> str:
    timeline = coded.timeline
    if is_mark(coded, a):
        return f"{timeline.local(a.start):%H:%M} {coded.kinds.get(a.id, 'given')}"
    if a.open_since is not None:
        return f"{timeline.local(a.start):%H:%M}{glyphs.dash}?"
    return f"{short_span(timeline, a.start, a.segments[-1].stop, glyphs.dash)} {a.minutes}m"


def _bar(
    coded: CodedEncounter, a: Administration, scale: _Scale, midnights: dict[int, str], glyphs: Glyphs
) -> list[str]:
    row = [glyphs.midnight if cell in midnights else " " for cell in range(scale.cells)]
    if is_mark(coded, a):
        other = coded.kinds.get(a.id, "other") == "other"
        row[scale.cell(a.start)] = glyphs.bars["other"] if other else glyphs.push
        return row
    if a.segments:
        _fill(row, scale, a.segments[0].start, a.segments[-1].stop, glyphs.pause)
    if a.open_since is not None:
        _fill(row, scale, a.open_since, open_until(coded, a), glyphs.open)
        row[scale.cell(open_until(coded, a))] = "?"
    for segment in a.segments:
        _fill(row, scale, segment.start, segment.stop, glyphs.bars[look(coded, a)])
    for bag in a.bags[1:]:
        row[scale.cell(bag)] = glyphs.bag
    return row


def _fill(row: list[str], scale: _Scale, start: datetime, stop: datetime, glyph: str) -> None:
    first = scale.cell(start)
    last = max(first + 1, round((stop - scale.first).total_seconds() / 60 / scale.minutes_per_cell))
    for cell in range(first, min(last, scale.cells)):
        row[cell] = glyph


def _midnights(coded: CodedEncounter, scale: _Scale) -> dict[int, str]:
    """Cell of each new local date, with the date."""
    days = new_days(coded.timeline, scale.first, scale.last)
    return {scale.cell(day): day.date().isoformat() for day in days}


def _ruler(coded: CodedEncounter, scale: _Scale, label: int, midnights: dict[int, str]) -> Iterator[str]:
    dates, hours = [" "] * scale.cells, [" "] * scale.cells
    _write(dates, 0, coded.timeline.local_date(scale.first).isoformat())
    for cell, text in midnights.items():
        _write(dates, cell, text)
    # An axis of few hours says the minutes too, since a bare hour would stand alone on it.
    long = scale.minutes_per_cell * scale.cells >= 180
    step = step_for(scale.minutes_per_cell * (4 if long else 7))
    for time in ticks(coded.timeline, scale.first, scale.last, max(step, 60) if long else step):
        _write(hours, scale.cell(time), f"{time:%H}" if long else f"{time:%H:%M}")
    for cells in (dates, hours):
        yield (" " * (label + 1) + "".join(cells)).rstrip()


def _write(cells: list[str], at: int, text: str) -> None:
    """Put a text where it fits with a free cell before it; else leave it out."""
    before = cells[max(0, at - 1) : at + len(text)]
    if at + len(text) <= len(cells) and not "".join(before).strip():
        cells[at : at + len(text)] = text


def _over_midnight(text: str, label: int, scale: _Scale, midnights: dict[int, str], glyphs: Glyphs) -> str:
    row = list(text.ljust(label + scale.cells))
    for cell in midnights:
        if row[label + cell] == " ":
            row[label + cell] = glyphs.midnight
    return "".join(row).rstrip()
