"""Which order, route and components an RXA belongs to.

RXR closes its group: it counts for every RXA since the last RXR (HL7 v2.5, chapter 4: ``{ {RXA} RXR [{OBX}] }``).
Some senders put RXR and RXC before the RXA instead; what stands before the first RXA of an order is that
order's default.
"""

from __future__ import annotations

from parsers.er7 import Message, Segment

_PASSED_OVER = frozenset({"MSH", "NTE"})


class Group:
    """One or more RXA with the RXR that closes them and what follows (OBX, RXC, Z segments)."""

    __slots__ = ("closed", "components", "others", "route", "rxas")

    def __init__(self) -> None:
        self.rxas: list[tuple[int, Segment]] = []
        """Each RXA with its number in the message, counted from 1."""
        self.route: Segment | None = None
        self.closed = False
        self.components: list[Segment] = []
        self.others: list[Segment] = []


class Order:
    """An ORC (or none) with its groups; ``route`` and ``components`` are its defaults."""

    __slots__ = ("components", "groups", "orc", "others", "route")

    def __init__(self, orc: Segment | None) -> None:
        self.orc = orc
        self.route: Segment | None = None
        self.components: list[Segment] = []
        self.others: list[Segment] = []
        self.groups: list[Group] = []

    @property
    def route_unclear(self) -> bool:
        """An RXR before the first RXA, another between, none behind the last: sent before or behind its RXA?"""
        if self.route is None or not self.groups or self.groups[-1].route is not None:
            return False
        default = self.route.verbatim
        return any(group.route is not None and group.route.verbatim != default for group in self.groups)


class Layout:
    """A message taken apart: its orders, and the segments that count for all of them."""

    __slots__ = ("has_others", "header", "orders", "others", "patient", "rxa_count", "stranger", "visit")

    def __init__(self, message: Message) -> None:
        segments = message.segments
        self.header = segments[0]
        self.patient: Segment | None = None
        self.visit: Segment | None = None
        self.others: list[Segment] = []
        self.orders: list[Order] = []
        self.rxa_count = 0
        self.stranger = ""
        """PID or PV1 where another patient or visit begins: the MSH between was lost, and nothing behind is read."""
        self.has_others = False
        """Whether there are segments beside PID, PV1, ORC, RXA, RXR and RXC."""
        order: Order | None = None
        group: Group | None = None
        for segment in segments:
            name = segment.name
            if name == "RXA":
                if order is None:
                    order = Order(None)
                    self.orders.append(order)
                if group is None or group.closed:
                    group = Group()
                    order.groups.append(group)
                self.rxa_count += 1
                group.rxas.append((self.rxa_count, segment))
            elif name == "ORC":
                order, group = Order(segment), None
                self.orders.append(order)
            elif name in ("PID", "PV1"):
                if self._is_stranger(segment):
                    self.stranger = name
                    break
            elif name not in _PASSED_OVER:
                order = self._place(segment, order, group)

    def _is_stranger(self, segment: Segment) -> bool:
        """Keep the first PID and PV1; whether this one is of another patient, or of another visit behind the orders."""
        if segment.name == "PID":
            if self.patient is None:
                self.patient = segment
            return self.patient.verbatim != segment.verbatim
        if self.visit is None:
            self.visit = segment
        return bool(self.orders) and self.visit.verbatim != segment.verbatim

    def _place(self, segment: Segment, order: Order | None, group: Group | None) -> Order | None:
        """Hang an RXR, RXC or other segment where it belongs; the order, opened if the segment opens one."""
        name = segment.name
        if name == "RXR" and group is not None:
            if group.route is None:
                group.route = segment
            group.closed = True
            return order
        if name not in ("RXR", "RXC"):
            self.has_others = True
        if order is None:
            if name not in ("RXR", "RXC", "RXO", "RXE"):
                self.others.append(segment)
                return None
            order = Order(None)
            self.orders.append(order)
        if name == "RXR":
            order.route = segment
        elif name == "RXC":
            (order if group is None else group).components.append(segment)
        else:
            (order if group is None else group).others.append(segment)
        return order
