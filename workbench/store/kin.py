"""Which encounters bill together: those of one patient on the same dates, and those whose numbers were merged.

The touched ones and those beside them are coded again; what is beside these in turn is only looked at, since their
lines hang on its dates.  Nothing else of the store is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, or_, select

from parsers.events import Merge
from workbench.store.bodies import reader
from workbench.store.numbers import chunks, rows_where
from workbench.store.schema import encounters, events, merges, patients

BESIDE_SECONDS = 48 * 3600
"""Encounters this near to one another bill together: an unknown stop is looked for within 24 hours of either, and so is
the encounter of a pump that names none."""
_CODED, _LOOKED_AT = 1, 2
"""Steps from a touched encounter."""


@dataclass(slots=True)
class Kin:
    """Encounters (rows by id) that are coded together, and the merges that concern them."""

    rows: dict[int, Any] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    """From a touched encounter: 0 is touched, 1 beside one, 2 beside that."""
    merges: dict[int, Merge] = field(default_factory=dict)
    merged_in: dict[int, int] = field(default_factory=dict)
    """The run in which each merge arrived."""

    @property
    def coded(self) -> set[int]:
        """Those whose lines may change; the others are looked at only."""
        return {id_ for id_, step in self.steps.items() if step == 0 or (step <= _CODED and not self.rows[id_].alone)}

    @property
    def looked_at(self) -> set[int]:
        return set(self.rows) - self.coded


def kin_of(connection: Connection, touched: Iterable[int]) -> Kin:
    """The touched encounters and all that bill with them; ids are rows of ``encounters``."""
    kin, names = Kin(), _Names()
    fresh = dict.fromkeys(touched, 0)
    visited: dict[int, int] = {}
    while fresh:
        visited |= fresh
        rows = _rows(connection, fresh)
        kin.rows |= rows
        kin.steps |= {id_: fresh[id_] for id_ in rows}
        found: dict[int, int] = {}
        for step in sorted(set(fresh.values())):
            of_step = {id_: row for id_, row in rows.items() if fresh[id_] == step}
            # merged numbers are one encounter, and a pump belongs to whatever runs
            same = _merged(connection, kin, names, of_step) | _of_pumps(connection, of_step)
            beside = _beside(connection, names, of_step)
            found = dict.fromkeys(beside.pumped | same, step) | found
            if step < _LOOKED_AT:
                found = dict.fromkeys(beside.near, step + 1) | found
        fresh = {id_: step for id_, step in found.items() if step < visited.get(id_, _LOOKED_AT + 1)}
    return kin


@dataclass(slots=True)
class _Names:
    """Patient numbers and encounter numbers looked up so far."""

    encounters: set[str] = field(default_factory=set)
    patients: set[str] = field(default_factory=set)
    same: dict[str, set[str]] = field(default_factory=dict)
    """To a patient's number the others of the same patient, by merges."""


def _rows(connection: Connection, ids: Iterable[int]) -> dict[int, Any]:
    wanted = select(encounters).where(encounters.c.retired.is_(False))
    return {row.id: row for row in rows_where(connection, wanted, encounters.c.id, ids)}


def _merged(connection: Connection, kin: Kin, names: _Names, rows: dict[int, Any]) -> set[int]:
    """Encounters of the numbers that were merged with those of these rows."""
    found = _follow(connection, kin, "encounter", {row.number for row in rows.values()}, names.encounters)
    owned = rows_where(connection, select(patients), patients.c.encounter_id, rows)
    _follow_patients(connection, kin, names, {row.patient for row in owned})
    return {row.id for row in rows_where(connection, select(encounters.c.id), encounters.c.number, found)}


def _follow_patients(connection: Connection, kin: Kin, names: _Names, numbers: set[str]) -> None:
    before = set(kin.merges)
    _follow(connection, kin, "patient", numbers, names.patients)
    for id_, merge in kin.merges.items():
        if id_ not in before and merge.kind == "patient":
            together = {merge.old, merge.new} | names.same.get(merge.old, set()) | names.same.get(merge.new, set())
            for number in together:
                names.same[number] = together


