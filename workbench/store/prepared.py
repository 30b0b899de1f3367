"""A coded encounter as the store keeps it: lines, queries and findings as rows.

They are made where it is coded, and small enough to be sent from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from parsers.events import Finding, Source
from reports.sentences import reason
from timeline.model import Administration, CodedEncounter, Line
from workbench.store.bodies import encoded, plain

JUDGEMENT = "judgement"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One coding; rows lack the id of the coding, which is known when they are written."""

    encounter: str
    patient: str | None
    day: str | None
    start: str | None
    stop: str | None
    policy_version: str
    amount: float | None
    amount_in_query: float | None
    lines: tuple[Row, ...]
    queries: tuple[Row, ...]
    findings: tuple[Row, ...]
    digest: bytes


@dataclass(slots=True)
class PreparedAll:
    """Takes coded encounters where they are coded and keeps what the store needs of them."""

    codings: list[Prepared] = field(default_factory=list)

    def take(self, encounters: Iterable[CodedEncounter]) -> None:
        """Encounters of whole patients, in any order."""
        self.codings += [prepared(coded) for coded in encounters]


def prepared(coded: CodedEncounter) -> Prepared:
    """The rows of one coded encounter."""
    timeline = coded.timeline
    by_id = {a.id: a for a in timeline.administrations}
    # The finding names one bag; sources that count bags together would change the lines of all bags of the drug.
    named = {i for f in coded.findings if f.code == JUDGEMENT for i in f.administrations}
    drugs = {by_id[i].ingredients for i in named if i in by_id}
    judged = {a.id for a in timeline.administrations if a.ingredients in drugs}
    lines = tuple(_line(coded, line, by_id, judged) for line in coded.lines)
    queries = tuple(
        {
            "query": query.id,
            "what": query.what,
            "administration": query.administration,
            "question": query.question,
            "held": encoded(list(query.held)),
        }
        for query in coded.queries
    )
    findings = tuple(map(_finding, coded.findings))
    start, stop = timeline.start, timeline.stop
    local = timeline.local(start) if start is not None else None
    head = (timeline.patient_id, coded.policy_version, coded.amount, coded.amount_in_query)
    return Prepared(
        encounter=timeline.id,
        patient=timeline.patient_id,
        day=local.date().isoformat() if local is not None else None,
        start=local.isoformat() if local is not None else None,
        stop=timeline.local(stop).isoformat() if stop is not None else None,
        policy_version=coded.policy_version,
        amount=coded.amount,
        amount_in_query=coded.amount_in_query,
        lines=lines,
        queries=queries,
        findings=findings,
        digest=hashlib.sha256(encoded([head, lines, queries, findings]).encode()).digest(),
    )


def _line(coded: CodedEncounter, line: Line, by_id: dict[str, Administration], judged: set[str]) -> Row:
    timeline = coded.timeline
    of = sorted((by_id[i] for i in line.administrations if i in by_id), key=lambda a: (a.start, a.id))
    stops = [a.stop for a in of if a.stop is not None and a.stop > a.start]
    return {
        "line": line.id,
        "code": line.code,
        "units": line.units,
        "modifiers": encoded(list(line.modifiers)),
        "date": line.date.isoformat(),
        "minutes": line.minutes,
        "rule": line.rule,
        "reason": reason(line),
        "amount": line.amount,
        "answered": line.answered,
        "judgement": bool(judged.intersection(line.administrations)),
        "administrations": encoded(list(line.administrations)),
        "drug": ", ".join(dict.fromkeys(a.drug for a in of)),
        "start": timeline.local(of[0].start).isoformat() if of else None,
        "stop": timeline.local(max(stops)).isoformat() if stops else None,
        "performed_by": next((a.nurse for a in of if a.nurse), None),
        "department": next((a.department for a in of if a.department), None),
        "sources": encoded([_place(s) for s in dict.fromkeys(s for a in of for s in (*a.sources, *a.stop_sources))]),
    }


def _place(source: Source) -> list[object]:
    return [source.file, source.record if source.row is None else source.row]


def _finding(finding: Finding) -> Row:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "fix": finding.fix,
        "source": None if finding.source is None else encoded(plain(finding.source)),
        "administrations": encoded(list(finding.administrations)),
    }
