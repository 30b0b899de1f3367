"""The page on answers names every column and subject, and its example can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parsers.answers import COLUMNS, SUBJECTS, UNDETERMINED, read_answers
from tests.house.places import ROOT

TEXT = (ROOT / "docs" / "answers.md").read_text("utf-8")


def test_the_example_is_read_whole(tmp_path: Path) -> None:
    example = re.search(r"```text\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    (tmp_path / "answers.csv").write_text(example[1], "utf-8")
    given = read_answers(tmp_path / "answers.csv")
    assert [(a.encounter, a.what) for a in given.answers] == [("4711", "stop"), ("4711", "access"), ("4712", "stop")]
    assert given.findings == ()


@pytest.mark.parametrize("name", [*COLUMNS, *SUBJECTS, UNDETERMINED])
def test_every_column_and_subject_is_named(name: str) -> None:
    assert f"`{name}`" in TEXT
