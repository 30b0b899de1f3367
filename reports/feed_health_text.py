"""What ``check`` shows at a terminal: one screen a feed, one screen a table, 80 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from parsers.events import AdministrationEvent, Ignored, Rejected
from parsers.feed_profile import FIELDS, FeedFacts
from parsers.feed_words import UnknownWord
from parsers.shapes import header_word, shape
from parsers.table_profiles import TableUnderstanding
from parsers.vocabulary import nearest_actions
from reports.feed_health import Conformance, Health, Told, drug_shown, rows_shown
from reports.profile_lines import lacking, yaml_lines
from reports.safe_text import elide, one_line
from reports.sentences import said_place, source_text

_LISTED = 10
_APART = 0.2
"""A sender is named beside the whole where its share of a field differs by more than this."""
_ENOUGH, _SENDERS = 10, 4
"""Administrations from which on a sender's shares say something, and senders named for them."""
_CHARSETS = {"ascii": "ASCII", "utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "ISO 8859-1"}


def render_health(health: Health, width: int = 80, *, show_values: bool = False) -> str:
    """The text, with lines of at most ``width`` columns (60 at least) and a line feed at the end.

    Encounter ids, and drugs that the formulary does not know, show as their shape unless ``show_values``.
    """
    width = min(max(60, width), 110)
    lines = [*_inputs(health, width)]
    if health.feed is not None and health.feed.messages:
        lines += ["", *_feed(health.feed, width)]
    for table in health.tables:
        lines += ["", *_table(table, width, show_values)]
    lines += _routes(health, width)
    if health.infusions.count or health.encounters:
        lines += ["", *_infusions(health, width)]
    lines += _told(health, width)
    if health.conformance is not None:
        lines += ["", *_conformance(health.conformance, width)]
    lines += _mending(health, width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _inputs(health: Health, width: int) -> Iterator[str]:
    for entry in health.inputs[:_LISTED]:
        yield from _wrapped(f"{one_line(entry.file)}: {entry.kind}, {_count(entry.records, 'record')}", width, 0, 2)
    if len(health.inputs) > _LISTED:
        yield f"and {len(health.inputs) - _LISTED:,} more files"
    yield health.accounting.sentence()
    for ignored in health.ignored[:_LISTED]:
        yield from _wrapped(f"ignored {ignored.count:,}: {one_line(ignored.reason)}", width, 2, 4)
    if len(health.ignored) > _LISTED:
        yield f"  and {len(health.ignored) - _LISTED} more reasons for ignoring; --format json lists them"


# An HL7 feed


def _feed(facts: FeedFacts, width: int) -> Iterator[str]:
    yield f"HL7 FEED  {_count(facts.messages, 'message')}, {_count(facts.administrations, 'administration')} (RXA)"
    for sender in sorted(facts.senders.values(), key=lambda s: -s.types.total())[:_LISTED]:
        types = ", ".join(f"{kind} {version} ({n:,})" for (kind, version), n in sender.types.most_common(6))
        yield from _wrapped(f"{sender.label}: {types}", width, 2, 4)
    if len(facts.senders) > _LISTED:
        yield f"  and {len(facts.senders) - _LISTED} more senders; --format json lists them"
    if facts.administrations:
        yield from _filled(facts, width)
        yield from _words(facts, width)
        yield from _times(facts, width)
    yield from _charsets(facts, width)


def _filled(facts: FeedFacts, width: int) -> Iterator[str]:
    yield ""
    yield "  Filled, share of administrations:"
    total = facts.administrations
    filled: Counter[str] = Counter()
    for sender in facts.senders.values():
        filled.update(sender.filled)
    cells = [f"{name:<7}{_share(filled[name], total):>6}  {what}" for name, what in FIELDS]
    half = (len(cells) + 1) // 2
    column = max(map(len, cells[:half])) + 3
    if column + max(map(len, cells[half:])) + 4 <= width:
        for left, right in zip(cells[:half], [*cells[half:], ""], strict=False):
            yield f"    {left:<{column}}{right}"
    else:
        yield from (f"    {cell}" for cell in cells)
    yield from _apart(facts, filled, width)


def _apart(facts: FeedFacts, filled: Counter[str], width: int) -> Iterator[str]:
    """Senders that fill a field much more or less than the feed as a whole."""
    charting = [s for s in facts.senders.values() if s.administrations >= _ENOUGH]
    charting.sort(key=lambda s: -s.administrations)
    for sender in charting[:_SENDERS] if len(facts.senders) > 1 else ():
        odd = [
            f"{name} {_share(sender.filled[name], sender.administrations)}"
            for name, _ in FIELDS
            if abs(sender.filled[name] / sender.administrations - filled[name] / facts.administrations) > _APART
        ]
        if odd:
            yield from _wrapped(f"{sender.label} differs: {', '.join(odd)}", width, 4, 6)


def _words(facts: FeedFacts, width: int) -> Iterator[str]:
    yield ""
    yield "  Actions:"
    by_action: dict[str, list[str]] = {}
    for (word, action), count in facts.words.known.most_common():
        by_action.setdefault(str(action), []).append(f"{one_line(word) or 'nothing charted'} ({count:,})")
    for read_as, words in by_action.items():
        yield from _wrapped(f"{read_as:<12} {', '.join(words)}", width, 4, 17)
    if facts.words.unknown:
        yield from _wrapped(f"{'NOT KNOWN':<12} {_unknown(facts.words.unknown, like=True)}", width, 4, 17)
    if facts.words.routes:
        yield from _wrapped(f"Routes not known: {_unknown(facts.words.routes, like=False)}", width, 2, 4)


def _unknown(words: Counter[UnknownWord], *, like: bool) -> str:
    parts = []
    for word, count in words.most_common(_LISTED):
        near = nearest_actions(word.shown, 1) if like and word.plain else ()
        shown = f"'{word.shown}'" if word.plain else f"texts of the shape {word.shown}"
        parts.append(f"{shown} ({count:,}{f', like {near[0]!r}' if near else ''})")
    rest = len(words) - _LISTED
    return ", ".join(parts) + (f" and {rest} more" if rest > 0 else "")


def _times(facts: FeedFacts, width: int) -> Iterator[str]:
    times, total = facts.times, facts.administrations
    yield ""
    parts = [f"{_share(times.with_offset, total)} with an offset"]
    if times.without_offset:
        parts.append(f"{times.without_offset:,} without one (read in the zone given, otherwise UTC)")
    yield from _wrapped(f"Times: {', '.join(parts)}.", width, 2, 4)
    hours = times.ahead_hours.most_common(1)
    zone = f", mostly by {_count(hours[0][0], 'hour')}: look at the zone" if hours and hours[0][0] else ""
    doubts = (
        (times.date_only, "a date without a time of day"),
        (times.unreadable, "a start that is no time"),
        (times.same_stop, "RXA-4 repeats the start, which says nothing of the stop"),
        (times.ahead, f"charted for a time after the message was sent{zone}"),
        (times.late, "charted more than an hour later (late entries)"),
    )
    for number, text in doubts:
        if number:
            yield from _wrapped(f"{number:,} of {total:,}: {text}.", width, 4, 6)
    if times.out_of_order:
        late = _count(times.out_of_order, "message arrives", "messages arrive")
        yield from _wrapped(f"{late} after a younger one of the same sender; they are put in order.", width, 4, 6)


def _charsets(facts: FeedFacts, width: int) -> Iterator[str]:
    declared = ", ".join(f"{name or 'none'} ({count:,})" for name, count in facts.declared.most_common(5))
    read = ", ".join(f"{_CHARSETS.get(name, name)} ({count:,})" for name, count in facts.read_as.most_common(5))
    if set(facts.read_as) != {"ascii"}:
        yield from _wrapped(f"Character sets: declared {declared}; read as {read}.", width, 2, 4)


# A table


def _table(table: TableUnderstanding, width: int, show_values: bool) -> Iterator[str]:
    sheet = f", sheet {table.sheet}" if table.sheet else ""
    header = f", header in row {table.header_row}" if table.header_row else ""
    yield from _wrapped(f"TABLE  {one_line(table.file)}{sheet}{header}", width, 0, 2)
    if table.problem is not None:
        yield from _wrapped(f"{one_line(table.problem.message)} {one_line(table.problem.fix)}", width, 2, 4)
        if table.columns:
            yield from _columns(table, width)
    else:
        sure = f"confidence {table.confidence:.2f}"
        yield from _wrapped(f"Read with the profile {table.profile} ({sure}): {table.why}.", width, 2, 4)
        yield from _columns(table, width)
        yield from _rows(table, width, show_values)
    yield from _missing(table, width)


def _columns(table: TableUnderstanding, width: int) -> Iterator[str]:
    yield ""
    yield "  Columns:"
    cells = [f"{column:<16} {one_line(header)}" for column, header in table.columns.items()]
    half = (len(cells) + 1) // 2
    column = max(map(len, cells[:half]), default=0) + 3
    fits = all(column + len(cell) + 4 <= width for cell in cells[half:])
    if fits and column + 4 < width:
        for left, right in zip(cells[:half], [*cells[half:], ""], strict=False):
            yield f"    {left:<{column}}{right}"
    else:
        yield from (f"    {elide(cell, width - 4)}" for cell in cells)
    for what, names in (("Not read", table.unmapped), ("Not read, another column serves", table.twice)):
        if names:
            rest = f" and {len(names) - 20} more" if len(names) > 20 else ""
            yield from _wrapped(f"{what}: {', '.join(map(one_line, names[:20]))}{rest}", width, 2, 4)


def _rows(table: TableUnderstanding, width: int, show_values: bool) -> Iterator[str]:
    shown = rows_shown(table)
    if not shown:
        return
    yield ""
    yield "  First rows as understood:"
    room = max(14, width - 66)
    yield f"    {'row':>4}  {'time':<16}  {'action':<11} {'drug':<{room}} {'route':<7} {'site':<4} encounter"
    for entry in shown:
        if isinstance(entry, AdministrationEvent):
            yield elide(_event(entry, room, show_values), width)
        elif isinstance(entry, Rejected):
            row = entry.source.row or 0
            text = f"{row:>4}  rejected: {one_line(entry.message)}"
            yield from _wrapped(text, width, 4, 10)
        else:
            yield f"    {_row_of(entry):>4}  ignored: {one_line(entry.reason)}"


def _row_of(ignored: Ignored) -> int:
    return ignored.sources[0].row or 0 if ignored.sources else 0


def _event(event: AdministrationEvent, room: int, show_values: bool) -> str:
    when = event.time.strftime("%Y-%m-%d %H:%M")
    action = str(event.action)
    if event.stop is not None:
        action = f"to {event.stop:%H:%M}"
    elif event.action == "interval":
        action = "no stop"
    names = " + ".join(part.name for part in event.drugs)
    drug = elide(one_line(names if show_values else drug_shown(event)), room)
    who = one_line(event.encounter_id) if show_values else shape(event.encounter_id)
    site = "yes" if event.site else "-"
    route = str(event.route) if event.route else "-"
    return f"    {event.source.row or 0:>4}  {when}  {action:<11} {drug:<{room}} {route:<7} {site:<4} {who}"


def _missing(table: TableUnderstanding, width: int) -> Iterator[str]:
    costly = [missing for missing in lacking(table) if not missing.cost.startswith("nothing;")]
    if not costly:
        return
    yield ""
    yield "  Missing, and what that costs:"
    for missing in costly:
        near = f" Perhaps {header_word(missing.nearest, trusted=True)}: {missing.why}." if missing.nearest else ""
        mark = " (required)" if missing.required else ""
        yield from _wrapped(f"{missing.column:<14} {missing.cost}{mark}.{near}", width, 4, 19)


def _routes(health: Health, width: int) -> Iterator[str]:
    if not health.routes:
        return
    yield ""
    yield "Routes:"
    by_route: dict[str, list[str]] = {}
    for word in sorted(health.routes, key=lambda word: word.route is None):
        read_as = str(word.route) if word.route else "NOT KNOWN"
        shown = one_line(word.shown) if word.plain else f"texts of the shape {word.shown}"
        by_route.setdefault(read_as, []).append(f"{shown} ({word.count:,})")
    for read_as, words in by_route.items():
        rest = f" and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
        yield from _wrapped(f"{read_as:<12} {', '.join(words[:_LISTED])}{rest}", width, 2, 15)


# Both


def _infusions(health: Health, width: int) -> Iterator[str]:
    found = health.infusions
    text = (
        f"{_count(health.encounters, 'encounter')}, {_count(found.count, 'infusion')}:"
        f" {found.without_stop:,} without a stop ({_share(found.without_stop, found.count)}),"
        f" {found.without_site:,} without a site ({_share(found.without_site, found.count)});"
        f" {_count(found.pushes_and_others, 'push or other', 'pushes and others')}."
    )
    yield from _wrapped(text, width, 0, 2)


def _told(health: Health, width: int) -> Iterator[str]:
    # What stands with its table is not told twice.
    known = {table.problem.message for table in health.tables if table.problem is not None}
    told = [entry for entry in health.told if not (entry.count == 1 and entry.message in known)]
    if not told:
        return
    yield ""
    yield "FOUND  (the first of each kind)"
    for entry in told[: _LISTED + 2]:
        yield from _wrapped(f"{entry.severity:<8} {entry.count:>5,} x {_kind(entry)}", width, 2, 4)
    if len(told) > _LISTED + 2:
        yield f"  and {len(told) - _LISTED - 2} more kinds; --format json lists them"


def _kind(entry: Told) -> str:
    where = ""
    if entry.source is not None:
        where = f" ({source_text(said_place(replace(entry.source, control_id=None), entry.message))})"
    fix = f" {one_line(entry.fix)}" if entry.severity in ("rejected", "error") else ""
    return f"{entry.code}: {one_line(entry.message)}{where}{fix}"


def _conformance(verdicts: Conformance, width: int) -> Iterator[str]:
    asked = f"all {verdicts.messages:,}" if verdicts.asked == verdicts.messages else (
        f"{verdicts.asked:,} of {verdicts.messages:,} (a sample, evenly spread)"
    )  # fmt: skip
    passed = verdicts.asked - verdicts.failed
    yield from _wrapped(f"CONFORMANCE  {asked} messages shown to hl7apy: {passed:,} conform.", width, 0, 2)
    for fault, count in verdicts.faults[:_LISTED]:
        yield from _wrapped(f"{count:>6,} x {fault}", width, 2, 11)
    if len(verdicts.faults) > _LISTED:
        yield f"  and {len(verdicts.faults) - _LISTED} more faults; --format json lists them"


def _mending(health: Health, width: int) -> Iterator[str]:
    yield ""
    if not health.mending:
        yield "There is nothing here that lines of a profile would mend."
        return
    yield "PROFILE LINES THAT WOULD MEND IT  (--save-profile FILE writes them)"
    yield from (f"  {line}" for line in yaml_lines(health.mending))


def _wrapped(text: str, width: int, first: int, rest: int) -> Iterable[str]:
    return textwrap.wrap(
        text, width, initial_indent=" " * first, subsequent_indent=" " * rest, break_long_words=False,
        break_on_hyphens=False, drop_whitespace=True, replace_whitespace=False,
    )  # fmt: skip


def _share(part: int, whole: int) -> str:
    """Per cent, never rounded to all or nothing."""
    if not whole:
        return "-"
    share = round(100 * part / whole)
    if part and not share:
        return "< 1 %"
    return "> 99 %" if part < whole and share == 100 else f"{share} %"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
