"""The words for what is doubtful or unusable in a RAS message: field names, action words and shapes, no values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from parsers.clock import Clock, Stamp, TimeProblem
from parsers.er7 import Segment
from parsers.events import Finding, Rejected, Source
from parsers.shapes import plain_word, shape
from parsers.vocabulary import nearest_actions

COARSE = frozenset({"Y", "L", "D", "H"})
"""Degrees of precision (second component of a time, HL7 v2.5 chapter 2, TS) that leave the minutes open."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why an RXA gives no event."""

    code: str
    message: str
    fix: str
    field: str | None = None

    def finding(self, source: Source) -> Finding:
        """As a finding, where the rest of the message is used."""
        return Finding("warning", self.code, self.message, self.fix, self._at(source))

    def rejected(self, source: Source) -> Rejected:
        """As the reason why the whole message is rejected."""
        return Rejected(self._at(source), self.code, self.message, self.fix)

    def _at(self, source: Source) -> Source:
        return Source(source.file, source.record, None, source.control_id, source.segment, self.field, source.offset)


def not_readable_start(label: str, problem: TimeProblem, text: str, next_text: str, clock: Clock) -> Unusable:
    """RXA-3 is no time; if the time stands in RXA-4 the fields have slipped by one."""
    if text[:1].isalpha() and isinstance(clock.hl7(next_text), Stamp):
        return shifted_fields(label, "a text stands in RXA-3 and the time in RXA-4")
    return Unusable(problem.code, f"{label}, start time (RXA-3): {problem.message}", problem.fix, "RXA-3")


def stranger(segment: str, source: Source) -> Finding:
    """A second patient or visit inside a message, most likely of a message whose header was damaged."""
    return Finding(
        "warning",
        "patient-changed",
        f"A second, different {segment} stands in this message; what follows it was not read, since it may belong to "
        "another message that has lost its MSH.",
        "Send the message behind it again, with its header.",
        Source(source.file, source.record, None, source.control_id, segment, None, source.offset),
    )


def shifted_fields(label: str, what: str) -> Unusable:
    """The fields of an RXA stand beside their places."""
    return Unusable(
        "field-shifted",
        f"{label}: the fields look shifted: {what}.",
        "Expected RXA-3 start, RXA-4 stop, RXA-5 drug, RXA-6 amount, RXA-7 unit: correct the sender's mapping.",
        "RXA-3",
    )


def unknown_action(label: str, word: str, patient: Segment | None) -> Unusable:
    """An action word that neither HL7, the known words nor the profile explain."""
    near = nearest_actions(word)
    like = f" It looks like {' or '.join(repr(n) for n in near)}." if near else ""
    shown = _shown(word, patient)
    return Unusable(
        "action-unknown",
        f"{label}: this action is not known: {shown}.{like}",
        "Say what it means in the profile, under action_map.",
        "RXA-20",
    )


def _shown(word: str, patient: Segment | None) -> str:
    """A word in quotes, unless it stands in the patient's segment too: then only its shape."""
    if patient is not None and any(part and part.casefold() in patient.verbatim.casefold() for part in word.split()):
        return f"a text of the shape {shape(word)}"
    return plain_word(word)


