"""Our own thin, lossless reader of HL7 v2 messages in ER7, the "pipes and hats" encoding.

``message["RXA"][5][2]`` is RXA-5.2: segments by name, fields, components and sub-components counted
from 1 as in the standard (MSH-1 is the field separator itself).  Every part has two faces: ``verbatim``
is the text as sent and ``text`` is the same with escapes decoded.  ``str(message)`` gives the message
back character for character.

Nothing is split before it is asked for, because most of a feed is never looked at.  The separators are
those that MSH-1 and MSH-2 name, whatever they are.  Source: HL7 v2 chapter 2 (2.5.3, 2.5.4, 2.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

_FEED = re.compile(r"\r\n|\n|\r")
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
# Segment names that a sender may write without any field behind them.
_BARE = "NTE|PV2|PD1|PR1|AL1|DG1|IN1|IN2|ORC|RXO|RXE|RXC|RXR|RXA|OBX|OBR|TQ1|TQ2|CTI|BTS|FTS"
_USUAL = (
    "MSH",
    "EVN",
    "PID",
    "PD1",
    "PV1",
    "PV2",
    "ORC",
    "TQ1",
    "RXO",
    "RXE",
    "RXC",
    "RXA",
    "RXR",
    "RXG",
    "OBR",
    "OBX",
    "NTE",
)
_PLAIN_ESCAPES = frozenset("FSTREPHN")

Level = Literal["field", "repeat", "component", "subcomponent"]


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that MSH-1 and MSH-2 name; ``truncation`` (v2.7) is empty where none is named."""

    field: str = "|"
    component: str = "^"
    repeat: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""


@lru_cache(maxsize=64)
def _separators(field: str, encoding: str) -> Separators | None:
    marks = field + encoding
    usable = all(mark.isprintable() and not mark.isalnum() and mark not in " \"'" for mark in marks)
    if len(encoding) not in (4, 5) or len(set(marks)) != len(marks) or not usable:
        return None
    return Separators(field, *encoding)


def separators_of(text: str) -> Separators | None:
    """The separators of a message or envelope segment; ``None`` if MSH-1 and MSH-2 name no usable set."""
    return _separators_of_header(text[:11])


@lru_cache(maxsize=256)
def _separators_of_header(text: str) -> Separators | None:
    field = text[3:4]
    if not field or field in "\r\n":
        return None
    encoding = text[4:11].split(field, 1)[0]
    return _separators(field, _FEED.split(encoding, maxsplit=1)[0])


def decode(text: str, separators: Separators) -> str:
    """The text with its escapes decoded.

    Separators (F S T R E, P for truncation), line breaks (``.br``), hexadecimal data (X) are
    decoded, highlighting (H, N) is left out.  Character-set switches (C, M), local escapes (Z), formatting
    commands and a lone escape character stay as they are: guessing would change a drug name.
    """
    escape = separators.escape
    if escape not in text:
        return text
    parts = text.split(escape)
    out = [parts[0]]
    index = 1
    while index < len(parts):
        closed = index + 1 < len(parts)
        plain = _decoded(parts[index], separators) if closed else None
        if plain is None:
            out.append(escape + parts[index])
            index += 1
        else:
            out.append(plain + parts[index + 1])
            index += 2
    return "".join(out)


def _decoded(body: str, separators: Separators) -> str | None:
    if body in _PLAIN_ESCAPES and body:
        return {
            "F": separators.field,
            "S": separators.component,
            "T": separators.subcomponent,
            "R": separators.repeat,
            "E": separators.escape,
            "P": separators.truncation or "#",
        }.get(body, "")
    if body == ".br":
        return "\n"
    if body[:1] == "X" and len(body) > 1 and len(body) % 2:
        try:
            raw = bytes.fromhex(body[1:])
        except ValueError:
            return None
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    return None


@dataclass(frozen=True, slots=True)
class Part:
    """A field, one of its repeats, a component or a sub-component; an absent one has empty text."""

    verbatim: str
    separators: Separators
    level: Level = "field"

    @property
    def text(self) -> str:
        """The text with escapes decoded."""
        return decode(self.verbatim, self.separators)

    @property
    def repeats(self) -> tuple[Part, ...]:
        """The repeats of a field, at least one."""
        if self.level != "field":
            return (self,)
        return tuple(Part(r, self.separators, "repeat") for r in self.verbatim.split(self.separators.repeat))

    def __getitem__(self, number: int) -> Part:
        """Component ``number`` of a field's first repeat, or sub-component ``number`` of a component."""
        if number < 1:
            raise IndexError("components are counted from 1")
        marks = self.separators
        if self.level in ("component", "subcomponent"):
            parts = self.verbatim.split(marks.subcomponent) if self.level == "component" else [self.verbatim]
            level: Level = "subcomponent"
        else:
            first = self.verbatim.split(marks.repeat, 1)[0] if self.level == "field" else self.verbatim
            parts, level = first.split(marks.component), "component"
        return Part(parts[number - 1] if number <= len(parts) else "", marks, level)

    def __str__(self) -> str:
        return self.verbatim

    def __bool__(self) -> bool:
        return bool(self.verbatim)


