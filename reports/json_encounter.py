"""One coded encounter in the published JSON: timeline, lines, queries and every minute, with the evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from math import isfinite
from typing import Any

from parsers.events import Finding, Source
from reports.clock_text import whole_minutes
from reports.json_history import past_entry_dict, pump_dict
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

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


class _Clock:
    """Times and places of one encounter as the JSON shows them, each put into words once: evidence repeats them."""

    __slots__ = ("_places", "_times", "_zone")

    def __init__(self, timeline: EncounterTimeline) -> None:
        self._zone = timeline.zone
        self._times: dict[datetime, str] = {}
        self._places: dict[int, Json] = {}
        """By ``id``: the encounter that is written holds its sources."""

    def time(self, time: datetime | None) -> str | None:
        """ISO 8601 on the encounter's own clock, with the offset."""
        if time is None:
            return None
        text = self._times.get(time)
        if text is None:
            text = self._times[time] = time.astimezone(self._zone).isoformat()
        return text

    def source(self, source: Source) -> Json:
        """:func:`source_dict`, once for each source."""
        place = self._places.get(id(source))
        if place is None:
            place = self._places[id(source)] = source_dict(source)
        return place


def encounter_dict(coded: CodedEncounter) -> Json:
    """The encounter as plain values; times ISO 8601 on its own clock, with the offset."""
    timeline = coded.timeline
    clock = _Clock(timeline)
    return {
        "encounter_id": timeline.id,
        "patient_id": timeline.patient_id,
        "start": clock.time(timeline.start),
        "stop": clock.time(timeline.stop),
        "policy_version": coded.policy_version,
        "administrations": [_administration(coded, clock, a) for a in timeline.administrations],
        "overlaps": [
            {"access": o.access, "administrations": list(o.administrations), **_stretch(clock, o.start, o.stop)}
            for o in timeline.overlaps
        ],
        "gaps": [{"access": g.access, **_stretch(clock, g.start, g.stop)} for g in timeline.gaps],
        "lines": [_line(clock, line) for line in coded.lines],
        "queries": [_query(clock, query) for query in coded.queries],
        "assumptions": [
            {
                "what": a.what,
                "administration": a.administration,
                "assumed": a.assumed,
                "because": _because(clock, a.because),
            }
            for a in coded.assumptions
        ],
        "unbilled": [_uncharged(clock, u) for u in coded.unbilled],
        "ledger": [_ledger(row) for row in coded.ledger],
        "findings": [finding_dict(f, clock.source) for f in coded.findings],
        "amount": coded.amount,
        "amount_in_query": coded.amount_in_query,
        "arrival": clock.time(timeline.arrival),
        "departure": clock.time(timeline.departure),
        "inpatient_from": clock.time(timeline.inpatient_from),
        "withdrawn": [past_entry_dict(e, clock.time, clock.source) for e in timeline.withdrawn],
    }


def _administration(coded: CodedEncounter, clock: _Clock, a: Administration) -> Json:
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
        "start": clock.time(a.start),
        "stop": clock.time(a.stop),
        "stop_evidence": a.stop_evidence,
        "minutes": a.minutes,
        "bags": [clock.time(t) for t in a.bags],
        "segments": _segments(clock, a),
        "sources": [clock.source(s) for s in a.sources],
        "open_since": clock.time(a.open_since),
        "last_seen": clock.time(a.last_seen),
        "access_evidence": a.access_evidence or ("charted" if a.access else None),
        "history": [past_entry_dict(e, clock.time, clock.source) for e in a.history],
        "pump": pump_dict(a.pump, clock.source),
        "pump_only": a.pump_only,
    }


def _segments(clock: _Clock, a: Administration) -> list[Json]:
    """Each segment's minutes as the difference of floored running totals, so that they add up (rulebook 0a)."""
    out, seconds = [], 0
    for s in a.segments:
        minutes = (seconds + s.seconds) // 60 - seconds // 60
        seconds += s.seconds
        out.append({"start": clock.time(s.start), "stop": clock.time(s.stop), "minutes": minutes})
    return out


def _line(clock: _Clock, line: Line) -> Json:
    return {
        "id": line.id,
        "code": line.code,
        "units": line.units,
        "modifiers": list(line.modifiers),
        "date": line.date.isoformat(),
        "administrations": list(line.administrations),
        "minutes": line.minutes,
        "rule": line.rule,
        "because": _because(clock, line.because),
        "amount": line.amount,
        "answered": line.answered,
        "amount_reason": line.amount_reason or None,
    }


def _query(clock: _Clock, query: Query) -> Json:
    return {
        "id": query.id,
        "what": query.what,
        "administration": query.administration,
        "question": query.question,
        "from": clock.time(query.from_),
        "to": clock.time(query.to),
        "outcomes": [_outcome(clock, o) for o in query.outcomes],
        "held": [{"code": code} for code in query.held],
        "sources": [clock.source(s) for s in query.sources],
    }


def _outcome(clock: _Clock, outcome: Outcome) -> Json:
    return {
        "if": outcome.if_,
        "from": clock.time(outcome.from_),
        "to": clock.time(outcome.to),
        "lines": [{"code": x.code, "units": x.units, "modifiers": list(x.modifiers)} for x in outcome.lines],
        "amount": outcome.amount,
    }


def _uncharged(clock: _Clock, u: Uncharged) -> Json:
    return {
        "administration": u.administration,
        "minutes": u.minutes,
        "status": u.status,
        "reason": u.reason,
        "rule": u.rule,
        "because": _because(clock, u.because),
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


def _because(clock: _Clock, because: Because) -> Json:
    """The tree of evidence, children inside."""
    policy = because.policy
    return {
        "rule": because.rule,
        "text": because.text,
        "values": {str(k): plain(v, clock.time) for k, v in because.values.items()},
        "intervals": [
            {"administration": i, "start": clock.time(start), "stop": clock.time(stop)}
            for i, start, stop in because.intervals
        ],
        "policy": None
        if policy is None
        else {"key": policy.key, "value": plain(policy.value, clock.time), "version": policy.version},
        "citation": because.citation,
        "confidence": because.confidence,
        "sources": [clock.source(s) for s in because.sources],
        "children": [_because(clock, child) for child in because.children],
    }


def finding_dict(finding: Finding, place: Callable[[Source], Json] | None = None) -> Json:
    """A finding; ``source`` is ``None`` where it stands on no single record; ``place`` may remember places."""
    return {
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "fix": finding.fix,
        "source": None if finding.source is None else (place or source_dict)(finding.source),
        "administrations": list(finding.administrations),
    }


def source_dict(source: Source) -> Json:
    """The place in the input; what is absent is left out (only here), and the byte offset is never published."""
    place: Json = {"file": source.file}
    for key, value in (
        ("record", source.record),
        ("row", source.row),
        ("control_id", source.control_id),
        ("segment", source.segment),
        ("field", source.field),
    ):
        if value is not None:
            place[key] = value
    return place


def plain(value: object, local: Callable[[datetime], str | None] | None = None) -> Any:
    """A value of the evidence as JSON holds it: times by ``local`` where given, sets sorted, NaN as null."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        return local(value) if local and value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(k): plain(v, local) for k, v in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((plain(v, local) for v in value), key=str)
    if isinstance(value, tuple | list):
        return [plain(v, local) for v in value]
    return str(value)


def _stretch(clock: _Clock, start: datetime, stop: datetime) -> Json:
    return {
        "start": clock.time(start),
        "stop": clock.time(stop),
        "minutes": whole_minutes(start, stop),
    }
