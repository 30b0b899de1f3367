"""A charted administration beside the runs of its pump: fill the missing stop, compare the charted one.

Differences are told in minutes, never as times of day: a finding goes where the chart does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from parsers.events import Finding, Route, Source
from timeline.hang_settings import HangSettings
from timeline.model import Administration, PumpWord, Segment
from timeline.spans import Spans, epoch, instant, union

if TYPE_CHECKING:
    from timeline.pump_evidence import PumpRun

_BY_VEIN = (None, Route.IV, Route.IVPB)


def beside(
    a: Administration, runs: Sequence[PumpRun], settings: HangSettings, findings: list[Finding]
) -> Administration:
    """The administration with what its pump says; doubts go to ``findings``."""
    sources = tuple(dict.fromkeys((*a.sources, *(s for run in runs for s in run.sources))))
    told = replace(a, sources=sources)
    if a.documented_push or (a.route not in _BY_VEIN and a.route is not Route.SC):
        findings.append(_find(a, runs, "pump-beside-dose", "A pump ran a drug that is charted as a dose at once"))
        return told
    if a.open_since is not None or (a.single_dose and a.route in _BY_VEIN):
        return _filled(told, runs, settings, findings)
    if a.segments:
        return _compared(told, runs, settings, findings)
    return told


def _filled(
    a: Administration, runs: Sequence[PumpRun], settings: HangSettings, findings: list[Finding]
) -> Administration:
    """The stop the chart lacks; the charted start stands, and whatever charted action contradicts the pump."""
    since = a.open_since or a.start
    stretches = _after(since, runs)
    if not stretches:
        return a
    tolerance = timedelta(minutes=settings.pump_tolerance_minutes)
    starts = [run.start for run in runs if run.start is not None]
    if starts and min(starts) - since > tolerance:
        late = _minutes(min(starts) - since)
        findings.append(
            _find(a, runs, "pump-start-differs", f"The pump started {late} minutes after the charted start")
        )
    charted = [(epoch(s.start), min(epoch(s.stop), epoch(since))) for s in a.segments if s.start < since]
    stop = instant(stretches[-1][1])
    if any(run.stop is None for run in runs):
        return _still_running(a, (*charted, *stretches), stop)
    doubt = _beyond_the_chart(a, stop, tolerance)
    if doubt is not None:
        findings.append(_find(a, runs, "pump-contradicts-chart", doubt))
        return a
    if a.latest_stop is not None and stop > a.latest_stop:
        stop = a.latest_stop
    spans = [(s, min(t, epoch(stop))) for s, t in (*charted, *stretches) if s < epoch(stop)]
    return replace(
        a,
        stop=stop,
        stop_evidence="pump",
        stop_sources=_stop_sources(runs),
        segments=_segments(spans),
        open_since=None,
        latest_stop=None,
        single_dose=False,
        pump=PumpWord("fills", sources=_stop_sources(runs)),
    )


def _after(since: datetime, runs: Sequence[PumpRun]) -> Spans:
    """The pump's stretches from ``since`` on, the first of them begun at the charted start."""
    ran = [(epoch(s.start), epoch(s.stop)) for run in runs if run.made is not None for s in run.made.segments]
    ran += [(epoch(since), epoch(run.stop)) for run in runs if run.made is None and run.stop is not None]
    later = [(max(s, epoch(since)), t) for s, t in union(ran) if t > epoch(since)]
    return ((epoch(since), later[0][1]), *later[1:]) if later else ()


def _still_running(a: Administration, spans: Sequence[tuple[int, int]], seen: datetime) -> Administration:
    """The pump knows no stop either, but shows it running for longer."""
    if seen <= a.last_seen or (a.latest_stop is not None and seen > a.latest_stop):
        return a
    since = a.open_since or a.start
    return replace(a, segments=_segments(spans), last_seen=seen, open_since=since, single_dose=False,
                   stop_evidence="missing")  # fmt: skip


def _beyond_the_chart(a: Administration, stop: datetime, tolerance: timedelta) -> str | None:
    if a.open_since is not None and a.last_seen - stop > tolerance:
        return f"The pump stopped {_minutes(a.last_seen - stop)} minutes before a charted action that shows it running"
    if a.latest_stop is not None and stop - a.latest_stop > tolerance:
        return f"The pump ran {_minutes(stop - a.latest_stop)} minutes past the next bag of the order"
    return None


def _compared(
    a: Administration, runs: Sequence[PumpRun], settings: HangSettings, findings: list[Finding]
) -> Administration:
    """A charted stop beside the pump's: they agree, or the switch says whose stands."""
    ended = all(run.stop is not None for run in runs)
    stop = max(run.until for run in runs)
    charted = a.stop or a.segments[-1].stop
    minutes = _minutes(stop - charted) if ended or stop > charted else 0
    whole = ended and all(run.made is not None for run in runs)
    ran = union([(epoch(s.start), epoch(s.stop)) for run in runs if run.made for s in run.made.segments])
    running = sum(t - s for s, t in ran) // 60 - a.seconds // 60 if whole else 0
    differs = max(abs(minutes), abs(running)) > settings.pump_tolerance_minutes
    sources = _stop_sources(runs)
    if not differs:
        return replace(a, pump=PumpWord("agrees", minutes, running, sources)) if ended else a
    prefer = settings.pump_evidence == "prefer" and whole and bool(ran)
    word = PumpWord("replaces" if prefer else "differs", minutes, running, sources)
    whose = "the pump's times are used" if prefer else "the charted times are used"
    findings.append(_find(a, runs, "pump-contradicts-stop", _difference(minutes, running, ended=ended), whose))
    if not prefer:
        return replace(a, pump=word)
    return replace(a, pump=word, start=instant(ran[0][0]), stop=stop, stop_evidence="pump", stop_sources=sources,
                   segments=_segments(ran))  # fmt: skip


def _difference(minutes: int, running: int, *, ended: bool) -> str:
    if not ended:
        return f"The pump was still running {minutes} minutes after the charted stop"
    stop = f"stopped {abs(minutes)} minutes {'before' if minutes < 0 else 'after'} the charted stop" if minutes else ""
    ran = f"ran {abs(running)} minutes {'less' if running < 0 else 'more'} than charted" if running else ""
    return "The pump " + " and ".join(part for part in (stop, ran) if part)


def _find(
    a: Administration, runs: Sequence[PumpRun], code: str, what: str, whose: str = "the charted times are used"
) -> Finding:
    fix = "Compare the chart with the pump and correct the one that is wrong; switch pump_evidence says whose counts."
    return Finding("warning", code, f"{what}; {whose}.", fix, runs[0].sources[0], (a.id,))


def _stop_sources(runs: Sequence[PumpRun]) -> tuple[Source, ...]:
    last = max(runs, key=lambda run: run.until)
    return last.stop_sources or last.sources[-1:]


def _segments(spans: Sequence[tuple[int, int]]) -> tuple[Segment, ...]:
    return tuple(Segment(instant(s), instant(t)) for s, t in union(spans))


def _minutes(length: timedelta) -> int:
    """Whole minutes, rounded toward none."""
    seconds = int(length.total_seconds())
    return seconds // 60 if seconds >= 0 else -(-seconds // 60)
