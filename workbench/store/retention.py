"""``--keep DAYS``: the records of encounters that ended so long ago are removed; what was sent for them stays.

An encounter that was removed is never coded again: from a late entry alone its other lines would look withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import fsum
from typing import Any

from sqlalchemy import Connection, Table, delete, exists, func, or_, select, update

from timeline.merges import standing_numbers
from workbench.store.bodies import text_of
from workbench.store.codings import last_codings
from workbench.store.database import Store
from workbench.store.kin import Kin, kin_of, near
from workbench.store.numbers import chunks, rows_where
from workbench.store.old_records import remove_records, remove_unused
from workbench.store.runs import Removed, removed_in
from workbench.store.schema import (
    accesses,
    answers,
    changes,
    codings,
    encounters,
    events,
    lines,
    owed,
    patients,
    queries,
    runs,
    sent,
    stays,
    touched,
)

AT_ONCE = 500
_DRUGS = ("Medication", "Substance")


def retire(store: Store, run: int, now: datetime, keep_days: int) -> None:
    """Remove what is older than ``keep_days`` (by the last charted action of an encounter), some at a time.

    Where an encounter beside it is not that old, it stays: the other's bill hangs on it.  Merged numbers go together.
    The row of the run says how much it was.
    """
    before = now.astimezone(UTC) - timedelta(days=keep_days)
    last: int | None = 0
    while last is not None:
        with store.writing() as connection:
            found, last = _old(connection, run, before, last)
            for part in chunks(sorted(found.rows), AT_ONCE):
                gone = _remove(connection, {id_: found.rows[id_] for id_ in part})
                whole = _sum(removed_in(connection, run), gone)
                connection.execute(update(runs).where(runs.c.id == run).values(removed=text_of(whole)))
            for part in chunks(sorted(found.beside)):
                connection.execute(update(encounters).where(encounters.c.id.in_(part)).values(alone=True))
    with store.writing() as connection:
        remove_records(connection, before)


@dataclass(frozen=True, slots=True)
class _Old:
    """Encounters to be removed, and those beside them that stay."""

    rows: dict[int, Any]
    beside: set[int]


def _old(connection: Connection, run: int, before: datetime, after: int) -> tuple[_Old, int | None]:
    """Old encounters among those with an id greater than ``after``, and the last id that was looked at.

    What this run coded goes in the next one: the report of this one tells of it.
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
        return _Old({}, set()), None
    around = _Around(connection, kin_of(connection, looked_at))
    recent = {
        id_
        for id_, row in around.kin.rows.items()
        if row.coded_run == run or (row.last_at is not None and row.last_at >= moment)
    }
    # pumps that name no encounter may run for years: an encounter does not stay for their sake
    bound = {id_ for id_ in recent if not around.kin.rows[id_].pump}
    kept = recent | around.together(bound | {id_ for id_ in looked_at if around.beside(id_, bound)})
    gone = {id_ for id_, step in around.kin.steps.items() if step == 0} - kept
    left = {id_ for id_ in around.kin.rows if id_ not in gone and around.beside(id_, gone)}
    return _Old({id_: around.kin.rows[id_] for id_ in gone}, left), looked_at[-1]


class _Around:
    """Encounters with all that lies beside them, by the patients and numbers that stand."""

    def __init__(self, connection: Connection, kin: Kin) -> None:
        self.kin = kin
        told = list(kin.merges.values())
        patient_now, self._number_now = standing_numbers(told, "patient"), standing_numbers(told, "encounter")
        self._patients: dict[int, set[str]] = {}
        self._of_patient: dict[str, list[int]] = {}
        for row in rows_where(connection, select(patients), patients.c.encounter_id, kin.rows):
            patient = patient_now.get(row.patient, row.patient)
            self._patients.setdefault(row.encounter_id, set()).add(patient)
            self._of_patient.setdefault(patient, []).append(row.encounter_id)

    def beside(self, id_: int, others: Collection[int]) -> bool:
        """Whether one of the others is of the same patient and near in time."""
        row = self.kin.rows[id_]
        if row.first_at is None:
            return False
        of_patient = {other for p in self._patients.get(id_, ()) for other in self._of_patient[p]} - {id_}
        spans = [
            (o.first_at, o.last_at) for i in of_patient & set(others) if (o := self.kin.rows[i]).first_at is not None
        ]
        return near(row.first_at, row.last_at, spans)

    def together(self, ids: set[int]) -> set[int]:
        """These, and those whose numbers were merged with theirs."""
        numbers = {self._now(id_) for id_ in ids}
        return {id_ for id_ in self.kin.rows if self._now(id_) in numbers}

    def _now(self, id_: int) -> str:
        number: str = self.kin.rows[id_].number
        return self._number_now.get(number, number)


def _remove(connection: Connection, old: dict[int, Any]) -> Removed:
    ids = list(old)
    counted = _counted(connection, ids)
    kept_of = [_records_of(connection, table, ids) for table in (events, stays, accesses)]
    for table in (events, stays, accesses, codings, changes, owed, patients):
        connection.execute(delete(table).where(table.c.encounter_id.in_(ids)))
    remove_unused(connection, set().union(*kept_of))
    for part in chunks(row.number for row in old.values()):
        connection.execute(delete(answers).where(answers.c.encounter.in_(part)))
    # The pumps of a patient are no encounter that could be over.
    pumps = [id_ for id_, row in old.items() if row.pump]
    connection.execute(delete(encounters).where(encounters.c.id.in_(pumps)))
    gone = {"retired": True, "first_at": None, "last_at": None}
    connection.execute(update(encounters).where(encounters.c.id.in_(ids)).values(gone))
    return counted


def _records_of(connection: Connection, table: Table, ids: list[int]) -> set[int]:
    found = connection.execute(select(table.c.record_id).distinct().where(table.c.encounter_id.in_(ids)))
    return {row.record_id for row in found if row.record_id is not None}


def _counted(connection: Connection, ids: list[int]) -> Removed:
    last = list(last_codings(connection, ids).values())
    standing = select(codings.c.id, codings.c.amount).where(codings.c.id.in_(last), codings.c.gone.is_(False))
    found = connection.execute(standing).all()
    of = [row.id for row in found]

    def count(table: Table) -> int:
        counted = select(func.count()).select_from(table).where(table.c.coding_id.in_(of))
        return int(connection.execute(counted).scalar_one())

    return Removed(
        len(found),
        count(lines),
        count(queries),
        round(fsum(row.amount or 0.0 for row in found), 2),
        _unsent(connection, ids),
    )


def _unsent(connection: Connection, ids: list[int]) -> int:
    """Encounters whose charges were never marked as sent in full, where charges are sent from this store at all."""
    if connection.execute(select(sent.c.charge).limit(1)).first() is None:
        return 0
    counted = select(func.count()).select_from(owed).where(owed.c.encounter_id.in_(ids))
    return int(connection.execute(counted).scalar_one())


def _sum(one: Removed, other: Removed) -> Removed:
    return Removed(
        one.encounters + other.encounters,
        one.lines + other.lines,
        one.queries + other.queries,
        round(one.amount + other.amount, 2),
        one.unsent + other.unsent,
    )
