"""Pumps at random: whatever is sent, in whatever order, nothing breaks, nothing is lost and every minute adds up."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import timeline as coding
from parsers.clock import Clock
from parsers.hl7_file import read_hl7
from tests.parsers.hl7_charts import CHICAGO
from tests.parsers.pump_messages import event, read, report
from tests.timeline.test_pump_evidence import coded, ran, reading, timeline, units
from timeline.hang_settings import HangSettings
from timeline.services import known_spans
from timeline.spans import Spans, epoch, minutes, subtract, union

CHARTS = st.sampled_from(
    (
        "",
        "08:00 New Bag vancomycin IV1",
        "08:00-10:00 vancomycin IV1",
        "08:00 Given vancomycin IV1",
        "08:00 New Bag vancomycin IV1\n10:00 Verify vancomycin rate 100",
        "08:00 New Bag vancomycin IV1\n09:00 Paused vancomycin\n10:00 Restarted vancomycin",
        "08:00 New Bag vancomycin IV1\n12:00 Verify vancomycin rate 100\n14:00+1 Stopped vancomycin",
        "08:00 New Bag heparin IV1 order H\n09:00 New Bag vancomycin IV1\n11:00 Stopped heparin order H",
    )
)
TIMES = st.integers(7 * 4, 14 * 4).map(lambda quarter: f"{quarter // 4:02}:{15 * (quarter % 4):02}")
DRUGS = st.sampled_from(("vancomycin", "heparin", "sodium chloride 0.9%"))
WORDS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(("delivering", "transitioning", "kvo", "not-delivering")),
        "source": st.sampled_from(("primary", "secondary")),
        "module": st.sampled_from(("A", "B")),
    }
)


@st.composite
def messages(draw: st.DrawFn) -> str:
    what = draw(st.sampled_from(("START", "STOP", "COMP", "REPORT")))
    time, drug, words = draw(TIMES), draw(DRUGS), draw(WORDS)
    return report(time, drug, **words) if what == "REPORT" else event(time, what, drug, **words)


@st.composite
def whole_runs(draw: st.DrawFn) -> list[str]:
    """Seen from start to stop."""
    began, ended = sorted((draw(TIMES), draw(TIMES)))
    drug, module = draw(st.sampled_from(("vancomycin", "heparin"))), draw(st.sampled_from(("A", "B")))
    return [event(began, "START", drug, module=module), event(ended, "COMP", drug, module=module)]


FEEDS = st.lists(messages().map(lambda text: [text]) | whole_runs(), max_size=6).map(
    lambda sent: [text for texts in sent for text in texts]
)
SWITCHES = st.fixed_dictionaries(
    {
        "pump_evidence": st.sampled_from(("fill", "prefer", "ignore")),
        "pump_only": st.sampled_from(("code", "unbilled")),
        "pump_tolerance_minutes": st.sampled_from((0, 5, 30)),
    }
)


@given(chart=CHARTS, feed=FEEDS, switches=SWITCHES)
def test_every_minute_adds_up(chart: str, feed: list[str], switches: dict[str, Any]) -> None:
    if not chart and not read(*feed).events:
        return
    (encounter,) = coded(chart, *feed, **switches).encounters
    for row in encounter.ledger:
        assert row.charged + row.included + row.unbilled + row.queried == row.documented
    for a in encounter.timeline.administrations:
        assert all(s.stop <= t.start for s, t in zip(a.segments, a.segments[1:], strict=False))
        assert (a.stop_evidence == "pump") <= (a.stop is not None and bool(a.segments))


@given(chart=CHARTS, feed=FEEDS, switches=SWITCHES)
def test_no_minute_is_certain_that_neither_chart_nor_pump_saw(
    chart: str, feed: list[str], switches: dict[str, Any]
) -> None:
    if not chart and not read(*feed).events:
        return
    settings = HangSettings(pump_tolerance_minutes=int(str(switches["pump_tolerance_minutes"])))
    (encounter,) = coded(chart, *feed, **switches).encounters
    charged = {row.administration: row.charged for row in encounter.ledger}
    for a in encounter.timeline.administrations:
        known = known_spans(a)
        assert subtract(known, _seen(a.ingredients, chart, feed, settings)) == ()
        # Of an unknown stop the first minute is certain, with a pump as without.
        assert charged[a.id] <= max(minutes(known), 1 if a.open_since else 0)
        if a.silence is not None:
            assert subtract(((epoch(a.silence.start), epoch(a.silence.stop)),), known) == ()


def _seen(drug: frozenset[str], chart: str, feed: list[str], settings: HangSettings) -> Spans:
    """Every moment at which the chart or a pump shows a drug running, each read by itself.

    Where the chart knows no stop also the tolerance behind what it last shows, and what an end without a start closes:
    at most four hours after either was last heard of.
    """
    seen: list[tuple[int, int]] = []
    last: set[int] = set()
    for a in timeline(chart).administrations if chart else ():
        if a.ingredients == drug:
            seen += known_spans(a)
            if a.open_since is not None or a.single_dose:
                last |= {epoch(time) for time in (a.start, a.open_since or a.start, a.last_seen)}
    seen += [(time, time + settings.pump_tolerance_minutes * 60) for time in last]
    if not read(*feed).events:
        return union(seen)
    for a in timeline("", *feed, settings=settings).administrations:
        if a.ingredients == drug:
            seen += known_spans(a)
            last |= {epoch(a.last_seen)} if a.open_since is not None else set()
    seen += [(time, end) for end in _ends_alone(feed) for time in last if time < end <= time + 240 * 60]
    return union(seen)


def _ends_alone(feed: list[str]) -> list[int]:
    """When a pump ended what it never showed to begin."""
    begun: set[object] = set()
    ends = []
    for e in sorted(read(*feed).events, key=lambda e: (e.time, e.pump is not None and e.pump.event == "start")):
        assert e.pump is not None
        thread = (e.pump.channel, e.pump.source, tuple(d.name for d in e.drugs))
        if e.pump.event in ("stop", "complete") and thread not in begun:
            ends.append(epoch(e.time))
        elif e.pump.event == "start" or e.pump.infusing:
            begun.add(thread)
    return ends


@given(chart=CHARTS, feed=FEEDS, data=st.data())
def test_the_order_of_arrival_changes_nothing(chart: str, feed: list[str], data: st.DataObject) -> None:
    if chart or read(*feed).events:
        by_content = {text.split("\r", 1)[1]: text for text in feed}  # two pumps may say one thing: one is enough
        once = sorted(by_content.values())
        assert ran(chart, *data.draw(st.permutations(once))) == ran(chart, *once)


@given(feed=FEEDS)
def test_ignored_pumps_change_no_line(feed: list[str]) -> None:
    chart = "08:00-10:00 vancomycin IV1"
    assert units(coded(chart, *feed, pump_evidence="ignore")) == units(coded(chart))


@given(feed=FEEDS)
def test_charted_times_stand_by_default(feed: list[str]) -> None:
    (encounter,) = coding.build(reading("08:00-10:00 vancomycin IV1", *feed)).encounters
    charted = [a for a in encounter.administrations if not a.pump_only]
    assert [(a.minutes, a.stop_evidence) for a in charted] == [(120, "charted")]


@given(
    text=messages(),
    at=st.integers(0, 2_000),
    put=st.binary(max_size=6),
    cut=st.integers(0, 80),
)
def test_a_damaged_message_is_never_an_exception(text: str, at: int, put: bytes, cut: int) -> None:
    raw = text.encode()
    at = min(at, len(raw))
    found = read_hl7(raw[:at] + put + raw[at + cut :], "pumps.hl7", Clock(CHICAGO))
    assert found.records == found.used + sum(i.count for i in found.ignored) + len(found.rejected)
