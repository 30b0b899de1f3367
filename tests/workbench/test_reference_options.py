"""--rates, --mue and --ptp: from the command line, the configuration file and Python to every form of the answer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from parsers.reference_tables import ReferenceTableError, load_rates
from tests.house.places import ROOT
from tests.schema_check import assert_valid
from tests.workbench.commands import NEW_YORK, TABLE, run
from workbench import analyze

SAMPLES = ROOT / "sample_data" / "reference"
RATES, MUE, PTP = (str(SAMPLES / name) for name in ("addendum-b.csv", "mue-outpatient.csv", "ptp-hospital.txt"))
ALL = ("--rates", RATES, "--mue", MUE, "--ptp", PTP)
# Vancomycin ran 240 minutes: 96365 and three hours, of which the sample limits pay two; the other drug is packaged.
ENCOUNTER = ("--encounter", "CONCURRENT-ONCE-ONLY")


def test_json_names_the_tables_and_sums_the_amounts() -> None:
    document = json.loads(run("analyze", TABLE, *NEW_YORK, *ALL, "--format", "json").stdout)
    assert_valid(document)
    for key, path in (("rates", RATES), ("mue", MUE), ("ptp", PTP)):
        sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        assert document["run"][key] == {"name": Path(path).name, "sha256": sha256}
    amounts = [e["amount"] for e in document["encounters"]]
    assert document["summary"]["amount"] == round(sum(amounts), 2)
    (one,) = [e for e in document["encounters"] if e["encounter_id"] == ENCOUNTER[1]]
    assert one["amount"] == 312.99
    assert [(x["code"], x["units"], x["amount"]) for x in one["lines"]] == [
        ("96365", 1, 217.31),
        ("96366", 3, 95.68),
        ("96368", 1, 0.0),
    ]
    assert one["lines"][1]["amount_reason"] == "2 of 3 (MUE) x $47.84, status S, APC 5691"
    assert "mue-over-limit" in {f["code"] for f in one["findings"]}


def test_without_tables_nothing_of_them_is_in_the_json() -> None:
    document = json.loads(run("analyze", TABLE, *NEW_YORK, "--format", "json").stdout)
    assert_valid(document)
    assert [document["run"][key] for key in ("rates", "mue", "ptp")] == [None, None, None]
    assert document["summary"]["amount"] is None
    assert {x["amount"] for e in document["encounters"] for x in e["lines"]} == {None}


def test_people_read_amounts_with_their_basis(tmp_path: Path) -> None:
    rates = (*NEW_YORK, "--rates", RATES, *ENCOUNTER)
    # without the limits all three hours are paid: 217.31 + 143.52
    table = run("analyze", TABLE, *rates).stdout
    assert "$360.83 (Medicare national unadjusted)" in table
    assert "$143.52" in table
    told = run("explain", TABLE, *rates).stdout
    assert "96366 x 3 on 2026-03-10, $143.52 (Medicare national unadjusted)" in told
    assert "amount: 3 x $47.84, status S, APC 5691" in told
    page = tmp_path / "day.html"
    run("analyze", TABLE, *rates, "--format", "html", "--output", str(page))
    assert "Medicare national unadjusted" in page.read_text("utf-8")
    assert "$360.83" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        ("--rates", "a,b\n", "Invalid value for '--rates': bad.csv: No row of the first 100 has the headers"),
        ("--mue", "HCPCS/CPT Code,MUE Values\n", "Invalid value for '--mue': bad.csv, row 1: The header has no column"),
        ("--ptp", "96365\t96366\n", "Invalid value for '--ptp': bad.csv: No row of the first 100 has the headers"),
    ],
)
def test_a_table_that_cannot_be_used_is_a_usage_error(tmp_path: Path, option: str, content: str, said: str) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(content, "utf-8")
    done = run("analyze", TABLE, option, str(bad))
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_the_configuration_file_names_tables_beside_it(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_bytes(Path(RATES).read_bytes())
    config = tmp_path / "site.toml"
    config.write_text(f'timezone = "America/New_York"\nrates = "rates.csv"\nptp = "{Path(PTP).as_posix()}"\n', "utf-8")
    document = json.loads(run("analyze", TABLE, "--config", str(config), "--format", "json").stdout)
    assert document["run"]["rates"]["name"] == "rates.csv"
    assert document["run"]["ptp"]["name"] == "ptp-hospital.txt"


def test_a_notebook_gives_files_or_loaded_tables() -> None:
    from_file = analyze(TABLE, timezone="America/New_York", rates=RATES, mue=Path(MUE), ptp=PTP)
    loaded = analyze(TABLE, timezone="America/New_York", rates=load_rates(RATES), mue=MUE, ptp=PTP)
    assert from_file.result == loaded.result
    amounts = from_file.lines.set_index(["encounter_id", "code"])["amount"]
    assert amounts["CONCURRENT-ONCE-ONLY", "96365"] == 217.31
    with pytest.raises(ReferenceTableError, match="There is no such file"):
        analyze(TABLE, rates="absent.csv")


def test_a_professional_claim_has_no_hospital_amount() -> None:
    document = json.loads(run("analyze", TABLE, *ALL, "--policy", "professional", "--format", "json").stdout)
    assert_valid(document)
    assert document["summary"]["amount"] is None
    assert document["summary"]["amount_basis"] is None
    assert "rates-for-hospitals" in {f["code"] for f in document["findings"]}
