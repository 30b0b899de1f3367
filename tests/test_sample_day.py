"""The sample day: feed and table give the codes worked by hand in docs/sample-day.md, and nothing is rejected."""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import parsers
import timeline
from tests.schema_check import valid
from timeline.model import CodedEncounter, Result

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_data"

EXPECTED: dict[str, dict[str, int]] = {
    "CONCURRENT-SAME-LINE": {"96365": 1, "96366": 1, "96368": 1},
    "CONCURRENT-ONCE-ONLY": {"96365": 1, "96366": 3, "96368": 1},
    "SEQUENTIAL-DRUGS": {"96365": 1, "96367": 1},
    "PAUSED-PRIMARY": {"96365": 1, "96366": 1, "96367": 1},
    "PARTIAL-OVERLAP": {"96365": 1, "96366": 1, "96367": 1},
    "TWO-LINES": {"96365": 1, "96366": 1},
    "SITE-NOT-CHARTED": {"96365": 1},
    "MISSING-STOP": {"96365": 1},
    "SECOND-BAG": {"96365": 1, "96366": 2},
    "SAME-DRUG-AGAIN": {"96365": 1, "96366": 1},
    "RATE-CHANGES": {"96365": 1, "96366": 1},
    "MIXED-BAG": {"96365": 1},
    "SHORT-INFUSION": {"96374": 1},
    "SIXTEEN-MINUTES": {"96365": 1},
    "TWO-PUSHES": {"96374": 1, "96375": 1},
    "PUSHES-THEN-INFUSION": {"96365": 1, "96375": 2},
    "PUSH-DURING-INFUSION": {"96365": 1, "96375": 1},
    "REPEATED-PUSHES": {"96374": 1, "96376": 1},
    "OBSERVATION-STAY": {"96374": 1, "96376": 1},
    "INJECTIONS": {"96372": 2},
    "HYDRATION-30": {},
    "HYDRATION-31": {"96360": 1},
    "HYDRATION-UNDER-DRUG": {"96365": 1, "96361": 1},
    "HYDRATION-TWO-RUNS": {"96365": 1, "96361": 2},
    "KVO-CARRIER": {"96365": 1},
    "MIDNIGHT": {"96365": 1, "96366": 2},
    "TWO-VISITS-MORNING": {"96365": 1},
    "TWO-VISITS-EVENING": {"96365-59": 1, "96375-59": 1},
    "HELD-AND-REFUSED": {"96374": 1},
    "CANCELED-ENTRY": {"96374": 1},
    "SENT-TWICE": {"96365": 1},
    "LATE-CHARTING": {"96365": 1, "96366": 1},
    "FOLFOX-CLINIC": {"96413": 1, "96415": 2, "96368": 1, "96367": 1, "96375": 1, "96411": 1},
    "LATER-CHEMO-IS-INITIAL": {"96413": 1, "96415": 2, "96367": 1},
    "CHEMO-WITH-FLUIDS": {"96413": 1, "96415": 1, "96361": 2},
    "PORTABLE-PUMP": {"96365": 1, "96366": 1, "96416": 1},
}
ASKED = {"TWO-LINES": ["second_access"], "SITE-NOT-CHARTED": ["access"], "MISSING-STOP": ["stop"]}
ON_THE_11TH = {"MIDNIGHT": {"96366": 2}, "OBSERVATION-STAY": {"96376": 1}}


def _code(path: Path) -> Result:
    return valid(timeline.code(timeline.build(parsers.read([path], timezone="America/New_York"))))


def _units(encounter: CodedEncounter) -> dict[str, int]:
    count: Counter[str] = Counter()
    for line in encounter.lines:
        count["-".join((line.code, *line.modifiers))] += line.units
    return dict(count)


def _lines(result: Result) -> list[tuple[object, ...]]:
    """What must be equal whatever the format: everything of a line but the rows it stands on."""
    return sorted(
        (e.timeline.id, str(n.date), n.code, n.modifiers, n.units, n.minutes, n.rule, n.id, n.administrations)
        for e in result.encounters
        for n in e.lines
    )


def _questions(result: Result) -> list[tuple[object, ...]]:
    return sorted((e.timeline.id, q.what, q.question, q.held) for e in result.encounters for q in e.queries)


@pytest.fixture(scope="module")
def feed() -> Result:
    return _code(SAMPLE / "day.hl7")


@pytest.fixture(scope="module")
def table() -> Result:
    return _code(SAMPLE / "day.csv")


@pytest.fixture(scope="module", params=["feed", "table"])
def day(request: pytest.FixtureRequest) -> Result:
    result: Result = request.getfixturevalue(request.param)
    return result


@pytest.mark.parametrize("name", EXPECTED)
def test_encounter_gives_the_codes_worked_by_hand(day: Result, name: str) -> None:
    (encounter,) = (e for e in day.encounters if e.timeline.id == name)
    assert _units(encounter) == EXPECTED[name]
    assert [q.what for q in encounter.queries] == ASKED.get(name, [])


def test_day_has_every_encounter_and_no_other(day: Result) -> None:
    assert {e.timeline.id for e in day.encounters} == set(EXPECTED)


