"""Orders (RDE, ORM, OMP) and give instructions (RGV) to order context: what was ordered, never that it was given.

An order says for how long, how much and how fast a drug was meant to run.  RGV^O15 is an instruction to give, and
in IHE PCD-03 the programming of a pump: context as well.  Only an RXA inside it charts an administration.
"""

from __future__ import annotations

from datetime import datetime

from parsers.clock import Clock, Stamp
from parsers.er7 import Message, Segment, Separators
from parsers.events import Context, Drug, Finding, OrderContext, Source
from parsers.mar_findings import stranger
from parsers.mar_groups import Group, Layout, Order
from parsers.mar_messages import MarReader
from parsers.mar_orders import read_ordered
from parsers.mar_places import PATIENT, Charted, Places
from parsers.mar_values import MarValues, ordered_minutes, per_time_minutes
from parsers.message_reading import MessageReading
from parsers.profiles import Profile, load_profile, words_of
from parsers.quantities import volume_ml
from parsers.vocabulary import category_from_text

NO_DRUG = "order without a medication (no RXO, RXE or RXG)"
OVER = "order cancelled or discontinued"
NO_NUMBER = "order without a number (ORC-2, ORC-3, RXE-15)"
NOBODY = "order for no known patient or visit"

_OVER = frozenset({"CA", "OC", "CR", "DC", "OD", "DR", "UA", "DE"})
"""ORC-1 (HL7 table 0119): cancelled, discontinued, refused.  What ran before was ordered by the earlier messages."""
_DRUG_FIELDS = {"RXE": 2, "RXG": 4, "RXO": 1}
"""Segments that order a drug and the field that names it; what the pharmacy encoded goes before what was asked for."""

_PUMP_UNITS = {
    "MDC_DIM_MILLI_L": "mL",
    "MDC_DIM_X_L": "L",
    "MDC_DIM_MILLI_L_PER_HR": "mL/hr",
    "MDC_DIM_MILLI_L_PER_MIN": "mL/min",
}
"""Units of IEEE 11073-10101, as IHE PCD-03 writes them in RXG."""


class OrderReader:
    """Reads the orders of one sender."""

    def __init__(self, clock: Clock, profile: Profile | None = None) -> None:
        self._clock = clock
        self._profile = profile if profile is not None else load_profile()
        self._words = words_of(self._profile)
        self._senders: dict[Separators, Places] = {}
        self._administrations: MarReader | None = None

    def read(self, message: Message, source: Source) -> MessageReading:
        """The orders of one message; an RXA among them (some senders of RGV) is read as charted."""
        layout = Layout(message)
        places = self._places(message.separators)
        reading = self._charted(message, source) if layout.rxa_count else MessageReading()
        if layout.stranger and not layout.rxa_count:
            reading.findings.append(stranger(layout.stranger, source))
        orders: list[OrderContext] = []
        reasons: list[str] = []
        for order in layout.orders:
            made = self._order(layout, order, places, source)
            if isinstance(made, OrderContext):
                orders.append(made)
            else:
                reasons.append(made)
        if orders:
            reading.context = Context(orders=tuple(orders))
            _keep_as_finding(reading)
        elif not reading.events and reading.rejected is None:
            reading.ignored = min(reasons, key=_telling, default=NO_DRUG)
        return reading

    def _charted(self, message: Message, source: Source) -> MessageReading:
        if self._administrations is None:
            self._administrations = MarReader(self._clock, self._profile)
        return self._administrations.read(message, source)

    def _places(self, marks: Separators) -> Places:
        if marks not in self._senders:
            self._senders[marks] = Places(self._profile.hl7, MarValues(marks, self._words))
        return self._senders[marks]

    def _order(self, layout: Layout, order: Order, places: Places, source: Source) -> OrderContext | str:
        """The context of one order, or the reason why it has none."""
        drugs = [segment for segment in order.others if segment.name in _DRUG_FIELDS]
        if not drugs:
            return NO_DRUG
        if order.orc is not None and order.orc.component(1, 1).upper() in _OVER:
            return OVER
        rxe = next((segment for segment in drugs if segment.name == "RXE"), None)
        charted = Charted(layout, order, Group(), 0, Segment("RXA", places.values.marks))
        numbers = _numbers(charted, places, rxe)
        if not numbers:
            return NO_NUMBER
        visit = places.visit(charted)
        encounter = visit["encounter_fields"]
        patient = visit[PATIENT]
        if not encounter and not patient:
            return NOBODY
        return self._context(charted, places, drugs, source, numbers, encounter, patient)

    def _context(
        self,
        charted: Charted,
        places: Places,
        segments: list[Segment],
        source: Source,
        numbers: tuple[str, ...],
        encounter: str,
        patient: str,
    ) -> OrderContext:
        order, values = charted.order, places.values
        parts = [part for part in map(values.part, order.components) if part is not None]
        ordered = read_ordered(order, values)
        give = next((segment for segment in segments if segment.name == "RXG"), None)
        minutes, volume, rate = ordered.minutes, ordered.volume_ml, ordered.rate_ml_per_hour
        if give is not None:
            minutes = minutes or ordered_minutes(give.field(3), values)
            volume = volume if volume is not None else values.amount(give.field(5), _unit(give.field(7))).ml
            rate = rate if rate is not None else _give_rate(give, values)
        if volume is None:
            # A drug ordered by weight: the parts of its bag say how much there is to run in.
            volumes = {drug.name: ml for drug, ml in parts if ml is not None}
            volume = sum(volumes.values()) if volumes else None
        return OrderContext(
            source=Source(source.file, source.record, None, source.control_id, segments[0].name, None, source.offset),
            order_ids=numbers,
            encounter_id=encounter or None,
            patient_id=patient or None,
            drugs=_drugs(charted, places, segments, [drug for drug, _ in parts]),
            route=values.route(order.route).route if order.route is not None else None,
            ordered_minutes=minutes,
            ordered_volume_ml=volume,
            ordered_rate_ml_per_hour=rate,
            recorded_at=self._recorded(charted),
        )

    def _recorded(self, charted: Charted) -> datetime | None:
        """When the order was written: ORC-9, otherwise the time of the message."""
        orc = charted.order.orc
        texts = (orc.component(9, 1) if orc is not None else "", charted.layout.header.component(7, 1))
        found = (self._clock.hl7(text) for text in texts if text)
        return next((stamp.time for stamp in found if isinstance(stamp, Stamp)), None)


