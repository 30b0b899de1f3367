"""Reasons as people read them: text, values, policy value, citation, intervals and sources (rulebook 42)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import msgspec
import yaml

from parsers.events import Source
from timeline.model import Administration, Because
from timeline.policy import Confidence, PolicyVersion
from timeline.rules.case import Reason
from timeline.spans import instant


class RuleSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule says in our own words, and where it comes from."""

    title: str
    text: str
    where: str
    confidence: Confidence
    files: list[str]
    """The files that hold it; none while it is not coded yet."""


@lru_cache(maxsize=1)
def rule_book() -> dict[str, RuleSource]:
    """Rule id to its title and source."""
    text = files("timeline").joinpath("rule_book.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), dict[str, RuleSource])


class Evidence:
    """Turns reasons into evidence for one encounter and policy version."""

    def __init__(self, administrations: dict[str, Administration], policy: PolicyVersion) -> None:
        self.administrations = administrations
        self.policy = policy

    def because(self, reason: Reason, own: tuple[str, ...] = ()) -> Because:
        """The evidence of one reason; ``own`` are administrations whose rows count as sources besides its spans."""
        cited = self.policy.cited.get(reason.setting or "")
        source = rule_book().get(reason.rule)
        if cited is not None:
            citation = f"{cited.reference.title}: {cited.reference.where}"
            confidence: str = cited.confidence
        elif source is not None:
            citation, confidence = source.where, source.confidence
        else:
            raise KeyError(f"rule {reason.rule} has no entry in the rule book")
        ids = tuple(dict.fromkeys([*own, *(i for i, _ in reason.spans)]))
        return Because(
            rule=reason.rule,
            text=reason.text.format(**reason.facts),
            values=dict(reason.facts),
            intervals=tuple((i, instant(a), instant(b)) for i, spans in reason.spans for a, b in spans),
            policy=self.policy.value(reason.setting) if reason.setting else None,
            citation=citation,
            confidence=confidence,
            sources=tuple(dict.fromkeys((*self.sources(ids), *reason.sources))),
            children=tuple(self.because(child, own) for child in reason.children),
        )

    def sources(self, ids: tuple[str, ...]) -> tuple[Source, ...]:
        return tuple(dict.fromkeys(s for i in ids for s in self.administrations[i].sources))
