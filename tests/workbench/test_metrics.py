"""The metrics of a nightly run: read back by Prometheus' own parser, and without a word of a patient."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from parsers.events import Finding, Rejected, Source
from reports.night import NightFile, NightReport
from tests.house.places import ROOT
from tests.house.planted import ACCOUNT, GIVEN, MRN, NOTE, SURNAME, traces
from tests.reports.night_charts import ADDED_HOUR, DRY, MERGED, QUIET, TAKEN_BACK, encounter, late_stop, line, night
from workbench.metrics import metrics_text

PAGE = (ROOT / "docs" / "nightly-report.md").read_text("utf-8")


def samples(report: NightReport, seconds: dict[str, float] | None = None, size: int | None = None) -> dict[Any, float]:
    """Value by name, or by name and label, all under the one prefix."""
    found: dict[Any, float] = {}
    for family in text_string_to_metric_families(metrics_text(report, seconds or {}, size)):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            name = sample.name.removeprefix("infusion_timeline_")
            assert name != sample.name
            found[(name, *sample.labels.values()) if sample.labels else name] = sample.value
    return found


def test_a_late_entry_that_adds_an_hour() -> None:
    assert samples(ADDED_HOUR, {"read": 1.5, "code": 2.25}, 1024) == {
        "last_success_timestamp_seconds": 1773295450.0,  # 2026-03-12 06:04:10 UTC
        "run_number": 12.0,
        "run_dry": 0.0,
        "run_resumed": 0.0,
        "run_duration_seconds": 250.0,
        ("files", "new"): 1.0,
        ("files", "known"): 3.0,
        ("records", "used"): 140.0,
        ("records", "ignored"): 10.0,
        ("records", "rejected"): 2.0,
        ("rejected", "time-unreadable"): 1.0,
        ("rejected", "drug-missing"): 1.0,
        "ignored_reasons": 2.0,
        "events_new": 138.0,
        ("encounters", "touched"): 1.0,
        ("encounters", "coded"): 2.0,
        ("encounters", "new"): 0.0,
        ("encounters", "changed"): 1.0,
        ("encounters", "removed"): 0.0,
        ("lines", "new"): 0.0,
        ("lines", "withdrawn"): 0.0,
        ("lines", "changed"): 1.0,
        ("changed_by_cause", "late_entry"): 1.0,
        "amount_change_dollars": 42.11,
        "store_encounters": 1204.0,
        "store_lines": 3310.0,
        "store_queries_open": 40.0,
        "store_amount_dollars": 401242.61,
        "store_bytes": 1024.0,
        ("stage_seconds", "read"): 1.5,
        ("stage_seconds", "code"): 2.25,
    }


def test_a_dry_run_is_no_success_and_an_unknown_size_or_amount_is_left_out() -> None:
    dry = samples(DRY)
    assert "last_success_timestamp_seconds" not in dry
    assert dry["run_dry"] == 1.0
    assert not {"store_bytes", "amount_change_dollars", "store_amount_dollars"} & set(samples(night()))


def test_an_encounter_counts_once_by_each_kind_of_cause() -> None:
    found = samples(TAKEN_BACK)
    assert found["changed_by_cause", "correction"] == found["changed_by_cause", "late_entry"] == 1.0
    assert samples(MERGED)["changed_by_cause", "merge"] == 2.0


def test_the_same_run_gives_the_same_bytes_and_two_runs_do_not_mix() -> None:
    first = metrics_text(QUIET, {"read": 1.0}, 5)
    assert metrics_text(ADDED_HOUR, {}, None) != first
    assert metrics_text(QUIET, {"read": 1.0}, 5) == first


def test_no_identifier_reaches_the_metrics() -> None:
    planted = f"{GIVEN} {SURNAME} {MRN} {ACCOUNT} {NOTE}"
    cause = replace(late_stop(), text=planted, drug=planted, nurse=planted, department=planted, file=planted)
    report = night(
        encounter(ACCOUNT, line("new", "96365", 0, 1, drug=planted, reason=planted), patient_id=MRN, causes=(cause,)),
        files=(NightFile(planted, planted, 1, 0, {planted: 1}, 0, (Finding("info", "odd", planted),)),),
        rejected=(
            Rejected(Source(planted), planted, planted, planted),
            Rejected(Source(planted), f"code-{MRN}", planted, planted),
        ),
        policy=planted,
        profile=planted,
    )
    text = metrics_text(report, {"read": 1.0}, 1)
    assert traces(text) == []
    assert samples(report)["rejected", "other"] == 2.0


@pytest.mark.parametrize("stage", [f"stage {SURNAME}", MRN, "", "Read", "read-1"])
def test_a_stage_is_named_in_words(stage: str) -> None:
    with pytest.raises(ValueError, match="1 names of stages") as refused:
        metrics_text(QUIET, {stage: 1.0}, None)
    assert not stage or stage not in str(refused.value)


def test_every_metric_stands_in_the_document() -> None:
    made = set(re.findall(r"^# TYPE (\S+)", metrics_text(ADDED_HOUR, {"read": 1.0}, 1), re.MULTILINE))
    assert set(re.findall(r"^\| `(infusion_timeline_\w+)", PAGE, re.MULTILINE)) == made


def test_prometheus_is_imported_only_when_metrics_are_asked_for() -> None:
    script = (
        "import sys, workbench.metrics, workbench.run_log; print({'prometheus_client', 'structlog'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "set()\n"
