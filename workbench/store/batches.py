"""What ``charges`` wrote out and when, so that exactly that can be marked as sent, whatever has changed since."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from reports.charge import Charge, Charges, WrittenBefore
from workbench.store.bodies import key_text, text_of
from workbench.store.numbers import chunks, next_id, rows_where
from workbench.store.schema import charge_batches, charge_items, encounters, sent
from workbench.store.understood import PART


class SendingError(ValueError):
    """A run that cannot be sent or marked; the text says why and what to do."""


def keep_batch(connection: Connection, found: Charges, *, released: bool, now: datetime) -> None:
    """Keep what was written, in place of what was written of the same runs before and never marked."""
    same = select(charge_batches.c.id).where(
        charge_batches.c.since == found.since,
        charge_batches.c.as_of == found.as_of,
        charge_batches.c.sent_at.is_(None),
    )
    connection.execute(delete(charge_batches).where(charge_batches.c.id.in_(same)))
    id_ = next_id(connection, charge_batches)
    connection.execute(
        insert(charge_batches).values(
            id=id_,
            since=found.since,
            as_of=found.as_of,
            made_at=now.astimezone(UTC).isoformat(),
            released=released,
            sent_at=None,
        )
    )
    for part in chunks(found.charges, PART):
        connection.execute(insert(charge_items), [_item(id_, charge) for charge in part])


def _item(batch: int, charge: Charge) -> dict[str, object]:
    return {
        "batch_id": batch,
        "charge": charge.id,
        "kind": charge.kind,
        "encounter": key_text(charge.encounter_id),
        "units": charge.units,
        "body": text_of(charge),
    }


def batch_of(connection: Connection, run: int, as_of: int | None) -> Any:
    """The batch that is meant by a run: what ``charges --since run`` wrote last.

    Where nothing was ever written with that, the one batch that waits and was written when ``run`` was the last run.
    """
    wanted = select(charge_batches).where(charge_batches.c.since == run)
    if as_of is not None:
        wanted = wanted.where(charge_batches.c.as_of == as_of)
    found = connection.execute(wanted).all()
    if found:
        return max(found, key=lambda row: row.id)
    waiting = connection.execute(select(charge_batches).where(charge_batches.c.sent_at.is_(None))).all()
    of_run = [row for row in waiting if row.as_of == run]
    if as_of is None and len(of_run) == 1:
        return of_run[0]
    numbers = sorted({row.since for row in waiting})
    named = f"; these wait: {', '.join(map(str, numbers))}" if numbers else "; none waits"
    raise SendingError(
        f"No charges were written for run {run}, so none can be marked. Name the run that was given to"
        f" charges --since{named}."
    )


def written_otherwise(
    connection: Connection, made: Sequence[Charge], looked_at: Collection[int], as_of: int
) -> tuple[WrittenBefore, ...]:
    """What was written as of an earlier run, was never marked, and reads otherwise now, by the batch it is in.

    Should that file have gone out after all, the receiver holds other units under the same ids.
    """
    earlier = select(charge_batches).where(charge_batches.c.as_of < as_of, charge_batches.c.sent_at.is_(None))
    now = {(charge.id, charge.kind): charge.units for charge in made}
    numbers = {row.number for row in rows_where(connection, select(encounters), encounters.c.id, looked_at)}
    found = []
    for batch in connection.execute(earlier.order_by(charge_batches.c.id)).all():
        items = connection.execute(select(charge_items).where(charge_items.c.batch_id == batch.id)).all()
        other = [i for i in items if i.encounter in numbers and now.get((i.charge, i.kind)) != i.units]
        told = rows_where(connection, select(sent), sent.c.charge, {i.charge for i in other})
        marked = {(row.charge, row.kind, row.units) for row in told}
        count = sum((i.charge, i.kind, i.units) not in marked for i in other)
        if count:
            found.append(WrittenBefore(batch.since, batch.as_of, count))
    return tuple(found)
