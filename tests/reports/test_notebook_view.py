"""What a review shows of itself: complete, escaped, in its own colours, and not too much."""

from __future__ import annotations

import re
from dataclasses import replace

from reports.notebook_view import SHOWN, ShownEncounter, encounter_html, result_html, result_line
from tests.reports.builders import at, because, evening, evening_timeline, everything, hang, line, nothing, result
from tests.reports.test_html import Outline, words

VIEW = result_html(everything())


def test_it_is_well_formed_and_asks_nothing_of_the_network() -> None:
    outline = Outline(VIEW)
    assert not {"script", "link", "img", "iframe", "object", "form", "html", "body"} & set(outline.tags)
    assert [v for k, v in outline.attributes if k in ("href", "src", "action", "xlink:href")] == []
    assert [k for k, _ in outline.attributes if k.startswith("on")] == []
    assert not re.search(r"@import|url\((?!#)", VIEW)


def test_counts_and_what_stands_in_the_way_come_first() -> None:
    text = words(VIEW)
    # 8 and 40 administrations, 7 and 1 lines
    assert "3 encounters, 48 administrations, 8 lines, 1 query" in text
    assert "Policy facility 2026-01-01. Times in America/New_York. 24 records: 21 used, 2 ignored, 1 rejected." in text
    assert "$433.14, and $73.56 waits for answers (Medicare national unadjusted)" in text
    assert "RXA-3 holds 'AAAA', a time was expected. Send YYYYMMDDHHMM." in text
    assert "Times without a zone were read as UTC. Give --timezone." in text


def test_an_encounter_has_its_picture_lines_and_query() -> None:
    text = words(encounter_html(evening()))
    assert encounter_html(evening()).count("<svg ") == 1
    assert "96413 1 2026-03-12 190 $337.46 Paclitaxel Paclitaxel is the initial service" in text
    assert "When did Ceftriaxone on PIV L forearm 20G, started 22:50, stop?" in text
    assert "Held until answered: 96367." in text
    assert "stop 22:51-23:05 96375 $47.84" in text
    assert "Ceftriaxone: The infusion has a start and no stop. Ask the nurse who hung it." in text
    assert words(encounter_html(nothing())).endswith("No line: nothing here earns an administration code.")


def test_of_many_encounters_the_first_few_are_shown_and_the_rest_counted() -> None:
    many = [replace(evening(), timeline=replace(evening_timeline(), id=f"E-{n}")) for n in range(40)]
    view = result_html(result(*many))
    assert view.count("<svg ") == SHOWN == 3
    assert "And 37 more encounters." in words(view)
    assert ".lines , .administrations , .overlaps" in words(view)
    assert len(view) < 100_000
    assert "more encounter" not in words(VIEW)


def test_many_rejected_records_are_counted() -> None:
    one = everything().rejected[0]
    text = words(result_html(replace(everything(), rejected=(one,) * 10)))
    assert text.count("Send YYYYMMDDHHMM.") == 3
    assert "and 7 more, in review.result.rejected" in text


def test_charted_text_stays_text() -> None:
    drug = "</td></style><script>alert(1)</script>"
    coded = replace(
        evening(),
        timeline=replace(
            evening_timeline((hang("x", drug, [(at("08:00"), at("09:00"))]),)), id="<img src=x onerror=1>"
        ),
        lines=(line("96365", 1, ("x",), 60, because("<b>It</b> ran.")),),
        queries=(),
    )
    view = result_html(result(coded))
    assert not {"script", "img", "b"} & set(Outline(view).tags)
    assert view.count("</style>") == 1
    assert "&lt;script&gt;" in view


def test_every_rule_of_its_style_stays_inside_and_names_its_own_colours() -> None:
    style = re.search(r"<style>(.*?)</style>", VIEW, re.S)
    assert style is not None
    selectors = [s.strip() for block in re.findall(r"([^{}]+)\{", style[1]) for s in block.split(",")]
    assert all(s.startswith(".infusion-review") for s in selectors)
    assert "background: #fff !important" in style[1]


def test_without_a_notebook_it_is_one_line() -> None:
    assert result_line(result(evening())) == "1 encounter, 8 administrations, 7 lines, 1 query"
    assert repr(ShownEncounter(evening())) == "Encounter E-1001: 8 administrations, 7 lines, 1 query"
    assert ShownEncounter(evening())._repr_html_() == encounter_html(evening())