def test_hours_after_midnight_are_dated_the_next_day(day: Result) -> None:
    found = {
        e.timeline.id: {n.code: n.units for n in e.lines if n.date.day == 11}
        for e in day.encounters
        if any(n.date.day == 11 for n in e.lines)
    }
    assert found == ON_THE_11TH


def test_nothing_is_rejected_and_every_record_is_accounted_for(day: Result) -> None:
    assert day.rejected == ()
    assert day.records == {"hl7": 130, "mar-table": 132}[day.inputs[0].kind]
    assert day.records == sum(i.records for i in day.inputs)


def test_only_the_resent_messages_are_ignored(day: Result) -> None:
    assert sum(i.count for i in day.ignored) == 2, [i.reason for i in day.ignored]


def test_every_minute_is_accounted_for(day: Result) -> None:
    for encounter in day.encounters:
        for row in encounter.ledger:
            assert row.charged + row.included + row.unbilled + row.queried == row.documented


def test_every_drug_of_the_day_is_in_the_formulary(day: Result) -> None:
    unlisted = {a.drug for e in day.encounters for a in e.timeline.administrations if a.category_basis == "unlisted"}
    assert unlisted == set()


def test_feed_and_table_give_identical_lines_and_questions(feed: Result, table: Result) -> None:
    assert _lines(feed) == _lines(table)
    assert _questions(feed) == _questions(table)


def test_billed_table_names_known_accounts_and_plants_the_documented_errors() -> None:
    with (SAMPLE / "billed.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    billed: dict[str, Counter[str]] = {}
    for row in rows:
        code = "-".join(filter(None, (row["code"], row["modifiers"])))
        billed.setdefault(row["account"], Counter())[code] += int(row["units"])
    assert set(billed) - set(EXPECTED) == {"NOT-ON-THE-MAR"}
    wrong = {name for name, units in EXPECTED.items() if dict(billed.get(name, {})) != units}
    documented = (ROOT / "docs" / "sample-day.md").read_text(encoding="utf-8").split("## What was billed")[1]
    named = {name for name in EXPECTED if f"| {name} |" in documented}
    assert wrong | {"MIDNIGHT"} == named  # MIDNIGHT: the right units on the wrong date


# The files and the generator


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import generate_feed
    finally:
        sys.path.pop(0)
    module: ModuleType = generate_feed
    return module


def test_sample_files_are_the_situations_as_written(generator: ModuleType, tmp_path: Path) -> None:
    generator.write_sample_day(tmp_path)
    for name in ("day.hl7", "day.csv"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_situations_and_this_test_agree(generator: ModuleType) -> None:
    assert {s.name: dict(s.expected) for s in generator.SITUATIONS} == EXPECTED


def test_generated_feed_and_table_give_identical_lines_at_400_encounters(generator: ModuleType, tmp_path: Path) -> None:
    began = time.process_time()
    results = []
    for kind in ("hl7", "csv"):
        path = tmp_path / f"generated.{kind}"
        generator.main(["--encounters", "400", "--seed", "7", "--format", kind, "--output", str(path)])
        results.append(_code(path))
    feed, table = results
    assert len(feed.encounters) == 400
    assert feed.rejected == table.rejected == ()
    assert _lines(feed) == _lines(table)
    assert _questions(feed) == _questions(table)
    assert time.process_time() - began < 15


def test_generator_gives_the_same_for_the_same_seed(generator: ModuleType) -> None:
    first, again, other = (list(generator.generate(40, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len({v.encounter for v in first}) == 40


# Broken tables: what cannot be used is named, the rest is coded

BROKEN: dict[str, tuple[int, list[str], set[str]]] = {
    # file: rows used, codes of what was rejected, codes of findings
    "empty.csv": (0, ["file-empty"], set()),
    "binary.csv": (0, ["kind-binary"], set()),
    "header-only.csv": (0, ["table-empty"], set()),
    "no-header.csv": (0, ["columns-missing"], set()),
    "no-drug-column.csv": (0, ["columns-missing"], set()),
    "no-times-column.csv": (0, ["columns-missing"], set()),
    "date-only-times.csv": (1, ["date-only"], set()),
    "impossible-times.csv": (2, ["time-impossible", "time-impossible", "time-unreadable"], {"stop-not-after-start"}),
    "missing-encounter.csv": (1, ["encounter-empty", "drug-empty"], set()),
    "unknown-action.csv": (2, ["action-unknown"], set()),
    "ragged.csv": (1, ["row-shifted", "time-empty"], set()),
    "old-encoding.csv": (1, [], {"encoding-assumed"}),
    "stop-without-start.csv": (2, [], {"action-without-start"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_table_is_named_and_the_rest_is_coded(name: str) -> None:
    used, rejected, findings = BROKEN[name]
    result = _code(SAMPLE / "bad" / name)
    assert result.used == used
    assert [r.code for r in result.rejected] == rejected
    assert all(r.message and r.fix for r in result.rejected)
    found = {f.code for f in result.findings} | {f.code for e in result.encounters for f in e.findings}
    assert findings <= found


def test_every_broken_table_is_described_and_tested() -> None:
    files = {p.name for p in (SAMPLE / "bad").glob("*.csv")}
    described = (SAMPLE / "bad" / "README.md").read_text(encoding="utf-8")
    assert files == set(BROKEN)
    assert [name for name in files if f"`{name}`" not in described] == []
