"""A nightly report put into words, the same at a terminal and on a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, timedelta, tzinfo
from zoneinfo import ZoneInfo

from parsers.events import Finding, Rejected
from reports.encounter_words import finding_text
from reports.night import Cause, EncounterChange, LineChange, NightReport, NightTotals
from reports.night_counts import encounter_amount, total
from reports.safe_text import one_line
from reports.sentences import money, said_place, source_text

DRY_RUN = "Dry run: this is what a run would do. Nothing was stored, and these changes do not count as reported."
NO_BLAME = "Charted well after their own time, or changed later. The counts show where charting comes late, not why."
_TABLES = (".csv", ".tsv", ".xlsx", ".xls", ".parquet")
_RUNS = 6
INTENDED_USE = "Supports a coder; a person releases charges."


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 line``, ``1,204 lines``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def signed(amount: float) -> str:
    """``+$42.11``, ``-$42.11``, ``$0.00``."""
    sign = "+" if amount >= 0.005 else "-" if amount <= -0.005 else ""
    return f"{sign}{money(abs(amount))}"


def zone_of(report: NightReport) -> tuple[tzinfo, str]:
    """The zone the report is read in and its name; UTC where its name is unknown here."""
    try:
        return ZoneInfo(report.timezone), report.timezone
    except (KeyError, ValueError, OSError):  # no such zone, no name of a zone, no data of zones
        return UTC, "UTC"


def when(report: NightReport) -> str:
    """``2026-03-11 02:00 to 02:04, America/New_York``; the date again where the run passes midnight."""
    zone, name = zone_of(report)
    began, ended = report.started.astimezone(zone), report.finished.astimezone(zone)
    text = f"{began:%Y-%m-%d %H:%M}"
    if ended.date() != began.date():
        text += f" to {ended:%Y-%m-%d %H:%M}"
    elif f"{ended:%H:%M}" != f"{began:%H:%M}":
        text += f" to {ended:%H:%M}"
    return f"{text}, {name}"


def made_with(report: NightReport) -> str:
    """Policy, profile and version, in one sentence."""
    parts = [f"Policy {one_line(report.policy)} {one_line(report.policy_version)}"]
    if report.profile:
        parts.append(f"profile {one_line(report.profile)}")
    return ", ".join([*parts, f"Infusion Timeline {one_line(report.version)}"]) + "."


def resumed_text(report: NightReport) -> str:
    """That the run was broken off and went on; empty when it ran through."""
    if not report.resumed:
        return ""
    times = "once" if report.resumed == 1 else f"{report.resumed:,} times"
    return f"The run was broken off {times} and taken up again; each file was read once."


def code_text(line: LineChange) -> str:
    """``96366-59``."""
    return one_line("-".join((line.code, *line.modifiers)))


def step_text(line: LineChange) -> str:
    """``units 1 -> 2``, ``new, units 1``, ``withdrawn, units 1``; ``units 2, as before`` where its amount changed."""
    if line.kind == "new":
        return f"new, units {line.units_after}"
    if line.kind == "withdrawn":
        return f"withdrawn, units {line.units_before}"
    if line.units_before == line.units_after:
        return f"units {line.units_after}, as before"
    return f"units {line.units_before} -> {line.units_after}"


def queries_text(change: EncounterChange) -> str:
    """``1 query closed (2 open before, 1 now)``; empty where the same are open as before."""
    counts = (("opened", change.queries_opened), ("closed", change.queries_closed))
    done = [f"{counted(count, 'query', 'queries')} {word}" for word, count in counts if count]
    if not done:
        return ""
    return f"{', '.join(done)} ({change.queries_before} open before, {change.queries_after} now)"


def amount_text(change: EncounterChange) -> str:
    """``$200.00 -> $242.11 (+$42.11)``; empty without rates on both sides, or where it stays."""
    before, after, step = change.amount_before, change.amount_after, encounter_amount(change)
    if before is None or after is None or not step:
        return ""
    return f"{money(before)} -> {money(after)} ({signed(step)})"


def who(cause: Cause) -> str:
    """``nurse N01, unit ONC``; empty where neither was charted."""
    named = [("nurse", cause.nurse), ("unit", cause.department)]
    return ", ".join(f"{what} {one_line(name)}" for what, name in named if name)


def where(cause: Cause) -> str:
    """``day2.csv, row 14``, ``feed.hl7, record 7``; empty where it stands in no file."""
    if cause.file is None:
        return ""
    name = one_line(cause.file)
    word = "row" if name.lower().removesuffix(".gz").endswith(_TABLES) else "record"
    return name + (f", {word} {cause.record}" if cause.record is not None else "")


def about(cause: Cause, day: date | None) -> str:
    """What it is about, where its words do not say it: the drug, and the date if it is not ``day``."""
    drug = one_line(cause.drug or "")
    shown = drug if drug.casefold() not in cause.text.casefold() else ""
    dated = f"{cause.time:%Y-%m-%d}" if cause.time is not None and cause.time.date() != day else ""
    return " of ".join(part for part in (shown, dated if dated not in cause.text else "") if part)


def own_words(cause: Cause) -> str:
    """What happened, a sentence with a capital and a full stop."""
    text = one_line(cause.text).removesuffix(".")
    return f"{text[:1].upper()}{text[1:]}."


def cause_text(cause: Cause, day: date | None) -> str:
    """``late entry, vancomycin: Stop of 10:15, charted 3 h later (nurse N01, unit ONC; day2.csv, row 14).``"""
    place = "; ".join(part for part in (who(cause), where(cause)) if part)
    head = ", ".join(part for part in (cause.kind, about(cause, day)) if part)
    text = own_words(cause).removesuffix(".")
    return f"{head}: {text} ({place})." if place else f"{head}: {text}."


def cause_numbers(line: LineChange) -> str:
    """The causes of a line by their numbers from 1, runs joined: ``[1-3, 7]``; empty without any."""
    runs: list[list[int]] = []
    for number in sorted({place + 1 for place in line.causes}):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    said = [f"{a}" if a == b else f"{a}, {b}" if b == a + 1 else f"{a}-{b}" for a, b in runs]
    more = ["..."] if len(said) > _RUNS else []
    return f"[{', '.join([*said[:_RUNS], *more])}]" if said else ""


def files_sum(t: NightTotals) -> str:
    """How many files and records, and what became of them."""
    known = f"{counted(t.files_known, 'file')} known from earlier runs" if t.files_known else ""
    if not t.files_new:
        return f"No new file{f'; {known}' if known else ''}."
    return (
        f"{counted(t.files_new, 'new file')}{f', {known}' if known else ''}. "
        f"{counted(t.records, 'record')}: {t.used:,} used, {t.ignored:,} ignored, {t.rejected:,} rejected; "
        f"{counted(t.events, 'new charted event')}."
    )


def changed_sum(changes: Sequence[EncounterChange]) -> str:
    """How many encounters and lines changed, and by how much."""
    kinds = [line.kind for change in changes for line in change.lines]
    said = [counted(len(changes), "encounter")]
    said += [f"{counted(kinds.count(k), 'line')} {k}" for k in ("new", "changed", "withdrawn") if k in kinds]
    step = total(encounter_amount(change) for change in changes)
    return ", ".join([*said, *([] if step is None else [signed(step)])]) + "."


def first_time_sum(new: Sequence[EncounterChange]) -> str:
    """How many encounters, lines and open queries are reported for the first time, and their amount."""
    amount = total(change.amount_after for change in new)
    queries = sum(change.queries_after for change in new)
    said = [counted(len(new), "encounter"), counted(sum(len(change.lines) for change in new), "line")]
    said += [] if amount is None else [money(amount)]
    said += [counted(queries, "open query", "open queries")] if queries else []
    return ", ".join(said) + "."


def long(time: timedelta) -> str:
    """``40 min``, ``14 h 20 min``, ``2 d 4 h``: how long after the event it was charted; below 0 is ``0 min``."""
    minutes = max(0, int(time.total_seconds()) // 60)
    hours, days = minutes // 60, minutes // 1440
    parts = [(days, "d"), (hours % 24, "h")] if days else [(hours, "h"), (minutes % 60, "min")]
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 min"


def rejected_place(rejected: Rejected) -> str:
    """The file and record of a rejected one."""
    return source_text(said_place(rejected.source, rejected.message))


def finding_line(finding: Finding, times: int = 1) -> str:
    """What was found, what to do, and where; or where first, and how often."""
    at = source_text(said_place(finding.source, finding.message)) if finding.source else ""
    more = f"and {counted(times - 1, 'more place')}" if times > 1 else ""
    place = ", ".join(part for part in (at, more) if part) if at else f"{times:,} times" if more else ""
    return finding_text(finding) + (f" ({place})" if place else "")
