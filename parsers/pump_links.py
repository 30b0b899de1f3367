"""Which encounter a pump event belongs to, where the pump names none.

A pump that was told its patient knows no visit.  Its event belongs to the encounter that the chart gives to the same
order number, otherwise to the one encounter of the patient that was running at that time.  Where none or several fit,
the message is kept aside with that reason: whose infusion it was is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from parsers.events import AdministrationEvent, Context, Finding, Source, StayContext

NO_ENCOUNTER = "pump of a patient without an encounter at that time"
SEVERAL_ENCOUNTERS = "pump of a patient with several encounters at that time"
BEFORE, AFTER = timedelta(hours=12), timedelta(hours=24)
"""How long before its first and after its last charted action an encounter without arrival and discharge is taken to
run: an unknown stop is looked for within 24 hours too."""


@dataclass(frozen=True, slots=True)
class Linked:
    """Events with their encounters; ``aside`` holds the records of which nothing could be placed, by reason."""

    events: list[AdministrationEvent]
    findings: list[Finding]
    aside: dict[str, list[Source]]


@dataclass(slots=True)
class _Visit:
    """One encounter of a patient, from its first sign to its last; ``None`` where the record gives no bound."""

    first: datetime | None = None
    last: datetime | None = None
    arrival: datetime | None = None
    discharge: datetime | None = None
    returned: datetime | None = None
    """The last arrival: behind the discharge, the patient came back under the same number."""

    def see(self, time: datetime) -> None:
        self.first = time if self.first is None or time < self.first else self.first
        self.last = time if self.last is None or time > self.last else self.last

    def runs_at(self, time: datetime) -> bool:
        start = self.arrival or (self.first - BEFORE if self.first is not None else None)
        stop = self.discharge or (self.last + AFTER if self.last is not None else None)
        if self.discharge is not None and self.returned is not None and self.returned > self.discharge:
            stop = None
        return start is not None and start <= time and (stop is None or time < stop)


def with_encounters(events: Sequence[AdministrationEvent], context: Context) -> Linked:
    """Every event with an encounter; pump events for which none is found are set aside."""
    if all(e.encounter_id for e in events):
        return Linked(list(events), [], {})
    merged = {m.old: m.new for m in context.merges if m.kind == "patient"}
    visits = _visits(events, context, merged)
    orders = _orders(events)
    placed: list[AdministrationEvent] = []
    aside: dict[str, dict[tuple[str, int | None], Source]] = {}
    for event in events:
        if event.encounter_id:
            placed.append(event)
            continue
        fits = _fitting(event, visits.get(_now(event.patient_id, merged) or "", {}), orders)
        if len(fits) == 1:
            placed.append(replace(event, encounter_id=fits[0]))
        else:
            reason = SEVERAL_ENCOUNTERS if fits else NO_ENCOUNTER
            aside.setdefault(reason, {})[(event.source.file, event.source.record)] = event.source
    used = {(e.source.file, e.source.record) for e in placed}
    lost = {reason: [s for at, s in found.items() if at not in used] for reason, found in aside.items()}
    lost = {reason: sources for reason, sources in lost.items() if sources}
    return Linked(placed, [_finding(reason, sources) for reason, sources in sorted(lost.items())], lost)


def _fitting(
    event: AdministrationEvent,
    of_patient: dict[str, _Visit],
    orders: dict[str, set[tuple[str, str | None]]],
) -> list[str]:
    named = orders.get(event.order_id or "", set())
    # An order number that another patient's chart uses too is a number of the pump, not of the order.
    of_order = {encounter for encounter, patient in named if patient is None or patient == event.patient_id}
    if len(of_order) == 1:
        return list(of_order)
    return sorted(encounter for encounter, visit in of_patient.items() if visit.runs_at(event.time))


def _orders(events: Sequence[AdministrationEvent]) -> dict[str, set[tuple[str, str | None]]]:
    """Order number to the encounters and patients whose chart names it."""
    found: dict[str, set[tuple[str, str | None]]] = {}
    for event in events:
        if event.origin == "charted" and event.order_id:
            found.setdefault(event.order_id, set()).add((event.encounter_id, event.patient_id))
    return found


def _now(patient: str | None, merged: Mapping[str, str]) -> str | None:
    """The number a patient has after the merges."""
    passed: set[str] = set()
    while patient is not None and patient in merged and patient not in passed:
        passed.add(patient)
        patient = merged[patient]
    return patient


def _visits(
    events: Sequence[AdministrationEvent], context: Context, merged: Mapping[str, str]
) -> dict[str, dict[str, _Visit]]:
    """Patient to the encounters known of the patient."""
    patients: dict[str, str] = {}
    visits: dict[str, dict[str, _Visit]] = {}
    for event in events:
        if event.encounter_id and event.patient_id:
            patient = _now(event.patient_id, merged) or ""
            patients[event.encounter_id] = patient
            visit = visits.setdefault(patient, {}).setdefault(event.encounter_id, _Visit())
            visit.see(event.time)
            visit.see(event.stop or event.time)
    for stay in _standing(context.stays):
        owner = _now(stay.patient_id, merged) or patients.get(stay.encounter_id)
        if owner is None:
            continue
        visit = visits.setdefault(owner, {}).setdefault(stay.encounter_id, _Visit())
        if stay.kind == "arrival":
            visit.arrival = min(stay.time, visit.arrival or stay.time)
            visit.returned = max(stay.time, visit.returned or stay.time)
        elif stay.kind == "discharge":
            visit.discharge = max(stay.time, visit.discharge or stay.time)
        else:
            visit.see(stay.time)
    return visits


def _standing(stays: Sequence[StayContext]) -> list[StayContext]:
    """The facts of the stays that no later message took back, in the order recorded."""
    standing: dict[str, list[StayContext]] = {}
    for fact in sorted(stays, key=lambda f: (_recorded(f), f.cancelled, f.time.timestamp())):
        facts = standing.setdefault(fact.encounter_id, [])
        if not fact.cancelled:
            facts.append(fact)
        elif fact.kind == "discharge":
            facts[:] = [f for f in facts if f.kind != "discharge" or f.recorded_at is None]
        elif fact.kind == "arrival":
            facts[:] = _without_admission(facts, fact.patient_class)
    return [fact for facts in standing.values() for fact in facts]


def _without_admission(facts: Sequence[StayContext], named: str | None) -> list[StayContext]:
    """Without the last registration and what repeated its class; where none is left, without all that came of it."""
    registered = [f for f in facts if f.kind == "arrival" and f.patient_class is not None]
    taken = named or (registered[-1].patient_class if registered else None)
    left = [f for f in facts if f.patient_class != taken]
    if any(f in registered for f in left):
        return left
    return [f for f in facts if f.recorded_at is None]


def _recorded(fact: StayContext) -> float:
    """Seconds since 1970; what a table says was there before any message."""
    return fact.recorded_at.timestamp() if fact.recorded_at is not None else float("-inf")


def _finding(reason: str, sources: Sequence[Source]) -> Finding:
    which = "1 pump message was" if len(sources) == 1 else f"{len(sources)} pump messages were"
    why = (
        "more than one encounter of the patient runs at that time"
        if reason == SEVERAL_ENCOUNTERS
        else "the input holds no encounter of the patient at that time"
    )
    return Finding(
        "warning",
        "pump-encounter-unclear",
        f"{which} kept aside: {why}.",
        "Send the visit number in PV1-19, or the admission and discharge messages (ADT) of the patient.",
        sources[0],
    )
