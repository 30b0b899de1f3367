"""The nightly page: one file, no network, nothing charted is run."""

from __future__ import annotations

import re
from dataclasses import replace

from parsers.events import Finding, Rejected, Source
from reports.night import NightFile
from reports.night_html import CAUSES, ENCOUNTERS, night_html
from tests.reports.night_charts import (
    ADDED_HOUR,
    DRY,
    MERGED,
    QUIET,
    TAKEN_BACK,
    encounter,
    hundreds,
    late_stop,
    line,
    night,
)
from tests.reports.test_html import Outline, words


def test_the_page_is_well_formed_and_asks_nothing_of_the_network() -> None:
    for report in (QUIET, ADDED_HOUR, TAKEN_BACK, MERGED, DRY, hundreds(30)):
        page = night_html(report)
        outline = Outline(page)
        assert not {"script", "link", "img", "iframe", "object", "form", "a"} & set(outline.tags)
        assert not re.search(r"@import|url\(|https?:", page)
        assert "default-src 'none'; style-src 'unsafe-inline'" in page
        ids = [v for k, v in outline.attributes if k == "id"]
        assert len(ids) == len(set(ids))


def test_a_change_shows_before_and_after_and_its_cause() -> None:
    text = words(night_html(ADDED_HOUR))
    assert "Encounter E1001, $242.11 → $284.22 (+$42.11)" in text
    assert "Patient P7; 2026-03-10; 1 query closed (1 open before, 0 now)" in text
    assert "96366 changed 1 → 2 $42.11 → $84.22 vancomycin Vancomycin ran 135 minutes, 08:00-10:15." in text
    assert (
        "late entry vancomycin: Stop of 10:15, charted 22 h 57 min later."
        " nurse N01, unit ONC; mar_0311.csv, row 14; charted 2026-03-11 09:12"
    ) in text


def test_lines_name_their_causes_where_there_are_several() -> None:
    text = words(night_html(TAKEN_BACK))
    assert "96367-59 withdrawn 1 → 0 $70.45 → $0.00 cefepime [1, 2]" in text
    assert "96366 changed 2 → 1 $84.22 → $42.11 vancomycin [2]" in text
    assert "96368 new 0 → 1 $0.00 cefepime Cefepime ran beside vancomycin." in text
    assert "[1] correction cefepime: New bag of 09:00 was taken back." in text


def test_first_time_encounters_stand_in_a_table() -> None:
    text = words(night_html(MERGED))
    assert "2 encounters, 3 lines, $497.84, 1 open query." in text
    assert "96374 2 3 $450.00" in text
    assert "E3005 2026-03-10 96374 x 2, 96375 1 $347.84" in text
    assert "E3006 2026-03-10 96374 $150.00" in text


def test_the_part_for_nursing_has_neither_codes_nor_amounts() -> None:
    page = night_html(TAKEN_BACK)
    section = page[page.index('id="delays"') : page.index('id="files"')]
    assert "INFUSION" in section
    assert "N02" in section
    assert "$" not in section
    assert not re.search(r"\b9\d{4}\b", section)


def test_files_rejected_and_findings_are_there() -> None:
    text = words(night_html(ADDED_HOUR))
    assert "mar_0311.csv mar-table 152 140 10 2 9: an exact copy of an earlier row 1: a blank row" in text
    assert "Rejected: 2 mar_0311.csv, row 20: 'time' holds 9/99. Write it with a year. time-unreadable" in text
    assert "warning The policy is not that of the last run. Read what changed." in words(night_html(MERGED))


def test_a_quiet_night_and_a_dry_run() -> None:
    quiet = words(night_html(QUIET))
    assert "No encounter that was reported before is coded differently now." in quiet
    assert "No new file; 3 files known from earlier runs." in quiet
    assert "Dry run: this is what a run would do." in words(night_html(DRY))
    assert "Nightly run 12 (dry run)" in words(night_html(DRY))
    assert "Dry run" not in quiet


def test_without_rates_no_amount_stands_on_the_page() -> None:
    text = words(night_html(night(encounter("E1", line("changed", "96366", 1, 2), causes=(late_stop(),)))))
    assert "$" not in text
    assert "Amount" not in text
    assert "Medicare" not in text


def test_what_is_left_out_is_counted() -> None:
    many = tuple(replace(late_stop(), record=n) for n in range(CAUSES + 3))
    assert "and 3 more causes; the JSON has all of them." in words(night_html(night(encounter("E1", causes=many))))
    text = words(night_html(hundreds(ENCOUNTERS + 2)))
    assert "and 2 more changed encounters; the JSON has all of them." in text
    assert text.count("late entry vancomycin: Stop") == ENCOUNTERS


def test_markup_in_anything_charted_is_shown_and_not_run() -> None:
    evil = "<b><img src=x onerror=alert(1)>\"'</td><script>x</script>{{ 7*7 }}\x1b\u202e"
    cause = replace(late_stop(), text=evil, drug=evil, nurse=evil, department=evil, file=evil)
    change = encounter(evil, line("new", "96365", 0, 1, drug=evil, reason=evil), patient_id=evil, causes=(cause, cause))
    report = night(
        change,
        replace(change, first_time=True),
        files=(NightFile(evil, evil, 1, 0, {evil: 1}, 0, (Finding("info", "odd", evil, evil),)),),
        rejected=(Rejected(Source(evil, row=1), "odd", evil, evil),),
        findings=(Finding("info", "odd", evil, evil),),
        policy=evil,
        profile=evil,
    )
    page = night_html(report)
    outline = Outline(page)
    assert not {"img", "script", "b"} & set(outline.tags)
    assert not [k for k, _ in outline.attributes if k.startswith("on")]
    assert "<b>" not in page
    assert "{{ 7*7 }}" in words(page)
    assert "\x1b" not in page
    assert "\u202e" not in page
