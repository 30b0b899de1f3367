"""Entries that no longer count, in words: what was charted, when, and what a later entry made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reports.clock_text import clock, span
from reports.safe_text import one_line
from reports.sentences import source_text
from timeline.entry_history import Fate, PastEntry
from timeline.model import EncounterTimeline

FATES: dict[Fate, str] = {
    "updated": "corrected",
    "withdrawn": "taken back",
    "older": "replaced by the row recorded last",
}


def history_lines(timeline: EncounterTimeline, entries: Iterable[PastEntry], *, drug: bool = False) -> Iterator[str]:
    """Two lines an entry: what stood there and its fate, then the places of both entries.

    ``drug`` names the drug too, where the entry stands under no administration.
    """
    for entry in entries:
        what = one_line(" + ".join(entry.drugs)) + ", " if drug else ""
        when = clock(timeline, entry.time) if entry.stop is None else span(timeline, entry.time, entry.stop)
        recorded = f", recorded {clock(timeline, entry.recorded_at)}" if entry.recorded_at is not None else ""
        later = f" at {clock(timeline, entry.by_recorded_at)}" if entry.by_recorded_at is not None else ""
        yield f"earlier entry: {what}{one_line(entry.action)} {when}{recorded}; {FATES[entry.fate]}{later}"
        yield f"  source: {source_text(entry.source)}; by {source_text(entry.by)}"
