"""Times, spans and minutes as a reader on the floor writes them: the wall clock of the encounter."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from timeline.model import EncounterTimeline


def first_date(timeline: EncounterTimeline) -> date | None:
    """The local date of the first administration; ``None`` for an encounter without any."""
    return None if timeline.start is None else timeline.local_date(timeline.start)


def clock(timeline: EncounterTimeline, time: datetime) -> str:
    """``08:05``; the date goes in front on another date than the encounter's first.

    On a day the clocks change the zone follows, since two instants may show the same time.
    """
    text = hour_minute(timeline, time)
    local = timeline.local_date(time)
    return text if local == first_date(timeline) else f"{local.isoformat()} {text}"


def hour_minute(timeline: EncounterTimeline, time: datetime) -> str:
    """``08:05``, with seconds only where charted and the zone only where clocks change in the encounter."""
    local = timeline.local(time)
    text = local.strftime("%H:%M:%S" if local.second else "%H:%M")
    return f"{text} {local.tzname()}" if _clocks_change(timeline, time) else text


def span(timeline: EncounterTimeline, start: datetime, stop: datetime, dash: str = "-") -> str:
    """``08:05-09:35``; a stop on a later date carries that date: ``23:10 to 2026-03-13 01:05``."""
    end = hour_minute(timeline, stop)
    if timeline.local_date(stop) != timeline.local_date(start):
        end, dash = f"{timeline.local_date(stop).isoformat()} {end}", " to "
    return f"{clock(timeline, start)}{dash}{end}"


def short_span(timeline: EncounterTimeline, start: datetime, stop: datetime, dash: str = "-") -> str:
    """``23:10-01:05+1``: clock times only, with the number of midnights in between, for narrow columns."""
    midnights = (timeline.local_date(stop) - timeline.local_date(start)).days
    later = f"+{midnights}" if midnights else ""
    return f"{hour_minute(timeline, start)}{dash}{hour_minute(timeline, stop)}{later}"


def whole_minutes(start: datetime, stop: datetime) -> int:
    """True elapsed minutes, floored (rulebook 0a)."""
    return int((stop - start).total_seconds()) // 60


def visit(timeline: EncounterTimeline, dash: str = "-") -> str:
    """``2026-03-12 08:00-15:45`` for a header; ``no administrations`` for an empty encounter."""
    start, stop = timeline.start, timeline.stop
    if start is None or stop is None:
        return "no administrations"
    text = f"{timeline.local_date(start).isoformat()} {hour_minute(timeline, start)}"
    if stop == start:
        return text
    to = dash if timeline.local_date(stop) == timeline.local_date(start) else " to "
    return f"{text}{to}{clock(timeline, stop)}"


def stay_words(timeline: EncounterTimeline) -> str:
    """``Arrived 07:30; inpatient from 11:00; departed 15:00``, as far as the input says; they bound what is coded."""
    facts = [("arrived", timeline.arrival)]
    facts += [(f"inpatient {clock(timeline, s.start)} to", s.stop) for s in timeline.inpatient_between]
    facts += [("inpatient from", timeline.inpatient_from), ("departed", timeline.departure)]
    said = "; ".join(f"{words} {clock(timeline, time)}" for words, time in facts if time is not None)
    return said[:1].upper() + said[1:]


def offset_name(timeline: EncounterTimeline) -> str:
    """The zone of the times shown, e.g. ``America/New_York``."""
    return str(timeline.zone)


def _clocks_change(timeline: EncounterTimeline, time: datetime) -> bool:
    near = timedelta(hours=12)
    return timeline.local(time - near).utcoffset() != timeline.local(time + near).utcoffset()
