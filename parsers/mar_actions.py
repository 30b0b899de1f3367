"""What was done: the local action word of a sender, or the completion status of RXA-20.

HL7 has only CP, RE, NA and PA for it (table 0322).  New Bag, Stopped and the like are local words and stand in
different fields: a profile lists them in order, and a known word in any of them says more than CP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parsers.events import Action
from parsers.field_paths import FieldPath
from parsers.mar_places import HL7_NULL, Charted
from parsers.mar_values import MarValues
from parsers.vocabulary import action_from_text, key

STATUSES = frozenset({"CP", "PA", "RE", "NA"})
_NOT_DONE = frozenset({"RE", "NA"})


@dataclass(frozen=True, slots=True)
class ActionReading:
    """``action`` is ``None`` when a word stands there that nothing explains (``unknown``)."""

    action: Action | None
    text: str | None = None
    status: str = ""
    """RXA-20 as one of CP, RE, NA, PA; empty for another word or none."""
    unknown: str = ""
    conflict: bool = False
    """RXA-20 says not given, another field names an action."""
    worded: bool = False
    """A known action word was found."""


class ActionWords:
    """Reads the action of an RXA from a sender's fields, remembering every combination of texts."""

    def __init__(self, paths: Sequence[FieldPath]) -> None:
        self._paths = tuple(paths)
        self._known: dict[tuple[str, ...], ActionReading] = {}
        self._decisive: dict[str, ActionReading] = {}
        """Texts of the first field that decide alone: no other field is then looked at."""

    def read(self, charted: Charted, values: MarValues) -> ActionReading:
        """The action of one RXA."""
        first = self._raw(self._paths[0], charted) if self._paths else ""
        decided = self._decisive.get(first)
        if decided is not None:
            return decided
        texts = (first, *[self._raw(path, charted) for path in self._paths[1:]])
        reading = self._known.get(texts)
        if reading is None:
            if len(self._known) + len(self._decisive) > 20_000:
                self._known.clear()
                self._decisive.clear()
            reading = self._known[texts] = self._decide(texts, values)
            if first and self._decide((first, *[""] * (len(texts) - 1)), values).worded:
                self._decisive[first] = reading
        return reading

    @staticmethod
    def _raw(path: FieldPath, charted: Charted) -> str:
        segment = charted.segment(path)
        if segment is None:
            return ""
        if path.component is None:
            return segment.field(path.field)
        return segment.component(path.field, path.component)

    def _decide(self, texts: Sequence[str], values: MarValues) -> ActionReading:
        status, unknown = "", ""
        for index, (path, raw) in enumerate(zip(self._paths, texts, strict=False)):
            if not raw:
                continue
            words = [raw] if path.component is not None else values.components(raw)[:2]
            words = [word for word in words if word and word != HL7_NULL]
            if path.segment == "RXA" and path.field == 20 and words:
                code = words[0].upper()
                if code in STATUSES and key(code) not in values.words.actions:
                    status = code
                    continue
            found = next(((w, a) for w in words if (a := action_from_text(w, values.words.actions))), None)
            if found is not None:
                return _worded(found[0], found[1], status)
            if words and not unknown and self._must_be_known(index, path):
                unknown = words[-1]
        if unknown and not status:
            return ActionReading(None, unknown, unknown=unknown)
        if status in _NOT_DONE:
            return ActionReading(Action.NOT_GIVEN, status, status)
        return ActionReading(Action.GIVEN, status or None, status)

    @staticmethod
    def _must_be_known(index: int, path: FieldPath) -> bool:
        """Whether this place holds nothing but action words; RXA-9 and ORC-16 also hold notes."""
        return index == 0 or path.segment.startswith("Z") or path.observation is not None


def _worded(text: str, action: Action, status: str) -> ActionReading:
    if status in _NOT_DONE and action not in (Action.NOT_GIVEN, Action.HELD, Action.CANCELED):
        # A refused dose must not be charged on the strength of a second field.
        return ActionReading(Action.NOT_GIVEN, status, status, conflict=True)
    return ActionReading(action, text, status, worded=True)
