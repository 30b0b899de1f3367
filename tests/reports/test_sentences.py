"""Reasons, times and sources in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from parsers.events import Route, Source
from reports.clock_text import clock, short_span, span, visit
from reports.safe_text import elide, one_line, xml_text
from reports.sentences import (
    bill,
    code_units,
    outcome_answer,
    outcome_bill,
    reason,
    said_place,
    sentence,
    source_text,
    source_texts,
    value_text,
)
from reports.ticks import new_days, step_for, ticks
from tests.reports.builders import at, because, evening_query, evening_timeline, hang, line
from timeline.model import OutcomeLine


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("paclitaxel ran 190 minutes. It started first.", "Paclitaxel ran 190 minutes."),
        ("0.9 % saline ran 65 minutes", "0.9 % saline ran 65 minutes."),
        ("two\n lines  of text", "Two lines of text."),
        ("cisplatin: 120 minutes give 1", "Cisplatin: 120 minutes give 1."),
        ("DOXOrubicin is the initial", "DOXOrubicin is the initial."),
        ("is it? Ask.", "Is it?"),
        ("", ""),
    ],
)
def test_a_reason_is_one_sentence(text: str, said: str) -> None:
    assert sentence(text) == said


def test_codes_with_units_and_modifiers() -> None:
    assert code_units(line("96413", 1, (), 0, because("x"))) == "96413"
    assert code_units(line("96415", 2, (), 0, because("x"), modifiers=("59",))) == "96415-59 x 2"


def test_outcomes_say_the_answer_and_what_it_bills() -> None:
    timeline, query = evening_timeline(), evening_query()
    said = [(outcome_answer(timeline, o), outcome_bill(o)) for o in query.outcomes]
    assert said == [
        ("stop 22:51-23:05", "96375"),
        ("stop 23:06 to 2026-03-13 00:20", "96367"),
        ("cannot be determined", "no code"),
    ]


def test_an_answer_that_names_its_clock_times_gets_the_later_date_once() -> None:
    late = replace(evening_query().outcomes[1], if_="stop 23:06-00:20")
    assert outcome_answer(evening_timeline(), late) == "stop 23:06 to 2026-03-13 00:20"


def test_an_answer_of_one_minute_shows_it_once() -> None:
    timeline = evening_timeline()
    minute = at("13:30")
    one = replace(evening_query().outcomes[0], if_="stop 13:30-13:30", from_=minute, to=minute + timedelta(seconds=59))
    assert outcome_answer(timeline, one) == "stop 13:30"


def test_an_answer_on_the_day_the_clocks_change_carries_its_zone_once() -> None:
    # 8 March 2026: summer time begins at 2:00 in New York.
    first, last = at("03:31", day=8), at("03:45", day=8)
    one = replace(evening_query().outcomes[0], if_="stop 03:31-03:45", from_=first, to=last)
    assert outcome_answer(evening_timeline(), one) == "stop 2026-03-08 03:31 EDT-03:45 EDT"


@pytest.mark.parametrize(
    ("source", "message", "said"),
    [
        (Source("m.csv", 1, 2, field="start"), "start: A date was found.", "m.csv, record 1, row 2"),
        (Source("m.csv", 1, 2, field="MAR Action"), "The word is not known.", "m.csv, record 1, row 2, MAR Action"),
        (Source("f.hl7", 3, segment="RXA", field="RXA-3"), "RXA, start time (RXA-3): empty.", "f.hl7, record 3"),
        (Source("f.hl7", 3, segment="RXA[2]", field="RXA-20"), "An action is not known.", "f.hl7, record 3, RXA[2]-20"),
        (Source("f.hl7", 3, segment="RXA", field="PV1-19"), "No visit was found.", "f.hl7, record 3, RXA, PV1-19"),
    ],
)
def test_a_place_says_nothing_that_its_message_says(source: Source, message: str, said: str) -> None:
    assert source_text(said_place(source, message)) == said


def test_one_code_on_two_dates_is_taken_together_in_a_bill() -> None:
    lines = (OutcomeLine("96367", 1, ()), OutcomeLine("96366", 15, ()), OutcomeLine("96366", 1, ()))
    assert bill(lines) == ["96367", "96366 x 16"]


def test_a_line_that_gathers_charges_tells_the_reason_of_each() -> None:
    each = tuple(because(f"drug {n} was injected.") for n in range(5))
    gathered = line("96372", 5, (), 0, because("5 units from 5 charges, each for its own reason.", children=each))
    assert reason(gathered) == (
        "Drug 0 was injected. Drug 1 was injected. Drug 2 was injected. 2 more reasons: explain gives them all."
    )
    four = replace(gathered, because=replace(gathered.because, children=each[:4]))
    assert reason(four) == "Drug 0 was injected. Drug 1 was injected. Drug 2 was injected. Drug 3 was injected."
    twice = replace(gathered, because=replace(gathered.because, children=(each[0], each[0])))
    assert reason(twice) == "Drug 0 was injected (2 times)."


def test_values_in_words() -> None:
    timeline = evening_timeline()
    said = [
        value_text(timeline, v)
        for v in (True, None, 2.5, 16.0, at("19:10"), date(2026, 3, 12), frozenset({"b", "a"}), (), Route.IV, {"k": 1})
    ]
    assert said == ["yes", "not charted", "2.5", "16", "19:10", "2026-03-12", "a, b", "none", "IV", "k 1"]


def test_times_carry_the_date_only_where_it_differs() -> None:
    timeline = evening_timeline()
    assert clock(timeline, at("19:10")) == "19:10"
    assert clock(timeline, at("00:40", 13)) == "2026-03-13 00:40"
    assert span(timeline, at("23:10"), at("01:05", 13)) == "23:10 to 2026-03-13 01:05"
    assert short_span(timeline, at("23:10"), at("01:05", 13)) == "23:10-01:05+1"
    assert visit(timeline) == "2026-03-12 18:00 to 2026-03-13 01:05"


def test_on_the_night_the_clocks_go_back_the_zone_tells_the_hours_apart() -> None:
    # 2026-11-01: 01:30 EDT is 05:30 UTC, an hour later the clock shows 01:30 again, now EST.
    first, second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    timeline = evening_timeline((hang("x", "X", [(first, second)]),))
    assert span(timeline, first, second) == "01:30 EDT-01:30 EST"


def test_an_axis_across_the_spring_change_leaves_the_lost_hour_out() -> None:
    start, stop = at("00:30", 8), at("05:00", 8)
    shown = ticks(evening_timeline((hang("x", "X", [(start, stop)]),)), start, stop, 60)
    assert [f"{t:%H:%M}" for t in shown] == ["01:00", "03:00", "04:00", "05:00"]


def test_midnights_and_steps_of_an_axis() -> None:
    days = new_days(evening_timeline(), at("18:00"), at("03:00", 14))
    assert [d.isoformat() for d in days] == ["2026-03-13T00:00:00-04:00", "2026-03-14T00:00:00-04:00"]
    assert [step_for(m) for m in (1, 15, 16, 61, 2000)] == [5, 15, 30, 120, 1440]


def test_sources_say_where_to_look() -> None:
    source = Source("feed.hl7", 3, control_id="MSG3", segment="RXA", field="RXA-3")
    assert source_text(source) == "feed.hl7, record 3, control id MSG3, RXA-3"
    rows = tuple(Source("mar.csv", row=n) for n in (4, 7, 8, 9, 12))
    assert source_texts(rows) == ["mar.csv, rows 4, 7-9, 12"]
    assert source_texts((rows[0],)) == ["mar.csv, row 4"]
    assert source_texts((source, source)) == [source_text(source)]


def test_control_codes_and_reversed_text_are_taken_out() -> None:
    assert one_line("a\x1b[31mb\u202ec\td\ud800") == "a [31mb c d\ufffd"
    assert xml_text("<b a='\"'>&\x00") == "&lt;b a=&#x27;&quot;&#x27;&gt;&amp;"


def test_long_names_are_elided() -> None:
    assert elide("Sodium chloride", 8) == "Sodium…"
    assert elide("Saline", 8) == "Saline"
