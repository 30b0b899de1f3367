"""Queries that are open in the encounters of a run, and answers that could not be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from parsers.answers import AnswerFile
from parsers.events import Finding, Source
from reports.night import EncounterChange, OpenQuery
from workbench.store.bodies import reader
from workbench.store.codings import last_codings
from workbench.store.numbers import ids_of, rows_where
from workbench.store.schema import codings, encounters, findings, queries

ANSWERS = ("answer-unreadable", "answer-not-used", "answer-without-administration", "answer-new-line")
"""Findings of an encounter about the answers given for it."""


def open_queries(
    connection: Connection, changed: Sequence[EncounterChange], run: int | None = None
) -> tuple[OpenQuery, ...]:
    """The open queries of the encounters that a run reports, as they stood after it, by encounter."""
    numbers = {change.encounter_id for change in changed if change.queries_after}
    ids = ids_of(connection, sorted(numbers))
    last = last_codings(connection, ids.values(), before=None if run is None else run + 1)
    of = {coding: number for number, id_ in ids.items() if (coding := last.get(id_)) is not None}
    found = rows_where(connection, select(queries).order_by(queries.c.position), queries.c.coding_id, of)
    told = [OpenQuery(of[row.coding_id], row.query, row.what, row.administration, row.question) for row in found]
    return tuple(sorted(told, key=lambda query: query.encounter_id))


def doubtful_answers(connection: Connection, run: int, given: AnswerFile | None) -> Iterator[Finding]:
    """Answers that were not used: of this run's encounters, and of those that the store does not hold."""
    answers = given.answers if given is not None else ()
    known = ids_of(connection, sorted({answer.encounter for answer in answers}))
    for answer in answers:
        if answer.encounter not in known:
            yield Finding(
                "warning",
                "answer-without-encounter",
                "An answer names an encounter that the store does not hold.",
                "Check its number; the answer is kept for the day its records come.",
                answer.source,
            )
    wanted = (
        select(findings)
        .join_from(findings, codings)
        .join(encounters, codings.c.encounter_id == encounters.c.id)
        .where(codings.c.run_id == run, findings.c.code.in_(ANSWERS))
        .order_by(encounters.c.number, findings.c.position)
    )
    for row in connection.execute(wanted):
        source = reader(Source)(row.source) if row.source is not None else None
        yield Finding(row.severity, row.code, row.message, row.fix, source)
