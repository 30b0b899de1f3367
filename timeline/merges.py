"""Numbers that were merged (ADT^A40 and relatives): everything moves to the number that stands, before grouping.

The latest word on a number wins, whatever the order of the input, and a chain of merges is followed to its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from parsers.events import (
    AccessContext,
    AdministrationEvent,
    Context,
    Finding,
    Merge,
    OrderContext,
    Reading,
    StayContext,
)

_EARLY = datetime.min.replace(tzinfo=UTC)
Numbered = TypeVar("Numbered", AdministrationEvent, OrderContext, StayContext)


def merged(reading: Reading) -> tuple[Reading, dict[str, list[Finding]]]:
    """The reading under the numbers that stand, and findings by encounter that took in another.

    ``records`` and what became of them do not change.
    """
    merges = reading.context.merges
    if not merges:
        return reading, {}
    encounters, patients = standing_numbers(merges, "encounter"), standing_numbers(merges, "patient")
    context = reading.context
    moved = {e.encounter_id for e in reading.events} & set(encounters)
    return (
        replace(
            reading,
            events=tuple(_renamed(reading.events, encounters, patients)),
            context=Context(
                orders=tuple(_renamed(context.orders, encounters, patients)),
                stays=tuple(_renamed(context.stays, encounters, patients)),
                merges=merges,
                accesses=tuple(_access(access, encounters) for access in context.accesses),
            ),
        ),
        _findings(merges, moved, encounters),
    )


def standing_numbers(merges: Iterable[Merge], kind: str) -> dict[str, str]:
    """Former number to the one that stands for it."""
    links: dict[str, str] = {}
    of_kind = [m for m in merges if m.kind == kind]
    for merge in sorted(of_kind, key=lambda m: (m.recorded_at or _EARLY, m.old, m.new)):
        path = _path(merge.new, links)
        if merge.old in path:
            # Merged the other way before: that is taken back by this later word.
            del links[path[path.index(merge.old) - 1]]
        links[merge.old] = merge.new
    return {old: _path(old, links)[-1] for old in links}


def _path(number: str, links: dict[str, str]) -> list[str]:
    path = [number]
    while path[-1] in links:
        path.append(links[path[-1]])
    return path


def _renamed(records: Iterable[Numbered], encounters: dict[str, str], patients: dict[str, str]) -> Iterable[Numbered]:
    for record in records:
        encounter, patient = record.encounter_id, record.patient_id
        if encounter in encounters or patient in patients:
            record = replace(
                record,
                encounter_id=encounters.get(encounter, encounter) if encounter is not None else None,
                patient_id=patients.get(patient, patient) if patient is not None else None,
            )
        yield record


def _access(access: AccessContext, encounters: dict[str, str]) -> AccessContext:
    standing = encounters.get(access.encounter_id)
    return access if standing is None else replace(access, encounter_id=standing)


def _findings(merges: Iterable[Merge], moved: set[str], encounters: dict[str, str]) -> dict[str, list[Finding]]:
    """One finding for each former number whose administrations moved."""
    found: dict[str, list[Finding]] = {}
    by_old = {m.old: m for m in sorted(merges, key=lambda m: m.recorded_at or _EARLY) if m.kind == "encounter"}
    for old in sorted(moved):
        found.setdefault(encounters[old], []).append(
            Finding(
                "info",
                "encounter-merged",
                "Administrations recorded under another visit or account number were merged into this encounter.",
                "",
                by_old[old].source,
            )
        )
    return found
