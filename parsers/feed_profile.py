"""The facts of an HL7 feed: what its senders fill, which words and places they use, how its times lie.

Gathered in a pass of its own over the messages, so that reading a feed pays nothing for it.  Only counts, names of
fields and words are kept; a word that may be a name is kept as its shape (:func:`parsers.shapes.quoted_word`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from parsers.clock import Clock, Stamp
from parsers.er7 import Message, Segment, Separators, read_message
from parsers.feed_words import ELSEWHERE, FeedWords, observation_path, shown_word
from parsers.field_paths import FieldPath, field_path
from parsers.hl7_charsets import declared_names, decode_message
from parsers.hl7_frames import find_pieces
from parsers.mar_actions import ActionWords
from parsers.mar_groups import Layout
from parsers.mar_places import HL7_NULL, Charted
from parsers.mar_values import MarValues
from parsers.profiles import Hl7Profile, Profile, load_profile, words_of
from parsers.sender_profiles import SenderProfiles
from parsers.shapes import header_word, shape

FIELDS: tuple[tuple[str, str], ...] = (
    ("RXA-3", "start"), ("RXA-4", "stop, later than the start"), ("RXA-5", "drug"), ("RXA-6", "amount"),
    ("RXA-7", "unit"), ("RXA-9", "notes, action of some senders"), ("RXA-10", "nurse"), ("RXA-12", "rate"),
    ("RXA-20", "status or action"), ("RXA-21", "add, delete, update"), ("RXA-22", "when charted"),
    ("RXC-2", "parts of a mix"), ("RXR-1", "route"), ("RXR-2", "site"), ("RXR-4", "method"),
    ("ORC-2", "order (placer)"), ("ORC-3", "order (filler)"), ("PV1-2", "class"), ("PV1-19", "visit"),
    ("PID-18", "account"), ("PID-3", "patient"),
)  # fmt: skip
"""The fields that matter for timelines and codes, and what each is for."""
NEEDS = ("action", "encounter", "order", "site", "rate")
"""What a profile says where to look for."""
LATE = timedelta(hours=1)
AHEAD = timedelta(minutes=5)
"""Charted later than it was sent, by more than clocks differ."""
_OFFSET_FROM = 8
_SYSTEM_WORDS = 3
_TYPE = re.compile(r"[A-Z][A-Z0-9]{2}(\^[A-Z][A-Z0-9]{2})?")


@dataclass(slots=True)
class SenderFacts:
    """One MSH-3 and MSH-4: its messages and how often each of :data:`FIELDS` holds something."""

    label: str
    types: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Message type and version -> messages."""
    administrations: int = 0
    """RXA segments of RAS messages."""
    filled: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    """Administrations whose action, encounter, order, site or rate was found where the profile looks."""


@dataclass(slots=True)
class TimeFacts:
    """How the times of administrations (RXA-3) are written and lie."""

    with_offset: int = 0
    without_offset: int = 0
    date_only: int = 0
    unreadable: int = 0
    to_the_minute: int = 0
    same_stop: int = 0
    """RXA-4 equal to RXA-3, which says nothing of a stop."""
    ahead: int = 0
    """Later than the message that tells of them (MSH-7)."""
    ahead_hours: Counter[int] = field(default_factory=Counter)
    """By how many whole hours, where it is a whole number of them."""
    late: int = 0
    """Charted (RXA-22) more than an hour after the time they are charted for."""
    out_of_order: int = 0
    """Messages with an MSH-7 before that of the message in front of them, by the same sender."""


@dataclass(slots=True)
class FeedFacts:
    """What was gathered; :meth:`read` is called once for each HL7 file."""

    profile: Profile
    """The one named, or generic."""
    profiles: SenderProfiles
    clock: Clock
    messages: int = 0
    senders: dict[str, SenderFacts] = field(default_factory=dict)
    times: TimeFacts = field(default_factory=TimeFacts)
    words: FeedWords = field(default_factory=FeedWords)
    declared: Counter[str] = field(default_factory=Counter)
    """MSH-18 as declared (empty: not filled) -> messages."""
    read_as: Counter[str] = field(default_factory=Counter)
    """Character set the bytes were read with -> messages."""
    _last: dict[str, datetime] = field(default_factory=dict)
    _readers: dict[tuple[Separators, int], _AdministrationFacts] = field(default_factory=dict)

    @property
    def administrations(self) -> int:
        return sum(sender.administrations for sender in self.senders.values())

    def read(self, data: bytes) -> None:
        """Add the messages of one file (decompressed).  Never raises for what it holds."""
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = data.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
        for piece in find_pieces(data):
            if piece.kind != "message":
                continue
            raw = data[piece.start : piece.end]
            text, codec = decode_message(raw)
            message = read_message(text)
            if message is not None:
                self.declared[" ".join(map(_charset, declared_names(raw)))] += 1
                self.read_as[codec] += 1
                self._message(message)

    def _message(self, message: Message) -> None:
        header = message.segments[0]
        self.messages += 1
        # Not PID-3: the authority of a number is often named like the facility that sends.
        pid = next((s for s in message.segments if s.name == "PID"), None)
        person = _words(" ".join(pid.field(n) for n in (5, 6, 9, 11))) if pid is not None else set()
        label = " | ".join(_system(header.component(number, 1), person) for number in (3, 4))
        sender = self.senders.setdefault(label, SenderFacts(label))
        kind = "^".join(filter(None, (header.component(9, 1), header.component(9, 2))))
        sender.types[kind if _TYPE.fullmatch(kind) else shape(kind), _version(header)] += 1
        sent = self.clock.hl7(header.component(7, 1))
        sent_at = sent.time if isinstance(sent, Stamp) else None
        if sent_at is not None:
            self.times.out_of_order += label in self._last and sent_at < self._last[label]
            self._last[label] = sent_at
        if kind.startswith("RAS"):
            profile = self.profiles.of(header.component(3, 1), header.component(4, 1))
            reader = self._readers.get((message.separators, id(profile)))
            if reader is None:
                reader = self._readers[message.separators, id(profile)] = _AdministrationFacts(self, message, profile)
            reader.read(message, sender, sent_at)


