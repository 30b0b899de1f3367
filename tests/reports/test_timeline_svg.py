"""The picture of an encounter."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations

import pytest

from parsers.events import Route
from reports.svg_layout import LEFT, RIGHT, WIDTH, Placed, layout
from reports.timeline_svg import timeline_svg
from tests.reports.builders import at, crowded, evening, evening_timeline, hang, nothing, push
from timeline.model import CodedEncounter

SVG = "{http://www.w3.org/2000/svg}"


def drawn(coded: CodedEncounter) -> ET.Element:
    return ET.fromstring(timeline_svg(coded))


def titles(coded: CodedEncounter) -> list[str]:
    return [t.text or "" for g in drawn(coded).iter(f"{SVG}g") for t in g.findall(f"{SVG}title")]


def texts(coded: CodedEncounter) -> list[str]:
    return ["".join(t.itertext()) for t in drawn(coded).iter(f"{SVG}text")]


def test_the_picture_names_itself_for_readers_who_do_not_see_it() -> None:
    root = drawn(evening())
    assert root.get("role") == "img"
    labelled = root.get("aria-labelledby", "").split()
    assert [e.get("id") for e in (root[0], root[1])] == labelled
    assert root[0].text == "Encounter E-1001, 2026-03-12 18:00 to 2026-03-13 01:05"
    assert "Paclitaxel, Port R chest: 19:10 to 22:40" in (root[1].text or "")


def test_hovering_tells_times_minutes_pauses_and_codes() -> None:
    paclitaxel = next(t for t in titles(evening()) if t.startswith("Paclitaxel"))
    assert paclitaxel == (
        "Paclitaxel: infusion, chemo. 19:10-22:40, 190 min. stop as charted."
        " ran 19:10-20:00, 20:20-22:40. part of 96413, 96415."
    )
    ceftriaxone = next(t for t in titles(evening()) if t.startswith("Ceftriaxone"))
    assert "no stop charted" in ceftriaxone
    assert "query: When did Ceftriaxone" in ceftriaxone


def test_lanes_labels_codes_midnight_and_legend_are_written() -> None:
    written = texts(evening())
    assert {"Port R chest", "PIV L forearm 20G", "2026-03-12", "2026-03-13", "00:00", "?"} <= set(written)
    assert "Paclitaxel 190 min96413, 96415 x 2" in written  # hours at minute 91 and 151
    assert {"chemo infusion", "drug infusion", "hydration", "carrier fluid", "push", "paused"} <= set(written)
    assert {"new bag", "stop not charted", "two run at once"} <= set(written)


def test_only_drugs_shade_each_other_not_the_carrier() -> None:
    shades = [t.text or "" for r in drawn(evening()).iter(f"{SVG}rect") for t in r.findall(f"{SVG}title")]
    assert shades == ["At once: Paclitaxel and Famotidine 19:30-19:50 (20 min)"]


def test_a_bar_is_as_long_as_it_ran() -> None:
    plan = layout(evening(), 60)
    assert plan is not None
    # 18:00 to 01:05 is 425 minutes on the plot of 1120 - 156 - 24 - 2 * 10 = 920 px.
    assert plan.scale.x(at("18:00")) == 166
    assert plan.scale.x(at("01:05", 13)) == 1086
    assert plan.scale.x(at("20:00")) == pytest.approx(166 + 920 * 120 / 425, abs=0.1)


def box(p: Placed) -> tuple[float, float, float]:
    return p.top, min(p.x, p.label_x), max(p.end, p.label_end)


@pytest.mark.parametrize("coded", [evening(), crowded()])
def test_no_two_share_a_place_and_none_leaves_the_plot(coded: CodedEncounter) -> None:
    plan = layout(coded, 60)
    assert plan is not None
    boxes = [box(p) for lane in plan.lanes for p in lane.placed]
    assert len(boxes) == len(coded.timeline.administrations)
    for (top, left, right), (other_top, other_left, other_right) in combinations(boxes, 2):
        assert top != other_top or right <= other_left or other_right <= left
    assert all(left >= LEFT and right <= WIDTH - RIGHT for _, left, right in boxes)
    for lane in plan.lanes:
        assert all(lane.top < p.top and p.bar_y < lane.top + lane.height for p in lane.placed)


def test_a_mark_at_the_right_margin_has_its_label_on_the_left() -> None:
    given = (hang("x", "Saline", [(at("08:00"), at("12:00"))]), push("p", "Ondansetron", at("12:00")))
    plan = layout(replace(evening(), timeline=evening_timeline(given)), 60)
    assert plan is not None
    mark = plan.lanes[0].placed[1]
    assert mark.label_end < mark.x


def test_inpatient_status_is_marked_where_coding_ends() -> None:
    coded = replace(evening(), timeline=replace(evening_timeline(), inpatient_from=at("21:00"), arrival=at("17:00")))
    assert "inpatient from here 21:00" in texts(coded)
    assert not [t for t in texts(coded) if t.startswith("arrived")]


def test_an_injection_misses_no_access() -> None:
    given = (push("a", "Ketorolac", at("08:00"), access=None, route=Route.IM),)
    plan = layout(replace(evening(), timeline=evening_timeline(given)), 60)
    assert plan is not None
    assert [lane.name for lane in plan.lanes] == ["injections, other routes"]


def test_an_unknown_access_has_a_lane_of_its_own_at_the_end() -> None:
    given = (
        hang("a", "Ceftriaxone", [(at("08:00"), at("08:30"))], access=None),
        hang("b", "Famotidine", [(at("09:00"), at("09:30"))], access="PIV <R>"),
    )
    plan = layout(replace(evening(), timeline=evening_timeline(given)), 60)
    assert plan is not None
    assert [lane.name for lane in plan.lanes] == ["PIV <R>", "access not charted"]


def test_charted_text_is_escaped_and_control_codes_are_gone() -> None:
    evil = "</text><script>alert(1)</script>\x00\x0b&'\""
    given = (hang("x", evil, [(at("08:00"), at("09:00"))], access=evil),)
    coded = replace(evening(), timeline=replace(evening_timeline(given), id=evil))
    assert not list(drawn(coded).iter(f"{SVG}script"))
    assert "<script" not in timeline_svg(coded)


def test_an_encounter_with_nothing_says_so() -> None:
    assert "No administrations." in texts(nothing())


def test_two_pictures_on_one_page_share_no_id() -> None:
    ids = [{e.get("id") for e in drawn(c).iter() if e.get("id")} for c in (evening(), crowded())]
    assert not ids[0] & ids[1]


def test_a_stay_of_weeks_and_one_of_a_minute_can_be_drawn() -> None:
    weeks = hang("x", "Milrinone", [(at("08:00", 1), at("08:00", 29))])
    minute = hang("y", "Ketorolac", [(at("08:00"), at("08:01"))])
    for given in (weeks, minute):
        svg = timeline_svg(replace(evening(), timeline=evening_timeline((given,))))
        assert len(svg) < 30_000
        ET.fromstring(svg)


LONG = "Piperacillin and tazobactam in dextrose, pharmacy mix, 4.5 g"


def test_a_long_name_is_whole_where_there_is_room_and_cut_where_there_is_none() -> None:
    long = hang("x", LONG, [(at("08:00"), at("12:00"))])
    alone = replace(evening(), timeline=evening_timeline((long,)), lines=(), queries=())
    assert any(LONG in text for text in texts(alone))
    # Under a bar of two minutes beside four hours of another, with more to come in the lane, it is cut.
    short = hang("x", LONG, [(at("08:00"), at("08:02"))])
    other = hang("y", "Vancomycin", [(at("09:00"), at("12:00"))])
    crowded = replace(evening(), timeline=evening_timeline((short, other)), lines=(), queries=())
    assert not any(LONG in text for text in texts(crowded))
    assert any(text.startswith("Piperacillin and tazobactam in") for text in texts(crowded))
