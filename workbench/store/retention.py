"""``--keep DAYS``: the records of encounters that ended so long ago are removed; what was sent for them stays.

An encounter that was removed is never coded again: from a late entry alone its other lines would look withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import fsum

from sqlalchemy import Connection, Exists, Table, and_, delete, exists, func, or_, select, update

from workbench.store.bodies import text_of
from workbench.store.codings import last_codings
from workbench.store.database import Store
from workbench.store.kin import kin_of
from workbench.store.numbers import chunks, rows_where
from workbench.store.runs import Removed, removed_in
from workbench.store.schema import (
    accesses,
    answers,
    changes,
    codings,
    encounters,
    events,
    fhir_keys,
    files,
    lines,
    merges,
    order_numbers,
    orders,
    patients,
    queries,
    records,
    runs,
    stays,
    touched,
)

AT_ONCE = 500
_DRUGS = ("Medication", "Substance")


def retire(store: Store, run: int, now: datetime, keep_days: int) -> None:
    """Remove what is older than ``keep_days`` (by the last charted action of an encounter), some at a time.

    Encounters that bill together go together, when the last of them is old: without the one the bill of the other would
    change.  The row of the run says how much it was.
    """
    before = now.astimezone(UTC) - timedelta(days=keep_days)
    last: int | None = 0
    while last is not None:
        with store.writing() as connection:
            old, last = _old(connection, run, before, last)
            for part in chunks(sorted(old), AT_ONCE):
                gone = _remove(connection, {id_: old[id_] for id_ in part})
                whole = _sum(removed_in(connection, run), gone)
                connection.execute(update(runs).where(runs.c.id == run).values(removed=text_of(whole)))
    with store.writing() as connection:
        _remove_records(connection, before)


def _old(connection: Connection, run: int, before: datetime, after: int) -> tuple[dict[int, str], int | None]:
    """Number by id of old encounters, none of whose marks waits, and the last id that was looked at.

    Looked at are those with an id greater than ``after``, and all that bill with them.  What this run coded goes in the
    next one: the report of this one tells of it.  Where encounters are tied by
    nothing but the pumps of the patient, each goes by itself: pumps that name no encounter may run for years.
    """
    moment = int(before.timestamp())
    wanted = (
        select(encounters.c.id)
        .where(
            encounters.c.id > after,
            encounters.c.last_at < moment,
            encounters.c.retired.is_(False),
            or_(encounters.c.coded_run.is_(None), encounters.c.coded_run != run),
            ~exists().where(touched.c.encounter_id == encounters.c.id),
        )
        .order_by(encounters.c.id)
        .limit(AT_ONCE)
    )
    looked_at = [row.id for row in connection.execute(wanted)]
    if not looked_at:
        return {}, None
    together = kin_of(connection, looked_at).rows
    recent = [
        id_
        for id_, row in together.items()
        if row.coded_run == run or (row.last_at is not None and row.last_at >= moment)
    ]
    needed = {id_ for id_ in recent if not together[id_].pump}
    kept = set(recent) | set(kin_of(connection, sorted(needed), through_pumps=False).rows)
    return {id_: row.number for id_, row in together.items() if id_ not in kept}, looked_at[-1]


def _remove(connection: Connection, old: dict[int, str]) -> Removed:
    ids = list(old)
    counted = _counted(connection, ids)
    kept_of = [_records_of(connection, table, ids) for table in (events, stays, accesses)]
    for table in (events, stays, accesses, codings, changes, patients):
        connection.execute(delete(table).where(table.c.encounter_id.in_(ids)))
    _unused(connection, set().union(*kept_of))
    for part in chunks(old.values()):
        connection.execute(delete(answers).where(answers.c.encounter.in_(part)))
    connection.execute(
        update(encounters).where(encounters.c.id.in_(ids)).values(retired=True, first_at=None, last_at=None)
    )
    return counted


def _records_of(connection: Connection, table: Table, ids: list[int]) -> set[int]:
    found = connection.execute(select(table.c.record_id).distinct().where(table.c.encounter_id.in_(ids)))
    return {row.record_id for row in found if row.record_id is not None}


def _unused(connection: Connection, ids: Iterable[int]) -> None:
    """Remove the records of which nothing is kept any more: one message may tell of two encounters."""
    held: set[int] = set()
    wanted = set(ids)
    for table in (events, stays, accesses):
        held |= {row.record_id for row in rows_where(connection, select(table.c.record_id), table.c.record_id, wanted)}
    for part in chunks(sorted(wanted - held)):
        # a file kept whole holds what is removed here
        of_files = select(records.c.file_id).where(records.c.id.in_(part))
        connection.execute(update(files).where(files.c.id.in_(of_files)).values(content=None))
        connection.execute(delete(records).where(records.c.id.in_(part)))


def _counted(connection: Connection, ids: list[int]) -> Removed:
    last = list(last_codings(connection, ids).values())
    standing = select(codings.c.id, codings.c.amount).where(codings.c.id.in_(last), codings.c.gone.is_(False))
    found = connection.execute(standing).all()
    of = [row.id for row in found]

    def count(table: Table) -> int:
        counted = select(func.count()).select_from(table).where(table.c.coding_id.in_(of))
        return int(connection.execute(counted).scalar_one())

    return Removed(len(found), count(lines), count(queries), round(fsum(row.amount or 0.0 for row in found), 2))


def _sum(one: Removed, other: Removed) -> Removed:
    return Removed(
        one.encounters + other.encounters,
        one.lines + other.lines,
        one.queries + other.queries,
        round(one.amount + other.amount, 2),
    )


def _remove_records(connection: Connection, before: datetime) -> None:
    """Records that arrived before and of which nothing is kept: resends, ignored and rejected ones, whole files.

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
    unneeded = (~one for one in (*kept, _referred_to(), _drug_of_fhir()))
    connection.execute(delete(records).where(records.c.file_id.in_(arrived), *unneeded))
    connection.execute(update(files).where(old, files.c.content.is_not(None)).values(content=None))
    empty = ~exists().where(records.c.file_id == files.c.id)
    connection.execute(update(files).where(old, empty).values(rejected="[]", findings="[]"))


def _referred_to() -> Exists:
    """A FHIR resource to which one refers of which something is kept: its patient, its request, what it is part of."""
    own, theirs = fhir_keys.alias(), fhir_keys.alias()
    kept = or_(*(exists().where(table.c.record_id == theirs.c.record_id) for table in (events, stays)))
    same = and_(theirs.c.key == own.c.key, own.c.own.is_(True), theirs.c.own.is_(False))
    return exists().where(own.c.record_id == records.c.id, same, kept)


def _drug_of_fhir() -> Exists:
    """A Medication or Substance that no later record tells again."""
    own, later = fhir_keys.alias(), fhir_keys.alias()
    drug = or_(*(own.c.key.startswith(f"{kind}/", autoescape=True) for kind in _DRUGS))
    again = exists().where(later.c.key == own.c.key, later.c.own.is_(True), later.c.record_id > own.c.record_id)
    return exists().where(own.c.record_id == records.c.id, own.c.own.is_(True), drug, ~again)
