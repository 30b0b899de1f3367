"""hl7apy as a second opinion on a message: does an independent parser read it, and by the standard?

hl7apy is slow (about 50 messages a second) and loses segments when it groups them, so it reads no feed here; it
is asked for one message at a time, and its fields are compared without grouping.  Its own texts may quote values
and are never shown: they are told anew, with names of segments and fields only.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from typing import Any

from parsers.er7 import Message, Separators, read_message

_SUPPORTED = frozenset({"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2"})


def second_opinion(text: str) -> str | None:
    """What hl7apy has against one message; ``None`` when it reads it and every field as we do.

    The answer names segments and fields, never values.
    """
    message = _readable(text)
    return message if isinstance(message, str) else _ask(message)


def conformance(text: str) -> tuple[str, ...]:
    """What hl7apy's validation finds against the message structure of its version; empty when it conforms.

    Each entry names a segment or field and what is wrong with it, never a value; none stands twice.  Faults of
    single values (length, coded tables) are left out: local codes are the rule, not the exception.
    """
    message = _readable(text)
    if isinstance(message, str):
        return (message,)
    return tuple(dict.fromkeys(_validated(message)))


def _readable(text: str) -> Message | str:
    """The message, or why hl7apy need not be asked."""
    message = read_message(text)
    if message is None:
        return "MSH-1 and MSH-2 name no usable separators."
    version = message.segments[0].component(12, 1)
    if version not in _SUPPORTED:
        known = version if re.fullmatch(r"[\d.]{1,6}", version) else "not given"
        return f"The version (MSH-12) is {known}; hl7apy knows 2.1 to 2.8.2."
    return message


def _validated(message: Message) -> Iterator[str]:
    from hl7apy.exceptions import HL7apyException
    from hl7apy.parser import parse_message

    # The report goes to a file of its own making: it quotes values, so that file has no name and no other reader.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as report:
        try:
            theirs = parse_message("\r".join(segment.verbatim for segment in message))
            if theirs.name is None:
                version = message.segments[0].component(12, 1)
                yield f"hl7apy knows no structure for this message type (MSH-9) in version {version}."
                return
            theirs.validate(report_file=os.dup(report.fileno()))
        except HL7apyException:
            pass  # the first of the faults, which the report holds with the others
        except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
            yield _not_read(error)
            return
        else:
            return
        report.seek(0)
        faults = [line.removeprefix("Error: ") for line in report if line.startswith("Error: ")]
    if not faults:
        yield "hl7apy does not read this message."
    for fault in faults:
        yield _told_anew(fault)


_FAULT = re.compile(
    r"(?P<missing>Missing required child)|(?P<many>Child limit exceeded)|(?P<type>Datatype \S+ is not correct for)"
    r"|(?P<strange>Invalid children detected)|(?P<unknown>(?:Unknown|Invalid) element found)"
)
_PLACE = re.compile(
    r"(?<![A-Za-z0-9_])([A-Z][A-Z0-9]{1,2}(?:_\d{1,2})?|[A-Z]{3}_[A-Z]\d\d(?:_[A-Z_]+)?)(?![A-Za-z0-9_])"
)


def _told_anew(fault: str) -> str:
    """One fault of hl7apy's report in our words; only names of groups, segments and fields are taken over."""
    kind = match.lastgroup if (match := _FAULT.match(fault)) else None
    places = [_place(name) for name in _PLACE.findall(fault[match.end() :])] if match else []
    outer, what = next(iter(places), "The message"), next(reversed(places[:2]), "a part")
    if "-" in outer and "-" in what:
        what = f"{outer}.{what.rsplit('-', 1)[1]}"  # a component: its datatype's name says nothing to a sender
    match kind:
        case "missing":
            return f"{what} is required and missing."
        case "many":
            return f"{what} occurs more often than it may."
        case "type":
            return f"{what} holds components that its datatype does not have."
        case "strange" if fault.rstrip().endswith("[None]"):
            return f"{outer} has more parts than this version knows."
        case "strange":
            return f"{', '.join(places[1:]) or 'A part'} stands where {outer} has no place for it."
        case _:
            return f"{outer} holds a part that this version does not know."


def _place(name: str) -> str:
    """``RXA_4`` as ``RXA-4``, ``RAS_O17_ORDER`` as the group of that name."""
    name = re.sub(r"^[A-Z]{3}_[A-Z]\d\d_", "the group ", name)
    return re.sub(r"^([A-Z][A-Z0-9]{1,2})_(\d{1,2})$", r"\1-\2", name)


def _not_read(error: Exception) -> str:
    return f"hl7apy does not read this message ({type(error).__name__})."


def _ask(message: Message) -> str | None:
    from hl7apy.exceptions import HL7apyException
    from hl7apy.parser import parse_message

    try:
        theirs = parse_message("\r".join(segment.verbatim for segment in message), find_groups=False)
        segments = [(child.name, _fields_of(child)) for child in theirs.children]
    except (HL7apyException, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        return _not_read(error)
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
