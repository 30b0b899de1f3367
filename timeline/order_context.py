"""What was ordered, filled into administrations that do not say it themselves.

An order never proves that anything was given, and its duration never proves a stop (rulebook 26): it only feeds the
comparison of what ran with what was ordered, and the category where neither the record nor a person gave one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from parsers.events import AdministrationEvent, Drug, OrderContext, Source
from parsers.vocabulary import key

_EARLY = datetime.min.replace(tzinfo=UTC)
_FACTS = ("ordered_minutes", "ordered_volume_ml", "ordered_rate_ml_per_hour")


class Orders:
    """The orders of a reading by the numbers they go by."""

    def __init__(self, orders: Iterable[OrderContext]) -> None:
        self._by_number: dict[str, list[OrderContext]] = {}
        for order in sorted(orders, key=_latest_first, reverse=True):
            for number in order.order_ids:
                self._by_number.setdefault(number, []).append(order)

    def one_number(self, number: str) -> str:
        """The number that stands for all numbers of an order."""
        orders = self._by_number.get(number)
        return orders[0].order_ids[0] if orders else number

    def fill(
        self, events: Sequence[AdministrationEvent]
    ) -> tuple[list[AdministrationEvent], dict[str, tuple[Source, ...]]]:
        """The events with what their orders add, and by order number the messages that added something."""
        if not self._by_number:
            return list(events), {}
        filled: list[AdministrationEvent] = []
        used: dict[str, list[Source]] = {}
        for event in events:
            orders = self._orders_of(event)
            made, sources = _filled(event, orders) if orders else (event, [])
            filled.append(made)
            if event.order_id is not None and sources:
                used.setdefault(event.order_id, []).extend(sources)
        return filled, {number: tuple(sorted(set(found), key=_place)) for number, found in used.items()}

    def _orders_of(self, event: AdministrationEvent) -> list[OrderContext]:
        """The orders an event may mean, the latest first: a number alone may be used twice in a house."""
        found = self._by_number.get(event.order_id, []) if event.order_id is not None else []
        return [
            order
            for order in found
            if order.encounter_id == event.encounter_id
            or (order.patient_id is not None and order.patient_id == event.patient_id)
        ]


def _filled(event: AdministrationEvent, orders: Sequence[OrderContext]) -> tuple[AdministrationEvent, list[Source]]:
    values: dict[str, float] = {}
    sources: list[Source] = []
    for fact in _FACTS:
        telling = next((order for order in orders if getattr(order, fact) is not None), None)
        if telling is not None and getattr(event, fact) is None:
            values[fact] = getattr(telling, fact)
            sources.append(telling.source)
    drugs = tuple(_with_category(drug, event, orders, sources) for drug in event.drugs)
    route = event.route
    if route is None and event.origin == "pump":
        # A pump knows no route: it runs what was ordered the way it was ordered.
        route, source = next(((o.route, o.source) for o in orders if o.route is not None), (None, None))
        sources.extend([source] if source is not None else [])
    if not sources:
        return event, []
    return replace(
        event,
        drugs=drugs,
        route=route,
        ordered_minutes=values.get("ordered_minutes", event.ordered_minutes),
        ordered_volume_ml=values.get("ordered_volume_ml", event.ordered_volume_ml),
        ordered_rate_ml_per_hour=values.get("ordered_rate_ml_per_hour", event.ordered_rate_ml_per_hour),
    ), sources


def _with_category(
    drug: Drug, event: AdministrationEvent, orders: Sequence[OrderContext], sources: list[Source]
) -> Drug:
    """The drug with the category its order states: by name or code, or when both sides name a single active drug."""
    if drug.category is not None or drug.base:
        return drug
    active = [d for d in event.drugs if not d.base]
    for order in orders:
        ordered = [d for d in order.drugs if not d.base]
        meant = [d for d in ordered if key(d.name) == key(drug.name) or (d.code is not None and d.code == drug.code)]
        if not meant and len(active) == len(ordered) == 1:
            meant = ordered
        if meant and meant[0].category is not None:
            sources.append(order.source)
            return replace(drug, category=meant[0].category)
    return drug


def _latest_first(order: OrderContext) -> tuple[datetime, str]:
    """By time, then by content, so that the order of the input decides nothing."""
    content = (order.ordered_minutes, order.ordered_volume_ml, order.ordered_rate_ml_per_hour, order.drugs)
    return (order.recorded_at or _EARLY, repr(content))


def _place(source: Source) -> tuple[str, int, str]:
    return (source.file, source.record or 0, source.control_id or "")
