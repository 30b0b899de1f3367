"""The columns of the flat tables, declared once: the CSV, the frames and the data dictionary read them from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from reports.sentences import reason
from timeline.model import Administration, CodedEncounter, Line, Query, Result

T = TypeVar("T")
Cell = str | int | float | bool | date | datetime | None
ColumnType = Literal["text", "category", "integer", "number", "yes/no", "date", "time"]


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: its name, type and meaning, and how a row's value is found.

    Times are aware, on the encounter's own clock; ``None`` is an empty cell.  A ``category`` is a text of few values.
    """

    name: str
    type: ColumnType
    meaning: str
    value: Callable[[CodedEncounter, T], Cell]


def _drugs(coded: CodedEncounter, ids: tuple[str, ...]) -> str:
    names = {a.id: a.drug for a in coded.timeline.administrations}
    return "; ".join(dict.fromkeys(names[i] for i in ids if i in names))


def _local(coded: CodedEncounter, time: datetime | None) -> datetime | None:
    return None if time is None else coded.timeline.local(time)


def _at_stake(_: CodedEncounter, query: Query) -> float | None:
    return max((o.amount for o in query.outcomes if o.amount is not None), default=None)


LINE_COLUMNS: tuple[Column[Line], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("patient_id", "text", "Patient as charted", lambda e, _: e.timeline.patient_id),
    Column("code", "category", "Administration code", lambda _, x: x.code),
    Column("units", "integer", "Units of the code", lambda _, x: x.units),
    Column("modifiers", "text", "Modifiers, comma between", lambda _, x: ",".join(x.modifiers)),
    Column("date", "date", "Date of service", lambda _, x: x.date),
    Column("minutes", "integer", "Running minutes the units rest on; 0 for a push", lambda _, x: x.minutes),
    Column("amount", "number", "US dollars, Medicare national unadjusted; empty without rates", lambda _, x: x.amount),
    Column("drugs", "text", "Drugs of its administrations", lambda e, x: _drugs(e, x.administrations)),
    Column("administrations", "text", "Their ids", lambda _, x: "; ".join(x.administrations)),
    Column("rule", "category", "Rule that gave the line", lambda _, x: x.rule),
    Column("reason", "text", "Why, in one sentence", lambda _, x: reason(x)),
    Column("answered", "yes/no", "Rests on a person's answer to a query", lambda _, x: x.answered),
    Column("line_id", "text", "Stable id of the line", lambda _, x: x.id),
    Column("policy_version", "category", "Version of the policy used", lambda e, _: e.policy_version),
)

ADMINISTRATION_COLUMNS: tuple[Column[Administration], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("administration", "text", "Id of the administration", lambda _, a: a.id),
    Column("drug", "text", "Drug or mix as shown", lambda _, a: a.drug),
    Column("category", "category", "chemo, therapeutic, hydration, carrier ...", lambda _, a: a.category),
    Column("kind", "category", "infusion, push, injection ... as the rules decided", lambda e, a: e.kinds.get(a.id)),
    Column("access", "text", "IV line or site; empty when unknown", lambda _, a: a.access),
    Column("start", "time", "First charted start", lambda e, a: e.timeline.local(a.start)),
    Column(
        "stop",
        "time",
        "End of running; empty when the record does not prove one",
        lambda e, a: None if a.stop is None else e.timeline.local(a.stop),
    ),
    Column("stop_evidence", "category", "What proves the stop", lambda _, a: a.stop_evidence),
    Column("route", "category", "Route class", lambda _, a: None if a.route is None else str(a.route.value)),
    Column("order_id", "text", "Order as charted", lambda _, a: a.order_id),
    Column("nurse", "text", "Who charted the start", lambda _, a: a.nurse),
    Column("department", "category", "Where it was charted", lambda _, a: a.department),
    Column("minutes", "integer", "Running minutes; empty with a missing stop", lambda _, a: a.minutes),
)

QUERY_COLUMNS: tuple[Column[Query], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("query_id", "text", "Stable id of the query", lambda _, q: q.id),
    Column("what", "category", "What is unknown: stop, access, kind ...", lambda _, q: q.what),
    Column("drug", "text", "Drug it is about", lambda e, q: _drugs(e, (q.administration,))),
    Column("administration", "text", "Its id", lambda _, q: q.administration),
    Column("question", "text", "The question, open and neutral", lambda _, q: q.question),
    Column("from", "time", "Earliest possible answer, for a stop", lambda e, q: _local(e, q.from_)),
    Column("to", "time", "Latest possible answer, for a stop", lambda e, q: _local(e, q.to)),
    Column("amount_at_stake", "number", "Most that an answer would add in US dollars; empty without rates", _at_stake),
    Column("held", "text", "Codes that wait for the answer", lambda _, q: ", ".join(q.held)),
)


def line_rows(result: Result) -> Iterator[list[Cell]]:
    """One list of cells a line, in the order of :data:`LINE_COLUMNS`."""
    for coded in result.encounters:
        yield from rows(coded, coded.lines, LINE_COLUMNS)


def rows(coded: CodedEncounter, items: tuple[T, ...], columns: tuple[Column[T], ...]) -> Iterator[list[Cell]]:
    """The cells of the items of one encounter, by the columns given."""
    for item in items:
        yield [column.value(coded, item) for column in columns]
