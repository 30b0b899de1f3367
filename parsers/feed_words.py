"""Words of a feed: which actions and routes its sender uses, which are not known, and where else they stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from parsers.er7 import Segment
from parsers.events import Action
from parsers.field_paths import FieldPath
from parsers.mar_actions import ActionReading
from parsers.mar_places import Charted
from parsers.mar_values import MarValues
from parsers.shapes import quoted_word, shape
from parsers.vocabulary import action_from_text, key

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "encounter": ("PV1-19.1", "PID-18.1", "PV1-50.1", "PID-2.1", "PID-4.1"),
    "order": ("ORC-3.1", "ORC-2.1", "ORC-4.1", "ORC-8.1", "RXE-15.1"),
    "site": ("RXR-2", "RXR-6"),
    "rate": ("RXA-12", "RXE-23"),
}
"""Where senders put what a profile looks for elsewhere, the likelier first."""
_OBSERVED = {"site": ("line", "site", "access", "lumen"), "rate": ("rate", "flow")}
_FLOWS = frozenset(
    {Action.NEW_BAG, Action.STARTED, Action.STOPPED, Action.RATE_CHANGE, Action.PAUSED, Action.RESTARTED, Action.BOLUS}
)
"""Actions whose words say that a field holds MAR actions: Done or Given may stand in any field."""
_MOST = 500
"""Different unknown words kept; behind them the field holds no words."""
_RXA_FIELDS = 28


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """``shown`` is the word, or the shape of a text that may be a name; ``plain`` says which."""

    shown: str
    plain: bool


@dataclass(slots=True)
class FeedWords:
    """What the administrations of a feed say they are."""

    known: Counter[tuple[str, Action]] = field(default_factory=Counter)
    """Action word or status as charted, and what it is read as."""
    unknown: Counter[UnknownWord] = field(default_factory=Counter)
    routes: Counter[UnknownWord] = field(default_factory=Counter)
    """Routes that are not known."""
    elsewhere: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Need (action, encounter ...) -> other places that hold it."""
    _flow_words: dict[str, bool] = field(default_factory=dict)

    def count(self, said: ActionReading, charted: Charted) -> None:
        """Count the action of one administration."""
        if said.action is None:
            _add(self.unknown, _unknown(said.unknown, charted))
        else:
            self.known[said.text or "", said.action] += 1

    def route(self, charted: Charted, values: MarValues) -> None:
        """Count its route where it is not known."""
        reading = values.route(charted.route) if charted.route is not None else None
        if reading is not None and reading.unknown and reading.text:
            _add(self.routes, _unknown(reading.text, charted))

    def action_places(self, charted: Charted, looked: Sequence[FieldPath]) -> Iterator[str]:
        """Places not looked in that hold a known word of a running infusion (New Bag, Stopped ...)."""
        known = {(path.segment, path.field) for path in looked}
        for number in range(8, min(len(charted.rxa) + 1, _RXA_FIELDS)):
            if ("RXA", number) not in known:
                yield from self._in(charted.rxa, number)
        if charted.order.orc is not None:
            for number in (1, 5, 16):
                if ("ORC", number) not in known:
                    yield from self._in(charted.order.orc, number)
        for segment in (*charted.group.others, *charted.order.others):
            if segment.name == "OBX" and self._flows(segment.component(5, 1)):
                name = _observation(segment)
                if name:
                    yield f"OBX({name})-5"
            elif segment.name.startswith("Z"):
                for number in range(1, len(segment) + 1):
                    if (segment.name, number) not in known:
                        yield from self._in(segment, number)

    def _in(self, segment: Segment, number: int) -> Iterator[str]:
        if not segment.field(number):
            return
        for component in (1, 2):
            if self._flows(segment.component(number, component)):
                yield f"{segment.name}-{number}.{component}"
                return

    def _flows(self, text: str) -> bool:
        if not 3 < len(text) < 40:
            return False
        found = self._flow_words.get(text)
        if found is None:
            found = action_from_text(text) in _FLOWS
            if len(self._flow_words) < _MOST * 20:
                self._flow_words[text] = found
        return found


def observation_path(segment: Segment, need: str) -> str | None:
    """``OBX(IV LINE)-5`` where the observation's name says that it holds a site or a rate."""
    name = _observation(segment)
    words = _OBSERVED.get(need, ())
    if name and segment.component(5, 1) and any(word in name.casefold() for word in words):
        return f"OBX({name})-5"
    return None


def _observation(segment: Segment) -> str:
    """Name of an observation if it can stand in a profile: a word, not a value."""
    for component in (2, 1):
        name = segment.component(3, component)
        if key(name) and len(name) <= 40 and not any(c in name for c in "()^|") and sum(map(str.isdigit, name)) <= 3:
            return name
    return ""


def shown_word(text: str) -> str:
    """The shape of a text that cannot be shown."""
    return f"a text of the shape {shape(text)}"


def _unknown(text: str, charted: Charted) -> UnknownWord:
    patient = charted.layout.patient
    others = [*(patient.fields[2:] if patient is not None else ()), charted.rxa.field(10)]
    shown = quoted_word(text, others)
    plain = shown.startswith("'")
    return UnknownWord(text.strip() if plain else shape(text), plain)


def _add(counts: Counter[UnknownWord], word: UnknownWord) -> None:
    if word in counts or len(counts) < _MOST:
        counts[word] += 1
