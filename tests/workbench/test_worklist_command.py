"""``worklist``: two faces of one question, and nothing on nursing's sheet that hints at a bill."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.house.places import ROOT
from tests.workbench.commands import DAY, NEW_YORK, run

RATES = str(ROOT / "sample_data" / "reference" / "addendum-b.csv")
# Codes, money, and words of billing.
HINTS = re.compile(
    r"\b9\d{4}\b|[$]|\bcode|\bcharge|\bamount|\bbill|\boutcome|\bpaid|\binitial\b|\bsequential|\bconcurrent\b", re.I
)


def rows(*words: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("worklist", DAY, *NEW_YORK, "--format", "csv", *words).stdout)))


def test_the_three_questions_of_the_sample_day_by_unit_and_nurse() -> None:
    found = [
        (r["unit"], r["nurse"], r["shift"], r["encounter"], r["what"], r["started"]) for r in rows("--for", "nursing")
    ]
    assert found == [
        ("EMERGENCY", "N01", "day", "SITE-NOT-CHARTED", "access", "2026-03-10 08:15"),
        ("EMERGENCY", "N02", "day", "MISSING-STOP", "stop", "2026-03-10 09:00"),
        ("EMERGENCY", "N04", "day", "TWO-LINES", "second_access", "2026-03-10 08:30"),
    ]


def test_the_coder_sees_what_is_most_at_stake_first() -> None:
    found = rows("--for", "coder", "--rates", RATES)
    assert [r["encounter"] for r in found] == ["MISSING-STOP", "TWO-LINES", "SITE-NOT-CHARTED"]
    # TWO-LINES: with a reason 96365-59 at 217.31, without one nothing.
    assert found[1]["at stake"] == "217.31"
    assert "96365" in found[1]["held"]


@pytest.mark.parametrize("form", ["table", "csv", "xlsx"])
def test_nursing_sees_no_code_no_amount_and_no_hint(form: str, tmp_path: Path) -> None:
    target = tmp_path / "questions"
    words = (
        "worklist",
        DAY,
        *NEW_YORK,
        "--rates",
        RATES,
        "--for",
        "nursing",
        "--format",
        form,
        "--output",
        str(target),
    )
    assert run(*words).exit_code == 0
    if form == "xlsx":
        book = CalamineWorkbook.from_filelike(io.BytesIO(target.read_bytes()))
        text = "\n".join(str(c) for n in book.sheet_names for row in book.get_sheet_by_name(n).to_python() for c in row)
    else:
        text = target.read_text(encoding="utf-8")
    assert "cannot be determined" in text
    assert "cefepime was started at 2026-03-10 09:00" in text
    assert HINTS.search(text) is None, HINTS.search(text)


def test_the_order_of_nursing_questions_does_not_follow_the_money() -> None:
    assert [r["encounter"] for r in rows("--for", "nursing")] == [
        r["encounter"] for r in rows("--for", "nursing", "--rates", RATES)
    ]


def test_a_filled_sheet_comes_back_as_answers(tmp_path: Path) -> None:
    sheet = rows("--for", "nursing")
    for row in sheet:
        if row["encounter"] == "SITE-NOT-CHARTED":
            row |= {"value": "left forearm 20G", "who": "RN", "when": "2026-03-12", "support": "flowsheet"}
    answers = tmp_path / "answers.csv"
    with answers.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(sheet[0]))
        writer.writeheader()
        writer.writerows(sheet)
    again = rows("--for", "nursing", "--answers", str(answers))
    assert [r["encounter"] for r in again] == ["MISSING-STOP", "TWO-LINES"]


def test_night_and_a_chart_without_names(tmp_path: Path) -> None:
    chart = tmp_path / "chart.csv"
    chart.write_text(
        "encounter_id,drug,route,site,action,time\n"
        "E1,vancomycin,IV,arm,New Bag,2026-03-10 19:00\n"
        "E2,vancomycin,IV,arm,New Bag,2026-03-10 06:59\n"
        "E3,vancomycin,IV,arm,New Bag,2026-03-10 18:59\n",
        encoding="utf-8",
    )
    result = run("worklist", str(chart), *NEW_YORK, "--for", "nursing", "--format", "csv")
    found = [(r["encounter"], r["unit"], r["nurse"], r["shift"]) for r in csv.DictReader(io.StringIO(result.stdout))]
    place = ("not charted", "not charted")
    assert found == [("E2", *place, "night"), ("E3", *place, "day"), ("E1", *place, "night")]


def test_nothing_open_is_said() -> None:
    result = run("worklist", DAY, *NEW_YORK, "--for", "coder", "--encounter", "TWO-PUSHES")
    assert result.stdout == "No question is open.\n"


def chart_of_missing_stops(tmp_path: Path, count: int) -> str:
    chart = tmp_path / "chart.csv"
    rows = [f"E{n},vancomycin,IV,arm,New Bag,2026-03-10 19:00" for n in range(count)]
    chart.write_text("\n".join(["encounter_id,drug,route,site,action,time", *rows]), encoding="utf-8")
    return str(chart)


@pytest.mark.parametrize(("count", "summed"), [(4, False), (9, True)])
def test_a_short_list_is_not_summed_up_again(tmp_path: Path, count: int, summed: bool) -> None:
    text = run("worklist", chart_of_missing_stops(tmp_path, count), *NEW_YORK, "--for", "nursing").stdout
    assert f"{count} questions open" in text
    assert (f"   {count}  not charted, nurse not charted, night: stop time" in text) is summed
