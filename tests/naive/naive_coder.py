"""A second, deliberately naive coder for complete charts: every hang is a set of whole minutes.

Written from the rules alone, before and without the product's rules, so that the two can disagree.  It knows
the facility policy with ``second_access_initial=deny`` and ``concurrent_chemo=none`` (no questions), whole-minute
times and charts without anything unknown.  Numbers after "rule" are those of the rule book.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DAY_ZERO = date(2026, 3, 10)
DRUGS = ("chemo", "therapeutic")

Units = Counter[tuple[str, date]]


@dataclass(frozen=True)
class Bag:
    """One hang as it happened: ``minutes`` are the minutes it ran (minute 0 is midnight of day zero)."""

    drug: str
    category: str
    access: str
    start: int
    minutes: frozenset[int] = frozenset()
    pushed: bool = False
    """Charted as a push, or given at once."""
    injected: bool = False
    order: str = ""

    @property
    def is_push(self) -> bool:
        """Rule 6: documented as a push, or 15 running minutes or less."""
        return self.category in DRUGS and not self.injected and (self.pushed or len(self.minutes) <= 15)

    @property
    def is_infusion(self) -> bool:
        """Rule 7: 16 running minutes or more."""
        return self.category in DRUGS and not self.injected and not self.pushed and len(self.minutes) >= 16

    @property
    def end(self) -> int:
        return max(self.minutes, default=self.start - 1) + 1

    @property
    def place(self) -> tuple[object, ...]:
        return (self.start, -len(self.minutes), self.drug, self.order)


def day_of(minute: int) -> date:
    return DAY_ZERO + timedelta(days=minute // 1440)


def hours(minutes: int) -> int:
    """Rule 7: additional hours of so many minutes."""
    return max(0, (minutes - 31) // 60)


def code_naively(bags: Iterable[Bag]) -> Units:
    """The bill of one encounter: units by code and date."""
    chart = sorted(bags, key=lambda b: b.place)
    bill: Units = Counter()
    fluid = _fluid_runs(chart)
    initial = _initial(chart)
    if initial is not None and initial.is_infusion:
        _infusions(chart, initial, bill)
    else:
        _infusions(chart, None, bill)
    _pushes(chart, initial, bill)
    _hydration(fluid, initial is None, bill)
    for bag in chart:
        if bag.injected and bag.category == "therapeutic":
            bill["96372", day_of(bag.start)] += 1  # rule 37
    return bill


def _initial(chart: Sequence[Bag]) -> Bag | None:
    """Rules 2 and 4; ``None`` leaves hydration to be initial."""
    ranks = [
        [b for b in chart if b.category == "chemo" and b.is_infusion],
        [b for b in chart if b.category == "chemo" and b.is_push],
        [b for b in chart if b.category == "therapeutic" and b.is_infusion],
        [b for b in chart if b.category == "therapeutic" and b.is_push],
    ]
    for rank in ranks:
        if rank:
            return min(rank, key=lambda b: (b.start, -_drug_minutes(chart, b.drug), b.drug, b.order))
    return None


def _drug_minutes(chart: Sequence[Bag], drug: str) -> int:
    return len({m for b in chart if b.drug == drug for m in b.minutes})


def _infusions(chart: Sequence[Bag], initial: Bag | None, bill: Units) -> None:
    """Rules 10, 11, 13 to 16 and 30 (deny)."""
    counted = _counted(chart)
    infusions = [b for b in chart if b.is_infusion]
    leads: list[Bag] = []
    coded: set[str] = set()
    if initial is not None:
        own = [b for b in infusions if b.drug == initial.drug]
        for bag in own:
            _charge_infusion(bag, sorted(counted[id(bag)]), bag is own[0], coded, bill)
        leads.extend(own)
    rest = [b for category in DRUGS for b in infusions if b.category == category and b not in leads]
    concurrent: list[tuple[Bag, int]] = []
    for bag in rest:
        minutes = counted[id(bag)]
        others = [lead for lead in leads if lead.drug != bag.drug]
        shared = {m for m in minutes if any(m in o.minutes and o.access == bag.access for o in others)}
        alone = {m for m in minutes if not any(m in o.minutes for o in others)}
        if _is_concurrent(len(shared), len(alone), len(minutes)):
            concurrent.append((bag, min(shared)))
        elif len(alone) >= 16:
            _charge_infusion(bag, sorted(alone), False, coded, bill)
            leads.append(bag)
    therapeutic = [(bag, at) for bag, at in concurrent if bag.category == "therapeutic"]
    if therapeutic:
        bill["96368", day_of(min(at for _, at in therapeutic))] = 1  # rule 14


def _counted(chart: Sequence[Bag]) -> dict[int, set[int]]:
    """Rule 11: a minute in which two hangs of one drug ran counts once, for the earlier; a push counts none."""
    taken: dict[str, set[int]] = {}
    found: dict[int, set[int]] = {}
    for bag in chart:
        found[id(bag)] = set(bag.minutes) - taken.get(bag.drug, set())
        if bag.is_infusion:
            taken.setdefault(bag.drug, set()).update(bag.minutes)
    return found


def _is_concurrent(shared: int, alone: int, running: int) -> bool:
    """Rules 15 and 16 (majority)."""
    if shared >= 16 and 2 * shared >= running:
        return True
    return alone < 16 and shared > 0


def _charge_infusion(bag: Bag, minutes: Sequence[int], initial: bool, coded: set[str], bill: Units) -> None:
    """``minutes`` are those that count for this hang, in order."""
    if len(minutes) < 16:
        return
    chemo = bag.category == "chemo"
    hour = "96415" if chemo else "96366"
    if initial:
        first = "96413" if chemo else "96365"
    elif bag.drug not in coded:
        first = "96417" if chemo else "96367"
    else:
        first = hour  # rule 11: the same drug hung again
    coded.add(bag.drug)
    bill[first, day_of(minutes[0])] += 1  # rule 32: where the minutes that count begin
    for hour_number in range(hours(len(minutes))):
        bill[hour, day_of(minutes[90 + 60 * hour_number])] += 1


def _pushes(chart: Sequence[Bag], initial: Bag | None, bill: Units) -> None:
    """Rule 12."""
    reported: dict[str, int] = {}
    for bag in sorted((b for b in chart if b.is_push), key=lambda b: (b.start, b is not initial)):
        chemo = bag.category == "chemo"
        same = [b for b in chart if b.drug == bag.drug and b.is_infusion and b.start <= bag.start]
        if any(bag.start in b.minutes for b in same):
            continue
        before = [b.end for b in same] + ([reported[bag.drug]] if bag.drug in reported else [])
        if not before:
            rank = "initial" if bag is initial else "new"
            code = {"initial": ("96374", "96409"), "new": ("96375", "96411")}[rank][chemo]
        elif chemo or bag.start - max(before) <= 30:
            continue
        else:
            code = "96376"
        reported[bag.drug] = bag.end  # a push ends, then 30 minutes pass
        bill[code, day_of(bag.start)] += 1


def _fluid_runs(chart: Sequence[Bag]) -> list[list[int]]:
    """Rules 21 and 22: unbroken stretches of fluid in which nothing else ran."""
    fluid = {m for b in chart if b.category == "hydration" for m in b.minutes}
    for bag in chart:
        if (bag.category in DRUGS and not bag.pushed) or bag.category == "blood":
            fluid -= bag.minutes
    runs: list[list[int]] = []
    for minute in sorted(fluid):
        if runs and runs[-1][-1] == minute - 1:
            runs[-1].append(minute)
        else:
            runs.append([minute])
    return runs


def _hydration(runs: Sequence[Sequence[int]], is_initial: bool, bill: Units) -> None:
    """Rules 8 and 22 (each run by itself); the first unit is the initial where nothing else is."""
    for run in runs:
        if len(run) < 31:
            continue
        if is_initial:
            bill["96360", day_of(run[0])] += 1
        else:
            bill["96361", day_of(run[30])] += 1
        is_initial = False
        for hour_number in range(hours(len(run))):
            bill["96361", day_of(run[90 + 60 * hour_number])] += 1
