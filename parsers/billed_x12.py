"""Billed lines from X12: service lines of 837I claims (SV2) and of 835 remittances (SVC).

Separators come from the ISA segment.  837I: CLM01 is the account, SV2 the line, DTP*472 its date; a claim of
frequency 8 takes the account's lines back, one of frequency 7 replaces them.  835: CLP01 is the account, SVC the
line with SVC07 as billed units (SVC05 where none is given), DTM*472 its date; a reversal (CLP02 22) takes lines back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from parsers.billed import (
    BilledError,
    BilledLine,
    BilledParts,
    administration_code,
    first_day,
    is_code,
    modifiers_of,
    plain_number,
    taken_back,
)
from parsers.events import Ignored, Rejected, Source
from parsers.shapes import shape

REPLACED = "line of a claim that a later one replaced or voided"
_REVERSAL = "22"
_START = re.compile(rb"\s*ISA[^A-Za-z0-9\s]")
_ISA_LENGTH = 106


def is_x12(data: bytes) -> bool:
    """Whether the content is an X12 interchange."""
    return _START.match(data) is not None


@dataclass(slots=True)
class _Claim:
    """One claim: its account, and its service lines while they are read."""

    account: str
    frequency: str = "1"
    sign: Literal[1, -1] = 1
    day: date | None = None
    lines: list[_Line] = field(default_factory=list)


@dataclass(slots=True)
class _Line:
    source: Source
    code: str
    units: str
    modifiers: tuple[str, ...]
    amount: str
    day: date | None = None


def read_x12(data: bytes, file: str) -> BilledParts:
    """Read one interchange; raises :class:`BilledError` when it holds neither an 837 nor an 835."""
    text = data.decode("latin-1").lstrip()
    if len(text) < _ISA_LENGTH:
        raise BilledError(f"{file}: the ISA segment is cut off. Give the whole interchange.")
    element, component, end = text[3], text[104], text[105]
    claims: list[_Claim] = []
    form: Literal["837", "835"] | None = None
    for name, elements in _segments(text, element, end):
        if name == "ST":
            form = "835" if _at(elements, 1) == "835" else "837" if _at(elements, 1) == "837" else form
        elif name in ("CLM", "CLP"):
            claims.append(_claim(name, elements, component))
        elif claims:
            _inside(claims[-1], name, elements, component, Source(file, _count(claims) + 1, segment=name))
    if form is None:
        raise BilledError(f"{file}: this X12 file holds neither an 837 claim nor an 835 remittance.")
    return _parts(form, claims)


def _segments(text: str, element: str, end: str) -> Iterator[tuple[str, list[str]]]:
    for segment in text.split(end):
        elements = segment.strip().split(element)
        yield elements[0], elements


def _count(claims: list[_Claim]) -> int:
    return sum(len(claim.lines) for claim in claims)


def _at(elements: list[str], place: int) -> str:
    return elements[place].strip() if place < len(elements) else ""


def _claim(name: str, elements: list[str], component: str) -> _Claim:
    account = _at(elements, 1)
    if name == "CLP":
        return _Claim(account, sign=-1 if _at(elements, 2) == _REVERSAL else 1)
    place = _at(elements, 5).split(component)
    return _Claim(account, place[2] if len(place) > 2 else "1")


def _inside(claim: _Claim, name: str, elements: list[str], component: str, source: Source) -> None:
    if name == "SV2":
        code, modifiers = _procedure(_at(elements, 2), component)
        claim.lines.append(_Line(source, code, _at(elements, 5), modifiers, _at(elements, 3)))
    elif name == "SVC":
        code, modifiers = _procedure(_at(elements, 6) or _at(elements, 1), component)
        units = _at(elements, 7) or _at(elements, 5) or "1"
        claim.lines.append(_Line(source, code, units, modifiers, _at(elements, 2)))
    elif name in ("DTP", "DTM"):
        qualifier = _at(elements, 1)
        day = first_day(_at(elements, 3) if name == "DTP" else _at(elements, 2))
        if claim.lines and qualifier in ("472", "150") and day is not None:
            claim.lines[-1].day = day
        elif not claim.lines and qualifier in ("434", "232") and day is not None:
            claim.day = day


def _procedure(text: str, component: str) -> tuple[str, tuple[str, ...]]:
    """``HC:96365:59`` -> code and modifiers."""
    parts = text.split(component)
    return (parts[1] if len(parts) > 1 else ""), modifiers_of(*parts[2:6])


def _parts(form: Literal["837", "835"], claims: list[_Claim]) -> BilledParts:
    lines: list[BilledLine] = []
    others: list[Source] = []
    rejected: list[Rejected] = []
    replaced: list[Source] = []
    for claim in claims:
        if claim.frequency in ("7", "8"):
            replaced += [line.source for line in lines if line.encounter_id == claim.account]
            lines = [line for line in lines if line.encounter_id != claim.account]
        for line in claim.lines:
            code = administration_code(line.code)
            if code is None and (is_code(line.code) or not line.code):
                others.append(line.source)  # a revenue code without a procedure, or another service
            elif claim.frequency == "8":
                replaced.append(line.source)
            else:
                found = _billed(claim, line, code)
                (rejected if isinstance(found, Rejected) else lines).append(found)  # type: ignore[arg-type]
    ignored = (Ignored(REPLACED, tuple(replaced)),) if replaced else ()
    return BilledParts(form, tuple(lines), tuple(others), tuple(rejected), ignored=ignored)


def _billed(claim: _Claim, line: _Line, code: str | None) -> BilledLine | Rejected:
    units, amount = plain_number(line.units), plain_number(line.amount)
    day = line.day or claim.day
    problem = None
    if code is None:
        problem = f"a procedure of the shape {shape(line.code)} where a code belongs"
    elif not claim.account:
        problem = "no account number in the claim"
    elif day is None:
        problem = "no service date (472)"
    elif units is None or units != int(units):
        problem = f"{f'units of the shape {shape(line.units)}' if line.units else 'no units'}"
    if problem is not None or code is None or day is None or units is None:
        return Rejected(
            line.source,
            "billed-unreadable",
            f"The service line has {problem}.",
            "Correct the claim; the line is left out of the comparison.",
        )
    made = BilledLine(replace(line.source), claim.account, code, int(units), line.modifiers, day, amount)
    if claim.sign > 0:
        return made
    return taken_back(made)
