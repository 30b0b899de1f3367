"""One coded encounter in the published JSON: timeline, lines, queries and every minute, with the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from math import isfinite
from typing import Any

from parsers.events import Finding, Source
from reports.clock_text import whole_minutes
from timeline.model import (
    Administration,
    Because,
    CodedEncounter,
    EncounterTimeline,
    LedgerRow,
    Line,
    Outcome,
    Query,
    Uncharged,
)

Json = dict[str, Any]


def encounter_dict(coded: CodedEncounter) -> Json:
    """The encounter as plain values; times ISO 8601 on its own clock, with the offset."""
    timeline = coded.timeline
    return {
        "encounter_id": timeline.id,
        "patient_id": timeline.patient_id,
        "start": _time(timeline, timeline.start),
        "stop": _time(timeline, timeline.stop),
        "policy_version": coded.policy_version,
        "administrations": [_administration(coded, a) for a in timeline.administrations],
        "overlaps": [
            {"access": o.access, "administrations": list(o.administrations), **_stretch(timeline, o.start, o.stop)}
            for o in timeline.overlaps
        ],
        "gaps": [{"access": g.access, **_stretch(timeline, g.start, g.stop)} for g in timeline.gaps],
        "lines": [_line(timeline, line) for line in coded.lines],
        "queries": [_query(timeline, query) for query in coded.queries],
        "assumptions": [
            {
                "what": a.what,
                "administration": a.administration,
                "assumed": a.assumed,
                "because": because_dict(timeline, a.because),
            }
            for a in coded.assumptions
        ],
        "unbilled": [_uncharged(timeline, u) for u in coded.unbilled],
        "ledger": [_ledger(row) for row in coded.ledger],
        "findings": [finding_dict(f) for f in coded.findings],
        "amount": coded.amount,
        "amount_in_query": coded.amount_in_query,
    }


def _administration(coded: CodedEncounter, a: Administration) -> Json:
    timeline = coded.timeline
    return {
        "id": a.id,
        "order_id": a.order_id,
        "drug": a.drug,
        "components": list(a.components),
        "category": a.category,
        "category_basis": a.category_basis,
        "kind": coded.kinds.get(a.id, "other"),
        "route": None if a.route is None else a.route.value,
        "access": a.access,
        "start": _time(timeline, a.start),
        "stop": _time(timeline, a.stop),
        "stop_evidence": a.stop_evidence,
        "minutes": a.minutes,
        "bags": [_time(timeline, t) for t in a.bags],
        "segments": _segments(timeline, a),
        "sources": [source_dict(s) for s in a.sources],
        "open_since": _time(timeline, a.open_since),
        "last_seen": _time(timeline, a.last_seen),
    }


def _segments(timeline: EncounterTimeline, a: Administration) -> list[Json]:
    """Each segment's minutes as the difference of floored running totals, so that they add up (rulebook 0a)."""
    out, seconds = [], 0
    for s in a.segments:
        minutes = (seconds + s.seconds) // 60 - seconds // 60
        seconds += s.seconds
        out.append({"start": _time(timeline, s.start), "stop": _time(timeline, s.stop), "minutes": minutes})
    return out


def _line(timeline: EncounterTimeline, line: Line) -> Json:
    return {
        "id": line.id,
        "code": line.code,
        "units": line.units,
        "modifiers": list(line.modifiers),
        "date": line.date.isoformat(),
        "administrations": list(line.administrations),
        "minutes": line.minutes,
        "rule": line.rule,
        "because": because_dict(timeline, line.because),
        "amount": line.amount,
        "answered": line.answered,
        "amount_reason": line.amount_reason or None,
    }


def _query(timeline: EncounterTimeline, query: Query) -> Json:
    return {
        "id": query.id,
        "what": query.what,
        "administration": query.administration,
        "question": query.question,
        "from": _time(timeline, query.from_),
        "to": _time(timeline, query.to),
        "outcomes": [_outcome(timeline, o) for o in query.outcomes],
        "held": [{"code": code} for code in query.held],
        "sources": [source_dict(s) for s in query.sources],
    }


def _outcome(timeline: EncounterTimeline, outcome: Outcome) -> Json:
    return {
        "if": outcome.if_,
        "from": _time(timeline, outcome.from_),
        "to": _time(timeline, outcome.to),
        "lines": [{"code": x.code, "units": x.units, "modifiers": list(x.modifiers)} for x in outcome.lines],
        "amount": outcome.amount,
    }


def _uncharged(timeline: EncounterTimeline, u: Uncharged) -> Json:
    return {
        "administration": u.administration,
        "minutes": u.minutes,
        "status": u.status,
        "reason": u.reason,
        "rule": u.rule,
        "because": because_dict(timeline, u.because),
    }


def _ledger(row: LedgerRow) -> Json:
    return {
        "administration": row.administration,
        "documented": row.documented,
        "charged": row.charged,
        "included": row.included,
        "unbilled": row.unbilled,
        "queried": row.queried,
    }


def because_dict(timeline: EncounterTimeline, because: Because) -> Json:
    """The tree of evidence, children inside."""
    policy = because.policy
    return {
        "rule": because.rule,
        "text": because.text,
        "values": {str(k): plain(v, timeline) for k, v in because.values.items()},
        "intervals": [
            {"administration": i, "start": _time(timeline, start), "stop": _time(timeline, stop)}
            for i, start, stop in because.intervals
        ],
        "policy": None
        if policy is None
        else {"key": policy.key, "value": plain(policy.value, timeline), "version": policy.version},
        "citation": because.citation,
        "confidence": because.confidence,
        "sources": [source_dict(s) for s in because.sources],
        "children": [because_dict(timeline, child) for child in because.children],
    }


def finding_dict(finding: Finding) -> Json:
    """A finding; ``source`` is ``None`` where it stands on no single record."""
    return {
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "fix": finding.fix,
        "source": None if finding.source is None else source_dict(finding.source),
        "administrations": list(finding.administrations),
    }


def source_dict(source: Source) -> Json:
    """The place in the input; what is absent is left out (only here), and the byte offset is never published."""
    keys = ("file", "record", "row", "control_id", "segment", "field")
    values = ((key, getattr(source, key)) for key in keys)
    return {key: value for key, value in values if value is not None}


def plain(value: object, timeline: EncounterTimeline | None = None) -> Any:
    """A value of the evidence as JSON holds it: times on the encounter's clock, sets sorted, NaN as null."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        return (timeline.local(value) if timeline and value.tzinfo else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(k): plain(v, timeline) for k, v in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((plain(v, timeline) for v in value), key=str)
    if isinstance(value, tuple | list):
        return [plain(v, timeline) for v in value]
    return str(value)


def _time(timeline: EncounterTimeline, time: datetime | None) -> str | None:
    return None if time is None else timeline.local(time).isoformat()


def _stretch(timeline: EncounterTimeline, start: datetime, stop: datetime) -> Json:
    return {
        "start": _time(timeline, start),
        "stop": _time(timeline, stop),
        "minutes": whole_minutes(start, stop),
    }
