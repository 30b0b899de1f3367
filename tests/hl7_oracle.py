"""hl7apy beside our reader, field by field.

``compare(text)`` reads a message with both and names every field on which they differ, with the reason where the
difference is a known habit of hl7apy (measured on 1.3.5).  hl7apy is asked without grouping: with groups it loses
segments.  Nothing else is forgiven: a field that differs for no reason of ``HABITS`` has the reason ``None``.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from parsers.er7 import Message, Segment

HABITS = {
    "empty end": "empty components, sub-components and repeats at the end of a field are left out",
    "escape": "an escape that hl7apy does not know (.br, X, C, M, Z) and a lone escape character are escaped once more",
    "truncation": "from 2.7 on the character # is written as an escape of its own",
    "number": "numbers lose the form in which they were sent: 0012 becomes 12",
    "phone": "in 2.6 the first component of a telephone number (XTN) is moved to its end, an empty one drops out",
    "blank": "a field that holds only blanks is dropped",
    "nameless": "fields that the version does not have, withdrawn from it or beyond its last, lose their number",
}
_PHONES_OF_2_6 = {"PID": (13, 14), "NK1": (5, 6, 7), "ORC": (14, 23)}


class Difference(NamedTuple):
    """One field: the habit that explains it, or ``None``."""

    segment: str
    field: int
    ours: str
    theirs: str
    habit: str | None


class Opinion(NamedTuple):
    """What came of the comparison; ``error`` names the exception when hl7apy does not read the message at all."""

    fields: int
    differences: tuple[Difference, ...]
    error: str | None = None

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        return tuple(d for d in self.differences if d.habit is None)


def compare(ours: Message) -> Opinion:
    """hl7apy on the same message, its segments joined by carriage returns, the only line end it knows."""
    text = "\r".join(segment.verbatim for segment in ours)
    try:
        theirs = list(parse_message(text, find_groups=False).children)
    except (HL7apyException, TypeError) as error:
        return Opinion(0, (), type(error).__name__)
    if [segment.name for segment in ours] != [segment.name for segment in theirs]:
        return Opinion(0, (Difference("MSH", 0, "", "", None),))
    version = ours.segments[0].component(12, 1)
    fields, differences = 0, []
    for segment, other in zip(ours, theirs, strict=True):
        count, found = _compare_segment(segment, other, version)
        fields += count
        differences += found
    return Opinion(fields, tuple(differences))


def _compare_segment(segment: Segment, other: Any, version: str) -> tuple[int, list[Difference]]:
    named: dict[int, list[str]] = defaultdict(list)
    nameless: list[str] = []
    for field in other.children:
        if field.name is None:
            nameless.append(field.to_er7())
        else:
            named[int(field.name.rsplit("_", 1)[1])].append(field.to_er7())
    marks = segment.separators
    differences = []
    first = 3 if segment.name == "MSH" else 1
    for number in range(first, len(segment) + 1):
        ours, theirs = segment.field(number), marks.repeat.join(named.pop(number, []))
        if ours == theirs:
            continue
        if not theirs and nameless and (taken := _nameless(segment[number].verbatim, nameless, segment)):
            differences.append(Difference(segment.name, number, ours, taken, "nameless"))
            continue
        phone = version == "2.6" and number in _PHONES_OF_2_6.get(segment.name, ())
        differences.append(Difference(segment.name, number, ours, theirs, _habit(ours, theirs, segment, phone)))
    invented = [number for number in named if number >= first]
    differences += [Difference(segment.name, n, "", "".join(named[n]), None) for n in invented]
    differences += [Difference(segment.name, 0, "", text, None) for text in nameless]
    return max(0, len(segment) - first + 1), differences


def _nameless(ours: str, nameless: list[str], segment: Segment) -> str:
    """The nameless repeats that are this field, taken from the list."""
    count = ours.count(segment.separators.repeat) + 1
    for size in range(min(count, len(nameless)), 0, -1):
        text = segment.separators.repeat.join(nameless[:size])
        if _habit(ours, text, segment, False) or ours == text:
            del nameless[:size]
            return text
    return ""


def _habit(ours: str, theirs: str, segment: Segment, phone: bool) -> str | None:
    """The one habit, or the last of several together, after which both are the same text."""
    marks = segment.separators
    if not ours.strip() and not theirs:
        return "blank"
    one, other = _without_empty_ends(ours, segment), _without_empty_ends(theirs, segment)
    if one == other:
        return "empty end"
    other = other.replace(f"{marks.escape}E{marks.escape}", marks.escape)
    if one.replace(f"{marks.escape}E{marks.escape}", marks.escape) == other:
        return "escape"
    one = one.replace(f"{marks.escape}E{marks.escape}", marks.escape)
    other = other.replace(f"{marks.escape}L{marks.escape}", "#")
    if one == other:
        return "truncation"
    if _numbers(one, segment) == _numbers(other, segment):
        return "number"
    if phone and _sorted(one, segment) == _sorted(other, segment):
        return "phone"
    return None


def _without_empty_ends(field: str, segment: Segment) -> str:
    marks = segment.separators
    repeats = []
    for repeat in field.split(marks.repeat):
        parts = [part.rstrip(marks.subcomponent) for part in repeat.split(marks.component)]
        repeats.append(marks.component.join(parts).rstrip(marks.component))
    return marks.repeat.join(repeats).rstrip(marks.repeat)


def _numbers(field: str, segment: Segment) -> list[list[str | float]]:
    """The parts, with plain numbers as numbers."""

    def read(part: str) -> str | float:
        try:
            return float(part)
        except ValueError:
            return part

    marks = segment.separators
    return [[read(part) for part in repeat.split(marks.component)] for repeat in field.split(marks.repeat)]


def _sorted(field: str, segment: Segment) -> list[list[str]]:
    marks = segment.separators
    return [sorted(filter(None, repeat.split(marks.component))) for repeat in field.split(marks.repeat)]
