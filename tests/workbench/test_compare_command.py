"""``compare``: the same chart under two policies, and which switch makes the difference.  Worked by hand."""

from __future__ import annotations

import csv
import io
import json
import stat
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reports.schema import changes_schema
from tests.workbench.commands import BAD, DAY, NEW_YORK, run

# PART   vancomycin 60 min; cefepime 30 min, 10 of them shared on one line, 20 alone.
#        Minimum 16: sequential, 96367.  Minimum 1 alone: majority needs 2 x 10 >= 30, so still sequential.
#        Minimum 1 and always concurrent: 96368.  Always concurrent with minimum 16: 10 < 16, sequential.
#        So the two switches act only together.
# TWICE  cefazolin 60 min, and 60 min again later.  Per bag: 96365 and 1 x 96366 for the second bag.
#        Sum: 120 min, floor((120 - 31) / 60) = 1 additional hour: the same.
# THRICE cefazolin three times 40 min.  Per bag: 96365, 1 + 1 = 2 x 96366.  Sum: 120 min, 1 x 96366.
# OPEN   vancomycin 60 min; cefepime without a stop, last seen after 30 min.  Asked: 96367 is sure, its hours are not.
#        Not billed: nobody is asked, and 96367 goes.
# PLAIN  one push: 96374 under everything here.
CHART = """encounter_id,order_id,drug,route,site,action,time
PART,O1,vancomycin,IV,arm,New Bag,2026-03-10 08:00
PART,O1,vancomycin,IV,arm,Stopped,2026-03-10 09:00
PART,O2,cefepime,IV,arm,New Bag,2026-03-10 08:50
PART,O2,cefepime,IV,arm,Stopped,2026-03-10 09:20
THRICE,O3,cefazolin,IV,arm,New Bag,2026-03-10 08:00
THRICE,O3,cefazolin,IV,arm,Stopped,2026-03-10 08:40
THRICE,O3,cefazolin,IV,arm,New Bag,2026-03-10 12:00
THRICE,O3,cefazolin,IV,arm,Stopped,2026-03-10 12:40
THRICE,O3,cefazolin,IV,arm,New Bag,2026-03-10 16:00
THRICE,O3,cefazolin,IV,arm,Stopped,2026-03-10 16:40
TWICE,O4,cefazolin,IV,arm,New Bag,2026-03-10 08:00
TWICE,O4,cefazolin,IV,arm,Stopped,2026-03-10 09:00
TWICE,O4,cefazolin,IV,arm,New Bag,2026-03-10 12:00
TWICE,O4,cefazolin,IV,arm,Stopped,2026-03-10 13:00
OPEN,O5,vancomycin,IV,arm,New Bag,2026-03-10 08:00
OPEN,O5,vancomycin,IV,arm,Stopped,2026-03-10 09:00
OPEN,O6,cefepime,IV,arm,New Bag,2026-03-10 10:00
OPEN,O6,cefepime,IV,arm,Rate Verify,2026-03-10 10:30
PLAIN,O7,ondansetron,IV push,arm,Given,2026-03-10 09:00
"""
RATES = """Made-up rates,,,,,
HCPCS Code,Short Descriptor,SI,APC,Relative Weight,Payment Rate
96365,,S,5693,,$200.00
96366,,S,5691,,$40.00
96367,,S,5692,,$70.00
96368,,N,,,
96374,,S,5693,,$200.00
"""
TOGETHER = "facility+concurrent_min_overlap=1+partial_overlap=concurrent"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chart.csv").write_text(CHART, "utf-8")
    (tmp_path / "rates.csv").write_text(RATES, "utf-8")
    return tmp_path


@cache
def _validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(changes_schema())
    return Draft202012Validator(changes_schema())


