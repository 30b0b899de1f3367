"""Records of which nothing is kept any more, and what must stay although nothing of it is coded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Exists, and_, delete, exists, or_, select, update

from parsers.clock import Clock
from parsers.fhir_library import Rank, rank
from workbench.store.numbers import chunks, rows_where
from workbench.store.schema import (
    accesses,
    events,
    fhir_keys,
    files,
    merges,
    order_numbers,
    orders,
    records,
    stays,
)

_DRUGS = ("Medication", "Substance")


def remove_unused(connection: Connection, ids: Iterable[int]) -> None:
    """Remove those of these records of which nothing is kept any more: one message may tell of two encounters."""
    held: set[int] = set()
    wanted = set(ids)
    for table in (events, stays, accesses):
        held |= {row.record_id for row in rows_where(connection, select(table.c.record_id), table.c.record_id, wanted)}
    for part in chunks(sorted(wanted - held)):
        # a file kept whole holds what is removed here
        of_files = select(records.c.file_id).where(records.c.id.in_(part))
        connection.execute(update(files).where(files.c.id.in_(of_files)).values(content=None))
        connection.execute(delete(records).where(records.c.id.in_(part)))


def remove_records(connection: Connection, before: datetime) -> None:
    """Remove records that arrived before and of which nothing is kept: resends, ignored and rejected ones, whole files.

    Merged numbers are kept for good, as is the last word on a drug of FHIR: an export may say it once and refer to it
    for years.  An order is kept as long as an administration names it, and a resource as long as one refers to it.
    """
    old = files.c.arrived_at < before.isoformat()
    arrived = select(files.c.id).where(old)
    named = (
        exists().where(order_numbers.c.order_id == orders.c.id).where(events.c.order_number == order_numbers.c.number)
    )
    of_old = select(records.c.id).where(records.c.file_id.in_(arrived))
    connection.execute(delete(orders).where(orders.c.record_id.in_(of_old), ~named))
    kept = [exists().where(table.c.record_id == records.c.id) for table in (events, stays, accesses, orders, merges)]
    drug = exists().where(fhir_keys.c.record_id == records.c.id, fhir_keys.c.kind.in_(_DRUGS))
    unneeded = (~one for one in (*kept, _referred_to(), drug))
    connection.execute(delete(records).where(records.c.file_id.in_(arrived), *unneeded))
    for part in chunks(sorted(_drugs_told_again(connection, arrived))):
        connection.execute(delete(records).where(records.c.id.in_(part)))
    connection.execute(update(files).where(old, files.c.content.is_not(None)).values(content=None))
    empty = ~exists().where(records.c.file_id == files.c.id)
    said = or_(files.c.rejected != "[]", files.c.findings != "[]")
    connection.execute(update(files).where(old, empty, said).values(rejected="[]", findings="[]"))


def _referred_to() -> Exists:
    """A FHIR resource to which one refers of which something is kept: its patient, its request, what it is part of."""
    own, theirs = fhir_keys.alias(), fhir_keys.alias()
    kept = or_(*(exists().where(table.c.record_id == theirs.c.record_id) for table in (events, stays)))
    same = and_(theirs.c.key == own.c.key, own.c.own.is_(True), theirs.c.own.is_(False))
    return exists().where(own.c.record_id == records.c.id, same, kept)


def _drugs_told_again(connection: Connection, arrived: Any) -> set[int]:
    """Old records of a Medication or Substance of which another version, in whatever record, has the last word."""
    own = and_(fhir_keys.c.own.is_(True), fhir_keys.c.kind.in_(_DRUGS))
    told = select(fhir_keys.c.key, records.c.id, records.c.raw).join_from(fhir_keys, records).where(own)
    old = connection.execute(told.where(records.c.file_id.in_(arrived))).all()
    best: dict[str, tuple[Rank, int]] = {}
    clock = Clock()
    for row in rows_where(connection, told, fhir_keys.c.key, {row.key for row in old}):
        ranked = rank(msgspec.json.decode(bytes(row.raw)), clock), -row.id
        best[row.key] = max(best.get(row.key, ranked), ranked)
    standing = {-place for _, place in best.values()}
    return {row.id for row in old} - standing
