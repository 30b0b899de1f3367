"""Billed against supported: pairing, patterns and money, worked by hand on the sample day and on small charts."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.billed import Billed, BilledLine, read_billed
from parsers.events import Rejected, Source
from parsers.reference_tables import PaymentRate, RateTable
from reports.variance import Audit, Key, Place, Variance, audit, billed_units, match
from reports.variance_text import render_audit
from reports.variance_totals import by_pattern, by_status
from tests.house.places import ROOT
from workbench import analyze

DAY, NEXT = date(2026, 3, 10), date(2026, 3, 11)
SAMPLE = ROOT / "sample_data"


@cache
def sample_day(form: str) -> Audit:
    review = analyze(SAMPLE / form, timezone="America/New_York")
    return audit(review.result, read_billed(SAMPLE / "billed.csv"))


# Every error planted in the billed table (docs/sample-day.md), and nothing else: encounter, code, units, what is off.
PLANTED = {
    ("CONCURRENT-ONCE-ONLY", "96368", 1, "over-billed", "concurrent-twice"),
    ("SEQUENTIAL-DRUGS", "96365", 1, "over-billed", "second-initial"),
    ("SEQUENTIAL-DRUGS", "96367", 1, "missed", "charge-missed"),
    ("SAME-DRUG-AGAIN", "96367", 1, "over-billed", "same-drug-as-new"),
    ("SAME-DRUG-AGAIN", "96366", 1, "missed", "charge-missed"),
    ("HYDRATION-30", "96360", 1, "over-billed", "hydration-under-31"),
    ("KVO-CARRIER", "96361", 1, "over-billed", "carrier-as-hydration"),
    ("PAUSED-PRIMARY", "96368", 1, "over-billed", "concurrent-for-sequential"),
    ("PAUSED-PRIMARY", "96367", 1, "missed", "charge-missed"),
    ("RATE-CHANGES", "96366", 1, "over-billed", "hour-too-many"),
    ("REPEATED-PUSHES", "96376", 1, "over-billed", "push-inside-the-gap"),
    ("MISSING-STOP", "96367", 1, "undocumented", "missing-stop"),
    ("TWO-PUSHES", "96375", 1, "missed", "charge-missed"),
    ("PUSH-DURING-INFUSION", "96365", 1, "missed", "encounter-not-billed"),
    ("PUSH-DURING-INFUSION", "96375", 1, "missed", "encounter-not-billed"),
    ("CHEMO-WITH-FLUIDS", "96361", 2, "missed", "hydration-missed"),
    ("LATER-CHEMO-IS-INITIAL", "96365", 1, "over-billed", "initial-by-the-clock"),
    ("LATER-CHEMO-IS-INITIAL", "96367", 1, "missed", "charge-missed"),
    ("MIDNIGHT", "96366", 2, "wrong date", "wrong-date"),
    ("TWO-VISITS-EVENING", "96365", 1, "wrong modifier", "wrong-modifier"),
    ("TWO-VISITS-EVENING", "96375", 1, "wrong modifier", "wrong-modifier"),
    ("NOT-ON-THE-MAR", "96365", 1, "undocumented", "no-record"),
}


@pytest.mark.parametrize("form", ["day.csv", "day.hl7"])
def test_every_planted_error_is_found_and_nothing_else(form: str) -> None:
    found = {
        (r.encounter_id, r.code, r.units, r.status, r.pattern)
        for r in sample_day(form).rows()
        if r.status != "supported"
    }
    assert found == PLANTED


def test_totals_of_the_sample_day() -> None:
    # Prices of the file: 96365 420, 96366 110, 96367 160, 96368 95, 96374 290, 96375 140, 96376 60, 96360 210,
    # 96361 75.
    # Missed: 96367 three times 480, 96366 110, 96375 twice 280, 96365 420, 96361 twice 150: 1,440.
    # Over-billed: 96368 twice 190, 96365 twice 840, 96367 160, 96360 210, 96361 75, 96366 110, 96376 60: 1,645.
    # Undocumented: 96367 160 and 96365 420: 580.
    totals = {t.name: (t.units, t.charge) for t in by_status(sample_day("day.csv"))}
    assert totals["missed"] == (9, Decimal("1440.00"))
    assert totals["over-billed"] == (9, Decimal("-1645.00"))
    assert totals["undocumented"] == (2, Decimal("-580.00"))
    assert totals["wrong date"] == totals["wrong modifier"] == (2, Decimal("0.00"))
    assert totals["wrong date and modifier"] == (0, None)


def test_the_cause_says_what_the_record_shows() -> None:
    causes = {(r.encounter_id, r.code): r.cause for r in sample_day("day.csv").rows()}
    assert "no stop time is charted for cefepime" in causes["MISSING-STOP", "96367"]
    assert causes["LATER-CHEMO-IS-INITIAL", "96365"].endswith("it is rituximab.")
    assert "20 minutes" in causes["REPEATED-PUSHES", "96376"]
    assert causes["MIDNIGHT", "96366"].startswith("The record dates it 2026-03-11, billed was 2026-03-10")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    assert max(map(len, render_audit(sample_day("day.csv"), width).splitlines())) <= width


def causes(chart: str, *billed: BilledLine) -> set[tuple[str, str, str]]:
    frame = pd.read_csv(io.StringIO("encounter_id,drug,route,site,start,stop\n" + chart), dtype=str)
    found = audit(analyze(frame, timezone="America/New_York").result, Billed("b.csv", "0" * 64, "table", billed))
    return {(r.code, r.status, r.pattern) for r in found.rows() if r.status != "supported"}


def test_an_initial_infusion_where_nothing_was_infused() -> None:
    pushes = "E1,ketorolac,IV push,arm,2026-03-10 08:00,\n"
    assert causes(pushes, line("96374", 1), line("96365", 1)) == {("96365", "over-billed", "initial-not-supported")}


def test_a_repeat_push_billed_as_a_new_drug_is_one_wrong_code() -> None:
    # Hydromorphone at 08:00 and 08:40: 96374, and 40 minutes later 96376.
    twice = "E1,hydromorphone,IV push,arm,2026-03-10 08:00,\nE1,hydromorphone,IV push,arm,2026-03-10 08:40,\n"
    assert causes(twice, line("96374", 1), line("96375", 1)) == {
        ("96375", "over-billed", "push-under-another-code"),
        ("96376", "missed", "charge-missed"),
    }


def test_lines_that_could_not_be_read_are_said_first() -> None:
    whole = sample_day("day.csv")
    lost = Rejected(Source("b.csv", 1, 2), "billed-unreadable", "The row has nothing.", "Correct it.")
    text = render_audit(replace(whole, billed=replace(whole.billed, rejected=(lost,))), 80)
    assert text.startswith("1 billed line could not be read, so what they billed is shown as missed.")


# Pairing


def line(code: str, units: int, *modifiers: str, day: date = DAY, amount: str | None = None) -> BilledLine:
    return BilledLine(Source("b.csv"), "E1", code, units, modifiers, day, None if amount is None else Decimal(amount))


def test_a_credit_takes_back_its_charge_whatever_its_modifiers() -> None:
    lines = [line("96366", 3, "59"), line("96366", -1), line("96365", 1), line("96365", -1), line("96374", -2)]
    assert billed_units(lines) == {("96366", ("59",), DAY): 2}


def rows(billed: dict[Key, int], supported: dict[Key, int]) -> list[tuple[str, int, str]]:
    return [(r.code, r.units, r.status) for r in match("E1", billed, supported)]


def test_each_unit_is_paired_once_the_closest_first() -> None:
    billed = {("96366", (), DAY): 3, ("96366", ("59",), NEXT): 1}
    supported = {("96366", (), DAY): 1, ("96366", (), NEXT): 2, ("96367", (), DAY): 1}
    assert rows(billed, supported) == [
        ("96366", 1, "supported"),
        ("96366", 1, "wrong modifier"),  # -59 on the 11th for plain on the 11th
        ("96366", 1, "wrong date"),  # the 10th for the 11th
        ("96366", 1, "over-billed"),
        ("96367", 1, "missed"),
    ]


BILLS = st.dictionaries(
    st.tuples(st.sampled_from(["96365", "96366"]), st.sampled_from([(), ("59",)]), st.sampled_from([DAY, NEXT])),
    st.integers(1, 4),
    max_size=6,
)


@given(BILLS, BILLS)
def test_no_unit_of_either_side_is_lost_or_counted_twice(billed: dict[Key, int], supported: dict[Key, int]) -> None:
    found = match("E1", billed, supported)
    assert _sum(found, "billed") == billed
    assert _sum(found, "supported") == supported
    # What is missed on one side is never over-billed on the other under the same code.
    over = {r.code for r in found if r.status == "over-billed"}
    assert not over & {r.code for r in found if r.status == "missed"}


def _sum(found: list[Variance], side: str) -> dict[Key, int]:
    units: dict[Key, int] = {}
    for row in found:
        place: Place | None = getattr(row, side)
        if place is not None:
            key = (row.code, place.modifiers, place.date)
            units[key] = units.get(key, 0) + row.units
    return units


# Money


def test_what_is_packaged_is_worth_nothing_and_the_rest_its_rate() -> None:
    paid = {"96365": PaymentRate("S", "5693", 20000), "96366": PaymentRate("S", "5691", 5000)}
    rates = RateTable("made-up", "0" * 64, {**paid, "96368": PaymentRate("N", "", None)})
    day = analyze(SAMPLE / "day.csv", timezone="America/New_York").result
    lines = (line("96365", 1, amount="420"), line("96366", 2, amount="220"), line("96368", 1, amount="95"))
    billed = Billed("b.csv", "0" * 64, "table", lines)
    found = {r.code: (r.amount, r.charge) for r in audit(day, billed, rates).rows() if r.encounter_id == "E1"}
    # No record of E1: 96365 at 200.00, two hours at 50.00, concurrent packaged.
    assert found == {
        "96365": (-200.0, Decimal("-420.00")),
        "96366": (-100.0, Decimal("-220.00")),
        "96368": (0.0, Decimal("-95.00")),
    }


def test_patterns_are_counted_by_encounter_the_most_first() -> None:
    totals = by_pattern(sample_day("day.csv"))
    assert (totals[0].name, totals[0].encounters) == ("charge-missed", 5)
    assert sum(t.rows for t in totals) == len(PLANTED)
