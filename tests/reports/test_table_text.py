"""What stands on the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parsers.events import Finding
from reports.table_text import render_table
from reports.text_timeline import ASCII, BLOCKS, glyphs_for, text_timeline
from tests.reports.builders import (
    at,
    because,
    crowded,
    evening,
    evening_timeline,
    everything,
    hang,
    nothing,
    push,
    result,
)
from timeline.model import Outcome, OutcomeLine, Uncharged


def picture(glyphs: object = BLOCKS) -> list[str]:
    return list(text_timeline(evening(), 80, ASCII if glyphs is ASCII else BLOCKS))


def row(name: str) -> str:
    return next(text for text in picture() if name in text)


def test_one_row_an_administration_under_its_access() -> None:
    names = [text[:22].strip() for text in picture()[2:]]
    assert names == [
        "Port R chest", "Sodium chloride 0…", "Ondansetron", "Paclitaxel", "Famotidine", "Vancomycin",
        "PIV L forearm 20G", "Saline KVO", "Magnesium sulfate", "Ceftriaxone",
    ]  # fmt: skip


def test_a_pause_a_new_bag_and_the_true_minutes_are_seen() -> None:
    assert "┄" in row("Paclitaxel")
    assert row("Paclitaxel").count("╪") == 1
    assert row("Paclitaxel").endswith("19:10–22:40 190m")


def test_a_push_is_a_mark_and_an_unknown_stop_stays_open() -> None:
    assert row("Ondansetron").count("▲") == 1
    assert row("Ondansetron").endswith("18:20 push")
    assert "»" in row("Ceftriaxone")
    assert row("Ceftriaxone").endswith("22:50–?")


def test_midnight_is_drawn_through_the_rows_and_the_ruler_says_the_hours() -> None:
    assert picture()[1].split() == ["18", "19", "20", "21", "22", "23", "00"]
    column = picture()[1].index("00")
    assert {text[column] for text in picture()[2:]} <= {"│", "▓", "»"}
    assert row("Vancomycin").endswith("23:10–01:05+1 115m")


def test_a_short_visit_gets_minutes_on_the_ruler() -> None:
    coded = replace(evening(), timeline=evening_timeline((push("p", "Ketorolac", at("08:20")),)))
    assert "08:30" in next(text for text in text_timeline(coded, 80) if ":" in text)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    assert max(len(text) for text in render_table(everything(), width=width).splitlines()) <= width


def test_lines_with_units_amounts_and_reasons() -> None:
    text = render_table(result(evening()), width=140)
    assert (
        " 96413      1  2026-03-12  190  $337.46  Paclitaxel is the initial service: chemo infusion ranks first" in text
    )
    assert "[answered] Sodium chloride 0.9 %: 65 minutes of hydration, not the initial." in text


def test_queries_show_their_outcomes_and_findings_their_fix() -> None:
    text = render_table(result(evening()), width=120)
    assert " Query: When did Ceftriaxone on PIV L forearm 20G, started 22:50, stop? Held: 96367.\n" in text
    assert "stop 22:51-23:05: 96375 ($47.84)\n" in text
    assert " warning: Ceftriaxone: The infusion has a start and no stop. Ask the nurse who hung it.\n" in text


def test_minutes_without_a_code_say_why() -> None:
    assert " no code: Saline KVO, 315 min included: a carrier fluid\n" in render_table(result(evening()))


def test_what_is_true_of_many_is_said_once() -> None:
    given = [f"d{n:02d}" for n in range(0, 12, 2)]
    told = tuple(Finding("info", "rate-missing", "No rate was charted.", "", None, (i,)) for i in given)
    why = because("A carrier fluid has no code.", "24")
    kept = tuple(Uncharged(i, 10, "included", "a carrier fluid", "24", why) for i in given)
    text = render_table(result(replace(crowded(), findings=told, unbilled=kept)), width=240)
    assert text.count("No rate was charted.") == 1
    assert "100 mL and 3 more: No rate was charted.\n" in text
    assert "100 mL and 3 more, 60 min included: a carrier fluid\n" in text


def test_an_encounter_with_many_queries_shows_eight() -> None:
    text = render_table(result(replace(evening(), queries=evening().queries * 11)))
    assert text.count(" Query: ") == 8
    assert " 3 more queries of this encounter; explain lists them all.\n" in text


def test_a_query_with_many_answers_shows_the_first_and_the_last() -> None:
    hours = tuple(
        Outcome("stop", at(f"{h:02d}:31"), at(f"{h + 1:02d}:30"), (OutcomeLine("96366", h, ()),)) for h in range(1, 21)
    )
    text = render_table(result(replace(evening(), queries=(replace(evening().queries[0], outcomes=hours),))))
    assert "stop 01:31-02:30: 96366\n" in text
    assert "stop 05:31-06:30: 96366 x 5\n" in text
    assert "(14 more answers between; explain lists them all)\n" in text
    assert "stop 20:31-21:30: 96366 x 20\n" in text
    assert "96366 x 6" not in text


def test_a_header_too_long_for_the_terminal_breaks_before_the_date() -> None:
    rows = render_table(result(evening()), width=60).splitlines()
    assert rows[1] == "Encounter E-1001 · patient P-77"
    assert rows[2] == "2026-03-12 18:00 to 2026-03-13 01:05 · 1 query"


def test_footer_accounts_for_every_record() -> None:
    text = render_table(everything())
    assert "24 records: 21 used, 2 ignored, 1 rejected\n" in text
    assert "3 encounters, 48 administrations, 8 lines, 1 query, 2 findings\n" in text
    assert "$433.14, $73.56 in query (Medicare national unadjusted)\n" in text
    assert " Queries in E-1001 (1)\n" in text


def test_without_colour_there_are_no_terminal_codes_and_with_it_the_words_are_the_same() -> None:
    plain, coloured = render_table(everything()), render_table(everything(), color=True)
    assert "\x1b" not in plain
    assert "\x1b[1m" in coloured


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "no-such-encoding"])
def test_a_terminal_without_block_characters_gets_ascii(encoding: str) -> None:
    text = render_table(everything(), encoding=encoding)
    assert text.isascii()
    assert "#####.#####+#" in text
    assert glyphs_for("utf-8") is BLOCKS


def test_a_drug_name_cannot_steer_the_terminal_nor_use_markup() -> None:
    drug = "\x1b]0;title\x07[bold red]Evil[/] \x9b31m"
    coded = replace(evening(), timeline=evening_timeline((hang("x", drug, [(at("08:00"), at("09:00"))]),)))
    text = render_table(result(coded), width=140)
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "[bold red]Evil[/]" in text


def test_nothing_given_and_many_given() -> None:
    said = "Encounter E-0000 · no administrations\n No line: nothing here earns an administration code.\n"
    assert said in render_table(result(nothing()))
    assert sum("Drug number" in text for text in text_timeline(crowded())) == 40


def test_a_long_name_is_whole_in_a_wide_picture_and_cut_in_a_narrow_one() -> None:
    name = "Piperacillin and tazobactam, pharmacy mix"
    long = replace(evening(), timeline=evening_timeline((hang("x", name, [(at("08:00"), at("12:00"))]),)), lines=())
    assert f"   {name} " in "\n".join(text_timeline(long, 120))
    narrow = list(text_timeline(long, 80))
    assert not any(name in row for row in narrow)
    assert max(map(len, narrow)) <= 80
