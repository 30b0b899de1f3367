"""The FHIR files of a night into the store, together with the earlier resources that they concern."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, select, update

from parsers.clock import Clock
from parsers.events import AdministrationEvent, Rejected, Source
from parsers.fhir import FhirFiles
from parsers.fhir_documents import Entry, entries
from parsers.file_reading import FileReading
from parsers.profiles import Profile
from parsers.verbatim import place_of
from reports.night import NightFile
from workbench.store.fhir_again import Stored, concerned, keep_keys
from workbench.store.intake import NewFile, store_file
from workbench.store.numbers import rows_where
from workbench.store.schema import events, records, stays
from workbench.store.understood import bodies, take_in, touch


@dataclass(frozen=True, slots=True)
class NewFhir:
    """One new FHIR file with the clock that reads its times."""

    file: NewFile
    clock: Clock


def store_fhir(
    connection: Connection,
    run: int,
    new: Sequence[NewFhir],
    profile: Profile,
    earlier_clock: Callable[[], Clock],
    arrived_at: str,
) -> list[NightFile]:
    """Write the new files, and what the earlier resources beside them say now.

    The earlier ones come first: of two equal versions the one that was there stays.
    """
    items = [list(entries(one.file.data, one.file.name)) for one in new]
    stored = concerned(connection, [item for file in items for item in file if isinstance(item, Entry)])
    together = FhirFiles(profile)
    by_file: dict[str, list[Stored]] = {}
    for held in stored:
        by_file.setdefault(held.entry.source.file, []).append(held)
    for name, old in by_file.items():
        together.add_entries([held.entry for held in old], name, earlier_clock())
    for one, read in zip(new, items, strict=True):
        together.add_entries(list(read), one.file.name, one.clock)
    told = []
    for place, (name, reading) in enumerate(_by_own_file(together)):
        if place < len(by_file):
            _read_again(connection, run, by_file[name], reading)
        else:
            told.append(_first_time(connection, run, new[place - len(by_file)], reading, items, arrived_at))
    return told


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
    file = NewFile(one.file.id, one.file.name, one.file.sha256, "fhir", one.file.data, one.clock.assumed)
    told, _ = store_file(connection, run, file, reading, None, arrived_at)
    numbered = connection.execute(select(records.c.id, records.c.record).where(records.c.file_id == file.id))
    rows = {row.record: row.id for row in numbered}
    own = (i for read in items for i in read if isinstance(i, Entry) and i.source.file == file.name)
    keep_keys(connection, ((rows[i.source.record], i) for i in own))
    return told


def _read_again(connection: Connection, run: int, old: Sequence[Stored], reading: FileReading) -> None:
    """What earlier resources say now takes the place of what they said; unchanged facts touch nothing."""
    by_record = {one.entry.source.record: one.record for one in old}
    now = {(by_record[e.source.record], bodies(e)[1]) for e in reading.events}
    now |= {(by_record[s.source.record], bodies(s)[1]) for s in reading.context.stays}
    said: set[tuple[int, bytes]] = set()
    concerned_encounters: set[int] = set()
    for table in (events, stays):
        wanted = select(table.c.id, table.c.record_id, table.c.encounter_id, table.c.fingerprint)
        gone = []
        for row in rows_where(connection, wanted, table.c.record_id, by_record.values()):
            mark = (row.record_id, bytes(row.fingerprint))
            said.add(mark)
            if mark not in now:
                gone.append(row.id)
                concerned_encounters.add(row.encounter_id)
        for part in range(0, len(gone), 500):
            connection.execute(delete(table).where(table.c.id.in_(gone[part : part + 500])))
    new_events = [e for e in reading.events if (by_record[e.source.record], bodies(e)[1]) not in said]
    new_stays = [s for s in reading.context.stays if (by_record[s.source.record], bodies(s)[1]) not in said]

    def record_of(source: Source) -> int | None:
        return by_record.get(source.record)

    if new_events or new_stays:
        take_in(connection, run, new_events, type(reading.context)(stays=tuple(new_stays)), record_of)
    touch(connection, run, concerned_encounters)
    _states(connection, reading, by_record.values(), by_record)


def _states(
    connection: Connection, reading: FileReading, all_of: Iterable[int], by_record: dict[int | None, int]
) -> None:
    ids = list(all_of)
    for part in range(0, len(ids), 500):
        connection.execute(
            update(records).where(records.c.id.in_(ids[part : part + 500])).values(state="used", reason=None)
        )
    for ignored in reading.ignored:
        for source in ignored.sources:
            record = by_record[place_of(source)[0]]
            connection.execute(
                update(records).where(records.c.id == record).values(state="ignored", reason=ignored.reason)
            )
