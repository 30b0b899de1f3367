"""What an encounter owes: the charges and credits between what was sent for it and what its lines say.

Where a question is open nothing moves, neither a charge nor a credit.  Where a line waits for a person, what it takes
the place of waits with it: the credit alone would leave the encounter without what everybody agrees on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, select

from parsers.events import Merge
from reports.charge import Charge, HeldCharge
from timeline.merges import standing_numbers
from workbench.store.bodies import key_text, reader
from workbench.store.codings import last_codings
from workbench.store.numbers import ids_of, rows_where
from workbench.store.schema import codings, encounters, lines, merges, queries, sent

Why = Literal["open query", "answered", "judgement"]


@dataclass(slots=True)
class Encounter:
    """What an encounter supports, and what was sent for it."""

    id: int
    number: str
    patient: str | None
    run: int
    gone: bool
    """No administration is left under this number."""
    lines: list[Any] = field(default_factory=list)
    queries: int = 0
    sent: list[Charge] = field(default_factory=list)
    successor: Encounter | None = None
    """The encounter it was merged into."""

    @property
    def outstanding(self) -> dict[str, Charge]:
        """The charge of each line that was sent and not taken back."""
        taken_back = {charge.id for charge in self.sent if charge.kind == "CR"}
        ordered = sorted(self.sent, key=lambda c: (c.date, c.code, c.modifiers, c.id))
        return {c.line: c for c in ordered if c.kind == "CG" and c.id not in taken_back}

    def next_revision(self, line: str) -> int:
        return max((charge.revision for charge in self.sent if charge.line == line), default=0) + 1


def standing_of(connection: Connection, ids: Sequence[int], as_of: int) -> Iterator[Encounter]:
    """The encounters as they stood after run ``as_of``; those that were never coded until then are left out."""
    last = last_codings(connection, ids, before=as_of + 1)
    wanted = select(codings, encounters.c.number).join_from(
        codings, encounters, codings.c.encounter_id == encounters.c.id
    )
    found: dict[int, Encounter] = {}
    by_number: dict[str, Encounter] = {}
    for row in rows_where(connection, wanted, codings.c.id, last.values()):
        one = Encounter(row.encounter_id, row.number, row.patient, row.run_id, row.gone)
        found[row.id] = by_number[row.number] = one
    for row in rows_where(connection, select(lines).order_by(lines.c.position), lines.c.coding_id, found):
        found[row.coding_id].lines.append(row)
    for row in rows_where(connection, select(queries.c.coding_id), queries.c.coding_id, found):
        found[row.coding_id].queries += 1
    read = reader(Charge)
    for row in rows_where(connection, select(sent.c.encounter, sent.c.body), sent.c.encounter, by_number):
        by_number[row.encounter].sent.append(read(row.body))
    _find_successors(connection, [one for one in found.values() if one.gone and one.outstanding], as_of)
    yield from found.values()


def _find_successors(connection: Connection, gone: Sequence[Encounter], as_of: int) -> None:
    if not gone:
        return
    into = _merged_into(connection, [one.number for one in gone])
    ids = ids_of(connection, sorted(set(into.values())))
    standing = {one.id: one for one in standing_of(connection, sorted(ids.values()), as_of)}
    for one in gone:
        if one.number in into:
            one.successor = standing.get(ids.get(into[one.number], 0))


def _merged_into(connection: Connection, numbers: Iterable[str]) -> dict[str, str]:
    """Number to the one that stands for it, of those that were merged."""
    read, told = reader(Merge), dict[int, Merge]()
    fresh, asked = {key_text(number) for number in numbers}, set[str]()
    wanted = select(merges).where(merges.c.kind == "encounter")
    while fresh:
        asked |= fresh
        rows = list(rows_where(connection, wanted, merges.c.old, fresh))
        told |= {row.id: read(row.body) for row in rows}
        fresh = {row.new for row in rows} - asked
    return {key_text(old): new for old, new in standing_numbers(told.values(), "encounter").items()}


def due(one: Encounter, *, release: bool) -> tuple[list[Charge], list[HeldCharge]]:
    """Charges and credits, and what is held."""
    outstanding = one.outstanding
    made: list[Charge] = []
    held: list[HeldCharge] = []
    waiting: dict[str, Why] = {}
    """Drug of a line that waits, and for what."""
    standing = {row.line: row for row in one.lines}
    for line, row in standing.items():
        before = outstanding.get(line)
        if before is not None and before.units == row.units:
            continue
        why = None if release else _why_held(row, one.queries)
        if why is not None:
            held.append(_held(one, row, why, sent=before is not None))
            waiting |= dict.fromkeys(_drugs(row.drug), why)
            continue
        if before is not None:
            made.append(_credit(before, "changed", one.run))
        made.append(_charge(one, row, "new" if before is None else "changed"))
    for line, before in outstanding.items():
        if line not in standing:
            why = None if release else _why_not_withdrawn(one, before, waiting)
            if why is None:
                made.append(_credit(before, "withdrawn", one.run))
            else:
                held.append(
                    HeldCharge(one.number, before.code, before.modifiers, before.date, before.units, why, sent=True)
                )
    return made, held


def _why_held(row: Any, open_queries: int) -> Why | None:
    if open_queries:
        return "open query"
    if row.answered:
        return "answered"
    return "judgement" if row.judgement else None


def _why_not_withdrawn(one: Encounter, before: Charge, waiting: dict[str, Why]) -> Why | None:
    """For what the credit of a line waits: for a question, or for the line that takes its place."""
    if one.queries:
        return "open query"
    if one.successor is not None:
        held = due(one.successor, release=False)[1]
        return held[0].why if held else ("open query" if one.successor.queries else None)
    return next((waiting[drug] for drug in _drugs(before.drug) if drug in waiting), None)


def _drugs(names: str) -> list[str]:
    return [name.strip().casefold() for name in names.split(", ")]


def _held(one: Encounter, row: Any, why: Why, *, sent: bool) -> HeldCharge:
    modifiers = tuple(msgspec.json.decode(row.modifiers))
    return HeldCharge(one.number, row.code, modifiers, date.fromisoformat(row.date), row.units, why, sent)


def _credit(before: Charge, reason: Literal["changed", "withdrawn"], run: int) -> Charge:
    return replace(before, kind="CR", reason=reason, run=run)


def _charge(one: Encounter, row: Any, reason: Literal["new", "changed"]) -> Charge:
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
