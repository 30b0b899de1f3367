"""``demo``, ``explain``, ``policies`` and the front door."""

from __future__ import annotations

import stat
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.workbench.commands import DAY, NEW_YORK, run
from timeline.evidence import rule_book
from timeline.switches import Settings
from workbench.bundled_sample import DAY_BILLED, DAY_FEED, DAY_TABLE, sample_file
from workbench.commands import COMMANDS


def test_the_version_is_that_of_the_distribution() -> None:
    assert run("--version").stdout == f"infusion-timeline, version {version('infusion-timeline')}\n"


def test_help_names_every_command_and_the_way_of_use() -> None:
    text = run("--help").stdout
    assert all(f"\n  {command} " in text for command in COMMANDS)
    assert "Supports a coder; a person releases charges." in " ".join(text.split())


@pytest.mark.parametrize("name", [DAY_FEED, DAY_TABLE, DAY_BILLED])
def test_the_sample_day_is_there(name: str) -> None:
    assert sample_file(name).is_file()


def test_the_demo_needs_nothing_and_leaves_one_private_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("demo")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Encounter CONCURRENT-SAME-LINE" in done.stdout
    assert ", 0 rejected" in done.stdout
    page = tmp_path / "infusion-timeline-demo.html"
    assert [p.name for p in tmp_path.iterdir()] == [page.name]
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "CONCURRENT-SAME-LINE" in page.read_text("utf-8")
    assert page.name in done.stdout


def test_explain_gives_one_encounter_with_rule_and_source() -> None:
    text = run("explain", DAY, *NEW_YORK, "--encounter", "CONCURRENT-SAME-LINE").stdout
    assert text.startswith("Encounter CONCURRENT-SAME-LINE")
    assert text.count("Encounter ") == 1
    assert "96368 on 2026-03-10" in text
    assert "[rule 14]" in text
    assert "source: day.hl7, record " in text


def test_explain_gives_all_encounters_when_none_is_named() -> None:
    text = run("explain", DAY, *NEW_YORK).stdout
    assert text.count("\nEVERY MINUTE\n") == 36


def test_explain_writes_a_private_file(tmp_path: Path) -> None:
    target = tmp_path / "why.txt"
    done = run("explain", DAY, *NEW_YORK, "--encounter", "MIDNIGHT", "--output", str(target))
    assert done.stdout == ""
    assert target.read_text("utf-8").startswith("Encounter MIDNIGHT")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@cache
def policies_text() -> str:
    return run("policies").stdout


@pytest.mark.parametrize("name", [[], ["facility"], ["professional"]])
def test_policies_shows_every_switch_and_number_with_its_source(name: list[str]) -> None:
    text = run("policies", *name).stdout
    for key in Settings.__slots__:
        assert f"\n  {key} = " in text
    assert text.count("      source: ") == len(Settings.__slots__)


def test_policies_shows_where_a_policy_differs_from_the_default() -> None:
    text = run("policies", "professional").stdout
    assert "  repeat_push = none   (default 96376; rules 3, 12; switch)\n" in text
    assert "  differs from facility in: initial_choice, repeat_push, midnight_date\n" in text
    assert "differs from" not in run("policies", "facility").stdout


@pytest.mark.parametrize("rule", list(rule_book()))
def test_policies_shows_every_rule_with_its_source(rule: str) -> None:
    source = rule_book()[rule]
    assert f"\nRule {rule}. {source.title}\n" in policies_text()
    assert f"source: {source.where} ({source.confidence})" in " ".join(policies_text().split())


def test_policies_shows_choices_exceptions_and_the_policy_date() -> None:
    text = run("policies", "payer_conservative").stdout
    assert "      takes: query | push | calculate | last_seen | not_billable\n" in text
    assert "  exception 'stop times of chemo visits': missing_stop = query\n" in text
    assert "      when: an administration of category chemo\n" in text
    assert "--set policy_date=DATE" in text


def test_policies_shows_dates_and_payers(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "{name: own, about: Ours., extends: payer_literal_overlap, verified_through: 2026-12-31,"
        " payers: {Acme: payer_each_date}}"
    )
    text = run("policies", str(own)).stdout
    assert "      dated: 59 from 2009-01-01, X from 2026-07-01\n" in text
    assert "  payer acme: policy payer_each_date\n" in text


def test_policies_names_the_nearest() -> None:
    done = run("policies", "facilty")
    assert done.exit_code == 2
    assert "did you mean 'facility'?" in done.stderr


def test_an_unknown_command_is_status_2() -> None:
    assert run("analyse").exit_code == 2
