"""The same action charted or sent twice is one: resent messages, overlapping exports, repeated rows.

Two events are the same when everything but their source and recording time is equal; times are compared as
instants, so one stands for both whatever its offset.  Around corrections the recording time counts as well: an
entry that was deleted and charted again is not a duplicate of the deleted one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from operator import attrgetter

from parsers.events import Action, AdministrationEvent, Ignored, Source

DUPLICATE = "duplicate of an earlier record"
_EARLY = datetime.min.replace(tzinfo=UTC)

_content = attrgetter(*(f.name for f in fields(AdministrationEvent) if f.name not in ("source", "recorded_at")))
_few = attrgetter("order_id", "action", "drugs")

Record = tuple[str, int | None, int | None]


def _order(event: AdministrationEvent) -> tuple[object, ...]:
    source = event.source
    return (
        event.time,
        event.order_id or "",
        event.action,
        event.drugs[0].name if event.drugs else "",
        event.recorded_at or _EARLY,
        source.file,
        source.record or 0,
        source.row or 0,
        source.segment or "",
    )


def without_duplicates(
    events: Iterable[AdministrationEvent],
) -> tuple[tuple[AdministrationEvent, ...], Ignored | None]:
    """Events by encounter, time and content, each once (the one recorded first), and the records that left nothing.

    The order of files and rows changes nothing.
    """
    by_encounter: dict[str, list[AdministrationEvent]] = {}
    for event in events:
        by_encounter.setdefault(event.encounter_id, []).append(event)
    kept: list[AdministrationEvent] = []
    dropped: dict[Record, Source] = {}
    for encounter in sorted(by_encounter):
        _keep_each_once(sorted(by_encounter.pop(encounter), key=_order), kept, dropped)
    if not dropped:
        return tuple(kept), None
    alive = {record for event in kept if (record := record_of(event)) in dropped}
    gone = [source for record, source in dropped.items() if record not in alive]
    gone.sort(key=lambda s: (s.file, s.record or 0, s.row or 0))
    return tuple(kept), Ignored(DUPLICATE, tuple(gone)) if gone else None


def _keep_each_once(
    ordered: list[AdministrationEvent], kept: list[AdministrationEvent], dropped: dict[Record, Source]
) -> None:
    """The events of one encounter; those of one minute stand side by side, and only they can be the same."""
    corrected = {_entry(e) for e in ordered if e.correction is not None or e.action is Action.CANCELED}
    at_once: list[AdministrationEvent] = []
    for event in ordered:
        if at_once and at_once[0].time != event.time:
            at_once.clear()
        twins = [other for other in at_once if _few(other) == _few(event)]
        if twins and _is_known(event, twins, by_recording=bool(corrected) and _entry(event) in corrected):
            source = event.source
            dropped.setdefault(
                record_of(event), Source(source.file, source.record, source.row, control_id=source.control_id)
            )
        else:
            at_once.append(event)
            kept.append(event)


def _is_known(event: AdministrationEvent, twins: list[AdministrationEvent], *, by_recording: bool) -> bool:
    content = _content(event)
    return any(
        _content(twin) == content and (not by_recording or twin.recorded_at == event.recorded_at) for twin in twins
    )


def _entry(event: AdministrationEvent) -> tuple[object, ...]:
    """What a correction names: the entry of one order and time."""
    return event.encounter_id, event.order_id, event.time


def record_of(event: AdministrationEvent) -> Record:
    """The record an event stands in."""
    source = event.source
    return source.file, source.record, source.row if source.record is None else None
