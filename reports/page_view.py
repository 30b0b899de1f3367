"""What the page shows, worked out beforehand, so that the template only lays it out."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from parsers.events import Finding
from reports.clock_text import offset_name, visit
from reports.encounter_view import drug_list, kind_words, minutes_words, ran_words, stop_words
from reports.explain import because_facts, full_text, ledger_cells, ledger_totals
from reports.sentences import (
    code_units,
    money,
    outcome_answer,
    outcome_bill,
    reason,
    source_text,
    source_texts,
)
from reports.timeline_svg import timeline_svg
from timeline.model import Administration, Because, CodedEncounter, Line, Query


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the evidence in words."""

    text: str
    rule: str
    facts: tuple[str, ...]
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class LineView:
    code: str
    units: int
    date: str
    minutes: int
    amount: str
    drugs: str
    reason: str
    answered: bool
    because: Node


@dataclass(frozen=True, slots=True)
class QueryView:
    question: str
    what: str
    held: str
    outcomes: tuple[tuple[str, str, str], ...]
    """(answer, what it bills, amount)"""
    sources: list[str]


@dataclass(frozen=True, slots=True)
class Note:
    """An assumption or an uncharged stretch: what, and why."""

    head: str
    text: str
    because: Node


@dataclass(frozen=True, slots=True)
class FindingView:
    severity: str
    code: str
    message: str
    fix: str
    where: str


@dataclass(frozen=True, slots=True)
class AdministrationView:
    drug: str
    kind: str
    basis: str
    access: str
    times: str
    minutes: str
    stop: str
    sources: list[str]


@dataclass(frozen=True, slots=True)
class EncounterView:
    anchor: str
    id: str
    patient: str
    visit: str
    zone: str
    policy: str
    amount: str
    held: str
    bill: str
    picture: Markup
    lines: tuple[LineView, ...]
    priced: bool
    queries: tuple[QueryView, ...]
    assumptions: tuple[Note, ...]
    uncharged: tuple[Note, ...]
    ledger: tuple[tuple[str, tuple[int, ...]], ...]
    totals: tuple[int, ...]
    findings: tuple[FindingView, ...]
    administrations: tuple[AdministrationView, ...]


def encounter_view(coded: CodedEncounter, number: int) -> EncounterView:
    """One encounter for the page; ``number`` makes its anchor, since an id may hold any character."""
    timeline = coded.timeline
    return EncounterView(
        anchor=f"encounter-{number}",
        id=timeline.id,
        patient=timeline.patient_id or "",
        visit=visit(timeline, "–"),
        zone=offset_name(timeline),
        policy=coded.policy_version,
        amount="" if coded.amount is None else money(coded.amount),
        held=money(coded.amount_in_query) if coded.amount_in_query else "",
        bill=", ".join(code_units(line) for line in coded.lines),
        picture=Markup(timeline_svg(coded, heading=False)),
        lines=tuple(_line(coded, line) for line in coded.lines),
        priced=any(line.amount is not None for line in coded.lines),
        queries=tuple(_query(coded, query) for query in coded.queries),
        assumptions=tuple(
            Note(
                f"{drug_list(coded, (a.administration,))}, {a.what.replace('_', ' ')}",
                a.assumed,
                node(coded, a.because),
            )
            for a in coded.assumptions
        ),
        uncharged=tuple(
            Note(
                f"{drug_list(coded, (u.administration,))}, {u.minutes} min {u.status}",
                u.reason,
                node(coded, u.because),
            )
            for u in coded.unbilled
        ),
        ledger=tuple((drug_list(coded, (row.administration,)), ledger_cells(row)) for row in coded.ledger),
        totals=ledger_totals(coded.ledger),
        findings=tuple(finding_view(f) for f in coded.findings),
        administrations=tuple(_administration(coded, a) for a in timeline.administrations),
    )


def node(coded: CodedEncounter, because: Because) -> Node:
    """The tree of evidence in words."""
    children = tuple(node(coded, child) for child in because.children)
    return Node(full_text(because.text), because.rule, tuple(because_facts(coded, because)), children)


def finding_view(finding: Finding) -> FindingView:
    """A finding with its place in words."""
    where = source_text(finding.source) if finding.source else ""
    return FindingView(finding.severity, finding.code, finding.message, finding.fix, where)


def _line(coded: CodedEncounter, line: Line) -> LineView:
    return LineView(
        code="-".join((line.code, *line.modifiers)),
        units=line.units,
        date=line.date.isoformat(),
        minutes=line.minutes,
        amount="" if line.amount is None else money(line.amount),
        drugs=drug_list(coded, line.administrations),
        reason=reason(line),
        answered=line.answered,
        because=node(coded, line.because),
    )


def _query(coded: CodedEncounter, query: Query) -> QueryView:
    outcomes = tuple(
        (
            outcome_answer(coded.timeline, o),
            outcome_bill(o),
            "" if o.amount is None else money(o.amount),
        )
        for o in query.outcomes
    )
    held = ", ".join(query.held)
    return QueryView(query.question, query.what.replace("_", " "), held, outcomes, source_texts(query.sources))


def _administration(coded: CodedEncounter, a: Administration) -> AdministrationView:
    return AdministrationView(
        drug=a.drug,
        kind=kind_words(coded, a),
        basis=a.category_basis,
        access=a.access or "not charted",
        times=ran_words(coded, a, "–"),
        minutes=minutes_words(coded, a),
        stop=stop_words(a),
        sources=source_texts(a.sources),
    )
