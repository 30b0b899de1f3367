"""How the routes of tables were read: every word with its class, and those that are not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from parsers.events import AdministrationEvent, Route
from parsers.shapes import quoted_word, shape
from parsers.vocabulary import is_route_word


@dataclass(frozen=True, slots=True)
class RouteWord:
    """A charted route: ``shown`` is the word, or its shape where it may be a name (not ``plain``)."""

    shown: str
    plain: bool
    route: Route | None
    count: int


def route_words(events: Iterable[AdministrationEvent], files: Iterable[str]) -> tuple[RouteWord, ...]:
    """The routes charted in these files, the most frequent first."""
    read = frozenset(files)
    counts: Counter[tuple[str, Route | None]] = Counter()
    hidden: set[str] = set()
    for event in events:
        text = event.route_text
        if text and event.source.file in read:
            counts[text, event.route] += 1
            if text not in hidden and not is_route_word(text) and not _may_be_shown(text, event):
                hidden.add(text)
    words: Counter[tuple[str, bool, Route | None]] = Counter()
    for (text, route), count in counts.items():
        plain = text not in hidden
        words[text if plain else shape(text), plain, route] += count
    ordered = sorted(words.items(), key=lambda item: (-item[1], item[0][0]))
    return tuple(RouteWord(shown, plain, route, count) for (shown, plain, route), count in ordered)


def _may_be_shown(text: str, event: AdministrationEvent) -> bool:
    others = (event.encounter_id, event.patient_id, event.nurse, event.comment, event.site, event.department)
    return quoted_word(text, (other for other in others if other)).startswith("'")
