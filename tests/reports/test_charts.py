"""Charts: what they count, by hand, and that they are still pictures that ask nothing of the network."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reports.chart_data import Hour, Stake, bars, code_units, missing_stops, occupancy, stakes
from reports.charts import NAMES, picture
from tests.reports.builders import (
    ARM,
    PORT,
    at,
    because,
    evening,
    evening_timeline,
    everything,
    hang,
    line,
    nothing,
    push,
    result,
)
from timeline.model import Administration, CodedEncounter


def stay(id_: str, *given: Administration) -> CodedEncounter:
    return replace(evening(), timeline=replace(evening_timeline(given), id=id_, overlaps=(), gaps=()), queries=())


def ran(id_: str, start: str, stop: str, day: int = 12, **facts: object) -> CodedEncounter:
    return stay(id_, hang("x", "Cefepime", [(at(start, day), at(stop, day))], **facts))


def days_and_hours(found: list[Hour]) -> list[tuple[int, int, float, int]]:
    return [(h.date.day, h.hour, round(h.mean, 3), h.most) for h in found]


def test_chairs_are_counted_by_the_hour_of_the_clock() -> None:
    # 08-09 one patient, 09-10 one and from 09:30 two, 10-10:30 one and from 10:30 another in the same chair
    three = result(ran("A", "08:00", "10:00"), ran("B", "09:30", "10:30"), ran("C", "10:30", "11:00"))
    assert days_and_hours(occupancy(three)) == [(12, 8, 1.0, 1), (12, 9, 1.5, 2), (12, 10, 1.0, 1)]


def test_a_night_has_two_dates_and_a_lost_hour_has_no_chair() -> None:
    night = result(stay("A", hang("x", "Cefepime", [(at("23:30", 12), at("00:15", 13))])))
    assert days_and_hours(occupancy(night)) == [(12, 23, 0.5, 1), (13, 0, 0.25, 1)]
    # clocks go from 02:00 to 03:00 on 8 March: 01:30 to 03:30 is one hour
    spring = result(ran("A", "01:30", "03:30", day=8))
    assert days_and_hours(occupancy(spring)) == [(8, 1, 0.5, 1), (8, 3, 0.5, 1)]


def test_a_push_alone_takes_no_chair() -> None:
    assert occupancy(result(stay("A", push("p", "Ondansetron", at("09:00"))), nothing())) == []


def test_units_of_codes_the_most_first() -> None:
    # 96413, 96415 x 2, 96367 x 2, 96366, 96368, 96375, 96361 of the evening, and one 96365 of the crowded day
    assert code_units(everything()) == [
        ("96367", 2), ("96415", 2), ("96361", 1), ("96365", 1), ("96366", 1), ("96368", 1), ("96375", 1), ("96413", 1),
    ]  # fmt: skip


def test_missing_stops_by_unit_and_hour_of_the_start() -> None:
    open_ended = {"stop": None, "stop_evidence": "missing", "open_since": at("22:50"), "department": "4 WEST"}
    hangs = [stay(f"E{n}", hang("x", "Cefepime", [(at("22:50"), at("23:05"))], **open_ended)) for n in range(2)]
    done = ran("E3", "22:50", "23:05", department="4 WEST")
    assert missing_stops(result(*hangs, done, evening())) == [("4 WEST", 22, 2), ("unit not charted", 22, 1)]


def test_what_an_open_question_decides() -> None:
    # the three answers of the evening's query bill 47.84, 73.56 and nothing
    assert stakes(everything()) == [Stake("E-1001: Ceftriaxone 22:50, stop", "stop", 0.0, 73.56)]


def test_bars_of_the_evening() -> None:
    drawn = {b.row: [x for x in bars(evening()) if x.row == b.row] for b in bars(evening())}
    assert [(b.start.strftime("%H:%M"), b.stop and b.stop.strftime("%H:%M")) for b in drawn["Paclitaxel"]] == [
        ("19:10", "20:00"), ("20:20", "22:40"),
    ]  # fmt: skip
    assert [(b.look, b.lane) for b in drawn["Paclitaxel"]] == [("chemo infusion", PORT)] * 2
    assert [(b.look, b.stop) for b in drawn["Ondansetron"]] == [("push or injection", None)]
    seen, unknown = drawn["Ceftriaxone"]
    assert (seen.open, unknown.open, unknown.lane) == (False, True, ARM)
    assert (unknown.start.strftime("%H:%M"), unknown.stop and unknown.stop.strftime("%d %H:%M")) == (
        "23:05",
        "13 00:40",
    )


TITLES = {
    "timeline": "Encounter E-1001, 2026-03-12 18:00 to 2026-03-13 01:05",
    "occupancy": "Chairs taken by hour, 2026-03-12 to 2026-03-13, mean of 2 days",
    "codes": "9 units by code, of 1 encounter",
    "missing_stops": "1 infusion without a stop, by unit and hour",
    "dollars": "Dollars of 1 open question",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_a_picture_that_fetches_and_runs_nothing(name: str, tmp_path: Path) -> None:
    chart = picture(result(evening()), name)
    assert repr(chart) == f"Chart {name}: {TITLES[name]}"
    svg = chart.svg()
    assert TITLES[name] in svg
    assert "<script" not in svg
    assert set(re.findall(r"https?://[^\"' <]+", svg)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    shown = chart._repr_html_()
    assert shown.startswith(f'<img alt="{TITLES[name]}" src="data:image/svg+xml;base64,')
    assert picture(result(evening()), name).svg() == svg
    chart.save(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_charted_text_stays_text() -> None:
    bad = hang("x", '<script>alert("x")</script>', [(at("08:00"), at("09:00"))], access="<b>port</b>")
    coded = replace(stay("<img src=x>", bad), lines=(line("96365", 1, ("x",), 60, because("It ran.")),))
    chart = picture(result(coded), "timeline")
    svg, shown = chart.svg(), chart._repr_html_()
    assert not re.search(r"<(script|b|img)\b", svg)
    assert "&lt;script>" in svg or "&lt;script&gt;" in svg
    assert shown.count("<") == 1


NOTHING = {
    "timeline": "Nothing was given in this encounter.",
    "occupancy": "no chair is taken",
    "codes": "no codes to count",
    "missing_stops": "nothing is missing",
    "dollars": "nothing waits for an answer",
}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_draw_is_said(name: str) -> None:
    with pytest.raises(ValueError, match=NOTHING[name]):
        picture(result(nothing()), name)


def test_a_timeline_of_many_asks_for_one_and_dollars_ask_for_rates() -> None:
    with pytest.raises(ValueError, match=r"shows one encounter: chart\('timeline', encounter="):
        picture(everything(), "timeline")
    with pytest.raises(ValueError, match=r"no amounts without rates: analyze\(\.\.\., rates="):
        picture(replace(everything(), rates=None), "dollars")


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"saved as \.svg or \.png, not as \.pdf"):
        picture(everything(), "codes").save(tmp_path / "chart.pdf")


@pytest.mark.parametrize("lost", ["altair", "vl_convert"])
def test_a_missing_extra_says_the_pip_line(lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, lost, None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'infusion-timeline\[notebook\]'"):
        picture(everything(), "codes").svg()
