"""Policies: every number and switch has a value, a rule and a source, and a wrong one is explained."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from timeline.policy import Policy, PolicyError, bundled, choices, load_policy
from timeline.switches import NUMBERS, SWITCHES, Codes, Settings

DAY = date(2026, 3, 10)
# The first value of every switch as the rules state it.
DEFAULTS = {
    "bag_change_max_minutes": 240,
    "bag_change_grace_minutes": 0,
    "initial_scope": "encounter",
    "initial_choice": "rank",
    "initial_tiebreak": "first_started",
    "professional_setting": "office",
    "push_over_15_documented": "push",
    "same_drug_repeat": "per_bag",
    "repeat_push": "96376",
    "repeat_push_gap": 31,
    "repeat_push_from": "reported",
    "repeat_chemo_push": "none",
    "concurrent_scope": "encounter",
    "concurrent_min_overlap": 16,
    "partial_overlap": "majority",
    "concurrent_chemo": "query",
    "hydration_overlap": "encounter",
    "hydration_segments": "each_31",
    "sum_scope": "encounter",
    "deduct_push_minutes": "no",
    "kvo_max_ml_per_hour": 30,
    "electrolyte_replacement": "therapeutic",
    "missing_stop": "query",
    "unknown_access": "query",
    "second_access_initial": "query",
    "midnight_date": "each_day",
    "modifier_style": "59",
    "pump_evidence": "fill",
    "pump_only": "code",
    "pump_tolerance_minutes": 5,
}
NUMBER_VALUES = {
    "push_max_minutes": 15,
    "infusion_min_minutes": 16,
    "additional_hour_from_minutes": 31,
    "additional_hour_minutes": 60,
    "hydration_min_minutes": 31,
    "missing_stop_max_minutes": 1440,
    "silence_max_minutes": 1440,
    "combinations_max": 1000,
    "long_run_minutes": 1440,
    "many_at_once": 6,
    "pump_min_minutes": 480,
}


def test_the_bundled_policies() -> None:
    assert set(bundled()) >= {"facility", "professional"}


def test_facility_has_the_defaults_of_the_rules() -> None:
    settings = load_policy("facility").on(DAY).settings
    assert {key: getattr(settings, key) for key in DEFAULTS} == DEFAULTS
    assert {key: getattr(settings, key) for key in NUMBER_VALUES} == NUMBER_VALUES


def test_every_switch_and_number_is_in_these_tests() -> None:
    assert set(DEFAULTS) == set(SWITCHES)
    assert set(NUMBER_VALUES) == NUMBERS
    assert {f.name for f in fields(Settings)} == set(SWITCHES) | NUMBERS


def test_professional_differs_where_the_rules_say_so() -> None:
    facility, professional = (load_policy(name).on(DAY).settings for name in ("facility", "professional"))
    differ = {f.name for f in fields(Settings) if getattr(facility, f.name) != getattr(professional, f.name)}
    assert differ == {"initial_choice", "repeat_push", "midnight_date"}
    assert (professional.initial_choice, professional.repeat_push, professional.midnight_date) == (
        "primary_drug",
        "none",
        "start",
    )


@pytest.mark.parametrize("name", bundled())
def test_every_value_is_cited(name: str) -> None:
    policy = load_policy(name)
    for key, setting in policy.settings.items():
        assert setting.rule, key
        assert setting.about.endswith("."), key
        assert setting.reference.title, key
        assert setting.reference.where, key
        assert setting.values, key
        assert isinstance(setting.values[0].value, int) == (setting.unit is not None), key
    assert len(policy.sha256) == 64


@pytest.mark.parametrize("name", bundled())
def test_codes_are_numbers_and_no_two_roles_share_one(name: str) -> None:
    codes = load_policy(name).on(DAY).codes
    values = [getattr(codes, f.name) for f in fields(Codes)]
    assert all(v.isdigit() and len(v) == 5 for v in values)
    assert len(set(values)) == len(values)


def test_switches_are_overridden_and_seen() -> None:
    changed = load_policy("facility").with_switches({"concurrent_min_overlap": "1", "missing_stop": "push"})
    version = changed.on(DAY)
    assert (version.settings.concurrent_min_overlap, version.settings.missing_stop) == (1, "push")
    assert version.used().switches["missing_stop"] == "push"
    assert version.overridden == {"concurrent_min_overlap": 1, "missing_stop": "push"}
    assert load_policy("facility").on(DAY).settings.missing_stop == "query"


def test_an_unknown_switch_names_the_nearest() -> None:
    with pytest.raises(TypeError, match="no switch 'mising_stop'; the nearest is 'missing_stop'"):
        load_policy("facility").with_switches({"mising_stop": "push"})


def test_a_number_of_the_rules_is_no_switch() -> None:
    with pytest.raises(TypeError, match="no switch 'push_max_minutes'"):
        load_policy("facility").with_switches({"push_max_minutes": 20})


@pytest.mark.parametrize(
    ("switch", "value", "says"),
    [
        ("missing_stop", "guess", "takes query or push or calculate or last_seen or not_billable, not 'guess'"),
        ("concurrent_min_overlap", "many", "takes a whole number of 0 or more, not 'many'"),
        ("concurrent_min_overlap", -1, "takes a whole number of 0 or more, not '-1'"),
        ("deduct_push_minutes", "maybe", "takes no or yes, not 'maybe'"),
    ],
)
def test_a_wrong_value_says_what_it_takes(switch: str, value: object, says: str) -> None:
    with pytest.raises(PolicyError) as problem:
        load_policy("facility").with_switches({switch: value})
    assert str(problem.value) == f"switch '{switch}' {says}"


def test_yes_and_no_may_be_true_and_false() -> None:
    policy = load_policy("facility").with_switches({"deduct_push_minutes": True})
    assert policy.on(DAY).settings.deduct_push_minutes == "yes"


def test_choices_of_a_switch() -> None:
    assert choices("repeat_push_from") == ("reported", "previous", "first")
    assert choices("repeat_push_gap") == ()


OWN = """
name: ours
about: House rules.
extends: facility
verified_through: 2026-12-31
settings:
  concurrent_min_overlap:
    rule: "15"
    about: "Shorter from July."
    unit: minutes
    values: [{from: 2009-01-01, value: 16}, {from: 2026-07-01, value: 1}]
    reference: {title: House policy, where: page 3}
    confidence: convention
