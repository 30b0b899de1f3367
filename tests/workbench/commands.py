"""Run a command as a user would, without a new process."""

from __future__ import annotations

from click.testing import CliRunner, Result

from tests.house.places import ROOT
from workbench.commands import main

DAY = str(ROOT / "sample_data" / "day.hl7")
TABLE = str(ROOT / "sample_data" / "day.csv")
BAD = str(ROOT / "sample_data" / "bad")
NEW_YORK = ("--timezone", "America/New_York")


def run(*words: str, stdin: bytes | None = None) -> Result:
    """Exit status, standard output and standard error of one command; a bug is raised, not caught."""
    return CliRunner().invoke(main, list(words), input=stdin, catch_exceptions=False, prog_name="infusion-timeline")
