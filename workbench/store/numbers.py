"""Encounters by number: the row each has in the store, the patients they belong to, and when they ran."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table, func, insert, select, update

from workbench.store.bodies import key_text
from workbench.store.schema import encounters, patients

AT_ONCE = 900
"""Values of one IN list: every SQLite takes so many."""
_PUMP = "\x1fpump "
Item = TypeVar("Item")


def chunks(items: Iterable[Item], size: int = AT_ONCE) -> Iterator[list[Item]]:
    """The items, ``size`` at a time."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def rows_where(connection: Connection, wanted: Any, column: Column[Any], values: Iterable[Hashable]) -> Iterator[Any]:
    """The rows of a SELECT whose column holds one of the values, asked for in parts."""
    for part in chunks(values):
        yield from connection.execute(wanted.where(column.in_(part)))


def next_id(connection: Connection, table: Table) -> int:
    """The first free id: one run writes at a time."""
    return int(connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1


def pump_number(patient: str | None) -> str:
    """The number under which pump events of a patient stand that name no encounter."""
    return _PUMP + (patient or "")


@dataclass(slots=True)
class Span:
    """First and last second in which anything of an encounter happened."""

    first: int | None = None
    last: int | None = None

    def see(self, seconds: int) -> None:
        self.first = seconds if self.first is None or seconds < self.first else self.first
        self.last = seconds if self.last is None or seconds > self.last else self.last


@dataclass(slots=True)
class Named:
    """What a file says of the encounters it names."""

    spans: dict[str, Span] = field(default_factory=dict)
    patients: dict[str, set[str]] = field(default_factory=dict)

    def add(self, number: str, patient: str | None, *seconds: int) -> None:
        """Note one fact: the encounter, its patient, and when it was."""
        span = self.spans.setdefault(number, Span())
        for second in seconds:
            span.see(second)
        if patient:
            self.patients.setdefault(number, set()).add(patient)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of the encounters of a file: id by number, those new with it, and those that were retired."""

    ids: dict[str, int]
    new: set[int]
    retired: set[int]


def rows_of(connection: Connection, named: Named) -> Rows:
    """Find or make the row of every encounter named, and widen its span."""
    keys = {number: key_text(number) for number in named.spans}
    known = _known(connection, keys.values())
    ids: dict[str, int] = {}
    made: list[dict[str, object]] = []
    widened: list[dict[str, object]] = []
    new: set[int] = set()
    free = next_id(connection, encounters)
    for number, span in named.spans.items():
        found = known.get(keys[number])
        if found is None:
            ids[number], free = free, free + 1
            new.add(ids[number])
            made.append(_row(ids[number], keys[number], span))
            continue
        ids[number] = found.id
        if (wider := _widened(found, span)) is not None:
            widened.append(wider)
    if made:
        connection.execute(insert(encounters), made)
    for row in widened:
        connection.execute(update(encounters).where(encounters.c.id == row.pop("id")).values(row))
    _note_patients(connection, named, ids)
    return Rows(ids, new, {row.id for row in known.values() if row.retired})


def _known(connection: Connection, numbers: Iterable[str]) -> dict[str, Any]:
    return {row.number: row for row in rows_where(connection, select(encounters), encounters.c.number, set(numbers))}


def _row(id_: int, number: str, span: Span) -> dict[str, object]:
    return {
        "id": id_,
        "number": number,
        "first_at": span.first,
        "last_at": span.last,
        "pump": number.startswith(_PUMP),
        "retired": False,
        "alone": False,
        "coded_run": None,
    }


def _widened(row: Any, span: Span) -> dict[str, object] | None:
    whole = Span(row.first_at, row.last_at)
    for second in (span.first, span.last):
        if second is not None:
            whole.see(second)
    if (whole.first, whole.last) == (row.first_at, row.last_at):
        return None
    return {"id": row.id, "first_at": whole.first, "last_at": whole.last}


def _note_patients(connection: Connection, named: Named, ids: dict[str, int]) -> None:
    wanted = {(ids[number], key_text(patient)) for number, of in named.patients.items() for patient in of}
    if not wanted:
        return
    found = rows_where(connection, select(patients), patients.c.encounter_id, {id_ for id_, _ in wanted})
    wanted -= {(row.encounter_id, row.patient) for row in found}
    if wanted:
        connection.execute(insert(patients), [{"encounter_id": i, "patient": p} for i, p in sorted(wanted)])


def ids_of(connection: Connection, numbers: Sequence[str]) -> dict[str, int]:
    """Id by number of those that are known."""
    found = _known(connection, map(key_text, numbers))
    return {number: found[key].id for number in numbers if (key := key_text(number)) in found}
