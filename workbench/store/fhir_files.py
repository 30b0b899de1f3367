"""The FHIR files of a night into the store, together with the earlier resources that they concern."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from parsers.clock import Clock
from parsers.events import AdministrationEvent, Rejected
from parsers.fhir import FhirFiles
from parsers.fhir_documents import Entry, entries
from parsers.file_reading import FileReading
from parsers.profiles import Profile
from parsers.verbatim import Place
from reports.night import NightFile
from workbench.store.fhir_again import Stored, concerned, keep_keys, stored_of_files
from workbench.store.intake import NewFile, store_file
from workbench.store.read_again import read_again
from workbench.store.schema import records

ClockOf = Callable[[str | None], Clock]
"""A clock for times without an offset, by the name of the zone they are read in."""


@dataclass(frozen=True, slots=True)
class NewFhir:
    """One new FHIR file with the clock that reads its times."""

    file: NewFile
    clock: Clock


def store_fhir(
    connection: Connection,
    run: int,
    new: Sequence[NewFhir],
    again: Sequence[int],
    profile: Profile,
    clock_of: ClockOf,
    arrived_at: str,
) -> tuple[list[NightFile], list[Rejected]]:
    """Write the new files, and what the earlier resources beside them say now, with those that are rejected now.

    ``again`` are files (rows) to be read once more, in the zone of today; other earlier resources keep that in which
    they were read.  The earlier ones come first: of two equal versions the one that was there stays.
    """
    items = [list(entries(one.file.data, one.file.name)) for one in new]
    asked = stored_of_files(connection, again)
    fresh = [item for file in items for item in file if isinstance(item, Entry)]
    stored = {one.record: one for one in concerned(connection, [*fresh, *(one.entry for one in asked)])}
    stored |= {one.record: one for one in asked}
    together = FhirFiles(profile)
    by_file: dict[str, list[Stored]] = {}
    for record in sorted(stored):
        by_file.setdefault(stored[record].entry.source.file, []).append(stored[record])
    for name, old in by_file.items():
        together.add_entries([held.entry for held in old], name, clock_of(old[0].zone))
    for one, read in zip(new, items, strict=True):
        together.add_entries(list(read), one.file.name, one.clock)
    told: list[NightFile] = []
    rejected: list[Rejected] = []
    for place, (name, reading) in enumerate(_by_own_file(together)):
        if place < len(by_file):
            rows: dict[Place, int] = {(one.entry.source.record, None, None): one.record for one in by_file[name]}
            read_again(connection, run, rows, reading, apart=True)
            rejected += reading.rejected
        else:
            told.append(_first_time(connection, run, new[place - len(by_file)], reading, items, arrived_at))
    return told, rejected


def _by_own_file(together: FhirFiles) -> Iterator[tuple[str, FileReading]]:
    """The readings, each with the events of its own records: a part is understood with its whole, in whatever file."""
    readings = [(name, reading) for name, _, reading in together.readings()]
    own: dict[str, list[AdministrationEvent]] = {}
    for _, reading in readings:
        for event in reading.events:
            own.setdefault(event.source.file, []).append(event)
    for name, reading in readings:
        yield name, replace(reading, events=tuple(own.get(name, ())))


def _first_time(
    connection: Connection,
    run: int,
    one: NewFhir,
    reading: FileReading,
    items: Sequence[Sequence[Entry | Rejected]],
    arrived_at: str,
) -> NightFile:
    file = replace(one.file, without_offset=one.clock.assumed)
    told, _ = store_file(connection, run, file, reading, None, arrived_at)
    numbered = connection.execute(select(records.c.id, records.c.record).where(records.c.file_id == file.id))
    rows = {row.record: row.id for row in numbered}
    own = (i for read in items for i in read if isinstance(i, Entry) and i.source.file == file.name)
    keep_keys(connection, ((rows[i.source.record], i) for i in own))
    return told
