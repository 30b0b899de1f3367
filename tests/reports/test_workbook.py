"""The workbook read back: sheets, real dates, texts that stay texts, and the queries filled in as a person would."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from parsers.billed import read_billed
from reports.sheets import Sheet, SheetColumn, workbook_bytes
from reports.variance import audit
from reports.workbook import workbook
from tests.house.places import ROOT
from tests.reports.builders import at, because, evening, evening_timeline, everything, hang, line, result
from workbench import analyze

SAMPLE = ROOT / "sample_data"
Rows = list[list[Any]]


def sheets(data: bytes) -> dict[str, Rows]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


@cache
def day() -> dict[str, Rows]:
    review = analyze(SAMPLE / "day.csv", timezone="America/New_York")
    return sheets(workbook(review.result, audit(review.result, read_billed(SAMPLE / "billed.csv"))))


def table(rows: Rows, first: str) -> list[dict[str, Any]]:
    """The rows under the header that begins with ``first``."""
    head = next(n for n, row in enumerate(rows) if row[0] == first)
    return [dict(zip(rows[head], row, strict=False)) for row in rows[head + 1 :]]


def test_the_sheets_in_their_order() -> None:
    names = ["Summary", "Lines", "Evidence", "Queries", "Unbilled minutes", "Findings", "Variance", "Policy"]
    assert list(day()) == names


def test_a_line_with_real_dates_and_times() -> None:
    lines = [row for row in table(day()["Lines"], "encounter") if row["encounter"] == "MIDNIGHT"]
    assert [(row["code"], row["units"], row["date"]) for row in lines] == [
        ("96365", 1.0, date(2026, 3, 10)),
        ("96366", 2.0, date(2026, 3, 11)),
    ]
    assert lines[0]["start"] == datetime(2026, 3, 10, 23, 0)  # noqa: DTZ001 - as charted, without a zone
    assert lines[0]["stop"] == datetime(2026, 3, 11, 2, 0)  # noqa: DTZ001


def test_every_line_has_evidence_down_to_the_row() -> None:
    lines = table(day()["Lines"], "encounter")
    evidence = table(day()["Evidence"], "encounter_id")
    assert {row["line_id"] for row in lines} == {row["line_id"] for row in evidence}
    assert all(row["file"] == "day.csv" and row["row"] >= 2 for row in evidence)


def test_the_variance_has_the_columns_of_an_audit_sheet() -> None:
    rows = table(day()["Variance"], "account")
    assert len(rows) == 22
    twice = next(row for row in rows if row["account"] == "CONCURRENT-ONCE-ONLY")
    assert twice["drug administration codes billed"] == "96368"
    assert (twice["units"], twice["status"], twice["date"]) == (1.0, "over-billed", date(2026, 3, 10))
    assert twice["charge impact"] == -95.0
    assert {"start", "stop", "staff", "reconciled by", "financial impact", "comments"} <= set(twice)


def test_summary_counts() -> None:
    facts = dict(day()["Summary"])
    assert (facts["Records"], facts["of these used"], facts["Encounters"]) == (132.0, 130.0, 36.0)
    assert facts["Open queries"] == 3.0


def test_queries_filled_in_by_a_person_are_read_back_and_the_codes_follow(tmp_path: Path) -> None:
    """MISSING-STOP: cefepime from 09:00 without a stop.  To 10:31 it is 91 minutes: 96367 and one hour."""
    rows = day()["Queries"]
    head = next(n for n, row in enumerate(rows) if row[0] == "encounter")
    columns = tuple(SheetColumn(str(name)) for name in rows[head])
    stopped = datetime(2026, 3, 10, 10, 31)  # noqa: DTZ001 - Excel knows no zones
    filled = []
    for row in rows[head + 1 :]:
        cells = dict(zip(rows[head], row, strict=True))
        if cells["encounter"] == "MISSING-STOP":
            cells |= {
                "value": stopped,
                "who": "RN 7",
                "when": "2026-03-12",
                "support": "flowsheet",
            }
        filled.append([c or None for c in cells.values()])
    answers = tmp_path / "answers.xlsx"
    answers.write_bytes(workbook_bytes([Sheet("Queries", columns, filled, note="Filled in.")], "answers"))
    review = analyze(SAMPLE / "day.csv", timezone="America/New_York", answers=answers)
    coded = next(e for e in review.encounters if e.timeline.id == "MISSING-STOP")
    assert [(x.code, x.units, x.answered) for x in coded.lines] == [
        ("96365", 1, False), ("96367", 1, True), ("96366", 1, True),
    ]  # fmt: skip
    assert coded.queries == ()


DANGEROUS = [
    "=HYPERLINK(1)",
    "+1+1",
    "-2",
    "@SUM(A1)",
    "http://x.invalid",
    "{=1}",
    "<b>x</b>",
    "a\x00b\x1bc",
    "'quoted",
]


@pytest.mark.parametrize("name", DANGEROUS)
def test_nothing_charted_becomes_a_formula_or_a_link(name: str) -> None:
    timeline = evening_timeline((hang("x", name, [(at("08:00"), at("09:00"))]),))
    coded = replace(evening(), timeline=timeline, lines=(line("96365", 1, ("x",), 60, because(f"{name} ran.")),))
    data = workbook(result(coded))
    inside = zipfile.ZipFile(io.BytesIO(data))
    for part in inside.namelist():
        text = inside.read(part).decode("utf-8", "replace")
        assert "<f>" not in text
        assert "hyperlink" not in text.replace("HYPERLINK", "").casefold() or "externalLink" not in part
    assert not [part for part in inside.namelist() if "hyperlink" in part.casefold()]


def test_headers_are_frozen_and_filtered_and_the_same_result_is_the_same_file() -> None:
    data = workbook(everything())
    assert data == workbook(everything())
    inside = zipfile.ZipFile(io.BytesIO(data))
    lines = inside.read("xl/worksheets/sheet2.xml").decode()
    assert re.search(r'<pane ySplit="2"[^>]*state="frozen"', lines)
    assert "<autoFilter" in lines


def test_a_sheet_without_rows_is_its_header() -> None:
    rows = sheets(workbook(result()))["Lines"]
    assert rows[1][0] == "encounter"
    assert len(rows) == 2
