"""Pumps at random: whatever is sent, in whatever order, nothing breaks, nothing is lost and every minute adds up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import timeline as coding
from parsers.clock import Clock
from parsers.hl7_file import read_hl7
from tests.parsers.hl7_charts import CHICAGO
from tests.parsers.pump_messages import event, read, report
from tests.timeline.test_pump_evidence import coded, ran, reading, units

CHARTS = st.sampled_from(
    (
        "",
        "08:00 New Bag vancomycin IV1",
        "08:00-10:00 vancomycin IV1",
        "08:00 Given vancomycin IV1",
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


FEEDS = st.lists(messages(), max_size=8)
SWITCHES = st.fixed_dictionaries(
    {
        "pump_evidence": st.sampled_from(("fill", "prefer", "ignore")),
        "pump_only": st.sampled_from(("code", "unbilled")),
        "pump_tolerance_minutes": st.sampled_from((0, 5, 30)),
    }
)


@given(chart=CHARTS, feed=FEEDS, switches=SWITCHES)
def test_every_minute_adds_up(chart: str, feed: list[str], switches: dict[str, object]) -> None:
    if not chart and not read(*feed).events:
        return
    (encounter,) = coded(chart, *feed, **switches).encounters
    for row in encounter.ledger:
        assert row.charged + row.included + row.unbilled + row.queried == row.documented
    for a in encounter.timeline.administrations:
        assert all(s.stop <= t.start for s, t in zip(a.segments, a.segments[1:], strict=False))
        assert (a.stop_evidence == "pump") <= (a.stop is not None and bool(a.segments))


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
