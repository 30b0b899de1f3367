"""On what two policies differ, and a policy with one thing of another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from tests.timeline.test_policy_files import CITED, HEAD, policy, write
from timeline.policy import load_policy
from timeline.policy_difference import differences, with_value_of
from timeline.policy_file import CodeTable

DAY = date(2026, 3, 10)


def told(a: str, b: str) -> dict[str, tuple[str, str]]:
    return {d.key: (d.a, d.b) for d in differences(load_policy(a), load_policy(b))}


def test_a_policy_does_not_differ_from_itself() -> None:
    facility = load_policy("facility")
    assert differences(facility, facility) == ()
    # set to what it is already
    assert differences(facility, facility.with_switches({"missing_stop": "query"})) == ()


def test_facility_and_professional() -> None:
    assert told("facility", "professional") == {
        "initial_choice": ("rank", "primary_drug"),
        "repeat_push": ("96376", "none"),
        "midnight_date": ("each_day", "start"),
    }


def test_each_difference_carried_over_makes_them_the_same() -> None:
    a, b = load_policy("facility"), load_policy("payer_conservative").with_switches({"repeat_push_gap": 61})
    changed = a
    for difference in differences(a, b):
        changed = with_value_of(changed, b, difference.key)
    assert differences(changed, b) == ()
    assert changed.on(DAY).settings == b.on(DAY).settings
    assert changed.sha256 != a.sha256


def test_one_value_is_carried_over_and_no_other() -> None:
    changed = with_value_of(load_policy("facility"), load_policy("professional"), "repeat_push")
    assert changed.on(DAY).settings.repeat_push == "none"
    assert changed.on(DAY).settings.midnight_date == "each_day"
    back = with_value_of(changed.with_switches({"repeat_push": "none"}), load_policy("facility"), "repeat_push")
    assert back.on(DAY).settings.repeat_push == "96376"


def test_a_number_with_dates_of_its_own(tmp_path: Path) -> None:
    values = "[{from: 2009-01-01, value: 16}, {from: 2026-01-01, value: 20}]"
    ours = policy(tmp_path, f"settings:\n  infusion_min_minutes:\n    values: {values}\n    {CITED}\n")
    (difference,) = differences(load_policy("facility"), ours)
    assert (difference.rule, difference.a, difference.b) == ("7", "16", "16 from 2009-01-01, 20 from 2026-01-01")
    assert with_value_of(load_policy("facility"), ours, difference.key).on(DAY).settings.infusion_min_minutes == 20


def test_a_first_date_is_carried_over_with_its_value(tmp_path: Path) -> None:
    values = "[{from: 2026-07-01, value: 16}]"
    ours = policy(tmp_path, f"settings:\n  infusion_min_minutes:\n    values: {values}\n    {CITED}\n")
    changed = with_value_of(load_policy("facility"), ours, "infusion_min_minutes")
    assert changed.first == date(2026, 7, 1)
    assert with_value_of(changed, load_policy("facility"), "infusion_min_minutes").first == date(2009, 1, 1)


def test_payers_exceptions_codes_and_the_date(tmp_path: Path) -> None:
    facility = load_policy("facility")
    ours = load_policy(write(tmp_path, HEAD + "payers: {Acme: professional}\n"))
    (payers,) = differences(facility, ours)
    assert (payers.key, payers.rule, payers.a, payers.b) == ("payers", "0g", "none", "acme professional")
    assert with_value_of(facility, ours, "payers").for_payer("Acme").name == "professional"

    pinned = facility.with_switches({"policy_date": "2026-01-01"})
    assert [(d.key, d.a, d.b) for d in differences(facility, pinned)] == [("policy_date", "each its own", "2026-01-01")]

    table = facility.codes
    other = CodeTable(table.reference, table.confidence, table.from_, {**table.values, "port_flush": "99999"})
    coded = replace(facility, codes=other)
    assert [(d.key, d.a, d.b) for d in differences(facility, coded)] == [
        ("codes", "port_flush 96523", "port_flush 99999")
    ]
    assert with_value_of(facility, coded, "codes").on(DAY).codes.port_flush == "99999"
