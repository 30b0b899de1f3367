"""Every chart of the case book gives the lines worked out by hand beside it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.case_charts import Case, cases, code, day, drug_minutes, outcome_units, rows, units

BOOK = list(cases())


def _parameter(case: Case) -> object:
    marks = [pytest.mark.xfail(reason=case.planned, strict=True)] if case.planned else []
    return pytest.param(case, id=case.id, marks=marks)


@pytest.mark.parametrize("case", [_parameter(c) for c in BOOK])
def test_chart_gives_the_lines_worked_by_hand(case: Case, tmp_path: Path) -> None:
    result = code(case, tmp_path)

    assert units(result.encounters) == case.expected, case.worked
    for encounter_id, expected in (case.by_encounter or {}).items():
        assert units(e for e in result.encounters if e.timeline.id == encounter_id) == expected, encounter_id
    for date_text, expected in (case.by_date or {}).items():
        assert units(result.encounters, on=day(date_text)) == expected, date_text
    queries = [q for e in result.encounters for q in e.queries]
    if case.queries is not None:
        assert len(queries) == case.queries, [q.question for q in queries]
    if case.asks is not None:
        assert tuple(sorted(q.what for q in queries)) == tuple(sorted(case.asks))
    for answer, expected in (case.outcomes or {}).items():
        (query,) = queries
        assert outcome_units(query)[answer] == expected, answer
    found = drug_minutes(result)
    for drug, minutes in (case.minutes or {}).items():
        assert found[drug] == minutes, drug
    codes = {f.code for e in result.encounters for f in e.findings} | {f.code for f in result.findings}
    assert set(case.findings) <= codes


@pytest.mark.parametrize("case", [_parameter(c) for c in BOOK if not c.planned])
def test_every_minute_of_the_chart_is_accounted_for(case: Case, tmp_path: Path) -> None:
    for encounter in code(case, tmp_path).encounters:
        for row in encounter.ledger:
            assert row.charged + row.included + row.unbilled + row.queried == row.documented, row


def test_case_ids_are_unique() -> None:
    assert [i for i, n in Counter(c.id for c in BOOK).items() if n > 1] == []


@pytest.mark.parametrize("case", BOOK, ids=lambda c: c.id)
def test_case_can_be_read_and_says_how_it_was_worked(case: Case) -> None:
    assert rows(case)
    assert case.worked
    assert case.source
