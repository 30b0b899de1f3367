"""One new file into the store: its records verbatim, what became of each, and what was understood of them.

A file is there entirely or not at all; it is known again by its content, whatever it is called.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection, bindparam, insert, select, update

from parsers.deduplicate import DUPLICATE
from parsers.events import Rejected, Source
from parsers.file_reading import FileReading
from parsers.hl7_file import SeenMessages, Sender
from parsers.profiles import Profile
from parsers.verbatim import Place, Verbatim, message_numbers, place_of, stands_alone, verbatim
from reports.night import NightFile
from workbench.store.bodies import encoded, key_text, plain
from workbench.store.numbers import chunks, next_id, rows_where
from workbench.store.schema import files, records, seen
from workbench.store.understood import Taken, take_in

RETIRED = "encounter-removed"
"""Code of records that came after the encounter was removed (``--keep``)."""
_LEVEL = 6
PART = 5_000
"""Rows written at a time."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """One file that was not read before, in the bytes it is read in (decompressed)."""

    id: int
    name: str
    sha256: str
    kind: str
    data: bytes
    without_offset: bool
    zone: str | None
    """In which times without an offset were read."""


def known_files(connection: Connection, hashes: Iterable[str]) -> dict[str, int]:
    """Those of the hashes whose file was read before, each with the run that read it."""
    wanted = select(files.c.sha256, files.c.run_id)
    return {row.sha256: row.run_id for row in rows_where(connection, wanted, files.c.sha256, set(hashes))}


def free_name(connection: Connection, name: str, taken: Collection[str] = ()) -> str:
    """The name a new file goes by in sources: its own, with a number where another file had it before."""
    wanted, number = key_text(name), 1
    while wanted in taken or connection.execute(select(files.c.id).where(files.c.name == wanted)).first() is not None:
        number += 1
        wanted = f"{key_text(name)} ({number})"
    return wanted


class StoredMessages(SeenMessages):
    """The messages seen in all files of the store, as far as a new file may repeat them; keeps what is new."""

    __slots__ = ("new",)

    def __init__(self, connection: Connection, data: bytes) -> None:
        super().__init__()
        self.new: set[tuple[int, int]] = set()
        """Number and content of messages not seen before."""
        named = {_number(sender, control_id): (sender, control_id) for sender, control_id in message_numbers(data)}
        contents: dict[int, list[int]] = {}
        for row in rows_where(connection, select(seen.c.number, seen.c.content), seen.c.number, list(named)):
            contents.setdefault(row.number, []).append(row.content)
        for number, held in contents.items():
            self.remember(*named[number], held)

    def look(self, sender: Sender, control_id: str, content: int) -> Literal["new", "same", "reused"]:
        found = super().look(sender, control_id, content)
        if found != "same":
            self.new.add((_number(sender, control_id), content))
        return found

    def not_used(self, sender: Sender, control_id: str, content: int) -> None:
        # Sent again, once a profile or the sender was mended, it must be read.
        self.new.discard((_number(sender, control_id), content))


def _number(sender: Sender, control_id: str) -> int:
    text = "\x1f".join((*sender, control_id)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


def store_file(
    connection: Connection,
    run: int,
    file: NewFile,
    reading: FileReading,
    profile: Profile | None,
    arrived_at: str,
    messages: StoredMessages | None = None,
) -> tuple[NightFile, Taken]:
    """Write a file that was read.  ``profile`` is the one the user named: it says how a table is parted into cells."""
    _file_row(connection, run, file, reading, arrived_at)
    places = _record_rows(connection, file, reading, profile)
    if messages is not None:
        _note_seen(connection, file, messages.new)

    def record_of(source: Source) -> int | None:
        return places.get(place_of(source))

    taken = take_in(connection, run, reading.events, reading.context, record_of, apart=file.kind == "fhir")
    return _set_aside(connection, file, reading, taken, places), taken


def _note_seen(connection: Connection, file: NewFile, new: set[tuple[int, int]]) -> None:
    held = rows_where(connection, select(seen.c.number, seen.c.content), seen.c.number, {number for number, _ in new})
    fresh = new - {(row.number, row.content) for row in held}
    for part in chunks(sorted(fresh), PART):
        connection.execute(insert(seen), [{"number": n, "content": c, "file_id": file.id} for n, c in part])


def _file_row(connection: Connection, run: int, file: NewFile, reading: FileReading, arrived_at: str) -> None:
    whole = file.kind != "unknown" and not stands_alone(file.data, file.kind)
    row = {
        "id": file.id,
        "run_id": run,
        "name": file.name,
        "sha256": file.sha256,
        "kind": file.kind,
        "arrived_at": arrived_at,
        "size": len(file.data),
        "records": reading.records,
        "used": reading.used,
        "events": 0,
        "ignored": encoded({}),
        "rejected": encoded(plain(reading.rejected)),
        "findings": encoded(plain(reading.findings)),
        "without_offset": file.without_offset,
        "zone": file.zone,
        "content": zlib.compress(file.data, _LEVEL) if whole else None,
    }
    connection.execute(insert(files), row)


@dataclass(slots=True)
class _States:
    """What became of each record that was not used."""

    reading: FileReading
    said: dict[Place, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for ignored in self.reading.ignored:
            for source in ignored.sources:
                self.said[place_of(source)] = ("ignored", ignored.reason)
        for rejected in self.reading.rejected:
            self.said[place_of(rejected.source)] = ("rejected", rejected.code)

    def of(self, one: Verbatim, first_row: int) -> tuple[str, str | None]:
        if one.envelope or (one.row is not None and one.row < first_row):
            return "head", None
        return self.said.get(one.place, ("used", None))

    def first_row(self) -> int:
        """The first row of a table that is a record: what stands above it is header and titles."""
        told = [p[1] for p in self.said if p[1] is not None]
        told += [e.source.row for e in self.reading.events if e.source.row is not None]
        return min(told, default=0)


def _record_rows(
    connection: Connection, file: NewFile, reading: FileReading, profile: Profile | None
) -> dict[Place, int]:
    """Write the records as they came, some at a time; the row of each by its place."""
    states = _States(reading)
    first_row = states.first_row()
    places: dict[Place, int] = {}
    numbered = enumerate(verbatim(file.data, file.kind, file.name, profile), start=next_id(connection, records))
    for part in chunks(numbered, PART):
        rows = []
        for id_, one in part:
            places[one.place] = id_
            state, reason = states.of(one, first_row)
            rows.append(
                {
                    "id": id_,
                    "file_id": file.id,
                    "record": one.record,
                    "row": one.row,
                    "sheet": one.sheet,
                    "offset": one.offset,
                    "sha256": hashlib.sha256(one.data).digest(),
                    "raw": one.data,
                    "state": state,
                    "reason": reason,
                }
            )
        connection.execute(insert(records), rows)
    return places


def _set_aside(
    connection: Connection, file: NewFile, reading: FileReading, taken: Taken, places: dict[Place, int]
) -> NightFile:
    """Count as ignored, or as rejected, the records of which nothing new is left, and say what the file gave."""
    told = Counter(place_of(event.source) for event in reading.events)
    late = {place_of(source): _too_late(source) for source in taken.retired}
    aside = Counter(place_of(source) for source in (*taken.known, *taken.retired))
    gone = {place for place, count in aside.items() if count == told[place]}
    rejected = (*reading.rejected, *(entry for place, entry in late.items() if place in gone))
    ignored = Counter({one.reason: one.count for one in reading.ignored})
    ignored.update([DUPLICATE for place in gone if place not in late])
    rows = [
        {
            "id_": places[place],
            "how": "rejected" if place in late else "ignored",
            "why": RETIRED if place in late else DUPLICATE,
        }
        for place in sorted(gone, key=str)
        if place in places
    ]
    if rows:
        marked = update(records).where(records.c.id == bindparam("id_"))
        connection.execute(marked.values(state=bindparam("how"), reason=bindparam("why")), rows)
    used = reading.used - len(gone)
    counts = {"used": used, "events": taken.events, "ignored": encoded(ignored), "rejected": encoded(plain(rejected))}
    connection.execute(update(files).where(files.c.id == file.id).values(counts))
    return NightFile(file.name, file.kind, reading.records, used, dict(ignored), len(rejected), reading.findings)


def _too_late(source: Source) -> Rejected:
    return Rejected(
        Source(source.file, source.record, source.row, control_id=source.control_id),
        RETIRED,
        "It belongs to an encounter that --keep has removed; coded alone it would seem to withdraw its other lines.",
        "Bill it by hand if it must be billed. Where one number serves for years, give --keep more days.",
    )
