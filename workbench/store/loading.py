"""The records of some encounters, out of the store and into a reading, as if they had just been read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Table, select

from parsers.answers import GivenAnswer
from parsers.events import (
    AccessContext,
    AdministrationEvent,
    Context,
    Finding,
    InputFile,
    Merge,
    OrderContext,
    Reading,
    StayContext,
)
from parsers.settling import settled
from timeline.merges import standing_numbers
from workbench.store.bodies import reader
from workbench.store.kin import Kin
from workbench.store.numbers import rows_where
from workbench.store.schema import accesses, answers, events, files, order_numbers, orders, stays

Fact = AdministrationEvent | StayContext | OrderContext | AccessContext | Merge | GivenAnswer


@dataclass(slots=True)
class Loaded:
    """The reading of the encounters, the answers to their queries, and what of it arrived in this run."""

    reading: Reading
    answers: tuple[GivenAnswer, ...]
    standing: dict[str, str]
    """Former encounter numbers to those that stand for them."""
    arrived: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    """By the number of the encounter that stands now."""
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Sources:
    """The kind of every file, and where the times without an offset were read in: the same for all of a run."""

    timezone: str
    profile: str
    kinds: dict[str, str] = field(default_factory=dict)

    def look_up(self, connection: Connection, names: Iterable[str]) -> None:
        """Learn the kinds of these files."""
        unknown = set(names) - set(self.kinds)
        for row in rows_where(connection, select(files.c.name, files.c.kind), files.c.name, unknown):
            self.kinds[row.name] = row.kind


def load(connection: Connection, kin: Kin, run: int, sources: Sources) -> Loaded:
    """All that the store holds of these encounters, settled together."""
    new: list[tuple[Any, Fact]] = []
    read = _facts(connection, events, AdministrationEvent, kin, run, new)
    charted = Context(
        orders=tuple(_orders(connection, kin, run, new)),
        stays=tuple(_facts(connection, stays, StayContext, kin, run, new)),
        merges=tuple(kin.merges[id_] for id_ in sorted(kin.merges)),
        accesses=tuple(_facts(connection, accesses, AccessContext, kin, run, new)),
    )
    sources.look_up(connection, {event.source.file for event in read})
    names = {event.source.file for event in read}
    whole = settled(read, charted, {name: sources.kinds[name] for name in sorted(names) if name in sources.kinds})
    # As in a single pass: what a person gives beside the records says nothing of where a pump belongs.
    context = replace(
        charted,
        stays=(*charted.stays, *_facts(connection, stays, StayContext, kin, run, new, given=True)),
        accesses=(*charted.accesses, *_facts(connection, accesses, AccessContext, kin, run, new, given=True)),
    )
    reading = Reading(
        events=whole.events,
        inputs=tuple(InputFile(name, "", sources.kinds.get(name, "hl7"), 0) for name in sorted(names)),
        timezone=sources.timezone,
        profile=sources.profile,
        context=context,
    )
    standing = standing_numbers(context.merges, "encounter")
    loaded = Loaded(reading, _answers(connection, kin, run, standing, new), standing, findings=whole.findings)
    patients = {(fact.encounter_id, fact.patient_id) for fact in (*read, *charted.stays) if fact.patient_id}
    stand_for = standing_numbers(context.merges, "patient")
    for id_, merge in kin.merges.items():
        if kin.merged_in[id_] == run:
            new += _concerned(merge, patients, stand_for)
    for number, fact in new:
        loaded.arrived[standing.get(number, number)].append(fact)
    return loaded


def _concerned(
    merge: Merge, patients: Iterable[tuple[str, str]], stand_for: Mapping[str, str]
) -> Iterator[tuple[str, Fact]]:
    """A merge of encounters concerns the one that stands; one of patients their encounters."""
    if merge.kind == "encounter":
        yield merge.new, merge
        return
    now = {stand_for.get(number, number) for number in (merge.old, merge.new)}
    of_both = {encounter for encounter, patient in patients if stand_for.get(patient, patient) in now}
    yield from ((encounter, merge) for encounter in sorted(of_both))


def _facts(
    connection: Connection,
    table: Table,
    cls: type[Any],
    kin: Kin,
    run: int,
    new: list[tuple[Any, Fact]],
    *,
    given: bool = False,
) -> list[Any]:
    """The facts of these encounters that records tell, or those that were ``given`` beside them."""
    read = reader(cls)
    wanted = select(table.c.run_id, table.c.body)
    if table is not events:
        wanted = wanted.where(table.c.record_id.is_(None) if given else table.c.record_id.is_not(None))
    found = []
    for row in rows_where(connection, wanted.order_by(table.c.id), table.c.encounter_id, sorted(kin.rows)):
        fact = read(row.body)
        found.append(fact)
        if row.run_id == run:
            new.append((fact.encounter_id, fact))
    return found


def _orders(connection: Connection, kin: Kin, run: int, new: list[tuple[Any, Fact]]) -> list[OrderContext]:
    """The orders that the events of these encounters name."""
    named = select(events.c.order_number, events.c.encounter_id).distinct()
    owners: dict[str, set[int]] = defaultdict(set)
    for row in rows_where(connection, named, events.c.encounter_id, sorted(kin.rows)):
        if row.order_number is not None:
            owners[row.order_number].add(row.encounter_id)
    wanted = select(order_numbers.c.number, orders.c.id, orders.c.run_id, orders.c.body).join_from(
        order_numbers, orders, order_numbers.c.order_id == orders.c.id
    )
    read, found = reader(OrderContext), dict[int, OrderContext]()
    for row in rows_where(connection, wanted, order_numbers.c.number, sorted(owners)):
        order = found.setdefault(row.id, read(row.body))
        if row.run_id == run:
            new += [(kin.rows[owner].number, order) for owner in sorted(owners[row.number])]
    return [found[id_] for id_ in sorted(found)]


def _answers(
    connection: Connection, kin: Kin, run: int, standing: dict[str, str], new: list[tuple[Any, Fact]]
) -> tuple[GivenAnswer, ...]:
    numbers: Sequence[str] = sorted({row.number for row in kin.rows.values()} | set(standing.values()))
    read, found = reader(GivenAnswer), []
    for row in rows_where(connection, select(answers), answers.c.encounter, numbers):
        answer = read(row.body)
        found.append(answer)
        if row.run_id == run:
            new.append((answer.encounter, answer))
    return tuple(found)
