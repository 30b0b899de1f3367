"""Looks at feeds and exports without coding them: read as always, then counted, and shown to hl7apy where asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from heapq import nsmallest

from parsers import read
from parsers.clock import Clock
from parsers.conformance import conformance
from parsers.context import with_tables
from parsers.events import AdministrationEvent, Reading
from parsers.feed_profile import FeedFacts, gather
from parsers.files import Content, find_inputs, open_input
from parsers.hl7_charsets import decode_message
from parsers.hl7_frames import find_pieces
from parsers.profiles import Profile, load_profile
from parsers.table_profiles import TableUnderstanding, understand
from parsers.zones import zone_of
from reports.feed_health import Conformance, Health, health
from timeline import build
from workbench.commands.options import Inputs

SAMPLE = 500
"""Messages shown to hl7apy at the most: it takes about 20 ms for each."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The reading itself, and what there is to say of it."""

    reading: Reading
    health: Health


@dataclass(slots=True)
class _Verdicts:
    """hl7apy's answers; every ``stride``-th message of the input is asked about."""

    stride: int
    messages: int = 0
    asked: int = 0
    failed: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def read(self, data: bytes) -> None:
        for piece in find_pieces(data):
            if piece.kind == "envelope" or piece.kind == "text":
                continue
            self.messages += 1
            if (self.messages - 1) % self.stride:
                continue
            self.asked += 1
            faults = conformance(decode_message(data[piece.start : piece.end])[0])
            self.failed += bool(faults)
            self.faults.update(faults)

    def conformance(self) -> Conformance:
        return Conformance(self.asked, self.messages, self.failed, tuple(self.faults.most_common()))


def check_inputs(inputs: Inputs, *, strict: bool) -> Checked:
    """Read and look at everything the user named; each file is opened twice."""
    reading = with_tables(
        read(inputs.paths, profile=inputs.profile, timezone=inputs.timezone),
        (inputs.accesses, inputs.classes),
        inputs.profile,
        inputs.timezone,
    )
    profile = load_profile(inputs.profile) if inputs.profile else None
    feed, tables, verdicts = _look(inputs, reading, profile, strict)
    asked = verdicts.conformance() if strict and verdicts.messages else None
    return Checked(reading, health(build(reading), feed, tables, asked))


def _look(
    inputs: Inputs, reading: Reading, profile: Profile | None, strict: bool
) -> tuple[FeedFacts | None, list[TableUnderstanding], _Verdicts]:
    zone = inputs.timezone or (profile.timezone if profile else None)
    known = {entry.file: entry for entry in reading.inputs}
    messages = sum(entry.records for entry in reading.inputs if entry.kind == "hl7")
    feed: FeedFacts | None = None
    tables: list[TableUnderstanding] = []
    verdicts = _Verdicts(max(1, -(-messages // SAMPLE)))
    seen: set[str] = set()
    for found in find_inputs(inputs.paths)[0]:
        entry = known.get(found.name)
        if entry is None or entry.sha256 in seen or entry.kind not in ("hl7", "mar-table", "clif"):
            continue
        content = open_input(found)
        if not isinstance(content, Content):
            continue
        seen.add(entry.sha256)
        if entry.kind == "hl7":
            feed = feed or gather(profile, Clock(zone_of(zone) if zone else None))
            feed.read(content.data)
            if strict:
                verdicts.read(content.data)
        else:
            table = understand(content.data, found.name, profile)
            # CLIF has a reader of its own, by the categories of its actions: its events say how rows were understood.
            tables.append(table if entry.kind != "clif" else replace(table, rows=_first_rows(reading, found.name)))
    return feed, tables, verdicts


def _first_rows(reading: Reading, file: str) -> tuple[AdministrationEvent, ...]:
    events = (event for event in reading.events if event.source.file == file)
    return tuple(nsmallest(10, events, key=lambda event: event.source.row or 0))


def second_opinion(text: str) -> str:
    """What hl7apy says of one rejected message, in a sentence or a few."""
    return " ".join(conformance(text)) or "hl7apy finds no fault in the structure of this message."
