"""What every form of outgoing charges needs: their order, and the CDM code, revenue code, department and price of each.

Within an encounter credits come first, so that a receiver takes back before it adds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from itertools import groupby

from parsers.charge_master import CdmRow, ChargeMaster
from parsers.receivers import Receiver
from reports.charge import Charge, Charges


@dataclass(frozen=True, slots=True)
class Item:
    """One charge as a receiver is told of it."""

    charge: Charge
    cdm: CdmRow | None
    """Its row of the user's CDM table; ``None`` without a table, and where no row fits."""
    revenue_code: str
    """Four digits."""
    department: str
    """As the receiver calls it; empty where none is charted."""

    @property
    def is_credit(self) -> bool:
        return self.charge.kind == "CR"

    @property
    def signed_units(self) -> int:
        """Units, negative for a credit."""
        return -self.charge.units if self.is_credit else self.charge.units

    @property
    def times(self) -> tuple[datetime | None, datetime | None]:
        """First start and last known stop, both ``None`` where the line began on another day than its service date.

        A receiver takes the date from the start, and the service date decides which claim a line is on.
        """
        start = self.charge.start
        return (start, self.charge.stop) if start is not None and start.date() == self.charge.date else (None, None)

    @property
    def price(self) -> Decimal | None:
        """US dollars for one unit, as the house lists it; never what Medicare pays."""
        return None if self.cdm is None else self.cdm.price

    @property
    def extended(self) -> Decimal | None:
        """US dollars for all units, positive."""
        return None if self.price is None else self.price * self.charge.units


def items(charges: Charges, receiver: Receiver, cdm: ChargeMaster | None) -> Iterator[tuple[Item, ...]]:
    """The charges of one encounter after another, in the order of the store, with credits first in each."""
    encounters: dict[str, list[Charge]] = {}
    for charge in charges.charges:
        encounters.setdefault(charge.encounter_id, []).append(charge)
    for of_encounter in encounters.values():
        ordered = sorted(of_encounter, key=lambda charge: charge.kind != "CR")
        yield tuple(_item(charge, receiver, cdm) for charge in ordered)


def _item(charge: Charge, receiver: Receiver, cdm: ChargeMaster | None) -> Item:
    department = receiver.department(charge.department)
    row = None if cdm is None else cdm.find(charge.code, charge.modifiers, {department, charge.department or ""})
    named = None if row is None else row.revenue_code
    return Item(charge, row, named or receiver.revenue_code(charge.code), department)


def by_patient(of_encounter: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    """Stretches of one patient id: after a merge, a credit still names the number under which it was charged."""
    for _, stretch in groupby(of_encounter, key=lambda item: item.charge.patient_id):
        yield tuple(stretch)


def content_hash(of_message: tuple[Item, ...], length: int) -> str:
    """Hexadecimal digits that name these charges and credits: the same again when they are sent again."""
    named = "\n".join(f"{item.charge.kind} {item.charge.id}" for item in of_message)
    return sha256(named.encode()).hexdigest()[:length]


def without_cdm(charges: Charges, receiver: Receiver, cdm: ChargeMaster | None) -> tuple[str, ...]:
    """What to tell the user of codes that no row of the CDM table fits; empty without a table.

    Each text names a code and how many charges it stands in, and no patient.
    """
    if cdm is None:
        return ()
    counts: dict[str, int] = {}
    for of_encounter in items(charges, receiver, cdm):
        for item in of_encounter:
            if item.cdm is None:
                code = "-".join((item.charge.code, *item.charge.modifiers))
                counts[code] = counts.get(code, 0) + 1
    return tuple(
        f"{cdm.name}: no row fits {code} ({count} {'charge' if count == 1 else 'charges'}), so the CPT stands in for"
        f" its CDM code and there is no price. Add a row for it, with its department if your other rows name one."
        for code, count in sorted(counts.items())
    )
