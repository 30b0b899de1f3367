"""Every line, query and uncharged minute of an encounter in plain text, to be read or put into an appeal letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parsers.events import Finding
from reports.clock_text import clock, offset_name, span, stay_words, visit, whole_minutes
from reports.encounter_view import access_words, kind_words, minutes_words, ran_words, stop_words
from reports.encounter_words import Words, words_of
from reports.history_text import history_lines
from reports.safe_text import elide, one_line
from reports.sentences import (
    AMOUNT_BASIS,
    citation_text,
    code_units,
    money,
    outcome_answer,
    outcome_bill,
    policy_text,
    source_text,
    source_texts,
    value_text,
)
from timeline.model import Because, CodedEncounter, EncounterTimeline, LedgerRow, Line, Query

_COLUMNS = ("documented", "charged", "included", "unbilled", "queried")


def explain_encounter(coded: CodedEncounter, *, zone_assumed: bool = False) -> str:
    """The encounter as plain text, ending with a line feed: sections without content are left out.

    ``zone_assumed`` when times without an offset were read as UTC for want of a zone: the head then says so.
    """
    words = words_of(coded)
    sections = (
        ("ADMINISTRATIONS", _administrations(coded)),
        ("ENTRIES TAKEN BACK", history_lines(coded.timeline, coded.timeline.withdrawn, drug=True)),
        ("LINES", _lines(words)),
        ("QUERIES", _queries(words)),
        ("ASSUMPTIONS", _assumptions(words)),
        ("MINUTES WITHOUT A CODE OF THEIR OWN", _uncharged(words)),
        ("EVERY MINUTE", ledger_table(words)),
        ("FINDINGS", (text for f in coded.findings for text in finding_lines(words, f))),
    )
    out = [*_header(coded, zone_assumed)]
    for title, content in sections:
        if body := list(content):
            out += ["", title, *body]
    if not coded.lines:
        out += ["", no_line(coded)]
    return "\n".join(text.rstrip() for text in out) + "\n"


def no_line(coded: CodedEncounter) -> str:
    """What an encounter without lines says: nothing is earned, or nothing yet."""
    count = len(coded.queries)
    held = list(dict.fromkeys(code for query in (*coded.queries, *coded.undetermined) for code in query.held))
    if not count and coded.undetermined:
        return f"No line: {undetermined_words(coded)}. Held, not billed: {', '.join(held) or 'nothing'}."
    if not count:
        return "No line: nothing here earns an administration code."
    opened = "1 question is open" if count == 1 else f"{count} questions are open"
    return f"No line yet: {opened}; held: {', '.join(held)}." if held else f"No line yet: {opened}."


def undetermined_words(coded: CodedEncounter) -> str:
    """What nobody can say: ``the stop of magnesium sulfate cannot be determined, and every code depends on it``."""
    words = words_of(coded)
    what = dict.fromkeys(f"the {_what(q)} of {words.label(q.administration)}" for q in coded.undetermined)
    return f"{' and '.join(what)} cannot be determined, and every code of this encounter depends on it"


def _header(coded: CodedEncounter, zone_assumed: bool) -> Iterator[str]:
    timeline = coded.timeline
    patient = f", patient {one_line(timeline.patient_id)}" if timeline.patient_id else ""
    yield f"Encounter {one_line(timeline.id)}{patient}"
    yield f"{visit(timeline)}, times in {offset_name(timeline)}"
    if zone_assumed:
        yield "Times were read as UTC: no zone was given. Name the site's with --timezone, such as America/Chicago."
    if said := stay_words(timeline):
        yield said
    yield f"Policy version {one_line(coded.policy_version)}"
    if coded.amount is not None:
        held = f", {money(coded.amount_in_query)} in query" if coded.amount_in_query else ""
        yield f"{money(coded.amount)}{held} ({AMOUNT_BASIS})"


def _administrations(coded: CodedEncounter) -> Iterator[str]:
    for a in coded.timeline.administrations:
        yield f"- {one_line(a.drug)}: {kind_words(coded, a)}"
        yield f"    {ran_words(coded, a)}, {minutes_words(coded, a)}; {stop_words(a)}; access {access_words(a)}"
        if len(a.segments) > 1:
            yield "    ran " + ", ".join(span(coded.timeline, s.start, s.stop) for s in a.segments)
        if len(a.bags) > 1:
            yield "    bags at " + ", ".join(clock(coded.timeline, t) for t in a.bags)
        yield f"    category from {one_line(a.category_basis)}"
        yield from (f"    source: {s}" for s in source_texts(a.sources))
        yield from (f"    {text}" for text in history_lines(coded.timeline, a.history))


def _lines(words: Words) -> Iterator[str]:
    for number, line in enumerate(words.coded.lines, 1):
        if number > 1:
            yield ""
        yield f"{number}. {_line_head(line)}"
        yield f"   {words.drug_list(line.administrations)}" + (f", {line.minutes} min" if line.minutes else "")
        if line.amount_reason:
            yield f"   amount: {one_line(line.amount_reason)}"
        yield from because_lines(words, line.because, "   ")


def _line_head(line: Line) -> str:
    amount = "" if line.amount is None else f", {money(line.amount)} ({AMOUNT_BASIS})"
    answered = ", answered: rests on a person's answer" if line.answered else ""
    return f"{code_units(line)} on {line.date.isoformat()}{amount}{answered}"


def because_lines(words: Words, because: Because, indent: str) -> Iterator[str]:
    """A tree of evidence: the sentence, then what it rests on, then its own reasons one step further in."""
    yield f"{indent}- {full_text(because.text)} [rule {one_line(because.rule)}]"
    yield from (f"{indent}    {fact}" for fact in because_facts(words, because))
    for child in because.children:
        yield from because_lines(words, child, indent + "  ")


def because_facts(words: Words, because: Because) -> Iterator[str]:
    """What one node rests on: values, stretches that ran, policy, citation, sources."""
    timeline = words.timeline
    if because.values:
        facts = (f"{one_line(str(k))} = {value_text(timeline, v)}" for k, v in because.values.items())
        yield f"values: {'; '.join(facts)}"
    for id_, start, stop in because.intervals:
        minutes = whole_minutes(start, stop)
        yield f"ran: {words.label(id_)} {span(timeline, start, stop)} ({minutes} min)"
    if because.policy:
        yield f"policy: {policy_text(timeline, because.policy)}"
    if cited := citation_text(because):
        yield f"citation: {cited}"
    yield from (f"source: {s}" for s in source_texts(because.sources))


def full_text(text: str) -> str:
    """All sentences of a reason, ending with a full stop."""
    whole = one_line(text)
    return whole if whole.endswith((".", "!", "?")) else whole + "."


def _queries(words: Words) -> Iterator[str]:
    for query in words.coded.queries:
        yield f"- {one_line(query.question)}"
        yield f"    about {words.label(query.administration)} ({_what(query)}; administration {query.administration})"
        if query.held:
            yield f"    waits for the answer: {', '.join(query.held)}"
        yield from (f"    {text}" for text in outcome_lines(words.timeline, query))
        yield from (f"    source: {s}" for s in source_texts(query.sources))


def _what(query: Query) -> str:
    return query.what.replace("_", " ")


def outcome_lines(timeline: EncounterTimeline, query: Query) -> Iterator[str]:
    """What each answer would bill; for the coder, never for the person who is asked."""
    for outcome in query.outcomes:
        amount = "" if outcome.amount is None else f" ({money(outcome.amount)} {AMOUNT_BASIS})"
        yield f"{outcome_answer(timeline, outcome)}: {outcome_bill(outcome)}{amount}"


def _assumptions(words: Words) -> Iterator[str]:
    for a in words.coded.assumptions:
        about = words.label(a.administration)
        yield f"- {about}, {a.what.replace('_', ' ')}: {one_line(a.assumed)}"
        yield from because_lines(words, a.because, "    ")


def _uncharged(words: Words) -> Iterator[str]:
    for u in words.coded.unbilled:
        yield f"- {words.uncharged(u)}"
        yield from because_lines(words, u.because, "    ")


def ledger_table(words: Words) -> Iterator[str]:
    """charged + included + unbilled + queried = documented, an administration a row, with the totals."""
    if not words.coded.ledger:
        return
    drugs = [elide(words.label(row.administration), 40, "...") for row in words.coded.ledger]
    width = max(len("minutes"), *(len(drug) for drug in drugs))
    yield f"  {'minutes':<{width}}" + "".join(f"{name:>12}" for name in _COLUMNS)
    for drug, row in zip(drugs, words.coded.ledger, strict=True):
        yield f"  {drug:<{width}}" + "".join(f"{n:>12}" for n in ledger_cells(row))
    yield f"  {'total':<{width}}" + "".join(f"{n:>12}" for n in ledger_totals(words.coded.ledger))


def ledger_cells(row: LedgerRow) -> tuple[int, int, int, int, int]:
    """documented, charged, included, unbilled, queried."""
    return row.documented, row.charged, row.included, row.unbilled, row.queried


def ledger_totals(ledger: Iterable[LedgerRow]) -> tuple[int, ...]:
    """The columns of :func:`ledger_cells`, each added up."""
    return tuple(sum(column) for column in zip(*(ledger_cells(row) for row in ledger), strict=True))


def finding_lines(words: Words, finding: Finding) -> Iterator[str]:
    """A finding as text: what was found and what to do, then where."""
    yield f"- {finding.severity} {finding.code}: {words.finding(finding)}"
    if finding.source:
        yield f"    source: {source_text(finding.source)}"
