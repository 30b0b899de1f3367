"""Workbooks that a person fills in: none is overwritten unasked, and none is read as a record."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from parsers import read
from parsers.own_sheets import OWN_SHEET
from tests.workbench.commands import NEW_YORK, run

CHART = """encounter_id,drug,category,route,site,start,stop
E1,vancomycin,therapeutic,IVPB,IV1,2026-03-10T08:00,2026-03-10T09:00
E1,cefepime,therapeutic,IVPB,IV1,2026-03-10T09:00,
"""
BILLED = "account,date,code,units\nE1,2026-03-10,96365,1\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder apart from the records."""
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed" / "mar.csv").write_text(CHART, encoding="utf-8")
    (tmp_path / "billed.csv").write_text(BILLED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


PURPOSES = [
    (("analyze",), "mar.timeline.xlsx"),
    (("audit", "--billed", "billed.csv"), "mar.audit.xlsx"),
    (("worklist", "--for", "nursing"), "mar.questions-nursing.xlsx"),
    (("worklist", "--for", "coder"), "mar.questions-coder.xlsx"),
]


@pytest.mark.parametrize(("words", "name"), PURPOSES)
def test_each_workbook_has_its_own_name_and_is_never_replaced_unasked(
    here: Path, words: tuple[str, ...], name: str
) -> None:
    command = (*words, "feed/mar.csv", *NEW_YORK, "--format", "xlsx")
    first = run(*command)
    assert (first.exit_code, first.stdout) == (0, f"{name}\n")
    (here / name).write_bytes(b"filled in")
    second = run(*command)
    assert second.exit_code == 2
    assert name in second.stderr
    assert f"--output {name}" in second.stderr
    assert (here / name).read_bytes() == b"filled in"
    assert run(*command, "--output", name).exit_code == 0
    assert (here / name).read_bytes() != b"filled in"


@pytest.mark.parametrize(("words", "name"), PURPOSES)
def test_a_workbook_in_the_folder_of_the_records_is_set_aside(here: Path, words: tuple[str, ...], name: str) -> None:
    alone = json.loads(run("analyze", "feed", *NEW_YORK, "--format", "json").stdout)
    run(*words, "feed/mar.csv", *NEW_YORK, "--format", "xlsx", "--output", f"feed/{name}")
    both = json.loads(run("analyze", "feed", *NEW_YORK, "--format", "json").stdout)
    assert both["encounters"] == alone["encounters"]
    assert [(i["reason"], i["count"]) for i in both["ignored"]] == [(OWN_SHEET, 1)]
    assert both["rejected"] == []
    assert both["summary"]["records"] == 3  # two rows of the chart, one workbook
    assert run("check", "feed", *NEW_YORK).exit_code == 0


def test_a_question_sheet_copied_into_another_workbook_or_a_csv_is_known_by_its_columns(here: Path) -> None:
    run("worklist", "feed/mar.csv", *NEW_YORK, "--for", "nursing", "--format", "xlsx", "--output", "sheet.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO((here / "sheet.xlsx").read_bytes()))
    rows = [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]
    with (here / "feed" / "saved.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    import xlsxwriter

    with xlsxwriter.Workbook(here / "feed" / "copied.xlsx") as copy:
        page = copy.add_worksheet("Mappe1")
        for n, row in enumerate(rows):
            page.write_row(n, 0, row)
    reading = read([here / "feed"], timezone="America/New_York")
    assert len(reading.events) == 2
    assert [(i.reason, {s.file for s in i.sources}) for i in reading.ignored] == [
        (OWN_SHEET, {"copied.xlsx", "saved.csv"})
    ]


def test_a_workbook_of_records_is_read_as_ever(here: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(here / "feed" / "mar2.xlsx") as copy:
        page = copy.add_worksheet()
        for n, line in enumerate(CHART.replace("E1", "E2").splitlines()):
            page.write_row(n, 0, line.split(","))
    assert len(read([here / "feed"], timezone="America/New_York").events) == 4
