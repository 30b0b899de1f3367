"""Holds the result of a chart against what its case expects.

Plain functions that raise ``AssertionError``: the case test uses them, and so does ``benchmarks/mutation_sample.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from tests.case_charts import Case, day, of_order
from timeline.model import Because, CodedEncounter, Query, Result

BUCKETS = ("charged", "included", "unbilled", "queried")


def check_lines(case: Case, result: Result) -> None:
    """Codes, dates, questions and findings."""
    assert units(result.encounters) == case.expected, case.worked
    for encounter_id, expected in (case.by_encounter or {}).items():
        assert units(e for e in result.encounters if e.timeline.id == encounter_id) == expected, encounter_id
    for date_text, expected in (case.by_date or {}).items():
        assert units(result.encounters, on=day(date_text)) == expected, date_text
    queries = [q for e in result.encounters for q in e.queries]
    if case.queries is not None:
        assert len(queries) == case.queries, [q.question for q in queries]
    if case.asks is not None:
        assert tuple(sorted(q.what for q in queries)) == tuple(sorted(case.asks))
    for answer, expected in (case.outcomes or {}).items():
        (query,) = queries
        assert outcome_units(query)[answer] == expected, answer
    answered = {a.id for e in result.encounters for a in e.timeline.administrations if a.answers}
    for line in (n for e in result.encounters for n in e.lines):
        assert line.answered == bool(answered & set(line.administrations)), line.code
    found = drug_minutes(result)
    for drug, minutes in (case.minutes or {}).items():
        assert found[drug] == minutes, drug
    codes = finding_codes(result)
    assert set(case.findings) <= codes, codes
    assert not set(case.no_findings) & codes, codes


def check_ledger(case: Case, result: Result) -> None:
    """Every minute adds up, and those that the case names stand where it says."""
    for encounter in result.encounters:
        for row in encounter.ledger:
            assert row.charged + row.included + row.unbilled + row.queried == row.documented, row
    rows = {row.administration: row for e in result.encounters for row in e.ledger}
    everything = [a for e in result.encounters for a in e.timeline.administrations]
    for order, expected in case.ledger.items():
        found = [rows[a.id] for a in of_order(order, everything)]
        told = [{"documented": r.documented, **{b: getattr(r, b) for b in BUCKETS if getattr(r, b)}} for r in found]
        assert told == [dict(row) for row in expected], order

    for order, reasons in case.uncharged.items():
        ids = {a.id for a in of_order(order, everything)}
        count: Counter[str] = Counter()
        for aside in (u for e in result.encounters for u in e.unbilled if u.administration in ids):
            count[aside.reason] += aside.minutes
        assert dict(count) == dict(reasons), order


def check_reasons(case: Case, result: Result) -> None:
    """The rules, switches and words that the evidence must hold."""
    for subject, rules in case.because.items():
        reasons = [node for top in _evidence_of(subject, result) for node in nodes(top)]
        found = {node.rule for node in reasons} | {node.policy.key for node in reasons if node.policy is not None}
        assert set(rules) <= found, (subject, sorted(found))
    if case.says:
        told = list(texts(result))
        for words in case.says:
            assert any(words in text for text in told), (words, told)


def units(encounters: Iterable[CodedEncounter], *, on: date | None = None) -> dict[str, int]:
    """Units by code and modifiers (``96365-59``), of all lines or of those of one date."""
    count: Counter[str] = Counter()
    for encounter in encounters:
        for line in encounter.lines:
            if on is None or line.date == on:
                count["-".join((line.code, *line.modifiers))] += line.units
    return dict(count)


def outcome_units(query: Query) -> dict[str, dict[str, int]]:
    """Units by code and modifiers for each answer to a query."""
    return {o.if_: {"-".join((n.code, *n.modifiers)): n.units for n in o.lines} for o in query.outcomes}


def drug_minutes(result: Result) -> dict[str, int | None]:
    """Running minutes by drug; ``None`` where a stop is missing."""
    found: dict[str, int | None] = {}
    for encounter in result.encounters:
        for given in encounter.timeline.administrations:
            before = found.get(given.drug, 0)
            found[given.drug] = None if given.minutes is None or before is None else before + given.minutes
    return found


def finding_codes(result: Result) -> set[str]:
    """Codes of all findings, of encounters and of files."""
    return {f.code for e in result.encounters for f in e.findings} | {f.code for f in result.findings}


def nodes(top: Because) -> Iterator[Because]:
    """A reason and all reasons under it."""
    yield top
    for child in top.children:
        yield from nodes(child)


def texts(result: Result) -> Iterator[str]:
    """All words of the evidence, the findings and the questions."""
    for encounter in result.encounters:
        for top in (*(x.because for x in encounter.lines), *(x.because for x in encounter.unbilled)):
            yield from (node.text for node in nodes(top))
        yield from (f.message for f in encounter.findings)
        yield from (q.question for q in encounter.queries)
        yield from (u.reason for u in encounter.unbilled)
    yield from (f.message for f in result.findings)


def _evidence_of(subject: str, result: Result) -> list[Because]:
    """The evidence of a code (with its modifiers), or of the minutes of an order that carry none."""
    lines = [n for e in result.encounters for n in e.lines if "-".join((n.code, *n.modifiers)) == subject]
    if lines:
        return [line.because for line in lines]
    everything = [a for e in result.encounters for a in e.timeline.administrations]
    ids = {a.id for a in of_order(subject, everything)}
    return [u.because for e in result.encounters for u in e.unbilled if u.administration in ids]
