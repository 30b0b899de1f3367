"""Outgoing DFT messages checked before they leave: by the standard, and value by value.

hl7apy needs tens of milliseconds for a message, and most messages of a batch differ in their values only.  So it is
asked once for each *shape* (which segments and fields are filled, with how many repeats and components), and the values
of every message are checked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from parsers.billed import first_day
from parsers.conformance import conformance, second_opinion
from parsers.er7 import Message, Segment, read_message
from parsers.shapes import shape

Shape = tuple[str, ...]

_DIGITS = "9"
_SEPARATORS = "^~&"
_TIME = re.compile(r"\d{8}(?:\d{4}(?:\d{2})?(?:[+-]\d{4})?)?", re.ASCII)
_UNITS = re.compile(r"-?[1-9]\d{0,4}", re.ASCII)
_DOLLARS = re.compile(r"-?\d{1,8}\.\d\d", re.ASCII)
_CODE = re.compile(r"[0-9A-Z]\d{3}[0-9A-Z](?:-[0-9A-Z]{2})*", re.ASCII)
_MODIFIER = re.compile(r"[0-9A-Z]{2}", re.ASCII)
_CHARGE_ID = re.compile(r"[A-Za-z0-9.]{1,64}", re.ASCII)

_Rule = tuple[int, re.Pattern[str], str]
_FT1: tuple[_Rule, ...] = (
    (2, _CHARGE_ID, "a charge id of at most 64 letters, digits and full stops"),
    (6, re.compile("CG|CR"), "CG or CR"),
    (10, _UNITS, "a whole number of units, 1 to 99999"),
    (25, _CODE, "a CPT of five characters"),
    (11, _DOLLARS, "dollars with two decimals"),
    (12, _DOLLARS, "dollars with two decimals"),
)
_MAY_BE_EMPTY = frozenset({11, 12, 25})
_LONGEST = {("PID", 3): 250, ("PID", 18): 250, ("PV1", 19): 250, ("FT1", 7): 250, ("FT1", 13): 250, ("FT1", 20): 250}
"""Lengths of HL7 2.5.1.  FT1-2 is left out: its 12 characters are too few for an id that never repeats."""


class DftCheck:
    """Checks the messages of one batch; keeps what hl7apy said of each shape."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[Shape, tuple[str, ...]] = {}

    @property
    def shapes(self) -> int:
        """Shapes seen so far: as often hl7apy was asked."""
        return len(self._known)

    def faults(self, text: str) -> tuple[str, ...]:
        """What one message breaks, each said once; empty when it may leave.

        A text names segments, fields and the shape of a value, never the value.
        """
        message = read_message(text)
        if message is None:
            return ("MSH-1 and MSH-2 name no usable separators.",)
        form, example = _form(message)
        said = self._known.get(form)
        if said is None:
            said = self._known[form] = _asked(example)
        return tuple(dict.fromkeys((*said, *_values(message))))


def check_messages(messages: Iterable[str]) -> tuple[str, ...]:
    """What the messages of a batch break: ``Message 3: ...``, counted from 1; empty when all may leave."""
    check = DftCheck()
    return tuple(
        f"Message {number}: {fault}" for number, text in enumerate(messages, 1) for fault in check.faults(text)
    )


def _form(message: Message) -> tuple[Shape, str]:
    """The shape of a message, and a message of that shape with one segment of each kind."""
    kept: dict[str, Segment] = {}
    for segment in message:
        kept.setdefault(_segment_shape(segment), segment)
    return tuple(kept), "\r".join(segment.verbatim for segment in kept.values())


def _segment_shape(segment: Segment) -> str:
    """``FT1|9|9||9^9``: the segment with a 9 for every value; the version is kept, since the standard hangs on it."""
    if segment.name == "MSH":
        return "MSH|" + "|".join(_field_shape(field) for field in segment.fields[3:]) + segment.field(12)
    return "|".join((segment.name, *map(_field_shape, segment.fields[1:])))


def _field_shape(field: str) -> str:
    out = ""
    for character in field:
        if character in _SEPARATORS:
            out += character
        elif not out.endswith(_DIGITS):
            out += _DIGITS
    return out


def _asked(example: str) -> tuple[str, ...]:
    opinion = second_opinion(example)
    return (*conformance(example), *(() if opinion is None else (opinion,)))


def _values(message: Message) -> Iterator[str]:
    head = message.segments[0]
    if not _TIME.fullmatch(head.component(7, 1)) or first_day(head.component(7, 1)) is None:
        yield f"MSH-7 is {_found(head.component(7, 1))}; the time of the run is expected."
    if not 1 <= len(head.field(10)) <= 20:
        yield "MSH-10 has more than 20 characters or none."
    accounts = [segment.component(number, 1) for segment, number in _account_places(message)]
    if not any(accounts):
        yield "Neither PID-18 nor PV1-19 holds the encounter."
    for segment in message:
        for (name, number), longest in _LONGEST.items():
            if segment.name == name and len(segment.field(number)) > longest:
                yield f"{name}-{number} has {len(segment.field(number))} characters; at most {longest} are allowed."
    for number, ft1 in enumerate(message.all("FT1"), 1):
        yield from (f"FT1 {number}: {fault}" for fault in _ft1(number, ft1))


def _account_places(message: Message) -> Iterator[tuple[Segment, int]]:
    for name, number in (("PID", 18), ("PV1", 19)):
        segment = message.get(name)
        if segment is not None:
            yield segment, number


def _ft1(number: int, ft1: Segment) -> Iterator[str]:
    if ft1.component(1, 1) != str(number):
        yield f"FT1-1 is {_found(ft1.component(1, 1))}; the number of the segment is expected."
    for place, pattern, wanted in _FT1:
        text = ft1.component(place, 1)
        if not pattern.fullmatch(text) and not (place in _MAY_BE_EMPTY and not text):
            yield f"FT1-{place} is {_found(text)}; {wanted} is expected."
    yield from _service_time(ft1)
    if not ft1.component(7, 1):
        yield "FT1-7 is empty; a CDM code or a CPT is expected."
    if ft1.component(10, 1).startswith("-") and ft1.component(6, 1) != "CR":
        yield "FT1-10 is negative in a charge; only a credit (CR) takes units back."
    for repeat in ft1[26].repeats:
        if repeat.text and not _MODIFIER.fullmatch(repeat.text):
            yield f"FT1-26 is {_found(repeat.text)}; modifiers of two characters are expected."


def _service_time(ft1: Segment) -> Iterator[str]:
    days: list[date] = []
    for component in (1, 2):
        text = ft1.component(4, component)
        day = first_day(text) if _TIME.fullmatch(text) else None
        if day is not None:
            days.append(day)
        elif text or component == 1:
            yield f"FT1-4.{component} is {_found(text)}; a date or a time to the minute is expected."
    if len(days) == 2 and days[1] < days[0]:
        yield "FT1-4 ends before it begins."


def _found(text: str) -> str:
    return f"a value of the shape {shape(text)}" if text else "empty"
