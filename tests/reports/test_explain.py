"""The explanation of an encounter, as it would stand in an appeal letter."""

from __future__ import annotations

from dataclasses import replace

from reports.explain import explain_encounter, full_text, ledger_totals
from tests.reports.builders import at, because, evening, evening_timeline, nothing, push
from timeline.model import Uncharged

TEXT = explain_encounter(evening())


def section(title: str) -> str:
    return TEXT.split(f"\n{title}\n", 1)[1].split("\n\n", 1)[0]


def test_header_says_who_when_and_by_which_policy() -> None:
    assert TEXT.splitlines()[:4] == [
        "Encounter E-1001, patient P-77",
        "2026-03-12 18:00 to 2026-03-13 01:05, times in America/New_York",
        "Policy version 2026-01-01",
        "$433.14, $73.56 in query (Medicare national unadjusted)",
    ]


def test_a_line_tells_its_whole_tree() -> None:
    assert section("LINES").splitlines() == [
        "1. 96413 on 2026-03-12, $337.46 (Medicare national unadjusted)",
        "   Paclitaxel, 190 min",
        f"   - {evening().lines[0].because.text} [rule 2]",
        "       values: minutes = 190; rank = chemo infusion",
        "       ran: Paclitaxel 19:10-20:00 (50 min)",
        "       ran: Paclitaxel 20:20-22:40 (140 min)",
        "       policy: initial_tiebreak = first_started (2026-01-01)",
        "       citation: CPT guideline via AAPC, 2021 [read]",
        "       source: evening.hl7, record 5, control id MSG00005, RXA",
        "       source: evening.hl7, record 12, control id MSG00012, RXA",
        "     - 20 minutes of pause do not count. [rule 9]",
        "         values: paused = 20",
    ]


def test_every_line_of_the_bill_is_explained() -> None:
    heads = [row for row in TEXT.splitlines() if row[:1].isdigit() and row[1:3] == ". "]
    assert [row.split(" on ")[0] for row in heads] == [
        "1. 96413", "2. 96415 x 2", "3. 96367 x 2", "4. 96366", "5. 96368", "6. 96375", "7. 96361",
    ]  # fmt: skip
    assert heads[6].endswith("answered: rests on a person's answer")


def test_a_missing_stop_and_its_query() -> None:
    assert "    22:50-? (last charted 23:05), at least 15 min; no stop charted; access PIV L forearm 20G" in TEXT
    query = section("QUERIES").splitlines()
    assert query[0] == "- When did Ceftriaxone on PIV L forearm 20G, started 22:50, stop?"
    assert query[2:4] == [
        "    waits for the answer: 96367",
        "    stop 22:51-23:05: 96375 ($47.84 Medicare national unadjusted)",
    ]


def test_the_ledger_adds_up_in_every_row_and_in_total() -> None:
    documented, charged, included, unbilled, queried = ledger_totals(evening().ledger)
    assert (documented, charged, included, unbilled, queried) == (780, 450, 315, 0, 15)
    assert charged + included + unbilled + queried == documented
    assert section("EVERY MINUTE").splitlines()[-1].split() == ["total", "780", "450", "315", "0", "15"]


def test_uncharged_minutes_assumptions_and_findings_have_their_reasons() -> None:
    assert section("MINUTES WITHOUT A CODE OF THEIR OWN").splitlines()[:2] == [
        "- Saline KVO, 315 min included: a carrier fluid",
        "    - A carrier fluid has no code. [rule 24]",
    ]
    assert section("ASSUMPTIONS").startswith("- Magnesium sulfate, access: another access\n")
    assert section("FINDINGS").splitlines() == [
        "- warning stop-missing: Ceftriaxone: The infusion has a start and no stop. Ask the nurse who hung it.",
        "    source: evening.hl7, record 20, control id MSG00020, RXA",
    ]


def test_a_drug_given_twice_is_told_apart_by_its_start() -> None:
    given = (push("a", "Morphine", at("09:00")), push("b", "Morphine", at("09:20")))
    gap = because("Only 20 minutes after the last dose.", "12")
    coded = replace(
        nothing(),
        timeline=evening_timeline(given),
        unbilled=(Uncharged("b", 0, "included", "repeat push inside the gap", "12", gap),),
    )
    assert "- Morphine (09:20), included: repeat push inside the gap" in explain_encounter(coded)


def test_an_encounter_without_anything_says_so() -> None:
    text = explain_encounter(nothing())
    assert text.startswith("Encounter E-0000\nno administrations, times in America/New_York\n")
    assert text.endswith("No line: nothing here earns an administration code.\n")


def test_all_sentences_of_a_reason_are_kept() -> None:
    assert full_text("Ran 20 minutes. Beside paclitaxel") == "Ran 20 minutes. Beside paclitaxel."


def test_without_rates_no_amount_is_named() -> None:
    unpriced = replace(
        evening(),
        amount=None,
        amount_in_query=None,
        lines=tuple(replace(x, amount=None) for x in evening().lines),
        queries=(),
    )
    assert "$" not in explain_encounter(unpriced)
