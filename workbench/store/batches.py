"""What ``charges`` wrote out and when, so that exactly that can be marked as sent, whatever has changed since."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What ``charges`` was asked for, beside the run: files written with other words are other files."""

    release: bool = False
    only: frozenset[str] = frozenset()
    """Numbers of the encounters asked for; empty for all."""

    @property
    def text(self) -> str:
        return "\n".join(sorted(map(key_text, self.only)))


def keep_batch(connection: Connection, found: Charges, asked: Asked, now: datetime) -> None:
    """Keep what was written, in place of what was written by the same words and never marked."""
    same = select(charge_batches.c.id).where(
        charge_batches.c.since == found.since,
        charge_batches.c.as_of == found.as_of,
        charge_batches.c.released.is_(asked.release),
        charge_batches.c.only == asked.text,
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
            released=asked.release,
            only=asked.text,
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


@dataclass(frozen=True, slots=True)
class Meant:
    """The batch that is meant by a run, and whether a released one of the same run waits beside it."""

    row: Any
    other_waits: bool = False


def batch_of(connection: Connection, run: int, as_of: int | None, *, release: bool) -> Meant:
    """The batch that is meant by a run: what ``charges --since run`` wrote last, marked or not.

    Of one that was written with ``--release`` and one that was not, ``release`` says which.  Where nothing was ever
    written with that run, it is the one batch that waits and was written when ``run`` was the last run.
    """
    every = connection.execute(select(charge_batches)).all()
    of_run = [row for row in every if row.since == run]
    found = [row for row in of_run if as_of in (None, row.as_of) and (row.released or not release)]
    if found:
        newest = max(row.as_of for row in found)
        same = [row for row in found if row.as_of == newest]
        chosen = max([row for row in same if row.released == release] or same, key=lambda row: row.id)
        beside = [row for row in same if row.released and not chosen.released and row.sent_at is None]
        return Meant(chosen, bool(beside))
    if of_run:
        written = ", ".join(str(number) for number in sorted({row.as_of for row in of_run}))
        words = " and --release" if release else ""
        raise SendingError(
            f"Nothing was written with --since {run}{words} as of run {as_of or run};"
            f" there are files as of run {written}."
        )
    waiting = [row for row in every if row.sent_at is None]
    last = [row for row in waiting if row.as_of == run]
    if as_of is None and len(last) == 1:
        return Meant(last[0])
    numbers = sorted({row.since for row in waiting})
    named = f"; these wait: {', '.join(map(str, numbers))}" if numbers else "; none waits"
    raise SendingError(
        f"No charges were written for run {run}, so none can be marked. Name the run that was given to"
        f" charges --since{named}."
    )


def written_otherwise(
    connection: Connection, made: Sequence[Charge], looked_at: Collection[int], as_of: int, *, released: bool
) -> tuple[WrittenBefore, ...]:
    """What was written as of an earlier run, was never marked, and reads otherwise now, by the batch it is in.

    Should that file have gone out after all, the receiver holds other units under the same ids.
    """
    earlier = select(charge_batches).where(
        charge_batches.c.as_of < as_of, charge_batches.c.sent_at.is_(None), charge_batches.c.released.is_(released)
    )
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
