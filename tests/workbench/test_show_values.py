"""``--show-values``: at a terminal a person sees the values behind the shapes; nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parsers.hl7_charts import ORC, RXR, message, rxa
from tests.workbench.commands import run

UTC = ("--timezone", "UTC")
TABLE = """\
Visit,Order,Drug,Route,Action,Admin Time
E1,A,cefazolin,IVPB,New Bag,2026-03-10T08:00
E1,A,cefazolin,IVPB,Swapped over by night shift,2026-03-10T08:30
E1,A,cefazolin,through the drip,Stopped,tomorrow
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mar.csv").write_text(TABLE, "utf-8")
    return tmp_path


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)


def test_without_a_terminal_it_is_refused(here: Path) -> None:
    for command in ("analyze", "explain", "check"):
        done = run(command, "mar.csv", *UTC, "--show-values")
        assert done.exit_code == 2
        assert "values are shown on a terminal only" in " ".join(done.stderr.split())
        assert "night shift" not in done.output


def test_at_a_terminal_each_place_shows_its_text(here: Path, terminal: None) -> None:
    text = run("analyze", "mar.csv", *UTC, "--show-values").stdout
    shown = text.split("Values behind the messages (shown on this terminal only):\n")[1]
    assert shown.splitlines() == [
        "  mar.csv, record 2, row 3, Action (action-unknown): Swapped over by night shift",
        "  mar.csv, record 3, row 4, Admin Time (time-unreadable): tomorrow",
    ]


def test_a_file_as_answer_holds_no_values(here: Path, terminal: None) -> None:
    done = run("analyze", "mar.csv", *UTC, "--show-values", "--format", "json", "--output", "answer.json")
    assert "night shift" in done.stdout
    assert "night shift" not in Path("answer.json").read_text("utf-8") + done.stderr


def test_a_field_of_a_message(here: Path, terminal: None) -> None:
    Path("day.hl7").write_text(message(ORC, rxa(), rxa("tomorrow"), RXR, rxa(f12="fast"), RXR), newline="")
    shown = run("analyze", "day.hl7", *UTC, "--show-values").stdout.split("terminal only):\n")[1]
    assert shown.splitlines() == [
        "  day.hl7, record 1, control id M1, RXA[3]-12 (field-shifted): fast",
        "  day.hl7, record 1, control id M1, RXA[2]-3 (time-unreadable): tomorrow",
    ]


def test_control_codes_in_a_value_do_nothing(here: Path, terminal: None) -> None:
    Path("day.hl7").write_text(message(ORC, rxa("tom\x1b[2Jorrow"), RXR), newline="")
    assert "\x1b" not in run("analyze", "day.hl7", *UTC, "--show-values").stdout.split("terminal only):")[1]


def test_standard_input_is_looked_at_again(here: Path, terminal: None) -> None:
    text = run("analyze", "-", *UTC, "--show-values", stdin=TABLE.encode()).stdout
    assert "stdin, record 3, row 4, Admin Time (time-unreadable): tomorrow" in text


def test_there_is_nothing_to_show(here: Path, terminal: None) -> None:
    Path("good.csv").write_text("\n".join(TABLE.splitlines()[:2]) + "\n", "utf-8")
    assert run("check", "good.csv", *UTC, "--show-values").stdout.endswith(
        "\nNo message names a field with a value in it.\n"
    )


def test_it_stands_in_no_configuration_file(here: Path) -> None:
    Path("infusion-timeline.toml").write_text("show-values = true\n", "utf-8")
    done = run("analyze", "mar.csv", *UTC)
    assert done.exit_code == 2
    assert "there is no option 'show-values'" in done.stderr
