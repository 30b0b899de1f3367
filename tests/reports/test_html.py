"""The page: one file, no network, nothing charted is run."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from parsers.events import Finding
from reports.html import page_html
from tests.reports.builders import at, because, evening, evening_timeline, everything, hang, line, nothing, result

PAGE = page_html(everything())
VOID = {"meta", "br", "link", "img", "hr"}


class Outline(HTMLParser):
    """Tags, texts and attributes; fails on a tag closed out of order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(" ".join(data.split()))


def words(page: str) -> str:
    return " ".join(w for w in Outline(page).words if w)


def test_the_page_is_well_formed_and_asks_nothing_of_the_network() -> None:
    outline = Outline(PAGE)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(outline.tags)
    urls = [v for k, v in outline.attributes if k in ("href", "src", "action", "xlink:href") and v]
    assert all(url.startswith("#") for url in urls)
    assert not re.search(r"@import|url\((?!#)", PAGE)
    assert "default-src 'none'" in PAGE


def test_every_encounter_has_its_place_in_the_jump_list_and_every_id_is_single() -> None:
    outline = Outline(PAGE)
    ids = [v for k, v in outline.attributes if k == "id"]
    assert len(ids) == len(set(ids))
    jumps = {v[1:] for k, v in outline.attributes if k == "href" and v and v.startswith("#encounter")}
    assert jumps == {"encounter-1", "encounter-2", "encounter-3"}
    assert jumps <= set(ids)


def test_lines_reasons_queries_minutes_and_sources_are_all_there() -> None:
    text = words(PAGE)
    assert "96413, 96415 x 2, 96367 x 2, 96366, 96368, 96375, 96361" in text
    assert "policy: initial_tiebreak = first_started (2026-01-01)" in text
    assert "When did Ceftriaxone on PIV L forearm 20G, started 22:50, stop?" in text
    assert "stop 22:51-23:05 96375 $47.84" in text
    assert "Saline KVO, 315 min included: a carrier fluid" in text
    assert "Total 780 450 315 0 15" in text
    assert "evening.hl7, record 20, control id MSG00020, RXA" in text
    assert "Ceftriaxone: The infusion has a start and no stop. Ask the nurse who hung it." in text


def test_amounts_name_their_basis_and_answers_are_marked() -> None:
    text = words(PAGE)
    assert "Amount, Medicare national unadjusted $433.14 $73.56 waits for answers" in text
    assert "* Medicare national unadjusted." in text
    assert "Sodium chloride 0.9 % answered" in text


def test_without_rates_no_amount_stands_on_the_page() -> None:
    coded = replace(nothing(), findings=(Finding("info", "nothing-given", "No administration."),))
    page = page_html(result(coded, rates=None))
    assert "$" not in words(page)
    assert "No line: nothing here earns an administration code." in words(page)


def test_the_input_is_accounted_for_and_the_intended_use_is_said() -> None:
    text = words(PAGE)
    assert "Records 24 21 used, 2 ignored, 1 rejected" in text
    assert "RXA-3 holds 'AAAA', a time was expected. Send YYYYMMDDHHMM." in text
    assert "2 : not a medication message (ADT)" in text or "2: not a medication message (ADT)" in text
    assert "Times without a zone were read as UTC. Give --timezone." in text
    assert "supports a coder; a person releases charges" in text


def test_markup_in_anything_charted_is_shown_and_not_run() -> None:
    evil = "<img src=x onerror=alert(1)>\"'</summary><script>x</script>{{ 7*7 }}\x1b\u202e"
    given = (hang("x", evil, [(at("08:00"), at("09:00"))], access=evil, category_basis=evil),)
    why = because(evil, values={evil: evil}, citation=evil)
    coded = replace(
        evening(),
        timeline=replace(evening_timeline(given), id=evil, patient_id=evil),
        lines=(line("96365", 1, ("x",), 60, why),),
        queries=(replace(evening().queries[0], question=evil),),
        findings=(Finding("info", "odd-name", evil, evil),),
    )
    page = page_html(result(coded, findings=(Finding("info", "odd-name", evil, evil),)))
    outline = Outline(page)
    assert not {"img", "script"} & set(outline.tags)
    assert not [k for k, _ in outline.attributes if k.startswith("on")]
    assert "{{ 7*7 }}" in words(page)
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_same_result_same_page() -> None:
    assert page_html(everything()) == PAGE


def test_the_findings_of_the_jump_list_and_of_the_files_add_up_to_the_head() -> None:
    """Two alike findings of one encounter are told once and count twice, as in the head."""
    same = [Finding("info", "kvo-rate", "Slow.", "", None, (id_,)) for id_ in ("a", "b")]
    coded = replace(evening(), findings=(*same, Finding("warning", "long-run", "Long.", "")))
    whole = result(coded, nothing(), findings=(Finding("warning", "zone-assumed", "No zone.", "Name it."),))
    page = page_html(whole)
    assert "<dd>4<small>1 on the files</small></dd>" in page
    columns = re.findall(r'<td class="n">(\d*)</td></tr>', page)
    assert columns[:2] == ["3", ""]
