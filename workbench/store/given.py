"""What a person gives beside the records: answers, and the tables of IV lines and patient classes.

They stay in the store until other ones are given for the same question or the same encounter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select

from parsers.answers import GivenAnswer
from parsers.events import AccessContext, Context, StayContext
from workbench.store.bodies import encoded, key_text, plain, reader
from workbench.store.numbers import Named, chunks, ids_of, next_id, rows_of, rows_where
from workbench.store.schema import accesses, answers, stays
from workbench.store.understood import bodies, touch


def give_answers(connection: Connection, run: int, given: Iterable[GivenAnswer]) -> int:
    """Keep answers; those that say something new touch their encounters.  The number of these."""
    wanted = {(key_text(a.encounter), key_text(a.administration), a.what): a for a in given}
    held = {
        (row.encounter, row.administration, row.what): row.body
        for row in rows_where(connection, select(answers), answers.c.encounter, {key[0] for key in wanted})
    }
    new = {key: a for key, a in wanted.items() if _said(held.get(key)) != _answer_text(a)}
    for part in chunks(new, 300):
        same = [and_(answers.c.encounter == e, answers.c.administration == a, answers.c.what == w) for e, a, w in part]
        connection.execute(delete(answers).where(or_(*same)))
    if new:
        rows = [
            {"encounter": e, "administration": a, "what": w, "run_id": run, "body": encoded(plain(answer))}
            for (e, a, w), answer in new.items()
        ]
        connection.execute(insert(answers), rows)
        touch(connection, run, ids_of(connection, sorted({a.encounter for a in new.values()})).values())
    return len(new)


def _said(body: str | None) -> str | None:
    return None if body is None else _answer_text(reader(GivenAnswer)(body))


def _answer_text(answer: GivenAnswer) -> str:
    """What an answer says, wherever it stands."""
    return encoded(plain(answer, without="source"))


def give_tables(connection: Connection, run: int, context: Context) -> None:
    """Keep the rows of ``--accesses`` and ``--classes``: those of an encounter replace what was given for it before."""
    _replace(connection, run, stays, context.stays)
    _replace(connection, run, accesses, context.accesses)


def _replace(
    connection: Connection, run: int, table: Any, facts: Iterable[StayContext] | Iterable[AccessContext]
) -> None:
    named, by_encounter = Named(), dict[str, dict[bytes, str]]()
    for fact in facts:
        times = [int(fact.time.timestamp())] if isinstance(fact, StayContext) else []
        named.add(fact.encounter_id, None, *times)
        body, mark = bodies(fact, "given")
        by_encounter.setdefault(fact.encounter_id, {}).setdefault(mark, body)
    if not by_encounter:
        return
    rows = rows_of(connection, named)
    held = _held(connection, table, rows.ids.values())
    new: list[dict[str, object]] = []
    changed: set[int] = set()
    free = next_id(connection, table)
    for number, told in by_encounter.items():
        id_ = rows.ids[number]
        if set(told) == held.get(id_) or id_ in rows.retired:
            continue
        changed.add(id_)
        for mark, body in told.items():
            row = {"id": free + len(new), "encounter_id": id_, "run_id": run, "record_id": None}
            new.append({**row, "fingerprint": mark, "body": body})
    for part in chunks(sorted(changed)):
        connection.execute(delete(table).where(table.c.encounter_id.in_(part), table.c.record_id.is_(None)))
    if new:
        connection.execute(insert(table), new)
    touch(connection, run, changed)


def _held(connection: Connection, table: Any, ids: Iterable[int]) -> dict[int, set[bytes]]:
    """Fingerprints of what was given before, by encounter."""
    held: dict[int, set[bytes]] = {}
    wanted = select(table.c.encounter_id, table.c.fingerprint).where(table.c.record_id.is_(None))
    for row in rows_where(connection, wanted, table.c.encounter_id, set(ids)):
        held.setdefault(row.encounter_id, set()).add(bytes(row.fingerprint))
    return held
