"""An audit for other programs: JSON (``infusion-timeline-audit/1``) and CSV, one row a variance or supported line."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

from reports.safe_text import cell_text, without_surrogates
from reports.sentences import AMOUNT_BASIS
from reports.variance import Audit, Place, Variance
from reports.variance_totals import Total, by_code, by_pattern, by_status

SCHEMA = "infusion-timeline-audit/1"
COLUMNS = (
    "encounter_id", "status", "code", "units", "billed_modifiers", "billed_date", "supported_modifiers",
    "supported_date", "pattern", "cause", "amount", "charge", "administrations",
)  # fmt: skip

Json = dict[str, Any]


def audit_json(audit: Audit) -> str:
    """One document, ending with a line feed; ``amount`` is null without rates, ``charge`` without prices."""
    document = {
        "schema": SCHEMA,
        "billed": {"file": audit.billed.name, "sha256": audit.billed.sha256, "form": audit.billed.form},
        "policy": {"name": audit.result.policy.name, "version": audit.result.policy.version},
        "summary": {
            "encounters": len(audit.encounters),
            "differ": sum(e.differs for e in audit.encounters),
            "billed_records": audit.billed.records,
            "billed_used": len(audit.billed.lines),
            "amount_basis": AMOUNT_BASIS if audit.priced else None,
            "by_status": [_total(t) for t in by_status(audit)],
            "by_pattern": [_total(t) for t in by_pattern(audit)],
            "by_code": [_total(t) for t in by_code(audit)],
        },
        "encounters": [
            {"encounter_id": e.encounter_id, "in_record": e.coded is not None, "rows": [_row(r) for r in e.rows]}
            for e in audit.encounters
        ],
        "billed_ignored": [{"reason": i.reason, "count": i.count} for i in audit.billed.ignored],
        "billed_rejected": [
            {"record": r.source.record, "row": r.source.row, "code": r.code, "message": r.message, "fix": r.fix}
            for r in audit.billed.rejected
        ],
    }
    return json.dumps(without_surrogates(document), ensure_ascii=False, indent=1) + "\n"


def _total(total: Total) -> Json:
    return {
        "name": total.name,
        "rows": total.rows,
        "units": total.units,
        "encounters": total.encounters,
        "amount": total.amount,
        "charge": _number(total.charge),
    }


def _row(row: Variance) -> Json:
    return {
        "status": row.status,
        "code": row.code,
        "units": row.units,
        "billed": _place(row.billed),
        "supported": _place(row.supported),
        "pattern": row.pattern or None,
        "cause": row.cause or None,
        "amount": row.amount,
        "charge": _number(row.charge),
        "administrations": list(row.administrations),
    }


def _place(place: Place | None) -> Json | None:
    return None if place is None else {"modifiers": list(place.modifiers), "date": place.date.isoformat()}


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def audit_csv(audit: Audit) -> str:
    """One row a variance or supported line, in the order of the encounters."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in audit.rows():
        writer.writerow(
            [
                cell_text(row.encounter_id),
                row.status,
                row.code,
                row.units,
                *_cells(row.billed),
                *_cells(row.supported),
                row.pattern,
                cell_text(row.cause) if row.cause else "",
                "" if row.amount is None else f"{row.amount:.2f}",
                "" if row.charge is None else f"{row.charge:.2f}",
                "; ".join(row.administrations),
            ]
        )
    return out.getvalue()


def _cells(place: Place | None) -> list[str]:
    return ["", ""] if place is None else [" ".join(place.modifiers), place.date.isoformat()]
