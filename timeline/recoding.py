"""One encounter coded under many answers, each combination once (rulebook 27)."""

from __future__ import annotations

from timeline.mapper import Coding, Shared, code_encounter
from timeline.model import EncounterTimeline
from timeline.policy import PolicyVersion
from timeline.possible_answers import Choice


class Worker:
    """Codes one encounter under one answer after another."""

    def __init__(self, timeline: EncounterTimeline, policy: PolicyVersion) -> None:
        self.timeline = timeline
        self.policy = policy
        self.shared = Shared.of(timeline, policy)
        self._done: dict[frozenset[tuple[tuple[str, str], str]], Coding] = {}

    def code(self, choice: Choice) -> Coding:
        """What these answers bill, by the shortest way."""
        key = frozenset(choice.items())
        coding = self._done.get(key)
        if coding is None:
            coding = self._done[key] = code_encounter(self.policy, choice, self.shared)
        return coding

    def in_full(self, choice: Choice) -> Coding:
        """The coding under these answers as people read it: charges in the order of the rules, reasons its own."""
        return code_encounter(self.policy, choice, self.shared, from_memory=False)