class Doubts:
    """Collects the findings of one RXA."""

    __slots__ = ("_findings", "_label", "_source")

    def __init__(self, findings: list[Finding], source: Source, label: str) -> None:
        self._findings = findings
        self._source = source
        self._label = label

    def _say(self, severity: Literal["info", "warning"], code: str, message: str, fix: str, field: str) -> None:
        at = self._source
        source = Source(at.file, at.record, None, at.control_id, at.segment, field, at.offset)
        self._findings.append(Finding(severity, code, f"{self._label}: {message}", fix, source))

    def shifted(self, what: str) -> Unusable:
        """Fields that stand beside their places."""
        return shifted_fields(self._label, what)

    def drug_missing(self) -> Unusable:
        """No drug in RXA-5 and none in RXC."""
        return Unusable(
            "drug-missing",
            f"{self._label}: no drug is named: RXA-5 and RXC are empty.",
            "Send the drug in RXA-5 or its parts in RXC; if the message was cut off, send it again.",
            "RXA-5",
        )

    def encounter_missing(self, fields: list[str]) -> Unusable:
        """No visit or account number."""
        places = " and ".join(fields) or "no field"
        return Unusable(
            "encounter-missing",
            f"{self._label}: no visit or account number was found; looked in {places}.",
            "Send it there, or name its field in the profile under hl7: encounter_fields.",
            fields[0].split(".")[0] if fields else None,
        )

    def stop_unreadable(self, problem: TimeProblem) -> None:
        """RXA-4 holds something that is no time."""
        self._say(
            "warning",
            "stop-unreadable",
            f"the stop time (RXA-4) could not be used: {problem.message}",
            "Read as a missing stop. " + problem.fix,
            "RXA-4",
        )

    def start_coarse(self) -> Unusable:
        """RXA-3.2, the degree of precision, says that the time of day is not meant."""
        return Unusable(
            "date-only",
            f"{self._label}, start time (RXA-3): its precision (RXA-3.2) says that the time of day is not known.",
            "Minutes decide the codes: send the time of day with the date.",
            "RXA-3",
        )

    def in_gap(self, stamp: Stamp, what: str, field: str) -> None:
        """A time that no clock showed, in spring; ``what`` names it."""
        if "gap" in stamp.notes:
            self._say(
                "warning",
                "time-in-gap",
                f"the {what} lies in the hour that the clocks skip in spring; it was moved forward by that hour.",
                "Check the time, or send times with their offset.",
                field,
            )

    def action_conflict(self, status: str) -> None:
        """RXA-20 says refused or not administered while another field names an action."""
        self._say(
            "warning",
            "action-conflict",
            f"RXA-20 says {status} (not given) while another field names an action; read as not given.",
            f"If this sender uses {status} for something else, say so in the profile under action_map.",
            "RXA-20",
        )

    def partial_dose(self) -> None:
        """RXA-20 PA."""
        self._say(
            "info",
            "partial-dose",
            "charted as partially administered (RXA-20 PA); the charted times and amount are used.",
            "",
            "RXA-20",
        )

    def order_missing(self, *, has_orc: bool) -> None:
        """No order number: the actions of one order can then only be joined by drug, site and route."""
        found = "ORC has no order number" if has_orc else "no ORC stands before it"
        self._say(
            "warning",
            "orc-missing",
            f"{found}; its actions are joined by drug, site and route.",
            "Send ORC-2 or ORC-3, or name the field in the profile under hl7: order_fields.",
            "ORC",
        )

    def route_missing(self) -> None:
        """No RXR for the RXA."""
        self._say(
            "warning",
            "rxr-missing",
            "no RXR gives its route and site; the route is unknown.",
            "Send RXR behind the RXA; if the message was cut off, send it again.",
            "RXR",
        )

    def route_unknown(self, text: str, patient: Segment | None) -> None:
        """A route text that is not known."""
        self._say(
            "warning",
            "route-unknown",
            f"this route is not known: {_shown(text, patient)}." if text else "RXR-1 is empty; the route is unknown.",
            "Say what it means in the profile under route_map.",
            "RXR-1",
        )

    def route_unclear(self) -> None:
        """RXR segments that may belong to the RXA before or behind them."""
        self._say(
            "warning",
            "rxr-order-unclear",
            "different RXR stand before, between but not behind the RXA segments; each was read as closing "
            "the RXA before it.",
            "Check the routes; the sender should write RXR behind its RXA.",
            "RXR",
        )

    def look_at_rate(self, text: str) -> None:
        """RXA-12 that holds no number."""
        if not any(character.isdigit() for character in text):
            self._say(
                "info",
                "field-shifted",
                f"RXA-12 should hold a rate such as 100 mL/hr; a text of the shape {shape(text)} stands there.",
                "Check the sender's mapping of RXA-12.",
                "RXA-12",
            )
