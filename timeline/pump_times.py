"""A charted administration beside the runs of its pump: fill the missing stop, compare the charted one.

Differences are told in minutes, never as times of day: a finding goes where the chart does not.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from parsers.events import Finding, Route, Source
from timeline.administrations import LONG_SILENCE
from timeline.hang_settings import HangSettings
from timeline.model import Administration, PumpWord, Segment
from timeline.pump_matches import same_run
from timeline.spans import Spans, epoch, instant, subtract, union

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
        findings.append(_beside_a_dose(a, runs))
        return told
    if a.open_since is not None or (a.single_dose and a.route in _BY_VEIN):
        own = _of_the_run(a, runs, settings)
        if len(own) < len(runs):
            findings.append(_beside_a_dose(a, [run for run in runs if run not in own]))
        return _filled(told, own, settings, findings)
    if a.segments:
        return _compared(told, runs, settings, findings)
    return told


def _of_the_run(a: Administration, runs: Sequence[PumpRun], settings: HangSettings) -> list[PumpRun]:
    """The runs that are the charted one: a pump may also have run at about the time of a dose given at once."""
    own: list[PumpRun] = []
    for run in runs:
        if same_run(run, a, own, settings):
            own.append(run)
    return own


def _filled(
    a: Administration, runs: Sequence[PumpRun], settings: HangSettings, findings: list[Finding]
) -> Administration:
    """The stop the chart lacks, and whatever charted action contradicts the pump.

    The charted start stands, unless pumps are preferred and this one was seen from start to stop.
    """
    since = a.open_since or a.start
    tolerance = timedelta(minutes=settings.pump_tolerance_minutes)
    stretches = _after(a, runs, tolerance)
    if not stretches:
        return a
    charted = [(epoch(s.start), min(epoch(s.stop), epoch(since))) for s in a.segments if s.start < since]
    stop = instant(stretches[-1][1])
    if any(run.stop is None for run in runs):
        return _still_running(a, runs, charted, stretches)
    doubt = _beyond_the_chart(a, stop, tolerance)
    if doubt is not None:
        findings.append(_find(a, runs, "pump-contradicts-chart", doubt))
        return a
    prefer = settings.pump_evidence == "prefer" and all(run.made is not None for run in runs)
    findings += _start_differs(a, runs, tolerance, prefer=prefer)
    if prefer:
        stretches = _ran(runs)
        charted = [(s, t) for s, t in charted if t <= stretches[0][0]]
    if a.latest_stop is not None and stop > a.latest_stop:
        stop = a.latest_stop
    spans = union((s, min(t, epoch(stop))) for s, t in (*charted, *stretches) if s < epoch(stop))
    return replace(
        a,
        start=instant(spans[0][0]) if prefer else a.start,
        stop=stop,
        stop_evidence="pump",
        stop_sources=_stop_sources(runs),
        segments=_segments(spans),
        open_since=None,
        last_seen=min(a.last_seen, stop),
        latest_stop=None,
        single_dose=False,
        silence=_silence(a, runs, spans),
        pump=PumpWord("fills", sources=_stop_sources(runs)),
    )


def _ran(runs: Sequence[PumpRun]) -> Spans:
    """When the pump was seen running."""
    return union((epoch(s.start), epoch(s.stop)) for run in runs if run.made is not None for s in run.made.segments)


def _after(a: Administration, runs: Sequence[PumpRun], tolerance: timedelta) -> Spans:
    """The pump's stretches since the charted start.

    The first of them begins with the chart, where no more than the tolerance lies between it and what the chart shows:
    time that neither saw is never filled in.
    """
    since = epoch(a.open_since or a.start)
    stretches = [(max(s, since), t) for s, t in _ran(runs) if t > since]
    if stretches and stretches[0][0] <= max(epoch(a.last_seen), since) + int(tolerance.total_seconds()):
        stretches[0] = (since, stretches[0][1])
    for run in runs:
        if run.made is None and epoch(run.until) > since:
            before = max((t for _, t in stretches if t <= epoch(run.until)), default=since)
            stretches.append((before, epoch(run.until)))
    return union(stretches)


def _start_differs(
    a: Administration, runs: Sequence[PumpRun], tolerance: timedelta, *, prefer: bool
) -> Sequence[Finding]:
    began = min((run.start for run in runs if run.start is not None), default=a.start)
    apart = min((began - a.start, began - (a.open_since or a.start)), key=abs)
    if abs(apart) <= tolerance:
        return ()
    when = "before" if apart < timedelta(0) else "after"
    what = f"The pump started {abs(_minutes(apart))} minutes {when} the charted start"
    whose = "the pump's times are used" if prefer else "the charted times are used"
    return (_find(a, runs, "pump-start-differs", what, whose),)


def _silence(a: Administration, runs: Sequence[PumpRun], spans: Spans) -> Segment | None:
    """The longest stretch of these in which neither the chart nor the pump said anything, if it may be too long."""
    charted = _known([a.silence] if a.silence is not None else [])
    pumped = _known([run.made.silence for run in runs if run.made is not None and run.made.silence is not None])
    ran = _ran(runs)
    spoken = union([*subtract(_known(a.segments), charted), *subtract(ran, pumped)])
    marks = {epoch(a.last_seen), *(moment for span in (*charted, *pumped, *ran) for moment in span)}
    silent = [
        piece
        for start, stop in subtract(spans, spoken)
        for piece in itertools.pairwise([start, *sorted(m for m in marks if start < m < stop), stop])
    ]
    start, stop = max(silent, key=lambda piece: piece[1] - piece[0], default=(0, 0))
    return Segment(instant(start), instant(stop)) if stop - start > LONG_SILENCE.total_seconds() else None


def _known(segments: Sequence[Segment]) -> Spans:
    return union((epoch(s.start), epoch(s.stop)) for s in segments)


def _still_running(
    a: Administration, runs: Sequence[PumpRun], charted: Sequence[tuple[int, int]], stretches: Spans
) -> Administration:
    """The pump knows no stop either, but shows it running for longer."""
    since, seen = (instant(moment) for moment in stretches[-1])
    if seen <= a.last_seen or (a.latest_stop is not None and seen > a.latest_stop):
        return a
    spans = union((*charted, *stretches))
    return replace(a, segments=_segments(spans), last_seen=seen, open_since=since, single_dose=False,
                   stop_evidence="missing", silence=_silence(a, runs, spans))  # fmt: skip


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
    ran = _ran(runs)
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
    return replace(
        a,
        pump=word,
        start=instant(ran[0][0]),
        stop=stop,
        stop_evidence="pump",
        stop_sources=sources,
        segments=_segments(ran),
        last_seen=min(a.last_seen, stop),
        silence=_silence(a, runs, ran),
    )


def _beside_a_dose(a: Administration, runs: Sequence[PumpRun]) -> Finding:
    return _find(a, runs, "pump-beside-dose", "A pump ran a drug that is charted as a dose at once")


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
