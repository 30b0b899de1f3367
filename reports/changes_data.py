"""A comparison for other programs: JSON (``infusion-timeline-changes/1``) and CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from reports.changes import Comparison, EncounterChange, Side
from reports.safe_text import cell_text, without_surrogates
from reports.sentences import AMOUNT_BASIS
from timeline.policy_difference import Difference

SCHEMA = "infusion-timeline-changes/1"
COLUMNS = (
    "encounter_id",
    "encounter_date",
    "what",
    "date",
    "code",
    "modifiers",
    "a",
    "b",
    "amount_a",
    "amount_b",
    "cause",
    "together",
    "rule",
)

Json = dict[str, Any]


def changes_json(comparison: Comparison) -> str:
    """One document, ending with a line feed; amounts are ``null`` without rates."""
    document = {
        "schema": SCHEMA,
        "a": _side(comparison.a),
        "b": _side(comparison.b),
        "differences": [_difference(d) for d in comparison.differences],
        "summary": {
            "encounters": comparison.encounters,
            "changed": len(comparison.changed),
            "amount_basis": AMOUNT_BASIS if comparison.priced else None,
        },
        "encounters": [_encounter(change) for change in comparison.changed],
    }
    return json.dumps(without_surrogates(document), ensure_ascii=False, indent=1) + "\n"


def _side(side: Side) -> Json:
    return {
        "label": side.label,
        "policy": {
            "name": side.policy.name,
            "version": side.policy.version,
            "sha256": side.policy.sha256,
            "switches": dict(side.policy.switches),
        },
        "units": dict(side.units),
        "queries": side.queries,
        "amount": side.amount,
    }


def _difference(difference: Difference) -> Json:
    return {"switch": difference.key, "rule": difference.rule, "a": difference.a, "b": difference.b}


def _encounter(change: EncounterChange) -> Json:
    return {
        "encounter_id": change.encounter_id,
        "date": change.start.isoformat() if change.start else None,
        "lines": [
            {
                "code": line.code,
                "modifiers": list(line.modifiers),
                "date": line.date.isoformat(),
                "units_a": line.units_a,
                "units_b": line.units_b,
                "amount_a": line.amount_a,
                "amount_b": line.amount_b,
            }
            for line in change.lines
        ],
        "queries_a": change.queries_a,
        "queries_b": change.queries_b,
        "queries_differ": change.queries_differ,
        "amount_a": change.amount_a,
        "amount_b": change.amount_b,
        "causes": [_difference(cause) for cause in change.causes],
        "together": not change.alone,
    }


def changes_csv(comparison: Comparison) -> str:
    """One row a line that differs (``what`` = units), and one where the queries differ (``what`` = queries)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for change in comparison.changed:
        head = [cell_text(change.encounter_id), change.start.isoformat() if change.start else ""]
        tail = [
            " ".join(cause.key for cause in change.causes),
            "no" if change.alone else "yes",
            "; ".join(cause.rule for cause in change.causes),
        ]
        for line in change.lines:
            amounts = [_amount(line.amount_a), _amount(line.amount_b)]
            units = [line.units_a, line.units_b]
            modifiers = " ".join(line.modifiers)
            writer.writerow([*head, "units", line.date.isoformat(), line.code, modifiers, *units, *amounts, *tail])
        if change.queries_differ:
            writer.writerow([*head, "queries", "", "", "", change.queries_a, change.queries_b, "", "", *tail])
    return out.getvalue()


def _amount(amount: float | None) -> str:
    return "" if amount is None else f"{amount:.2f}"
