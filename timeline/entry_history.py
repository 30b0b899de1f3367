"""Entries that no longer count and what took their place: the last word wins, and the earlier ones stay visible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from parsers.events import AdministrationEvent, Source

if TYPE_CHECKING:
    from timeline.model import Administration

Fate = Literal["updated", "withdrawn", "older"]


@dataclass(frozen=True, slots=True)
class PastEntry:
    """A charted entry that a later one corrected, took back or replaced; times in UTC."""

    order_id: str | None
    drugs: tuple[str, ...]
    action: str
    """The word charted, otherwise ours."""
    time: datetime
    stop: datetime | None
    recorded_at: datetime | None
    fate: Fate
    """Corrected by a later entry, taken back by one, or one of two rows for one start that was recorded earlier."""
    source: Source
    by: Source
    by_recorded_at: datetime | None


def past_entry(event: AdministrationEvent, by: AdministrationEvent, fate: Fate) -> PastEntry:
    """``event``, which counts no more since ``by``."""
    return PastEntry(
        order_id=event.order_id,
        drugs=tuple(drug.name for drug in event.drugs),
        action=event.action_text or event.action.value.replace("_", " "),
        time=event.time.astimezone(UTC),
        stop=event.stop.astimezone(UTC) if event.stop is not None else None,
        recorded_at=event.recorded_at.astimezone(UTC) if event.recorded_at is not None else None,
        fate=fate,
        source=event.source,
        by=by.source,
        by_recorded_at=by.recorded_at.astimezone(UTC) if by.recorded_at is not None else None,
    )


def with_history(
    administrations: Iterable[Administration], past: Sequence[PastEntry]
) -> tuple[list[Administration], tuple[PastEntry, ...]]:
    """Each administration with the earlier entries of its order and drug, and those that no administration is left of.

    Of several administrations of an order an entry belongs to the last that had begun, otherwise to the first.
    """
    made = list(administrations)
    left: list[PastEntry] = []
    found: dict[str, list[PastEntry]] = {}
    for entry in past:
        own = [a for a in made if _is_of(entry, a)]
        if not own:
            left.append(entry)
            continue
        begun = [a for a in own if a.start <= entry.time]
        meant = max(begun, key=_begin) if begun else min(own, key=_begin)
        found.setdefault(meant.id, []).append(entry)
    made = [replace(a, history=_in_order((*a.history, *found.get(a.id, ())))) for a in made] if found else made
    return made, _in_order(left)


def _is_of(entry: PastEntry, a: Administration) -> bool:
    names = {name.casefold() for name in a.components}
    return entry.order_id == a.order_id and any(name.casefold() in names for name in entry.drugs)


def _begin(a: Administration) -> tuple[datetime, str]:
    return a.start, a.id


def _in_order(entries: Iterable[PastEntry]) -> tuple[PastEntry, ...]:
    """By time, then by when they were recorded: the earlier word first."""
    early = datetime.min.replace(tzinfo=UTC)

    def place(e: PastEntry) -> tuple[object, ...]:
        source = e.source
        return (e.time, e.recorded_at or early, e.action, source.file, source.record or 0, source.row or 0)

    return tuple(sorted(entries, key=place))
