"""The columns of the tables behind the lines: overlaps, gaps, uncharged minutes, the ledger, findings, evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parsers.events import Finding, Source
from reports.columns import Column
from reports.sentences import sentence
from timeline.model import Because, CodedEncounter, Gap, LedgerRow, Line, Overlap, Uncharged


def _drug(coded: CodedEncounter, administration: str) -> str | None:
    return next((a.drug for a in coded.timeline.administrations if a.id == administration), None)


OVERLAP_COLUMNS: tuple[Column[Overlap], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("access", "text", "IV line or site of both; empty when unknown for either", lambda _, x: x.access),
    Column("drug", "text", "One drug", lambda e, x: _drug(e, x.administrations[0])),
    Column("other_drug", "text", "The other drug", lambda e, x: _drug(e, x.administrations[1])),
    Column("start", "time", "Start of the time together", lambda e, x: e.timeline.local(x.start)),
    Column("stop", "time", "End of the time together", lambda e, x: e.timeline.local(x.stop)),
    Column("minutes", "integer", "Its minutes", lambda _, x: int((x.stop - x.start).total_seconds()) // 60),
    Column("administration", "text", "Id of the one", lambda _, x: x.administrations[0]),
    Column("other_administration", "text", "Id of the other", lambda _, x: x.administrations[1]),
)

GAP_COLUMNS: tuple[Column[Gap], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("access", "text", "IV line or site", lambda _, x: x.access),
    Column("start", "time", "When the last infusion through it ended", lambda e, x: e.timeline.local(x.start)),
    Column("stop", "time", "When the next one began", lambda e, x: e.timeline.local(x.stop)),
    Column(
        "minutes", "integer", "Minutes in which nothing ran", lambda _, x: int((x.stop - x.start).total_seconds()) // 60
    ),
)

UNBILLED_COLUMNS: tuple[Column[Uncharged], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("drug", "text", "Drug or mix as shown", lambda e, x: _drug(e, x.administration)),
    Column(
        "minutes", "integer", "Documented minutes without a code of their own; 0 for a dose", lambda _, x: x.minutes
    ),
    Column("status", "category", "included: paid by another line; unbilled: not supported", lambda _, x: x.status),
    Column("reason", "text", "Why, in a few words", lambda _, x: x.reason),
    Column("rule", "category", "Rule that says so", lambda _, x: x.rule),
    Column("because", "text", "Why, in one sentence", lambda _, x: sentence(x.because.text)),
    Column("administration", "text", "Id of the administration", lambda _, x: x.administration),
)

LEDGER_COLUMNS: tuple[Column[LedgerRow], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("drug", "text", "Drug or mix as shown", lambda e, x: _drug(e, x.administration)),
    Column("documented", "integer", "Minutes the record shows it running", lambda _, x: x.documented),
    Column("charged", "integer", "Minutes that a line's arithmetic counted", lambda _, x: x.charged),
    Column("included", "integer", "Minutes paid by another line", lambda _, x: x.included),
    Column("unbilled", "integer", "Minutes documented, not supported", lambda _, x: x.unbilled),
    Column("queried", "integer", "Minutes that wait for an answer", lambda _, x: x.queried),
    Column("administration", "text", "Id of the administration", lambda _, x: x.administration),
)

FINDING_COLUMNS: tuple[Column[Finding], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("severity", "category", "info, warning or error", lambda _, f: f.severity),
    Column("code", "category", "Stable name of the finding", lambda _, f: f.code),
    Column("message", "text", "What was found", lambda _, f: f.message),
    Column("fix", "text", "What to do", lambda _, f: f.fix),
    Column("drugs", "text", "Drugs it is about", lambda e, f: _drugs(e, f)),
    Column("file", "text", "File of its record", lambda _, f: f.source.file if f.source else None),
    Column("record", "integer", "Record in that file, from 1", lambda _, f: f.source.record if f.source else None),
    Column("row", "integer", "Row of a table, from 1", lambda _, f: f.source.row if f.source else None),
)


def _drugs(coded: CodedEncounter, finding: Finding) -> str:
    return "; ".join(dict.fromkeys(d for i in finding.administrations if (d := _drug(coded, i)) is not None))


@dataclass(frozen=True, slots=True)
class Support:
    """One line and one record that stands behind it."""

    line: Line
    rules: tuple[str, ...]
    source: Source


EVIDENCE_COLUMNS: tuple[Column[Support], ...] = (
    Column("encounter_id", "text", "Encounter as charted", lambda e, _: e.timeline.id),
    Column("code", "category", "Administration code", lambda _, s: s.line.code),
    Column("modifiers", "text", "Modifiers, comma between", lambda _, s: ",".join(s.line.modifiers)),
    Column("date", "date", "Date of service", lambda _, s: s.line.date),
    Column("rules", "text", "Rules in whose reasons the record stands", lambda _, s: ", ".join(s.rules)),
    Column("file", "text", "File of the record", lambda _, s: s.source.file),
    Column("record", "integer", "Record in that file, from 1", lambda _, s: s.source.record),
    Column("row", "integer", "Row of a table, from 1", lambda _, s: s.source.row),
    Column("control_id", "text", "Message control id (MSH-10)", lambda _, s: s.source.control_id),
    Column("segment", "text", "Segment of the message", lambda _, s: s.source.segment),
    Column("line_id", "text", "Stable id of the line", lambda _, s: s.line.id),
)


def supports(coded: CodedEncounter) -> Iterator[Support]:
    """One row a line and source, sources in the order in which the reasons name them."""
    for line in coded.lines:
        rules: dict[Source, dict[str, None]] = {}
        for because in _nodes(line.because):
            for source in because.sources:
                rules.setdefault(source, {})[because.rule] = None
        for source, named in rules.items():
            yield Support(line, tuple(named), source)


def _nodes(because: Because) -> Iterator[Because]:
    yield because
    for child in because.children:
        yield from _nodes(child)
