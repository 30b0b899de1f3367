"""The nightly report as JSON: held against its published schema, everything in it."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from functools import cache
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from reports.night import Cause, CauseKind, NightReport, NightTotals
from reports.night_json import night_json, night_schema
from tests.reports.night_charts import (
    ADDED_HOUR,
    DRY,
    MERGED,
    QUIET,
    TAKEN_BACK,
    encounter,
    hundreds,
    late_stop,
    line,
    night,
)


@cache
def _validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(night_schema())
    return Draft202012Validator(night_schema())


def document(report: NightReport) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(night_json(report))
    _validator().validate(loaded)
    return loaded


@pytest.mark.parametrize("report", [QUIET, ADDED_HOUR, TAKEN_BACK, MERGED, DRY, hundreds()], ids=range(6))
def test_every_night_is_as_the_schema_says(report: NightReport) -> None:
    assert len(document(report)["encounters"]) == len(report.changes)


def test_a_late_entry_that_adds_an_hour() -> None:
    made = document(ADDED_HOUR)
    assert made["run"] == {
        "number": 12,
        "dry_run": False,
        "started": "2026-03-12T06:00:00+00:00",
        "finished": "2026-03-12T06:04:10+00:00",
        "resumed": 0,
        "version": "0.2.0",
        "policy": {"name": "facility", "version": "2026-01-01"},
        "timezone": "America/New_York",
        "profile": None,
    }
    assert made["amount_basis"] == "Medicare national unadjusted"
    assert made["encounters"] == [
        {
            "encounter_id": "E1001",
            "patient_id": "P7",
            "date": "2026-03-10",
            "first_time": False,
            "lines": [
                {
                    "change": "changed",
                    "line": "l96366",
                    "code": "96366",
                    "modifiers": [],
                    "date": "2026-03-10",
                    "units_before": 1,
                    "units_after": 2,
                    "amount_before": 42.11,
                    "amount_after": 84.22,
                    "drug": "vancomycin",
                    "reason": "Vancomycin ran 135 minutes, 08:00-10:15.",
                    "causes": [0],
                }
            ],
            "queries_before": 1,
            "queries_after": 0,
            "queries_opened": 0,
            "queries_closed": 1,
            "amount_before": 242.11,
            "amount_after": 284.22,
            "causes": [
                {
                    "kind": "late entry",
                    "text": "Stop of 10:15, charted 22 h 57 min later.",
                    "drug": "vancomycin",
                    "action": "stopped",
                    "time": "2026-03-10T10:15:00-04:00",
                    "recorded_at": "2026-03-11T09:12:00-04:00",
                    "nurse": "N01",
                    "department": "ONC",
                    "file": "mar_0311.csv",
                    "record": 14,
                }
            ],
        }
    ]
    assert made["files"][0]["ignored"] == [
        {"reason": "an exact copy of an earlier row", "count": 9},
        {"reason": "a blank row", "count": 1},
    ]
    assert made["rejected"][0] == {
        "source": {"file": "mar_0311.csv", "row": 20},
        "code": "time-unreadable",
        "message": "'time' holds 9/99.",
        "fix": "Write it with a year.",
    }
    counts = {"late_entries": 1, "corrections": 0, "encounters": 1, "median_delay_minutes": 22 * 60 + 57}
    assert made["delays"] == [{"unit": "ONC", **counts, "nurses": [{"nurse": "N01", **counts}]}]


def test_every_count_of_the_totals_is_there() -> None:
    assert list(document(ADDED_HOUR)["totals"]) == [field.name for field in fields(NightTotals)]
    assert document(ADDED_HOUR)["totals"]["events"] == 138


def test_first_time_encounters_are_summed_up_by_code() -> None:
    assert document(MERGED)["first_time"] == [
        {"code": "96374", "lines": 2, "units": 3, "amount": 450.0},
        {"code": "96375", "lines": 1, "units": 1, "amount": 47.84},
    ]
    assert document(MERGED)["findings"][0]["code"] == "rules-changed"


def test_without_rates_amounts_are_null() -> None:
    made = document(night(encounter("E1", line("new", "96365", 0, 1))))
    assert made["amount_basis"] is None
    assert made["encounters"][0]["amount_after"] is None


def test_the_schema_knows_every_kind_of_cause() -> None:
    assert night_schema()["$defs"]["cause"]["properties"]["kind"]["enum"] == list(get_args(CauseKind))


@pytest.mark.parametrize("kind", get_args(CauseKind))
def test_only_late_entries_and_corrections_are_counted_by_unit(kind: CauseKind) -> None:
    counted = document(night(encounter("E1", causes=(Cause(kind, "something happened"),))))["delays"]
    assert [unit["unit"] for unit in counted] == (["not charted"] if kind in ("late entry", "correction") else [])


def test_amounts_are_whole_cents_and_half_a_surrogate_is_written() -> None:
    halved = line("changed", "96366", 1, 2, (0.1 + 0.2, 42.109999))
    change = encounter("E\ud800", halved, causes=(replace(late_stop(), nurse="\udfff"),))
    made = document(night(change))
    assert made["encounters"][0]["lines"][0]["amount_before"] == 0.3
    assert made["encounters"][0]["lines"][0]["amount_after"] == 42.11
    assert made["encounters"][0]["encounter_id"] == "E\ufffd"
