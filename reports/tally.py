"""The counts of a result, taken encounter by encounter, so that no encounter need be kept for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import fsum

from timeline.model import CodedEncounter


@dataclass(slots=True)
class Tally:
    """Counts and amounts (US dollars) of coded encounters; the order in which they are added changes nothing."""

    encounters: int = 0
    administrations: int = 0
    lines: int = 0
    queries: int = 0
    findings: int = 0
    amounts: list[float] = field(default_factory=list)
    """Of each encounter that has one."""
    amounts_in_query: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, encounters: Iterable[CodedEncounter]) -> Tally:
        """The tally of all of these."""
        tally = cls()
        for coded in encounters:
            tally.add(coded)
        return tally

    def add(self, coded: CodedEncounter) -> None:
        """Count one more encounter."""
        self.encounters += 1
        self.administrations += len(coded.timeline.administrations)
        self.lines += len(coded.lines)
        self.queries += len(coded.queries)
        self.findings += len(coded.findings)
        if coded.amount is not None:
            self.amounts.append(coded.amount)
        if coded.amount_in_query:
            self.amounts_in_query.append(coded.amount_in_query)

    def join(self, other: Tally) -> None:
        """Add what was counted elsewhere."""
        self.encounters += other.encounters
        self.administrations += other.administrations
        self.lines += other.lines
        self.queries += other.queries
        self.findings += other.findings
        self.amounts += other.amounts
        self.amounts_in_query += other.amounts_in_query

    def dollars(self) -> tuple[float, float]:
        """The amount and the amount in query, exact whatever the order of the encounters."""
        return round(fsum(self.amounts), 2), round(fsum(self.amounts_in_query), 2)