def _follow(connection: Connection, kin: Kin, kind: str, numbers: set[str], looked_up: set[str]) -> set[str]:
    """All numbers that merges lead to from these, which are among them."""
    read = reader(Merge)
    found = set(numbers)
    fresh = numbers - looked_up
    while fresh:
        looked_up |= fresh
        reached: set[str] = set()
        for part in chunks(sorted(fresh), 400):
            touching = or_(merges.c.old.in_(part), merges.c.new.in_(part))
            for row in connection.execute(select(merges).where(merges.c.kind == kind, touching)):
                kin.merges[row.id] = read(row.body)
                kin.merged_in[row.id] = row.run_id
                reached |= {row.old, row.new}
        found |= reached
        fresh = reached - looked_up
    return found


@dataclass(frozen=True, slots=True)
class _Beside:
    near: set[int]
    pumped: set[int]
    """Tied by pumps that name no encounter: those, and all encounters of their patient: one may have no end."""


def _beside(connection: Connection, names: _Names, rows: dict[int, Any]) -> _Beside:
    """Encounters of the same patients: near in time to one of these rows, or tied to it by pumps."""
    owned: dict[str, list[tuple[int, int]]] = {}
    pumped: set[str] = set()
    for row in rows_where(connection, select(patients), patients.c.encounter_id, rows):
        encounter = rows[row.encounter_id]
        if encounter.first_at is not None:
            for number in names.same.get(row.patient, {row.patient}):
                owned.setdefault(number, []).append((encounter.first_at, encounter.last_at))
                if encounter.pump:
                    pumped.add(number)
    wanted = select(
        patients.c.patient, encounters.c.id, encounters.c.first_at, encounters.c.last_at, encounters.c.pump
    ).join_from(patients, encounters, patients.c.encounter_id == encounters.c.id)
    found = [row for row in rows_where(connection, wanted, patients.c.patient, owned) if row.first_at is not None]
    return _Beside(
        {row.id for row in found if near(row.first_at, row.last_at, owned[row.patient])},
        {row.id for row in found if row.pump or row.patient in pumped},
    )


def near(first: int, last: int, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a span lies so near to one of others that the two bill together; seconds since 1970."""
    return any(first <= other[1] + BESIDE_SECONDS and other[0] <= last + BESIDE_SECONDS for other in spans)


def _of_pumps(connection: Connection, rows: dict[int, Any]) -> set[int]:
    """Pumps that name no encounter belong to the chart of their patient that names their order, or to one without a
    patient; both ways are looked up.  The same number with another patient is a number of the pump."""
    if connection.execute(select(encounters.c.id).where(encounters.c.pump.is_(True)).limit(1)).first() is None:
        return set()
    wanted = select(events.c.order_number).distinct()
    numbers = {r.order_number for r in rows_where(connection, wanted, events.c.encounter_id, rows) if r.order_number}
    charted = (
        select(events.c.encounter_id, encounters.c.pump, patients.c.patient)
        .distinct()
        .select_from(events.join(encounters, events.c.encounter_id == encounters.c.id))
        .outerjoin(patients, patients.c.encounter_id == encounters.c.id)
    )
    if not any(row.pump for row in rows.values()):
        charted = charted.where(encounters.c.pump.is_(True))
    owners = _owners(connection, rows)
    mine = {patient for of_row in owners.values() for patient in of_row}
    nameless = any(not owners.get(id_) for id_ in rows)
    found = rows_where(connection, charted, events.c.order_number, numbers)
    return {row.encounter_id for row in found if row.patient is None or row.patient in mine or (row.pump and nameless)}


def _owners(connection: Connection, ids: Iterable[int]) -> dict[int, set[str]]:
    """The patients of encounters."""
    owners: dict[int, set[str]] = {}
    for row in rows_where(connection, select(patients), patients.c.encounter_id, ids):
        owners.setdefault(row.encounter_id, set()).add(row.patient)
    return owners
