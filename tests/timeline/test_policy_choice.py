"""Which policy version codes an encounter, and what happens where that cannot be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from parsers.events import Reading
from tests.timeline.chart import events
from tests.timeline.test_policy_files import CITED, HEAD, write
from timeline import Result, build, code
from timeline.model import CodedEncounter, Timelines
from timeline.policy import load_policy

MARCH, JULY = date(2026, 3, 10), date(2026, 7, 1)

# 10 of 30 minutes are shared; 20 alone.  Minimum 16: sequential 96367.  Minimum 1, always concurrent: 96368.
PARTLY = """
    08:00-09:00 vancomycin IV1 order A
    08:50-09:20 cefepime IV1 order B
"""
SEQUENTIAL = {"96365": 1, "96367": 1}
CONCURRENT = {"96365": 1, "96368": 1}


def batch(*charts: tuple[str, str, date, str | None]) -> Timelines:
    """Encounters: (id, chart, day, payer)."""
    rows = [
        replace(event, encounter_id=name, payer=payer, source=replace(event.source, file=f"{name}.csv"))
        for name, chart, day, payer in charts
        for event in events(chart, day=day)
    ]
    return build(Reading(tuple(rows), used=len(rows), timezone="UTC"))


def bill(coded: CodedEncounter) -> dict[str, int]:
    return {line.code: line.units for line in coded.lines}


def bills(result: Result) -> dict[str, dict[str, int]]:
    return {c.timeline.id: bill(c) for c in result.encounters}


def findings(coded: CodedEncounter) -> dict[str, str]:
    return {f.code: f.message for f in coded.findings}


def ours(folder: Path, text: str) -> str:
    return write(folder, HEAD + text)


DATED = f"""settings:
  concurrent_min_overlap:
    values: [{{from: 2009-01-01, value: 16}}, {{from: 2026-07-01, value: 1}}]
    {CITED}
  partial_overlap:
    values: [{{from: 2009-01-01, value: concurrent}}]
    {CITED}
"""


def test_each_encounter_of_a_batch_has_the_version_of_its_date(tmp_path: Path) -> None:
    timelines = batch(("E1", PARTLY, date(2026, 6, 30), None), ("E2", PARTLY, JULY, None))
    result = code(timelines, ours(tmp_path, DATED))
    assert bills(result) == {"E1": SEQUENTIAL, "E2": CONCURRENT}
    assert [c.policy_version for c in result.encounters] == ["2009-01-01", "2026-07-01"]
    assert [(p.version, p.switches["concurrent_min_overlap"]) for p in result.policies] == [
        ("2009-01-01", 16),
        ("2026-07-01", 1),
    ]
    assert result.policy.version == "2026-07-01"


def test_a_policy_date_codes_all_of_them_by_one_day(tmp_path: Path) -> None:
    timelines = batch(("E1", PARTLY, date(2026, 6, 30), None), ("E2", PARTLY, JULY, None))
    policy = ours(tmp_path, DATED)
    assert bills(code(timelines, policy, switches={"policy_date": "2026-01-01"})) == {
        "E1": SEQUENTIAL,
        "E2": SEQUENTIAL,
    }
    later = code(timelines, policy, switches={"policy_date": "2026-08-01"})
    assert bills(later) == {"E1": CONCURRENT, "E2": CONCURRENT}
    assert [p.version for p in later.policies] == ["2026-07-01"]
    assert later.policy.switches["policy_date"] == "2026-08-01"


# the gap of 5 minutes between the bags: one run of 125 minutes' span, or two
TWO_BAGS = """
    08:00 New Bag vancomycin IV1
    09:00 Stopped vancomycin IV1
    09:05 New Bag vancomycin IV1
    10:05 Stopped vancomycin IV1
"""


def test_what_a_bag_change_is_follows_the_date_as_well(tmp_path: Path) -> None:
    """Grace 0: two hangs of 60 minutes, 96365 and 96366 per bag.  Grace 5: one hang with 120 or 125 minutes."""
    text = f"""settings:
  bag_change_grace_minutes:
    values: [{{from: 2009-01-01, value: 0}}, {{from: 2026-07-01, value: 5}}]
    {CITED}
