"""What the page shows, worked out beforehand, so that the template only lays it out."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from parsers.events import Finding
from reports.clock_text import offset_name, visit
from reports.encounter_view import kind_words, minutes_words, ran_words, stop_words
from reports.encounter_words import Words, finding_text, findings_together, words_of
from reports.explain import because_facts, full_text, ledger_cells, ledger_totals, no_line
from reports.sentences import (
    bill,
    money,
    outcome_answer,
    outcome_bill,
    reason,
    said_place,
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

    text: str
    because: Node


@dataclass(frozen=True, slots=True)
class FindingView:
    severity: str
    code: str
    text: str
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
    no_line: str
    """Said in place of lines."""
    priced: bool
    queries: tuple[QueryView, ...]
    assumptions: tuple[Note, ...]
    uncharged: tuple[Note, ...]
    ledger: tuple[tuple[str, tuple[int, ...]], ...]
    without_minutes: int
    """Rows left out of the ledger since they have no minutes: pushes and injections."""
    totals: tuple[int, ...]
    findings: tuple[FindingView, ...]
    finding_count: int
    """Of each administration on its own, as the head of the page counts them."""
    administrations: tuple[AdministrationView, ...]


def encounter_view(coded: CodedEncounter, number: int) -> EncounterView:
    """One encounter for the page; ``number`` makes its anchor, since an id may hold any character."""
    timeline, words = coded.timeline, words_of(coded)
    return EncounterView(
        anchor=f"encounter-{number}",
        id=timeline.id,
        patient=timeline.patient_id or "",
        visit=visit(timeline, "–"),
        zone=offset_name(timeline),
        policy=coded.policy_version,
        amount="" if coded.amount is None else money(coded.amount),
        held=money(coded.amount_in_query) if coded.amount_in_query else "",
        bill=", ".join(bill(coded.lines)),
        picture=Markup(timeline_svg(coded, heading=False)),
        lines=tuple(_line(words, line) for line in coded.lines),
        no_line=no_line(coded),
        priced=any(line.amount is not None for line in coded.lines),
        queries=tuple(_query(coded, query) for query in coded.queries),
        assumptions=tuple(
            Note(
                f"{words.label(a.administration)}, {a.what.replace('_', ' ')}: {a.assumed}",
                node(words, a.because),
            )
            for a in coded.assumptions
        ),
        uncharged=tuple(
            Note(
                words.uncharged(u),
                node(words, u.because),
            )
            for u in coded.unbilled
        ),
        ledger=tuple((words.label(row.administration), ledger_cells(row)) for row in coded.ledger if row.documented),
        without_minutes=sum(not row.documented for row in coded.ledger),
        totals=ledger_totals(coded.ledger),
        findings=tuple(finding_view(f, words, same) for f, same in findings_together(coded.findings)),
        finding_count=len(coded.findings),
        administrations=tuple(_administration(coded, a) for a in timeline.administrations),
    )


def node(words: Words, because: Because) -> Node:
    """The tree of evidence in words."""
    children = tuple(node(words, child) for child in because.children)
    return Node(full_text(because.text), because.rule, tuple(because_facts(words, because)), children)


def finding_view(finding: Finding, words: Words | None = None, same: int = 1) -> FindingView:
    """A finding in words with its place, and with its drugs where its encounter is given."""
    where = source_text(said_place(finding.source, finding.message)) if finding.source else ""
    where += f" and {same - 1} more" if same > 1 else ""
    text = finding_text(finding) if words is None else words.finding(finding)
    return FindingView(finding.severity, finding.code, text, where)


def _line(words: Words, line: Line) -> LineView:
    return LineView(
        code="-".join((line.code, *line.modifiers)),
        units=line.units,
        date=line.date.isoformat(),
        minutes=line.minutes,
        amount="" if line.amount is None else money(line.amount),
        drugs=words.drug_list(line.administrations),
        reason=reason(line),
        answered=line.answered,
        because=node(words, line.because),
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
