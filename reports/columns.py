"""The columns of the flat tables, declared once: the CSV, the frames and the data dictionary read them from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from reports.sentences import reason
from timeline.model import Administration, CodedEncounter, Line, Query, Result

T = TypeVar("T")
Cell = str | int | float | bool | None
ColumnType = Literal["text", "integer", "number", "yes/no", "date", "time"]


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: its name, type and meaning, and how a row's value is found.

    Dates are ``YYYY-MM-DD``, times ISO 8601 with offset; ``None`` is an empty cell.
    """

    name: str
    type: ColumnType
    meaning: str
    value: Callable[[CodedEncounter, T], Cell]


def _drugs(coded: CodedEncounter, ids: tuple[str, ...]) -> str:
    names = {a.id: a.drug for a in coded.timeline.administrations}
    return "; ".join(dict.fromkeys(names[i] for i in ids if i in names))


LINE_COLUMNS: tuple[Column[Line], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("patient_id", "text", "Patient as charted", lambda e, _: e.timeline.patient_id),
    Column("code", "text", "Administration code", lambda _, x: x.code),
    Column("units", "integer", "Units of the code", lambda _, x: x.units),
    Column("modifiers", "text", "Modifiers, comma between", lambda _, x: ",".join(x.modifiers)),
    Column("date", "date", "Date of service", lambda _, x: x.date.isoformat()),
    Column("minutes", "integer", "Running minutes the units rest on; 0 for a push", lambda _, x: x.minutes),
    Column("amount", "number", "US dollars, Medicare national unadjusted; empty without rates", lambda _, x: x.amount),
    Column("drugs", "text", "Drugs of its administrations", lambda e, x: _drugs(e, x.administrations)),
    Column("administrations", "text", "Their ids", lambda _, x: "; ".join(x.administrations)),
    Column("rule", "text", "Rule that gave the line", lambda _, x: x.rule),
    Column("reason", "text", "Why, in one sentence", lambda _, x: reason(x)),
    Column("answered", "yes/no", "Rests on a person's answer to a query", lambda _, x: x.answered),
    Column("line_id", "text", "Stable id of the line", lambda _, x: x.id),
    Column("policy_version", "text", "Version of the policy used", lambda e, _: e.policy_version),
)

ADMINISTRATION_COLUMNS: tuple[Column[Administration], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("administration", "text", "Id of the administration", lambda _, a: a.id),
    Column("drug", "text", "Drug or mix as shown", lambda _, a: a.drug),
    Column("category", "text", "chemo, therapeutic, hydration, carrier ...", lambda _, a: a.category),
    Column("kind", "text", "infusion, push, injection ... as the rules decided", lambda e, a: e.kinds.get(a.id)),
    Column("access", "text", "IV line or site; empty when unknown", lambda _, a: a.access),
    Column("start", "time", "First charted start", lambda e, a: e.timeline.local(a.start).isoformat()),
    Column(
        "stop",
        "time",
        "End of running; empty when the record does not prove one",
        lambda e, a: None if a.stop is None else e.timeline.local(a.stop).isoformat(),
    ),
    Column("stop_evidence", "text", "What proves the stop", lambda _, a: a.stop_evidence),
    Column("minutes", "integer", "Running minutes; empty with a missing stop", lambda _, a: a.minutes),
)

QUERY_COLUMNS: tuple[Column[Query], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("query_id", "text", "Stable id of the query", lambda _, q: q.id),
    Column("what", "text", "What is unknown: stop, access, kind ...", lambda _, q: q.what),
    Column("drug", "text", "Drug it is about", lambda e, q: _drugs(e, (q.administration,))),
    Column("administration", "text", "Its id", lambda _, q: q.administration),
    Column("question", "text", "The question, open and neutral", lambda _, q: q.question),
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
