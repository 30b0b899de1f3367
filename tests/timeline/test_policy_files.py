"""Policy files of one's own: what extends what, what is kept from below, and what is said of a mistake."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from timeline.policy import Policy, PolicyError, load_policy

DAY = date(2026, 3, 10)
CITED = "reference: {title: House policy, where: page 3}\n    confidence: convention"
HEAD = "name: ours\nabout: House rules.\nextends: facility\nverified_through: 2026-12-31\n"


def write(folder: Path, text: str, name: str = "ours.yaml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def policy(folder: Path, text: str) -> Policy:
    return load_policy(write(folder, HEAD + text))


def says(folder: Path, text: str) -> str:
    with pytest.raises(PolicyError) as problem:
        load_policy(write(folder, text))
    assert str(folder) not in str(problem.value)
    return str(problem.value)


def exception(label: str = "night", when: str = "{payer: Acme}", sets: str = "{missing_stop: push}") -> str:
    head = f"  - label: {label}\n    about: Why.\n    when: {when}\n    set: {sets}\n    "
    return head + CITED + "\n"


def test_a_setting_keeps_rule_about_and_unit_of_the_file_below(tmp_path: Path) -> None:
    ours = policy(
        tmp_path, f"settings:\n  repeat_push_gap:\n    values: [{{from: 2009-01-01, value: 61}}]\n    {CITED}\n"
    )
    setting = ours.settings["repeat_push_gap"]
    below = load_policy("facility").settings["repeat_push_gap"]
    assert (setting.rule, setting.about, setting.unit) == (below.rule, below.about, "minutes")
    assert setting.reference.title == "House policy"
    assert ours.on(DAY).settings.repeat_push_gap == 61
    assert ours.on(DAY).settings.missing_stop == "query"


def test_a_value_without_a_source_is_refused(tmp_path: Path) -> None:
    text = HEAD + "settings:\n  repeat_push_gap:\n    values: [{from: 2009-01-01, value: 61}]\n"
    assert says(tmp_path, text) == "ours.yaml: settings.repeat_push_gap: Object missing required field `reference`"


def test_a_chain_of_files_beside_each_other(tmp_path: Path) -> None:
    below = f"settings:\n  missing_stop:\n    values: [{{from: 2009-01-01, value: push}}]\n    {CITED}\n"
    write(tmp_path, HEAD.replace("ours", "house") + below, "house.yaml")
    top = load_policy(write(tmp_path, HEAD.replace("facility", "house.yaml").replace("ours", "clinic"), "clinic.yaml"))
    assert (top.name, top.on(DAY).settings.missing_stop) == ("clinic", "push")


def test_a_circle_is_drawn(tmp_path: Path) -> None:
    write(tmp_path, HEAD.replace("facility", "one.yaml"), "two.yaml")
    write(tmp_path, HEAD.replace("facility", "two.yaml"), "one.yaml")
    with pytest.raises(PolicyError) as problem:
        load_policy(str(tmp_path / "one.yaml"))
    assert str(problem.value).startswith("one.yaml: 'extends' runs in a circle: ")
    assert str(problem.value).count("one.yaml") == 3  # it begins and ends there
    assert str(tmp_path) not in str(problem.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "excepions: []\n", "ours.yaml: Object contains unknown field `excepions`; the nearest is 'exceptions'"),
        (HEAD + "settings:\n  missing_stop: push\n", "settings.missing_stop needs values, reference and confidence"),
        (
            HEAD + f"settings:\n  missing_stop:\n    values: []\n    {CITED}\n",
            "settings.missing_stop needs at least one value, and each from a date of its own",
        ),
        (
            HEAD + f"settings:\n  missing_stop:\n    valeus: []\n    {CITED}\n",
            "settings.missing_stop: Object contains unknown field `valeus`; the nearest is 'values'",
        ),
        (
            HEAD
            + "settings:\n  repeat_push_gap:\n"
            + f"    values: [{{from: 2009-01-01, value: 1}}, {{from: 2009-01-01, value: 2}}]\n    {CITED}\n",
            "each from a date of its own",
        ),
        (
            HEAD + f"settings:\n  repeat_push_gap:\n    values: [{{from: 2009-01-01, value: -1}}]\n    {CITED}\n",
            "settings.repeat_push_gap takes a whole number of 0 or more, not -1",
        ),
        (HEAD + "exceptions:\n" + exception() * 2, "exception 'night' stands twice"),
        (HEAD + "exceptions:\n" + exception(when="{}"), "exception 'night' holds for every encounter"),
        (HEAD + "exceptions:\n" + exception(sets="{}"), "exception 'night' sets nothing"),
        (
            HEAD + "exceptions:\n" + exception(sets="{mising_stop: push}"),
            "exception 'night': set.mising_stop is not known; the nearest is 'missing_stop'",
        ),
        (
            HEAD + "exceptions:\n" + exception(sets="{missing_stop: guess}"),
            "exception 'night': set.missing_stop takes query or push or calculate or last_seen or not_billable",
        ),
        (HEAD + "exceptions:\n" + exception(when="{category: chemotherapy}"), "Invalid enum value 'chemotherapy'"),
        (HEAD + "payers: {Acme: facilty}\n", "there is no policy 'facilty'; did you mean 'facility'?"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in says(tmp_path, text)


def test_exceptions_are_kept_from_below_and_replaced_by_label(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "exceptions:\n" + exception() + exception("day", "{category: chemo}"), "house.yaml")
    top = HEAD.replace("facility", "house.yaml") + "exceptions:\n" + exception(sets="{missing_stop: last_seen}")
    found = {e.label: e.set_ for e in load_policy(write(tmp_path, top)).exceptions}
    assert found == {"night": {"missing_stop": "last_seen"}, "day": {"missing_stop": "push"}}


def test_an_exception_changes_values_and_their_citation(tmp_path: Path) -> None:
    ours = policy(tmp_path, "exceptions:\n" + exception())
    version = ours.on(DAY, ours.exceptions)
    assert version.settings.missing_stop == "push"
    assert version.cited["missing_stop"].reference.title == "House policy"
    assert version.value("missing_stop").version == "ours 2009-01-01, exception 'night'"
    assert version.value("unknown_access").version == "ours 2009-01-01"
    assert ours.on(DAY).settings.missing_stop == "query"


def test_what_is_set_by_hand_wins_over_an_exception(tmp_path: Path) -> None:
    ours = policy(tmp_path, "exceptions:\n" + exception()).with_switches({"missing_stop": "last_seen"})
    version = ours.on(DAY, ours.exceptions)
    assert version.settings.missing_stop == "last_seen"
    assert version.value("missing_stop").version == "ours 2009-01-01"


def test_payers_name_policies_and_their_files(tmp_path: Path) -> None:
    write(tmp_path, HEAD.replace("ours", "acme"), "acme.yaml")
    ours = policy(tmp_path, "payers: {Acme Health: acme.yaml, Example Mutual: payer_conservative}\n")
    assert ours.for_payer(" ACME  health ").name == "acme"
    assert ours.for_payer("Example Mutual").name == "payer_conservative"
    assert ours.for_payer("Somebody Else").name == "ours"
    assert ours.for_payer(None).name == "ours"


def test_switches_set_by_hand_hold_for_every_payer(tmp_path: Path) -> None:
    ours = policy(tmp_path, "payers: {Acme: payer_conservative}\n").with_switches({"missing_stop": "last_seen"})
    assert ours.for_payer("Acme").on(DAY).settings.missing_stop == "last_seen"


@pytest.mark.parametrize(
    ("name", "switches"),
    [
        ("payer_each_date", {"initial_scope": "date", "concurrent_scope": "date", "sum_scope": "date"}),
        (
            "payer_conservative",
            {
                "same_drug_repeat": "sum",
                "repeat_push_from": "previous",
                "concurrent_chemo": "none",
                "deduct_push_minutes": "yes",
                "missing_stop": "not_billable",
                "second_access_initial": "deny",
            },
        ),
        ("payer_literal_overlap", {"concurrent_min_overlap": 1, "partial_overlap": "concurrent"}),
    ],
)
def test_the_example_payers_differ_only_where_they_say(name: str, switches: dict[str, object]) -> None:
    usual = load_policy("facility").on(DAY).used().switches
    own = load_policy(name).on(DAY).used().switches
    assert {key: value for key, value in own.items() if usual[key] != value} == switches
    assert load_policy(name).about.startswith("Example of a payer")


def test_the_example_that_changes_on_a_date() -> None:
    literal = load_policy("payer_literal_overlap")
    assert literal.on(date(2026, 6, 30)).settings.modifier_style == "59"
    assert literal.on(date(2026, 7, 1)).settings.modifier_style == "X"


def test_a_policy_date_is_a_date_the_policy_knows() -> None:
    facility = load_policy("facility")
    assert facility.with_switches({"policy_date": "2026-01-01"}).pinned == date(2026, 1, 1)
    with pytest.raises(PolicyError, match="'policy_date' takes a date like 2026-01-01, not 'soon'"):
        facility.with_switches({"policy_date": "soon"})
    with pytest.raises(PolicyError, match="policy 'facility' knows no policy_date before 2009-01-01, not '2001-01-01'"):
        facility.with_switches({"policy_date": "2001-01-01"})
    with pytest.raises(TypeError, match="the nearest is 'policy_date'"):
        facility.with_switches({"polcy_date": "2026-01-01"})
