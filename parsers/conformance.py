"""hl7apy as a second opinion on a message: does an independent parser read it, and by the standard?

hl7apy is slow (about 50 messages a second) and loses segments when it groups them, so it reads no feed here; it
is asked for one message at a time, without grouping.  Its own texts may quote values and are never shown.
"""

from __future__ import annotations

import re
from typing import Any

from parsers.er7 import Message, Separators, read_message

_SUPPORTED = frozenset({"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2"})


def second_opinion(text: str) -> str | None:
    """What hl7apy has against one message; ``None`` when it reads it and every field as we do.

    The answer names segments and fields, never values.
    """
    message = read_message(text)
    if message is None:
        return "MSH-1 and MSH-2 name no usable separators."
    version = message.segments[0].component(12, 1)
    if version not in _SUPPORTED:
        known = version if re.fullmatch(r"[\d.]{1,6}", version) else "not given"
        return f"The version (MSH-12) is {known}; hl7apy knows 2.1 to 2.8.2."
    return _ask(message)


def _ask(message: Message) -> str | None:
    from hl7apy.exceptions import HL7apyException
    from hl7apy.parser import parse_message

    try:
        theirs = parse_message("\r".join(segment.verbatim for segment in message), find_groups=False)
        segments = [(child.name, _fields_of(child)) for child in theirs.children]
    except (HL7apyException, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        return f"hl7apy does not read this message ({type(error).__name__})."
    ours = message.segments
    if [name for name, _ in segments] != [segment.name for segment in ours]:
        return f"hl7apy finds {len(segments)} segments, {len(ours)} are written."
    marks = message.separators
    for segment, (name, their_fields) in zip(ours, segments, strict=True):
        if their_fields is None:
            return f"{name} has more fields than version {message.segments[0].component(12, 1)} knows."
        first = 3 if name == "MSH" else 1
        for number, one in enumerate(segment.fields[first:], first):
            if _plain(one, marks) != _plain(marks.repeat.join(their_fields.get(number, [])), marks):
                return f"hl7apy reads {name}-{number} differently."
    return None


def _fields_of(segment: Any) -> dict[int, list[str]] | None:
    """hl7apy's fields by number, each with its repeats; by name, since its own text shifts withdrawn fields.

    ``None`` when it holds fields that the version does not have: those have no name.
    """
    fields: dict[int, list[str]] = {}
    for field in segment.children:
        if field.name is None:
            return None
        fields.setdefault(int(field.name.rsplit("_", 1)[1]), []).append(field.to_er7())
    return fields


def _plain(field: str, marks: Separators) -> list[list[str]]:
    """A field without what hl7apy drops or rewrites: empty and withdrawn components, blanks, the form of a number.

    It also escapes the escapes that it does not know once more.
    """
    field = field.replace(f"{marks.escape}E{marks.escape}", marks.escape)
    repeats = []
    for repeat in field.split(marks.repeat):
        parts = [part.rstrip(marks.subcomponent).strip() for part in repeat.split(marks.component)]
        repeats.append([_number(part) for part in parts if part])
    return [parts for parts in repeats if parts]


def _number(text: str) -> str:
    try:
        return repr(float(text)) if text else text
    except ValueError:
        return text
