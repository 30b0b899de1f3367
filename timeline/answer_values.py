"""What may be written as an answer, and how it is read: a choice with a reason behind it, a time of day, a line.

The choices are in the words of the floor, the same that the question sheet lists; none says what it bills.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

from parsers.answers import choice_part
from parsers.events import Category
from parsers.vocabulary import key
from timeline.access_names import access_key
from timeline.model import Administration, EncounterTimeline

_SECOND_ACCESS = {
    "two lines were required": "allow", "one line would have done": "deny", "allow": "allow", "yes": "allow",
    "deny": "deny", "no": "deny", "no reason for two lines": "deny",
}  # fmt: skip
_ROUTES = {
    "IV push": "push", "IV infusion": "infusion", "IM/SC injection": "injection", "other route": "none",
    "push": "push", "infusion": "infusion", "injection": "injection", "IM injection": "injection",
    "SC injection": "injection", "not by vein or injection": "none", "none": "none",
}  # fmt: skip
_HORMONAL = {"hormonal": "hormonal", "not hormonal": "not hormonal"}
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "second_access": _SECOND_ACCESS,
    "concurrent_chemo": {"96549": "96549", "96417": "96417", "none": "none", "no code": "none"},
    "kind": {**_ROUTES, **_HORMONAL},
}
_READ = {what: {key(word): choice for word, choice in words.items()} for what, words in _CHOICES.items()}

_TIME = re.compile(
    r"(?:at\s+)?(?P<hour>\d{1,2}[:.]|\d{2})(?P<minute>\d{2})(?::\d{2})?\s*(?P<half>[ap]\.?m\.?)?\s*(?:h|hrs|hours|uhr)?",
    re.IGNORECASE,
)
_SAME_LINE = re.compile(r"(?:the\s+)?same\s+(?:iv\s+)?(?:line|access|site|iv)?\s*as\s+(?:the\s+)?(?P<drug>.+)", re.I)
_SHORTEST_NAME = 4
"""Letters of a drug's name that must be written for it to be understood: vanco."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an answer cannot be used, and what to write instead."""

    message: str
    fix: str


def choices_shown(what: str, a: Administration) -> tuple[str, ...]:
    """The fixed choices of a question as a person is to write them; none where the answer is a time or a line."""
    match what:
        case "second_access":
            return tuple(_SECOND_ACCESS)[:2]
        case "kind":
            return tuple(_ROUTES)[:4] if a.route is None else tuple(_HORMONAL)
        case "category":
            return get_args(Category)
    return ()


def choice_of(what: str, value: str) -> str | Refused:
    """The choice an answer makes; a reason may stand behind it: ``two lines were required: incompatible``."""
    known = _READ[what]
    choice = known.get(key(value)) or known.get(key(choice_part(value)))
    if choice is not None:
        return choice
    shown = {
        "second_access": tuple(_SECOND_ACCESS)[:2],
        "kind": (*tuple(_ROUTES)[:4], *_HORMONAL),
        "concurrent_chemo": ("96549", "96417", "none"),
    }[what]
    listed = ", ".join(f"'{word}'" for word in shown)
    return Refused(
        "The answer names none of the choices, so it decides nothing; a reason alone is not read as one.",
        f"Write one of {listed} or 'cannot be determined' as the value, and the reason under 'support'.",
    )


def time_of_day(value: str) -> str | None:
    """``HH:MM`` of an answer that is a time alone: 14:15, 1415, 2:15 pm, 14.15 Uhr, or a time cell of a sheet."""
    found = _TIME.fullmatch(value.strip())
    if found is None:
        return None
    hour, half = int(found["hour"].rstrip(":.")), (found["half"] or "").casefold()[:1]
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    return f"{hour:02}:{found['minute']}" if hour < 24 and int(found["minute"]) < 60 else None


def dated(clock: str, day: date, started: str) -> str:
    """A time of day with the date of the start, or the next day when it is earlier than the start (``HH:MM``)."""
    return f"{day if clock >= started else day + timedelta(days=1)} {clock}"


def charted_lines(timeline: EncounterTimeline) -> list[str]:
    """The lines charted in the encounter, each once, as first written."""
    names: dict[str | None, str] = {}
    for a in timeline.administrations:
        if a.access and a.access_evidence != "answered":
            names.setdefault(access_key(a.access), a.access)
    return list(names.values())


def line_of(value: str, asked: Administration, timeline: EncounterTimeline) -> tuple[str, bool] | Refused:
    """The line that an answer names, and whether the encounter charts it."""
    like = _SAME_LINE.fullmatch(value.strip())
    if like is not None:
        found = {access_key(a.access): a.access for a in _named(like["drug"], asked, timeline) if a.access}
        if len(found) != 1:
            return Refused(
                "The answer points to another drug, but not to one whose line is charted, or to several.",
                "Write the line itself, as the record writes it.",
            )
        return next(iter(found.values())), True
    name = timeline.same_access.get(access_key(value) or "", value)
    known = {access_key(line): line for line in charted_lines(timeline)}
    known |= {access_key(line): line for line in timeline.same_access.values()}
    return known.get(access_key(name), name), access_key(name) in known


def _named(drug: str, asked: Administration, timeline: EncounterTimeline) -> Iterator[Administration]:
    wanted = key(drug)
    for a in timeline.administrations:
        names = {key(name) for name in (a.drug, *a.components, *a.ingredients)}
        if a.id != asked.id and len(wanted) >= _SHORTEST_NAME and any(name.startswith(wanted) for name in names):
            yield a
