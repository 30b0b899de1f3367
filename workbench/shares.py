"""A reading cut into shares that can be coded apart: never below the patient, whose encounters bill together.

Where no record names the patient, the encounter stands for itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from parsers.events import AdministrationEvent, Context, Reading, StayContext

Number = tuple[str, str]
"""``encounter`` or ``patient``, and the number."""


@dataclass(frozen=True, slots=True)
class Patient:
    """The events of one patient, with those of all encounters that touch them."""

    home: Number
    events: list[AdministrationEvent]


class Cut:
    """A reading by patient.  ``patients`` stand in the order of the reading."""

    def __init__(self, reading: Reading) -> None:
        context = reading.context
        self._bare = replace(reading, events=(), context=Context(), findings=(), ignored=(), rejected=(), inputs=())
        self._context = context
        self._kin = _kin(reading)
        self.patients = self._by_patient(reading)
        self._stays = self._places((self._home(s.encounter_id), i) for i, s in enumerate(context.stays))
        self._accesses = self._places((self._home(a.encounter_id), i) for i, a in enumerate(context.accesses))
        self._orders = self._places((number, i) for i, o in enumerate(context.orders) for number in o.order_ids)

    def part(self, patients: Sequence[Patient]) -> Reading:
        """The reading of these patients, with what the input says around them."""
        context, homes = self._context, [patient.home for patient in patients]
        events = tuple(event for patient in patients for event in patient.events)
        orders = {event.order_id for event in events} if self._orders else ()
        return replace(
            self._bare,
            events=events,
            context=Context(
                orders=_taken(context.orders, self._orders, orders),
                stays=_taken(context.stays, self._stays, homes),
                merges=context.merges,
                accesses=_taken(context.accesses, self._accesses, homes),
            ),
        )

    def dealt(self, hands: int) -> list[list[Patient]]:
        """The patients dealt to so many hands, about as many events to each; fewer where there are fewer patients."""
        piles: list[list[Patient]] = [[] for _ in range(min(hands, len(self.patients)))]
        weights = [0] * len(piles)
        for patient in self.patients:
            lightest = weights.index(min(weights))
            piles[lightest].append(patient)
            weights[lightest] += len(patient.events)
        return piles

    def _home(self, encounter: str) -> Number:
        return _first(self._kin, ("encounter", encounter))

    def _by_patient(self, reading: Reading) -> list[Patient]:
        patients: dict[Number, Patient] = {}
        encounter, events = None, list[AdministrationEvent]()
        for event in reading.events:
            if event.encounter_id != encounter:
                encounter = event.encounter_id
                home = self._home(encounter)
                events = patients.setdefault(home, Patient(home, [])).events
            events.append(event)
        return list(patients.values())

    @staticmethod
    def _places(named: Any) -> dict[Hashable, list[int]]:
        places: dict[Hashable, list[int]] = {}
        for name, place in named:
            places.setdefault(name, []).append(place)
        return places


def _taken(records: tuple[Any, ...], places: dict[Hashable, list[int]], names: Any) -> tuple[Any, ...]:
    """The records that stand under one of the names, in their own order."""
    return tuple(records[place] for place in sorted({p for name in names for p in places.get(name, ())}))


def _kin(reading: Reading) -> dict[Number, Number]:
    """From each number to another that belongs to the same patient, up to one that stands for all of them."""
    kin: dict[Number, Number] = {}
    last: tuple[str, str | None] = ("", None)
    records: Iterable[AdministrationEvent | StayContext] = chain(reading.events, reading.context.stays)
    for record in records:
        pair = (record.encounter_id, record.patient_id)
        if pair != last and record.patient_id:
            _join(kin, ("encounter", record.encounter_id), ("patient", record.patient_id))
        last = pair
    for merge in reading.context.merges:
        _join(kin, (merge.kind, merge.old), (merge.kind, merge.new))
    return kin


def _first(kin: dict[Number, Number], number: Number) -> Number:
    while (parent := kin.get(number, number)) != number:
        kin[number] = kin.get(parent, parent)
        number = parent
    return number


def _join(kin: dict[Number, Number], one: Number, other: Number) -> None:
    one, other = _first(kin, one), _first(kin, other)
    if one != other:
        kin[one] = other
