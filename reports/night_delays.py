"""Late entries and corrections by unit and nurse: where charting runs behind, without codes or amounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from reports.night import Cause, EncounterChange
from reports.worklists import NOT_CHARTED

LATE, CORRECTION = "late entry", "correction"


@dataclass(frozen=True, slots=True)
class DelayCounts:
    """An entry that changed two encounters is counted once."""

    late_entries: int
    corrections: int
    encounters: int
    """Encounters that these entries changed."""
    median_delay: timedelta | None
    """From what happened to its late entry; ``None`` where no late entry says when it was charted."""


@dataclass(frozen=True, slots=True)
class NurseDelay:
    """The counts of one nurse on one unit."""

    nurse: str
    """As charted, or ``not charted``."""
    counts: DelayCounts


@dataclass(frozen=True, slots=True)
class UnitDelay:
    """The counts of a whole unit, and by nurse in the order of their names."""

    unit: str
    """As charted, or ``not charted``."""
    counts: DelayCounts
    nurses: tuple[NurseDelay, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry, however many encounters it changed."""

    encounters: frozenset[str]
    cause: Cause


def delays(changes: Iterable[EncounterChange]) -> tuple[UnitDelay, ...]:
    """Late entries and corrections of all these encounters, units in the order of their names."""
    by_place: dict[str, dict[str, list[_Entry]]] = {}
    for entry in _entries(changes):
        unit, nurse = entry.cause.department or NOT_CHARTED, entry.cause.nurse or NOT_CHARTED
        by_place.setdefault(unit, {}).setdefault(nurse, []).append(entry)
    return tuple(_unit(unit, nurses) for unit, nurses in sorted(by_place.items()))


def _entries(changes: Iterable[EncounterChange]) -> list[_Entry]:
    found: dict[object, _Entry] = {}
    for change in changes:
        for place, cause in enumerate(change.causes):
            if cause.kind not in (LATE, CORRECTION):
                continue
            # Without a place in a file two causes that read the same may be two entries.
            known = cause.file is not None and cause.record is not None
            key: object = _same(cause) if known else (change.encounter_id, place)
            before = found[key].encounters if key in found else frozenset[str]()
            found[key] = _Entry(before | {change.encounter_id}, cause)
    return list(found.values())


def _same(cause: Cause) -> tuple[object, ...]:
    """What two encounters share when one entry changed both; the words may differ."""
    return (
        cause.kind, cause.file, cause.record, cause.drug, cause.action, cause.time, cause.recorded_at, cause.nurse,
        cause.department,
    )  # fmt: skip


def _unit(unit: str, by_nurse: dict[str, list[_Entry]]) -> UnitDelay:
    everyone = [entry for entries in by_nurse.values() for entry in entries]
    nurses = tuple(NurseDelay(nurse, _counts(entries)) for nurse, entries in sorted(by_nurse.items()))
    return UnitDelay(unit, _counts(everyone), nurses)


def _counts(entries: list[_Entry]) -> DelayCounts:
    late = [entry.cause for entry in entries if entry.cause.kind == LATE]
    waited = [
        (c.recorded_at - c.time).total_seconds() for c in late if c.recorded_at is not None and c.time is not None
    ]
    delay = timedelta(seconds=median(waited)) if waited else None
    encounters = frozenset[str]().union(*(entry.encounters for entry in entries))
    return DelayCounts(len(late), len(entries) - len(late), len(encounters), delay)
