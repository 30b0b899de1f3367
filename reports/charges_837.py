"""Charges as a view of 837 service lines, to hold beside a claim; it is no claim and cannot be sent as one.

The interchange says so itself: ISA15 is I (information) and BHT06 RP (reporting), where a claim has P and CH.  CLM05 is
left out: whether a claim is new, replaces (7) or voids (8) another is for the billing system to say, which knows what
it has sent.  An 837 has no credit for a single line: a line taken back stands with negative units and charge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from parsers.charge_master import ChargeMaster
from parsers.receivers import Receiver
from reports.charge import Charges
from reports.charges_items import Item, content_hash, items
from reports.safe_text import one_line

_MOST_MODIFIERS = 4
_GUIDE = "005010X223A2"
_CANDIDATES = "*:~^|!<>$%;?=+#@"
"""X12 has no escapes: the first four of these that stand in no text are the separators, named in the ISA segment."""


class _Marks(NamedTuple):
    """The separators of one interchange."""

    element: str
    component: str
    end: str
    repeat: str


class TooManyModifiersError(ValueError):
    """A service line has places for four modifiers."""


def service_lines_837(charges: Charges, receiver: Receiver, cdm: ChargeMaster | None, made: datetime) -> Iterator[str]:
    """Segments, one a line: the envelope, and for each encounter a CLM with its lines (LX, SV2, DTP 472, REF 6R).

    ``made`` is when the run that gave the charges finished, aware.  SV203 is the price of the house from the CDM table
    times the units, empty without one.  Raises :class:`TooManyModifiersError` for a line with more than four.
    """
    encounters = tuple(items(charges, receiver, cdm))
    everything = tuple(item for of_encounter in encounters for item in of_encounter)
    marks = _separators(_texts(everything, receiver))
    number = int(content_hash(everything, 12), 16) % 10**9
    body = [
        ("ST", "837", "0001", _GUIDE),
        ("BHT", "0019", "00", f"{number:09}", f"{made:%Y%m%d}", f"{made:%H%M}", "RP"),
        *(segment for of_encounter in encounters for segment in _encounter(of_encounter, marks)),
    ]
    body.append(("SE", str(len(body) + 1), "0001"))
    yield _isa(receiver, made, number, marks) + marks.end + "\n"
    names = (_name(receiver.sending_application, marks), _name(receiver.receiving_application, marks))
    group = ("GS", "HC", *names, f"{made:%Y%m%d}", f"{made:%H%M}", "1", "X", _GUIDE)
    for segment in (group, *body, ("GE", "1", "1"), ("IEA", "1", f"{number:09}")):
        yield marks.element.join(segment).rstrip(marks.element) + marks.end + "\n"


def _encounter(of_encounter: tuple[Item, ...], marks: _Marks) -> Iterator[tuple[str, ...]]:
    totals = [_charge(item) for item in of_encounter]
    known = [total for total in totals if total is not None]
    # A total of some of the lines would pass for the charge of the claim.
    total = f"{sum(known):.2f}" if len(known) == len(totals) else ""
    yield "CLM", _clean(of_encounter[0].charge.encounter_id, marks), total
    for number, (item, charge) in enumerate(zip(of_encounter, totals, strict=True), 1):
        yield from _line(number, item, charge, marks)


def _line(number: int, item: Item, charge: Decimal | None, marks: _Marks) -> Iterator[tuple[str, ...]]:
    modifiers = item.charge.modifiers
    if len(modifiers) > _MOST_MODIFIERS:
        raise TooManyModifiersError(
            f"Code {item.charge.code} has {len(modifiers)} modifiers; an 837 service line has places for four."
            " Write these charges as DFT, FHIR or CSV."
        )
    procedure = marks.component.join(("HC", item.charge.code, *modifiers))
    dollars = "" if charge is None else f"{charge:.2f}"
    yield "LX", str(number)
    yield "SV2", item.revenue_code, procedure, dollars, "UN", str(item.signed_units)
    yield "DTP", "472", "D8", f"{item.charge.date:%Y%m%d}"
    yield "REF", "6R", _clean(item.charge.id, marks)


def _charge(item: Item) -> Decimal | None:
    return -item.extended if item.extended and item.is_credit else item.extended


def _isa(receiver: Receiver, made: datetime, number: int, marks: _Marks) -> str:
    """The one segment of fixed width: readers take the separators from their places in it."""
    sender, to = (
        f"{_name(name, marks)[:15]:15}" for name in (receiver.sending_application, receiver.receiving_application)
    )
    fields = ("00", " " * 10, "00", " " * 10, "ZZ", sender, "ZZ", to, f"{made:%y%m%d}", f"{made:%H%M}", marks.repeat)
    return marks.element.join(("ISA", *fields, "00501", f"{number:09}", "0", "I", marks.component))


def _texts(everything: Iterable[Item], receiver: Receiver) -> Iterator[str]:
    yield from (receiver.sending_application, receiver.receiving_application)
    for item in everything:
        yield from (item.charge.encounter_id, item.charge.id)


def _separators(texts: Iterable[str]) -> _Marks:
    used = {character for text in texts for character in text}
    usable = [mark for mark in _CANDIDATES if mark not in used]
    return _Marks(*(usable if len(usable) >= len(_Marks._fields) else _CANDIDATES)[: len(_Marks._fields)])


def _name(text: str, marks: _Marks) -> str:
    return _clean(text.split("^")[0], marks) or "UNKNOWN"


def _clean(text: str, marks: _Marks) -> str:
    """A text on one line; a separator in it, where every candidate was used up, becomes a blank."""
    return "".join(" " if c in marks else c for c in one_line(text)).strip()
