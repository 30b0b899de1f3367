"""``audit`` at the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from tests.house.places import ROOT
from tests.workbench.commands import DAY, NEW_YORK, TABLE, run

BILLED = str(ROOT / "sample_data" / "billed.csv")
RATES = str(ROOT / "sample_data" / "reference" / "addendum-b.csv")


def test_the_table_tells_both_directions_and_ends_with_zero() -> None:
    result = run("audit", TABLE, "--billed", BILLED, *NEW_YORK)
    assert result.exit_code == 0
    assert "96368 x 1  over-billed on 2026-03-10, -$95.00 in charges" in result.stdout
    assert "96375 x 1  missed on 2026-03-10, +$140.00 in charges" in result.stdout
    assert "37 encounters compared, 16 billed otherwise than supported" in result.stdout
    assert result.stdout.endswith("Supports a coder; a person releases charges.\n")


def test_json_and_csv_hold_the_same_rows() -> None:
    document = json.loads(run("audit", DAY, "--billed", BILLED, *NEW_YORK, "--format", "json").stdout)
    table = list(
        csv.DictReader(io.StringIO(run("audit", DAY, "--billed", BILLED, *NEW_YORK, "--format", "csv").stdout))
    )
    assert document["schema"] == "infusion-timeline-audit/1"
    from_json = [(e["encounter_id"], r["code"], r["status"]) for e in document["encounters"] for r in e["rows"]]
    assert from_json == [(r["encounter_id"], r["code"], r["status"]) for r in table]
    assert document["summary"]["differ"] == 16
    assert document["summary"]["amount_basis"] is None


def test_rates_give_medicare_amounts() -> None:
    document = json.loads(
        run("audit", TABLE, "--billed", BILLED, *NEW_YORK, "--rates", RATES, "--format", "json").stdout
    )
    rows = {(e["encounter_id"], r["code"], r["status"]): r for e in document["encounters"] for r in e["rows"]}
    # The made-up table pays 96360 217.31 (APC 5693) and packages 96368.
    assert rows["HYDRATION-30", "96360", "over-billed"]["amount"] == -217.31
    assert rows["CONCURRENT-ONCE-ONLY", "96368", "over-billed"]["amount"] == 0


def test_one_encounter_is_compared_with_its_own_lines_only() -> None:
    result = run("audit", TABLE, "--billed", BILLED, *NEW_YORK, "--encounter", "TWO-PUSHES", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(r["encounter_id"], r["code"], r["status"]) for r in rows] == [
        ("TWO-PUSHES", "96374", "supported"),
        ("TWO-PUSHES", "96375", "missed"),
    ]


def test_a_billed_file_of_another_kind_is_wrong_usage(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("name,age\nx,1\n", encoding="utf-8")
    result = run("audit", TABLE, "--billed", str(wrong))
    assert result.exit_code == 2
    assert "what was billed" in result.stderr


def test_a_medication_record_given_as_billed_is_told_from_a_billing_export(tmp_path: Path) -> None:
    wrong = tmp_path / "mar.csv"
    wrong.write_text("Acct#,Pt MRN#,Med Descr,Station\nA9,M9,cefepime,AIZ\n", encoding="utf-8")
    result = run("audit", TABLE, "--billed", str(wrong))
    said = " ".join(result.stderr.split())
    assert result.exit_code == 2
    assert "no column for date, code; it has: Acct#, Pt MRN#, Med Descr, Station." in said
    assert "Give an export of the billing system" in said
    assert "as published" not in said


def test_a_row_of_a_chart_is_never_shown_as_headers(tmp_path: Path) -> None:
    wrong = tmp_path / "mar.csv"
    wrong.write_text("account,Zoe Muster,cefepime,2026-03-10 08:00,AIZ\n", encoding="utf-8")
    result = run("audit", TABLE, "--billed", str(wrong))
    assert result.exit_code == 2
    assert "Muster" not in result.stderr


def test_an_account_that_looks_like_a_formula_is_harmless(tmp_path: Path) -> None:
    billed = tmp_path / "b.csv"
    billed.write_text('account,date,code,units\n"=HYPERLINK(1)",2026-03-10,96365,1\n', encoding="utf-8")
    result = run("audit", TABLE, "--billed", str(billed), *NEW_YORK, "--format", "csv")
    assert "'=HYPERLINK(1)" in result.stdout