def compared(a: str, b: str, *more: str) -> dict[str, Any]:
    done = run("compare", "chart.csv", "--timezone", "UTC", "--policy", a, "--policy", b, "--format", "json", *more)
    assert (done.exit_code, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    _validator().validate(document)
    return document


def lines(encounter: dict[str, Any]) -> list[tuple[str, int, int]]:
    return [(x["code"], x["units_a"], x["units_b"]) for x in encounter["lines"]]


def causes(encounter: dict[str, Any]) -> list[str]:
    return [cause["switch"] for cause in encounter["causes"]]


def test_one_switch_that_changes_one_encounter(here: Path) -> None:
    document = compared("facility", "facility+same_drug_repeat=sum")
    assert document["differences"] == [{"switch": "same_drug_repeat", "rule": "11", "a": "per_bag", "b": "sum"}]
    assert document["summary"] == {"encounters": 5, "changed": 1, "amount_basis": None}
    (thrice,) = document["encounters"]
    assert thrice["encounter_id"] == "THRICE"
    assert lines(thrice) == [("96366", 2, 1)]
    assert causes(thrice) == ["same_drug_repeat"]
    assert not thrice["together"]
    # A: 96366 twice for THRICE, once for TWICE
    assert (document["a"]["units"]["96366"], document["b"]["units"]["96366"]) == (3, 2)


def test_two_switches_that_act_only_together(here: Path) -> None:
    (part,) = compared("facility", TOGETHER)["encounters"]
    assert part["encounter_id"] == "PART"
    assert lines(part) == [("96367", 1, 0), ("96368", 0, 1)]
    assert causes(part) == ["concurrent_min_overlap", "partial_overlap"]
    assert part["together"]


def test_a_switch_that_differs_and_changes_nothing_is_no_cause(here: Path) -> None:
    document = compared("facility", TOGETHER + "+same_drug_repeat=sum+modifier_style=X")
    assert [d["switch"] for d in document["differences"]] == [
        "same_drug_repeat",
        "concurrent_min_overlap",
        "partial_overlap",
        "modifier_style",
    ]
    assert {e["encounter_id"]: causes(e) for e in document["encounters"]} == {
        "PART": ["concurrent_min_overlap", "partial_overlap"],
        "THRICE": ["same_drug_repeat"],
    }


def test_queries_that_fall_away(here: Path) -> None:
    """OPEN is asked about its stop under facility; under the other nothing of the drug is billed."""
    document = compared("facility", "facility+missing_stop=not_billable")
    (open_,) = document["encounters"]
    assert open_["encounter_id"] == "OPEN"
    assert (open_["queries_a"], open_["queries_b"], open_["queries_differ"]) == (1, 0, True)
    assert causes(open_) == ["missing_stop"]
    assert lines(open_) == [("96367", 1, 0)]
    assert (document["a"]["queries"], document["b"]["queries"]) == (1, 0)


def test_dollars_with_rates(here: Path) -> None:
    """PART loses 96367 ($70) for the packaged 96368 ($0); THRICE loses one 96366 ($40)."""
    document = compared("facility", TOGETHER + "+same_drug_repeat=sum", "--rates", "rates.csv")
    assert document["summary"]["amount_basis"] == "Medicare national unadjusted"
    part, thrice = document["encounters"]
    assert (part["amount_a"], part["amount_b"]) == (270.0, 200.0)
    assert (thrice["amount_a"], thrice["amount_b"]) == (280.0, 240.0)
    assert [(x["code"], x["amount_a"], x["amount_b"]) for x in part["lines"]] == [
        ("96367", 70.0, 0.0),
        ("96368", 0.0, 0.0),
    ]
    assert round(document["a"]["amount"] - document["b"]["amount"], 2) == 110.0


def test_set_is_for_both(here: Path) -> None:
    document = compared("facility", "facility+partial_overlap=concurrent", "--set", "concurrent_min_overlap=1")
    (part,) = document["encounters"]
    assert causes(part) == ["partial_overlap"]
    assert not part["together"]


def test_policy_files_exceptions_and_payers_are_causes_too(here: Path) -> None:
    (here / "mine.yaml").write_text(
        """name: mine
about: Ours.
extends: facility
verified_through: 2026-12-31
exceptions:
  - label: spring
    about: Why.
    when: {from: 2026-03-01}
    set: {same_drug_repeat: sum}
    reference: {title: House, where: page 1}
    confidence: convention
"""
    )
    document = compared("facility", "mine.yaml")
    assert document["differences"] == [{"switch": "exceptions", "rule": "0g", "a": "none", "b": "'spring'"}]
    (thrice,) = document["encounters"]
    assert (lines(thrice), causes(thrice)) == ([("96366", 2, 1)], ["exceptions"])
    assert document["b"]["label"] == "mine.yaml"


def test_two_dates_of_one_policy(here: Path) -> None:
    (here / "dated.yaml").write_text(
        """name: dated
about: Ours.
extends: facility
verified_through: 2026-12-31
settings:
  same_drug_repeat:
    values: [{from: 2009-01-01, value: per_bag}, {from: 2026-07-01, value: sum}]
    reference: {title: House, where: page 1}
    confidence: convention
"""
    )
    document = compared("dated.yaml", "dated.yaml+policy_date=2026-07-01")
    assert document["differences"] == [{"switch": "policy_date", "rule": "0g", "a": "each its own", "b": "2026-07-01"}]
    assert [(e["encounter_id"], causes(e)) for e in document["encounters"]] == [("THRICE", ["policy_date"])]
    against_facility = compared("facility+policy_date=2026-07-01", "dated.yaml+policy_date=2026-07-01")
    assert against_facility["differences"] == [
        {
            "switch": "same_drug_repeat",
            "rule": "11",
            "a": "per_bag",
            "b": "per_bag from 2009-01-01, sum from 2026-07-01",
        }
    ]
    assert [(e["encounter_id"], causes(e)) for e in against_facility["encounters"]] == [
        ("THRICE", ["same_drug_repeat"])
    ]


def test_the_second_encounter_of_a_patient_is_seen_with_the_first(here: Path) -> None:
    """The modifier of the later encounter of a day differs: 59 or XE.  Its cause is found beside the earlier one."""
    (here / "two.csv").write_text(
        """encounter_id,patient_id,order_id,drug,route,site,start,stop
E1,P1,O1,vancomycin,IV,arm,2026-03-10 08:00,2026-03-10 09:00
E2,P1,O2,vancomycin,IV,arm,2026-03-10 15:00,2026-03-10 16:00
"""
    )
    done = run(
        "compare", "two.csv", "--timezone", "UTC", "--policy", "facility", "--policy", "facility+modifier_style=X",
        "--format", "csv",
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(r["encounter_id"], r["code"], r["modifiers"], r["a"], r["b"], r["cause"]) for r in rows] == [
        ("E2", "96365", "59", "1", "0", "modifier_style"),
        ("E2", "96365", "XE", "0", "1", "modifier_style"),
    ]


def test_csv_has_a_row_for_each_line_and_for_queries(here: Path) -> None:
    done = run(
        "compare", "chart.csv", "--timezone", "UTC", "--policy", "facility",
        "--policy", TOGETHER + "+missing_stop=not_billable", "--format", "csv", "--rates", "rates.csv",
    )  # fmt: skip
    assert done.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(r["encounter_id"], r["what"], r["code"], r["a"], r["b"]) for r in rows] == [
        ("OPEN", "units", "96367", "1", "0"),
        ("OPEN", "queries", "", "1", "0"),
        ("PART", "units", "96367", "1", "0"),
        ("PART", "units", "96368", "0", "1"),
    ]
    assert (rows[2]["amount_a"], rows[2]["amount_b"]) == ("70.00", "0.00")
    assert (rows[2]["cause"], rows[2]["together"]) == ("concurrent_min_overlap partial_overlap", "yes")
    assert (rows[0]["cause"], rows[0]["together"], rows[0]["rule"]) == ("missing_stop", "no", "26")


