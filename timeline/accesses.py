"""What ran together on one access, and when nothing ran: overlaps and gaps.

intervaltree defines both; few stretches are compared in one sorted pass, which costs less than growing a tree.
Pushes take no time and stay out; intervals are half-open, so a bag that starts in
the minute another stops does not overlap it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from intervaltree import IntervalTree

from timeline.access_names import access_key
from timeline.model import Administration, Gap, Overlap
from timeline.spans import Span, epoch, instant, union


def running_tree(administrations: Sequence[Administration]) -> IntervalTree:
    """An IntervalTree over the running segments in seconds, with (position, administration) as data."""
    tree = IntervalTree()
    for position, administration in enumerate(administrations):
        for segment in administration.segments:
            tree.addi(epoch(segment.start), epoch(segment.stop), position)
    return tree


Pairs = dict[tuple[int, int], list[Span]]
"""Positions of two administrations, the earlier in the list first, to the stretches in which both ran."""
_FEW = 64


def pairs_of_tree(administrations: Sequence[Administration]) -> Pairs:
    """By the definition: what overlaps in the tree."""
    tree = running_tree(administrations)
    pairs: Pairs = {}
    for interval in tree:
        for other in tree.overlap(interval.begin, interval.end):
            if interval.data < other.data:
                shared = (max(interval.begin, other.begin), min(interval.end, other.end))
                pairs.setdefault((interval.data, other.data), []).append(shared)
    return pairs


def pairs_in_order(administrations: Sequence[Administration]) -> Pairs:
    """The same in one pass: each stretch is compared with those that start before it ends."""
    stretches = sorted(
        (epoch(segment.start), epoch(segment.stop), position)
        for position, administration in enumerate(administrations)
        for segment in administration.segments
    )
    pairs: Pairs = {}
    for place, (_, stop, position) in enumerate(stretches):
        for later in range(place + 1, len(stretches)):
            start, other_stop, other = stretches[later]
            if start >= stop:
                break
            # Of one administration no two stretches overlap.
            pairs.setdefault((min(position, other), max(position, other)), []).append((start, min(stop, other_stop)))
    return pairs


def overlaps_and_gaps(
    administrations: Sequence[Administration],
) -> tuple[tuple[Overlap, ...], tuple[Gap, ...]]:
    """Overlaps of pairs (same access, or an access unknown for either) and the gaps of each charted access.

    Bags of one order never overlap each other: a drug does not run beside itself (rulebook 11).
    """
    few = sum(len(a.segments) for a in administrations) <= _FEW
    pairs = (pairs_in_order if few else pairs_of_tree)(administrations)
    overlaps: list[Overlap] = []
    for (first, second), stretches in sorted(pairs.items()):
        a, b = administrations[first], administrations[second]
        if _one_order(a, b):
            continue
        same = access_key(a.access) == access_key(b.access)
        if a.access is not None and b.access is not None and not same:
            continue
        access = a.access if same else None
        overlaps.extend(Overlap(access, (a.id, b.id), instant(s), instant(t)) for s, t in union(stretches))
    return tuple(overlaps), _gaps(administrations)


def _one_order(a: Administration, b: Administration) -> bool:
    if a.order_id is not None or b.order_id is not None:
        return a.order_id == b.order_id
    # Rows without an order belong together by drug, access and route.
    return (a.components, access_key(a.access), a.route) == (b.components, access_key(b.access), b.route)


def _gaps(administrations: Sequence[Administration]) -> tuple[Gap, ...]:
    by_access: dict[str, tuple[str, list[Span]]] = {}
    for administration in administrations:
        if administration.access is not None:
            key = access_key(administration.access) or ""
            _, spans = by_access.setdefault(key, (administration.access, []))
            spans.extend((epoch(s.start), epoch(s.stop)) for s in administration.segments)
    gaps: list[Gap] = []
    for key in sorted(by_access):
        name, spans = by_access[key]
        ran = union(spans)
        gaps.extend(Gap(name, instant(stop), instant(start)) for (_, stop), (start, _) in itertools.pairwise(ran))
    return tuple(gaps)
