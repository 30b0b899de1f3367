"""RAS messages (RAS^O17, RAS^O01; HL7 v2.2 to 2.8) to charted events.

One RXA is one event.  Where RXA-20 says CP, an RXA-4 later than RXA-3 makes it a row with start and stop,
otherwise a dose given; a local action word (New Bag, Stopped ...) says more than CP.  Notes (NTE) are never read.
A message is used when at least one of its RXA is; an RXA that cannot be used is then a finding.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from parsers.clock import Clock, Stamp
from parsers.er7 import Message, Segment, Separators
from parsers.events import Action, AdministrationEvent, Drug, Rejected, Route, Source
from parsers.mar_actions import NOT_DONE, STATUSES, ActionReading, ActionWords
from parsers.mar_findings import COARSE, Doubts, Unusable, not_readable_start, stranger, unknown_action
from parsers.mar_groups import Layout
from parsers.mar_orders import NOTHING_ORDERED, Ordered, read_ordered
from parsers.mar_places import HL7_NULL, PATIENT, Charted, Places
from parsers.mar_values import MarValues, RouteReading
from parsers.message_reading import MessageReading
from parsers.profiles import Profile, load_profile, words_of
from parsers.vocabulary import action_from_text, category_from_text, key

_WITH_STOP = frozenset({Action.GIVEN, Action.NEW_BAG, Action.STARTED, Action.BOLUS, Action.STOPPED})
"""Actions of an RXA that may itself carry the stop in RXA-4."""
_HUNG = frozenset({Action.NEW_BAG, Action.STARTED, Action.RESTARTED})
"""Actions whose amount is what was hung, not yet what ran in."""
_NOTHING_GIVEN = frozenset({Action.NOT_GIVEN, Action.CANCELED})
_YES = frozenset({"y", "yes", "true", "1", "primary"})
_AMOUNT = 6
"""RXA-6: required, so an RXA that ends before it was cut off."""


class _Facts(NamedTuple):
    """What an RXA must have to be an event, once found."""

    source: Source
    encounter: str
    visit: dict[str, str]
    said: ActionReading
    action: Action
    start: Stamp
    until: Stamp | None
    drugs: tuple[Drug, ...]
    hung_ml: float | None
    ordered: Ordered


class MarReader:
    """Reads the RAS messages of one sender; keeps what it has read of drugs, routes, rates and action words."""

    def __init__(self, clock: Clock, profile: Profile | None = None) -> None:
        profile = profile if profile is not None else load_profile()
        self._clock = clock
        self._profile = profile
        self._words = words_of(profile)
        self._describes = bool(profile.hl7.hcpcs_fields or profile.hl7.category_fields)
        self._senders: dict[Separators, tuple[MarValues, Places, ActionWords]] = {}
        self._use(Separators())

    def _use(self, marks: Separators) -> None:
        """Change to the separators of another sender; what was read under the last ones is kept."""
        self._marks = marks
        if marks not in self._senders:
            values = MarValues(marks, self._words)
            places = Places(self._profile.hl7, values)
            self._senders[marks] = (values, places, ActionWords(places.paths("action_fields")))
        self._values, self._places, self._actions = self._senders[marks]

    def read(self, message: Message, source: Source) -> MessageReading:
        """The events of one RAS message; ``source`` names its file, record, control id and offset."""
        if message.separators is not self._marks:
            self._use(message.separators)
        if _is_cut(message):
            return MessageReading(rejected=_cut(source))
        layout = Layout(message)
        reading = MessageReading()
        if layout.stranger:
            reading.findings.append(stranger(layout.stranger, source))
        problems: list[tuple[Source, Unusable]] = []
        for order in layout.orders:
            ordered = read_ordered(order, self._values) if order.groups else None
            for group in order.groups:
                for number, rxa in group.rxas:
                    charted = Charted(layout, order, group, number, rxa)
                    place = Source(
                        source.file, source.record, None, source.control_id, charted.label, None, source.offset
                    )
                    made = self._event(charted, place, ordered, Doubts(reading.findings, place, charted.label))
                    if isinstance(made, Unusable):
                        problems.append((place, made))
                    else:
                        reading.events.append(made)
        self._settle(reading, problems, source)
        return reading

    @staticmethod
    def _settle(reading: MessageReading, problems: list[tuple[Source, Unusable]], source: Source) -> None:
        """Reject the message when nothing of it is usable, otherwise say which RXA is not."""
        if reading.events:
            reading.findings.extend(problem.finding(place) for place, problem in problems)
        elif problems:
            place, first = problems[0]
            reading.rejected = first.rejected(place)
            reading.findings.extend(problem.finding(at) for at, problem in problems[1:])
        else:
            reading.rejected = Rejected(
                source,
                "rxa-missing",
                "This medication message has no RXA segment, so it charts no administration.",
                "If the message was cut off, send it again; otherwise ask the sender to include RXA.",
            )

    def _event(
        self, charted: Charted, source: Source, ordered: Ordered | None, doubts: Doubts
    ) -> AdministrationEvent | Unusable:
        rxa, places = charted.rxa, self._places
        start_text = rxa.component(3, 1)
        start = self._clock.hl7(start_text)
        if not isinstance(start, Stamp):
            return not_readable_start(charted.label, start, start_text, rxa.component(4, 1), self._clock)
        if len(rxa.field(3)) > len(start_text) and rxa.component(3, 2).upper() in COARSE:
            return doubts.start_coarse()
        stop = self._stop(rxa, start, doubts)
        if isinstance(stop, Unusable):
            return stop
        drugs, hung_ml = self._drugs(charted)
        if not drugs:
            return doubts.drug_missing()
        visit = places.visit(charted)
        encounter = visit["encounter_fields"]
        if not encounter:
            return doubts.encounter_missing([path.text for path in places.paths("encounter_fields")])
        said = self._actions.read(charted, self._values)
        if said.action is None:
            return unknown_action(charted.label, said.unknown, charted.layout.patient)
        beside = self._action_beside(rxa, said)
        if beside is not None:
            # A refusal one field off must not become a dose given.
            return doubts.shifted(f"an action stands in {beside} while RXA-20, where it belongs, is empty")
        action = self._with_stop(said.action, stop)
        until = stop if isinstance(stop, Stamp) and action is Action.INTERVAL else None
        if start.notes:
            doubts.in_gap(start, "start (RXA-3)", "RXA-3")
        if until is not None and until.notes:
            doubts.in_gap(until, "stop (RXA-4)", "RXA-4")
        facts = _Facts(source, encounter, visit, said, action, start, until, drugs, hung_ml, ordered or NOTHING_ORDERED)
        return self._assemble(charted, facts, doubts)

    def _assemble(self, charted: Charted, facts: _Facts, doubts: Doubts) -> AdministrationEvent:
        source, encounter, visit, said, action, start, until, drugs, hung_ml, ordered = facts
        rxa, values, places = charted.rxa, self._values, self._places
        route, site, device = places.route(charted)
        order_id = places.text("order_fields", charted) or None
        self._raise_doubts(charted, doubts, said, action, route, order_id)
        amount = values.amount(rxa.component(6, 1), rxa.field(7))
        if amount.ml == 1.0 and rxa.field(8):
            amount = values.volume_beside(amount, rxa.field(8))
        hangs = action in _HUNG
        rate = charted.rate(places.paths("rate_fields"), values)
        recorded = self._clock.hl7(charted.time_text(places.paths("recorded_fields")))
        change = rxa.field(21)[:1].upper()
        return AdministrationEvent(
            source=source,
            encounter_id=encounter,
            action=action,
            time=start.time,
            drugs=self._described(charted, drugs) if self._describes else drugs,
            order_id=order_id,
            patient_id=visit[PATIENT] or None,
            payer=visit["payer_fields"] or None,
            action_text=said.text,
            stop=until.time if until is not None else None,
            stop_from="charted" if until is not None else None,
            route=route.route,
            route_text=route.text,
            site=self._words.site(site),
            device=device or None,
            primary_drug=places.text("primary_drug_fields", charted).casefold() in _YES,
            dose=amount.value,
            dose_unit=amount.unit,
            volume_ml=None if hangs else amount.ml,
            bag_volume_ml=amount.ml if hangs and amount.ml is not None else hung_ml,
            rate=rate.value if rate is not None else None,
            rate_unit=rate.unit if rate is not None else None,
            rate_ml_per_hour=rate.ml_per_hour if rate is not None else None,
            ordered_minutes=ordered.minutes,
            ordered_volume_ml=ordered.volume_ml,
            ordered_rate_ml_per_hour=ordered.rate_ml_per_hour,
            recorded_at=recorded.time if isinstance(recorded, Stamp) else None,
            nurse=places.text("nurse_fields", charted) or None,
            department=visit["department_fields"] or None,
            patient_class=visit["class_fields"].upper() or None,
            time_if_late=start.time_if_late,
            stop_if_late=until.time_if_late if until is not None else None,
            correction="delete" if change == "D" else "update" if change == "U" else None,
        )

    def _stop(self, rxa: Segment, start: Stamp, doubts: Doubts) -> Stamp | Literal["unreadable"] | Unusable | None:
        """RXA-4 where it says when the infusion ended; blank or equal to RXA-3 says nothing (senders fill it in)."""
        text = rxa.component(4, 1)
        if not text or text == HL7_NULL:
            return None
        stop = self._clock.hl7(text)
        if isinstance(stop, Stamp):
            return stop if stop.time != start.time else None
        if text[:1].isalpha():
            return doubts.shifted("a text stands in RXA-4, where the stop time belongs")
        doubts.stop_unreadable(stop)
        return "unreadable"

    def _action_beside(self, rxa: Segment, said: ActionReading) -> str | None:
        """The field beside RXA-20 that holds an action: RXA-19 (an indication) or RXA-21 (A, D, U, X; table 0323).

        Where another field names the action, only a refusal beside an empty RXA-20 counts.
        """
        if said.text is not None:
            refused = not rxa.field(20) and rxa.component(19, 1).upper() in NOT_DONE
            return "RXA-19" if refused else None
        if rxa.component(19, 1).upper() in STATUSES:
            return "RXA-19"
        text = rxa.component(21, 1)
        if len(text) < 2:
            return None
        known = text.upper() in STATUSES or action_from_text(text, self._words.actions) is not None
        return "RXA-21" if known else None

    @staticmethod
    def _with_stop(action: Action, stop: Stamp | Literal["unreadable"] | None) -> Action:
        if stop is None or action not in _WITH_STOP:
            return action
        if stop == "unreadable":
            # Someone charted an end, so it was no push; the end itself is missing.
            return Action.INTERVAL if action is Action.GIVEN else action
        return Action.INTERVAL

    def _drugs(self, charted: Charted) -> tuple[tuple[Drug, ...], float | None]:
        """The parts of what was given and the volume hung in mL as far as RXC says it.

        RXC lists the parts of one bag; RXA-5 then names the mix and is left out, unless RXC lists base
        fluids only.  Some senders write one RXA for each part: then each RXA is its own part.
        """
        values = self._values
        named = charted.rxa.field(5)
        main = values.drug(named) if named else None
        segments = charted.group.components or charted.order.components
        if not segments:
            return ((main,) if main is not None else ()), None
        parts = [part for part in map(values.part, segments) if part is not None]
        if not parts:
            return ((main,) if main is not None else ()), None
        volumes = [ml for _, ml in parts if ml is not None]
        hung_ml = sum(volumes) if volumes else None
        drugs = tuple(drug for drug, _ in parts)
        if main is not None:
            same = next((drug for drug in drugs if _same(main, drug)), None)
            if same is not None and _siblings(charted) > 1:
                return (same,), hung_ml
            if same is None and all(drug.base for drug in drugs):
                drugs = (main, *drugs)
        return drugs, hung_ml

    def _described(self, charted: Charted, drugs: tuple[Drug, ...]) -> tuple[Drug, ...]:
        """The drugs with HCPCS and category where the profile says where they stand."""
        hcpcs = self._places.text("hcpcs_fields", charted) or None
        word = self._places.text("category_fields", charted)
        category = category_from_text(word)
        unread = bool(word) and category is None
        return tuple(
            drug
            if drug.base and len(drugs) > 1
            else Drug(drug.name, drug.code, drug.code_system, drug.hcpcs or hcpcs, category, drug.base, unread)
            for drug in drugs
        )

    @staticmethod
    def _raise_doubts(
        charted: Charted,
        doubts: Doubts,
        said: ActionReading,
        action: Action,
        route: RouteReading,
        order_id: str | None,
    ) -> None:
        if said.conflict:
            doubts.action_conflict(said.status)
        if said.status == "PA":
            doubts.partial_dose()
        if action in _NOTHING_GIVEN:
            return
        if order_id is None:
            doubts.order_missing(has_orc=charted.order.orc is not None)
        if charted.route is None:
            doubts.route_missing()
        elif route.unknown:
            doubts.route_unknown(route.text or "", charted.layout.patient)
        if charted.order.route_unclear:
            doubts.route_unclear()
        if route.route in (None, Route.IV) and charted.rxa.field(12):
            doubts.look_at_rate(charted.rxa.field(12))


def _is_cut(message: Message) -> bool:
    """Whether the message ends inside an RXA: the rest of a drug's name would pass for a drug, its action is lost."""
    last = message.segments[-1]
    return last.name == "RXA" and len(last) < _AMOUNT and message.verbatim[-1] not in "\r\n"


def _cut(source: Source) -> Rejected:
    return Rejected(
        source,
        "message-truncated",
        "The message ends inside its last RXA, before the amount (RXA-6) that every RXA has.",
        "Send the message again.",
    )


def _same(one: Drug, other: Drug) -> bool:
    return key(one.name) == key(other.name) or (one.code is not None and one.code == other.code)


def _siblings(charted: Charted) -> int:
    """How many RXA of the order are charted at the same time as this one."""
    time = charted.rxa.field(3)
    return sum(rxa.field(3) == time for group in charted.order.groups for _, rxa in group.rxas)
