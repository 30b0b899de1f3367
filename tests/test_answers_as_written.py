"""Answers as nursing writes them on the sheet: a time alone, a line by another name, a reason for a choice."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import time
from pathlib import Path

import pytest

from parsers import read
from parsers.answers import read_answers
from tests.schema_check import valid
from tests.workbench.commands import run
from timeline import build, code
from timeline.model import CodedEncounter
from workbench import analyze

ZONE = "America/Chicago"
# E1: cefepime from 09:00 without a stop, beside vancomycin 08:00-09:00 on the same line.
# E2: the line of cefepime 08:30-09:30 is not charted; vancomycin ran on the right forearm.
# E3: two drugs at one time through two lines.
# E4: cefepime from 23:30 without a stop, after vancomycin 22:00-23:00.
CHART = """encounter_id,order_id,drug,category,route,site,start,stop
E1,A,vancomycin,therapeutic,IVPB,IV1,2026-03-10T08:00,2026-03-10T09:00
E1,B,cefepime,therapeutic,IVPB,IV1,2026-03-10T09:00,
E2,A,vancomycin,therapeutic,IVPB,right forearm 20G,2026-03-10T08:00,2026-03-10T10:00
E2,B,cefepime,therapeutic,IVPB,,2026-03-10T08:30,2026-03-10T09:30
E3,A,vancomycin,therapeutic,IVPB,IV1,2026-03-10T08:00,2026-03-10T10:00
E3,B,cefepime,therapeutic,IVPB,IV2,2026-03-10T08:30,2026-03-10T09:30
E4,A,vancomycin,therapeutic,IVPB,IV1,2026-03-10T22:00,2026-03-10T23:00
E4,B,cefepime,therapeutic,IVPB,IV1,2026-03-10T23:30,
"""
WHAT = {"E1": "stop", "E2": "access", "E3": "second_access", "E4": "stop"}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    path = tmp_path / "chart.csv"
    path.write_text(CHART)
    return path


def sheet(chart: Path, audience: str = "nursing") -> dict[str, dict[str, str]]:
    done = run("worklist", str(chart), "--timezone", ZONE, "--for", audience, "--format", "csv")
    return {row["encounter"]: row for row in csv.DictReader(io.StringIO(done.stdout))}


def answered(chart: Path, encounter: str, value: str) -> CodedEncounter:
    timelines = build(read([chart], timezone=ZONE))
    first = next(e for e in code(timelines).encounters if e.timeline.id == encounter)
    (query,) = first.queries
    assert query.what == WHAT[encounter]
    path = chart.with_name("answers.csv")
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["encounter", "administration", "what", "value"], [encounter, query.administration, query.what, value]]
        )
    result = valid(code(timelines, answers=read_answers(path)))
    return next(e for e in result.encounters if e.timeline.id == encounter)


def lines(coded: CodedEncounter) -> dict[str, int]:
    return {"-".join([line.code, *line.modifiers]): line.units for line in coded.lines}


def codes(coded: CodedEncounter) -> set[str]:
    return {f.code for f in coded.findings if f.code.startswith("answer")}


@pytest.mark.parametrize(
    "value", ["10:45", "1045", "10:45 am", "10.45 Uhr", "10:45:00", "1045 hrs", "2026-03-10 10:45"]
)
def test_a_time_alone_is_on_the_day_of_the_start(chart: Path, value: str) -> None:
    # 09:00-10:45 is 105 minutes: 96367, and one further hour from minute 91.
    coded = answered(chart, "E1", value)
    assert lines(coded) == {"96365": 1, "96366": 1, "96367": 1}
    assert codes(coded) == set()


@pytest.mark.parametrize(
    ("value", "minutes"),
    [("23:50", 20), ("00:15", 45), ("12:15 am", 45), ("0100", 90)],
)
def test_a_time_earlier_than_the_start_is_on_the_next_day(chart: Path, value: str, minutes: int) -> None:
    coded = answered(chart, "E4", value)
    (cefepime,) = [a for a in coded.timeline.administrations if a.drug == "cefepime"]
    assert cefepime.minutes == minutes


@pytest.mark.parametrize("value", ["soon", "25:00", "10:75", "13:00 pm", "915", "9:00"])
def test_what_is_no_time_or_the_start_itself_is_not_used(chart: Path, value: str) -> None:
    coded = answered(chart, "E1", value)
    (finding,) = [f for f in coded.findings if f.code == "answer-not-used"]
    assert "14:15" in finding.fix
    assert len(coded.queries) == 1


@pytest.mark.parametrize(
    ("value", "expected", "queries"),
    [
        # The charted line, in other letters, and pointed to by its drug: an hour beside vancomycin is 96368.
        ("Right Forearm, 20g", {"96365": 1, "96366": 1, "96368": 1}, 0),
        ("same line as vanco", {"96365": 1, "96366": 1, "96368": 1}, 0),
        ("the same IV line as the Vancomycin", {"96365": 1, "96366": 1, "96368": 1}, 0),
        # A line of its own: then why two lines were needed is asked.
        ("left hand", {"96365": 1, "96366": 1}, 1),
    ],
)
def test_a_line_is_one_that_is_charted_or_a_new_one_and_that_is_said(
    chart: Path, value: str, expected: dict[str, int], queries: int
) -> None:
    coded = answered(chart, "E2", value)
    assert (lines(coded), len(coded.queries)) == (expected, queries)
    assert codes(coded) == ({"answer-new-line"} if value == "left hand" else set())


def test_a_drug_that_is_not_there_is_no_line(chart: Path) -> None:
    coded = answered(chart, "E2", "same line as heparin")
    assert codes(coded) == {"answer-not-used"}
    assert [q.what for q in coded.queries] == ["access"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("two lines were required", {"96365": 1, "96366": 1, "96365-59": 1}),
        ("Two lines were required: incompatible", {"96365": 1, "96366": 1, "96365-59": 1}),
        ("one line would have done", {"96365": 1, "96366": 1}),
        ("one line would have done - habit", {"96365": 1, "96366": 1}),
        ("Cannot be determined, nobody remembers", {"96365": 1, "96366": 1}),
    ],
)
def test_a_choice_may_have_its_reason_behind_it(chart: Path, value: str, expected: dict[str, int]) -> None:
    coded = answered(chart, "E3", value)
    assert (lines(coded), coded.queries, codes(coded)) == (expected, (), set())


def test_a_reason_alone_is_told_to_choose(chart: Path) -> None:
    coded = answered(chart, "E3", "Pip-Tazo and Gentamicin incompatible")
    (finding,) = [f for f in coded.findings if f.code == "answer-not-used"]
    assert "a reason alone" in finding.message
    assert "'two lines were required', 'one line would have done' or 'cannot be determined'" in finding.fix
    assert "allow" not in finding.fix
    assert len(coded.queries) == 1


def test_the_sheet_says_what_may_be_written(chart: Path) -> None:
    rows = sheet(chart)
    assert {e: row["what may be written"] for e, row in rows.items()} == {
        "E1": "a time (14:15), or a date and time (2026-01-31 14:15); or: cannot be determined",
        "E2": "one of the lines charted: right forearm 20G; or another line by its name; or: cannot be determined",
        "E3": "two lines were required | one line would have done; or: cannot be determined",
        "E4": "a time (14:15), or a date and time (2026-01-31 14:15); or: cannot be determined",
    }


def test_the_workbook_offers_the_choices_and_a_time_cell_is_read(chart: Path) -> None:
    target = chart.with_name("sheet.xlsx")
    words = ("worklist", str(chart), "--timezone", ZONE, "--for", "nursing", "--format", "xlsx")
    assert run(*words, "--output", str(target)).exit_code == 0
    page = zipfile.ZipFile(target).read("xl/worksheets/sheet1.xml").decode()
    assert page.count("<dataValidation ") == 2  # the line of E2, the choice of E3
    assert "two lines were required,one line would have done,cannot be determined" in page
    assert "right forearm 20G,cannot be determined" in page

    import xlsxwriter

    row = sheet(chart)["E1"]
    filled = chart.with_name("filled.xlsx")
    with xlsxwriter.Workbook(filled) as book:
        cells = book.add_worksheet()
        cells.write_row(0, 0, list(row))
        for n, (name, value) in enumerate(row.items()):
            if name == "value":
                cells.write_datetime(1, n, time(10, 45), book.add_format({"num_format": "hh:mm"}))
            else:
                cells.write_string(1, n, value)
    coded = next(e for e in analyze(chart, timezone=ZONE, answers=filled).encounters if e.timeline.id == "E1")
    assert lines(coded) == {"96365": 1, "96366": 1, "96367": 1}


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_an_answer_that_was_not_used_is_said_with_file_and_row(chart: Path, form: str) -> None:
    answers = chart.with_name("answers.csv")
    ids = {e: row["administration"] for e, row in sheet(chart).items()}
    answers.write_text(
        "encounter,administration,what,value\n"
        f"E1,{ids['E1']},stop,10:45\n"
        f"E2,{ids['E2']},access,left hand\n"
        f"E3,{ids['E3']},second_access,incompatible\n"
        "E9,x,stop,10:00\n"
    )
    done = run("analyze", str(chart), "--timezone", ZONE, "--answers", str(answers), "--format", form)
    assert done.exit_code == 0
    assert "3 answers need another look:" in done.stderr
    assert "answers.csv, row 3: The answer names a line that is not charted" in done.stderr
    assert "answers.csv, row 4: The answer names none of the choices" in done.stderr
    assert "answers.csv, row 5: An answer names an encounter" in done.stderr
    assert "row 2" not in done.stderr


def test_the_coder_reads_what_each_answer_adds(chart: Path) -> None:
    done = run("worklist", str(chart), "--timezone", ZONE, "--for", "coder", "--encounter", "E3")
    assert "two lines were required: 96365-59" in done.stdout
    assert "no reason for two lines: no code" in done.stdout
