"""What was understood of a file goes into the store, each fact once; what is new touches its encounters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from parsers.events import AccessContext, AdministrationEvent, Context, Merge, OrderContext, Source, StayContext
from workbench.store.bodies import encoded, fingerprint, key_text, plain
from workbench.store.numbers import Named, Rows, chunks, next_id, pump_number, rows_of, rows_where
from workbench.store.schema import (
    accesses,
    encounters,
    events,
    merges,
    order_numbers,
    orders,
    patients,
    runs,
    stays,
    touched,
)

PART = 5_000
"""Rows written at a time."""
RecordOf = Callable[[Source], int | None]
"""The row of the record a source names."""
Marked = Callable[[Any], tuple[str, bytes]]
"""Body and fingerprint of a fact."""


@dataclass(slots=True)
class Taken:
    """What came of the events and the context of one file."""

    events: int = 0
    """New ones."""
    known: list[Source] = field(default_factory=list)
    """Sources of events that stand in the store already."""
    retired: list[Source] = field(default_factory=list)
    """Sources of events of encounters whose records were removed: they are not coded."""
    touched: set[int] = field(default_factory=set)


def take_in(
    connection: Connection,
    run: int,
    read: Sequence[AdministrationEvent],
    context: Context,
    record_of: RecordOf,
    *,
    apart: bool = False,
) -> Taken:
    """Write events and context, and the encounters they touch.

    ``apart`` for records that a later version may take back (FHIR): what two of them say alike is kept twice, so that
    it stays when one of them goes.  It is counted once all the same (:mod:`parsers.settling`).
    """
    rows = rows_of(connection, _named(read, context))
    taken = Taken()

    def marked(fact: Any) -> tuple[str, bytes]:
        return bodies(fact, record_of(fact.source) if apart else None)

    _events(connection, run, read, rows, record_of, taken, marked)
    for table, facts in ((stays, context.stays), (accesses, context.accesses)):
        _facts(connection, run, table, facts, rows, record_of, taken, marked)
    _orders(connection, run, context.orders, record_of, taken)
    _merges(connection, run, context.merges, record_of, taken)
    touch(connection, run, taken.touched)
    return taken


def touch(connection: Connection, run: int, ids: Iterable[int]) -> None:
    """Mark encounters to be coded again; the mark stays until they are."""
    wanted = set(ids)
    wanted -= {row.encounter_id for row in rows_where(connection, select(touched), touched.c.encounter_id, wanted)}
    if wanted:
        connection.execute(insert(touched), [{"encounter_id": i, "run_id": run} for i in sorted(wanted)])
        connection.execute(update(runs).where(runs.c.id == run).values(touched=runs.c.touched + len(wanted)))


def number_of(event: AdministrationEvent) -> str:
    """The number an event stands under: that of its encounter, or of a patient's pumps that name none."""
    return event.encounter_id or pump_number(event.patient_id)


def _named(read: Iterable[AdministrationEvent], context: Context) -> Named:
    named = Named()
    for event in read:
        times = [event.time] if event.stop is None else [event.time, event.stop]
        named.add(number_of(event), event.patient_id, *map(_seconds, times))
    for stay in context.stays:
        named.add(stay.encounter_id, stay.patient_id, _seconds(stay.time))
    for access in context.accesses:
        named.add(access.encounter_id, None)
    return named


def _seconds(time: datetime) -> int:
    return int(time.timestamp())


def bodies(value: Any, apart: object = None) -> tuple[str, bytes]:
    """The body of a value, and the fingerprint of all of it but its source.

    With ``apart`` (the record, or who gave it) an equal fact of another source is a fact of its own.
    """
    made = plain(value)
    source = made.pop("source")
    mark = fingerprint(encoded(made) + ("" if apart is None else f"\x1f{apart}"))
    return encoded({"source": source, **made}), mark


def _events(
    connection: Connection,
    run: int,
    read: Sequence[AdministrationEvent],
    rows: Rows,
    record_of: RecordOf,
    taken: Taken,
    marked: Marked,
) -> None:
    known = _marks(connection, events, {rows.ids[number_of(e)] for e in read} - rows.new)
    for part in chunks(read, PART):
        new: list[dict[str, object]] = []
        free = next_id(connection, events)
        for event in part:
            encounter = rows.ids[number_of(event)]
            if encounter in rows.retired:
                taken.retired.append(event.source)
                continue
            body, mark = marked(event)
            if (encounter, mark) in known:
                taken.known.append(event.source)
                continue
            known.add((encounter, mark))
            taken.touched.add(encounter)
            new.append(
                {
                    "id": free + len(new),
                    "encounter_id": encounter,
                    "run_id": run,
                    "record_id": record_of(event.source),
                    "fingerprint": mark,
                    "order_number": None if event.order_id is None else key_text(event.order_id),
                    "body": body,
                }
            )
        taken.events += len(new)
        if new:
            connection.execute(insert(events), new)


def _marks(connection: Connection, table: Table, ids: set[int]) -> set[tuple[int, bytes]]:
    """Encounter and fingerprint of what the store holds of these encounters."""
    wanted = select(table.c.encounter_id, table.c.fingerprint)
    return {(row[0], bytes(row[1])) for row in rows_where(connection, wanted, table.c.encounter_id, ids)}


