"""Arithmetic on running time: sorted, disjoint, half-open stretches of whole seconds.

The rules work on these instead of datetimes: seconds since 1970 UTC are true elapsed time (clock changes
cannot bend them) and minutes are floored once, on a total, where a rule compares (rulebook 0a).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

Span = tuple[int, int]
Spans = tuple[Span, ...]


def epoch(time: datetime) -> int:
    """Whole seconds since 1970 UTC of an aware datetime."""
    return int(time.timestamp())


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def union(stretches: Iterable[Span]) -> Spans:
    """Sorted and disjoint; touching stretches join, empty ones vanish."""
    merged: list[Span] = []
    for start, stop in sorted(s for s in stretches if s[0] < s[1]):
        if merged and start <= merged[-1][1]:
            if stop > merged[-1][1]:
                merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return tuple(merged)


def intersect(a: Spans, b: Spans) -> Spans:
    result: list[Span] = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, stop = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if start < stop:
            result.append((start, stop))
        if a[i][1] <= b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def subtract(a: Spans, b: Spans) -> Spans:
    """What of ``a`` lies in no stretch of ``b``."""
    if not b or not a:
        return a
    result: list[Span] = []
    j = 0
    for start, stop in a:
        while j < len(b) and b[j][1] <= start:
            j += 1
        at, k = start, j
        while k < len(b) and b[k][0] < stop:
            if b[k][0] > at:
                result.append((at, b[k][0]))
            at = max(at, b[k][1])
            k += 1
        if at < stop:
            result.append((at, stop))
    return tuple(result)


def seconds(spans: Spans) -> int:
    return sum(stop - start for start, stop in spans)


def minutes(spans: Spans) -> int:
    """Floored once, on the total."""
    return seconds(spans) // 60


def before(spans: Spans, cut: int) -> Spans:
    return tuple((a, min(b, cut)) for a, b in spans if a < cut)


def moment(spans: Spans, after_seconds: int) -> int:
    """The instant at which ``after_seconds`` of running time have passed; the last stop if there are fewer."""
    left = after_seconds
    for start, stop in spans:
        if left < stop - start:
            return start + left
        left -= stop - start
    return spans[-1][1]


def touching(a: Spans, b: Spans) -> bool:
    return bool(intersect(a, b))


def all_of(parts: Sequence[Spans]) -> Spans:
    return union(span for part in parts for span in part)
