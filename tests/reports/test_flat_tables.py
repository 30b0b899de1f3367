"""Lines as CSV and as frames; what is charted never runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from reports.columns import LINE_COLUMNS
from reports.csv_output import lines_csv
from reports.flat_tables import TABLES
from reports.frames import administrations_frame, frame, lines_frame, queries_frame
from reports.safe_text import cell_text
from tests.reports.builders import at, because, evening, evening_timeline, everything, hang, line, nothing, result


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(lines_csv(everything()))))


def test_one_row_a_line_with_its_reason() -> None:
    first = rows()[0]
    assert len(rows()) == 8
    assert (first["encounter_id"], first["code"], first["units"], first["minutes"]) == ("E-1001", "96413", "1", "190")
    assert (first["amount"], first["drugs"], first["rule"]) == ("337.46", "Paclitaxel", "2")
    assert first["reason"] == "Paclitaxel is the initial service: chemo infusion ranks first, 190 running minutes."


def test_an_unknown_amount_is_empty_and_a_known_zero_is_zero() -> None:
    amounts = {row["code"]: row["amount"] for row in rows()[:7]}
    assert (amounts["96366"], amounts["96368"]) == ("", "0.00")


def test_a_line_that_rests_on_an_answer_says_so() -> None:
    assert [row["code"] for row in rows() if row["answered"] == "yes"] == ["96361"]


def test_no_lines_give_the_header_alone() -> None:
    assert lines_csv(result(nothing())) == ",".join(column.name for column in LINE_COLUMNS) + "\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "  =", "\uff1d"])
def test_text_that_a_spreadsheet_would_run_is_guarded(start: str) -> None:
    assert cell_text(f'{start}HYPERLINK("http://x","y")').startswith("'")


def test_ordinary_text_is_left_alone() -> None:
    assert cell_text("Sodium chloride 0.9 %") == "Sodium chloride 0.9 %"


def test_a_drug_named_like_a_formula_stays_text_in_the_csv() -> None:
    drug = "=cmd|' /C calc'!A0"
    timeline = evening_timeline((hang("x", drug, [(at("08:00"), at("09:00"))]),))
    coded = replace(evening(), timeline=timeline, lines=(line("96365", 1, ("x",), 60, because("@SUM(1) ran.")),))
    row = next(csv.DictReader(io.StringIO(lines_csv(result(coded)))))
    assert row["drugs"] == "'" + drug
    assert row["reason"] == "'@SUM(1) ran."


def test_frame_of_lines_has_typed_columns() -> None:
    frame = lines_frame(everything())
    assert list(frame.columns) == [column.name for column in LINE_COLUMNS]
    assert frame["units"].sum() == 10  # 1+2+2+1+1+1+1 and the one of the crowded day
    assert str(frame["date"].dtype) == "datetime64[ms]"
    assert frame["date"].dt.strftime("%Y-%m-%d").tolist()[3] == "2026-03-13"
    assert frame["amount"].isna().sum() == 4


TYPES = {
    "text": "string", "integer": "Int64", "number": "Float64", "yes/no": "boolean", "date": "datetime64[ms]",
    "time": "datetime64[ms, America/New_York]", "category": "category",
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_every_frame_has_the_declared_columns_and_types(name: str) -> None:
    full, empty = frame(everything(), name), frame(result(), name)
    for found in (full, empty):
        assert {c: str(t) for c, t in found.dtypes.items()} == {c.name: TYPES[c.type] for c in TABLES[name].columns}
    assert len(empty) == 0
    assert len(full) > 0


@pytest.mark.parametrize("name", TABLES)
def test_every_frame_survives_parquet(name: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    before = frame(everything(), name)
    before.to_parquet(tmp_path / "t.parquet")
    after = pd.read_parquet(tmp_path / "t.parquet")
    assert_frame_equal(before, after, check_categorical=False)


def test_an_empty_result_has_the_same_columns_and_types() -> None:
    empty, full = lines_frame(result()), lines_frame(everything())
    assert list(map(str, empty.dtypes)) == list(map(str, full.dtypes))


def test_frames_of_administrations_and_queries() -> None:
    given = administrations_frame(everything())
    assert len(given) == 48
    assert given.loc[3, "start"].isoformat() == "2026-03-12T19:10:00-04:00"
    assert given["minutes"].isna().sum() == 1
    assert queries_frame(everything())["held"].tolist() == ["96367"]
