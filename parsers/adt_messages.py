"""ADT messages to stay context: arrival, class and location by time, discharge, and numbers merged (HL7 v2 chapter 3).

Read are A01 admit, A02 transfer, A03 discharge, A04 register, A06 and A07 change of class, A08 update, the cancelling
A11, A12, A13, and the merges A18, A34, A35, A36, A39, A40, A41, A42.  No ADT message charts an administration.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from parsers.clock import Clock, Stamp, TimeProblem
from parsers.er7 import Message, Segment, Separators
from parsers.events import Context, Finding, Merge, Rejected, Source, StayContext
from parsers.mar_findings import stranger
from parsers.mar_groups import Group, Layout, Order
from parsers.mar_places import ENCOUNTER, PATIENT, Charted, Places
from parsers.mar_values import MarValues
from parsers.message_reading import MessageReading
from parsers.patient_classes import UNKNOWN_CLASS, is_inpatient
from parsers.profiles import Profile, load_profile, words_of
from parsers.unknown_patient import known_number

NO_VISIT = "ADT message without a visit or account number"
NO_MERGE = "ADT merge without both numbers"

_REGISTERS = frozenset({"A01", "A04"})
_PLACES = frozenset({"A01", "A02", "A04", "A06", "A07", "A08"})
"""Triggers that say class and location from their time on.  A discharge only closes what they said."""
_CANCELS: dict[str, Literal["arrival", "status", "discharge"]] = {"A11": "arrival", "A12": "status", "A13": "discharge"}
_STAYS = _PLACES | set(_CANCELS) | {"A03"}
_MERGES: dict[str, tuple[str, ...]] = {
    "A18": (PATIENT, ENCOUNTER),
    "A34": (PATIENT,),
    "A35": (ENCOUNTER,),
    "A36": (PATIENT, ENCOUNTER),
    "A39": (PATIENT,),
    "A40": (PATIENT,),
    "A41": (ENCOUNTER,),
    "A42": (ENCOUNTER,),
}
"""Trigger to what it merges."""
_FORMER = {("PID", 3): 1, ("PID", 4): 2, ("PID", 18): 3, ("PID", 2): 4, ("PV1", 19): 5}
"""A number's place to the field of MRG that holds the number it replaces."""


class _Visit(NamedTuple):
    """One message about one visit, with the times it names."""

    source: Source
    encounter: str
    patient: str | None
    happened: Stamp
    dated: bool
    """Whether the message says when it happened (EVN-6), not only when it was entered."""
    recorded: Stamp
    admitted: Stamp | None
    discharged: Stamp | None
    patient_class: str | None
    location: str | None

    def fact(
        self,
        kind: Literal["arrival", "status", "discharge"],
        at: Stamp,
        cancelled: bool = False,
        admitted: Stamp | None = None,
        **said: str | None,
    ) -> StayContext:
        return StayContext(
            self.source,
            self.encounter,
            kind,
            at.time,
            patient_id=self.patient,
            patient_class=said.get("patient_class"),
            location=said.get("location"),
            recorded_at=self.recorded.time,
            cancelled=cancelled,
            admitted=admitted.time if admitted is not None else None,
        )


