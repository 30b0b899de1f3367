"""What the lines pay, worked by hand with the four real rates (rulebook 40)."""

from __future__ import annotations

import pytest

from parsers.reference_tables import PaymentRate, RateTable
from tests.timeline.priced import LIMITS, RATES, answers, lines, messages, result
from timeline.model import CodedEncounter

CONCURRENT = """
    08:00-10:00 vancomycin IV1 order A
    08:30-09:00 cefepime IV1 order B
"""


def priced(*charts: str, **options: object) -> CodedEncounter:
    return result(*charts, **{"rates": RATES, **options}).encounters[-1]  # type: ignore[arg-type]


def test_units_times_rate_and_a_packaged_line_at_nothing() -> None:
    # 120 minutes: the initial and one hour; the concurrent drug is packaged (N): 217.31 + 47.84 + 0
    encounter = priced(CONCURRENT)
    assert lines(encounter) == ["96365 = 217.31", "96366 = 47.84", "96368 = 0.00"]
    assert encounter.amount == 265.15
    assert encounter.amount_in_query == 0.0
    assert [x.amount_reason for x in encounter.lines] == [
        "1 x $217.31, status S, APC 5693",
        "1 x $47.84, status S, APC 5691",
        "status N: packaged, pays nothing of its own",
    ]


def test_several_units_of_one_line() -> None:
    # chemo of 211 minutes: 91, 151 and 211 each earn an hour: 337.46 + 3 x 47.84 = 337.46 + 143.52
    encounter = priced("08:00-11:31 paclitaxel IV1")
    assert lines(encounter) == ["96413 = 337.46", "96415 x 3 = 143.52"]
    assert encounter.amount == 480.98


def test_a_repeat_push_is_packaged() -> None:
    encounter = priced(
        """
        08:00 Push ondansetron IV1 route 'IV push' order A
        08:45 Push ondansetron IV1 route 'IV push' order A
        """
    )
    assert lines(encounter) == ["96374 = 217.31", "96376 = 0.00"]


# Q1: an injection


def test_an_injection_alone_is_paid_and_beside_an_infusion_it_is_not() -> None:
    injection = "11:00 Given ketorolac route IM order C"
    assert lines(priced(injection)) == ["96372 = 73.56"]
    beside = priced(f"08:00-09:00 vancomycin IV1 order A\n{injection}")
    assert lines(beside) == ["96365 = 217.31", "96372 = 0.00"]
    assert beside.lines[1].amount_reason.startswith("status Q1: packaged")


def test_an_injection_on_another_date_of_the_same_stay_is_paid() -> None:
    encounter = priced(
        """
        22:00-23:00 vancomycin IV1 order A
        06:00+1 Given ketorolac route IM order C
        """
    )
    assert lines(encounter) == ["96365 = 217.31", "96372 = 73.56"]
    assert encounter.amount == 290.87


def test_an_injection_waits_where_an_answer_may_put_a_paid_service_beside_it() -> None:
    # Vancomycin from 22:00; the injection is given at 06:00 of the day after.  Hours are earned at 23:31 (the first
    # day) and from 00:31 on (the second day, where they package the injection).
    encounter = priced(
        """
        22:00- vancomycin IV1 route IVPB order A
        06:00+1 Given ketorolac route IM order C
        """
    )
    assert lines(encounter) == ["96372 = 0.00"]
    assert encounter.amount == 0.0
    found = answers(encounter)
    assert found["stop 22:01-22:15"] == 290.87  # a push 217.31, and the injection 73.56
    assert found["stop 22:16-23:30"] == 290.87  # 217.31 + 73.56
    assert found["stop 23:31-00:30"] == 338.71  # 217.31 + 47.84 + 73.56
    assert found["stop 00:31-01:30"] == 312.99  # 217.31 + 47.84 + 47.84, the injection packaged
    # 22:01 to 22:00 of the next day is 24 hours: 1440 minutes earn (1440 - 31) // 60 = 23 hours
    assert max(x for x in found.values() if x is not None) == encounter.amount_in_query == 217.31 + 23 * 47.84


