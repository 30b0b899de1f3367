"""Mistakes anyone makes once: the wrong output, folders without rights, no zone, a day in another writing."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import click
import pytest

from tests.house.places import ROOT
from tests.workbench.commands import run

CHART = """encounter_id,patient_id,order_id,drug,route,site,start,stop
V1,P1,O1,vancomycin,IV,left arm,2026-03-10 08:00,2026-03-10 10:00
"""
OPEN = """encounter_id,patient_id,order_id,drug,route,site,action,time
Va1,P1,O1,vancomycin,IV,left arm,New Bag,2026-03-10 08:00
Va1,P1,O1,vancomycin,IV,left arm,Rate Verify,2026-03-10 08:05
"""
"""No stop: nothing is earned for certain."""
UTC = ("--timezone", "UTC")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chart.csv").write_text(CHART, "utf-8")
    (tmp_path / "open.csv").write_text(OPEN, "utf-8")
    return tmp_path


# The output


@pytest.mark.parametrize(
    "words",
    [
        ["analyze", "chart.csv", "--format", "json", "--output", "chart.csv"],
        ["analyze", "chart.csv", "--format", "html", "--output", "./chart.csv"],
        ["analyze", "*.csv", "--output", "chart.csv"],
        ["analyze", ".", "--output", "chart.csv"],
        ["analyze", "open.csv", "chart.csv", "--output", "link.csv"],
        ["explain", "chart.csv", "--output", "chart.csv"],
    ],
)
def test_an_input_is_never_written_over(here: Path, words: list[str]) -> None:
    (here / "link.csv").symlink_to(here / "chart.csv")
    done = run(*words, *UTC)
    assert done.exit_code == 2
    assert "one of the files to be read" in " ".join(done.stderr.split())
    assert (here / "chart.csv").read_text("utf-8") == CHART


def test_nor_is_a_file_that_an_option_names(here: Path) -> None:
    profile = here / "ours.yaml"
    profile.write_text("name: ours\n", "utf-8")
    done = run("analyze", "chart.csv", "--profile", "ours.yaml", "--output", "ours.yaml", *UTC)
    assert done.exit_code == 2
    assert profile.read_text("utf-8") == "name: ours\n"


def test_a_folder_that_is_not_there_is_named(here: Path) -> None:
    done = run("analyze", "chart.csv", "--format", "json", "--output", "nodir/x.json", *UTC)
    assert done.exit_code == 2
    assert "the folder nodir does not exist" in " ".join(done.stderr.split())


def test_an_earlier_answer_may_be_replaced(here: Path) -> None:
    (here / "old.json").write_text("{}", "utf-8")
    assert run("analyze", "chart.csv", "--format", "json", "--output", "old.json", *UTC).exit_code == 0
    assert "96365" in (here / "old.json").read_text("utf-8")


def test_nothing_is_written_when_nothing_could_be_read(here: Path) -> None:
    done = run("analyze", "none.csv", "--format", "json", "--output", "out.json")
    assert done.exit_code == 2
    assert done.stderr.startswith("1 input could not be opened:\n  none.csv: There is no such file or folder.")
    assert not (here / "out.json").exists()


# Folders without rights


def _as_nobody(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run Python as an account without rights (root may read everything)."""
    places = [Path(ROOT), *Path(ROOT).parents, *Path(click.__file__).parents]
    if os.geteuid() == 0 and not all(place.stat().st_mode & 0o001 for place in places):
        pytest.skip("another account cannot read this checkout, or the environment it runs in")
    # What click imports only when it has something to say may lie where the other account cannot read.
    become = "import os, click._textwrap; os.seteuid(65534) if os.geteuid() == 0 else None\n"
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code).replace("#become", become)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    for name in ("good", "locked"):
        (tmp_path / "feed" / name).mkdir(parents=True)
        (tmp_path / "feed" / name / "mar.csv").write_text(CHART.replace("V1", name), "utf-8")
        (tmp_path / "feed" / name / "p.yaml").write_text("name: p\n", "utf-8")
        (tmp_path / "feed" / name / "p.yaml").rename(tmp_path / "feed" / name / ".p.yaml")
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    (tmp_path / "feed" / "locked").chmod(0)
    return tmp_path / "feed"


