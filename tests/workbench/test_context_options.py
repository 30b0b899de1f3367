"""--accesses and --classes from the command line, the configuration file and Python, to the JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parsers.context import ContextError, read_classes
from tests.parsers.context_charts import adt
from tests.schema_check import assert_valid
from tests.workbench.commands import run
from workbench import analyze

MAR = """encounter_id,order_id,drug,route,site,start,stop
E1,O1,ceftriaxone,IVPB,IV1,2026-03-10T08:00,2026-03-10T10:00
E1,O2,vancomycin,IVPB,,2026-03-10T08:30,2026-03-10T09:30
E1,O3,famotidine,IV push,,2026-03-10T11:30,
"""
ACCESSES = "encounter_id,site,start\nE1,IV1,2026-03-10T07:00\n"
CLASSES = "encounter_id,class,start\nE1,E,2026-03-10T07:30\nE1,I,2026-03-10T11:00\n"


@pytest.fixture
def day(tmp_path: Path) -> Path:
    for name, text in (("mar.csv", MAR), ("lines.csv", ACCESSES), ("classes.csv", CLASSES)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def analyzed(*words: str) -> dict[str, Any]:
    result = run("analyze", *words, "--format", "json", "--timezone", "America/Chicago")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    assert_valid(found)
    return found


def units(found: dict[str, Any]) -> dict[str, int]:
    return {line["code"]: line["units"] for e in found["encounters"] for line in e["lines"]}


def test_without_the_tables_there_is_a_question(day: Path) -> None:
    found = analyzed(str(day / "mar.csv"))
    assert units(found) == {"96365": 1, "96366": 1, "96375": 1}
    assert [q["what"] for q in found["encounters"][0]["queries"]] == ["access"]
    assert (found["run"]["accesses"], found["run"]["classes"]) == (None, None)


def test_with_the_tables_there_is_none(day: Path) -> None:
    found = analyzed(
        str(day / "mar.csv"), "--accesses", str(day / "lines.csv"), "--classes", str(day / "classes.csv")
    )  # fmt: skip
    # Vancomycin ran beside ceftriaxone on the only line; the push at 11:30 was an inpatient's.
    assert units(found) == {"96365": 1, "96366": 1, "96368": 1}
    (encounter,) = found["encounters"]
    assert encounter["queries"] == []
    vancomycin = encounter["administrations"][1]
    assert (vancomycin["access"], vancomycin["access_evidence"]) == ("IV1", "one line in place")
    assert {"file": "lines.csv", "record": 1, "row": 2} in vancomycin["sources"]
    assert encounter["arrival"] == "2026-03-10T07:30:00-05:00"
    assert encounter["inpatient_from"] == "2026-03-10T11:00:00-05:00"
    assert encounter["departure"] is None
    assert found["run"]["accesses"]["name"] == "lines.csv"
    assert found["run"]["classes"]["name"] == "classes.csv"
    # The tables stand beside the records: three rows were read.
    assert (found["summary"]["records"], found["summary"]["used"]) == (3, 3)


def test_the_configuration_file_names_them_beside_itself(day: Path) -> None:
    config = day / "site.toml"
    config.write_text('accesses = "lines.csv"\nclasses = "classes.csv"\n', encoding="utf-8")
    found = analyzed(str(day / "mar.csv"), "--config", str(config))
    assert units(found) == {"96365": 1, "96366": 1, "96368": 1}


def test_from_python_by_path_or_loaded(day: Path) -> None:
    review = analyze(day / "mar.csv", accesses=day / "lines.csv", classes=read_classes(day / "classes.csv"))
    assert sorted(line.code for e in review.encounters for line in e.lines) == ["96365", "96366", "96368"]
    with pytest.raises(ContextError, match="Missing: class"):
        analyze(day / "mar.csv", classes=day / "lines.csv")


def test_several_processes_give_the_same(day: Path) -> None:
    other = MAR.replace("E1,", "E2,")
    (day / "other.csv").write_text(other, encoding="utf-8")
    feed = adt("A04", "07:30", "E", visit="E1") + adt("A03", "12:00", "E", visit="E2")
    (day / "adt.hl7").write_text(feed, encoding="utf-8", newline="")
    paths = [day / "mar.csv", day / "other.csv", day / "adt.hl7"]
    one, two = (analyze(paths, accesses=day / "lines.csv", classes=day / "classes.csv", jobs=n) for n in (1, 2))
    assert one.result == two.result
    assert [e.timeline.departure is not None for e in one.encounters] == [False, True]


def test_compare_uses_them_too(day: Path) -> None:
    words = ("--policy", "facility", "--policy", "facility+concurrent_min_overlap=1", "--format", "json")
    result = run("compare", str(day / "mar.csv"), *words, "--accesses", str(day / "lines.csv"))
    assert result.exit_code == 0, result.stderr
    assert '"queries":1' not in result.stdout.replace(" ", "")


def test_explain_says_what_says_the_access(day: Path) -> None:
    result = run("explain", str(day / "mar.csv"), "--encounter", "E1", "--accesses", str(day / "lines.csv"))
    assert "access IV1 (the only line in place)" in result.stdout


def test_explain_says_when_the_patient_came_and_was_admitted(day: Path) -> None:
    (day / "adt.hl7").write_text(adt("A03", "15:00", "I", visit="E1"), encoding="utf-8", newline="")
    words = (str(day / "adt.hl7"), "--encounter", "E1", "--classes", str(day / "classes.csv"))
    result = run("explain", str(day / "mar.csv"), *words, "--timezone", "America/Chicago")
    assert "\nArrived 07:30; inpatient from 11:00; departed 15:00\n" in result.stdout


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--accesses", "a,b,c\n1,2,3\n", "Missing: encounter_id, site, start."),
        ("--classes", "", "The classes table is empty."),
        ("--classes", None, "The file is not there"),
    ],
)
def test_a_table_that_cannot_be_used_is_a_wrong_call(day: Path, option: str, text: str | None, said: str) -> None:
    path = day / "wrong.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    result = run("analyze", str(day / "mar.csv"), option, str(path))
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert option in result.stderr


def test_messages_of_the_visit_are_used_and_counted(day: Path) -> None:
    feed = adt("A04", "07:30", "E", visit="E1") + adt("A06", "11:00", "I", visit="E1") + adt("A31", "12:00", visit="E1")
    (day / "adt.hl7").write_text(feed + adt("A03", "15:00", "E", visit="E2"), encoding="utf-8", newline="")
    found = analyzed(str(day / "mar.csv"), str(day / "adt.hl7"))
    assert units(found) == {"96365": 1, "96366": 1}
    # Three rows and three messages are used; A31 is ignored; a visit without administrations is no encounter.
    summary = found["summary"]
    assert (summary["records"], summary["used"], summary["ignored"], summary["encounters"]) == (7, 6, 1, 1)
