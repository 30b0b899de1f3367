"""What was ordered, where the message repeats the order: minutes, volume and rate of one dose."""

from __future__ import annotations

from dataclasses import dataclass

from parsers.er7 import Segment
from parsers.mar_groups import Order
from parsers.mar_values import MarValues, ordered_minutes, per_time_minutes
from parsers.quantities import minutes, volume_ml

_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Ordered:
    """Minutes, mL and mL per hour of one dose as ordered; ``None`` where the message does not say."""

    minutes: float | None = None
    volume_ml: float | None = None
    rate_ml_per_hour: float | None = None


NOTHING_ORDERED = Ordered()


def read_ordered(order: Order, values: MarValues) -> Ordered:
    """The order of an RXA from RXE or RXO, TQ1 and ORC-7."""
    if not order.others and (order.orc is None or not order.orc.field(7)):
        return NOTHING_ORDERED
    found: dict[str, Segment] = {}
    for segment in order.others:
        found.setdefault(segment.name, segment)
    rxe, rxo, timing = found.get("RXE"), found.get("RXO"), found.get("TQ1")
    volume = values.amount(rxe.field(3), rxe.field(5)).ml if rxe is not None else None
    if volume is None and rxo is not None:
        volume = values.amount(rxo.field(2), rxo.field(4)).ml
    return Ordered(_minutes(order, rxe, timing, values), volume, _rate(rxe, values) if rxe is not None else None)


def _minutes(order: Order, rxe: Segment | None, timing: Segment | None, values: MarValues) -> float | None:
    fields = [rxe.field(1) if rxe is not None else "", order.orc.field(7) if order.orc is not None else ""]
    found = next((m for m in (ordered_minutes(f, values) for f in fields if f) if m), None)
    unit = timing.component(6, 2) if timing is not None else ""
    if found is None and timing is not None and unit:
        # TQ1-6 also says for how many days an order runs; only a stretch within a day is that of one dose.
        found = minutes(timing.component(6, 1), unit)
    return found if found is not None and 0 < found <= _A_DAY else None


def _rate(rxe: Segment, values: MarValues) -> float | None:
    rate = values.rate(rxe.field(23), rxe.field(24))
    if rate is None or rate.ml_per_hour is not None:
        return rate.ml_per_hour if rate is not None else None
    per = per_time_minutes(rxe.component(22, 1))
    volume = volume_ml(rate.value, rate.unit)
    return volume * 60 / per if volume is not None and per else None
