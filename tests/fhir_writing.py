"""Writes the record of :mod:`tests.table_writing` as FHIR: an R4 bundle, R4 as NDJSON, and an R5 bundle.

One MedicationAdministration is one bag or dose with its period; pauses are parts on hold, what was taken back is
entered-in-error, what was held or refused is not-done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.parsers.fhir_resources import bundle, ndjson
from tests.table_writing import Charted, Visit, iso_time, record_number

Json = dict[str, Any]
_NOT_DONE = {"Held", "Refused"}


def r4_bundle(visits: Sequence[Visit]) -> bytes:
    return bundle(*_resources(visits))


def r4_ndjson(visits: Sequence[Visit]) -> bytes:
    return ndjson(*_resources(visits))


def r5_bundle(visits: Sequence[Visit]) -> bytes:
    return bundle(*map(_as_r5, _resources(visits)))


FHIR_WRITERS = {"r4.json": r4_bundle, "r4.ndjson": r4_ndjson, "r5.json": r5_bundle}


def _resources(visits: Sequence[Visit]) -> Iterator[Json]:
    for visit in visits:
        for order in dict.fromkeys(row.order for row in visit.chart):
            yield from _order(visit, [row for row in visit.chart if row.order == order])


def _order(visit: Visit, rows: Sequence[Charted]) -> Iterator[Json]:
    """The administrations of one order: a period from the first bag to the stop, or an instant for each dose."""
    taken_back = {row.minute for row in rows if row.action == "Canceled Entry"}
    hung = [row for row in rows if row.action == "New Bag"]
    if hung:
        stops = [row.minute for row in rows if row.action == "Stopped"]
        first = min(hung, key=lambda row: row.minute)
        whole = _administration(visit, first, f"{visit.order_prefix}{first.order}")
        whole["effectivePeriod"] = _period(first.minute, max(stops, default=None))
        yield whole
        for number, (pause, until) in enumerate(_pauses(rows), start=1):
            part = _administration(visit, first, f"{whole['id']}-p{number}", "on-hold")
            part["effectivePeriod"] = _period(pause, until)
            part["partOf"] = [{"reference": f"MedicationAdministration/{whole['id']}"}]
            yield part
    for number, row in enumerate((r for r in rows if r.action in {"Given", *_NOT_DONE}), start=1):
        lost = row.minute in taken_back and row.action == "Given"
        status = "not-done" if row.action in _NOT_DONE else "entered-in-error" if lost else "completed"
        dose = _administration(visit, row, f"{visit.order_prefix}{row.order}-d{number}", status)
        dose["effectiveDateTime"] = iso_time(row.minute)
        yield dose


def _pauses(rows: Sequence[Charted]) -> Iterator[tuple[int, int]]:
    ends = iter(sorted(row.minute for row in rows if row.action == "Restarted"))
    for begin in sorted(row.minute for row in rows if row.action == "Paused"):
        yield begin, next(ends)


def _period(start: int, stop: int | None) -> Json:
    return {"start": iso_time(start)} | ({} if stop is None else {"end": iso_time(stop)})


def _administration(visit: Visit, row: Charted, number: str, status: str = "completed") -> Json:
    dosage: Json = {"route": {"text": row.route}}
    if row.site:
        dosage["site"] = {"text": row.site}
    if row.rate is not None:
        dosage["rateQuantity"] = {"value": row.rate, "unit": "mL/hr"}
    return {
        "resourceType": "MedicationAdministration",
        "id": number,
        "status": status,
        "subject": {"reference": f"Patient/{record_number(visit)}"},
        "context": {"reference": f"Encounter/{visit.encounter}"},
        "request": {"reference": f"MedicationRequest/{visit.order_prefix}{row.order}"},
        "dosage": dosage,
        **_medication(row.drugs),
    }


def _medication(drugs: Sequence[str]) -> Json:
    if len(drugs) == 1:
        return {"medicationCodeableConcept": {"text": drugs[0]}}
    parts = [{"itemCodeableConcept": {"text": drug}} for drug in drugs]
    mix = {"resourceType": "Medication", "id": "mix", "ingredient": parts}
    return {"contained": [mix], "medicationReference": {"reference": "#mix"}}


def _as_r5(resource: Json) -> Json:
    """R5 renames the encounter, the medication and (with one r) the occurence."""
    names = {"context": "encounter", "effectivePeriod": "occurencePeriod", "effectiveDateTime": "occurenceDateTime"}
    told = {names.get(name, name): value for name, value in resource.items()}
    if "medicationCodeableConcept" in told:
        told["medication"] = {"concept": told.pop("medicationCodeableConcept")}
    else:
        told["medication"] = {"reference": told.pop("medicationReference")}
        (mix,) = told["contained"]
        parts = [{"item": {"concept": part["itemCodeableConcept"]}} for part in mix["ingredient"]]
        told["contained"] = [mix | {"ingredient": parts}]
    return told
