"""One administration in two inputs: the MAR table and the FHIR bundle of one visit, two exports that overlap.

An exact repetition is a duplicate (:mod:`parsers.deduplicate`).  Two forms of one record are never equal in
everything: one has a site, the other a volume.  Billing both would be a charge too many, so what is surely the same
counts once; what only looks the same is told and left to a person.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from parsers.deduplicate import Record, record_of
from parsers.events import Action, AdministrationEvent, Finding, Ignored, Route, Source
from parsers.shapes import safe_name
from parsers.vocabulary import key

OTHER_FORM = "administration in another form of input already"

_BEGINS = frozenset({Action.NEW_BAG, Action.STARTED})
_DOSES = frozenset({Action.GIVEN, Action.PUSH, Action.BOLUS})
_TOLD = _BEGINS | _DOSES | {Action.INTERVAL}
_IV = frozenset({Route.IV, Route.IVPB, Route.IV_PUSH})
_LETTERS = re.compile(r"[^\W\d_]{4,}")
_FACTS = ("order_id", "stop", "route", "site", "device", "dose", "volume_ml", "bag_volume_ml", "rate", "recorded_at")


@dataclass(frozen=True, slots=True)
class _Pair:
    """Places of two events of one administration; ``drop`` is the one that goes, where it does not depend on others."""

    one: int
    other: int
    sure: bool
    drop: int | None = None


def told_twice(
    events: tuple[AdministrationEvent, ...], kinds: Mapping[str, str]
) -> tuple[tuple[AdministrationEvent, ...], Ignored | None, tuple[Finding, ...]]:
    """Events without those that another kind of input tells as well, the records that left nothing, and the findings.

    ``kinds`` is the kind of input (``hl7``, ``mar-table``, ``fhir`` ...) by file.  The order of files changes nothing.
    """
    if len(kinds) < 2:
        return events, None, ()
    by_minute = _by_minute(events)
    pairs: list[_Pair] = []
    for group in by_minute.values():
        if len(group) > 1 and len({events[place].source.file for place in group}) > 1:
            pairs += _paired(group, events, kinds, by_minute)
    if not pairs:
        return events, None, ()
    dropped = _dropped(pairs, events)
    kept = tuple(event for place, event in enumerate(events) if place not in dropped)
    return kept, _gone(events, kept, dropped), tuple(_findings(pairs, events))


_ByMinute = dict[tuple[str, int], list[int]]


def _by_minute(events: tuple[AdministrationEvent, ...]) -> _ByMinute:
    """Places of the charted events of one encounter and minute."""
    groups: _ByMinute = {}
    for place, event in enumerate(events):
        # A pump says again what the nurse charted, and a correction what stood there: both have rules of their own.
        if event.origin == "charted" and event.correction is None and event.action is not Action.CANCELED:
            groups.setdefault((event.encounter_id, _minute(event.time)), []).append(place)
    return groups


def _minute(time: datetime) -> int:
    """Minutes since 1970, whatever the offset."""
    return int(time.timestamp()) // 60


def _paired(
    group: list[int], events: tuple[AdministrationEvent, ...], kinds: Mapping[str, str], by_minute: _ByMinute
) -> Iterator[_Pair]:
    """Pair the events of one minute, one with one; those that are surely the same come first."""
    found: list[_Pair] = []
    for one, other in combinations(group, 2):
        first, second = events[one], events[other]
        files = first.source.file, second.source.file
        if files[0] == files[1] or not (_same_kind(first, second) and _same_drug(first, second)):
            continue
        if kinds.get(files[0]) == kinds.get(files[1]):
            if _agree(first.order_id, second.order_id):
                found.append(_Pair(one, other, sure=False))
            continue
        interval = next((p for p in (one, other) if events[p].action is Action.INTERVAL), None)
        if interval is None or first.action is second.action:
            meant, drop = len({first.action, second.action}) == 1 or _one_of(first, second), None
        else:
            meant, drop = _says_no_more(interval, one + other - interval, events, by_minute), interval
        found.append(_Pair(one, other, meant and _nothing_differs(first, second), drop))
    taken: set[int] = set()
    for pair in sorted(found, key=lambda p: not p.sure):
        if not taken & {pair.one, pair.other}:
            taken |= {pair.one, pair.other}
            yield pair


def _one_of(one: AdministrationEvent, other: AdministrationEvent) -> bool:
    kinds = {one.action, other.action}
    return kinds <= _BEGINS or kinds <= _DOSES


def _says_no_more(interval: int, other: int, events: tuple[AdministrationEvent, ...], by_minute: _ByMinute) -> bool:
    """Whether an action log holds all that the interval says: its start and, where it has one, its stop."""
    whole, begun = events[interval], events[other]
    if whole.stop is None or whole.stop == whole.time:
        return True
    if begun.action not in _BEGINS:
        return whole.stop == begun.stop
    at_stop = (events[place] for place in by_minute.get((whole.encounter_id, _minute(whole.stop)), ()))
    file = begun.source.file
    return any(e.action is Action.STOPPED and e.source.file == file and _same_drug(e, whole) for e in at_stop)


def _dropped(pairs: Iterable[_Pair], events: tuple[AdministrationEvent, ...]) -> set[int]:
    """Of each sure pair the one that goes.  In one encounter the same file stays, the one that says more: the start
    of one and the stop of the other would not be tied together."""
    sure = [pair for pair in pairs if pair.sure]
    said: Counter[tuple[str, str]] = Counter()
    for place in (place for pair in sure for place in (pair.one, pair.other)):
        said[events[place].encounter_id, events[place].source.file] += _facts(events[place])

    def weight(place: int) -> tuple[int, str]:
        event = events[place]
        return -said[event.encounter_id, event.source.file], event.source.file

    return {max(pair.one, pair.other, key=weight) if pair.drop is None else pair.drop for pair in sure}


def _facts(event: AdministrationEvent) -> int:
    return sum(getattr(event, name) is not None for name in _FACTS)


def _same_kind(one: AdministrationEvent, other: AdministrationEvent) -> bool:
    return one.action is other.action or (one.action in _TOLD and other.action in _TOLD)


def _same_drug(one: AdministrationEvent, other: AdministrationEvent) -> bool:
    """The same text, or the same order and a name that is part of the other (*ondansetron*, *ondansetron vial*)."""
    names, others = ({key(d.name) for d in e.drugs if not d.base} for e in (one, other))
    if names == others:
        return True
    if one.order_id is None or one.order_id != other.order_id:
        return False
    words, more = (frozenset(_words(e)) for e in (one, other))
    return bool(words and more) and (words <= more or more <= words)


def _words(event: AdministrationEvent) -> Iterable[str]:
    return (word.casefold() for drug in event.drugs for word in _LETTERS.findall(drug.name))


def _nothing_differs(one: AdministrationEvent, other: AdministrationEvent) -> bool:
    """Order, route, dose and stop are equal, or one of the two does not say."""
    return (
        _agree(one.order_id, other.order_id)
        and (_agree(one.route, other.route) or {one.route, other.route} <= _IV)
        and (one.dose is None or other.dose is None or _dose(one) == _dose(other))
        and _agree(one.stop, other.stop)
    )


def _agree(one: object, other: object) -> bool:
    return one is None or other is None or one == other


def _dose(event: AdministrationEvent) -> tuple[float | None, str]:
    return event.dose, (event.dose_unit or "").casefold()


def _gone(
    events: tuple[AdministrationEvent, ...], kept: tuple[AdministrationEvent, ...], dropped: set[int]
) -> Ignored | None:
    """The records all of whose events were told elsewhere."""
    sources: dict[Record, Source] = {}
    for place in sorted(dropped):
        source = events[place].source
        bare = Source(source.file, source.record, source.row, control_id=source.control_id)
        sources.setdefault(record_of(events[place]), bare)
    for event in kept:
        sources.pop(record_of(event), None)
    gone = sorted(sources.values(), key=lambda s: (s.file, s.record or 0, s.row or 0))
    return Ignored(OTHER_FORM, tuple(gone)) if gone else None


def _findings(pairs: Iterable[_Pair], events: tuple[AdministrationEvent, ...]) -> Iterator[Finding]:
    """For each two files: how many administrations were counted once, and how many only look the same."""
    counts: Counter[tuple[str, str, bool]] = Counter()
    first: dict[tuple[str, str, bool], Source] = {}
    for pair in pairs:
        sources = sorted((events[p].source for p in (pair.one, pair.other)), key=lambda s: s.file)
        if events[pair.one].action in _TOLD:
            kind = sources[0].file, sources[1].file, pair.sure
            counts[kind] += 1
            first.setdefault(kind, sources[0])
    for kind in sorted(counts):
        one, other = map(safe_name, kind[:2])
        stand = "1 administration stands" if counts[kind] == 1 else f"{counts[kind]:,} administrations stand"
        once = "what both say was counted once" if kind[2] else "they differ, so both count and may be billed twice"
        yield Finding(
            "warning",
            "same-record-twice",
            f"{stand} in {one} and in {other} (same encounter, drug and minute); {once}.",
            "Give each visit from one source: leave out one of the two files.",
            first[kind],
        )
