"""No identifier of a patient leaves by a message, a log or a forgotten file, however broken the input is.

Answers on standard output may carry encounter ids, patient ids and what was charted as drug or access: they are the
record itself.  Messages (findings, rejected, ignored, standard error, exceptions) may not.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house.planted import ACCOUNT, MESSAGE, MRN, NOTE, PHONE, PLANTED, SSN, broken_messages, broken_tables, traces
from tests.workbench.commands import run
from timeline.model import Result
from workbench.pipeline import analyze


def _messages(result: Result) -> Iterable[str]:
    for finding in (*result.findings, *(f for e in result.encounters for f in e.findings)):
        yield from (finding.message, finding.fix)
    for rejected in result.rejected:
        yield from (rejected.message, rejected.fix)
    for ignored in result.ignored:
        yield ignored.reason


def _leaks(tmp_path: Path, inputs: Iterable[tuple[str, str]], suffix: str) -> list[str]:
    """Each input is a file of its own; all are read in one run, as a folder is."""
    where = {}
    for number, (place, content) in enumerate(inputs):
        name = f"{number:04}{suffix}"
        (tmp_path / name).write_text(content, "utf-8", newline="")
        where[name] = place
    leaks = []
    for name, place in where.items():
        for message in _messages(analyze(tmp_path / name, timezone="UTC").result):
            leaks += [f"{place}: {trace!r} in: {message}" for trace in traces(message)]
    return sorted(set(leaks))


def test_no_message_about_an_hl7_feed_carries_an_identifier(tmp_path: Path) -> None:
    assert _leaks(tmp_path, broken_messages(), ".hl7") == []


def test_no_message_about_a_table_carries_an_identifier(tmp_path: Path) -> None:
    assert _leaks(tmp_path, broken_tables((*PLANTED, PHONE)), ".csv") == []


COMMANDS = [
    ["analyze", "--format", "table"],
    ["analyze", "--format", "json"],
    ["analyze", "--format", "csv"],
    ["analyze", "--format", "html"],
    ["analyze", "--format", "svg"],
    ["analyze", "--format", "json", "--output", "no/such/folder/out.json"],
    ["analyze", "--encounter", ACCOUNT],
    ["analyze", "--encounter", f"{ACCOUNT}0"],
    ["explain"],
    ["explain", "--output", "why.txt"],
    ["check"],
    ["check", "--strict", "--format", "json"],
    ["compare", "--policy", "facility", "--policy", "payer_literal_overlap"],
    ["compare", "--policy", "facility", "--policy", "professional", "--format", "json"],
]


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose input is one good message and some broken ones, in files named after the patient."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    feed = tmp_path / f"mar_{MRN}"
    feed.mkdir()
    (feed / f"{MRN}.hl7").write_text(MESSAGE, "utf-8", newline="")
    broken = dict(broken_messages((SSN,)))
    for number, place in enumerate(("RXA-3", "PV1-19", "RXA-20", "without ORC", "cut in RXA", "no MSH")):
        (feed / f"{MRN}_{number}.hl7").write_text(broken[place], "utf-8", newline="")
    for number, (_, table) in enumerate(list(broken_tables((SSN,)))[::10]):
        (feed / f"{MRN}_{number}.csv").write_text(table, "utf-8")
    return tmp_path


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_says_or_leaves_an_identifier(
    ward: Path, words: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = set(ward.rglob("*"))
    done = run(words[0], f"mar_{MRN}", "--timezone", "UTC", *words[1:])
    assert traces(done.stderr) == []
    assert traces(caplog.text) == []
    left = {path.relative_to(ward).as_posix() for path in set(ward.rglob("*")) - before}
    assert left <= {f"mar_{MRN}.timeline.html", "why.txt"}  # only what was asked for
    assert all(path.stat().st_mode & 0o077 == 0 for path in (ward / name for name in left))
    # comments and notes reach no answer at all
    answers = [done.stdout, *((ward / name).read_text("utf-8") for name in left)]
    assert all(NOTE not in answer and "torvald" not in answer.lower() for answer in answers)


def test_a_check_shows_no_identifier(tmp_path: Path) -> None:
    """Words, senders, observations and columns are shown where they are words; everything else as its shape."""
    (tmp_path / "feeds").mkdir()
    (tmp_path / "tables").mkdir()
    for number, (_, content) in enumerate(broken_messages()):
        (tmp_path / "feeds" / f"{number:04}.hl7").write_text(content, "utf-8", newline="")
    for number, (_, content) in enumerate(broken_tables((*PLANTED, PHONE))):
        if not number % 5:
            (tmp_path / "tables" / f"{number:04}.csv").write_text(content, "utf-8", newline="")
    leaks = []
    for folder in ("feeds", "tables"):
        for form in ("text", "json"):
            done = run("check", str(tmp_path / folder), "--format", form)
            leaks += [
                f"{folder}, {form}: {t!r} in {line.strip()}" for line in done.stdout.splitlines() for t in traces(line)
            ]
    assert leaks == []


def test_messages_inside_the_json_carry_no_identifier(ward: Path) -> None:
    answer = json.loads(run("analyze", f"mar_{MRN}", "--timezone", "UTC", "--format", "json").stdout)
    said = [*answer["findings"], *answer["rejected"], *(f for e in answer["encounters"] for f in e["findings"])]
    assert said
    assert [text for entry in said for text in (entry["message"], entry["fix"]) if traces(text)] == []


def test_a_wrong_call_repeats_no_path(ward: Path) -> None:
    done = run("analyze", f"mar_{MRN}", "--timezone", "UTC", "--format", "svg")
    assert done.exit_code == 2
    assert traces(done.stderr) == []
