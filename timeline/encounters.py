"""From a reading to timelines: one encounter at a time, whatever the order of the input."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

from parsers.events import AdministrationEvent, Finding, Reading
from parsers.quick_values import changed
from timeline.access_names import access_key, look_alikes
from timeline.accesses import overlaps_and_gaps
from timeline.administrations import administrations_of_order
from timeline.charted_orders import orders_of
from timeline.clock_changes import settle_ambiguous_times
from timeline.corrections import apply_corrections
from timeline.entry_history import with_history
from timeline.formulary import Formulary, default_formulary
from timeline.hang_settings import HangSettings
from timeline.model import Administration, EncounterTimeline, Segment, Timelines
from timeline.pump_evidence import with_pumps
from timeline.surroundings import Surroundings, after_departure, around


def build(reading: Reading, formulary: Formulary | None = None, hang_settings: HangSettings | None = None) -> Timelines:
    """Timelines of every encounter in a reading.

    ``formulary`` gives the category of drugs whose record has none (the bundled one by default);
    ``hang_settings`` are the switches that say when a new bag continues a run.
    """
    formulary = formulary or default_formulary()
    settings = hang_settings or HangSettings()
    events, context = around(reading)
    by_encounter: dict[str, list[AdministrationEvent]] = {}
    for event in events:
        by_encounter.setdefault(event.encounter_id, []).append(event)
    encounters = tuple(
        _encounter(key, by_encounter[key], reading.timezone, formulary, settings, context)
        for key in sorted(by_encounter)
    )
    return Timelines(reading, encounters, formulary, settings)


def _encounter(
    key: str,
    events: list[AdministrationEvent],
    zone: str | None,
    formulary: Formulary,
    settings: HangSettings,
    context: Surroundings,
) -> EncounterTimeline:
    place = _zone(zone, [e for e in events if e.origin == "charted"] or events)
    about = context.of(key)
    standing, findings, past = apply_corrections([about.lines.renamed(e) for e in events] if about.lines else events)
    findings.extend(about.findings)
    standing = [_in_utc(e) for e in standing]
    inpatient_from = about.inpatient_from(standing)
    standing, ordered = about.completed(standing)
    administrations: list[Administration] = []
    for order in orders_of([e for e in standing if e.origin == "charted"]):
        settled, ambiguous = settle_ambiguous_times(order)
        findings.extend(ambiguous)
        made, found = administrations_of_order(settled, formulary, settings)
        administrations.extend(made)
        findings.extend(found)
    pumps = [e for e in standing if e.origin == "pump"]
    told_apart = _told_apart(administrations)
    administrations, found = with_pumps(told_apart, pumps, formulary, settings, about.one_number, past)
    findings.extend(found)
    administrations = about.placed(_told_apart(administrations), ordered)
    administrations, withdrawn = with_history(_shared_accesses(administrations, findings), past)
    administrations.sort(key=lambda a: (a.start, a.drug.casefold(), a.order_id or "", a.id))
    findings.extend(after_departure(administrations, about.stay.departure))
    overlaps, gaps = overlaps_and_gaps(administrations)
    return EncounterTimeline(
        id=key,
        patient_id=_one([e.patient_id for e in events]) or about.stay.patient_id,
        payer=_one([e.payer for e in events]),
        zone=place,
        administrations=tuple(administrations),
        overlaps=overlaps,
        gaps=gaps,
        findings=tuple(sorted(findings, key=_finding_order)),
        withdrawn=withdrawn,
        inpatient_from=inpatient_from,
        arrival=about.stay.arrival,
        departure=about.stay.departure,
        inpatient_between=tuple(Segment(start, stop) for start, stop in about.stay.inpatient_between),
        same_access=about.lines.names if about.lines else {},
    )


def _zone(name: str | None, events: Sequence[AdministrationEvent]) -> tzinfo:
    """The configured zone; times that brought their own offset keep that of the first one."""
    if name is not None and name != "UTC":
        return ZoneInfo(name)
    offset = min(events, key=lambda e: e.time).time.utcoffset()
    return timezone(offset) if offset else UTC


def _in_utc(event: AdministrationEvent) -> AdministrationEvent:
    """Past the parser all times are in UTC, so that differences are true elapsed time."""
    if event.time.tzinfo is UTC:
        return event
    return changed(
        event,
        time=event.time.astimezone(UTC),
        stop=_utc(event.stop),
        time_if_late=_utc(event.time_if_late),
        stop_if_late=_utc(event.stop_if_late),
        recorded_at=_utc(event.recorded_at),
    )


def _utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time is not None else None


def _one(values: Sequence[str | None]) -> str | None:
    return min((v for v in values if v), default=None)


def _told_apart(administrations: list[Administration]) -> list[Administration]:
    """Ids of their own for a bag and a dose of one drug, order and minute (a loading push); the bag keeps its id."""

    def place(a: Administration) -> tuple[object, ...]:
        return (a.single_dose, a.documented_push, a.access or "", a.stop or a.start)

    count: Counter[str] = Counter()
    result = []
    for administration in sorted(administrations, key=place):
        count[administration.id] += 1
        if count[administration.id] > 1:
            text = f"{administration.id}\x1f{count[administration.id]}"
            administration = replace(administration, id=hashlib.sha256(text.encode()).hexdigest()[:12])
        result.append(administration)
    return result


def _shared_accesses(administrations: list[Administration], findings: list[Finding]) -> list[Administration]:
    """One display name for each access, and a finding for names that look alike but are kept apart."""
    names: dict[str, str] = {}
    for access in sorted({a.access for a in administrations if a.access}):
        names.setdefault(access_key(access) or "", access)
    for one, other in look_alikes(set(names.values())):
        findings.append(
            Finding(
                "warning",
                "access-look-alike",
                "Two charted access names look alike and are kept apart.",
                "If they are one line, name them in site_aliases or the accesses file (same_as).",
                administrations=tuple(a.id for a in administrations if a.access in {one, other}),
            )
        )
    return [
        replace(a, access=names[access_key(a.access) or ""]) if a.access and a.access not in names.values() else a
        for a in administrations
    ]


def _finding_order(finding: Finding) -> tuple[object, ...]:
    source = finding.source
    return (
        finding.code,
        finding.administrations,
        # Before the source: what a feed says must not depend on the order in which its messages came.
        finding.message,
        (source.file, source.record or 0, source.row or 0) if source else ("", 0, 0),
    )
