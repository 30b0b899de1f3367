"""What stood in the record before, and what a pump says beside it, in the published JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from parsers.events import Source
from timeline.entry_history import PastEntry
from timeline.model import PumpWord

Json = dict[str, Any]
TimeText = Callable[[datetime | None], str | None]
SourceDict = Callable[[Source], Json]


def past_entry_dict(entry: PastEntry, time: TimeText, source: SourceDict) -> Json:
    """An entry that no longer counts; ``by`` is the place of the entry that decided so."""
    return {
        "order_id": entry.order_id,
        "drugs": list(entry.drugs),
        "action": entry.action,
        "time": time(entry.time),
        "stop": time(entry.stop),
        "recorded_at": time(entry.recorded_at),
        "fate": entry.fate,
        "source": source(entry.source),
        "by": source(entry.by),
        "by_recorded_at": time(entry.by_recorded_at),
    }


def pump_dict(word: PumpWord | None, source: SourceDict) -> Json | None:
    """The pump's word on a charted stop; minutes are the pump's less the charted ones."""
    if word is None:
        return None
    return {
        "verdict": word.verdict,
        "minutes": word.minutes,
        "running_minutes": word.running,
        "sources": [source(s) for s in word.sources],
    }
