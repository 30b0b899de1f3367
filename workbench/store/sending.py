"""Which charges and credits bring what was sent to what the store supports, and which of them count as sent.

Nothing counts as sent before :func:`mark_sent`.  Until then the same lines give the same ids, however often they are
written out; afterwards a line that changed is taken back under its old id and charged under the next revision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, and_, delete, exists, insert, or_, select, update

from reports.charge import Charge, Charges, HeldCharge
from workbench.store.bodies import key_text, reader, text_of
from workbench.store.codings import last_codings
from workbench.store.numbers import next_id, rows_where
from workbench.store.runs import last_done
from workbench.store.schema import charge_batches, charge_items, codings, encounters, lines, queries, runs, sent

Why = Literal["open query", "answered", "judgement"]


class SendingError(ValueError):
    """A run that cannot be sent or marked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What came of marking a run as sent."""

    since: int
    charges: int
    credits: int
    again: bool
    """It was marked before; nothing changed."""


def charges_since(connection: Connection, since: int, *, release: bool, now: datetime) -> Charges:
    """The charges of every encounter that came out differently in run ``since`` or later, and keep them for marking.

    Raises :class:`SendingError` when there is no such completed run.
    """
    as_of = last_done(connection)
    if as_of is None:
        raise SendingError("No run was completed in this store yet: there is nothing to send.")
    if not 0 <= since <= as_of:
        raise SendingError(f"There is no completed run {since}: give --since a run from 1 to {as_of}, the last one.")
    changed = select(codings.c.encounter_id).distinct().where(codings.c.run_id >= since, codings.c.run_id <= as_of)
    ids = {row.encounter_id for row in connection.execute(changed)} | _marked_late(connection)
    made: list[Charge] = []
    held: list[HeldCharge] = []
    for encounter in _standing(connection, sorted(ids), as_of):
        charges, waiting = _of_encounter(encounter, release=release)
        made += charges
        held += waiting
    found = Charges(
        since,
        as_of,
        tuple(sorted(made, key=lambda c: (c.encounter_id, c.kind != "CR"))),  # lines in the order of the bill
        tuple(sorted(held, key=lambda h: (h.encounter_id, h.date, h.code, h.modifiers))),
    )
    _keep(connection, found, released=release, now=now)
    return found


def _marked_late(connection: Connection) -> set[int]:
    """Encounters whose charges were marked as sent only after a later run: what that run changed was never written."""
    later = exists().where(
        runs.c.id > charge_batches.c.as_of, runs.c.state == "done", runs.c.finished_at < charge_batches.c.sent_at
    )
    items = and_(charge_items.c.charge == sent.c.charge, charge_items.c.kind == sent.c.kind)
    found = (
        select(encounters.c.id)
        .distinct()
        .select_from(charge_batches)
        .join(charge_items, charge_items.c.batch_id == charge_batches.c.id)
        .join(sent, items)
        .join(encounters, encounters.c.number == sent.c.encounter)
        .where(charge_batches.c.sent_at.is_not(None), later)
    )
    return {row.id for row in connection.execute(found)}


def finished_at(connection: Connection, run: int) -> tuple[datetime, str]:
    """When a completed run ended, and its zone: charges carry this time, so that writing them again changes no byte."""
    row = connection.execute(select(runs.c.finished_at, runs.c.timezone).where(runs.c.id == run)).one()
    return datetime.fromisoformat(row.finished_at), row.timezone


def mark_sent(connection: Connection, run: int, now: datetime) -> Marked:
    """Count as sent what ``charges`` wrote out last for a run: with ``--since run``, or when run was the last one.

    Raises :class:`SendingError` when nothing was written for that run, or when one of its charges was sent meanwhile
    with other content: then nothing is marked.
    """
    batch = _batch(connection, run)
    rows = connection.execute(select(charge_items).where(charge_items.c.batch_id == batch.id)).all()
    read = reader(Charge)
    items = {(row.charge, row.kind): read(row.body) for row in rows}
    kinds = Counter(kind for _, kind in items)
    counts = Marked(batch.since, kinds["CG"], kinds["CR"], batch.sent_at is not None)
    if batch.sent_at is not None:
        return counts
    known = {
        (row.charge, row.kind): row.units
        for row in rows_where(connection, select(sent), sent.c.charge, {charge for charge, _ in items})
    }
    for key, charge in items.items():
        if known.get(key, charge.units) != charge.units:
            raise SendingError(
                f"A charge of run {run} was marked as sent meanwhile with other units, so nothing was marked."
                f" Write the charges again (charges --since {run}) and send those."
            )
    stamp = now.astimezone(UTC).isoformat()
    new = [
        {
            "charge": charge.id,
            "kind": charge.kind,
            "line": charge.line,
            "revision": charge.revision,
            "encounter": key_text(charge.encounter_id),
            "units": charge.units,
            "sent_at": stamp,
            "body": text_of(charge),
        }
        for key, charge in items.items()
        if key not in known
    ]
    if new:
        connection.execute(insert(sent), new)
    connection.execute(update(charge_batches).where(charge_batches.c.id == batch.id).values(sent_at=stamp))
    return counts


def _batch(connection: Connection, run: int) -> Any:
    """What is meant by a run: what waits goes before what was marked, ``--since`` before the run it was as of."""
    meant = or_(charge_batches.c.since == run, charge_batches.c.as_of == run)
    found = connection.execute(select(charge_batches).where(meant)).all()
    if not found:
        waits = select(charge_batches.c.since).distinct().where(charge_batches.c.sent_at.is_(None))
        waiting = sorted(row.since for row in connection.execute(waits))
        named = f"; these wait: {', '.join(map(str, waiting))}" if waiting else "; none waits"
        raise SendingError(
            f"No charges were written for run {run}, so none can be marked. Name the run that was given to"
            f" charges --since{named}."
        )
    return max(found, key=lambda row: (row.sent_at is None, row.since == run, row.id))


@dataclass(slots=True)
class _Encounter:
    """What an encounter supports, and what was sent for it."""

    number: str
    patient: str | None
    run: int
    lines: list[Any]
    queries: int
    sent: list[Charge]

    @property
    def outstanding(self) -> dict[str, Charge]:
        """The charge of each line that was sent and not taken back."""
        taken_back = {charge.id for charge in self.sent if charge.kind == "CR"}
        ordered = sorted(self.sent, key=lambda c: (c.date, c.code, c.modifiers, c.id))
        return {c.line: c for c in ordered if c.kind == "CG" and c.id not in taken_back}

    def next_revision(self, line: str) -> int:
        return max((charge.revision for charge in self.sent if charge.line == line), default=0) + 1


def _standing(connection: Connection, ids: Sequence[int], as_of: int) -> Iterator[_Encounter]:
    last = last_codings(connection, ids, before=as_of + 1)
    wanted = select(codings, encounters.c.number).join_from(
        codings, encounters, codings.c.encounter_id == encounters.c.id
    )
    found: dict[int, _Encounter] = {}
    by_number: dict[str, _Encounter] = {}
    for row in rows_where(connection, wanted, codings.c.id, last.values()):
        one = _Encounter(row.number, row.patient, row.run_id, [], 0, [])
        found[row.id] = by_number[row.number] = one
    for row in rows_where(connection, select(lines).order_by(lines.c.position), lines.c.coding_id, found):
        found[row.coding_id].lines.append(row)
    for row in rows_where(connection, select(queries.c.coding_id), queries.c.coding_id, found):
        found[row.coding_id].queries += 1
    read = reader(Charge)
    for row in rows_where(connection, select(sent.c.encounter, sent.c.body), sent.c.encounter, by_number):
        by_number[row.encounter].sent.append(read(row.body))
    yield from found.values()


def _of_encounter(one: _Encounter, *, release: bool) -> tuple[list[Charge], list[HeldCharge]]:
    """Charges, and what is held.  Where a question is open nothing moves: neither a charge nor a credit."""
    outstanding = one.outstanding
    made: list[Charge] = []
    held: list[HeldCharge] = []
    standing = {row.line: row for row in one.lines}
    for line, row in standing.items():
        before = outstanding.get(line)
        why = None if release else _why_held(row, one.queries)
        if before is not None and before.units == row.units:
            continue
        if why is not None:
            held.append(_held(one, row, why, sent=before is not None))
            continue
        if before is not None:
            made.append(_credit(before, "changed", one.run))
        made.append(_charge(one, row, "new" if before is None else "changed"))
    for line, before in outstanding.items():
        if line in standing:
            continue
        if one.queries and not release:
            held.append(
                HeldCharge(
                    one.number, before.code, before.modifiers, before.date, before.units, "open query", sent=True
                )
            )
        else:
            made.append(_credit(before, "withdrawn", one.run))
    return made, held


def _why_held(row: Any, open_queries: int) -> Why | None:
    if open_queries:
        return "open query"
    if row.answered:
        return "answered"
    return "judgement" if row.judgement else None


def _held(one: _Encounter, row: Any, why: Why, *, sent: bool) -> HeldCharge:
    modifiers = tuple(msgspec.json.decode(row.modifiers))
    return HeldCharge(one.number, row.code, modifiers, date.fromisoformat(row.date), row.units, why, sent)


def _credit(before: Charge, reason: Literal["changed", "withdrawn"], run: int) -> Charge:
    return replace(before, kind="CR", reason=reason, run=run)


def _charge(one: _Encounter, row: Any, reason: Literal["new", "changed"]) -> Charge:
    revision = one.next_revision(row.line)
    return Charge(
        id=f"{row.line}.{revision}",
        kind="CG",
        reason=reason,
        line=row.line,
        revision=revision,
        encounter_id=one.number,
        patient_id=one.patient,
        code=row.code,
        modifiers=tuple(msgspec.json.decode(row.modifiers)),
        date=date.fromisoformat(row.date),
        units=row.units,
        start=_time(row.start),
        stop=_time(row.stop),
        minutes=row.minutes,
        drug=row.drug,
        amount=row.amount,
        performed_by=row.performed_by,
        department=row.department,
        run=one.run,
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _keep(connection: Connection, found: Charges, *, released: bool, now: datetime) -> None:
    """Keep what was written out, in place of what was written for the same run before and never marked."""
    stale = select(charge_batches.c.id).where(charge_batches.c.since == found.since, charge_batches.c.sent_at.is_(None))
    connection.execute(delete(charge_batches).where(charge_batches.c.id.in_(stale)))
    if not found.charges:
        return  # nothing waits to be marked
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
    connection.execute(insert(charge_items), [_item(id_, charge) for charge in found.charges])


def _item(batch: int, charge: Charge) -> Mapping[str, object]:
    return {"batch_id": batch, "charge": charge.id, "kind": charge.kind, "body": text_of(charge)}
