"""Values of RXA, RXC, RXR and RXE fields: drugs, amounts, rates, routes, each read once and remembered.

A feed repeats few drugs, routes and rates many times, so each verbatim text is read once per
:class:`MarValues`.  The memory is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from parsers.er7 import Segment, Separators, decode
from parsers.events import Drug, Route
from parsers.profiles import Words
from parsers.quantities import minutes, number, rate_ml_per_hour, volume_ml
from parsers.vocabulary import key, route_from_text

NOT_RECORDED = 999.0
"""RXA-6 when the amount is not known (HL7 v2.5 chapter 4, RXA-6)."""
_HCPCS_TABLES = frozenset({"HCPCS", "HPC"})
_PUSH_CODES = frozenset({"ivp"})
_PIGGYBACK_CODES = frozenset({"ivpb"})
_IV_ROUTES = frozenset({None, Route.IV, Route.IVPB, Route.IV_PUSH})
_LIMIT = 20_000

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class RouteReading:
    """What RXR says.  ``unknown``: it is empty, or no table or profile explains its text."""

    route: Route | None
    text: str | None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate as charted and, where its unit is a volume per time, in mL per hour."""

    value: float
    unit: str | None
    ml_per_hour: float | None


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as charted; ``ml`` where its unit is a volume."""

    value: float | None
    unit: str | None
    ml: float | None


NO_AMOUNT = Amount(None, None, None)
NO_ROUTE = RouteReading(None, None)


class MarValues:
    """Reads values under one set of separators and one sender's words."""

    def __init__(self, marks: Separators, words: Words) -> None:
        self.marks = marks
        self.words = words
        self._drugs: dict[str, Drug | None] = {}
        self._parts: dict[str, tuple[Drug, float | None] | None] = {}
        self._routes: dict[str, RouteReading] = {}
        self._rates: dict[tuple[str, str], Rate | None] = {}
        self._amounts: dict[tuple[str, str], Amount] = {}

    def drug(self, text: str) -> Drug | None:
        """The substance of RXA-5 or RXC-2 (CE/CWE); ``None`` when no name and no code stands there."""
        try:
            return self._drugs[text]
        except KeyError:
            return _keep(self._drugs, text, self._read_drug(text))

    def part(self, rxc: Segment) -> tuple[Drug, float | None] | None:
        """One part of a mix and its volume in mL; RXC-1 ``B`` is the base, ``A`` an additive."""
        try:
            return self._parts[rxc.verbatim]
        except KeyError:
            return _keep(self._parts, rxc.verbatim, self._read_part(rxc))

    def route(self, rxr: Segment) -> RouteReading:
        """Route from RXR-1, narrowed by the method in RXR-4."""
        known = self._routes.get(rxr.verbatim)
        return known if known is not None else _keep(self._routes, rxr.verbatim, self._read_route(rxr))

    def rate(self, text: str, unit: str = "") -> Rate | None:
        """A rate such as RXA-12 ``100 mL/hr``; ``unit`` where it stands in a field of its own."""
        if not text:
            return None
        try:
            return self._rates[text, unit]
        except KeyError:
            return _keep(self._rates, (text, unit), self._read_rate(text, unit))

    def amount(self, text: str, unit: str) -> Amount:
        """RXA-6 and RXA-7; 999 without a number's meaning stands for 'not recorded'."""
        if not text:
            return NO_AMOUNT
        known = self._amounts.get((text, unit))
        return known if known is not None else _keep(self._amounts, (text, unit), self._read_amount(text, unit))

    def volume_beside(self, amount: Amount, field: str) -> Amount:
        """The volume of a bag whose amount says 1 mL and whose RXA-8 holds a bare number, as in ``1|MLS|100^1``.

        RXA-8 is the dosage form; one vendor's feed counts bags in RXA-6 and writes their volume there.
        """
        size, unit = number(self.components(field)[0])
        if size is None or size <= 0 or unit is not None:
            return amount
        return Amount(size, amount.unit, volume_ml(size, amount.unit))

    def components(self, field: str) -> list[str]:
        """The decoded components of the first repeat of a field."""
        marks = self.marks
        first = field.split(marks.repeat, 1)[0]
        return [decode(part, marks).strip() for part in first.split(marks.component)]

    def best_text(self, field: str) -> str:
        """The text of a coded field: component 2, otherwise 5, 9 or the code itself."""
        parts = self.components(field)
        return next((parts[i] for i in (1, 4, 8, 0) if i < len(parts) and parts[i] and parts[i] != '""'), "")

    def _read_drug(self, field: str) -> Drug | None:
        name = self.best_text(field)
        if not name:
            return None
        parts = [*self.components(field), "", "", "", "", "", ""]
        coded = parts[0] if parts[1] or parts[2] else ""
        code, system = (coded, parts[2]) if coded else (parts[3], parts[5])
        tables = ((parts[2], parts[0]), (parts[5], parts[3]))
        hcpcs = next((found for table, found in tables if table.upper() in _HCPCS_TABLES and found), None)
        return Drug(name, code or None, system or None, hcpcs)

    def _read_part(self, rxc: Segment) -> tuple[Drug, float | None] | None:
        drug = self.drug(rxc.field(2))
        if drug is None:
            return None
        amount = self.amount(rxc.field(3), rxc.field(4))
        base = rxc.component(1, 1).upper().startswith("B")
        return Drug(drug.name, drug.code, drug.code_system, drug.hcpcs, base=base), amount.ml

    def _read_route(self, rxr: Segment) -> RouteReading:
        parts = [*self.components(rxr.field(1)), ""]
        texts = [text for text in (parts[1], parts[0], *parts[3:5]) if text and text != '""']
        route = next((found for found in map(self._route_of, texts) if found), None)
        narrowed = self._method(rxr.field(4)) if route in _IV_ROUTES else None
        shown = texts[0] if texts else None
        return RouteReading(narrowed or route, shown, unknown=not (narrowed or route))

    def _route_of(self, text: str) -> Route | None:
        return self.words.routes.get(key(text)) or route_from_text(text)

    def _method(self, field: str) -> Route | None:
        """A push or a piggyback from RXR-4.

        Table 0165 calls IVP a push; table 0164 (the device of RXR-3) calls the same code a pump, so a code
        of another table says nothing here.
        """
        if not field:
            return None
        parts = [*self.components(field), "", "", ""]
        if "0164" in parts[2]:
            return None
        words = {key(parts[0]), key(parts[1])}
        if words & _PIGGYBACK_CODES or "piggyback" in key(parts[1]):
            return Route.IVPB
        if any("pump" in word for word in words):
            return None
        return Route.IV_PUSH if words & _PUSH_CODES or any("push" in word for word in words) else None

    def _read_rate(self, text: str, unit_field: str) -> Rate | None:
        value, unit = number(decode(text, self.marks).strip())
        if value is None:
            return None
        unit = unit or self.best_text(unit_field) or None
        return Rate(value, unit, rate_ml_per_hour(value, unit))

    def _read_amount(self, text: str, unit_field: str) -> Amount:
        value, written = number(text.strip())
        if value is None or value == NOT_RECORDED:
            return NO_AMOUNT
        parts = [part for part in self.components(unit_field)[:2] if part and part != '""' and not part.isdigit()]
        units = parts or ([written] if written else [])
        ml = next((found for found in (volume_ml(value, unit) for unit in units) if found is not None), None)
        return Amount(value, units[0] if units else None, ml)


def ordered_minutes(field: str, values: MarValues) -> float | None:
    """Duration of one dose from TQ-3 (``M30``, ``H1``) of RXE-1 or ORC-7; days and longer are courses, not doses."""
    parts = values.components(field)
    return _interval_minutes(parts[2]) if len(parts) > 2 else None


def per_time_minutes(text: str) -> float | None:
    """RXE-22, the time that the rate amount counts for: ``H1`` is 60 minutes."""
    return _interval_minutes(text)


def _interval_minutes(text: str) -> float | None:
    unit = {"S": "s", "M": "min", "H": "h"}.get(text[:1].upper())
    if unit is None or not text[1:].strip().isdigit():
        return None
    return minutes(text[1:], unit) or None


def _keep(cache: dict[Key, Value], at: Key, value: Value) -> Value:
    if len(cache) >= _LIMIT:
        cache.clear()
    cache[at] = value
    return value
