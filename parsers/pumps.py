"""Infusion pump messages to events: ORU^R42 (IHE PCD-10, one event a message) and ORU^R01 (PCD-01, periodic reports).

What a pump says is evidence beside the chart, marked ``origin="pump"``: it fills or contradicts what a nurse charted
(:mod:`timeline.pump_evidence`).  The time is that of the observation (OBX-14 of the event, else OBR-7), never MSH-7:
a pump that was out of reach sends late.  Many pumps know no patient or no drug; their messages are kept aside with
that reason.  Other ORU messages (laboratory results, alarms) are ignored with a reason.
"""

from __future__ import annotations

from typing import NamedTuple

from parsers.clock import Clock, Stamp
from parsers.er7 import Message, Separators, decode
from parsers.events import Action, AdministrationEvent, Drug, Finding, PumpState, Rejected, Source
from parsers.field_paths import FieldPath, field_path
from parsers.mar_places import HL7_NULL
from parsers.mar_values import MarValues
from parsers.message_reading import MessageReading
from parsers.profiles import Profile, load_profile, words_of
from parsers.pump_places import Observations, Path
from parsers.pump_terms import (
    CLOCK_CHANGED,
    DELIVERY,
    DRUG,
    EVENT,
    INFUSING,
    MODEL,
    MODES,
    NEARLY_COMPLETE,
    RATES,
    EventName,
    delivery_event,
    flow,
    is_unknown,
    says_infusing,
)
from parsers.quantities import number

NO_PUMP = "ORU message without pump data (laboratory and other results)"
ALARM = "pump or device alarm (ORU^R40)"
UNKNOWN_PATIENT = "pump without a known patient"
UNKNOWN_DRUG = "pump without a known medication"
NO_CHANGE = "pump event that changes no flow"
NO_STATUS = "pump report that does not say whether it runs"
KEPT_OPEN = "{} at keep-open rate"
"""What runs when a pump has delivered its volume and keeps the vein open: a carrier (rulebook 24)."""
_LIMIT = 20_000
_NO_ORDER = frozenset({"", "0", HL7_NULL})
_ACTIONS: dict[EventName, Action] = {"start": Action.STARTED, "stop": Action.PAUSED, "complete": Action.STOPPED}
"""A pump's stop may be followed by a start of the same drug: a pause until nothing follows."""


class _Visit(NamedTuple):
    """Whose pump it is, as far as the message says; an empty encounter is found later, by patient and time."""

    encounter: str
    patient: str | None
    order: str | None
    department: str | None


