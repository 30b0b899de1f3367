"""Which encounters bill together: those of one patient on the same dates, and those whose numbers were merged.

The touched ones and all these are coded again; nothing else of the store is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


@dataclass(slots=True)
class Kin:
    """Encounters (rows by id) that are coded together, and the merges that concern them."""

    rows: dict[int, Any] = field(default_factory=dict)
    merges: dict[int, Merge] = field(default_factory=dict)
    merged_in: dict[int, int] = field(default_factory=dict)
    """The run in which each merge arrived."""


def kin_of(connection: Connection, touched: Sequence[int], *, through_pumps: bool = True) -> Kin:
    """The touched encounters and all that bill with them; ids are rows of ``encounters``.

    Without ``through_pumps`` the pumps that name no encounter are found, and not what only they lead to.
    """
    kin, names = Kin(), _Names()
    fresh = set(touched)
    while fresh:
        rows = _rows(connection, fresh)
        kin.rows |= rows
        if not through_pumps:
            rows = {id_: row for id_, row in rows.items() if not row.pump}
        fresh = (
            _merged(connection, kin, names, rows)
            | _beside(connection, names, rows, pumps_anywhere=through_pumps)
            | _of_pumps(connection, rows)
        ) - set(kin.rows)
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


def _beside(connection: Connection, names: _Names, rows: dict[int, Any], *, pumps_anywhere: bool) -> set[int]:
    """Encounters of the same patients, near in time to one of these rows.

    Where pumps name no encounter, all of the patient: a stay of which only the arrival is known has no end.
    """
    owned: dict[str, list[tuple[int, int]]] = {}
    pumped: set[str] = set()
    for row in rows_where(connection, select(patients), patients.c.encounter_id, rows):
        encounter = rows[row.encounter_id]
        if encounter.first_at is not None:
            for number in names.same.get(row.patient, {row.patient}):
                owned.setdefault(number, []).append((encounter.first_at, encounter.last_at))
                if encounter.pump and pumps_anywhere:
                    pumped.add(number)
    wanted = select(
        patients.c.patient, encounters.c.id, encounters.c.first_at, encounters.c.last_at, encounters.c.pump
    ).join_from(patients, encounters, patients.c.encounter_id == encounters.c.id)
    found = [row for row in rows_where(connection, wanted, patients.c.patient, owned) if row.first_at is not None]
    return {
        row.id
        for row in found
        if row.patient in pumped or (row.pump and pumps_anywhere) or _near(row, owned[row.patient])
    }


def _near(row: Any, spans: Iterable[tuple[int, int]]) -> bool:
    return any(row.first_at <= last + BESIDE_SECONDS and first <= row.last_at + BESIDE_SECONDS for first, last in spans)


def _of_pumps(connection: Connection, rows: dict[int, Any]) -> set[int]:
    """Pumps that name no encounter belong to the chart that names their order; both ways are looked up."""
    if connection.execute(select(encounters.c.id).where(encounters.c.pump.is_(True)).limit(1)).first() is None:
        return set()
    wanted = select(events.c.order_number).distinct()
    numbers = {r.order_number for r in rows_where(connection, wanted, events.c.encounter_id, rows) if r.order_number}
    pumps = {row.id for row in rows.values() if row.pump}
    charted = (
        select(events.c.encounter_id, encounters.c.pump)
        .distinct()
        .join_from(events, encounters, events.c.encounter_id == encounters.c.id)
    )
    if not pumps:
        charted = charted.where(encounters.c.pump.is_(True))
    return {row.encounter_id for row in rows_where(connection, charted, events.c.order_number, numbers)}