class AdtReader:
    """Reads the ADT messages of one sender."""

    def __init__(self, clock: Clock, profile: Profile | None = None) -> None:
        self._clock = clock
        self._profile = profile if profile is not None else load_profile()
        self._words = words_of(self._profile)
        self._senders: dict[Separators, Places] = {}

    def read(self, message: Message, source: Source) -> MessageReading:
        """The facts of one ADT message; a trigger that says nothing of a stay is ignored."""
        header, event = message.segments[0], message.get("EVN")
        trigger = header.component(9, 2) or (event.component(1, 1) if event is not None else "")
        places = self._places(message.separators)
        if trigger in _MERGES:
            return self._merges(message, places, _MERGES[trigger], source)
        if trigger not in _STAYS:
            known = len(trigger) == 3 and trigger[0] == "A" and trigger[1:].isdigit()
            return MessageReading(ignored=f"ADT^{trigger if known else '?'} says nothing of a stay that is read")
        return self._stay(message, places, trigger, source)

    def _places(self, marks: Separators) -> Places:
        if marks not in self._senders:
            self._senders[marks] = Places(self._profile.hl7, MarValues(marks, self._words))
        return self._senders[marks]

    def _stay(self, message: Message, places: Places, trigger: str, source: Source) -> MessageReading:
        charted = _about_a_visit(message)
        texts = places.visit(charted)
        encounter = texts[ENCOUNTER]
        if not encounter:
            return MessageReading(ignored=NO_VISIT)
        event, visit = message.get("EVN"), charted.layout.visit
        sent = message.segments[0].component(7, 1)
        occurred = event.component(6, 1) if event is not None else ""
        entered = event.component(2, 1) if event is not None else ""
        recorded = self._first(entered, sent, occurred)
        happened = self._first(occurred, entered, sent)
        if not isinstance(recorded, Stamp) or not isinstance(happened, Stamp):
            return MessageReading(rejected=_no_time(source, happened))
        reading = MessageReading()
        if charted.layout.stranger:
            reading.findings.append(stranger(charted.layout.stranger, source))
        patient_class = texts["class_fields"].upper() or None
        admits = trigger in _REGISTERS | {"A08"} or (trigger in _PLACES and is_inpatient(patient_class))
        found = _Visit(
            Source(source.file, source.record, None, source.control_id, "EVN", None, source.offset),
            encounter,
            texts[PATIENT] or None,
            happened,
            isinstance(self._clock.hl7(occurred), Stamp),
            recorded,
            self._of_visit(visit, 44, reading, source) if admits else None,
            self._of_visit(visit, 45, reading, source) if trigger in {"A03", "A08"} else None,
            patient_class,
            texts["department_fields"] or None,
        )
        facts = _facts(trigger, found)
        if facts:
            reading.context = Context(stays=facts)
        else:
            reading.ignored = f"ADT^{trigger} without class, location or time of a stay"
        return reading

    def _first(self, *texts: str) -> Stamp | TimeProblem:
        """The first of these times that can be read, otherwise what is wrong with the first that is there."""
        found = [self._clock.hl7(text) for text in texts if text]
        read = next((stamp for stamp in found if isinstance(stamp, Stamp)), None)
        return read if read is not None else found[0] if found else self._clock.hl7("")

    def _of_visit(self, visit: Segment | None, field: int, reading: MessageReading, source: Source) -> Stamp | None:
        """PV1-44 or PV1-45; one that cannot be read is told, and the time of the event stands for it."""
        text = visit.component(field, 1) if visit is not None else ""
        if not text or text == '""':
            return None
        found = self._clock.hl7(text)
        if isinstance(found, Stamp):
            return found
        at = Source(source.file, source.record, None, source.control_id, "PV1", f"PV1-{field}", source.offset)
        reading.findings.append(
            Finding(
                "info",
                "stay-time-unreadable",
                f"PV1-{field}: {found.message.rstrip('.')}; the time of the event stands for it.",
                found.fix,
                at,
            )
        )
        return None

    def _merges(self, message: Message, places: Places, merged: tuple[str, ...], source: Source) -> MessageReading:
        """Each MRG with the PID and PV1 it belongs to: PID stands before its MRG, a PV1 may stand on either side."""
        recorded = self._first(*_times(message))
        found: list[Merge] = []
        patient: Segment | None = None
        for segment in message.segments:
            if segment.name == "PID":
                patient = segment
            elif segment.name == "MRG":
                for name in merged:
                    now = {"PID": patient, "PV1": message.get("PV1")}
                    old, new = _numbers(places, name, now, segment)
                    if old and new and old != new:
                        kind: Literal["patient", "encounter"] = "patient" if name == PATIENT else "encounter"
                        at = Source(source.file, source.record, None, source.control_id, "MRG", None, source.offset)
                        found.append(Merge(at, kind, old, new, recorded.time if isinstance(recorded, Stamp) else None))
        if not found:
            return MessageReading(ignored=NO_MERGE)
        return MessageReading(context=Context(merges=tuple(found)))