class PumpReader:
    """Reads the pump messages of one file."""

    def __init__(self, clock: Clock, profile: Profile | None = None) -> None:
        profile = profile if profile is not None else load_profile()
        self._clock = clock
        self._words = words_of(profile)
        self._values: dict[Separators, MarValues] = {}
        hl7 = profile.hl7
        self._encounter = _paths(hl7.encounter_fields)
        self._patient = _paths(hl7.patient_fields)
        self._department = _paths(hl7.department_fields)
        self._order = _paths(hl7.pump_order_fields)
        named = {path.segment for path in (*self._encounter, *self._patient, *self._department)}
        self._remembers = not any(name.startswith("Z") or name in ("MSH", "OBX", "OBR", "ORC") for name in named)
        self._visits: dict[tuple[str, str], tuple[str, str, str]] = {}
        """What PID and PV1 say, by their texts: a stay's messages repeat them."""

    def read(self, message: Message, source: Source) -> MessageReading:
        """The events of one ORU message: none or one of an ORU^R42, one a running module of an ORU^R01."""
        if message.segments[0].component(9, 2) == "R40":
            return MessageReading(ignored=ALARM)
        if "PUMP" not in message.verbatim and "MDC" not in message.verbatim:
            return MessageReading(ignored=NO_PUMP)
        seen = Observations(message)
        condition = seen.first(EVENT)
        if condition is None:
            return self._report(message, seen, source)
        code, name = condition.obx.component(5, 1), condition.obx.component(5, 2)
        event = delivery_event(code, name)
        if event is not None:
            return self._event(message, seen, event, source)
        if (name.upper() or code) in NEARLY_COMPLETE:
            return self._report(message, seen, source)
        reading = MessageReading(ignored=NO_CHANGE)
        if name.upper() == CLOCK_CHANGED:
            reading.findings.append(_clock_changed(source))
        return reading

    def _event(self, message: Message, seen: Observations, event: EventName, source: Source) -> MessageReading:
        visit = self._visit(message)
        if visit is None:
            return MessageReading(ignored=UNKNOWN_PATIENT)
        stamp = self._time(message, seen)
        if not isinstance(stamp, Stamp):
            return MessageReading(rejected=_time_missing(source))
        module, place = seen.event_place()
        kind = seen.kind(module, place)
        place = place or seen.source(module, kind)
        drug = self._drug(message, seen, module, place)
        if drug is None:
            return MessageReading(ignored=UNKNOWN_DRUG)
        status = seen.text(DELIVERY, module).casefold()
        keep_open = event == "start" and ("kvo" in status or "kvo" in seen.text(MODES, module).casefold())
        state = PumpState(
            channel=seen.channel(module, _sender(message)),
            event=event,
            infusing=event == "start",
            source=kind,
            transitioning="transitioning" in status,
            keep_open=keep_open,
        )
        made = self._made(message, seen, source, visit, stamp, drug, state, module, place)
        return MessageReading(events=[made])

    def _report(self, message: Message, seen: Observations, source: Source) -> MessageReading:
        """A snapshot: each module that says whether it runs, and with what."""
        states = [(module, self._status(seen, module)) for module in seen.modules() or [()]]
        told = [(module, runs) for module, runs in states if runs is not None]
        if not told:
            pump = seen.first((*INFUSING, DELIVERY)) or any("PUMP" in o.term for o in seen.all)
            return MessageReading(ignored=NO_STATUS if pump else NO_PUMP)
        visit = self._visit(message)
        if visit is None:
            return MessageReading(ignored=UNKNOWN_PATIENT)
        stamp = self._time(message, seen)
        if not isinstance(stamp, Stamp):
            return MessageReading(rejected=_time_missing(source))
        reading = MessageReading()
        for module, runs in told:
            kind = seen.kind(module, ())
            place = seen.source(module, kind)
            drug = self._drug(message, seen, module, place)
            if drug is None:
                continue
            texts = (seen.text(DELIVERY, module) + seen.text(MODES, module)).casefold()
            channel = seen.channel(module, _sender(message))
            state = PumpState(channel, "report", runs, kind, keep_open=runs and "kvo" in texts)
            reading.events.append(self._made(message, seen, source, visit, stamp, drug, state, module, place))
        if not reading.events:
            reading.ignored = UNKNOWN_DRUG
        return reading

    @staticmethod
    def _status(seen: Observations, module: Path) -> bool | None:
        delivery = seen.text(DELIVERY, module)
        if "transitioning" in delivery.casefold():
            return None
        runs = says_infusing(seen.text(INFUSING, module))
        return says_infusing(delivery) if runs is None else runs

    def _made(
        self,
        message: Message,
        seen: Observations,
        source: Source,
        visit: _Visit,
        stamp: Stamp,
        drug: Drug,
        state: PumpState,
        module: Path,
        place: Path,
    ) -> AdministrationEvent:
        if state.keep_open:
            drug = Drug(KEPT_OPEN.format(drug.name), category="carrier")
        if state.event == "report":
            action = Action.RATE_VERIFY if state.infusing else Action.PAUSED
        else:
            action = Action.RATE_CHANGE if state.event == "stop" and state.transitioning else _ACTIONS[state.event]
        rate, unit, per_hour = self._rate(seen, module, place) if state.infusing else (None, None, None)
        condition = seen.first(EVENT)
        recorded = self._clock.hl7(message.segments[0].component(7, 1))
        model = seen.text(MODEL, module) or seen.text(MODEL)
        return AdministrationEvent(
            source=source,
            encounter_id=visit.encounter,
            action=action,
            time=stamp.time,
            drugs=(drug,),
            order_id=visit.order,
            patient_id=visit.patient,
            action_text=condition.text if condition is not None else "pump report",
            device=f"infusion pump {model}".strip(),
            rate=rate,
            rate_unit=unit,
            rate_ml_per_hour=per_hour,
            recorded_at=recorded.time if isinstance(recorded, Stamp) else None,
            department=visit.department,
            time_if_late=stamp.time_if_late,
            origin="pump",
            pump=state,
        )

    def _visit(self, message: Message) -> _Visit | None:
        """Whose pump it is; ``None`` where neither a visit nor a patient is known."""
        patient_segment, visit_segment = message.get("PID"), message.get("PV1")
        at = (
            patient_segment.verbatim if patient_segment is not None else "",
            visit_segment.verbatim if visit_segment is not None else "",
        )
        who = self._visits.get(at) if self._remembers else None
        if who is None:
            who = self._who(message)
            if len(self._visits) >= _LIMIT:
                self._visits.clear()
            self._visits[at] = who
        encounter, patient, department = who
        if not encounter and not patient:
            return None
        order = next((t for t in (_text(message, (path,)) for path in self._order) if t not in _NO_ORDER), None)
        return _Visit(encounter, patient or None, order, department or None)

    def _who(self, message: Message) -> tuple[str, str, str]:
        """Encounter, patient and department; empty where they are not known."""
        patient = _text(message, self._patient)
        encounter, department = _text(message, self._encounter), _text(message, self._department)
        return encounter, "" if is_unknown(patient) else patient, department

    def _values_of(self, message: Message) -> MarValues:
        marks = message.separators
        if marks not in self._values:
            self._values[marks] = MarValues(marks, self._words)
        return self._values[marks]

    def _time(self, message: Message, seen: Observations) -> Stamp | None:
        """When the pump saw it: OBX-14 of the event, of any observation, then OBR-7."""
        obr = message.get("OBR")
        condition = seen.first(EVENT)
        own = condition.obx.component(14, 1) if condition is not None else ""
        texts = [own, obr.component(7, 1) if obr is not None else "", *seen.times()]
        return next((s for s in (self._clock.hl7(t) for t in texts if t) if isinstance(s, Stamp)), None)

    def _drug(self, message: Message, seen: Observations, module: Path, place: Path) -> Drug | None:
        """The drug of a source: its own label, the only one of the module, then OBR-4; ``None`` when not known."""
        label = seen.text(DRUG, place) if place else ""
        if not label:
            labels = {o.text for o in seen.all if o.term == DRUG and o.path[: len(module)] == module and o.text}
            label = labels.pop() if len(labels) == 1 else ""
        if label:
            return None if is_unknown(label) else Drug(label)
        obr = message.get("OBR")
        if obr is None or not obr.field(4) or "MDC" in (obr.component(4, 3), obr.component(4, 2)[:3]):
            return None
        drug = self._values_of(message).drug(obr.field(4))
        return None if drug is None or is_unknown(drug.name) or is_unknown(drug.code or drug.name) else drug

    @staticmethod
    def _rate(seen: Observations, module: Path, place: Path) -> tuple[float | None, str | None, float | None]:
        """The rate now, else as programmed: value, unit, mL per hour."""
        found = seen.first(RATES[0], module) or seen.first(RATES[1], place or module)
        value = number(found.obx.component(5, 1))[0] if found is not None else None
        if found is None or value is None:
            return None, None, None
        unit, per_hour = flow([found.obx.component(6, n) for n in range(1, 7)], value)
        return value, unit, per_hour


