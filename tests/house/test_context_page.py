"""The tables shown in docs/context.md are tables the program reads."""

from __future__ import annotations

import re
from pathlib import Path

from parsers.context import read_accesses, read_classes
from parsers.context_columns import COLUMNS
from tests.house.places import ROOT

PAGE = (ROOT / "docs" / "context.md").read_text("utf-8")


def test_the_tables_shown_can_be_read(tmp_path: Path) -> None:
    lines, classes = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "lines.csv").write_text(lines, encoding="utf-8")
    (tmp_path / "classes.csv").write_text(classes, encoding="utf-8")
    accesses, stays = read_accesses(tmp_path / "lines.csv"), read_classes(tmp_path / "classes.csv")
    assert (accesses.findings, stays.findings) == ((), ())
    assert [row.cells["same_as"] for row in accesses.rows] == ["", "IV1", "", "PICC red"]
    assert [row.cells["class"] for row in stays.rows] == ["E", "OBS", "I"]


def test_every_column_is_told() -> None:
    for column in {*COLUMNS["accesses"], *COLUMNS["classes"]}:
        assert re.search(rf"\b{column}\b", PAGE), column
