"""Billed lines from DFT^P03 messages: one FT1 a line.

FT1-4 is the service date (a range gives its first day), FT1-6 CG or CR (a credit takes units back), FT1-10 the units,
FT1-25 the procedure (FT1-7 where a sender puts the code there), FT1-26 the modifiers, FT1-11 the extended amount.
"""

from __future__ import annotations

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
from parsers.er7 import Message, Segment, read_message
from parsers.events import Rejected, Source
from parsers.hl7_charsets import decode_message
from parsers.hl7_frames import find_pieces
from parsers.shapes import shape

_CREDITS = frozenset({"CR", "CD", "RV"})


def read_dft(data: bytes, file: str) -> BilledParts:
    """Read the DFT messages of a file; raises :class:`BilledError` when it holds none."""
    lines: list[BilledLine] = []
    others: list[Source] = []
    rejected: list[Rejected] = []
    messages = 0
    for piece in find_pieces(data):
        if piece.kind != "message":
            continue
        message = read_message(decode_message(data[piece.start : piece.end])[0], piece.start)
        if message is None or message.segments[0].component(9, 1)[:3] != "DFT":
            continue
        messages += 1
        account = _account(message)
        for ft1 in message.all("FT1"):
            record = len(lines) + len(others) + len(rejected) + 1
            control = message.segments[0].component(10, 1) or None
            source = Source(file, record, control_id=control, segment="FT1")
            text = ft1.component(25, 1) or ft1.component(7, 1)
            code = administration_code(text)
            if code is None and (is_code(text) or not text):
                others.append(source)
                continue
            found = _line(ft1, code, text, account, source)
            if isinstance(found, Rejected):
                rejected.append(found)
            else:
                lines.append(found)
    if not messages:
        raise BilledError(f"{file}: no DFT message was found. Give DFT^P03 messages, an 837I, an 835 or a table.")
    return BilledParts("DFT", tuple(lines), tuple(others), tuple(rejected))


def _account(message: Message) -> str:
    for segment, field in (("PV1", 19), ("PID", 18)):
        found = message.get(segment)
        if found is not None and (text := found.component(field, 1)):
            return text
    return ""


def _line(ft1: Segment, code: str | None, text: str, account: str, source: Source) -> BilledLine | Rejected:
    day, units = first_day(ft1.component(4, 1)), plain_number(ft1.component(10, 1) or "1")
    problem = None
    if code is None:
        problem = f"a procedure of the shape {shape(text)} in FT1-25"
    elif not account:
        problem = "no account number (PV1-19, PID-18) beside it"
    elif day is None:
        problem = "no readable date in FT1-4"
    elif units is None or units != int(units):
        problem = "no whole number of units in FT1-10"
    if code is None or problem is not None or day is None or units is None:
        return Rejected(
            source,
            "billed-unreadable",
            f"The charge has {problem}.",
            "Correct the message; the charge is left out of the comparison.",
        )
    modifiers = modifiers_of(*(str(part[1]) for part in ft1[26].repeats))
    amount = plain_number(ft1.component(11, 1))
    made = BilledLine(source, account, code, int(units), modifiers, day, amount)
    if ft1.component(6, 1).upper() not in _CREDITS:
        return made
    return taken_back(made)