"""


def own(folder: Path, text: str) -> Policy:
    path = folder / "ours.yaml"
    path.write_text(text, encoding="utf-8")
    return load_policy(str(path))


def test_a_file_of_ones_own_holds_what_differs_and_changes_by_date(tmp_path: Path) -> None:
    policy = own(tmp_path, OWN)
    assert policy.name == "ours"
    assert policy.on(date(2026, 6, 30)).settings.concurrent_min_overlap == 16
    assert policy.on(date(2026, 7, 1)).settings.concurrent_min_overlap == 1
    assert policy.on(date(2026, 7, 1)).version == "2026-07-01"
    assert policy.on(date(2026, 7, 1)).settings.missing_stop == "query"
    assert policy.on(date(1999, 1, 1)).version == "2009-01-01"
    assert policy.on(date(2026, 7, 1)).value("concurrent_min_overlap").version == "ours 2026-07-01"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("concurrent_min_overlap:", "concurent_min_overlap:"), "nearest is 'concurrent_min_overlap'"),
        (("value: 1}", "value: few}"), "takes a whole number"),
        (("confidence: convention", "confidence: sure"), "confidence"),
        (("extends: facility", "extends: facilty"), "did you mean 'facility'"),
        (("extends: facility\n", ""), "extend 'facility'"),
        (("settings:", "setings:"), "setings"),
        (("name: ours", "name: [ours"), "ours.yaml"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    with pytest.raises(PolicyError) as problem:
        own(tmp_path, OWN.replace(*change))
    assert says in str(problem.value)
    assert "ours.yaml" in str(problem.value) or "facilty" in str(problem.value)
    assert str(tmp_path) not in str(problem.value)


def test_a_file_that_is_not_there_and_a_name_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"policy file none\.yaml does not exist"):
        load_policy(str(tmp_path / "none.yaml"))
    with pytest.raises(PolicyError, match="no policy 'facilities'; did you mean 'facility'"):
        load_policy("facilities")
