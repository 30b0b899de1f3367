"""Records that were read before and are read once more: what they say now takes the place of what they said.

FHIR resources are, when new ones concern them; all records of a file are, with ``--reread``.  What stays the same
touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from parsers.events import Context, Source
from parsers.file_reading import FileReading
from parsers.verbatim import Place, place_of
from workbench.store.numbers import chunks, rows_where
from workbench.store.schema import accesses, events, records, stays
from workbench.store.understood import Taken, bodies, take_in, touch


def read_again(
    connection: Connection, run: int, rows: Mapping[Place, int], reading: FileReading, *, apart: bool
) -> Taken:
    """Replace what records said; ``rows`` are theirs by place, ``apart`` as for :func:`take_in`."""

    def record_of(source: Source) -> int | None:
        return rows.get(place_of(source))

    def mark(fact: Any) -> tuple[int | None, bytes]:
        record = record_of(fact.source)
        return record, bodies(fact, record if apart else None)[1]

    context = reading.context
    now = {mark(fact) for fact in (*reading.events, *context.stays, *context.accesses)}
    said, left = _forget(connection, rows, now)
    taken = take_in(
        connection,
        run,
        [event for event in reading.events if mark(event) not in said],
        Context(
            context.orders,
            tuple(stay for stay in context.stays if mark(stay) not in said),
            context.merges,
            tuple(access for access in context.accesses if mark(access) not in said),
        ),
        record_of,
        apart=apart,
    )
    touch(connection, run, left)
    _note_states(connection, rows, reading)
    return taken


def _forget(
    connection: Connection, rows: Mapping[Place, int], now: set[tuple[int | None, bytes]]
) -> tuple[set[tuple[int, bytes]], set[int]]:
    """Take out what the records do not say any more; what they said, and the encounters that lost something."""
    said: set[tuple[int, bytes]] = set()
    left: set[int] = set()
    for table in (events, stays, accesses):
        wanted = select(table.c.id, table.c.record_id, table.c.encounter_id, table.c.fingerprint)
        gone = []
        for row in rows_where(connection, wanted, table.c.record_id, rows.values()):
            mark = (row.record_id, bytes(row.fingerprint))
            said.add(mark)
            if mark not in now:
                gone.append(row.id)
                left.add(row.encounter_id)
        for part in chunks(gone):
            connection.execute(delete(table).where(table.c.id.in_(part)))
    return said, left


def _note_states(connection: Connection, rows: Mapping[Place, int], reading: FileReading) -> None:
    for part in chunks(rows.values()):
        of = update(records).where(records.c.id.in_(part), records.c.state != "head")
        connection.execute(of.values(state="used", reason=None))
    told = [{"id_": rows[place], **state} for place, state in _states(reading) if place in rows]
    if told:
        marked = update(records).where(records.c.id == bindparam("id_"))
        connection.execute(marked.values(state=bindparam("state_"), reason=bindparam("reason_")), told)


def _states(reading: FileReading) -> Iterator[tuple[Place, dict[str, str]]]:
    for ignored in reading.ignored:
        for source in ignored.sources:
            yield place_of(source), {"state_": "ignored", "reason_": ignored.reason}
    for rejected in reading.rejected:
        yield place_of(rejected.source), {"state_": "rejected", "reason_": rejected.code}


def places_of(connection: Connection, file: int) -> dict[Place, int]:
    """The rows of the records of a file of messages or of a table, by place."""
    found = connection.execute(select(records).where(records.c.file_id == file))
    return {(row.record, None, None) if row.row is None else (None, row.row, row.sheet): row.id for row in found}