def test_the_table_reads_from_top_to_bottom(here: Path) -> None:
    done = run(
        "compare", "chart.csv", "--timezone", "UTC", "--policy", "facility",
        "--policy", TOGETHER + "+same_drug_repeat=sum", "--rates", "rates.csv",
    )  # fmt: skip
    text = done.stdout
    assert (done.exit_code, done.stderr) == (0, "")
    assert text.startswith("A  facility (facility 2009-01-01)\nB  facility+concurrent_min_overlap=1")
    assert "  same_drug_repeat (rule 11): per_bag -> sum\n" in text
    assert (
        "Encounter PART, 2026-03-10\n"
        "  code    date         A   B   amount A   amount B\n"
        "  96367   2026-03-10   1   0     $70.00      $0.00\n"
        "  96368   2026-03-10   0   1      $0.00      $0.00\n"
        "  amount: $270.00 -> $200.00 (-$70.00)\n"
    ) in text
    assert "  by these together: concurrent_min_overlap = 1 (rule 15), partial_overlap = concurrent" in text
    assert "  by same_drug_repeat = sum (rule 11)\n" in text
    assert "\n5 encounters compared, 2 coded differently; queries 1 -> 1\n" in text
    assert "     1  concurrent_min_overlap + partial_overlap together\n" in text
    assert max(len(row) for row in text.splitlines()) <= 100


