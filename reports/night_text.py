"""The report of a nightly run at a terminal: files, what changed and why, late charting by unit, the store."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from reports.encounter_words import findings_together
from reports.night import EncounterChange, LineChange, NightFile, NightReport
from reports.night_counts import (
    CodeCount,
    by_cause,
    by_code,
    changed,
    first_time,
    ignored_reasons,
    line_amount,
    most_changed,
    priced,
    shown_causes,
)
from reports.night_delays import DelayCounts, delays
from reports.night_words import (
    DRY_RUN,
    INTENDED_USE,
    NO_BLAME,
    amount_text,
    cause_numbers,
    cause_text,
    changed_sum,
    code_text,
    counted,
    files_sum,
    finding_line,
    first_time_sum,
    long,
    made_with,
    queries_text,
    rejected_place,
    resumed_text,
    signed,
    step_text,
    when,
)
from reports.safe_text import elide, one_line
from reports.sentences import AMOUNT_BASIS, money

QUERIES = 20
"""Questions that are told; the JSON has all."""
NARROWEST = 60
ENCOUNTERS, LINES, CAUSES = 40, 20, 8
"""Changed encounters told in detail, lines and causes of one; the rest is counted, the JSON has them all."""
FILES, REJECTED, FINDINGS, REASONS = 20, 20, 10, 8


def render_night(report: NightReport, width: int = 100) -> str:
    """The report as text of ``width`` columns (60 at least), ending with a line feed."""
    width = max(NARROWEST, width)
    parts = (_head, _files, _rejected, _findings, _changed, _first_time, _queries, _delays, _store)
    rows = [row for part in parts for row in part(report, width)]
    return "\n".join(row.rstrip() for row in rows) + "\n"


def _head(report: NightReport, width: int) -> Iterator[str]:
    yield from _wrapped(f"Nightly run {report.run}, {when(report)}", width)
    if report.dry_run:
        yield from _wrapped(DRY_RUN, width)
    yield from _wrapped(made_with(report), width)
    if report.resumed:
        yield from _wrapped(resumed_text(report), width)
    yield ""


def _title(text: str, width: int) -> Iterator[str]:
    yield f"{text} ".ljust(width, "-")


def _files(report: NightReport, width: int) -> Iterator[str]:
    yield from _title("Files", width)
    for sentence in files_sum(report.totals).split(". "):
        yield from _wrapped(sentence.removesuffix(".") + ".", width)
    shown = _telling(report.files)
    name = max(12, width - 48)
    rows = [[elide(one_line(f.name), name, "..."), elide(one_line(f.kind), 10, "..."), *_file_counts(f)] for f in shown]
    if rows:
        yield from _columns(["file", "kind", "records", "used", "ignored", "rejected"], rows, left=2)
    yield from _more(len(report.files) - len(shown), "file", "files")
    reasons = ignored_reasons(report)
    for reason, number in reasons[:REASONS]:
        yield from _wrapped(f"ignored {number:,}: {one_line(reason)}", width, "  ")
    yield from _more(len(reasons) - REASONS, "reason for ignoring", "reasons for ignoring")
    yield ""


def _telling(files: Sequence[NightFile]) -> list[NightFile]:
    """At most :data:`FILES` in the order read, those with something rejected or found before the others."""
    ranked = sorted(range(len(files)), key=lambda n: (not files[n].rejected, not files[n].findings, n))[:FILES]
    return [files[n] for n in sorted(ranked)]


def _file_counts(file: NightFile) -> list[str]:
    return [f"{n:,}" for n in (file.records, file.used, sum(file.ignored.values()), file.rejected)]


def _rejected(report: NightReport, width: int) -> Iterator[str]:
    if not report.rejected:
        return
    count = len(report.rejected)
    yield from _title(f"Rejected: {count:,}", width)
    if count > REJECTED:
        reasons = Counter(entry.code for entry in report.rejected).most_common()
        yield from _wrapped("; ".join(f"{code} {n:,}" for code, n in reasons) + ":", width)
    for entry in report.rejected[:REJECTED]:
        yield from _wrapped(f"{rejected_place(entry)}: {one_line(entry.message)} {one_line(entry.fix)}", width, "  ")
    yield from _more(count - REJECTED, "rejected", "rejected")
    yield ""


def _findings(report: NightReport, width: int) -> Iterator[str]:
    together = findings_together((*report.findings, *(f for file in report.files for f in file.findings)))
    if not together:
        return
    yield from _title("Worth a look", width)
    for finding, times in together[:FINDINGS]:
        yield from _wrapped(f"{finding.severity}: {finding_line(finding, times)}", width, "  ")
    yield from _more(len(together) - FINDINGS, "finding", "findings")
    yield ""


def _changed(report: NightReport, width: int) -> Iterator[str]:
    changes = changed(report)
    yield from _title("Changed since they were last reported", width)
    if not changes:
        yield "No encounter that was reported before is coded differently now."
        yield ""
        return
    yield from _wrapped(changed_sum(changes), width)
    shown = most_changed(changes, ENCOUNTERS)
    if len(changes) > 1:
        yield from _codes(by_code(changes), priced(report), both_ways=True)
        yield from _cause_counts(changes)
    if len(shown) < len(changes):
        what = f"The {len(shown)} that change most follow; the JSON tells of all {len(changes):,}."
        yield from _wrapped(what, width)
    yield ""
    for change in shown:
        yield from _encounter(change, width)
        yield ""


def _cause_counts(changes: Sequence[EncounterChange]) -> Iterator[str]:
    yield ""
    yield from _columns(["cause", "encounters"], [[kind, f"{n:,}"] for kind, n in by_cause(changes)])


def _encounter(change: EncounterChange, width: int) -> Iterator[str]:
    parts = [f"Encounter {one_line(change.encounter_id)}"]
    parts += [f"patient {one_line(change.patient_id)}"] if change.patient_id else []
    parts += [change.day.isoformat()] if change.day else []
    yield from _wrapped(", ".join(parts), width)
    numbered = len(change.causes) > 1
    yield from _lines(change, width, numbered)
    amount = amount_text(change)
    for text in (queries_text(change), amount and f"amount {amount}"):
        yield from _wrapped(text, width, "  ")
    for number, cause in shown_causes(change, CAUSES):
        text = f"{f'[{number}] ' if numbered else ''}{cause_text(cause, change.day)}"
        yield from _wrapped(text, width, "  ", 4 if numbered else 2)
    yield from _more(len(change.causes) - CAUSES, "cause", "causes")
    if not change.causes:
        yield "  The records name no cause."


def _lines(change: EncounterChange, width: int, numbered: bool) -> Iterator[str]:
    shown = change.lines[:LINES]
    dated = any(line.date != change.day for line in shown)
    for line, front in zip(shown, _fronts(shown, dated), strict=True):
        drug = f"{one_line(line.drug)} {cause_numbers(line) if numbered else ''}"
        yield from _wrapped(f"{front}  {drug}", width, "", min(len(front) + 2, width // 2))
        yield from _wrapped(one_line(line.reason), width, "      ", 0)
    yield from _more(len(change.lines) - LINES, "line", "lines")


def _fronts(lines: Sequence[LineChange], dated: bool) -> list[str]:
    """Code, date where it is not that of the encounter, units and amount, in columns."""
    steps = [line_amount(line) for line in lines]
    columns = [[code_text(line) for line in lines], [step_text(line) for line in lines]]
    if dated:
        columns.insert(1, [line.date.isoformat() for line in lines])
    laid = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    if any(step is not None for step in steps):
        amounts = ["" if step is None else signed(step) for step in steps]
        laid.append([cell.rjust(max(map(len, amounts))) for cell in amounts])
    return ["  " + "  ".join(cells) for cells in zip(*laid, strict=True)]


def _first_time(report: NightReport, width: int) -> Iterator[str]:
    new = first_time(report)
    yield from _title("Reported for the first time", width)
    if not new:
        yield "No encounter."
        yield ""
        return
    yield from _wrapped(first_time_sum(new), width)
    yield from _codes(by_code(new), priced(report), both_ways=False)
    yield ""


def _codes(codes: Sequence[CodeCount], with_amounts: bool, *, both_ways: bool) -> Iterator[str]:
    if not codes:
        return
    units = ["units more", "units fewer"] if both_ways else ["units"]
    rows = []
    for code in codes:
        counts = [code.units_more, code.units_fewer] if both_ways else [code.units_more]
        row = [one_line(code.code), f"{code.lines:,}", *(f"{n:,}" for n in counts)]
        if with_amounts:
            row.append("" if code.amount is None else signed(code.amount) if both_ways else money(code.amount))
        rows.append(row)
    yield from _columns(["code", "lines", *units, *(["amount"] if with_amounts else [])], rows)


def _queries(report: NightReport, width: int) -> Iterator[str]:
    """Questions that wait, with what an answer must name; nothing where none does."""
    if not report.queries:
        return
    yield from _title("Questions that wait", width)
    for query in report.queries[:QUERIES]:
        yield from _wrapped(f"{one_line(query.encounter_id)}: {one_line(query.question)}", width)
        yield from _wrapped(f"  what {query.what}, administration {query.administration}", width)
    if len(report.queries) > QUERIES:
        yield f"and {len(report.queries) - QUERIES:,} more; the JSON has all of them."
    yield ""


def _delays(report: NightReport, width: int) -> Iterator[str]:
    yield from _title("Late entries and corrections by unit and nurse", width)
    units = delays(report.changes)
    if not units:
        yield "None."
        yield ""
        return
    name = max(16, width - 60)
    rows = []
    for unit in units:
        rows.append([elide(f"unit {one_line(unit.unit)}", name, "..."), *_delay(unit.counts)])
        for nurse in unit.nurses:
            rows.append([elide(f"  nurse {one_line(nurse.nurse)}", name, "..."), *_delay(nurse.counts)])
    yield from _columns(["", "late entries", "corrections", "encounters", "median delay"], rows)
    yield from _wrapped(NO_BLAME, width)
    yield ""


def _delay(counts: DelayCounts) -> list[str]:
    median = "" if counts.median_delay is None else long(counts.median_delay)
    return [f"{counts.late_entries:,}", f"{counts.corrections:,}", f"{counts.encounters:,}", median]


def _store(report: NightReport, width: int) -> Iterator[str]:
    t = report.totals
    yield from _title("The run and the store", width)
    yield from _wrapped(
        f"Run: {counted(t.encounters_touched, 'encounter')} touched, {t.encounters_coded:,} coded; "
        f"{t.encounters_new:,} new, {t.encounters_changed:,} changed; lines {t.lines_new:,} new, "
        f"{t.lines_changed:,} changed, {t.lines_withdrawn:,} withdrawn"
        + ("" if t.amount_change is None else f"; {signed(t.amount_change)}")
        + ".",
        width,
    )  # fmt: skip
    if t.encounters_removed:
        yield from _wrapped(f"{counted(t.encounters_removed, 'encounter')} removed, older than --keep.", width)
    held = f"{counted(t.encounters, 'encounter')}, {counted(t.lines, 'line')}, " + counted(
        t.queries_open, "open query", "open queries"
    )
    yield from _wrapped(f"Store: {held}" + ("" if t.amount is None else f", {money(t.amount)}") + ".", width)
    if priced(report):
        yield from _wrapped(f"Amounts: {AMOUNT_BASIS}.", width)
    yield INTENDED_USE


def _more(count: int, one: str, many: str) -> Iterator[str]:
    if count > 0:
        yield f"  and {count:,} more {one if count == 1 else many}; the JSON has all of them."


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Iterator[str]:
    """Rows under a head, the first columns to the left and the numbers to the right."""
    table = [head, *rows]
    widths = [max(len(row[n]) for row in table) for n in range(len(head))]
    for row in table:
        cells = [cell.ljust(widths[n]) if n < left else cell.rjust(widths[n]) for n, cell in enumerate(row)]
        yield "  " + "   ".join(cells)


def _wrapped(text: str, width: int, indent: str = "", hang: int = 2) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent + " " * hang, break_on_hyphens=False
    )
