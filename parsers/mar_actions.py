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
NOT_DONE = frozenset({"RE", "NA"})


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


_Branch = dict[str, "ActionReading | _Branch"]
_LIMIT = 20_000


class ActionWords:
    """Reads the action of an RXA from a sender's fields, remembering every combination of texts."""

    def __init__(self, paths: Sequence[FieldPath]) -> None:
        self._paths = tuple(paths)
        self._known: _Branch = {}
        """From the text of the first field to what it says, or to the texts of the next field if it decides nothing."""
        self._count = 0

    def read(self, charted: Charted, values: MarValues) -> ActionReading:
        """The action of one RXA; fields behind the one that decides are not looked at."""
        branch = self._known
        for path in self._paths:
            found = branch.get(self._raw(path, charted))
            if found is None:
                return self._learned(tuple(self._raw(each, charted) for each in self._paths), values)
            if isinstance(found, ActionReading):
                return found
            branch = found
        return self._decide((), values)

    def _learned(self, texts: tuple[str, ...], values: MarValues) -> ActionReading:
        """Decide by the texts of all fields, and remember it by those that were needed for it."""
        if self._count > _LIMIT:
            self._known, self._count = {}, 0
        self._count += 1
        branch = self._known
        for needed, text in enumerate(texts, start=1):
            reading = self._decide(texts[:needed], values)
            if reading.worded or needed == len(texts):
                branch[text] = reading
                return reading
            inner = branch.setdefault(text, {})
            assert isinstance(inner, dict)  # a text that decides ends its branch
            branch = inner
        raise AssertionError("a sender has at least one action field")

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
        if status in NOT_DONE:
            return ActionReading(Action.NOT_GIVEN, status, status)
        return ActionReading(Action.GIVEN, status or None, status)

    @staticmethod
    def _must_be_known(index: int, path: FieldPath) -> bool:
        """Whether this place holds nothing but action words; RXA-9 and ORC-16 also hold notes."""
        return index == 0 or path.segment.startswith("Z") or path.observation is not None


def _worded(text: str, action: Action, status: str) -> ActionReading:
    if status in NOT_DONE and action not in (Action.NOT_GIVEN, Action.HELD, Action.CANCELED):
        # A refused dose must not be charged on the strength of a second field.
        return ActionReading(Action.NOT_GIVEN, status, status, conflict=True)
    return ActionReading(action, text, status, worded=True)
