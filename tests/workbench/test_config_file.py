"""infusion-timeline.toml: any option, the nearest name for a typing error, paths beside the file."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from workbench.config_file import Known, load_defaults

KNOWN = Known(
    here=frozenset({"timezone", "policy", "set", "formulary", "date_from", "format", "output"}),
    anywhere=frozenset({"timezone", "policy", "set", "formulary", "date_from", "format", "output", "width"}),
    commands=frozenset({"analyze", "explain"}),
    files=frozenset({"formulary", "output"}),
)


def load(tmp_path: Path, text: str) -> dict[str, object]:
    file = tmp_path / "infusion-timeline.toml"
    file.write_text(text, "utf-8")
    return load_defaults(file, "analyze", KNOWN)


def test_options_stand_as_they_are_typed(tmp_path: Path) -> None:
    text = 'timezone = "America/Chicago"\ndate-from = 2026-03-01\n'
    assert load(tmp_path, text) == {"timezone": "America/Chicago", "date_from": "2026-03-01"}


def test_switches_are_a_table(tmp_path: Path) -> None:
    text = '[set]\nconcurrent_min_overlap = 1\npartial_overlap = "deduct"\ndeduct_push_minutes = true\n'
    assert load(tmp_path, text) == {
        "set": ["concurrent_min_overlap=1", "partial_overlap=deduct", "deduct_push_minutes=yes"]
    }


def test_a_commands_own_table_wins_for_that_command_only(tmp_path: Path) -> None:
    text = 'policy = "facility"\n[analyze]\npolicy = "professional"\nformat = "html"\n[explain]\noutput = "why.txt"\n'
    assert load(tmp_path, text) == {"policy": "professional", "format": "html"}


def test_another_commands_option_is_known_and_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, "width = 80\n") == {}


def test_files_are_beside_the_configuration(tmp_path: Path) -> None:
    assert load(tmp_path, 'formulary = "drugs.yaml"\npolicy = "ours.yaml"\noutput = "-"\n') == {
        "formulary": str(tmp_path / "drugs.yaml"),
        "policy": str(tmp_path / "ours.yaml"),
        "output": "-",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('timezon = "UTC"', "there is no option 'timezon'. The nearest is 'timezone'."),
        ('[analyze]\nformt = "csv"', "[analyze] there is no option 'formt'. The nearest is 'format'."),
        ('date_form = "2026-03-01"', "The nearest is 'date-from'."),
        ("analyze = 3", "[analyze] is a table of options"),
        ('set = "a=1"', "[set] is a table of switches"),
        ("[set]\nx = [1]", "[set] is a table of switches"),
        ("timezone = [1]", "'timezone' takes one value"),
        ("timezone =", "is not TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(click.UsageError) as problem:
        load(tmp_path, text)
    assert said in problem.value.message
    assert "infusion-timeline.toml" in problem.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="There is no configuration file"):
        load_defaults(tmp_path / "none.toml", "analyze", KNOWN)
