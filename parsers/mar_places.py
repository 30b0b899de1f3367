"""One RXA with everything that counts for it, and the reading of a profile's places in it."""

from __future__ import annotations

from collections.abc import Iterable

from parsers.er7 import Segment, decode
from parsers.field_paths import FieldPath
from parsers.mar_groups import Group, Layout, Order
from parsers.mar_values import MarValues, Rate

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
            segment = self.segment(path)
            if segment is None:
                continue
            if path.component is not None:
                text = segment.component(path.field, path.component)
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
