"""Which charges and credits bring what was sent to what the store supports, and which of them count as sent.

Nothing counts as sent before :func:`mark_sent`.  Until then the same lines give the same ids, however often they are
written out; afterwards a line that changed is taken back under its old id and charged under the next revision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from reports.charge import Charge, Charges, HeldCharge
from workbench.store.batches import Asked, SendingError, batch_of, keep_batch, written_otherwise
from workbench.store.bodies import reader
from workbench.store.dues import due, standing_of
from workbench.store.numbers import chunks, ids_of, rows_where
from workbench.store.runs import last_done
from workbench.store.schema import charge_batches, charge_items, encounters, owed, runs, sent
from workbench.store.understood import PART


@dataclass(frozen=True, slots=True)
class Marked:
    """What came of marking a run as sent."""

    since: int
    charges: int
    credits: int
    before: int
    """Charges and credits of the file that counted as sent before."""
    other_waits: bool
    """Another file of the run, written with ``--release``, waits as well."""


def charges_since(connection: Connection, since: int, asked: Asked, now: datetime) -> Charges:
    """The charges of every encounter that came out differently in run ``since`` or later, and keep them for marking.

    Raises :class:`SendingError` when there is no such completed run, or no encounter of a number asked for.
    """
    as_of = last_done(connection)
    if as_of is None:
        raise SendingError("No run was completed in this store yet: there is nothing to send.")
    if not 0 <= since <= as_of:
        raise SendingError(f"There is no completed run {since}: give --since a run from 1 to {as_of}, the last one.")
    wanted = select(owed).where(owed.c.run_id >= since).order_by(owed.c.encounter_id)
    marks = {row.encounter_id: row.run_id for row in connection.execute(wanted)}
    if asked.only:
        marks = _only(connection, marks, asked.only)
    made: list[Charge] = []
    held: list[HeldCharge] = []
    for part in chunks(marks):
        settled = {id_ for id_ in part if marks[id_] <= as_of}
        for encounter in standing_of(connection, part, as_of):
            charges, waiting = due(encounter, release=asked.release)
            made += charges
            held += waiting
            if charges or waiting:
                settled.discard(encounter.id)
        connection.execute(delete(owed).where(owed.c.encounter_id.in_(settled)))
    earlier = select(func.count()).select_from(owed).where(owed.c.run_id < since)
    found = Charges(
        since,
        as_of,
        tuple(sorted(made, key=lambda c: (c.encounter_id, c.kind != "CR"))),  # lines in the order of the bill
        tuple(sorted(held, key=lambda h: (h.encounter_id, h.date, h.code, h.modifiers))),
        earlier=connection.execute(earlier).scalar_one(),
        written_before=written_otherwise(connection, made, set(marks), as_of, released=asked.release),
    )
    keep_batch(connection, found, asked, now)
    return found


def _only(connection: Connection, marks: dict[int, int], numbers: frozenset[str]) -> dict[int, int]:
    known = ids_of(connection, sorted(numbers))
    if len(known) < len(numbers):
        raise SendingError(f"{len(numbers) - len(known)} of the encounters asked for are not in the store.")
    return {id_: run for id_, run in marks.items() if id_ in known.values()}


def finished_at(connection: Connection, run: int) -> tuple[datetime, str]:
    """When a completed run ended, and its zone: charges carry this time, so that writing them again changes no byte."""
    row = connection.execute(select(runs.c.finished_at, runs.c.timezone).where(runs.c.id == run)).one()
    return datetime.fromisoformat(row.finished_at), row.timezone


def mark_sent(
    connection: Connection, run: int, now: datetime, as_of: int | None = None, *, release: bool = False
) -> Marked:
    """Count as sent what ``charges --since run`` wrote last (with ``--release``), or when ``as_of`` was the last run.

    Raises :class:`SendingError` when nothing was written for that run, or when one of its charges was sent meanwhile
    with other content: then nothing is marked.
    """
    meant = batch_of(connection, run, as_of, release=release)
    batch = meant.row
    rows = connection.execute(select(charge_items).where(charge_items.c.batch_id == batch.id)).all()
    items = {(row.charge, row.kind): row for row in rows}
    told = rows_where(connection, select(sent), sent.c.charge, {charge for charge, _ in items})
    known = {(row.charge, row.kind): (row.encounter, row.units) for row in told}
    if batch.sent_at is not None:
        return Marked(batch.since, 0, 0, len(items), meant.other_waits)
    if any(known.get(key, (row.encounter, row.units)) != (row.encounter, row.units) for key, row in items.items()):
        raise SendingError(
            f"A charge of run {run} was marked as sent meanwhile with other units, so nothing was marked."
            f" Write the charges again (charges --since {run}) and send those."
        )
    kinds = Counter(kind for charge, kind in items if (charge, kind) not in known)
    counts = Marked(batch.since, kinds["CG"], kinds["CR"], len(items) - kinds.total(), meant.other_waits)
    stamp = now.astimezone(UTC).isoformat()
    new = [_sent_row(row, stamp) for key, row in items.items() if key not in known]
    for part in chunks(new, PART):
        connection.execute(insert(sent), part)
    connection.execute(update(charge_batches).where(charge_batches.c.id == batch.id).values(sent_at=stamp))
    _settle(connection, sorted({row.encounter for row in rows}))
    return counts


def _sent_row(row: Any, stamp: str) -> dict[str, object]:
    charge = reader(Charge)(row.body)
    return {
        "charge": charge.id,
        "kind": charge.kind,
        "line": charge.line,
        "revision": charge.revision,
        "encounter": row.encounter,
        "units": charge.units,
        "sent_at": stamp,
        "body": row.body,
    }


def _settle(connection: Connection, numbers: Sequence[str]) -> None:
    """Encounters that now agree with what was sent are owed nothing; the others are, in the run to come at the latest:
    a later run may have changed them before this one was marked."""
    last = last_done(connection) or 0
    for part in chunks(numbers):
        ids = {row.id for row in rows_where(connection, select(encounters.c.id), encounters.c.number, part)}
        differ = {one.id for one in standing_of(connection, sorted(ids), last) if due(one, release=True)[0]}
        connection.execute(delete(owed).where(owed.c.encounter_id.in_(ids - differ)))
        waiting = {row.encounter_id for row in rows_where(connection, select(owed), owed.c.encounter_id, differ)}
        rows = [{"encounter_id": id_, "run_id": last + 1} for id_ in sorted(differ - waiting)]
        if rows:
            connection.execute(insert(owed), rows)
