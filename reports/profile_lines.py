"""The lines of a profile that would mend a feed or an export, as YAML to paste or as a whole file to edit.

What is a guess says so in a comment; what a person must fill in is commented out, so that the file can be used as it
is written.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import yaml

from parsers.clock import DAY_STANDS_FIRST
from parsers.column_guesses import DAY_FIRST
from parsers.events import Action, AdministrationEvent, Finding, Rejected
from parsers.feed_profile import NEEDS, FeedFacts
from parsers.mar_columns import COLUMNS
from parsers.profiles import Hl7Profile, Profile
from parsers.table_costs import REQUIRED
from parsers.table_profiles import MissingColumn, TableUnderstanding
from parsers.vocabulary import action_from_text, nearest_actions
from reports.route_words import RouteWord

_QUOTED_ACTION = re.compile(r"(?:[Tt]he|[Tt]his) action '([^']+)' is not known")
_HIDDEN_ACTION = re.compile(r"(?:[Tt]he|[Tt]his) action a text of the shape (.+) is not known")
_CHOICES = {
    "action_map": ", ".join(action for action in Action if action is not Action.INTERVAL),
    "columns": ", ".join(COLUMNS),
    "route_map": "IV, IVPB, IV push, IM, SC, IA, other",
}
"""What a person may write for the question mark."""
_PATIENTS = frozenset({"PID-2.1", "PID-4.1"})
_WIDEST = 76
_WORTH = 0.2
"""A place is looked for elsewhere when it is empty in this share of the administrations."""


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """One line of a profile: ``section`` is ``action_map``, ``hl7`` ... or empty for the top.

    Without ``sure`` it is written as a comment, for a person to complete.
    """

    section: str
    name: str
    value: str
    why: str
    sure: bool = True


def feed_lines(facts: FeedFacts, findings: Iterable[Finding]) -> tuple[ProfileLine, ...]:
    """What would mend an HL7 feed."""
    lines = list(_zone(findings))
    for word, count in facts.words.unknown.most_common():
        if word.plain:
            lines.append(_action(word.shown, count))
    for word, count in facts.words.routes.most_common():
        if word.plain:
            lines.append(ProfileLine("route_map", _quoted(word.shown), "?", _times(count), sure=False))
    lines += [line for need in NEEDS if (line := _place(facts, need)) is not None]
    return tuple(lines)


def table_lines(
    tables: Sequence[TableUnderstanding],
    rejected: Iterable[Rejected],
    findings: Iterable[Finding],
    routes: Iterable[RouteWord] = (),
) -> tuple[ProfileLine, ...]:
    """What would mend tables: columns that look like a missing one, and action words and routes."""
    lines = list(_zone(findings))
    rejected = tuple(rejected)
    lines += _date_order(tables, rejected)
    words = Counter(m[1] for entry in rejected if (m := _QUOTED_ACTION.search(entry.message)))
    lines += [_action(word, count) for word, count in words.most_common()]
    hidden = Counter(m[1] for entry in rejected if (m := _HIDDEN_ACTION.search(entry.message)))
    for kind, count in hidden.most_common():
        why = f"{_times(count)}, hidden since it may be a name: write the word itself (--show-values)"
        lines.append(ProfileLine("action_map", _quoted(kind), "?", why, sure=False))
    lines += [
        ProfileLine("route_map", _quoted(word.shown), "?", _times(word.count), sure=False)
        for word in routes
        if word.route is None and word.plain
    ]
    named: set[str] = set()
    for missing in (missing for table in tables for missing in lacking(table)):
        if missing.column in named or not (missing.nearest or missing.required):
            continue
        named.add(missing.column)
        value = f"[{_quoted(missing.nearest)}]" if missing.nearest else "[]"
        either = "start, or action and time, are" if missing.column in ("start", "action", "time") else "it is"
        why = f"{missing.why}: check it" if missing.nearest else f"{either} required; name the header here"
        lines.append(ProfileLine("columns", missing.column, value, why, sure=bool(missing.nearest)))
    return tuple(lines)


def lacking(table: TableUnderstanding) -> tuple[MissingColumn, ...]:
    """The missing columns worth naming: none where nothing looks like a header, and not both ways to chart times."""
    required = [missing for missing in table.missing if missing.required]
    if table.problem is not None and len(required) >= len(REQUIRED) and not any(m.nearest for m in required):
        return ()
    near = {missing.column for missing in required if missing.nearest}
    spared = {"action", "time"} if "start" in near else {"start"} if near & {"action", "time"} else set()
    return tuple(missing for missing in table.missing if missing.column not in spared)


def yaml_lines(lines: Iterable[ProfileLine]) -> list[str]:
    """The lines as YAML, ready to paste into a profile."""
    by_section: dict[str, list[ProfileLine]] = {}
    for line in lines:
        by_section.setdefault(line.section, []).append(line)
    written: list[str] = []
    for section, members in by_section.items():
        indent = ""
        if section:
            indent = "  "
            # A map of comments only would be no map.
            written.append(f"{section}:" if any(m.sure for m in members) else f"# {section}:")
        if section in _CHOICES and any("?" in (m.name, m.value) for m in members):
            written += textwrap.wrap(
                f"? is one of: {_CHOICES[section]}", _WIDEST, initial_indent="#   ", subsequent_indent="#     "
            )
        for line in members:
            mark = "" if line.sure else "# "
            entry, why = f"{mark}{indent}{line.name}: {line.value}".rstrip(), f"# {line.why}"
            if line.sure and len(entry) + len(why) + 2 > _WIDEST:
                written += [f"{indent}{why}", entry]
            else:
                written.append(f"{entry}  {why}")
    return written


def profile_text(
    name: str,
    base: Profile,
    lines: Sequence[ProfileLine],
    columns: Mapping[str, str] | None = None,
    *,
    unread: Sequence[str] = (),
    timezone: str | None = None,
) -> str:
    """A whole profile to edit: what ``base`` says, what the check found, and ``columns`` as they were mapped.

    Headers that are ``unread`` stand as comments; ``timezone`` is the one that was given for the check.
    """
    zone = timezone or base.timezone
    why = "as before" if zone == base.timezone else "as given to the check"
    given = [ProfileLine("", "timezone", zone, why)] if zone else []
    for section, words in (("action_map", base.action_map), ("route_map", base.route_map)):
        given += [ProfileLine(section, _quoted(word), str(meaning), "as before") for word, meaning in words.items()]
    for label, members in (("site_aliases", base.site_aliases), ("drug_map", base.drug_map)):
        given += [ProfileLine(label, _quoted(word), _quoted(text), "as before") for word, text in members.items()]
    asked = {line.name for line in lines if line.section == "columns"}
    found = {**{c: list(names) for c, names in base.columns.items()}, **{c: [h] for c, h in (columns or {}).items()}}
    given += [
        ProfileLine("columns", column, f"[{', '.join(map(_quoted, headers))}]", "as found")
        for column, headers in found.items()
        if column not in asked
    ]
    lines = [
        *lines,
        *(ProfileLine("columns", "?", f"[{_quoted(header)}]", "not read", sure=False) for header in unread),
    ]
    given += list(_kept_places(base.hl7, {line.name for line in lines}))
    head = [
        "# Written by infusion-timeline check. Read it through, complete the lines that begin with #, then use it:",
        f"# infusion-timeline analyze PATH --profile {name}.yaml",
        f"name: {_quoted(name)}",
        'basis: "Written from a check of the input; not verified."',
        *_kept_settings(base),
    ]
    return "\n".join([*head, *yaml_lines([*given, *lines])]) + "\n"


def _kept_settings(base: Profile) -> Iterator[str]:
    """Further settings of the profile in use, as they were; a list may hold maps, so YAML writes it."""
    usual, own = msgspec.to_builtins(Profile(name="")), msgspec.to_builtins(base)
    kept = {name: own[name] for name in ("date_order", "senders", "also", "table") if own[name] != usual[name]}
    if "table" in kept:
        kept["table"] = {name: value for name, value in kept["table"].items() if value != usual["table"][name]}
    if kept:
        yield from yaml.safe_dump(kept, sort_keys=False, allow_unicode=True).splitlines()


def _kept_places(hl7: Hl7Profile, asked: set[str]) -> Iterator[ProfileLine]:
    usual = Hl7Profile()
    for name in Hl7Profile.__struct_fields__:
        places = getattr(hl7, name)
        if name not in asked and places != getattr(usual, name):
            yield ProfileLine("hl7", name, f"[{', '.join(places)}]", "as before")


def _zone(findings: Iterable[Finding]) -> Iterator[ProfileLine]:
    if any(finding.code == "zone-assumed" for finding in findings):
        why = "name the site's zone; UTC was assumed"
        yield ProfileLine("", "timezone", "America/Chicago", why, sure=False)


def _date_order(tables: Sequence[TableUnderstanding], rejected: Iterable[Rejected]) -> Iterator[ProfileLine]:
    """Dates that are dates only with the day first.  Left to a person where others are so only month first."""
    count = sum(entry.fix == DAY_STANDS_FIRST for entry in rejected)
    offered = {missing.why.endswith(DAY_FIRST) for table in tables for missing in table.missing}
    if not count and True in offered:
        yield ProfileLine("", "date_order", "day-first", "some dates are dates only with the day first")
    if count:
        rows = (row for table in tables for row in table.rows if isinstance(row, AdministrationEvent))
        mixed = any(row.time.day > 12 for row in rows)
        why = f"{_times(count)} a date that is one only with its day first"
        why += "; others are read month first: look at them" if mixed else ""
        yield ProfileLine("", "date_order", "day-first", why, sure=not mixed)


def _action(word: str, count: int) -> ProfileLine:
    """A word that differs by a slip of the pen is guessed; any other is left to a person."""
    near = nearest_actions(word, 1)
    if near:
        why = f"{_times(count)}; a guess from '{near[0]}': check it"
        return ProfileLine("action_map", _quoted(word), str(action_from_text(near[0])), why)
    return ProfileLine("action_map", _quoted(word), "?", _times(count), sure=False)


def _place(facts: FeedFacts, need: str) -> ProfileLine | None:
    """The list of places with the one more that holds what was not found."""
    found = sum(sender.found[need] for sender in facts.senders.values())
    missing = facts.administrations - found
    offered = facts.words.elsewhere[need].most_common(1)
    if not offered or missing < _WORTH * facts.administrations:
        return None
    place, count = offered[0]
    if count * 2 < missing:
        return None
    name = f"{need}_fields"
    now = getattr(facts.profile.hl7, name)
    # The first place of an action holds nothing but action words; a later one may hold notes as well.
    places = [*now[:1], place, *now[1:]] if need == "action" else [*now, place]
    why = f"{place} holds it in {count:,} of the {missing:,} where it was not found"
    if place in _PATIENTS:
        why += "; it may be the patient's own number: check it"
    return ProfileLine("hl7", name, f"[{', '.join(places)}]", why)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
