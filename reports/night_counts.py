"""What a run changed, counted: by code, by cause, and the first-time encounters together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum

from reports.night import Cause, CauseKind, EncounterChange, LineChange, NightReport


@dataclass(frozen=True, slots=True)
class CodeCount:
    """Units of one code in two directions, never netted: what was added and what was taken back."""

    code: str
    lines: int
    units_more: int
    units_fewer: int
    amount: float | None
    """US dollars after less before; ``None`` unless every line has an amount."""


def changed(report: NightReport) -> tuple[EncounterChange, ...]:
    """Those that were reported before and differ now."""
    return tuple(change for change in report.changes if not change.first_time)


def first_time(report: NightReport) -> tuple[EncounterChange, ...]:
    """Those reported for the first time."""
    return tuple(change for change in report.changes if change.first_time)


def priced(report: NightReport) -> bool:
    """Whether anything in the report has an amount."""
    totals = report.totals
    return (
        totals.amount is not None
        or totals.amount_change is not None
        or any(c.amount_before is not None or c.amount_after is not None for c in report.changes)
    )


def line_amount(line: LineChange) -> float | None:
    """What the change of a line adds (or takes, below 0) in US dollars; ``None`` where it cannot be said."""
    before = 0.0 if line.kind == "new" else line.amount_before
    after = 0.0 if line.kind == "withdrawn" else line.amount_after
    return None if before is None or after is None else _cents(after - before)


def encounter_amount(change: EncounterChange) -> float | None:
    """The same of an encounter; one reported for the first time had nothing before."""
    before = 0.0 if change.first_time else change.amount_before
    return None if before is None or change.amount_after is None else _cents(change.amount_after - before)


def total(amounts: Iterable[float | None]) -> float | None:
    """The sum in whole cents; ``None`` if any of them is unknown, or there is none."""
    given = list(amounts)
    known = [amount for amount in given if amount is not None]
    return _cents(fsum(known)) if known and len(known) == len(given) else None


def _cents(amount: float) -> float:
    return round(amount, 2) + 0.0  # no -0.0


def by_code(changes: Iterable[EncounterChange]) -> tuple[CodeCount, ...]:
    """The line changes of these encounters by code, in the order of the codes."""
    lines: dict[str, list[LineChange]] = {}
    for change in changes:
        for line in change.lines:
            lines.setdefault(line.code, []).append(line)
    return tuple(_count(code, lines[code]) for code in sorted(lines))


def _count(code: str, lines: list[LineChange]) -> CodeCount:
    steps = [line.units_after - line.units_before for line in lines]
    more, fewer = sum(s for s in steps if s > 0), sum(-s for s in steps if s < 0)
    return CodeCount(code, len(lines), more, fewer, total(line_amount(line) for line in lines))


def by_cause(changes: Iterable[EncounterChange]) -> tuple[tuple[CauseKind, int], ...]:
    """How many encounters each kind of cause had a part in, the most first; one encounter may have several."""
    counts: Counter[CauseKind] = Counter()
    for change in changes:
        counts.update({cause.kind for cause in change.causes})
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def most_changed(changes: Iterable[EncounterChange], most: int) -> tuple[EncounterChange, ...]:
    """At most so many: those whose amount changes most, then whose units do; in the order they came."""
    given = list(changes)
    if len(given) <= most:
        return tuple(given)
    ranked = sorted(range(len(given)), key=lambda n: _weight(given[n]), reverse=True)[:most]
    return tuple(given[n] for n in sorted(ranked))


def _weight(change: EncounterChange) -> tuple[float, int]:
    units = sum(abs(line.units_after - line.units_before) for line in change.lines)
    return abs(encounter_amount(change) or 0.0), units


def shown_causes(change: EncounterChange, most: int) -> list[tuple[int, Cause]]:
    """Causes with their numbers from 1; of more than ``most`` those a line names, and new records last."""
    numbered = list(enumerate(change.causes, 1))
    if len(numbered) <= most:
        return numbered
    named = {place + 1 for line in change.lines for place in line.causes}
    kept = sorted(numbered, key=lambda item: (item[0] not in named, item[1].kind == "new record"))[:most]
    return sorted(kept, key=lambda item: item[0])


def ignored_reasons(report: NightReport) -> tuple[tuple[str, int], ...]:
    """Records that were set aside by reason, over all files, the most first."""
    counts: Counter[str] = Counter()
    for file in report.files:
        counts.update(file.ignored)
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