def _facts(
    connection: Connection,
    run: int,
    table: Table,
    facts: Sequence[StayContext] | Sequence[AccessContext],
    rows: Rows,
    record_of: RecordOf,
    taken: Taken,
    marked: Marked,
) -> None:
    """Facts of a stay, or lines in place."""
    known = _marks(connection, table, {rows.ids[fact.encounter_id] for fact in facts} - rows.new)
    new: list[dict[str, object]] = []
    free = next_id(connection, table) if facts else 0
    for fact in facts:
        encounter = rows.ids[fact.encounter_id]
        body, mark = marked(fact)
        if (encounter, mark) in known or encounter in rows.retired:
            continue
        known.add((encounter, mark))
        taken.touched.add(encounter)
        new.append(
            {
                "id": free + len(new),
                "encounter_id": encounter,
                "run_id": run,
                "record_id": record_of(fact.source),
                "fingerprint": mark,
                "body": body,
            }
        )
    if new:
        connection.execute(insert(table), new)


def _orders(connection: Connection, run: int, facts: Sequence[OrderContext], record_of: RecordOf, taken: Taken) -> None:
    made = _unknown(connection, orders, facts)
    if not made:
        return
    free = next_id(connection, orders)
    rows, numbers = [], []
    for id_, (mark, (order, body)) in enumerate(made.items(), start=free):
        rows.append({"id": id_, "run_id": run, "record_id": record_of(order.source), "fingerprint": mark, "body": body})
        numbers += [{"number": number, "order_id": id_} for number in sorted(set(map(key_text, order.order_ids)))]
    connection.execute(insert(orders), rows)
    if numbers:
        connection.execute(insert(order_numbers), numbers)
    taken.touched |= _ordered(connection, [order for order, _ in made.values()])


def _ordered(connection: Connection, facts: Sequence[OrderContext]) -> set[int]:
    """Encounters whose administrations these orders may mean: of their patient or encounter, since numbers repeat."""
    owners = {key_text(owner) for order in facts for owner in (order.encounter_id, order.patient_id) if owner}
    same = _merged_with(connection, owners)
    meant = {
        (key_text(number), name)
        for order in facts
        for number in order.order_ids
        for owner in (order.encounter_id, order.patient_id)
        if owner
        for name in same.get(key_text(owner), {key_text(owner)})
    }
    wanted = (
        select(events.c.encounter_id, events.c.order_number, encounters.c.number, patients.c.patient)
        .distinct()
        .select_from(events.join(encounters, events.c.encounter_id == encounters.c.id))
        .outerjoin(patients, patients.c.encounter_id == encounters.c.id)
    )
    found = rows_where(connection, wanted, events.c.order_number, {number for number, _ in meant})
    return {
        row.encounter_id for row in found if meant & {(row.order_number, row.number), (row.order_number, row.patient)}
    }


def _merged_with(connection: Connection, numbers: set[str]) -> dict[str, set[str]]:
    """Each number with all those that merges tie to it, whichever kind they are of."""
    same: dict[str, set[str]] = {}
    fresh, asked = set(numbers), set[str]()
    while fresh:
        asked |= fresh
        ties = [
            (row.old, row.new)
            for side in (merges.c.old, merges.c.new)
            for row in rows_where(connection, select(merges.c.old, merges.c.new), side, fresh)
        ]
        for old, new in ties:
            together = {old, new} | same.get(old, set()) | same.get(new, set())
            same |= dict.fromkeys(together, together)
        fresh = {number for tie in ties for number in tie} - asked
    return same


def _merges(connection: Connection, run: int, facts: Sequence[Merge], record_of: RecordOf, taken: Taken) -> None:
    made = _unknown(connection, merges, facts)
    if not made:
        return
    free = next_id(connection, merges)
    rows = [
        {
            "id": id_,
            "run_id": run,
            "record_id": record_of(merge.source),
            "kind": merge.kind,
            "old": key_text(merge.old),
            "new": key_text(merge.new),
            "fingerprint": mark,
            "body": body,
        }
        for id_, (mark, (merge, body)) in enumerate(made.items(), start=free)
    ]
    connection.execute(insert(merges), rows)
    of_kind: Mapping[str, set[str]] = {
        kind: {str(row[side]) for row in rows if row["kind"] == kind for side in ("old", "new")}
        for kind in ("encounter", "patient")
    }
    named = rows_where(connection, select(encounters.c.id), encounters.c.number, of_kind["encounter"])
    taken.touched |= {row.id for row in named}
    owned = rows_where(connection, select(patients.c.encounter_id), patients.c.patient, of_kind["patient"])
    taken.touched |= {row.encounter_id for row in owned}


def _unknown(connection: Connection, table: Table, facts: Sequence[Any]) -> dict[bytes, tuple[Any, str]]:
    """Facts that the store does not hold, by fingerprint, with their bodies."""
    made: dict[bytes, tuple[Any, str]] = {}
    for fact in facts:
        body, mark = bodies(fact)
        made.setdefault(mark, (fact, body))
    for row in rows_where(connection, select(table.c.fingerprint), table.c.fingerprint, list(made)):
        made.pop(bytes(row[0]), None)
    return made
