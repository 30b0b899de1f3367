"""Which IV line an administration ran on, from the lines that were in place (rulebook 0c, 28, 30).

A drug without a charted access is put on a line only when exactly one was in place all the time it ran; with two
lines, or none for part of the time, its access stays unknown and is asked about where it changes the bill.
``same_as`` makes two names one access: another lumen of one catheter, or an IV that was restarted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from parsers.events import AccessContext, AdministrationEvent, Route, Source
from timeline.access_names import access_key
from timeline.model import Administration
from timeline.spans import Span, epoch, union

ONE_LINE = "one line in place"

_BY_LINE = (None, Route.IV, Route.IVPB, Route.IV_PUSH)
_LONGEST = timedelta(hours=24)
_NEVER = 1 << 62


class Lines:
    """The lines of one encounter, each under the name that stands for all its names."""

    def __init__(self, accesses: Sequence[AccessContext]) -> None:
        self.names = _one_name(accesses)
        """Key of a name to the name that stands for it; names that stand for themselves are left out."""
        self._placed: dict[str, list[tuple[Span, Source]]] = {}
        self._shown: dict[str, str] = {}
        for access in sorted(accesses, key=_place):
            name = self.name(access.site) or access.site
            key = access_key(name)
            if key is None:
                continue
            span = (epoch(access.start), epoch(access.stop) if access.stop is not None else _NEVER)
            self._placed.setdefault(key, []).append((span, access.source))
            self._shown.setdefault(key, name)

    def name(self, site: str | None) -> str | None:
        """The name of the access a charted site belongs to."""
        return self.names.get(access_key(site) or "", site)

    def renamed(self, event: AdministrationEvent) -> AdministrationEvent:
        """The event on the access its site belongs to."""
        name = self.name(event.site)
        return event if name == event.site else replace(event, site=name)

    def in_place(self, start: int, stop: int) -> set[str]:
        """Keys of the lines that were in place at any moment of ``[start, stop)``; at ``start`` when they are equal."""
        return {key for key, lines in self._placed.items() if any(_meets(span, start, stop) for span, _ in lines)}

    def covers(self, key: str, start: int, stop: int) -> bool:
        """Whether this line was in place from ``start`` to ``stop`` without a break."""
        spans = union(span for span, _ in self._placed.get(key, []))
        return any(a <= start and stop <= b and start < b for a, b in spans)

    def sources(self, key: str, start: int, stop: int) -> tuple[Source, ...]:
        return tuple(source for span, source in self._placed[key] if _meets(span, start, stop))

    def shown(self, key: str) -> str:
        return self._shown[key]


def with_lines(
    administrations: Sequence[Administration], lines: Lines, departure: datetime | None
) -> list[Administration]:
    """The administrations, those without a charted access on the only line that was in place."""
    charted = [(access_key(a.access), *_known(a)) for a in administrations if access_key(a.access) is not None]
    return [_placed(a, lines, charted, departure) for a in administrations]


def _placed(
    a: Administration, lines: Lines, charted: Iterable[tuple[str | None, int, int]], departure: datetime | None
) -> Administration:
    if access_key(a.access) is not None or a.route not in _BY_LINE:
        return a
    start, stop = _known(a)
    until = max(stop, _last_possible(a, departure))
    found = lines.in_place(start, until)
    if len(found) != 1:
        return a
    (key,) = found
    # A line that is charted as used meanwhile was in place too, whether or not the table lists it.
    used = {
        other
        for other, begin, end in charted
        if other is not None and _meets((begin, max(end, begin + 1)), start, until)
    }
    if used - {key} or not lines.covers(key, start, stop):
        return a
    sources = lines.sources(key, start, max(stop, start + 1))
    return replace(
        a,
        access=lines.shown(key),
        access_evidence=ONE_LINE,
        access_sources=sources,
        sources=tuple(dict.fromkeys((*a.sources, *sources))),
    )


def _known(a: Administration) -> tuple[int, int]:
    """From its start to the last moment at which it is known to have run."""
    last = a.segments[-1].stop if a.segments else a.start
    return epoch(a.start), epoch(max(last, a.last_seen) if a.open_since is not None else last)


def _last_possible(a: Administration, departure: datetime | None) -> int:
    """With a missing stop: how long it may have run, at most."""
    if a.open_since is None:
        return epoch(a.start)
    return epoch(min(t for t in (a.start + _LONGEST, a.latest_stop, departure) if t is not None and t > a.start))


def _meets(span: Span, start: int, stop: int) -> bool:
    return span[0] < max(stop, start + 1) and start < span[1]


def _one_name(accesses: Sequence[AccessContext]) -> Mapping[str, str]:
    """Names joined by ``same_as``, however the chain runs, under one of them."""
    group: dict[str, str] = {}
    shown: dict[str, str] = {}

    def root(key: str) -> str:
        while group.get(key, key) != key:
            key = group[key]
        return key

    linked = {access_key(a.site) for a in accesses if access_key(a.same_as) not in (None, access_key(a.site))}
    for access in sorted(accesses, key=lambda a: (a.site, a.same_as or "")):
        one, other = access_key(access.site), access_key(access.same_as)
        for key, text in ((one, access.site), (other, access.same_as)):
            if key is not None and text is not None:
                shown[key] = min(shown.get(key, text), text)
        if one is not None and other is not None and root(one) != root(other):
            # The name that is itself not called the same as another stands for all; otherwise the first by name.
            first, second = sorted((root(one), root(other)), key=lambda k: (k in linked, k))
            group[second] = first
    return {key: shown[root(key)] for key in shown if root(key) != key}


def _place(access: AccessContext) -> tuple[object, ...]:
    return (access.site, access.start, access.source.file, access.source.row or 0)
