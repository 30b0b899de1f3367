"""The report of a nightly run for other programs: JSON (``infusion-timeline-night/1``)."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from importlib.resources import files
from typing import Any

import msgspec

from parsers.events import Rejected
from reports.json_encounter import finding_dict, source_dict
from reports.night import Cause, EncounterChange, LineChange, NightFile, NightReport, NightTotals
from reports.night_counts import by_code, first_time, priced
from reports.night_delays import DelayCounts, UnitDelay, delays
from reports.safe_text import without_surrogates
from reports.sentences import AMOUNT_BASIS

SCHEMA = "infusion-timeline-night/1"
SCHEMA_FILE = "infusion-timeline-night-1.schema.json"

Json = dict[str, Any]


def night_schema() -> Json:
    """The published JSON Schema (2020-12) of :func:`night_json`, read from the package."""
    text = files("reports").joinpath("schemas", SCHEMA_FILE).read_text(encoding="utf-8")
    loaded: Json = json.loads(text)
    return loaded


def night_json(report: NightReport) -> str:
    """Everything in the report as one document, ending with a line feed.

    Times are ISO 8601 with their offset, amounts US dollars in whole cents (``null`` without rates).  It carries
    encounter and patient ids, drugs, times and nurses: a health record.
    """
    document = {
        "schema": SCHEMA,
        "run": {
            "number": report.run,
            "dry_run": report.dry_run,
            "started": report.started.isoformat(),
            "finished": report.finished.isoformat(),
            "resumed": report.resumed,
            "version": report.version,
            "policy": {"name": report.policy, "version": report.policy_version},
            "timezone": report.timezone,
            "profile": report.profile,
        },
        "totals": _totals(report.totals),
        "amount_basis": AMOUNT_BASIS if priced(report) else None,
        "files": [_file(file) for file in report.files],
        "rejected": [_rejected(rejected) for rejected in report.rejected],
        "findings": [finding_dict(finding) for finding in report.findings],
        "encounters": [_encounter(change) for change in report.changes],
        "queries": [
            {
                "encounter_id": query.encounter_id,
                "id": query.id,
                "what": query.what,
                "administration": query.administration,
                "question": query.question,
            }
            for query in report.queries
        ],
        "first_time": [
            {"code": code.code, "lines": code.lines, "units": code.units_more, "amount": code.amount}
            for code in by_code(first_time(report))
        ],
        "delays": [_unit(unit) for unit in delays(report.changes)],
    }
    plain = msgspec.json.encode(without_surrogates(document))
    return msgspec.json.format(plain, indent=1).decode() + "\n"


def _totals(totals: NightTotals) -> Json:
    return asdict(totals) | {
        "amount": _dollars(totals.amount),
        "amount_change": _dollars(totals.amount_change),
    }


def _dollars(amount: float | None) -> float | None:
    return None if amount is None else round(amount, 2) + 0.0  # no -0.0


def _file(file: NightFile) -> Json:
    return {
        "file": file.name,
        "kind": file.kind,
        "records": file.records,
        "used": file.used,
        "ignored": [{"reason": reason, "count": count} for reason, count in file.ignored.items()],
        "rejected": file.rejected,
        "findings": [finding_dict(finding) for finding in file.findings],
    }


def _rejected(rejected: Rejected) -> Json:
    return {
        "source": source_dict(rejected.source),
        "code": rejected.code,
        "message": rejected.message,
        "fix": rejected.fix,
    }


def _encounter(change: EncounterChange) -> Json:
    return {
        "encounter_id": change.encounter_id,
        "patient_id": change.patient_id,
        "date": _iso(change.day),
        "first_time": change.first_time,
        "lines": [_line(line) for line in change.lines],
        "queries_before": change.queries_before,
        "queries_after": change.queries_after,
        "queries_opened": change.queries_opened,
        "queries_closed": change.queries_closed,
        "amount_before": _dollars(change.amount_before),
        "amount_after": _dollars(change.amount_after),
        "causes": [_cause(cause) for cause in change.causes],
    }


def _line(line: LineChange) -> Json:
    return {
        "change": line.kind,
        "line": line.line,
        "code": line.code,
        "modifiers": list(line.modifiers),
        "date": line.date.isoformat(),
        "units_before": line.units_before,
        "units_after": line.units_after,
        "amount_before": _dollars(line.amount_before),
        "amount_after": _dollars(line.amount_after),
        "drug": line.drug,
        "reason": line.reason,
        "causes": list(line.causes),
    }


def _cause(cause: Cause) -> Json:
    return {
        "kind": cause.kind,
        "text": cause.text,
        "drug": cause.drug,
        "action": cause.action,
        "time": _iso(cause.time),
        "recorded_at": _iso(cause.recorded_at),
        "nurse": cause.nurse,
        "department": cause.department,
        "file": cause.file,
        "record": cause.record,
    }


def _iso(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _unit(unit: UnitDelay) -> Json:
    nurses = [{"nurse": nurse.nurse, **_counts(nurse.counts)} for nurse in unit.nurses]
    return {"unit": unit.unit, **_counts(unit.counts), "nurses": nurses}


def _counts(counts: DelayCounts) -> Json:
    delay = counts.median_delay
    return {
        "late_entries": counts.late_entries,
        "corrections": counts.corrections,
        "encounters": counts.encounters,
        "median_delay_minutes": None if delay is None else int(delay.total_seconds()) // 60,
    }
