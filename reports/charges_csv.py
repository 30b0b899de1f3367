"""Charges as CSV for a queue of charge review: one row a charge or credit, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal

from parsers.charge_master import ChargeMaster
from parsers.receivers import Receiver
from reports.charge import Charges, HeldCharge
from reports.charges_items import Item, items
from reports.safe_text import cell_text

_Cell = str | int | float | Decimal | date | None

CHARGE_COLUMNS: tuple[tuple[str, Callable[[Item], _Cell]], ...] = (
    ("charge_id", lambda i: i.charge.id),
    ("kind", lambda i: i.charge.kind),
    ("reason", lambda i: i.charge.reason),
    ("encounter_id", lambda i: i.charge.encounter_id),
    ("patient_id", lambda i: i.charge.patient_id),
    ("code", lambda i: i.charge.code),
    ("modifiers", lambda i: ",".join(i.charge.modifiers)),
    ("units", lambda i: i.signed_units),
    ("date", lambda i: i.charge.date),
    ("start", lambda i: i.charge.start),
    ("stop", lambda i: i.charge.stop),
    ("minutes", lambda i: i.charge.minutes),
    ("drug", lambda i: i.charge.drug),
    ("cdm", lambda i: None if i.cdm is None else i.cdm.cdm),
    ("revenue_code", lambda i: i.revenue_code),
    ("department", lambda i: i.department),
    ("performed_by", lambda i: i.charge.performed_by),
    ("unit_price", lambda i: i.price),
    ("charge", lambda i: _signed(i, i.extended)),
    ("amount_medicare_national_unadjusted", lambda i: _signed(i, i.charge.amount)),
    ("run", lambda i: i.charge.run),
    ("revision", lambda i: i.charge.revision),
)
"""Header and value.  Units, charge and amount of a credit are negative, so that the sum of a column is what stands."""


def charges_csv(charges: Charges, receiver: Receiver, cdm: ChargeMaster | None) -> Iterator[str]:
    """A header row, then one row a charge, each ending with a line feed.

    ``charge`` is the price of the house for all units, empty without a CDM table; the Medicare amount is beside it and
    never in its place.  Text that a spreadsheet would read as a formula is written with an apostrophe in front.
    """
    yield _row([name for name, _ in CHARGE_COLUMNS])
    for of_encounter in items(charges, receiver, cdm):
        for item in of_encounter:
            yield _row([_cell(value(item)) for _, value in CHARGE_COLUMNS])


HELD_COLUMNS = ("encounter_id", "code", "modifiers", "units", "date", "waits_for", "sent_before")


def held_csv(held: Iterable[HeldCharge]) -> str:
    """Lines that are not sent, a row each with what they wait for; ``sent_before``: something of it stays as sent."""
    rows = [_row(list(HELD_COLUMNS))]
    for line in held:
        cells: list[_Cell] = [line.encounter_id, line.code, " ".join(line.modifiers), line.units, line.date, line.why]
        rows.append(_row([*map(_cell, cells), "yes" if line.sent else "no"]))
    return "".join(rows)


def _signed(item: Item, amount: Decimal | float | None) -> Decimal | float | None:
    return -amount if amount and item.is_credit else amount


def _cell(value: _Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return cell_text(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def _row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
