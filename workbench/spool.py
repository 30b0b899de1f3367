"""Coded encounters put into words and laid down on disk until the summary, which stands before them, is known.

The folder is the owner's only (0700, its files 0600) and gone when the answer is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from reports.json_output import encounter_text
from reports.tally import Tally
from timeline.model import CodedEncounter

_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which encounters an answer shows: one id, and those that ran on at least one day of a span.

    Days are local to the encounter; both ends belong to the span.
    """

    encounter: str | None = None
    date_from: date | None = None
    date_to: date | None = None

    def includes(self, coded: CodedEncounter) -> bool:
        """Whether this encounter is shown."""
        if self.encounter not in (None, coded.timeline.id):
            return False
        start, stop, local = coded.timeline.start, coded.timeline.stop, coded.timeline.local_date
        if start is None or stop is None:
            return self.date_from is None and self.date_to is None
        after = self.date_from is None or local(stop) >= self.date_from
        return after and (self.date_to is None or local(start) <= self.date_to)


class Place(NamedTuple):
    """Where an encounter's text stands: ``spool`` counts the files."""

    encounter: str
    spool: int
    offset: int
    length: int


@dataclass(slots=True)
class Spooled:
    """What one process laid down: the places of the encounters it was asked for, and their counts."""

    path: Path
    number: int
    wanted: Wanted
    places: list[Place] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def take(self, encounters: Iterable[CodedEncounter]) -> None:
        """Write the wanted ones of these encounters behind those that are there."""
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab", buffering=_BUFFER) as file:
            offset = file.seek(0, os.SEEK_END)
            for coded in encounters:
                if self.wanted.includes(coded):
                    text = encounter_text(coded).encode()
                    self.places.append(Place(coded.timeline.id, self.number, offset, len(text)))
                    self.tally.add(coded)
                    offset += file.write(text)


def texts_in_order(spools: Sequence[Spooled]) -> Iterator[str]:
    """The texts of all encounters, sorted by id as in a result."""
    with ExitStack() as stack:
        files = {s.number: stack.enter_context(s.path.open("rb")) for s in spools if s.places}
        for place in sorted(place for spool in spools for place in spool.places):
            file = files[place.spool]
            if file.tell() != place.offset:
                file.seek(place.offset)
            yield file.read(place.length).decode()
