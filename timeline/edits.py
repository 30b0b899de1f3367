"""MUE limits and NCCI pairs of the user's own tables, held against the coded lines (rulebook 39).

They never change a line: what the chart supports stands, and a finding says what a payer's edit would do to it.
Both look at a date of service of one patient, so lines of the patient's earlier encounters count as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from parsers.events import Finding, Severity
from parsers.reference_tables import CodePair, PairTable, UnitLimit, UnitLimitTable
from timeline.bills import Bill, BillKey
from timeline.model import EncounterTimeline, Line
from timeline.policy import Policy, load_policy

PAIR_MODIFIERS = frozenset({"59", "XE", "XP", "XS", "XU"})
"""Modifiers that say: a separate encounter, practitioner, structure or service."""


def billable_codes(policy: str | Policy) -> frozenset[str]:
    """Every code a policy may put on a line: all that is needed of a PTP table.  Raises as ``load_policy`` does."""
    chosen = load_policy(policy) if isinstance(policy, str) else policy
    return frozenset(chosen.codes.values.values())


def earlier_bills(encounters: Iterable[tuple[str, str | None, datetime | None, Bill]]) -> dict[str, Bill]:
    """Encounter id to what the same patient's earlier encounters bill together.

    ``encounters``: (id, patient id, first administration, bill) each.  Earlier as in rulebook 33.
    """
    by_patient: dict[str, list[tuple[datetime, str, Bill]]] = {}
    for key, patient, first, bill in encounters:
        if patient and first is not None:
            by_patient.setdefault(patient, []).append((first, key, bill))
    result: dict[str, Bill] = {}
    for visits in by_patient.values():
        before: Counter[BillKey] = Counter()
        for _, key, bill in sorted(visits, key=lambda v: (v[0], v[1])):
            result[key] = dict(before)
            before.update(bill)
    return result


def payable_units(bill: Bill, limits: UnitLimitTable | None, earlier: Bill) -> Bill:
    """The units of each line that the MUE limits let through; all of them without a table.

    Where a limit counts a date of service, lines without a modifier use it up first.
    """
    if limits is None:
        return dict(bill)
    left: dict[tuple[str, date], int] = {}
    result: Bill = {}
    for key in sorted(bill):
        code, _, day = key
        limit = limits.limit(code)
        if limit is None:
            result[key] = bill[key]
        elif limit.indicator == 1:
            result[key] = min(bill[key], limit.units)
        else:
            free = left.setdefault((code, day), max(0, limit.units - _units_on(earlier, code, day)))
            result[key] = min(bill[key], free)
            left[code, day] = free - result[key]
    return result


def _units_on(bill: Bill, code: str, day: date) -> int:
    return sum(units for (c, _, d), units in bill.items() if (c, d) == (code, day))


def limit_findings(
    lines: Sequence[Line], limits: UnitLimitTable, earlier: Bill, timeline: EncounterTimeline
) -> Iterator[Finding]:
    """One finding for each line (MAI 1) or code and date (MAI 2, 3) with more units than the limit."""
    groups: dict[tuple[str, date, tuple[str, ...]], list[Line]] = {}
    for line in lines:
        limit = limits.limit(line.code)
        if limit is not None:
            groups.setdefault((line.code, line.date, line.modifiers if limit.indicator == 1 else ()), []).append(line)
    for (code, day, _), own in groups.items():
        limit = limits.limit(code)
        assert limit is not None
        others = 0 if limit.indicator == 1 else _units_on(earlier, code, day)
        units = sum(line.units for line in own) + others
        if units > limit.units:
            message, fix = _over(code, day, units, limit, beside=others > 0)
            yield _finding("warning", "mue-over-limit", message, fix, own, timeline)


def _over(code: str, day: date, units: int, limit: UnitLimit, *, beside: bool) -> tuple[str, str]:
    with_earlier = ", with this patient's earlier encounter," if beside else ""
    per = "a claim line" if limit.indicator == 1 else "a date of service"
    message = (
        f"{code} on {day.isoformat()}{with_earlier} has {_count(units)}; the MUE table pays {limit.units} at most "
        f"on {per} (MAI {limit.indicator}). The line keeps its units; "
        f"an amount leaves out {_count(units - limit.units)}."
    )
    match limit.indicator:
        case 1:
            fix = "Check the units. A further line with a modifier, where the chart supports one, is judged on its own."
        case 2:
            fix = "Check units and dates: this limit is fixed by policy, and an appeal does not change it."
        case 3:
            fix = "Check units and dates. Where the chart supports every unit an appeal is possible, with the records."
    return message, fix


def _count(units: int) -> str:
    return f"{units} unit" if units == 1 else f"{units} units"


@dataclass(frozen=True, slots=True)
class _Stood:
    """One line of a date, of this encounter or (without ``line``) of an earlier one."""

    code: str
    modifiers: tuple[str, ...]
    line: Line | None = None

    @property
    def parted(self) -> bool:
        return bool(PAIR_MODIFIERS.intersection(self.modifiers))


def pair_findings(
    lines: Sequence[Line], pairs: PairTable, earlier: Bill, timeline: EncounterTimeline
) -> Iterator[Finding]:
    """One finding for each pair of codes on one date that the table does not pay together."""
    for day in sorted({line.date for line in lines}):
        stood = [_Stood(x.code, x.modifiers, x) for x in lines if x.date == day]
        stood += [_Stood(code, modifiers) for code, modifiers, d in sorted(earlier) if d == day]
        by_code: dict[str, list[_Stood]] = {}
        for one in stood:
            by_code.setdefault(one.code, []).append(one)
        for first in sorted(by_code):
            for second in sorted(by_code):
                own = [x.line for x in (*by_code[first], *by_code[second]) if x.line is not None]
                pair = pairs.on(first, second, day)
                if pair is not None and own and first != second:
                    yield _conflict(pair, day, by_code, own, timeline)


def _conflict(
    pair: CodePair, day: date, by_code: Mapping[str, list[_Stood]], own: list[Line], timeline: EncounterTimeline
) -> Finding:
    both = f"{pair.column_2} beside {pair.column_1} on {day.isoformat()}"
    if pair.modifier == 0:
        return _finding(
            "warning",
            "ncci-never-together",
            f"The PTP table never pays {both} (modifier indicator 0).",
            f"Check both; only {pair.column_1} (column 1) is paid, and no modifier changes it.",
            own,
            timeline,
        )
    # Since July 2019 Medicare takes the modifier on either line of the pair.
    parted = next((c for c in (pair.column_2, pair.column_1) if all(x.parted for x in by_code[c])), None)
    if parted is None:
        return _finding(
            "warning",
            "ncci-modifier-missing",
            f"The PTP table does not pay {both}, and the line of {pair.column_2} (column 2) carries no modifier.",
            "If the chart shows a separate encounter, site or service, add 59, XE, XS, XP or XU; otherwise only "
            f"{pair.column_1} is paid.",
            own,
            timeline,
        )
    column = 2 if parted == pair.column_2 else 1
    return _finding(
        "info",
        "ncci-modifier-present",
        f"The PTP table pays {both} only with a modifier; the line of {parted} (column {column}) carries one.",
        "Keep what shows the separate encounter, site or service with the claim.",
        own,
        timeline,
    )


def _finding(
    severity: Severity, code: str, message: str, fix: str, lines: Sequence[Line], timeline: EncounterTimeline
) -> Finding:
    ids = tuple(dict.fromkeys(i for line in lines for i in line.administrations))
    source = next((s for a in timeline.administrations if a.id in ids for s in a.sources), None)
    return Finding(severity, code, message, fix, source, ids)
