"""The FHIR data types that administrations are made of: concepts, quantities, ratios, references.

Every function takes what stood in the JSON, whatever it is, and answers ``None`` where it is not what the
standard says: a wrong type in one element must not lose the rest of the resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parsers.events import Drug, Route
from parsers.profiles import Words
from parsers.quantities import minutes, rate_ml_per_hour, volume_ml
from parsers.vocabulary import key, route_from_text

Json = Mapping[str, Any]

EMPTY: Json = {}
_SNOMED_ROUTES = {
    "47625008": Route.IV,
    "78421000": Route.IM,
    "34206005": Route.SC,
    "58100008": Route.INTRA_ARTERIAL,
    "26643006": Route.OTHER,  # by mouth
    "37839007": Route.OTHER,  # under the tongue
    "37161004": Route.OTHER,  # rectal
    "46713006": Route.OTHER,  # nasal
    "6064005": Route.OTHER,  # on the skin
}
"""SNOMED CT routes of administration that decide a code, for senders that give the number alone."""
_IV = frozenset({None, Route.IV, Route.IVPB})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit as charted: the text of the unit, or its UCUM code where there is no text."""

    value: float
    unit: str | None


@dataclass(frozen=True, slots=True)
class Flow:
    """A rate as charted; ``ml_per_hour`` where it is a volume per time."""

    value: float
    unit: str | None
    ml_per_hour: float | None


def mapping(value: object) -> Json:
    """A JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else EMPTY


def mappings(value: object) -> list[Json]:
    """The objects of a list; one object standing alone (a list in another version) counts as a list of one."""
    if isinstance(value, dict):
        return [value]
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A JSON string without surrounding blanks; ``None`` for anything else or an empty one."""
    return value.strip() or None if isinstance(value, str) else None


def concept(value: object) -> Json:
    """A CodeableConcept; of a CodeableReference (R5) its concept."""
    found = mapping(value)
    return mapping(found["concept"]) if "concept" in found else found


def concept_texts(value: object) -> list[str]:
    """What a concept says, the most telling first: its text, the displays, the codes."""
    found = concept(value)
    codings = mappings(found.get("coding"))
    said = [found.get("text"), *(c.get("display") for c in codings), *(c.get("code") for c in codings)]
    return [t for t in map(text, said) if t is not None]


def concept_text(value: object) -> str | None:
    return next(iter(concept_texts(value)), None)


def quantity(value: object) -> Quantity | None:
    """A Quantity with a number; the number may stand in quotes."""
    found = mapping(value)
    amount = _float(found.get("value"))
    return None if amount is None else Quantity(amount, text(found.get("unit")) or text(found.get("code")))


def _float(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        return None
    return amount if abs(amount) < 1e15 else None  # also false for 'nan'


def quantity_minutes(value: Quantity | None) -> float | None:
    """A length of time in minutes; one without a unit is in minutes."""
    return None if value is None else minutes(repr(value.value), value.unit)


def quantity_ml(value: Quantity | None) -> float | None:
    return None if value is None else volume_ml(value.value, value.unit)


def flow(dosage: Json) -> Flow | None:
    """The rate of a dosage: ``rateRatio`` (250 mL per 30 min) or ``rateQuantity`` (125 mL/h)."""
    ratio = mapping(dosage.get("rateRatio"))
    above, below = quantity(ratio.get("numerator")), quantity(ratio.get("denominator"))
    if above is not None and below is not None and below.value > 0:
        unit = f"{above.unit or ''}/{below.unit or ''}"
        value = above.value / below.value
        return Flow(value, unit, rate_ml_per_hour(value, unit))
    plain = quantity(dosage.get("rateQuantity"))
    if plain is None:
        return None
    return Flow(plain.value, plain.unit, rate_ml_per_hour(plain.value, plain.unit))


def is_time(unit: str | None) -> bool:
    """Whether a unit is one of time alone: a "rate" of 4 min says how long, not how fast."""
    return unit is not None and minutes("1", unit) is not None


def reference(value: object) -> str | None:
    """The literal reference of a Reference or of a CodeableReference (R5): ``Encounter/12``, ``#bag``, ``urn:...``."""
    found = mapping(value)
    inner = found.get("reference")
    return text(mapping(inner).get("reference")) if isinstance(inner, dict) else text(inner)


def reference_id(value: object) -> str | None:
    """The number a reference stands for: its identifier's value, otherwise the last part of the address."""
    at = reference(value)
    return reference_identifier(value) or (tail(at) if at else None) or None


def reference_identifier(value: object) -> str | None:
    """The business number that a reference names beside or instead of its address."""
    found = mapping(value)
    if isinstance(found.get("reference"), dict):
        found = mapping(found["reference"])
    return text(mapping(found.get("identifier")).get("value"))


def tail(address: str) -> str:
    """``https://host/fhir/Encounter/12/_history/3`` -> ``12``; ``urn:uuid:1-2`` -> ``1-2``."""
    return address.split("/_history/")[0].rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].lstrip("#")


def drug(value: object) -> Drug | None:
    """One substance from a CodeableConcept: its name, first code and charge code; ``None`` when it names nothing."""
    name = concept_text(value)
    if name is None:
        return None
    codings = mappings(concept(value).get("coding"))
    first = next((c for c in codings if text(c.get("code"))), EMPTY)
    billed = (text(c.get("code")) for c in codings if _is_hcpcs(text(c.get("system"))))
    return Drug(name, text(first.get("code")), text(first.get("system")), next((c for c in billed if c), None))


def _is_hcpcs(system: str | None) -> bool:
    """HCPCS by its OID or by an address that names it."""
    return system is not None and ("hcpcs" in system.casefold() or system.endswith("2.16.840.1.113883.6.285"))


def route(dosage: Json, words: Words) -> tuple[Route | None, str | None]:
    """Route class and its text as charted; the method narrows an IV route to a push."""
    texts = concept_texts(dosage.get("route"))
    found = next((r for r in (_route(t, words) for t in texts) if r is not None), None)
    if found in _IV and any("push" in key(t) for t in concept_texts(dosage.get("method"))):
        found = Route.IV_PUSH
    return found, texts[0] if texts else None


def _route(said: str, words: Words) -> Route | None:
    return words.routes.get(key(said)) or _SNOMED_ROUTES.get(said) or route_from_text(said)
