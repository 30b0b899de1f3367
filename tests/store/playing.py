"""Plays the nights of a month as a site would: open questions are answered, charges written and marked as sent.

What was sent is kept beside the store, in plain books, so that the charges can be held against them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from parsers.answers import GivenAnswer
from reports.charge import Charge, Charges
from reports.night import NightReport
from tests.store.bench import Arrived, Bench, Stand, answer
from workbench.store.batches import Asked
from workbench.store.database import opened
from workbench.store.sending import charges_since, mark_sent

VALUES: Mapping[str, Sequence[str]] = {
    "stop": ("cannot be determined", "14:15", "23:30"),
    "access": ("left forearm 20G", "chest port", "cannot be determined"),
    "second_access": ("two lines were required", "one line would have done"),
    "kind": ("IV push", "cannot be determined"),
    "category": ("therapeutic", "hydration"),
    "concurrent_chemo": ("96549", "none"),
}
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Played:
    """One night: what stood before and after it, and what it reported."""

    report: NightReport
    before: dict[str, Stand]
    after: dict[str, Stand]


def play(bench: Bench, nights: Sequence[Arrived], seed: int = 0) -> Iterator[Played]:
    """The nights one after the other; about every third open question is answered."""
    random, after = Random(f"play {seed}"), dict[str, Stand]()
    for night in nights:
        before = after
        report = bench.run(night, list(_answers(before, random)))
        after = bench.standing()
        yield Played(report, before, after)


def _answers(stands: Mapping[str, Stand], random: Random) -> Iterator[GivenAnswer]:
    for encounter, stand in stands.items():
        for _, what, administration, _ in stand.queries:
            if random.random() < 0.3:
                yield answer(encounter, administration, what, random.choice(VALUES[what]))


def units_of(stands: Mapping[str, Stand]) -> dict[str, int]:
    """Units by line of everything that stands."""
    return {line[0]: line[2] for stand in stands.values() for line in stand.lines}


def charged(bench: Bench, since: int, *, release: bool = False) -> Charges:
    with opened(bench.url) as store, store.writing() as connection:
        return charges_since(connection, since, Asked(release), NOW)


def marked(bench: Bench, run: int) -> None:
    with opened(bench.url) as store, store.writing() as connection:
        mark_sent(connection, run, NOW)


@dataclass(slots=True)
class Books:
    """What the billing system holds: charges that were sent and not taken back, and every id it has seen."""

    standing: dict[str, Charge] = field(default_factory=dict)
    """By line."""
    seen: set[tuple[str, str]] = field(default_factory=set)

    def check(self, charges: Charges) -> None:
        """What is to be sent fits what is held: no id twice, no second charge of a line, credits as they were sent."""
        standing = dict(self.standing)
        told: set[tuple[str, str]] = set()
        for charge in charges.charges:
            key = (charge.id, charge.kind)
            assert key not in self.seen | told
            told.add(key)
            assert charge.id == f"{charge.line}.{charge.revision}"
            if charge.kind == "CR":
                before = standing.pop(charge.line)
                assert (before.id, before.code, before.modifiers, before.date, before.units) == (
                    charge.id, charge.code, charge.modifiers, charge.date, charge.units,
                )  # fmt: skip
            else:
                assert charge.line not in standing
                standing[charge.line] = charge

    def send(self, charges: Charges) -> None:
        self.check(charges)
        for charge in charges.charges:
            self.seen.add((charge.id, charge.kind))
            if charge.kind == "CR":
                del self.standing[charge.line]
            else:
                self.standing[charge.line] = charge

    def units(self) -> dict[str, int]:
        return {line: charge.units for line, charge in self.standing.items()}