def _keep_as_finding(reading: MessageReading) -> None:
    """A message used for its order is not rejected for its RXA; what is wrong with that is told beside."""
    if reading.rejected is not None:
        wrong = reading.rejected
        reading.findings.append(Finding("warning", wrong.code, wrong.message, wrong.fix, wrong.source))
        reading.rejected = None


def _numbers(charted: Charted, places: Places, rxe: Segment | None) -> tuple[str, ...]:
    """Every number an administration may name the order by, the profile's choice first."""
    orc = charted.order.orc
    found = [places.text("order_fields", charted)]
    found += [orc.component(3, 1), orc.component(2, 1)] if orc is not None else []
    found += [rxe.component(15, 1)] if rxe is not None else []
    return tuple(dict.fromkeys(number for number in found if number and number != '""'))


def _drugs(charted: Charted, places: Places, segments: list[Segment], parts: list[Drug]) -> tuple[Drug, ...]:
    category = category_from_text(places.text("category_fields", charted))
    named = [places.values.drug(segment.field(_DRUG_FIELDS[segment.name])) for segment in segments]
    found = {drug.name: drug for drug in [*[drug for drug in named if drug is not None][:1], *parts]}
    return tuple(
        drug if drug.base else Drug(drug.name, drug.code, drug.code_system, drug.hcpcs, category)
        for drug in found.values()
    )


def _unit(field: str) -> str:
    """A unit as pumps name it, in the words of the MAR; any other as it stands."""
    return next((unit for name, unit in _PUMP_UNITS.items() if f"^{name}^" in f"^{field}^"), field)


def _give_rate(give: Segment, values: MarValues) -> float | None:
    """RXG-15 and RXG-16 in mL per hour; RXG-14 is the time that the amount counts for."""
    rate = values.rate(give.field(15), _unit(give.field(16)))
    if rate is None or rate.ml_per_hour is not None:
        return rate.ml_per_hour if rate is not None else None
    per = per_time_minutes(give.component(14, 1))
    volume = volume_ml(rate.value, rate.unit)
    return volume * 60 / per if volume is not None and per else None


def _telling(reason: str) -> int:
    """Of several reasons the one that names what a sender could mend."""
    return (NO_NUMBER, NOBODY, OVER, NO_DRUG).index(reason)
