"""What the lines pay under the user's own Addendum B: Medicare national unadjusted amounts (rulebook 40).

Status S, T and V pay units x rate; N pays nothing of its own; Q1 pays only where no S, T or V line stands beside it
on its date.  Units above an MUE limit are not paid.  Only the lines of the encounter are looked at: a visit or a
procedure that this record does not hold may package a Q1 line, and no wage index, copayment or payer contract is
known here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from parsers.events import Finding
from parsers.reference_tables import PairTable, PaymentRate, RateTable, UnitLimitTable
from timeline.bills import Bill, BillKey
from timeline.edits import limit_findings, pair_findings, payable_units
from timeline.model import EncounterTimeline, Line, Query
from timeline.settled import Settled
from timeline.switches import Settings

PAID = frozenset({"S", "T", "V"})
PACKAGED = "N"
CONDITIONAL = "Q1"


@dataclass(frozen=True, slots=True)
class Tables:
    """The user's own tables; ``None`` for each that was not given."""

    rates: RateTable | None = None
    limits: UnitLimitTable | None = None
    pairs: PairTable | None = None

    def __bool__(self) -> bool:
        return any(table is not None for table in (self.rates, self.limits, self.pairs))


@dataclass(frozen=True, slots=True)
class Price:
    """What one line pays in US cents, and why; ``None`` where the table does not say."""

    cents: int | None
    reason: str


def hospital_rates_fit(settings: Settings) -> bool:
    """Addendum B pays hospitals; a professional claim is paid by another schedule."""
    return settings.initial_choice == "rank"


def outside_rates(rates: RateTable | None, settings: Sequence[Settings]) -> list[Finding]:
    """The file-level finding on encounters that the rates do not fit."""
    count = sum(not hospital_rates_fit(s) for s in settings) if rates is not None else 0
    if not count:
        return []
    return [
        Finding(
            "warning",
            "rates-for-hospitals",
            f"{count} {'encounter has' if count == 1 else 'encounters have'} no amounts: coded as professional claims, "
            "while the rates are those of OPPS, which pays hospitals.",
            "Leave out the rates, or code under a facility policy.",
        )
    ]


class Pricing:
    """Prices bills of one encounter; ``earlier`` is what the patient's earlier encounters bill."""

    def __init__(self, rates: RateTable, limits: UnitLimitTable | None, earlier: Bill) -> None:
        self.rates = rates
        self.limits = limits
        self.earlier = earlier

    def paid_dates(self, bill: Iterable[BillKey]) -> frozenset[date]:
        """Dates on which a line of status S, T or V stands."""
        rate = self.rates.rate
        return frozenset(day for code, _, day in bill if (found := rate(code)) is not None and found.status in PAID)

    def prices(self, bill: Bill, packaging: Collection[date]) -> dict[BillKey, Price]:
        """Each line of a bill priced; Q1 pays nothing on the dates of ``packaging``."""
        payable = payable_units(bill, self.limits, self.earlier)
        return {
            key: _price(self.rates.rate(key[0]), units, payable[key], packaged=key[2] in packaging)
            for key, units in bill.items()
        }


def _price(rate: PaymentRate | None, units: int, payable: int, *, packaged: bool) -> Price:
    if rate is None:
        return Price(None, "not in the rate table")
    if rate.status == PACKAGED:
        return Price(0, "status N: packaged, pays nothing of its own")
    if rate.status == CONDITIONAL and packaged:
        return Price(0, "status Q1: packaged into what is paid beside it on that date")
    if rate.status not in PAID | {CONDITIONAL}:
        return Price(None, f"status {rate.status or 'empty'}: not paid by this table alone")
    if rate.cents is None:
        return Price(None, f"status {rate.status}: no rate in the table")
    count = str(units) if payable == units else f"{payable} of {units} (MUE)"
    each = f"${rate.cents / 100:,.2f}"
    return Price(payable * rate.cents, f"{count} x {each}, status {rate.status}, APC {rate.apc}")


class Amounts:
    """Amounts of one coded encounter: of its certain lines, and what each possible answer would add.

    ``possible`` is what some combination of answers bills.  A certain Q1 line is paid only if none of them
    puts a paid service on its date: so a stop that is taken away from the chart never raises the amount.  Where
    not every combination was worked out (``complete`` is false) no certain Q1 line is paid.
    """

    @classmethod
    def of(cls, tables: Tables, certain: Bill, settled: Settled, settings: Settings, earlier: Bill) -> Amounts | None:
        """``None`` without rates, or for a claim that they do not price."""
        if tables.rates is None or not hospital_rates_fit(settings):
            return None
        pricing = Pricing(tables.rates, tables.limits, earlier)
        complete = settled.complete or not settled.questions
        return cls(pricing, certain, settled.possible, complete=complete)

    def __init__(self, pricing: Pricing, certain: Bill, possible: Iterable[BillKey], *, complete: bool) -> None:
        self.pricing = pricing
        self.certain = certain
        packaging = pricing.paid_dates([*certain, *possible])
        if not complete:
            packaging = packaging | {day for _, _, day in certain}
        self._prices = pricing.prices(certain, packaging)
        self._cents = _sum(self._prices.values())

    @property
    def total(self) -> float:
        """US dollars of the lines whose price is known."""
        return self._cents / 100

    def priced(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        """The certain lines with their amounts."""
        return tuple(self._priced(line) for line in lines)

    def _priced(self, line: Line) -> Line:
        price = self._prices[line.code, line.modifiers, line.date]
        return replace(line, amount=None if price.cents is None else price.cents / 100, amount_reason=price.reason)

    def extra(self, adds: Bill) -> float | None:
        """What an answer adds to the amount of the certain lines; ``None`` if a code of it has no rate."""
        bill = dict(self.certain)
        for key, units in adds.items():
            bill[key] = bill.get(key, 0) + units
        prices = self.pricing.prices(bill, self.pricing.paid_dates(bill))
        if any(prices[key].cents is None for key in adds):
            return None
        return (_sum(prices.values()) - self._cents) / 100

    def findings(self, lines: Sequence[Line], timeline: EncounterTimeline) -> list[Finding]:
        """Codes on the bill that the table gives no amount for."""
        why = {code: p.reason for (code, _, _), p in sorted(self._prices.items()) if p.cents is None}
        sources = {a.id: a.sources for a in timeline.administrations}
        found = []
        for code, reason in why.items():
            ids = tuple(dict.fromkeys(i for line in lines if line.code == code for i in line.administrations))
            found.append(
                Finding(
                    "warning",
                    "amount-unknown",
                    f"{code} has no amount ({reason}); the encounter's amount leaves it out.",
                    "Give the Addendum B of the quarter in which the service was provided.",
                    next((s for i in ids for s in sources[i]), None),
                    ids,
                )
            )
        return found


def _sum(prices: Iterable[Price]) -> int:
    return sum(p.cents or 0 for p in prices)


def amount_in_query(queries: Sequence[Query]) -> float | None:
    """The most that an answer would add, in US dollars; 0 without a question, ``None`` if no answer has an amount."""
    if not queries:
        return 0.0
    return max((o.amount for q in queries for o in q.outcomes if o.amount is not None), default=None)


def edit_findings(lines: Sequence[Line], tables: Tables, earlier: Bill, timeline: EncounterTimeline) -> list[Finding]:
    """What the MUE and PTP tables say of the lines."""
    found: list[Finding] = []
    if tables.limits is not None:
        found += limit_findings(lines, tables.limits, earlier, timeline)
    if tables.pairs is not None:
        found += pair_findings(lines, tables.pairs, earlier, timeline)
    return found
