"""A check for other programs: JSON (``infusion-timeline-check/1``).  It holds no patient's values: shapes only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from parsers.events import AdministrationEvent, Rejected
from parsers.feed_profile import FIELDS, FeedFacts
from parsers.feed_words import UnknownWord
from parsers.shapes import shape
from parsers.table_profiles import TableUnderstanding
from parsers.vocabulary import nearest_actions
from reports.feed_health import Conformance, Health, Told, drug_shown, rows_shown
from reports.json_encounter import source_dict
from reports.json_output import product_version
from reports.safe_text import without_surrogates

SCHEMA = "infusion-timeline-check/1"

Json = dict[str, Any]


def health_json(health: Health) -> str:
    """One document, ending with a line feed."""
    sums = health.accounting
    document = {
        "schema": SCHEMA,
        "run": {
            "version": product_version(),
            "timezone": health.timezone,
            "profile": health.profile,
            "inputs": [
                {"file": i.file, "sha256": i.sha256, "kind": i.kind, "records": i.records} for i in health.inputs
            ],
        },
        "summary": {
            "records": sums.records,
            "used": sums.used,
            "ignored": sums.ignored,
            "rejected": sums.rejected,
            "not_opened": sums.closed,
            "encounters": health.encounters,
            "infusions": health.infusions.count,
            "infusions_without_stop": health.infusions.without_stop,
            "infusions_without_site": health.infusions.without_site,
            "other_administrations": health.infusions.pushes_and_others,
        },
        "ignored": [{"reason": entry.reason, "count": entry.count} for entry in health.ignored],
        "found": [_told(entry) for entry in health.told],
        "feed": None if health.feed is None or not health.feed.messages else _feed(health.feed),
        "tables": [_table(table) for table in health.tables],
        "routes": [
            {
                "word": word.shown if word.plain else None,
                "shape": shape(word.shown) if word.plain else word.shown,
                "route": str(word.route) if word.route else None,
                "count": word.count,
            }
            for word in health.routes
        ],
        "conformance": None if health.conformance is None else _conformance(health.conformance),
        "profile_lines": [asdict(line) for line in health.mending],
    }
    return json.dumps(without_surrogates(document), ensure_ascii=False, indent=1) + "\n"


def _told(entry: Told) -> Json:
    found: Json = {
        "severity": entry.severity,
        "code": entry.code,
        "count": entry.count,
        "message": entry.message,
        "fix": entry.fix,
    }
    return found | ({"first": source_dict(entry.source)} if entry.source is not None else {})


def _feed(facts: FeedFacts) -> Json:
    times = facts.times
    return {
        "messages": facts.messages,
        "administrations": facts.administrations,
        "senders": [
            {
                "sender": sender.label,
                "types": [
                    {"type": kind, "version": version, "messages": count}
                    for (kind, version), count in sender.types.most_common()
                ],
                "administrations": sender.administrations,
                "filled": {name: sender.filled[name] for name, _ in FIELDS},
                "found": {need: sender.found[need] for need in ("action", "encounter", "order", "site", "rate")},
            }
            for sender in facts.senders.values()
        ],
        "actions": [
            {"word": word, "action": str(action), "count": count}
            for (word, action), count in facts.words.known.most_common()
        ],
        "unknown_actions": _unknown(facts.words.unknown),
        "unknown_routes": _unknown(facts.words.routes),
        "times": {
            "with_offset": times.with_offset,
            "without_offset": times.without_offset,
            "date_only": times.date_only,
            "unreadable": times.unreadable,
            "stop_same_as_start": times.same_stop,
            "after_message": times.ahead,
            "late_entries": times.late,
            "messages_out_of_order": times.out_of_order,
        },
        "character_sets": {"declared": dict(facts.declared), "read_as": dict(facts.read_as)},
    }


def _unknown(words: Counter[UnknownWord]) -> list[Json]:
    return [
        {
            "word": word.shown if word.plain else None,
            "shape": shape(word.shown) if word.plain else word.shown,
            "count": count,
            "nearest": list(nearest_actions(word.shown, 1)) if word.plain else [],
        }
        for word, count in words.most_common()
    ]


def _table(table: TableUnderstanding) -> Json:
    return {
        "file": table.file,
        "sheet": table.sheet,
        "header_row": table.header_row,
        "profile": table.profile,
        "confidence": table.confidence,
        "why": table.why,
        "columns": dict(table.columns),
        "not_read": list(table.unmapped),
        "twice": list(table.twice),
        "missing": [asdict(missing) for missing in table.missing],
        "rows": list(_rows(table)),
        "problem": None if table.problem is None else {"code": table.problem.code, "message": table.problem.message},
    }


def _rows(table: TableUnderstanding) -> Iterable[Json]:
    for entry in rows_shown(table):
        if isinstance(entry, AdministrationEvent):
            yield {
                "row": entry.source.row,
                "time": entry.time.isoformat(),
                "stop": entry.stop.isoformat() if entry.stop else None,
                "action": str(entry.action),
                "drug": drug_shown(entry),
                "route": str(entry.route) if entry.route else None,
                "has_site": entry.site is not None,
                "encounter_shape": shape(entry.encounter_id),
            }
        elif isinstance(entry, Rejected):
            yield {"row": entry.source.row, "rejected": entry.code}
        else:
            yield {"row": entry.sources[0].row if entry.sources else None, "ignored": entry.reason}


def _conformance(verdicts: Conformance) -> Json:
    return {
        "asked": verdicts.asked,
        "messages": verdicts.messages,
        "failed": verdicts.failed,
        "faults": [{"fault": fault, "count": count} for fault, count in verdicts.faults],
    }
