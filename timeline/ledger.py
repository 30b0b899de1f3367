"""Every minute is accounted for: charged + included + unbilled + queried = documented (rulebook 41)."""

from __future__ import annotations

from collections.abc import Sequence

from timeline.lines import Draft
from timeline.model import Administration, LedgerRow
from timeline.rules.case import Aside
from timeline.services import known_spans
from timeline.spans import Spans, intersect, seconds, subtract, union


def ledger_rows(
    administrations: Sequence[Administration], drafts: Sequence[Draft], asides: Sequence[Aside]
) -> tuple[tuple[LedgerRow, ...], dict[int, int]]:
    """One row an administration, and the minutes of each aside by its ``id()``.

    Minutes are differences of floored running totals, so they always add up.
    """
    charged: dict[str, list[Spans]] = {}
    for draft in drafts:
        for charge, _ in draft.charges:
            charged.setdefault(charge.service.id, []).append(charge.spans)
    own: dict[str, list[Aside]] = {}
    for item in asides:
        own.setdefault(item.service.id, []).append(item)
    minutes: dict[int, int] = {}
    rows = [_row(a, charged.get(a.id, []), own.get(a.id, []), minutes) for a in administrations]
    return tuple(rows), minutes


def _row(
    administration: Administration, charged: list[Spans], asides: list[Aside], minutes: dict[int, int]
) -> LedgerRow:
    left = known_spans(administration)
    documented = seconds(left)
    amounts = {"charged": 0, "included": 0, "unbilled": 0, "queried": 0}
    running = done = 0

    def book(bucket: str, spans: Spans) -> int:
        nonlocal left, running, done
        taken = intersect(left, union(spans))
        left = subtract(left, taken)
        running += seconds(taken)
        count = running // 60 - done
        done = running // 60
        amounts[bucket] += count
        return count

    for spans in charged:
        book("charged", spans)
    for aside in asides:
        minutes[id(aside)] = book(aside.status, aside.spans)
    # What no line and no reason accounts for waits for an answer.
    book("queried", left)
    return LedgerRow(administration.id, documented // 60, **amounts)
