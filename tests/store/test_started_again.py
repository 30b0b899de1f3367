"""A command that was killed after its last commit is started again by whoever saw it die: that may change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.nights import kept
from tests.store.small import TWO_HOURS, put
from tests.workbench.commands import NEW_YORK, run

TAKEN_BACK = ("E1|New Bag|08:00|11 06:00|N07|delete", "E1|Stopped|10:35|11 06:00|N07|delete")
ONE_HOUR = ("E2|New Bag|08:00", "E2|Stopped|09:00")


@pytest.fixture
def two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Charges of Monday that never went out, and those of Tuesday, written with the same ``--since``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFUSION_TIMELINE_STORE", "night.db")
    put(Path("inbox"), "mon.csv", *TWO_HOURS)
    run("nightly", "inbox", *NEW_YORK)
    run("charges", "--since", "1", "--output", "mon.out")
    put(Path("inbox"), "tue.csv", *TAKEN_BACK, *ONE_HOUR)
    run("nightly", "inbox", *NEW_YORK)
    run("charges", "--since", "1", "--output", "tue.out")
    return tmp_path


def test_marking_once_more_marks_no_other_file(two_files: Path) -> None:
    assert run("mark-sent", "1").exit_code == 0
    once = kept("night.db")
    assert [row[4] for row in once.sent] == ["E2"]  # Monday's two charges of E1 are in no file that went out
    run("mark-sent", "1")
    assert kept("night.db").sent == once.sent
    later = run("charges", "--since", "1").stdout
    assert "CR" not in later  # a credit would take back what nobody was charged


def test_charges_and_the_night_once_more_change_nothing(two_files: Path) -> None:
    before, file = kept("night.db"), (two_files / "tue.out").read_bytes()
    run("charges", "--since", "1", "--output", "tue.out")
    assert (two_files / "tue.out").read_bytes() == file
    assert kept("night.db") == before
    run("nightly", "inbox", *NEW_YORK)
    assert kept("night.db") == before