RUN = """
from click.testing import CliRunner
from workbench.commands import COMMANDS, main
CliRunner().invoke(main, ["analyze", "chart.csv"])
[main.get_command(None, name) for name in COMMANDS]  # everything is imported
#become
done = CliRunner().invoke(main, WORDS, catch_exceptions=False)
print(done.stdout)
print(done.stderr)
raise SystemExit(done.exit_code)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of a folder are set elsewhere here")
@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["../feed"], "locked: This account may not list the folder."),
        (["../feed/*/mar.csv"], "locked: This account may not list the folder."),
        (["locked", "good"], "locked: This account may not list the folder."),
        (["locked/mar.csv", "good"], "mar.csv: This account may not look into its folder."),
    ],
)
def test_a_closed_folder_is_told_and_the_rest_is_coded(feed: Path, paths: list[str], said: str) -> None:
    words = ["analyze", *paths, "--timezone", "UTC", "--format", "csv"]
    done = _as_nobody(feed, RUN.replace("WORDS", repr(words)))
    assert "Traceback" not in done.stderr
    assert said in done.stdout
    assert "1 input could not be opened:" in done.stdout
    assert "good,P1,96365" in done.stdout
    assert done.returncode == 1


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of a folder are set elsewhere here")
@pytest.mark.parametrize("option", ["--profile", "--config", "--rates", "--policy", "--formulary", "--answers"])
def test_a_file_of_an_option_in_a_closed_folder_is_a_wrong_call(feed: Path, option: str) -> None:
    words = ["analyze", "good", "--timezone", "UTC", option, "locked/.p.yaml"]
    done = _as_nobody(feed, RUN.replace("WORDS", repr(words)))
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_a_loop_of_links_is_no_traceback(here: Path) -> None:
    (here / "loop.csv").symlink_to(here / "loop.csv")
    done = run("analyze", "loop.csv", "chart.csv", "--format", "csv", *UTC)
    assert done.exit_code == 1
    assert "V1" in done.stdout


# What an answer does not show by itself


@pytest.mark.parametrize("form", ["json", "csv", "svg"])
def test_the_assumed_zone_is_said_whatever_the_form(here: Path, form: str) -> None:
    done = run("analyze", "chart.csv", "--format", form)
    assert done.stderr.startswith("warning: This file has times without an offset; they were read as UTC.")
    assert "--timezone" in done.stderr
    assert run("analyze", "chart.csv", "--format", form, *UTC).stderr == ""


def test_explain_says_the_assumed_zone_in_its_head(here: Path) -> None:
    assert "Times were read as UTC: no zone was given." in run("explain", "chart.csv").stdout
    assert "Times were read as UTC" not in run("explain", "chart.csv", *UTC).stdout


def test_csv_says_that_questions_are_open(here: Path) -> None:
    done = run("analyze", "open.csv", "--format", "csv", *UTC)
    assert done.stderr == "1 question is open (not in this table); --format json or the table view lists it.\n"


@pytest.mark.parametrize("command", ["analyze", "explain"])
def test_no_line_yet_is_not_no_line(here: Path, command: str) -> None:
    # Started and seen running for 5 minutes, never stopped: 5 minutes would be a push, 16 and more an infusion.
    text = run(command, "open.csv", *UTC).stdout
    assert "No line yet: 1 question is open" in text
    assert "nothing here earns" not in text


# Which encounters


def test_an_id_in_another_case_is_hinted_at(here: Path) -> None:
    done = run("analyze", "open.csv", "--encounter", "VA1", *UTC)
    assert done.exit_code == 2
    assert "one has it in another case" in " ".join(done.stderr.split())
    assert "Va1" not in done.stderr


def test_an_unknown_id_says_nothing_of_days_that_were_not_asked_for(here: Path) -> None:
    said = " ".join(run("analyze", "chart.csv", "--encounter", "4711", *UTC).stderr.split())
    assert "No encounter has that id; 1 encounter was read." in said
    assert "days asked for" not in said


def test_an_id_outside_the_days_asked_for(here: Path) -> None:
    done = run("analyze", "chart.csv", "--encounter", "V1", "--date-from", "2026-03-11", *UTC)
    assert "did not run in the days asked for" in " ".join(done.stderr.split())


def test_no_encounter_in_the_days_asked_for_is_said(here: Path) -> None:
    done = run("analyze", "chart.csv", "--format", "csv", "--date-from", "2026-03-11", *UTC)
    assert done.exit_code == 0
    assert done.stderr == "1 encounter was read, and none ran in the days asked for.\n"


@pytest.mark.parametrize("text", ["3/10/2026", "2026-03-10", "03/10/2026"])
def test_a_day_in_either_writing(here: Path, text: str) -> None:
    done = run("analyze", "chart.csv", "--format", "csv", "--date-from", text, "--date-to", text, *UTC)
    assert "V1" in done.stdout


@pytest.mark.parametrize("text", ["10 March", "2026-13-01", "10.03.2026"])
def test_a_day_that_is_none_shows_how_to_write_it(here: Path, text: str) -> None:
    done = run("analyze", "chart.csv", "--date-from", text, *UTC)
    assert done.exit_code == 2
    assert "write it as 2026-03-10" in " ".join(done.stderr.split())


# Names


def test_a_wrong_command_gives_the_nearest() -> None:
    done = run("analyse")
    assert done.exit_code == 2
    assert "No command 'analyse'. Did you mean 'analyze'?" in " ".join(done.stderr.split())


def test_a_wrong_profile_gives_those_there_are_and_the_next_step(here: Path) -> None:
    said = " ".join(run("analyze", "chart.csv", "--profile", "epic", *UTC).stderr.split())
    assert "cerner_extract, " in said
    assert "vista_bcma) nor a file" in said
    assert "docs/profiles.md" in said


# What cannot be read


def test_a_table_without_rows_is_nothing_readable(here: Path) -> None:
    (here / "empty.csv").write_text(CHART.splitlines()[0] + "\n", "utf-8")
    done = run("analyze", "empty.csv", "--format", "csv", *UTC)
    assert done.exit_code == 2
    assert "empty.csv, row 1: The table has a header but no rows." in done.stderr
    assert run("analyze", "empty.csv", "chart.csv", "--format", "csv", *UTC).exit_code == 1


def test_an_input_that_is_not_there_is_no_record(here: Path) -> None:
    done = run("analyze", "chart.csv", "none.csv", *UTC)
    assert "1 record: 1 used, 0 ignored, 0 rejected; 1 input could not be opened" in done.stdout


def test_the_table_tells_where_the_rest_of_the_rejected_records_is(here: Path) -> None:
    (here / "bad.csv").write_text(CHART + "V1,P1,O1,vancomycin,IV,arm,never,\n" * 7, "utf-8")
    assert "and 2 more rejected records; --format json lists all" in run("analyze", "bad.csv", *UTC).stdout


def test_the_ending_of_a_file_is_not_masked(here: Path) -> None:
    (here / "feed12.hl7").write_text("MSH|^~\\&|\rRXA|0", "utf-8")
    assert "feed99.hl7" in run("analyze", "feed12.hl7", "--format", "csv", *UTC).stderr
