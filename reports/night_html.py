"""The report of a nightly run as a page: one file that opens anywhere, prints, and asks nothing of the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from reports.encounter_words import findings_together
from reports.html import environment, resource
from reports.night import Cause, EncounterChange, LineChange, NightFile, NightReport, NightTotals
from reports.night_counts import (
    CodeCount,
    by_cause,
    by_code,
    changed,
    first_time,
    most_changed,
    priced,
    shown_causes,
)
from reports.night_delays import DelayCounts, UnitDelay, delays
from reports.night_words import (
    DRY_RUN,
    NO_BLAME,
    about,
    amount_text,
    cause_numbers,
    changed_sum,
    code_text,
    counted,
    files_sum,
    finding_line,
    first_time_sum,
    long,
    made_with,
    own_words,
    queries_text,
    rejected_place,
    resumed_text,
    signed,
    when,
    where,
    who,
)
from reports.sentences import AMOUNT_BASIS, money

ENCOUNTERS, FIRST_TIME, LINES, CAUSES, FILES, REJECTED, FINDINGS = 500, 500, 60, 20, 200, 200, 100
"""What a page shows of each; the rest is counted, and stands in the JSON."""

View = dict[str, Any]


def night_html(report: NightReport) -> str:
    """The report as one HTML document with inline style, without scripts.

    All charted text is escaped; a content security policy in the page forbids scripts and every request.
    """
    changes, new = changed(report), first_time(report)
    findings = findings_together((*report.findings, *(f for file in report.files for f in file.findings)))
    dollars = priced(report)
    page = environment().get_template("night.html.j2")
    return page.render(
        css=Markup(resource("page.css") + resource("night.css")),
        run=report.run,
        when=when(report),
        made_with=made_with(report),
        dry_run=DRY_RUN if report.dry_run else "",
        resumed=resumed_text(report),
        version=report.version,
        counts=list(_counts(report.totals)),
        priced=dollars,
        basis=AMOUNT_BASIS,
        changed=[_change(change) for change in most_changed(changes, ENCOUNTERS)],
        changed_left=len(changes) - ENCOUNTERS,
        changed_sum=changed_sum(changes) if changes else "",
        changed_codes=[_code(code, both_ways=True) for code in by_code(changes)],
        cause_counts=by_cause(changes),
        first=[_first(change) for change in new[:FIRST_TIME]],
        first_left=len(new) - FIRST_TIME,
        queries=report.queries,
        first_sum=first_time_sum(new),
        first_codes=[_code(code, both_ways=False) for code in by_code(new)],
        delays=list(_delays(delays(report.changes))),
        no_blame=NO_BLAME,
        files_sum=files_sum(report.totals),
        files=[_file(file) for file in report.files[:FILES]],
        files_left=len(report.files) - FILES,
        rejected=[(rejected_place(r), r.code, f"{r.message} {r.fix}") for r in report.rejected[:REJECTED]],
        rejected_count=f"{len(report.rejected):,}",
        rejected_left=len(report.rejected) - REJECTED,
        findings=[(f.severity, finding_line(f, times)) for f, times in findings[:FINDINGS]],
        findings_left=len(findings) - FINDINGS,
    )


def _counts(t: NightTotals) -> Iterator[tuple[str, str, str]]:
    """Name, number and what stands small below it: of the run, then of the store."""
    yield "Changed encounters", f"{t.encounters_changed:,}", f"{t.encounters_coded:,} coded"
    yield "First time", f"{t.encounters_new:,}", ""
    lines = f"{t.lines_new:,} new, {t.lines_changed:,} changed, {t.lines_withdrawn:,} withdrawn"
    yield "Lines that differ", f"{t.lines_new + t.lines_changed + t.lines_withdrawn:,}", lines
    if t.amount_change is not None:
        yield "Amount of the run*", signed(t.amount_change), ""
    removed = f"; {t.encounters_removed:,} removed, older than --keep" if t.encounters_removed else ""
    yield "In the store", f"{t.encounters:,}", f"{counted(t.lines, 'line')}{removed}"
    yield "Open queries", f"{t.queries_open:,}", "in the store"
    if t.amount is not None:
        yield "Amount in the store*", money(t.amount), ""


def _code(code: CodeCount, *, both_ways: bool) -> View:
    amount = "" if code.amount is None else signed(code.amount) if both_ways else money(code.amount)
    more, fewer = f"{code.units_more:,}", f"{code.units_fewer:,}"
    return {"code": code.code, "lines": f"{code.lines:,}", "more": more, "fewer": fewer, "amount": amount}


def _change(change: EncounterChange) -> View:
    shown = change.lines[:LINES]
    numbered, dated = len(change.causes) > 1, any(line.date != change.day for line in shown)
    dollars = any(_dollars(line) for line in shown)
    said = [f"Patient {change.patient_id}" if change.patient_id else "", str(change.day or ""), queries_text(change)]
    return {
        "id": change.encounter_id,
        "about": "; ".join(part for part in said if part),
        "amount": _arrow(amount_text(change)),
        "priced": dollars,
        "dated": dated,
        "numbered": numbered,
        "columns": 4 + dollars + dated + numbered,
        "lines": [_line(line) for line in shown],
        "lines_left": len(change.lines) - LINES,
        "causes": [_cause(number, cause, change.day) for number, cause in shown_causes(change, CAUSES)],
        "causes_left": len(change.causes) - CAUSES,
    }


def _cause(number: int, cause: Cause, day: date | None) -> View:
    charted = f"charted {cause.recorded_at:%Y-%m-%d %H:%M}" if cause.recorded_at is not None else ""
    place = "; ".join(part for part in (who(cause), where(cause), charted) if part)
    drug = about(cause, day)
    text = f"{drug}: {own_words(cause)}" if drug else own_words(cause)
    return {"number": number, "kind": cause.kind, "text": text, "place": place}


def _line(line: LineChange) -> View:
    same = line.units_before == line.units_after
    return {
        "code": code_text(line),
        "date": line.date.isoformat(),
        "kind": line.kind,
        "units": f"{line.units_after}" if same else f"{line.units_before} \u2192 {line.units_after}",
        "amount": _dollars(line),
        "drug": line.drug,
        "reason": line.reason,
        "causes": cause_numbers(line),
    }


def _dollars(line: LineChange) -> str:
    """Before and after; a new line had nothing before, a withdrawn one has nothing now; empty without rates."""
    before = 0.0 if line.kind == "new" else line.amount_before
    after = 0.0 if line.kind == "withdrawn" else line.amount_after
    if before is None or after is None:
        return ""
    return money(after) if before == after else f"{money(before)} \u2192 {money(after)}"


def _arrow(text: str) -> str:
    return text.replace("->", "\u2192")


def _first(change: EncounterChange) -> View:
    bill = [f"{code_text(x)} x {x.units_after}" if x.units_after > 1 else code_text(x) for x in change.lines]
    return {
        "id": change.encounter_id,
        "patient": change.patient_id or "",
        "day": change.day.isoformat() if change.day else "",
        "bill": ", ".join(bill),
        "queries": change.queries_after,
        "amount": "" if change.amount_after is None else money(change.amount_after),
    }


def _delays(units: Sequence[UnitDelay]) -> Iterator[View]:
    """A row for each unit, followed by one for each of its nurses."""
    for unit in units:
        yield {"unit": True, "name": unit.unit, **_delay(unit.counts)}
        for nurse in unit.nurses:
            yield {"unit": False, "name": nurse.nurse, **_delay(nurse.counts)}


def _delay(counts: DelayCounts) -> View:
    return {
        "late": f"{counts.late_entries:,}",
        "corrections": f"{counts.corrections:,}",
        "encounters": f"{counts.encounters:,}",
        "median": "" if counts.median_delay is None else long(counts.median_delay),
    }


def _file(file: NightFile) -> View:
    return {
        "name": file.name,
        "kind": file.kind,
        "records": f"{file.records:,}",
        "used": f"{file.used:,}",
        "ignored": f"{sum(file.ignored.values()):,}",
        "rejected": f"{file.rejected:,}",
        "reasons": [f"{count:,}: {reason}" for reason, count in file.ignored.items()],
    }