def gather(profile: Profile | None, clock: Clock) -> FeedFacts:
    """Facts of feeds read with this profile; ``clock`` as for reading."""
    return FeedFacts(profile or load_profile(), SenderProfiles(profile), clock)


class _AdministrationFacts:
    """Looks at the administrations of one set of separators, read with the profile of their sender."""

    def __init__(self, facts: FeedFacts, message: Message, profile: Profile) -> None:
        self.facts = facts
        self.values = MarValues(message.separators, words_of(profile))
        hl7 = profile.hl7
        self.paths = {need: _paths(hl7, f"{need}_fields") for need in NEEDS}
        self.recorded = _paths(hl7, "recorded_fields")
        self.actions = ActionWords(self.paths["action"])
        self.fields = [field_path(name) for name, _ in FIELDS]

    def read(self, message: Message, sender: SenderFacts, sent: datetime | None) -> None:
        layout = Layout(message)
        for order in layout.orders:
            for group in order.groups:
                for number, rxa in group.rxas:
                    self._administration(Charted(layout, order, group, number, rxa), sender, sent)

    def _administration(self, charted: Charted, sender: SenderFacts, sent: datetime | None) -> None:
        sender.administrations += 1
        for path in self.fields:
            if self._holds(charted, path):
                sender.filled[path.text] += 1
        self._times(charted, sent)
        words = self.facts.words
        said = self.actions.read(charted, self.values)
        words.count(said, charted)
        words.route(charted, self.values)
        found = {need for need in NEEDS[1:] if charted.text(self.paths[need], self.values)}
        found |= {"action"} if said.worded else set()
        sender.found.update(found)
        missing = [need for need in NEEDS if need not in found and not (need == "action" and said.unknown)]
        for need in missing:
            for place in self._elsewhere(need, charted):
                words.elsewhere[need][place] += 1

    def _holds(self, charted: Charted, path: FieldPath) -> bool:
        if path.segment == "RXC":
            return bool(charted.group.components or charted.order.components)
        segment = charted.segment(path)
        text = segment.field(path.field).strip("^~&\\ ") if segment is not None else ""
        if path.text == "RXA-4" and text and text == charted.rxa.field(3).strip():
            self.facts.times.same_stop += 1
            return False
        return bool(text) and text != HL7_NULL

    def _times(self, charted: Charted, sent: datetime | None) -> None:
        times, text = self.facts.times, charted.rxa.component(3, 1)
        start = self.facts.clock.hl7(text)
        if not isinstance(start, Stamp):
            if start.code == "date-only":
                times.date_only += 1
            else:
                times.unreadable += 1
            return
        if "+" in text or "-" in text[_OFFSET_FROM:]:
            times.with_offset += 1
        else:
            times.without_offset += 1
        times.to_the_minute += start.precision == "minute" or start.time.second == 0
        if sent is not None and start.time - sent > AHEAD:
            times.ahead += 1
            hours, rest = divmod(round((start.time - sent).total_seconds() / 60), 60)
            if rest in (0, 59) or rest < AHEAD.seconds // 60:
                times.ahead_hours[hours + (rest == 59)] += 1
        charted_at = self.facts.clock.hl7(charted.time_text(self.recorded[:1]))
        times.late += isinstance(charted_at, Stamp) and charted_at.time - start.time > LATE

    def _elsewhere(self, need: str, charted: Charted) -> Iterator[str]:
        """Other places of this administration that hold what was looked for in vain."""
        for name in ELSEWHERE.get(need, ()):
            path = field_path(name)
            if path not in self.paths[need] and charted.text((path,), self.values):
                yield name
        for segment in (*charted.group.others, *charted.order.others, *charted.layout.others):
            if segment.name == "OBX" and (place := observation_path(segment, need)):
                yield place
        if need == "action":
            yield from self.facts.words.action_places(charted, self.paths["action"])


def _paths(profile: Hl7Profile, name: str) -> tuple[FieldPath, ...]:
    return tuple(field_path(path) for path in getattr(profile, name))


def _words(text: str) -> set[str]:
    return set(re.split(r"[\W_]+", text.casefold()))


def _system(text: str, person: set[str]) -> str:
    """The name of a sending system or facility; its shape where it looks like none or stands in PID as well."""
    words = text.split()
    slipped = len(words) > _SYSTEM_WORDS or bool({w for w in _words(text) & person if w})
    return shape(text) if slipped else header_word(text, trusted=True) or "(empty)"


def _version(header: Segment) -> str:
    text = header.component(12, 1)
    return text if text and len(text) <= 6 and not text.strip("0123456789.") else (shown_word(text) if text else "?")


def _charset(name: str) -> str:
    return header_word(name.replace("/", " "), trusted=True) if name else ""
