"""Reasons as people read them: text, values, policy value, citation, intervals and sources (rulebook 42)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import msgspec

from parsers.events import Source
from parsers.fast_yaml import load_yaml
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
    return msgspec.convert(load_yaml(text), dict[str, RuleSource])


class Evidence:
    """Turns reasons into evidence for one encounter and policy version."""

    def __init__(self, administrations: dict[str, Administration], policy: PolicyVersion) -> None:
        self.administrations = administrations
        self.policy = policy
        self._sources: dict[tuple[str, ...], tuple[Source, ...]] = {}

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
            sources=self.sources(ids, reason.sources),
            children=tuple(self.because(child, own) for child in reason.children),
        )

    def sources(self, ids: tuple[str, ...], more: tuple[Source, ...] = ()) -> tuple[Source, ...]:
        """The rows of these administrations, each once, and further ones behind them."""
        found = self._sources.get(ids)
        if found is None:
            found = tuple(dict.fromkeys(s for i in ids for s in self.administrations[i].sources))
            self._sources[ids] = found
        return tuple(dict.fromkeys((*found, *more))) if more else found
