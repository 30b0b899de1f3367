"""From the charted actions of one drug on one order to hangs: when did it really run?

A hang (one bag or syringe) opens at New Bag, Started or Given and ends at Stopped.  A pause, a hold or rate 0
ends a running stretch, a restart opens one; a rate change or verify does neither (rulebook 0b).  At one minute
a stop or pause is applied before a start, so a bag changed on the minute runs on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from parsers.events import Action, AdministrationEvent, Finding, Route, Source
from timeline.bag_changes import continues, runs_dry
from timeline.entry_history import PastEntry
from timeline.hang_settings import HangSettings, RateStep

STARTS = frozenset({Action.NEW_BAG, Action.STARTED, Action.GIVEN, Action.BOLUS, Action.PUSH})
ENDS = frozenset({Action.STOPPED, Action.PAUSED, Action.HELD})
AT_A_MOMENT = frozenset({Action.PUSH, Action.BOLUS})
AT_ONCE = frozenset({Route.IV_PUSH, Route.IM, Route.SC, Route.INTRA_ARTERIAL, Route.OTHER})
"""Routes of a dose that is over when it is charted: no stop is missing (rulebook 26)."""


def at_once(event: AdministrationEvent) -> bool:
    """A dose that is over when it is charted; under the skin by pump it runs (rulebook 36)."""
    by_pump = event.route is Route.SC and "pump" in (event.device or "").casefold()
    return event.route in AT_ONCE and not by_pump


@dataclass(slots=True)
class Hang:
    """One hang as it is being put together.  ``open_since`` is set while it runs."""

    first: AdministrationEvent
    start: datetime
    given: bool = False
    push: bool = False
    segments: list[tuple[datetime, datetime]] = field(default_factory=list)
    open_since: datetime | None = None
    stop: datetime | None = None
    stop_evidence: str = "missing"
    stop_sources: list[Source] = field(default_factory=list)
    latest_stop: datetime | None = None
    bags: list[datetime] = field(default_factory=list)
    rates: list[RateStep] = field(default_factory=list)
    actions: list[datetime] = field(default_factory=list)
    events: list[AdministrationEvent] = field(default_factory=list)
    past: list[PastEntry] = field(default_factory=list)
    """Rows of the same start that were recorded before."""

    @property
    def point(self) -> bool:
        """A dose charted once, which needs no stop (rulebook 6)."""
        dose = self.given or at_once(self.first)
        return self.push or (dose and self.open_since is not None and not self.segments and not self.flows)

    @property
    def flows(self) -> bool:
        """Whether anything charted shows that a volume ran: IVPB, a volume, a rate, or a verified flow."""
        if self.first.route is Route.IVPB:
            return True
        if at_once(self.first):
            return len(set(self.actions)) > 1
        return len(set(self.actions)) > 1 or any(
            e.volume_ml is not None or e.bag_volume_ml is not None or (e.rate or 0) > 0 for e in self.events
        )

    @property
    def last_seen(self) -> datetime:
        return max((t for t in self.actions), default=self.start)

    def close(self, time: datetime, evidence: str, source: Source | None) -> None:
        """Running ends at ``time``; a run of no length is no run."""
        if self.open_since is not None and time > self.open_since:
            self.segments.append((self.open_since, time))
        self.open_since = None
        self.stop, self.stop_evidence = time, evidence
        if source is not None:
            self.stop_sources = [source]


@dataclass(slots=True)
class Track:
    """The hangs and findings of one drug on one order."""

    settings: HangSettings
    hangs: list[Hang] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    current: Hang | None = None
    """The hang that runs or is paused."""
    last: Hang | None = None
    """The hang charted last, stopped or not: a repeated stop belongs to it."""

    def find(self, severity: str, code: str, message: str, fix: str, source: Source) -> None:
        assert severity in {"info", "warning", "error"}
        self.findings.append(Finding(severity, code, message, fix, source))  # type: ignore[arg-type]


def follow(events: Sequence[AdministrationEvent], settings: HangSettings) -> Track:
    """All hangs of one drug on one order, from its charted actions in any order."""
    track = Track(settings)
    ordered = sorted(events, key=lambda e: (e.time, e.action.value, e.source.record or 0, e.source.file))
    for time, group in groupby(ordered, key=lambda e: e.time):
        _at_one_stamp(track, time, list(group))
    if track.current is not None:
        _finish(track, track.current)
    return track


def _at_one_stamp(track: Track, time: datetime, events: list[AdministrationEvent]) -> None:
    """Ends before starts; what only shows the flow is filed with the hang that runs after them."""
    starts = [e for e in events if e.action in STARTS and e.action not in AT_A_MOMENT]
    restarts = [e for e in events if e.action is Action.RESTARTED]
    stopped = [e for e in events if e.action is Action.STOPPED]
    paused = [e for e in events if e.action in {Action.PAUSED, Action.HELD} or _stops_flow(e)]
    at_start = bool(stopped) and track.current is None and bool(starts)
    if stopped and not at_start:
        # A pause charted with the stop says the same.
        _stop(track, time, stopped + paused)
    for event in paused if not stopped else ():
        _pause(track, time, event)
    for event in restarts:
        _restart(track, time, event)
    if starts:
        _start(track, time, starts)
    if at_start:
        _stop_at_start(track, stopped + paused)
    for event in events:
        if event.action in AT_A_MOMENT:
            _dose(track, time, event)
    for event in events:
        if event.action in {Action.RATE_CHANGE, Action.RATE_VERIFY} and not _stops_flow(event):
            _flow(track, time, event)
        elif event.action is Action.NOT_GIVEN:
            _not_given(track, event)


def _not_given(track: Track, event: AdministrationEvent) -> None:
    text = f"Charted as '{event.action_text or event.action}': nothing was given."
    track.find("info", "not-given", text, "", event.source)


def _stops_flow(event: AdministrationEvent) -> bool:
    return event.action in {Action.RATE_CHANGE, Action.RATE_VERIFY} and event.rate == 0


def _note(hang: Hang, time: datetime, event: AdministrationEvent) -> None:
    hang.events.append(event)
    hang.actions.append(time)
    if event.rate is not None:
        hang.rates.append(RateStep(time, event.rate_ml_per_hour if event.rate else 0.0))


def _open(track: Track, time: datetime, events: list[AdministrationEvent], *, given: bool, push: bool) -> Hang:
    hang = Hang(first=events[0], start=time, given=given, push=push, open_since=time, bags=[time])
    for event in events:
        _note(hang, time, event)
    track.hangs.append(hang)
    return hang


def _start(track: Track, time: datetime, events: list[AdministrationEvent]) -> None:
    given = all(e.action is Action.GIVEN for e in events)
    hang = track.current
    if hang is not None and hang.open_since == time and not hang.segments:
        for event in events:
            _note(hang, time, event)
        return
    if given and hang is not None and not hang.given:
        _dose(track, time, events[0])
        for event in events[1:]:
            track.hangs[-1].events.append(event)
        return
    runs_on = hang is not None and hang.open_since is not None and not given and not hang.given
    if hang is not None and runs_on and _bag_change(track, hang, time):
        hang.bags.append(time)
        track.find(
            "info",
            "bag-change-without-stop",
            "A new bag was hung while the order still ran: no stop for the earlier bag. The run is counted as one.",
            "",
            events[0].source,
        )
        for event in events:
            _note(hang, time, event)
        return
    if hang is not None:
        if hang.open_since is not None:
            hang.latest_stop = time
        _finish(track, hang)
    if not given and _within_grace(track, time):
        hang = track.last
        assert hang is not None
        hang.open_since = hang.segments.pop()[0] if hang.segments else time
        hang.stop, hang.stop_evidence, hang.stop_sources = None, "missing", []
        hang.bags.append(time)
        for event in events:
            _note(hang, time, event)
    else:
        hang = _open(track, time, events, given=given, push=False)
    track.current = track.last = hang


def _within_grace(track: Track, time: datetime) -> bool:
    """Whether a bag hung now continues the bag just stopped or paused (switch ``bag_change_grace_minutes``)."""
    hang = track.last
    if hang is None or hang.stop is None or hang.given or not hang.segments:
        return False
    grace = timedelta(minutes=track.settings.bag_change_grace_minutes)
    return hang.segments[-1][1] == hang.stop and timedelta(0) <= time - hang.stop <= grace


def _bag_change(track: Track, hang: Hang, time: datetime) -> bool:
    """Does a new bag continue the run?  Not over a long silence that the bags that hung cannot explain."""
    limit = timedelta(minutes=track.settings.bag_change_max_minutes)
    running: list[tuple[datetime, datetime | None]] = [*hang.segments, (hang.open_since or time, None)]
    dry = []
    for hung in hang.bags:
        volume = next((e.bag_volume_ml or e.volume_ml for e in hang.events if e.time == hung), None)
        if volume is not None and (empty := runs_dry(volume, hung, running, hang.rates)) is not None:
            dry.append(empty)
    return continues([*hang.actions, time], limit, dry)


def _stop(track: Track, time: datetime, events: list[AdministrationEvent]) -> None:
    hang = track.current
    if hang is not None:
        for event in events:
            _note(hang, time, event)
        if hang.open_since is not None:
            hang.close(time, "charted", events[0].source)
        _finish(track, hang)
    elif track.last is not None:
        track.last.events.extend(events)
        if track.last.stop is not None:
            track.find(
                "info",
                "stop-after-stop",
                "A second stop is charted after the infusion had stopped; the first stop stands.",
                "If it still ran in between, chart the restart.",
                events[0].source,
            )
    else:
        for event in events:
            _orphan(track, event)


def _stop_at_start(track: Track, events: list[AdministrationEvent]) -> None:
    """Start and stop at one minute: right for a dose at once, a missing stop for an infusion (rulebook 29)."""
    hang = track.current
    assert hang is not None
    if not hang.point:
        track.find(
            "warning",
            "stop-at-start",
            "The stop is charted at the minute of the start: no running time.",
            "Read as a missing stop; chart the stop time.",
            events[0].source,
        )
    hang.events.extend(events)


def _pause(track: Track, time: datetime, event: AdministrationEvent) -> None:
    hang = track.current
    if hang is not None and hang.point and event.action is Action.HELD:
        # Nothing runs after a dose given at once: it is the next dose that was held.
        _finish(track, hang)
        hang = None
    if hang is not None:
        _note(hang, time, event)
        if hang.open_since is not None:
            hang.close(time, "pause never restarted", event.source)
    elif event.action is Action.HELD:
        _not_given(track, event)
    elif track.last is not None:
        track.last.events.append(event)
    else:
        _orphan(track, event)


def _restart(track: Track, time: datetime, event: AdministrationEvent) -> None:
    hang = track.current or track.last
    if hang is None or (hang.push and not hang.segments):
        # A restart without a charted start: the record does not say when the drug began.
        _orphan(track, event)
        return
    _note(hang, time, event)
    if hang.open_since is None:
        if hang.segments and hang.segments[-1][1] == time:
            hang.open_since = hang.segments.pop()[0]
        else:
            hang.open_since = time
        hang.stop, hang.stop_evidence, hang.stop_sources = None, "missing", []
    track.current = track.last = hang


def _dose(track: Track, time: datetime, event: AdministrationEvent) -> None:
    """A dose given at once.  A bolus from the bag that runs is part of that infusion (rulebook 0d)."""
    hang = track.current
    doses = (h for h in reversed(track.hangs) if h.given or h.push or at_once(h.first))
    charted = next((h for h in doses if h.start == time), None)
    if charted is not None:
        # One drug of one order is given once in a minute: the same dose, charted again.
        _note(charted, time, event)
        if event.action is Action.PUSH and not charted.push:
            charted.push = True
            _finish_point(charted)
        return
    if event.action is Action.BOLUS and hang is not None and hang.open_since is not None and not hang.given:
        _note(hang, time, event)
        return
    dose = _open(track, time, [event], given=True, push=event.action is Action.PUSH)
    if hang is None:
        track.last = dose
    if hang is None and not dose.push:
        track.current = dose
    elif dose.push or not dose.flows:
        _finish_point(dose)


def _flow(track: Track, time: datetime, event: AdministrationEvent) -> None:
    hang = track.current
    if hang is None:
        if track.last is not None:
            track.last.events.append(event)
            if time > (track.last.stop or time):
                track.find(
                    "info",
                    "flow-after-stop",
                    "A rate was charted after the stop; the stop stands.",
                    "If it still ran, chart a restart.",
                    event.source,
                )
        else:
            _orphan(track, event)
        return
    _note(hang, time, event)
    if hang.open_since is None:
        track.find(
            "info",
            "rate-during-pause",
            "A rate was charted during a pause; only a restart starts the clock.",
            "If it ran again, chart the restart.",
            event.source,
        )


def _orphan(track: Track, event: AdministrationEvent) -> None:
    track.find(
        "warning",
        "action-without-start",
        f"'{event.action_text or event.action}' is charted on an order that has no start.",
        "Nothing is coded for it; chart the start time.",
        event.source,
    )


def _finish(track: Track, hang: Hang) -> None:
    """No more actions for this hang."""
    if hang.open_since is not None and hang.point:
        _finish_point(hang)
    track.current = None
    track.last = hang


def _finish_point(hang: Hang) -> None:
    hang.open_since, hang.stop, hang.stop_evidence = None, None, "not needed"