def test_policies_that_are_the_same(here: Path) -> None:
    done = run("compare", "chart.csv", "--timezone", "UTC", "--policy", "facility", "--policy", "facility")
    assert "They do not differ." in done.stdout
    assert "5 encounters compared, 0 coded differently" in done.stdout


def test_one_encounter(here: Path) -> None:
    document = compared("facility", TOGETHER + "+same_drug_repeat=sum", "--encounter", "THRICE")
    assert document["summary"]["encounters"] == 1
    assert [e["encounter_id"] for e in document["encounters"]] == ["THRICE"]
    wrong = run("compare", "chart.csv", "--policy", "facility", "--policy", "professional", "--encounter", "NONE")
    assert wrong.exit_code == 2


def test_the_sample_day_under_another_reading() -> None:
    text = run("compare", DAY, *NEW_YORK, "--policy", "facility", "--policy", "payer_conservative").stdout
    assert "36 encounters compared" in text
    assert "Encounter SAME-DRUG-AGAIN, 2026-03-10\n" in text
    assert "  by same_drug_repeat = sum (rule 11)\n" in text


@pytest.mark.parametrize(
    ("policies", "says"),
    [
        ([], "Two policies are compared, and 0 are given: --policy A --policy B."),
        (["facility"], "Two policies are compared, and 1 is given"),
        (["facility", "facility", "facility"], "and 3 are given"),
        (["facility", "facilty"], "did you mean 'facility'?"),
        (["facility", "facility+mising_stop=push"], "the nearest is 'missing_stop'"),
        (["facility", "facility+missing_stop=guess"], "takes query or push"),
    ],
)
def test_a_wrong_call_is_answered(here: Path, policies: list[str], says: str) -> None:
    words = [word for policy in policies for word in ("--policy", policy)]
    done = run("compare", "chart.csv", "--timezone", "UTC", *words)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())


def test_rejected_input_is_said_and_the_rest_compared(here: Path) -> None:
    done = run(
        "compare", "chart.csv", f"{BAD}/not-hl7.hl7", "--timezone", "UTC", "--policy", "facility",
        "--policy", "facility+same_drug_repeat=sum",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "rejected" in done.stderr
    assert "Encounter THRICE" in done.stdout


def test_a_policy_in_the_configuration_file_is_for_other_commands(here: Path) -> None:
    (here / "infusion-timeline.toml").write_text(
        'policy = "professional"\ntimezone = "UTC"\n[compare]\nformat = "csv"\n'
    )
    done = run("compare", "chart.csv", "--policy", "facility", "--policy", "facility+same_drug_repeat=sum")
    assert [row["encounter_id"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["THRICE"]


def test_a_file_is_private(here: Path) -> None:
    run("compare", "chart.csv", "--policy", "facility", "--policy", "professional", "--output", "changes.txt")
    assert stat.S_IMODE((here / "changes.txt").stat().st_mode) == 0o600
