"""What was billed against what the record supports, in both directions, line by line.

Units of one code, modifiers and date that agree are supported.  What is left is first paired where only the modifier,
the date or both differ; then what is billed beyond the record is over-billed, or waits for documentation where an open
query could still support it, and what the record supports beyond the bill is missed.  Both directions weigh the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from parsers.billed import Billed, BilledLine
from parsers.reference_tables import PaymentRate, RateTable
from timeline.model import CodedEncounter, Result

Status = Literal[
    "supported", "missed", "over-billed", "wrong date", "wrong modifier", "wrong date and modifier", "undocumented"
]
VARIANCES: tuple[Status, ...] = (
    "missed", "over-billed", "wrong date", "wrong modifier", "wrong date and modifier", "undocumented",
)  # fmt: skip
Key = tuple[str, tuple[str, ...], date]

_PAID = frozenset({"S", "T", "V"})


@dataclass(frozen=True, slots=True)
class Place:
    """Modifiers and date under which a code stands."""

    modifiers: tuple[str, ...]
    date: date


@dataclass(frozen=True, slots=True)
class Variance:
    """Units of one code of one encounter that stand alike: supported, or off in one way.

    ``amount`` and ``charge`` are the money that changes hands when it is put right, in US dollars: positive for what
    was missed, negative for what was billed too much, 0 where only date or modifier are wrong.  ``amount`` is Medicare
    national unadjusted, ``charge`` the hospital's own price as found in the billed file; ``None`` where unknown.
    """

    encounter_id: str
    code: str
    units: int
    status: Status
    billed: Place | None
    supported: Place | None
    pattern: str = ""
    """The usual error it is an instance of, as a stable name; empty for what is supported."""
    cause: str = ""
    """Why, in one sentence."""
    amount: float | None = None
    charge: Decimal | None = None
    administrations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EncounterVariance:
    encounter_id: str
    rows: tuple[Variance, ...]
    coded: CodedEncounter | None = None
    """``None`` when the record does not hold the encounter at all."""

    @property
    def differs(self) -> bool:
        return any(row.status != "supported" for row in self.rows)


@dataclass(frozen=True, slots=True)
class Audit:
    """The whole comparison."""

    result: Result
    billed: Billed
    encounters: tuple[EncounterVariance, ...]
    priced: bool
    charged: bool

    def rows(self) -> list[Variance]:
        return [row for encounter in self.encounters for row in encounter.rows]


@dataclass(slots=True)
class _Bill:
    """One side of an encounter while it is matched: units by key, taken off as they are paired."""

    units: dict[Key, int] = field(default_factory=dict)

    def take(self, key: Key, units: int) -> None:
        self.units[key] -= units
        if not self.units[key]:
            del self.units[key]


def billed_units(lines: Iterable[BilledLine]) -> dict[Key, int]:
    """Units that stand by code, modifiers and date, once what was taken back is taken off; never negative.

    A credit without the modifiers of its charge takes from any charge of that code and date.
    """
    units: dict[Key, int] = {}
    for line in lines:
        key = (line.code, tuple(sorted(line.modifiers)), line.date)
        units[key] = units.get(key, 0) + line.units
    for key in [k for k, n in units.items() if n < 0]:
        for other in sorted(k for k, n in units.items() if n > 0 and k[0] == key[0] and k[2] == key[2]):
            moved = min(units[other], -units[key])
            units[other] -= moved
            units[key] += moved
    return {key: count for key, count in units.items() if count > 0}


def supported_units(coded: CodedEncounter | None) -> dict[Key, int]:
    """Units of the certain lines by code, modifiers and date."""
    units: dict[Key, int] = {}
    for line in coded.lines if coded is not None else ():
        key = (line.code, tuple(sorted(line.modifiers)), line.date)
        units[key] = units.get(key, 0) + line.units
    return units


def match(encounter: str, billed: Mapping[Key, int], supported: Mapping[Key, int]) -> list[Variance]:
    """Every unit of both sides in exactly one row; causes and money are not worked out yet."""
    left, right = _Bill(dict(billed)), _Bill(dict(supported))
    rows: list[Variance] = []
    steps: tuple[tuple[Status, bool, bool], ...] = (
        ("supported", True, True),
        ("wrong modifier", False, True),
        ("wrong date", True, False),
        ("wrong date and modifier", False, False),
    )
    for status, same_modifiers, same_date in steps:
        for b in sorted(left.units):
            for s in sorted(right.units):
                if b not in left.units:
                    break
                fits = b[0] == s[0] and (b[1] == s[1]) == same_modifiers and (b[2] == s[2]) == same_date
                if not fits:
                    continue
                units = min(left.units[b], right.units[s])
                rows.append(Variance(encounter, b[0], units, status, Place(*b[1:]), Place(*s[1:])))
                left.take(b, units)
                right.take(s, units)
    rows += [Variance(encounter, k[0], n, "over-billed", Place(*k[1:]), None) for k, n in sorted(left.units.items())]
    rows += [Variance(encounter, k[0], n, "missed", None, Place(*k[1:])) for k, n in sorted(right.units.items())]
    return rows


class Money:
    """What a unit of a code is worth: by the user's rate table, and by the prices in the billed file."""

    def __init__(self, rates: RateTable | None, lines: Sequence[BilledLine]) -> None:
        self.rates = rates
        self._prices: dict[str, Decimal] = {}
        per_unit: dict[str, list[Decimal]] = {}
        for line in lines:
            if line.amount is not None and line.units > 0:
                per_unit.setdefault(line.code, []).append(line.amount / line.units)
        for code, prices in per_unit.items():
            # The price most often billed; of equals the lower.
            self._prices[code] = min(sorted(set(prices)), key=lambda p: -prices.count(p))

    @property
    def charged(self) -> bool:
        return bool(self._prices)

    def of(self, row: Variance, paid_dates: frozenset[date]) -> Variance:
        """The row with its money; ``paid_dates`` are those on which a line of status S, T or V stands."""
        sign = {"missed": 1, "over-billed": -1, "undocumented": -1}.get(row.status, 0)
        place = row.supported or row.billed
        each = self._amount(row.code, place.date in paid_dates if place else False)
        price = self._prices.get(row.code)
        return replace(
            row,
            amount=None if each is None else sign * row.units * each / 100,
            charge=None if price is None else (sign * row.units * price).quantize(Decimal("0.01")),
        )

    def _amount(self, code: str, packaged: bool) -> int | None:
        """Cents a unit; what is packaged pays nothing."""
        rate: PaymentRate | None = self.rates.rate(code) if self.rates is not None else None
        if rate is None:
            return None
        if rate.status == "N" or (rate.status == "Q1" and packaged):
            return 0
        return rate.cents if rate.status in _PAID | {"Q1"} else None

    def paid_dates(self, keys: Iterable[Key]) -> frozenset[date]:
        if self.rates is None:
            return frozenset()
        found = ((key[2], self.rates.rate(key[0])) for key in keys)
        return frozenset(day for day, rate in found if rate is not None and rate.status in _PAID)


def audit(result: Result, billed: Billed, rates: RateTable | None = None) -> Audit:
    """Compare every encounter of the record and of the billed file."""
    from reports.variance_causes import explained

    by_account: dict[str, list[BilledLine]] = {}
    for line in billed.lines:
        by_account.setdefault(line.encounter_id, []).append(line)
    coded = {c.timeline.id: c for c in result.encounters}
    money = Money(rates, billed.lines)
    encounters = []
    for number in sorted({*coded, *by_account}):
        charged, allowed = billed_units(by_account.get(number, ())), supported_units(coded.get(number))
        rows = explained(match(number, charged, allowed), coded.get(number), anything_billed=bool(charged))
        paid = money.paid_dates([*charged, *allowed])
        encounters.append(EncounterVariance(number, tuple(money.of(row, paid) for row in rows), coded.get(number)))
    return Audit(result, billed, tuple(encounters), rates is not None, money.charged)