def _paths(texts: tuple[str, ...]) -> tuple[FieldPath, ...]:
    return tuple(field_path(text) for text in texts)


def _text(message: Message, paths: tuple[FieldPath, ...]) -> str:
    """The first of these places that holds something; of several patient numbers the one typed MR (CX-5)."""
    for path in paths:
        segment = next((s for s in message.segments if path.chooses(s)), None)
        if segment is None or not segment.field(path.field):
            continue
        text = segment.component(path.field, path.component or 1)
        if path.segment == "PID":
            marks = segment.separators
            repeats = [r.split(marks.component) for r in segment.field(path.field).split(marks.repeat)]
            typed = next((r[0] for r in repeats if len(r) > 4 and r[4] == "MR"), "")
            text = decode(typed, marks).strip() or text
        if text and text != HL7_NULL:
            return text
    return ""


def _sender(message: Message) -> str:
    return message.segments[0].component(3, 1)


def _time_missing(source: Source) -> Rejected:
    return Rejected(
        source,
        "pump-time-missing",
        "The pump message has no usable time of observation: OBX-14 and OBR-7 are empty or no times.",
        "Send the time in OBR-7; the time of the message (MSH-7) is not used, since pumps may send late.",
    )


def _clock_changed(source: Source) -> Finding:
    return Finding(
        "warning",
        "pump-clock-changed",
        "The clock of a pump was set; its earlier times may be off.",
        "Compare its starts and stops with the charted ones.",
        source,
    )
