"""Charges as HL7 v2 messages: DFT^P03, one FT1 a charge or credit, places as the receiver profile says.

The same charges give the same bytes: MSH-10 is made from the charge ids, MSH-7 is the time of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from parsers.charge_master import ChargeMaster
from parsers.receivers import Receiver
from reports.charge import Charge, Charges
from reports.charges_items import Item, by_patient, content_hash, items
from reports.safe_text import one_line

_ESCAPES = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})
_CONTROL_ID = 20
"""Characters that MSH-10 holds."""


def dft_messages(charges: Charges, receiver: Receiver, cdm: ChargeMaster | None, made: datetime) -> Iterator[str]:
    """One message for each encounter, or each charge if the profile says so; segments end with a carriage return.

    ``made`` is when the run that gave the charges finished, aware; it is written as the time of the message.  The texts
    are to be written as UTF-8.  Check them with :class:`reports.charges_check.DftCheck` before they leave.
    """
    for of_encounter in items(charges, receiver, cdm):
        for of_patient in by_patient(of_encounter):
            if receiver.message_per == "charge":
                yield from (_message((item,), receiver, made) for item in of_patient)
            else:
                yield _message(of_patient, receiver, made)


def _message(of_message: tuple[Item, ...], receiver: Receiver, made: datetime) -> str:
    time = _time(made, receiver, "%Y%m%d%H%M%S")
    first = of_message[0].charge
    segments = [
        _pid(first, receiver),
        _pv1(first, receiver),
        *(_ft1(number, item, receiver) for number, item in enumerate(of_message, 1)),
    ]
    plain = all(segment.isascii() for segment in segments)
    head = [_msh(of_message, receiver, time, plain), _segment("EVN", {1: "P03", 2: time})]
    return "".join(segment + "\r" for segment in (*head, *segments))


def _msh(of_message: tuple[Item, ...], receiver: Receiver, time: str, plain: bool) -> str:
    fields = {
        2: receiver.sending_application,
        3: receiver.sending_facility,
        4: receiver.receiving_application,
        5: receiver.receiving_facility,
        6: time,
        8: "DFT^P03" if receiver.version == "2.3" else "DFT^P03^DFT_P03",
        9: content_hash(of_message, _CONTROL_ID),
        10: receiver.processing_id,
        11: receiver.version,
        17: "" if plain else "UNICODE UTF-8",
    }  # one less than the number of the field: MSH-1 is the separator itself
    return _segment("MSH", {1: "^~\\&"} | fields)


def _pid(charge: Charge, receiver: Receiver) -> str:
    if not one_line(charge.patient_id or ""):
        # PID-3 is required; the account is the one number of this patient that is known.
        known = _components(_text(charge.encounter_id), "", "", "", "AN")
    else:
        authority, kind = _text(receiver.patient_authority), _text(receiver.patient_id_type)
        known = _components(_text(charge.patient_id or ""), "", "", authority, kind)
    account = "" if receiver.encounter_in == "PV1-19" else _text(charge.encounter_id)
    return _segment("PID", {1: "1", 3: known, 5: receiver.name_text, 18: account})


def _pv1(charge: Charge, receiver: Receiver) -> str:
    visit = "" if receiver.encounter_in == "PID-18" else _text(charge.encounter_id)
    return _segment("PV1", {1: "1", 2: _text(receiver.patient_class), 19: visit})


def _ft1(number: int, item: Item, receiver: Receiver) -> str:
    charge = item.charge
    back = item.is_credit and receiver.credit_units == "negative"
    procedure = _components(_procedure(charge, receiver), "", _text(receiver.procedure_system))
    cdm = item.cdm if receiver.transaction_code == "cdm" else None
    fields = {
        1: str(number),
        2: _text(charge.id),
        4: _service_time(item, receiver),
        5: f"{charge.date:%Y%m%d}" if receiver.posting_date == "service-date" else "",
        6: charge.kind,
        7: procedure if cdm is None else _text(cdm.cdm),
        10: str(-charge.units if back else charge.units),
        11: _dollars(item.extended, back),
        12: _dollars(item.price),
        13: _text(item.department),
        20: _person(charge.performed_by),
        25: procedure if receiver.procedure else "",
        26: "~".join(map(_text, charge.modifiers)) if receiver.modifiers == "repeat" else "",
    }
    return _segment("FT1", fields)


def _procedure(charge: Charge, receiver: Receiver) -> str:
    behind = charge.modifiers if receiver.modifiers == "append" else ()
    return _text("-".join((charge.code, *behind)))


def _service_time(item: Item, receiver: Receiver) -> str:
    """FT1-4: its first eight digits are the service date, also where it holds times."""
    start, stop = item.times
    if receiver.date == "date" or start is None:
        return f"{item.charge.date:%Y%m%d}"
    form = "%Y%m%d%H%M"
    return _components(_time(start, receiver, form), "" if stop is None else _time(stop, receiver, form))


def _time(time: datetime, receiver: Receiver, form: str) -> str:
    return time.strftime(form + "%z" if receiver.timezone_offset else form)


def _dollars(amount: Decimal | None, back: bool = False) -> str:
    return "" if amount is None else f"{-amount if back and amount else amount:.2f}"


def _person(charted: str | None) -> str:
    """FT1-20: a name goes where names go, anything with a digit or of one word is an id."""
    if charted is None:
        return ""
    is_name = not any(c.isdigit() for c in charted) and any(c in " ," for c in charted.strip())
    return _components("", _text(charted)) if is_name else _text(charted)


def _text(text: str) -> str:
    """A text as a field holds it: on one line, with the separators escaped."""
    return one_line(text).translate(_ESCAPES)


def _components(*parts: str) -> str:
    return "^".join(parts).rstrip("^")


def _segment(name: str, fields: dict[int, str]) -> str:
    filled = [fields.get(number, "") for number in range(1, max(fields) + 1)]
    return "|".join((name, *filled)).rstrip("|")
