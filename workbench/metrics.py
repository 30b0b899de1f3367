"""A nightly run as Prometheus metrics, for the text file that a node exporter collects: counts and times only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reports.night import NightReport
from reports.night_counts import changed, ignored_reasons

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

PREFIX = "infusion_timeline_"
_STAGE = re.compile(r"[a-z]{1,20}(?:[-_][a-z]{1,20}){0,3}")
_CODE = re.compile(r"[a-z]{1,20}(?:-[a-z0-9]{1,20}){0,6}")
_NUMBER = re.compile(r"\d{3}")
OTHER = "other"
"""Label of a rejected record whose code does not look like one of ours."""


def metrics_text(report: NightReport, seconds: Mapping[str, float], store_bytes: int | None) -> str:
    """The metrics of one run in the Prometheus text format, ending with a line feed.

    ``seconds`` by stage, whose names are lower-case words joined by ``-`` or ``_`` (:class:`ValueError` otherwise);
    ``store_bytes`` of the database on disk, ``None`` where it cannot be known.  Without rates the amounts are left out.
    A dry run has no time of success.  Needs ``prometheus_client`` (the extra ``store``).
    """
    from prometheus_client import CollectorRegistry, generate_latest

    strange = [stage for stage in seconds if not _STAGE.fullmatch(stage)]
    if strange:
        raise ValueError(f"{len(strange)} names of stages are not made of lower-case words")
    gauges = _Gauges(CollectorRegistry())
    _run(gauges, report)
    _read(gauges, report)
    _changes(gauges, report)
    _store(gauges, report, store_bytes)
    gauges.split("stage_seconds", "Seconds the run spent in a stage.", "stage", seconds)
    return generate_latest(gauges.registry).decode("utf-8")


class _Gauges:
    """Gauges under one prefix, in a registry of their own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry

    def set(self, name: str, meaning: str, value: float | None) -> None:
        """A gauge without labels; none where the value is not known."""
        from prometheus_client import Gauge

        if value is not None:
            Gauge(PREFIX + name, meaning, registry=self.registry).set(value)

    def split(self, name: str, meaning: str, label: str, values: Mapping[str, float]) -> None:
        """A gauge by one label, in the order of its values."""
        from prometheus_client import Gauge

        gauge = Gauge(PREFIX + name, meaning, [label], registry=self.registry)
        for key in sorted(values):
            gauge.labels(key).set(values[key])


def _run(gauges: _Gauges, report: NightReport) -> None:
    done = None if report.dry_run else report.finished.timestamp()
    gauges.set("last_success_timestamp_seconds", "When the last run was completed, Unix time.", done)
    gauges.set("run_number", "Number of the run.", report.run)
    gauges.set("run_dry", "1 for a dry run, which stores nothing.", int(report.dry_run))
    gauges.set("run_resumed", "How often the run was broken off and taken up again.", report.resumed)
    took = (report.finished - report.started).total_seconds()
    gauges.set("run_duration_seconds", "From the start of the run to its end, breaks included.", took)


def _read(gauges: _Gauges, report: NightReport) -> None:
    t = report.totals
    gauges.split("files", "Files in the inboxes.", "outcome", {"new": t.files_new, "known": t.files_known})
    records = {"used": t.used, "ignored": t.ignored, "rejected": t.rejected}
    gauges.split("records", "Records of the new files.", "outcome", records)
    codes = Counter(_code(entry.code) for entry in report.rejected)
    gauges.split("rejected", "Rejected records and inputs by code.", "code", codes)
    gauges.set("ignored_reasons", "Different reasons for which records were ignored.", len(ignored_reasons(report)))
    gauges.set("events_new", "New charted events that were kept.", t.events)


def _code(code: str) -> str:
    return code if _CODE.fullmatch(code) and not _NUMBER.search(code) else OTHER


def _changes(gauges: _Gauges, report: NightReport) -> None:
    t = report.totals
    encounters = {
        "touched": t.encounters_touched,
        "coded": t.encounters_coded,
        "new": t.encounters_new,
        "changed": t.encounters_changed,
        "removed": t.encounters_removed,
    }
    gauges.split("encounters", "Encounters of the run; one may count under several outcomes.", "outcome", encounters)
    lines = {"new": t.lines_new, "withdrawn": t.lines_withdrawn, "changed": t.lines_changed}
    gauges.split("lines", "Lines that differ from what was last reported.", "outcome", lines)
    kinds = Counter(kind.replace(" ", "_") for change in changed(report) for kind in {c.kind for c in change.causes})
    gauges.split("changed_by_cause", "Changed encounters in which a kind of cause had a part.", "cause", kinds)
    gauges.set("amount_change_dollars", "Medicare national unadjusted, after less before.", t.amount_change)


def _store(gauges: _Gauges, report: NightReport, store_bytes: int | None) -> None:
    t = report.totals
    gauges.set("store_encounters", "Encounters in the store.", t.encounters)
    gauges.set("store_lines", "Coded lines in the store.", t.lines)
    gauges.set("store_queries_open", "Open queries in the store.", t.queries_open)
    gauges.set("store_amount_dollars", "Medicare national unadjusted, of all lines in the store.", t.amount)
    gauges.set("store_bytes", "Size of the store on disk.", store_bytes)
