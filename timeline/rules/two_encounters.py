"""Two encounters of one patient on one date: the later one's lines carry a modifier (rulebook 33).

Later is by the first administration, then by encounter id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from timeline.switches import Settings


def encounter_modifier(settings: Settings) -> str:
    """59, or XE (separate encounter) under switch ``modifier_style``."""
    return "59" if settings.modifier_style == "59" else "XE"


def marked(modifiers: tuple[str, ...], modifier: str) -> tuple[str, ...]:
    """The modifiers with one added; never twice."""
    return modifiers if modifier in modifiers else (*modifiers, modifier)


def later_dates(
    encounters: Sequence[tuple[str, str | None, datetime | None, Iterable[date]]],
) -> dict[str, set[date]]:
    """Encounter id to the dates on which an earlier encounter of the same patient has a line.

    ``encounters``: (id, patient id, first administration, dates of its lines) each.
    """
    by_patient: dict[str, list[tuple[datetime, str, set[date]]]] = {}
    for key, patient, first, dates in encounters:
        if patient and first is not None:
            by_patient.setdefault(patient, []).append((first, key, set(dates)))
    result: dict[str, set[date]] = {}
    for visits in by_patient.values():
        seen: set[date] = set()
        for _, key, dates in sorted(visits, key=lambda v: (v[0], v[1])):
            result[key] = set(seen)
            seen |= dates
    return result
