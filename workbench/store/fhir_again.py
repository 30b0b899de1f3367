"""FHIR resources of earlier nights that new ones concern, understood once more together with them.

A resource is sent again whenever it changes, and it refers to others that came on other nights.  Read by itself a later
version of an administration would be a second dose, and one that came before its Encounter would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from parsers.events import Source
from parsers.fhir import ADMINISTRATION
from parsers.fhir_documents import Entry
from parsers.fhir_library import CONSULTED, addresses
from workbench.store.bodies import key_text
from workbench.store.numbers import chunks, rows_where
from workbench.store.schema import fhir_keys, files, records
from workbench.store.understood import PART


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource of the store: its record, and the resource as it was read then."""

    record: int
    entry: Entry
    zone: str | None
    """In which its times without an offset were read."""


def references(resource: object) -> Iterator[str]:
    """The addresses a resource refers to, as others are known by: ``Encounter/e1``, or the whole address."""
    if isinstance(resource, dict):
        for name, value in resource.items():
            if name == "reference" and isinstance(value, str):
                if not value.startswith("#"):
                    plain = value.split("/_history/")[0]
                    yield plain
                    yield "/".join(plain.rsplit("/", 2)[-2:])
            else:
                yield from references(value)
    elif isinstance(resource, list):
        for item in resource:
            yield from references(item)


def keep_keys(connection: Connection, entries: Iterable[tuple[int, Entry]]) -> None:
    """Note under which addresses new resources are known and to which they refer; ``(record, entry)`` each."""
    rows = set()
    for record, entry in entries:
        rows |= {(key_text(key), record, True, entry.kind) for key in addresses(entry)}
        rows |= {(key_text(key), record, False, entry.kind) for key in references(entry.resource)}
    named = ("key", "record_id", "own", "kind")
    for part in chunks(sorted(rows), PART):
        connection.execute(insert(fhir_keys), [dict(zip(named, row, strict=True)) for row in part])


def concerned(connection: Connection, new: Sequence[Entry]) -> list[Stored]:
    """The stored resources to be understood with the new ones, by record."""
    search = _Search(connection)
    read = [entry for entry in new if entry.kind == ADMINISTRATION or entry.kind in CONSULTED]
    repeated = _repeated(connection, read)
    for entry in read:
        keys = {key_text(key) for key in addresses(entry)}
        search.ahead |= {key_text(key) for key in references(entry.resource)}
        search.same |= keys
        # A list of drugs that is exported every night says nothing new of all that were ever given.
        if entry.kind == ADMINISTRATION or id(entry) not in repeated:
            search.back |= keys
    return search.run()


def stored_of_files(connection: Connection, ids: Sequence[int]) -> list[Stored]:
    """All resources of these files, to be read once more; their times in the zone of today."""
    wanted = select(records.c.id).where(records.c.state != "head", records.c.raw != b"")
    rows = {row.id for row in rows_where(connection, wanted, records.c.file_id, ids)}
    return [replace(one, zone=TODAY) for one in sorted(_stored(connection, rows), key=lambda one: one.record)]


TODAY = "today"
"""Instead of a zone: that of the run."""


def _repeated(connection: Connection, new: Sequence[Entry]) -> set[int]:
    """``id()`` of the resources that the store holds word for word, whenever they were last exported."""
    listed = [entry for entry in new if entry.kind != ADMINISTRATION]
    keys = {key_text(key): id(entry) for entry in listed for key in addresses(entry)}
    said = {id(entry): _content(entry.resource) for entry in listed}
    wanted = (
        select(fhir_keys.c.key, records.c.raw)
        .join_from(fhir_keys, records, fhir_keys.c.record_id == records.c.id)
        .where(fhir_keys.c.own.is_(True))
    )
    return {
        keys[row.key]
        for row in rows_where(connection, wanted, fhir_keys.c.key, keys)
        if _content(msgspec.json.decode(bytes(row.raw))) == said[keys[row.key]]
    }


def _content(resource: Any) -> Any:
    """A resource without its version and time of change."""
    return {name: value for name, value in resource.items() if name != "meta"}


@dataclass(slots=True)
class _Search:
    """Follows addresses: ``ahead`` to what is referred to, ``back`` to what refers here, ``same`` to other versions."""

    connection: Connection
    found: dict[int, Stored] = field(default_factory=dict)
    ahead: set[str] = field(default_factory=set)
    back: set[str] = field(default_factory=set)
    same: set[str] = field(default_factory=set)
    done: set[tuple[str, str]] = field(default_factory=set)

    def run(self) -> list[Stored]:
        while self.ahead or self.back or self.same:
            own = self._fresh("own", self.ahead | self.same)
            refer = self._fresh("refer", self.back)
            self.ahead, self.back, self.same = set(), set(), set()
            ids = self._records(own, own_key=True) | self._records(refer, own_key=False)
            for stored in _stored(self.connection, ids - set(self.found)):
                self.found[stored.record] = stored
                self._follow(stored)
        return [self.found[record] for record in sorted(self.found)]

    def _fresh(self, way: str, keys: set[str]) -> set[str]:
        fresh = {key for key in keys if (way, key) not in self.done}
        self.done |= {(way, key) for key in fresh}
        return fresh

    def _records(self, keys: set[str], *, own_key: bool) -> set[int]:
        wanted = select(fhir_keys.c.record_id).where(fhir_keys.c.own.is_(own_key))
        return {row.record_id for row in rows_where(self.connection, wanted, fhir_keys.c.key, keys)}

    def _follow(self, stored: Stored) -> None:
        self.ahead |= {key_text(key) for key in references(stored.entry.resource)}
        keys = {key_text(key) for key in addresses(stored.entry)}
        self.same |= keys
        if stored.entry.kind == ADMINISTRATION:
            self.back |= keys  # its parts


def _stored(connection: Connection, ids: set[int]) -> Iterator[Stored]:
    wanted = select(records.c.id, records.c.record, records.c.row, records.c.raw, files.c.name, files.c.zone).join_from(
        records, files, records.c.file_id == files.c.id
    )
    named = select(fhir_keys.c.record_id, fhir_keys.c.key).where(fhir_keys.c.own.is_(True))
    urls: dict[int, list[str]] = {}
    for row in rows_where(connection, named, fhir_keys.c.record_id, ids):
        urls.setdefault(row.record_id, []).append(row.key)
    for row in rows_where(connection, wanted, records.c.id, ids):
        yield Stored(row.id, _entry(row, urls.get(row.id, [])), row.zone)


def _entry(row: Any, keys: Sequence[str]) -> Entry:
    resource = msgspec.json.decode(bytes(row.raw))
    kind = resource["resourceType"]
    relative = f"{kind}/{resource.get('id')}"
    url = next((key for key in keys if key != relative), None)
    return Entry(Source(row.name, row.record, row.row, segment=kind), kind, resource, url)
