"""One RXA with everything that counts for it, and the reading of a profile's places in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from parsers.er7 import Segment, decode
from parsers.field_paths import FieldPath, field_path
from parsers.mar_groups import Group, Layout, Order
from parsers.mar_values import NO_ROUTE, MarValues, Rate, RouteReading
from parsers.profiles import Hl7Profile
from parsers.unknown_patient import known_number

Key = TypeVar("Key")
Value = TypeVar("Value")

HL7_NULL = '""'
_MEDICAL_RECORD = "MR"


class Charted:
    """One RXA in its group, order and message.  ``label`` names it in messages: ``RXA`` or ``RXA[2]``."""

    __slots__ = ("group", "label", "layout", "order", "route", "rxa")

    def __init__(self, layout: Layout, order: Order, group: Group, number: int, rxa: Segment) -> None:
        self.layout = layout
        self.order = order
        self.group = group
        self.rxa = rxa
        self.route = group.route or order.route
        self.label = "RXA" if layout.rxa_count == 1 else f"RXA[{number}]"

    def segment(self, path: FieldPath) -> Segment | None:
        """The segment a path means here: the RXA's own, its group's, its order's, then the message's."""
        name = path.segment
        if name == "RXA":
            return self.rxa
        if name == "RXR":
            return self.route
        if name == "ORC":
            return self.order.orc
        if name == "PID":
            return self.layout.patient
        if name == "PV1":
            return self.layout.visit
        if name == "MSH":
            return self.layout.header
        return self._other(path)

    def _other(self, path: FieldPath) -> Segment | None:
        if not self.layout.has_others:
            return None
        for place in (self.group.others, self.order.others, self.layout.others):
            for segment in place:
                if path.chooses(segment):
                    return segment
        # Behind the last RXA of the message a segment may be meant for all of them (a payer in a Z segment).
        last = self.layout.orders[-1].groups[-1] if self.layout.orders[-1].groups else None
        if last is None or path.observation is not None:
            return None
        return next((segment for segment in last.others if path.chooses(segment)), None)

    def text(self, paths: Iterable[FieldPath], values: MarValues) -> str:
        """The first of these places that holds something, decoded; empty when none does."""
        for path in paths:
            segment = self.rxa if path.segment == "RXA" else self.segment(path)
            if segment is None:
                continue
            component = path.component
            if component is not None:
                text = segment.component(path.field, component)
            else:
                field = segment.field(path.field)
                text = values.best_text(field) if field else ""
            if text and text != HL7_NULL:
                return text
        return ""

    def time_text(self, paths: Iterable[FieldPath]) -> str:
        """The first of these places that holds something, as a time: component 1 where none is named."""
        for path in paths:
            segment = self.segment(path)
            text = segment.component(path.field, path.component or 1) if segment is not None else ""
            if text and text != HL7_NULL:
                return text
        return ""

    def rate(self, paths: Iterable[FieldPath], values: MarValues) -> Rate | None:
        """The first of these places that holds a rate; the unit of an OBX-5 is its OBX-6."""
        for path in paths:
            segment = self.segment(path)
            if segment is None:
                continue
            component = path.component
            text = segment.field(path.field) if component is None else segment.component(path.field, component)
            rate = values.rate(text, segment.field(6) if path.segment == "OBX" else "")
            if rate is not None:
                return rate
        return None

    def identifier(self, paths: Iterable[FieldPath]) -> str:
        """The first of these places that holds an identifier; of several repeats the one typed MR (CX-5)."""
        for path in paths:
            segment = self.segment(path)
            field = segment.field(path.field) if segment is not None else ""
            if segment is None or not field:
                continue
            marks = segment.separators
            repeats = [repeat.split(marks.component) for repeat in field.split(marks.repeat)]
            typed = [parts for parts in repeats if len(parts) > 4 and parts[4] == _MEDICAL_RECORD and parts[0]]
            parts = typed[0] if typed else repeats[0]
            number = path.component or 1
            text = decode(parts[number - 1], marks).strip() if number <= len(parts) else ""
            if text and text != HL7_NULL:
                return text
        return ""

    def near(self, name: str, paths: Iterable[FieldPath], values: MarValues) -> str:
        """One list of a visit as far as it stands outside PID and PV1."""
        return self.identifier(paths) if name == PATIENT else self.text(paths, values)


class Places:
    """The places of one profile, read under one set of separators.

    What stands in PID, PV1 and RXR is repeated from message to message of a stay, so it is read once for each
    such text: ``visit`` and ``route`` remember it.
    """

    __slots__ = ("_after", "_all", "_before", "_nearer", "_routes", "_visits", "values")

    def __init__(self, profile: Hl7Profile, values: MarValues) -> None:
        self.values = values
        self._all: dict[str, tuple[FieldPath, ...]] = {}
        self._before: dict[str, tuple[FieldPath, ...]] = {}
        self._after: dict[str, tuple[FieldPath, ...]] = {}
        for name in Hl7Profile.__struct_fields__:
            paths = tuple(field_path(path) for path in getattr(profile, name))
            cut = _remembered_part(name, paths)
            self._all[name], self._before[name], self._after[name] = paths, paths[:cut], paths[cut:]
        self._nearer = tuple((name, self._before[name]) for name in (PATIENT, *_VISIT_LISTS) if self._before[name])
        self._visits: dict[tuple[str, str], dict[str, str]] = {}
        self._routes: dict[str, tuple[RouteReading, str, str]] = {}

    def paths(self, name: str) -> tuple[FieldPath, ...]:
        """All places of one list of the profile."""
        return self._all[name]

    def visit(self, charted: Charted) -> dict[str, str]:
        """Patient, encounter, department, class and payer by the name of their list; places near the RXA first."""
        texts = self._of_stay(charted)
        if self._nearer:
            found = {name: charted.near(name, paths, self.values) for name, paths in self._nearer}
            if any(found.values()):
                return {**texts, **{name: text for name, text in found.items() if text}}
        return texts

    def _of_stay(self, charted: Charted) -> dict[str, str]:
        """What PID and PV1 hold of each list, read once for each pair of their texts."""
        layout = charted.layout
        at = (
            layout.patient.verbatim if layout.patient is not None else "",
            layout.visit.verbatim if layout.visit is not None else "",
        )
        texts = self._visits.get(at)
        if texts is None:
            texts = {name: charted.text(self._after[name], self.values) for name in _VISIT_LISTS}
            texts[PATIENT] = known_number(charted.identifier(self._after[PATIENT]))
            texts[ENCOUNTER] = known_number(texts[ENCOUNTER])
            self._visits[at] = _kept(self._visits, texts)
        return texts

    def route(self, charted: Charted) -> tuple[RouteReading, str, str]:
        """Route, site and device of an RXA."""
        rxr = charted.route
        if rxr is None:
            found = (NO_ROUTE, "", "")
        else:
            known = self._routes.get(rxr.verbatim)
            if known is None:
                texts = [charted.text(self._before[name], self.values) for name in _ROUTE_LISTS]
                known = _kept(self._routes, (self.values.route(rxr), texts[0], texts[1]))
                self._routes[rxr.verbatim] = known
            found = known
        reading, site, device = found
        if not site and self._after["site_fields"]:
            site = charted.text(self._after["site_fields"], self.values)
        if not device and self._after["device_fields"]:
            device = charted.text(self._after["device_fields"], self.values)
        return reading, site, device

    def text(self, name: str, charted: Charted) -> str:
        """One list of the profile that is read anew for each RXA; mostly empty lists cost nothing."""
        before = self._before[name]
        return charted.text(before, self.values) if before else ""


PATIENT = "patient_fields"
ENCOUNTER = "encounter_fields"
_VISIT_LISTS = (ENCOUNTER, "department_fields", "class_fields", "payer_fields")
_ROUTE_LISTS = ("site_fields", "device_fields")
_LIMIT = 20_000


def _remembered_part(name: str, paths: tuple[FieldPath, ...]) -> int:
    """Where a list is cut: its end in PID and PV1, or its beginning in RXR, can be remembered."""
    cut = len(paths)
    if name == PATIENT or name in _VISIT_LISTS:
        while cut and paths[cut - 1].segment in ("PID", "PV1"):
            cut -= 1
    elif name in _ROUTE_LISTS:
        cut = next((i for i, path in enumerate(paths) if path.segment != "RXR"), len(paths))
    return cut


def _kept(cache: dict[Key, Value], value: Value) -> Value:
    """``value``, after making room for it where the cache is full."""
    if len(cache) >= _LIMIT:
        cache.clear()
    return value