def _facts(trigger: str, visit: _Visit) -> tuple[StayContext, ...]:
    """What a message says of its visit, each fact on its own so that it can be taken back on its own."""
    if trigger in _CANCELS:
        taken_back = visit.patient_class if trigger == "A11" else None
        return (visit.fact(_CANCELS[trigger], visit.happened, cancelled=True, patient_class=taken_back),)
    facts: list[StayContext] = []
    if trigger in _REGISTERS:
        at = visit.admitted or visit.happened
        facts.append(visit.fact("arrival", at, patient_class=visit.patient_class or UNKNOWN_CLASS))
    elif visit.admitted is not None and not is_inpatient(visit.patient_class):
        facts.append(visit.fact("arrival", visit.admitted))
    if trigger in _PLACES and visit.patient_class:
        began = _began(trigger, visit)
        facts.append(visit.fact("status", visit.happened, admitted=began, patient_class=visit.patient_class))
    if trigger in _PLACES and visit.location:
        facts.append(visit.fact("status", visit.happened, location=visit.location))
    if trigger == "A03":
        facts.append(visit.fact("discharge", visit.discharged or visit.happened))
    elif visit.discharged is not None:
        facts.append(visit.fact("discharge", visit.discharged))
    return tuple(facts)


def _began(trigger: str, visit: _Visit) -> Stamp | None:
    """The admit time, where it may say when the class began: of an admission entered late, of a registration resent.

    An inpatient class with an event time of its own (EVN-6) began then.
    """
    if is_inpatient(visit.patient_class):
        return None if visit.dated else visit.admitted
    return visit.admitted if trigger in _REGISTERS else None


def _about_a_visit(message: Message) -> Charted:
    """The message as a profile's places see it: it has PID, PV1 and Z segments, but no RXA."""
    layout = Layout(message)
    order = Order(None)
    layout.orders.append(order)
    return Charted(layout, order, Group(), 0, Segment("RXA", message.separators))


def _times(message: Message) -> tuple[str, ...]:
    event = message.get("EVN")
    return (event.component(2, 1) if event is not None else "", message.segments[0].component(7, 1))


def _numbers(places: Places, name: str, now: dict[str, Segment | None], merge: Segment) -> tuple[str, str]:
    """The former and the standing number, from the first place of the profile's list that holds the standing one."""
    for path in places.paths(name):
        segment = now.get(path.segment)
        former = _FORMER.get((path.segment, path.field))
        if segment is None or former is None:
            continue
        new = known_number(_identifier(segment, path.field))
        if new:
            return known_number(_identifier(merge, former)), new
    return "", ""


def _identifier(segment: Segment, field: int) -> str:
    """The number of a field; of several repeats the one typed MR (CX-5), as for administrations."""
    repeats = segment[field].repeats
    typed = next((repeat for repeat in repeats if repeat[5].text == "MR" and repeat[1].text), repeats[0])
    text = typed[1].text.strip()
    return "" if text == '""' else text


def _no_time(source: Source, problem: Stamp | TimeProblem) -> Rejected:
    found = problem.message if isinstance(problem, TimeProblem) else "No time was found."
    return Rejected(
        Source(source.file, source.record, None, source.control_id, "EVN", "EVN-2", source.offset),
        "stay-time-missing",
        f"The message does not say when it happened (EVN-6, EVN-2, MSH-7): {found}",
        "Send the time of the event in EVN-6 or EVN-2, such as 202603100805.",
    )
