"""Codings into the store, each beside what was last reported of the same encounter.

A coding equal to the last one is not written again: the run says nothing of the encounter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Table, delete, insert, select, update

from reports.night import EncounterChange
from workbench.store.bodies import key_text, text_of
from workbench.store.coding_changes import GONE, Earlier, change_of, withdrawn
from workbench.store.loading import Loaded
from workbench.store.numbers import Named, chunks, next_id, rows_of, rows_where
from workbench.store.prepared import Prepared, Row
from workbench.store.schema import changes, codings, encounters, findings, lines, owed, queries, runs, touched
from workbench.store.understood import touch


def store_codings(
    connection: Connection,
    run: int,
    made: Sequence[Prepared],
    coded: Iterable[int],
    looked_at: Collection[int],
    loaded: Loaded,
    rules_changed: Callable[[int], bool],
) -> None:
    """Write what a part of the touched encounters came out as, and take their marks away.

    ``coded`` are the rows of the encounters that were coded; those that are not among ``made`` have no administration
    left.  Those ``looked_at`` were coded for the others' sake, without all that bills with them: they stay as they are.
    ``rules_changed`` says of an earlier run whether it coded by other rules.
    """
    named = Named()
    for one in made:
        named.add(one.encounter, one.patient)
    ids = rows_of(connection, named).ids
    made = [one for one in made if ids[one.encounter] not in looked_at]
    kept = {ids[one.encounter] for one in made}
    vanished = set(coded) - kept
    everyone = set(coded) | kept
    earlier = _earlier(connection, run, everyone)
    _forget(connection, run, everyone)
    written = _Writing(connection, run)
    for one in sorted(made, key=lambda m: m.encounter):
        written.coding(ids[one.encounter], one, earlier.get(ids[one.encounter]), loaded, rules_changed)
    for id_ in sorted(vanished & set(earlier)):
        written.gone(id_, earlier[id_], loaded, connection)
    written.finish()
    connection.execute(update(runs).where(runs.c.id == run).values(coded=runs.c.coded + len(everyone)))
    for part in chunks(sorted(everyone)):
        connection.execute(update(encounters).where(encounters.c.id.in_(part)).values(coded_run=run))
        connection.execute(delete(touched).where(touched.c.encounter_id.in_(part)))
    touch(connection, run, _longer(connection, made, ids))


def _longer(connection: Connection, made: Sequence[Prepared], ids: Mapping[str, int]) -> set[int]:
    """Encounters that run longer than their records say, by an answer: coded again, since they may reach others."""
    ends = {ids[one.encounter]: int(datetime.fromisoformat(one.stop).timestamp()) for one in made if one.stop}
    wanted = select(encounters.c.id, encounters.c.last_at)
    known = {row.id: row.last_at for row in rows_where(connection, wanted, encounters.c.id, ends)}
    longer = {id_: end for id_, end in ends.items() if known[id_] is None or end > known[id_]}
    for id_, end in longer.items():
        connection.execute(update(encounters).where(encounters.c.id == id_).values(last_at=end))
    return set(longer)


def _forget(connection: Connection, run: int, ids: Iterable[int]) -> None:
    """What an earlier part of the same run said of these encounters: it was broken off, or more arrived."""
    of_run = select(codings.c.id).where(codings.c.run_id == run)
    found = [row.id for row in rows_where(connection, of_run, codings.c.encounter_id, ids)]
    if found:
        connection.execute(delete(codings).where(codings.c.id.in_(found)))
    known = select(changes.c.encounter_id).where(changes.c.run_id == run)
    told = [row.encounter_id for row in rows_where(connection, known, changes.c.encounter_id, ids)]
    if told:
        connection.execute(delete(changes).where(changes.c.run_id == run, changes.c.encounter_id.in_(told)))


def last_codings(connection: Connection, ids: Iterable[int], before: int | None = None) -> dict[int, int]:
    """By encounter the coding that stands: that of its last run, or of the last run before one."""
    wanted = select(codings.c.id, codings.c.encounter_id, codings.c.run_id)
    if before is not None:
        wanted = wanted.where(codings.c.run_id < before)
    latest: dict[int, tuple[int, int]] = {}
    for row in rows_where(connection, wanted, codings.c.encounter_id, ids):
        latest[row.encounter_id] = max(latest.get(row.encounter_id, (0, 0)), (row.run_id, row.id))
    return {encounter: coding for encounter, (_, coding) in latest.items()}


def _earlier(connection: Connection, run: int, ids: Iterable[int]) -> dict[int, Earlier]:
    """By encounter, of the last coding before this run."""
    latest = last_codings(connection, ids, before=run)
    found: dict[int, Earlier] = {}
    by_coding: dict[int, Earlier] = {}
    for row in rows_where(connection, select(codings), codings.c.id, latest.values()):
        stop = datetime.fromisoformat(row.stop) if row.stop else None
        one = Earlier(bytes(row.digest), row.run_id, row.amount, stop, row.patient)
        found[row.encounter_id] = by_coding[row.id] = one
    for row in rows_where(connection, select(lines).order_by(lines.c.position), lines.c.coding_id, by_coding):
        by_coding[row.coding_id].lines.append(dict(row._mapping))
    asked = select(queries.c.coding_id, queries.c.query)
    for row in rows_where(connection, asked, queries.c.coding_id, by_coding):
        by_coding[row.coding_id].queries.add(row.query)
    return found


_TABLES: dict[str, Table] = {t.name: t for t in (codings, lines, queries, findings, changes)}


@dataclass(slots=True)
class _Writing:
    """The rows of one part, written together at its end."""

    connection: Connection
    run: int
    free: int = 0
    rows: dict[str, list[Row]] = field(default_factory=lambda: {t: [] for t in _TABLES})

    def __post_init__(self) -> None:
        self.free = next_id(self.connection, codings)

    def coding(
        self, id_: int, one: Prepared, earlier: Earlier | None, loaded: Loaded, rules_changed: Callable[[int], bool]
    ) -> None:
        if earlier is not None and earlier.digest == one.digest:
            return
        self._coding_row(id_, one.patient, one.digest, start=one.start, stop=one.stop, one=one)
        for table, rows in (("lines", one.lines), ("queries", one.queries), ("findings", one.findings)):
            self.rows[table] += [{"coding_id": self.free, "position": n, **row} for n, row in enumerate(rows)]
        self.free += 1
        other_rules = earlier is not None and rules_changed(earlier.run)
        change = change_of(one, earlier, loaded.arrived.get(one.encounter, []), rules_changed=other_rules)
        self._change(id_, change)

    def gone(self, id_: int, earlier: Earlier, loaded: Loaded, connection: Connection) -> None:
        """An encounter of which nothing is left: merged into another, or all of it taken back."""
        if earlier.digest == GONE:
            return
        number = connection.execute(select(encounters.c.number).where(encounters.c.id == id_)).scalar_one()
        self._coding_row(id_, earlier.patient, GONE)
        self.free += 1
        facts = loaded.arrived.get(loaded.standing.get(number, number), [])
        self._change(id_, withdrawn(number, earlier, facts))

    def _coding_row(
        self,
        id_: int,
        patient: str | None,
        digest: bytes,
        *,
        start: str | None = None,
        stop: str | None = None,
        one: Prepared | None = None,
    ) -> None:
        row = {
            "id": self.free,
            "encounter_id": id_,
            "run_id": self.run,
            "patient": None if patient is None else key_text(patient),
            "digest": digest,
            "gone": one is None,
            "start": start,
            "stop": stop,
            "policy_version": one.policy_version if one is not None else "",
            "amount": one.amount if one is not None else None,
            "amount_in_query": one.amount_in_query if one is not None else None,
        }
        self.rows["codings"].append(row)

    def _change(self, id_: int, change: EncounterChange) -> None:
        asked = change.queries_opened or change.queries_closed
        if change.first_time or change.lines or asked or change.amount_before != change.amount_after:
            self.rows["changes"].append({"run_id": self.run, "encounter_id": id_, "body": text_of(change)})

    def finish(self) -> None:
        changed = [row["encounter_id"] for row in self.rows["codings"]]
        for part in chunks(changed):  # their lines may differ from what was sent
            self.connection.execute(delete(owed).where(owed.c.encounter_id.in_(part)))
            rows = [{"encounter_id": id_, "run_id": self.run} for id_ in part]
            self.connection.execute(insert(owed), rows)
        for name, table in _TABLES.items():
            if self.rows[name]:
                self.connection.execute(insert(table), self.rows[name])
