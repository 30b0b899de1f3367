"""Every chart of the case book gives the lines worked out by hand beside it."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.case_charts import Case, cases, coded, rows
from tests.case_checks import BUCKETS, check_ledger, check_lines, check_reasons

BOOK = list(cases())


def _parameter(case: Case) -> object:
    marks = [pytest.mark.xfail(reason=case.planned, strict=True)] if case.planned else []
    return pytest.param(case, id=case.id, marks=marks)


@pytest.mark.parametrize("case", [_parameter(c) for c in BOOK])
def test_chart_gives_the_lines_worked_by_hand(case: Case) -> None:
    check_lines(case, coded(case.id))


@pytest.mark.parametrize("case", [_parameter(c) for c in BOOK if not c.planned])
def test_every_minute_of_the_chart_is_accounted_for(case: Case) -> None:
    check_ledger(case, coded(case.id))


@pytest.mark.parametrize("case", [_parameter(c) for c in BOOK if c.because or c.says])
def test_the_evidence_of_the_chart_says_why(case: Case) -> None:
    check_reasons(case, coded(case.id))


def test_case_ids_are_unique() -> None:
    assert [i for i, n in Counter(c.id for c in BOOK).items() if n > 1] == []


@pytest.mark.parametrize("case", BOOK, ids=lambda c: c.id)
def test_case_can_be_read_and_says_how_it_was_worked(case: Case) -> None:
    assert rows(case)
    assert case.worked
    assert case.source


@pytest.mark.parametrize("case", [c for c in BOOK if c.ledger], ids=lambda c: c.id)
def test_the_ledger_of_a_case_adds_up_on_paper(case: Case) -> None:
    for order, expected in case.ledger.items():
        for row in expected:
            assert set(row) <= {"documented", *BUCKETS}, order
            assert row["documented"] == sum(row.get(b, 0) for b in BUCKETS), order