class Segment:
    """One segment; its fields are split when the first of them is asked for."""

    __slots__ = ("_fields", "name", "separators", "verbatim")

    def __init__(self, verbatim: str, separators: Separators) -> None:
        self.verbatim = verbatim
        self.separators = separators
        self.name = verbatim[:3]
        self._fields: list[str] | None = None

    @property
    def fields(self) -> list[str]:
        """The verbatim fields; ``fields[3]`` is field 3, ``fields[0]`` the segment name."""
        fields = self._fields
        if fields is None:
            mark = self.separators.field
            fields = self.verbatim.split(mark)
            if self.name in ("MSH", "FHS", "BHS"):
                fields.insert(1, mark)
            self._fields = fields
        return fields

    def field(self, number: int) -> str:
        """Field ``number`` verbatim, empty when absent."""
        fields = self._fields or self.fields
        return fields[number] if number < len(fields) else ""

    def component(self, number: int, component: int) -> str:
        """A component of the first repeat of a field, decoded and stripped; empty when absent."""
        fields = self._fields or self.fields
        if number >= len(fields):
            return ""
        field = fields[number]
        if not field:
            return ""
        marks = self.separators
        if marks.repeat in field:
            field = field.split(marks.repeat, 1)[0]
        if marks.component in field:
            parts = field.split(marks.component, component)
            field = parts[component - 1] if component <= len(parts) else ""
        elif component > 1:
            return ""
        return (decode(field, marks) if marks.escape in field else field).strip()

    def __getitem__(self, number: int) -> Part:
        """Field ``number``, counted from 1; an absent field is an empty :class:`Part`."""
        if number < 1:
            raise IndexError("fields are counted from 1")
        return Part(self.field(number), self.separators)

    def __len__(self) -> int:
        """The number of the last field that is written."""
        return len(self.fields) - 1

    def __str__(self) -> str:
        return self.verbatim

    def __repr__(self) -> str:
        return f"<Segment {self.name} of {len(self)} fields>"


class Message:
    """One message as sent.  ``offset`` is the byte at which it starts in its file."""

    __slots__ = ("_segments", "charset", "offset", "separators", "verbatim")

    def __init__(self, verbatim: str, separators: Separators, offset: int = 0, charset: str = "utf-8") -> None:
        self.verbatim = verbatim
        self.separators = separators
        self.offset = offset
        self.charset = charset
        self._segments: list[Segment] | None = None

    @property
    def segments(self) -> list[Segment]:
        segments = self._segments
        if segments is None:
            marks = self.separators
            segments = [Segment(line, marks) for line in split_segments(self.verbatim, marks.field)]
            self._segments = segments
        return segments

    @property
    def segment_offsets(self) -> list[int]:
        """The byte at which each segment starts in the file."""
        starts, position = [], 0
        for segment in self.segments:
            while self.verbatim[position] in "\r\n":
                position += 1
            before = self.verbatim[:position]
            starts.append(self.offset + (len(before) if before.isascii() else len(before.encode(self.charset))))
            position += len(segment.verbatim)
        return starts

    def all(self, name: str) -> list[Segment]:
        """Every segment of that name, in the order sent."""
        return [segment for segment in self.segments if segment.name == name]

    def get(self, name: str) -> Segment | None:
        """The first segment of that name, if there is one."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def __getitem__(self, name: str) -> Segment:
        """The first segment of that name; ``KeyError`` when the message has none."""
        segment = self.get(name)
        if segment is None:
            raise KeyError(name)
        return segment

    def __contains__(self, name: object) -> bool:
        return any(segment.name == name for segment in self.segments)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def __str__(self) -> str:
        return self.verbatim


def read_message(text: str, offset: int = 0, charset: str = "utf-8") -> Message | None:
    """The message that starts with ``MSH`` at the first character; ``None`` if its separators are unusable."""
    separators = separators_of(text) if text.startswith("MSH") else None
    return Message(text, separators, offset, charset) if separators else None


def split_segments(text: str, field: str) -> list[str]:
    """The segments of a message, without their line ends.

    A line end starts a new segment only when a segment name and the field separator follow: some
    senders wrap long free text over several lines, and that text belongs to the field it began in.
    """
    text = text.rstrip("\r\n")
    if "\n" not in text:
        lines = text.split("\r")
    elif "\r" not in text:
        lines = text.split("\n")
    else:
        lines = text.split("\r\n")
        if not text.count("\r") == text.count("\n") == len(lines) - 1:
            return _wrapped(field).split(text)
    beginnings = _beginnings(field)
    for line in lines:
        if line[:4] not in beginnings and not _begins(line[:4], field):
            return _wrapped(field).split(text)
    return lines


@lru_cache(maxsize=64)
def _beginnings(field: str) -> frozenset[str]:
    """How the usual segments of a feed begin, so that most lines need no closer look."""
    return frozenset(name + field for name in _USUAL)


def _begins(text: str, field: str) -> bool:
    """Whether a line that begins so begins a segment."""
    return text[3:] == field and _NAME.fullmatch(text[:3]) is not None


@lru_cache(maxsize=64)
def _wrapped(field: str) -> re.Pattern[str]:
    # A run of line ends is taken whole and from its beginning: tried from each place it would cost its square.
    return re.compile(rf"(?<![\r\n])[\r\n]++(?=[A-Z][A-Z0-9]{{2}}{re.escape(field)}|(?:{_BARE})(?:[\r\n]|\Z))")
