"""The coder's workbook: lines, evidence, queries to fill in, uncharged minutes, findings, variance, the policy used.

The sheet of queries is read back by ``--answers``: its fill-in columns are those of an answers file.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.answer_words import drop_down, may_be
from reports.columns import Cell, Column
from reports.encounter_words import words_of
from reports.flat_tables import TABLES
from reports.sentences import AMOUNT_BASIS, added_text, reason
from reports.sheets import Sheet, SheetColumn, workbook_bytes
from reports.variance import Audit
from reports.variance_sheet import variance_sheet
from timeline.model import CodedEncounter, Line, Query, Result

SUPPORTS = "Supports a coder; a person releases charges."


def workbook(result: Result, audit: Audit | None = None) -> bytes:
    """The whole workbook; with an audit it also holds the variance."""
    sheets = [
        _summary(result, audit),
        _lines(result),
        _flat(result, "evidence", "Evidence", "One row for each line and record that supports it."),
        _queries(result),
        _flat(
            result, "unbilled", "Unbilled minutes", "Documented time and doses without a code of their own, and why."
        ),
        _findings(result),
        *([variance_sheet(audit)] if audit is not None else []),
        _policy(result),
    ]
    return workbook_bytes(sheets, "Infusion timeline")


def _summary(result: Result, audit: Audit | None) -> Sheet:
    lines = [line for e in result.encounters for line in e.lines]
    ignored = sum(i.count for i in result.ignored)
    rows: list[tuple[Cell, Cell]] = [
        *[("Input", i.file) for i in result.inputs],
        ("Records", result.records),
        ("of these used", result.used),
        ("of these ignored, with a reason", ignored),
        ("of these rejected", len(result.rejected)),
        ("Encounters", len(result.encounters)),
        ("Lines", len(lines)),
        ("Units", sum(line.units for line in lines)),
        ("Open queries", sum(len(e.queries) for e in result.encounters)),
        ("Times in", result.timezone or "UTC"),
        ("Policy", f"{result.policy.name} {result.policy.version}"),
    ]
    if result.rates is not None:
        rows += [
            ("Amount of the lines", _total(e.amount for e in result.encounters)),
            ("Amount that waits for answers", _total(e.amount_in_query for e in result.encounters)),
            ("Amounts are", AMOUNT_BASIS),
        ]
    if audit is not None:
        rows.append(("Billed file", audit.billed.name))
    rows.append(("Please note", SUPPORTS))
    return Sheet("Summary", (SheetColumn("what"), SheetColumn("value")), rows)


def _total(amounts: Iterator[float | None]) -> float:
    return round(sum(a for a in amounts if a is not None), 2)


def _sheet_column(column: Column[object]) -> SheetColumn:
    return SheetColumn(column.name, column.type)


def _flat(result: Result, name: str, title: str, note: str) -> Sheet:
    table = TABLES[name]
    return Sheet(title, tuple(_sheet_column(c) for c in table.columns), table.cells(result), note)


def _findings(result: Result) -> Sheet:
    """Findings of the files first, then of the encounters."""
    table = TABLES["findings"]

    def rows() -> Iterator[list[Cell]]:
        for f in result.findings:
            at = f.source
            place: list[Cell] = [at.file, at.record, at.row] if at else [None, None, None]
            yield [None, f.severity, f.code, f.message, f.fix, "", *place]
        for r in result.rejected:
            yield [None, "rejected", r.code, r.message, r.fix, "", r.source.file, r.source.record, r.source.row]
        yield from table.cells(result)

    return Sheet("Findings", tuple(_sheet_column(c) for c in table.columns), rows(), "What a person should look at.")


_LINE_COLUMNS = (
    SheetColumn("encounter"), SheetColumn("patient"), SheetColumn("date", "date"), SheetColumn("code"),
    SheetColumn("units", "integer"), SheetColumn("modifiers"), SheetColumn("minutes", "integer"),
    SheetColumn("start", "time"), SheetColumn("stop", "time"), SheetColumn("drugs"), SheetColumn("reason"),
    SheetColumn("rule"), SheetColumn("amount", "number"), SheetColumn("answered", "yes/no"), SheetColumn("line_id"),
)  # fmt: skip


def _lines(result: Result) -> Sheet:
    rows = (_line(coded, line) for coded in result.encounters for line in coded.lines)
    return Sheet(
        "Lines", _LINE_COLUMNS, rows, f"What the record supports whatever the answers to open queries. {SUPPORTS}"
    )


def _line(coded: CodedEncounter, line: Line) -> list[Cell]:
    given = [a for a in coded.timeline.administrations if a.id in line.administrations]
    stops = [a.stop for a in given]
    local = coded.timeline.local
    stop = None if not stops or None in stops else max(s for s in stops if s is not None)
    return [
        coded.timeline.id,
        coded.timeline.patient_id,
        line.date,
        line.code,
        line.units,
        ",".join(line.modifiers),
        line.minutes,
        local(min(a.start for a in given)) if given else None,
        None if stop is None else local(stop),
        words_of(coded).drug_list(line.administrations),
        reason(line),
        line.rule,
        line.amount,
        line.answered,
        line.id,
    ]


_QUERY_COLUMNS = (
    SheetColumn("encounter"), SheetColumn("administration"), SheetColumn("what"), SheetColumn("drug"),
    SheetColumn("question"), SheetColumn("from", "time"), SheetColumn("to", "time"),
    SheetColumn("value", fill_in=True), SheetColumn("who", fill_in=True), SheetColumn("when", fill_in=True),
    SheetColumn("support", fill_in=True), SheetColumn("value may be"), SheetColumn("what each answer adds"),
    SheetColumn("held"),
)  # fmt: skip


def _queries(result: Result) -> Sheet:
    rows = (_query(coded, query) for coded in result.encounters for query in coded.queries)
    note = (
        "Fill in the yellow columns and give this file back with --answers. For nursing use the question sheet instead."
    )
    offered = [drop_down(coded, query) for coded in result.encounters for query in coded.queries]
    return Sheet("Queries", _QUERY_COLUMNS, rows, note, {"value": offered})


def _query(coded: CodedEncounter, query: Query) -> list[Cell]:
    local = coded.timeline.local
    drug = next((a.drug for a in coded.timeline.administrations if a.id == query.administration), None)
    return [
        coded.timeline.id,
        query.administration,
        query.what,
        drug,
        query.question,
        None if query.from_ is None else local(query.from_),
        None if query.to is None else local(query.to),
        None,
        None,
        None,
        None,
        "none, 96417 or 96549; or: cannot be determined" if query.what == "concurrent_chemo" else may_be(coded, query),
        "; ".join(added_text(o) for o in query.outcomes),
        ", ".join(query.held),
    ]


def _policy(result: Result) -> Sheet:
    columns = (SheetColumn("policy"), SheetColumn("version"), SheetColumn("switch"), SheetColumn("value"))
    rows = (
        [used.name, used.version, key, str(value)]
        for used in (result.policies or (result.policy,))
        for key, value in used.switches.items()
    )
    return Sheet("Policy", columns, rows, "Every switch as it was used; the command policies gives source and meaning.")
