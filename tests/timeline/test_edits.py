"""MUE and PTP findings beside the lines they are about (rulebook 39)."""

from __future__ import annotations

from datetime import date

import pytest

from parsers.reference_tables import CodePair, PairTable, UnitLimit, UnitLimitTable
from tests.timeline.priced import LIMITS, PAIRS, lines, messages, result
from timeline.bills import Bill
from timeline.edits import billable_codes, payable_units
from timeline.model import CodedEncounter

TUESDAY = date(2026, 3, 10)
TWO_LINES = """
    08:00-09:00 paclitaxel IV1 order A
    08:10-09:10 vancomycin IV2 order B
"""
INFUSION_AND_INJECTION = """
    08:00-09:00 vancomycin IV1 order A
    10:00 Given ketorolac route IM order B
"""


def limits(**by_code: UnitLimit) -> UnitLimitTable:
    return UnitLimitTable("mue.csv", "0" * 64, {code.lstrip("c"): limit for code, limit in by_code.items()})


def pairs(*found: CodePair) -> PairTable:
    return PairTable("ptp.txt", "0" * 64, {(p.column_1, p.column_2): (p,) for p in found})


def held_against(table: UnitLimitTable | PairTable, *charts: str, **options: object) -> CodedEncounter:
    key = "mue" if isinstance(table, UnitLimitTable) else "ptp"
    return result(*charts, **{key: table, **options}).encounters[-1]  # type: ignore[arg-type]


# MUE


@pytest.mark.parametrize(
    ("limit", "said", "fix"),
    [
        (
            UnitLimit(2, 3),
            (
                "96366 on 2026-03-10 has 3 units; the MUE table pays 2 at most on a date of service (MAI 3). "
                "The line keeps its units; an amount leaves out 1 unit."
            ),
            "Check units and dates. Where the chart supports every unit an appeal is possible, with the records.",
        ),
        (
            UnitLimit(1, 2),
            (
                "96366 on 2026-03-10 has 3 units; the MUE table pays 1 at most on a date of service (MAI 2). "
                "The line keeps its units; an amount leaves out 2 units."
            ),
            "Check units and dates: this limit is fixed by policy, and an appeal does not change it.",
        ),
        (
            UnitLimit(2, 1),
            (
                "96366 on 2026-03-10 has 3 units; the MUE table pays 2 at most on a claim line (MAI 1). "
                "The line keeps its units; an amount leaves out 1 unit."
            ),
            "Check the units. A further line with a modifier, where the chart supports one, is judged on its own.",
        ),
    ],
)
def test_each_indicator_has_its_own_words(limit: UnitLimit, said: str, fix: str) -> None:
    # 240 minutes: 96365, 96366 x 3
    encounter = held_against(limits(c96366=limit), "08:00-12:00 vancomycin IV1")
    assert [(x.code, x.units) for x in encounter.lines] == [("96365", 1), ("96366", 3)]
    (finding,) = [f for f in encounter.findings if f.code == "mue-over-limit"]
    assert (finding.severity, finding.message, finding.fix) == ("warning", said, fix)
    assert finding.administrations == (encounter.timeline.administrations[0].id,)
    assert finding.source is not None
    assert finding.source.row == 1


def test_units_at_the_limit_and_codes_without_one_are_quiet() -> None:
    assert messages(held_against(limits(c96366=UnitLimit(3, 3)), "08:00-12:00 vancomycin IV1"), "mue") == []
    assert messages(held_against(limits(c99999=UnitLimit(0, 2)), "08:00-12:00 vancomycin IV1"), "mue") == []


def test_hours_of_two_dates_are_held_against_each_date() -> None:
    # 22:00 to 02:00: hours at 23:31 on the first date, 00:31 and 01:31 on the second
    chart = "22:00-02:00+1 vancomycin IV1"
    assert messages(held_against(limits(c96366=UnitLimit(2, 2)), chart), "mue") == []
    (message,) = messages(held_against(limits(c96366=UnitLimit(1, 2)), chart), "mue")
    assert message.startswith("mue-over-limit: 96366 on 2026-03-11 has 2 units")


def test_a_line_limit_looks_at_each_line_alone() -> None:
    # morning 96365, evening 96365-59: one unit on each line
    morning, evening = "08:00-09:00 vancomycin IV1", "18:00-19:00 vancomycin IV1"
    assert messages(held_against(limits(c96365=UnitLimit(1, 1)), morning, evening), "mue") == []
    assert len(messages(held_against(limits(c96365=UnitLimit(1, 3)), morning, evening), "mue")) == 1