def test_an_answer_that_packages_nothing_leaves_the_injection_paid() -> None:
    # Which of the two lines the cefepime ran through changes codes, but the injection was three days later.
    encounter = priced(
        """
        08:00-10:00 vancomycin IV1 order A
        08:30-09:30 cefepime order B
        08:00+3 Given ketorolac route IM order C
        """,
    )
    assert [q.what for q in encounter.queries] == ["access"]
    assert "96372 = 73.56" in lines(encounter)


# Limits


def test_units_over_the_limit_are_not_paid_and_not_cut() -> None:
    # 240 minutes: hours at 91, 151, 211 = 3; the sample table pays 2 on a date: 217.31 + 95.68
    encounter = priced("08:00-12:00 vancomycin IV1", mue=LIMITS)
    assert lines(encounter) == ["96365 = 217.31", "96366 x 3 = 95.68"]
    assert encounter.amount == 312.99
    assert encounter.lines[1].amount_reason == "2 of 3 (MUE) x $47.84, status S, APC 5691"
    assert len(messages(encounter, "mue-")) == 1


def test_a_limit_of_a_date_is_shared_by_two_encounters_of_the_patient() -> None:
    # 96365 once a date in the sample table: the second encounter's 96365-59 is over it.
    morning, evening = "08:00-09:00 vancomycin IV1", "18:00-19:00 vancomycin IV1"
    second = priced(morning, evening, mue=LIMITS)
    assert lines(second) == ["96365-59 = 0.00"]
    assert messages(second, "mue-") == [
        (
            "mue-over-limit: 96365 on 2026-03-10, with this patient's earlier encounter, has 2 units; the MUE table "
            "pays 1 at most on a date of service (MAI 2). The line keeps its units; an amount leaves out 1 unit."
        )
    ]
    assert lines(priced(morning, evening)) == ["96365-59 = 217.31"]


# What the table does not say


@pytest.mark.parametrize(
    ("rate", "reason"),
    [
        (None, "not in the rate table"),
        (PaymentRate("S", "5691", None), "status S: no rate in the table"),
        (PaymentRate("B", "", 100), "status B: not paid by this table alone"),
        (PaymentRate("", "", 100), "status empty: not paid by this table alone"),
    ],
)
def test_a_line_without_a_rate_has_no_amount_and_a_finding(rate: PaymentRate | None, reason: str) -> None:
    rates = {code: r for code, r in RATES.rates.items() if code != "96366"} | ({"96366": rate} if rate else {})
    encounter = priced(CONCURRENT, rates=RateTable("other.csv", "0" * 64, rates))
    assert lines(encounter) == ["96365 = 217.31", "96366 = ?", "96368 = 0.00"]
    assert encounter.amount == 217.31
    (message,) = messages(encounter, "amount-")
    assert message == f"amount-unknown: 96366 has no amount ({reason}); the encounter's amount leaves it out."


def test_without_rates_nothing_has_an_amount() -> None:
    encounter = priced(CONCURRENT, rates=None, mue=LIMITS)
    assert {x.amount for x in encounter.lines} == {None}
    assert {x.amount_reason for x in encounter.lines} == {""}
    assert (encounter.amount, encounter.amount_in_query) == (None, None)


def test_hospital_rates_do_not_price_a_professional_claim() -> None:
    coded = result(CONCURRENT, rates=RATES, policy="professional")
    assert {x.amount for x in coded.encounters[0].lines} == {None}
    assert coded.encounters[0].amount is None
    (finding,) = [f for f in coded.findings if f.code == "rates-for-hospitals"]
    assert finding.message.startswith("1 encounter has no amounts: coded as professional claims")


def test_rates_change_no_line() -> None:
    chart = "08:00- vancomycin IV1 route IVPB order A\n09:00-12:00 cefepime IV1 order B"
    with_, without = priced(chart, mue=LIMITS), priced(chart, rates=None)
    assert [(x.id, x.code, x.units) for x in with_.lines] == [(x.id, x.code, x.units) for x in without.lines]
    assert [q.id for q in with_.queries] == [q.id for q in without.queries]
