"""What an analyst reads at a terminal: encounter by encounter the picture, the lines with reasons, the queries."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from parsers.files import NOT_OPENED
from reports.clock_text import offset_name, visit
from reports.encounter_words import Words, finding_text, findings_together, words_of
from reports.explain import no_line, outcome_lines
from reports.json_output import summary
from reports.safe_text import one_line
from reports.sentences import AMOUNT_BASIS, money, said_place, source_text
from reports.text_timeline import Glyphs, glyphs_for, legend, text_timeline
from timeline.model import CodedEncounter, EncounterTimeline, Query, Result

_SEVERITY_STYLE = {"info": "dim", "warning": "yellow", "error": "bold red"}
_LISTED = 5
"""Ignored reasons, rejected records and file findings shown at the end; the rest is counted."""


_QUERIES = 8
_OUTCOMES = 6
"""Outcomes of a query shown: the first and the last; ``explain`` has them all."""


def render_table(result: Result, width: int = 80, color: bool = False, encoding: str = "utf-8") -> str:
    """The result as text of ``width`` columns (60 at least), ending with a line feed.

    ``encoding`` is that of the terminal: where it has no block characters, ASCII is used, and any other
    character it lacks becomes ``?``.
    """
    glyphs = glyphs_for(encoding)
    width = max(60, width)
    buffer = StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
    for coded in result.encounters:
        console.print(Group(*_encounter(coded, width, glyphs)))
    console.print(Group(*_footer(result, width, glyphs)))
    text = "\n".join(row.rstrip() for row in buffer.getvalue().splitlines()) + "\n"
    return text.encode(_known(encoding), errors="replace").decode(_known(encoding))


def _known(encoding: str) -> str:
    try:
        "".encode(encoding)
    except LookupError:
        return "ascii"
    return encoding


def _encounter(coded: CodedEncounter, width: int, glyphs: Glyphs) -> Iterator[RenderableType]:
    words = words_of(coded)
    yield from _header(coded, width, glyphs)
    picture = list(text_timeline(coded, width, glyphs))
    if picture:
        yield Text("\n".join(picture), no_wrap=True, overflow="crop")
        yield _hanging(legend(coded, glyphs), "dim")
        yield Text()
    yield _lines(words) if coded.lines else _hanging(no_line(words.coded), "dim")
    for query in coded.queries[:_QUERIES]:
        yield from _query(coded.timeline, query)
    if len(coded.queries) > _QUERIES:
        left = _count(len(coded.queries) - _QUERIES, "more query", "more queries")
        yield _hanging(f"{left} of this encounter; explain lists them all.", "bold")
    for status, text in words.uncharged_together():
        yield _hanging(f"no code: {text}", "dim" if status == "included" else "")
    for finding, _ in findings_together(coded.findings):
        yield _hanging(f"{finding.severity}: {words.finding(finding)}", _SEVERITY_STYLE[finding.severity])
    yield Text()


def _header(coded: CodedEncounter, width: int, glyphs: Glyphs) -> Iterator[RenderableType]:
    timeline = coded.timeline
    parts = [f"Encounter {one_line(timeline.id)}"]
    if timeline.patient_id:
        parts.append(f"patient {one_line(timeline.patient_id)}")
    when = [visit(timeline, glyphs.dash)]
    if coded.queries:
        when.append(_count(len(coded.queries), "query", "queries"))
    yield Text(glyphs.rule * width, style="dim")
    between = f" {glyphs.dot} "
    if len(between.join([*parts, *when])) <= width:
        parts, when = [*parts, *when], []
    yield Text(between.join(parts), style="bold")
    if when:
        yield Text(between.join(when), style="bold")


def _lines(words: Words) -> Table:
    priced = any(line.amount is not None for line in words.coded.lines)
    days = len({line.date for line in words.coded.lines}) > 1
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, pad_edge=True, header_style="dim")
    table.add_column(" code", no_wrap=True, style="bold")
    table.add_column("units", justify="right", no_wrap=True)
    if days:
        table.add_column("date", no_wrap=True)
    table.add_column("min", justify="right", no_wrap=True)
    if priced:
        table.add_column("amount", justify="right", no_wrap=True)
    table.add_column("drug and reason", ratio=1)
    for line in words.coded.lines:
        cells = [" " + "-".join((line.code, *line.modifiers)), str(line.units)]
        cells += [line.date.isoformat()] if days else []
        cells += [str(line.minutes) if line.minutes else ""]
        cells += ["" if line.amount is None else money(line.amount)] if priced else []
        cells += [words.line(line)]
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _query(timeline: EncounterTimeline, query: Query) -> Iterator[RenderableType]:
    held = f" Held: {', '.join(query.held)}." if query.held else ""
    yield _hanging(f"Query: {one_line(query.question)}{held}", "bold")
    outcomes = [text.replace(f" {AMOUNT_BASIS}", "") for text in outcome_lines(timeline, query)]
    if len(outcomes) > _OUTCOMES + 2:
        left = len(outcomes) - _OUTCOMES
        outcomes[_OUTCOMES - 1 : -1] = [f"({left} more answers between; explain lists them all)"]
    for text in outcomes:
        yield Padding(Text(text), (0, 0, 0, 8))


def _footer(result: Result, width: int, glyphs: Glyphs) -> Iterator[RenderableType]:
    counts = summary(result)
    yield Text(glyphs.rule * width, style="dim")
    closed = sum(r.code in NOT_OPENED for r in result.rejected)
    yield Text(
        f"{_count(counts['records'] - closed, 'record')}: {counts['used']} used, {counts['ignored']} ignored, "
        f"{counts['rejected'] - closed} rejected"
        + (f"; {_count(closed, 'input')} could not be opened" if closed else "")
    )
    yield Text(
        f"{_count(counts['encounters'], 'encounter')}, {_count(counts['administrations'], 'administration')}, "
        f"{_count(counts['lines'], 'line')}, {_count(counts['queries'], 'query', 'queries')}, "
        f"{_count(counts['findings'], 'finding')}",
        style="bold",
    )
    if counts["amount"] is not None:
        held = f", {money(counts['amount_in_query'])} in query" if counts["amount_in_query"] else ""
        yield Text(f"{money(counts['amount'])}{held} ({AMOUNT_BASIS})")
    asked = [f"{one_line(e.timeline.id)} ({len(e.queries)})" for e in result.encounters if e.queries]
    if len(result.encounters) > 1 and asked:
        yield _hanging("Queries in " + _some(asked, 12), "")
    yield from _problems(result)
    zones = sorted({offset_name(e.timeline) for e in result.encounters}) or [result.timezone or "UTC"]
    policy = result.policy
    checked = f", checked through {policy.verified_through}" if policy.verified_through else ""
    yield _hanging(f"Policy {policy.name} {policy.version}{checked}; times in {', '.join(zones)}.", "dim")
    yield _hanging("Supports a coder; a person releases charges.", "dim")


def _problems(result: Result) -> Iterator[RenderableType]:
    for ignored in result.ignored[:_LISTED]:
        yield _hanging(f"ignored {ignored.count}: {one_line(ignored.reason)}", "dim")
    yield from _more(len(result.ignored), "reason for ignoring", "reasons for ignoring")
    for rejected in result.rejected[:_LISTED]:
        where = source_text(said_place(rejected.source, rejected.message))
        text = f"rejected {where}: {one_line(rejected.message)} {one_line(rejected.fix)}"
        yield _hanging(text.rstrip(), "red")
    yield from _more(len(result.rejected), "rejected record", hint="; --format json lists all")
    for finding in result.findings[:_LISTED]:
        where = f" ({source_text(said_place(finding.source, finding.message))})" if finding.source else ""
        text = f"{finding.severity}: {finding_text(finding)}{where}"
        yield _hanging(text.rstrip(), _SEVERITY_STYLE[finding.severity])
    yield from _more(len(result.findings), "file finding", hint="; --format json lists all")


def _more(count: int, one: str, many: str | None = None, hint: str = "") -> Iterator[RenderableType]:
    if count > _LISTED:
        yield Text(f"   and {_count(count - _LISTED, 'more ' + one, 'more ' + (many or one + 's'))}{hint}", style="dim")


def _some(items: list[str], shown: int) -> str:
    rest = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(items[:shown]) + rest


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _hanging(text: str, style: str) -> RenderableType:
    return Padding(Text(text, style=style), (0, 0, 0, 1))