def test_the_plain_line_uses_a_limit_up_first() -> None:
    bill: Bill = {("96367", ("59",), TUESDAY): 2, ("96367", (), TUESDAY): 3, ("96374", (), TUESDAY): 1}
    assert payable_units(bill, LIMITS, {}) == {  # 4 on a date in the sample table
        ("96367", (), TUESDAY): 3,
        ("96367", ("59",), TUESDAY): 1,
        ("96374", (), TUESDAY): 1,
    }
    assert payable_units(bill, LIMITS, {("96367", (), TUESDAY): 9})["96367", (), TUESDAY] == 0
    assert payable_units(bill, None, {}) == bill


# PTP


def test_a_pair_whose_second_line_carries_the_modifier() -> None:
    encounter = held_against(PAIRS, TWO_LINES, second_access_initial="allow")
    assert lines(encounter) == ["96413 = ?", "96365-59 = ?"]
    assert messages(encounter, "ncci") == [
        (
            "ncci-modifier-present: The PTP table pays 96365 beside 96413 on 2026-03-10 only with a modifier; the line "
            "of 96365 (column 2) carries one."
        )
    ]


def test_a_pair_without_a_modifier() -> None:
    pair = CodePair("96365", "96372", date(2020, 1, 1), None, 1)
    encounter = held_against(pairs(pair), INFUSION_AND_INJECTION)
    (finding,) = [f for f in encounter.findings if f.code.startswith("ncci")]
    assert (finding.severity, finding.code) == ("warning", "ncci-modifier-missing")
    assert finding.message == (
        "The PTP table does not pay 96372 beside 96365 on 2026-03-10, and the line of 96372 (column 2) carries no "
        "modifier."
    )
    assert finding.fix == (
        "If the chart shows a separate encounter, site or service, add 59, XE, XS, XP or XU; otherwise only 96365 is "
        "paid."
    )
    assert set(finding.administrations) == {a.id for a in encounter.timeline.administrations}


def test_a_pair_that_is_never_paid_together() -> None:
    pair = CodePair("96365", "96372", date(2020, 1, 1), None, 0)
    (message,) = messages(held_against(pairs(pair), INFUSION_AND_INJECTION), "ncci")
    assert (
        message
        == "ncci-never-together: The PTP table never pays 96372 beside 96365 on 2026-03-10 (modifier indicator 0)."
    )


def test_a_withdrawn_pair_is_ignored() -> None:
    pair = CodePair("96365", "96372", date(2020, 1, 1), None, 9)
    assert messages(held_against(pairs(pair), INFUSION_AND_INJECTION), "ncci") == []


@pytest.mark.parametrize(("day", "found"), [(date(2025, 12, 31), 1), (date(2026, 1, 1), 0)])
def test_a_pair_counts_on_the_date_of_service(day: date, found: int) -> None:
    # the sample table ends 96365 with 96372 on 2025-12-31
    assert len(messages(held_against(PAIRS, INFUSION_AND_INJECTION, day=day), "ncci")) == found


def test_codes_on_different_dates_are_no_pair() -> None:
    pair = CodePair("96365", "96372", date(2020, 1, 1), None, 1)
    chart = INFUSION_AND_INJECTION.replace("10:00", "10:00+1")
    assert messages(held_against(pairs(pair), chart), "ncci") == []


def test_a_later_encounter_is_held_against_the_earlier_one() -> None:
    # the later encounter's line carries 59 as column 1 of the pair: accepted on either line
    infusion = CodePair("96365", "96374", date(2020, 1, 1), None, 1)
    charts = ("08:00 Push ondansetron IV1 route 'IV push'", "18:00-19:00 vancomycin IV1")
    coded = result(*charts, ptp=pairs(infusion))
    assert messages(coded.encounters[0], "ncci") == []
    assert messages(coded.encounters[1], "ncci") == [
        (
            "ncci-modifier-present: The PTP table pays 96374 beside 96365 on 2026-03-10 only with a modifier; the line "
            "of 96365 (column 1) carries one."
        )
    ]


def test_tables_are_named_in_the_result() -> None:
    coded = result(TWO_LINES, mue=LIMITS, ptp=PAIRS)
    assert coded.rates is None
    assert coded.mue is not None
    assert (coded.mue.name, coded.mue.sha256) == ("mue-outpatient.csv", LIMITS.sha256)
    assert coded.ptp is not None
    assert coded.ptp.name == "ptp-hospital.txt"


def test_only_the_codes_of_the_policy_are_needed_of_a_pair_table() -> None:
    codes = billable_codes("facility")
    assert {"96365", "96413", "96372", "96523"} <= codes
    assert "99213" not in codes