"""
    timelines = batch(("E1", TWO_BAGS, date(2026, 6, 30), None), ("E2", TWO_BAGS, JULY, None))
    result = code(timelines, ours(tmp_path, text))
    assert [len(c.timeline.administrations) for c in result.encounters] == [2, 1]
    assert bills(result) == {"E1": {"96365": 1, "96366": 1}, "E2": {"96365": 1, "96366": 1}}


def test_a_date_after_the_last_uses_the_last_version_and_says_so_once() -> None:
    timelines = batch(
        ("E1", PARTLY, date(2027, 1, 1), None), ("E2", PARTLY, date(2027, 2, 1), None), ("E3", PARTLY, MARCH, None)
    )
    result = code(timelines)
    assert bills(result) == {"E1": SEQUENTIAL, "E2": SEQUENTIAL, "E3": SEQUENTIAL}
    (said,) = [f for f in result.findings if f.code == "policy-older-than-data"]
    assert said.message.startswith("2 encounters are later than 2026-12-31, the last date policy 'facility'")


def test_nothing_is_coded_before_the_first_date(tmp_path: Path) -> None:
    text = f"settings:\n  repeat_push_gap:\n    values: [{{from: 2026-07-01, value: 31}}]\n    {CITED}\n"
    chart = PARTLY + "09:30 Push ondansetron IV1 order C\n" + "10:00- acetaminophen IV1 order D\n"
    result = code(batch(("E1", chart, MARCH, None), ("E2", PARTLY, JULY, None)), ours(tmp_path, text))
    assert bills(result) == {"E1": {}, "E2": SEQUENTIAL}
    early = result.encounters[0]
    assert early.queries == ()
    said = next(f for f in early.findings if f.code == "policy-begins-later")
    assert said.severity == "error"
    assert said.message == (
        "The encounter is of 2026-03-10, before policy 'ours' begins: it knows 2026-07-01 to 2026-12-31."
        " Nothing is coded."
    )
    assert "policy_date" in said.fix
    drugs = {a.id: a.drug for a in early.timeline.administrations}
    assert {drugs[r.administration]: (r.documented, r.unbilled) for r in early.ledger} == {
        "vancomycin": (60, 60),
        "cefepime": (30, 30),
        "ondansetron": (0, 0),
        "acetaminophen": (0, 0),
    }
    assert {drugs[u.administration]: u.minutes for u in early.unbilled} == {
        "vancomycin": 60,
        "cefepime": 30,
        "ondansetron": 0,
        "acetaminophen": 0,
    }
    assert {u.reason for u in early.unbilled} == {"before the first date of the policy"}
    assert "held-for-answer" not in findings(early)


def test_a_policy_date_codes_an_early_encounter_too(tmp_path: Path) -> None:
    text = f"settings:\n  repeat_push_gap:\n    values: [{{from: 2026-07-01, value: 31}}]\n    {CITED}\n"
    result = code(batch(("E1", PARTLY, MARCH, None)), ours(tmp_path, text), switches={"policy_date": "2026-07-01"})
    assert bills(result) == {"E1": SEQUENTIAL}


def exception(label: str, when: str, sets: str) -> str:
    return f"  - label: {label}\n    about: Why.\n    when: {when}\n    set: {sets}\n    {CITED}\n"


LITERAL = "{concurrent_min_overlap: 1, partial_overlap: concurrent}"


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("{payer: Acme Health}", True),
        ("{payer: [Other, ACME HEALTH]}", True),
        ("{payer: Acme}", False),
        ("{from: 2026-03-10}", True),
        ("{from: 2026-03-11}", False),
        ("{through: 2026-03-10}", True),
        ("{through: 2026-03-09}", False),
        ("{category: therapeutic}", True),
        ("{category: chemo}", False),
        ("{payer: Acme Health, category: chemo}", False),  # all conditions must hold
    ],
)
def test_an_exception_holds_where_its_conditions_do(tmp_path: Path, when: str, holds: bool) -> None:
    policy = ours(tmp_path, "exceptions:\n" + exception("literal", when, LITERAL))
    (coded,) = code(batch(("E1", PARTLY, MARCH, "Acme Health")), policy).encounters
    assert bill(coded) == (CONCURRENT if holds else SEQUENTIAL)
    assert ("policy-exception" in findings(coded)) == holds


def test_a_line_and_a_finding_name_the_exception(tmp_path: Path) -> None:
    policy = ours(tmp_path, "exceptions:\n" + exception("literal", "{payer: Acme}", LITERAL))
    (coded,) = code(batch(("E1", PARTLY, MARCH, "Acme")), policy).encounters
    assert findings(coded)["policy-exception"] == (
        "Exception 'literal' of policy 'ours' holds for this encounter: "
        "concurrent_min_overlap = 1, partial_overlap = concurrent."
    )
    concurrent = next(line for line in coded.lines if line.code == "96368")
    why = next(b for b in concurrent.because.children if b.policy and b.policy.key == "partial_overlap")
    assert why.policy is not None
    assert why.policy.version == "ours 2009-01-01, exception 'literal'"
    assert why.citation == "House policy: page 3"


CLASH = (
    "exceptions:\n"
    + exception("literal", "{payer: Acme}", LITERAL)
    + exception("spring", "{from: 2026-03-01}", "{partial_overlap: deduct, missing_stop: push}")
)


def test_two_exceptions_for_one_switch_code_nothing_and_are_both_named(tmp_path: Path) -> None:
    timelines = batch(("E1", PARTLY, MARCH, "Acme"), ("E2", PARTLY, MARCH, "Other"))
    both, one = code(timelines, ours(tmp_path, CLASH)).encounters
    assert bill(both) == {}
    assert findings(both)["policy-exceptions-clash"] == (
        "Two exceptions of policy 'ours' hold for this encounter: 'literal' and 'spring' both set partial_overlap."
        " Nothing is coded."
    )
    assert sum(r.unbilled for r in both.ledger) == 90  # 60 and 30 minutes
    assert bill(one) == SEQUENTIAL
    assert "policy-exceptions-clash" not in findings(one)


def test_exceptions_for_different_switches_hold_together(tmp_path: Path) -> None:
    text = "exceptions:\n" + exception("literal", "{payer: Acme}", LITERAL)
    text += exception("spring", "{from: 2026-03-01}", "{missing_stop: push}")
    chart = PARTLY + "10:00- acetaminophen IV1 order C\n"
    (coded,) = code(batch(("E1", chart, MARCH, "Acme")), ours(tmp_path, text)).encounters
    assert bill(coded) == {**CONCURRENT, "96375": 1}


def test_a_switch_set_by_hand_settles_the_clash(tmp_path: Path) -> None:
    result = code(batch(("E1", PARTLY, MARCH, "Acme")), ours(tmp_path, CLASH), switches={"partial_overlap": "majority"})
    # minimum 1 by 'literal', then majority: 2 x 10 < 30, so sequential on the 20 alone
    assert bills(result) == {"E1": SEQUENTIAL}


def test_the_payer_chooses_the_policy(tmp_path: Path) -> None:
    policy = ours(tmp_path, "payers: {Acme: payer_literal_overlap}\n")
    timelines = batch(("E1", PARTLY, MARCH, "ACME"), ("E2", PARTLY, MARCH, "Other"), ("E3", PARTLY, MARCH, None))
    result = code(timelines, policy)
    assert bills(result) == {"E1": CONCURRENT, "E2": SEQUENTIAL, "E3": SEQUENTIAL}
    assert result.policy.name == "ours"
    assert sorted(p.name for p in result.policies) == ["ours", "payer_literal_overlap"]


def test_the_example_of_an_exception_asks_only_on_chemo_visits() -> None:
    open_drug = "10:00 New Bag cefepime IV1 order B\n12:00 Verify cefepime IV1 order B\n"
    chemo = "08:00-09:00 paclitaxel IV1 order A\n" + open_drug
    other = "08:00-09:00 vancomycin IV1 order A\n" + open_drug
    asked, not_asked = code(
        batch(("E1", chemo, MARCH, None), ("E2", other, MARCH, None)), load_policy("payer_conservative")
    ).encounters
    assert [q.what for q in asked.queries] == ["stop"]
    assert not_asked.queries == ()
    assert bill(not_asked) == {"96365": 1}


def test_a_result_says_until_when_its_policy_was_checked() -> None:
    result = code(batch(("E1", PARTLY, MARCH, None)))
    assert (result.policy.version, result.policy.verified_through) == ("2009-01-01", date(2026, 12, 31))
