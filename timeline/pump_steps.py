"""What a pump really did on each channel: raw pump events made into the actions of single runs.

A channel delivers one source at a time (IHE IPEC): a stop marked transitioning with the start behind it is one run
under a new rate; a start of the secondary pauses the primary, whatever was sent of it; what runs at keep-open rate is
a carrier of its own.  The result reads like a chart: started, rate changed, paused, restarted, stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from parsers.events import Action, AdministrationEvent, PumpState
from timeline.corrections import drug_names
from timeline.hang_settings import HangSettings

Thread = tuple[str, str, tuple[str, ...]]
"""Channel, source and drug: what one run is of."""
_FIRST = {"stop": 0, "complete": 0, "start": 1, "report": 2}
_REPORT_EVERY = timedelta(minutes=30)
"""Of reports that say nothing new one in half an hour is kept."""
_UNSEEN = timedelta(seconds=1)


@dataclass(slots=True)
class _Channel:
    """The state of one channel while its events are read in time."""

    settings: HangSettings
    steps: dict[Thread, list[AdministrationEvent]] = field(default_factory=dict)
    running: Thread | None = None
    changing: AdministrationEvent | None = None
    """A stop marked transitioning whose start has not come yet."""
    since: datetime | None = None
    seen: datetime | None = None
    """When a message last showed it running."""
    waiting: AdministrationEvent | None = None
    """The last report that said nothing new."""
    ended: dict[Thread, Action] = field(default_factory=dict)
    """How each thread last ended: paused, or stopped for good."""

    def put(self, thread: Thread, event: AdministrationEvent, action: Action, time: datetime | None = None) -> None:
        late = event.time_if_late if time is None else None
        steps = self.steps.setdefault(thread, [])
        drugs = steps[0].drugs if steps else event.drugs
        steps.append(replace(event, action=action, time=time or event.time, time_if_late=late, drugs=drugs))

    def keep_waiting(self) -> None:
        """The last report before something else is evidence that it ran until then."""
        if self.waiting is not None and self.running is not None:
            self.put(self.running, self.waiting, Action.RATE_VERIFY)
        self.waiting = None

    def end(self, event: AdministrationEvent, action: Action, time: datetime | None = None) -> None:
        """What runs ends; a carrier at keep-open rate is not restarted."""
        self.keep_waiting()
        assert self.running is not None
        action = Action.STOPPED if _keeps_open(self.steps[self.running]) else action
        self.put(self.running, event, action, time)
        self.ended[self.running] = action
        self.running = self.changing = None

    def settle_change(self, time: datetime) -> None:
        """A transition that no start followed was the end of the flow."""
        longest = timedelta(minutes=self.settings.pump_tolerance_minutes)
        if self.changing is not None and time - self.changing.time > longest:
            self.end(self.changing, Action.PAUSED, self.changing.time)

    def begin(self, thread: Thread, event: AdministrationEvent) -> None:
        longest = timedelta(minutes=self.settings.bag_change_max_minutes)
        paused = self.ended.get(thread) is Action.PAUSED
        again = paused and event.time - self.steps[thread][-1].time <= longest
        self.put(thread, event, Action.RESTARTED if again else Action.STARTED)
        self.running, self.since = thread, event.time


def runs_of_channels(events: Iterable[AdministrationEvent], settings: HangSettings) -> list[list[AdministrationEvent]]:
    """The actions of each channel, source and drug, in time; ``events`` are those of one encounter in any order.

    A change of rate or source takes at most ``pump_tolerance_minutes``; a start longer behind a pause than
    ``bag_change_max_minutes`` is the next bag.
    """
    channels: dict[str, _Channel] = {}
    for event in sorted(events, key=_in_time):
        if event.pump is None:
            continue
        channel = channels.setdefault(event.pump.channel, _Channel(settings))
        channel.settle_change(event.time)
        _step(channel, event, event.pump)
    for channel in channels.values():
        if channel.changing is not None:
            channel.end(channel.changing, Action.PAUSED, channel.changing.time)
        channel.keep_waiting()
    return [steps for name in sorted(channels) for _, steps in sorted(channels[name].steps.items())]


def _in_time(event: AdministrationEvent) -> tuple[object, ...]:
    """By time; of one second ends before starts, and the rest by content, so that arrival decides nothing."""
    said = event.pump.event if event.pump is not None else "report"
    content = repr((event.pump, event.drugs, event.rate, event.order_id))
    return (event.time, _FIRST[said], content, event.source.file, event.source.record or 0)


def _step(channel: _Channel, event: AdministrationEvent, said: PumpState) -> None:
    thread = (said.channel, said.source, drug_names(event))
    if said.event == "start" or (said.event == "report" and said.infusing):
        _runs(channel, thread, event, said)
    elif channel.running is None:
        # Nothing was known to run: kept as it is, a second word on the end or an end without a start.
        if said.event != "report":
            action = Action.STOPPED if said.event == "complete" else Action.PAUSED
            channel.put(thread, event, action)
            channel.ended[thread] = action
    elif said.event == "report":
        _no_longer_runs(channel, event)
    elif said.event == "stop" and said.transitioning:
        channel.keep_waiting()
        channel.changing = event
    else:
        channel.end(event, Action.STOPPED if said.event == "complete" else Action.PAUSED)


def _runs(channel: _Channel, thread: Thread, event: AdministrationEvent, said: PumpState) -> None:
    """The channel delivers: the run goes on, or one of another drug or source takes its place."""
    if channel.running == thread:
        if said.event == "start" or channel.changing is not None or _new_rate(channel, thread, event):
            channel.keep_waiting()
            channel.changing = None
            channel.put(thread, event, Action.RATE_CHANGE)
        else:
            _file_report(channel, thread, event)
        channel.seen = event.time
        return
    if channel.running is not None:
        change = channel.changing
        channel.end(change or event, Action.PAUSED, change.time if change is not None else None)
    channel.begin(thread, event)
    channel.seen = event.time


def _new_rate(channel: _Channel, thread: Thread, event: AdministrationEvent) -> bool:
    last = next((e.rate for e in reversed(channel.steps[thread]) if e.rate is not None), None)
    return event.rate is not None and event.rate != last


def _file_report(channel: _Channel, thread: Thread, event: AdministrationEvent) -> None:
    if event.time - channel.steps[thread][-1].time >= _REPORT_EVERY:
        channel.put(thread, event, Action.RATE_VERIFY)
        channel.waiting = None
    else:
        channel.waiting = event


def _no_longer_runs(channel: _Channel, event: AdministrationEvent) -> None:
    """A report without flow behind a run: the stop itself was not sent, so only what was seen running counts."""
    if channel.changing is not None:
        channel.end(channel.changing, Action.PAUSED, channel.changing.time)
        return
    seen = channel.seen or event.time
    # Seen at its start alone it ran for a moment at least: without a length it would pass for a dose given at once.
    channel.end(event, Action.PAUSED, max(seen, (channel.since or seen) + _UNSEEN))


def _keeps_open(steps: Sequence[AdministrationEvent]) -> bool:
    return any(e.pump is not None and e.pump.keep_open for e in steps)
