"""The published JSON, ``infusion-timeline/1``: keys, order and times as :mod:`reports.schema` describes them.

Same result, same bytes.  A large result is written encounter by encounter, one a line, so that no second
copy of it stands in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TextIO

import msgspec

from parsers.events import Ignored, Rejected
from reports.json_encounter import encounter_dict, finding_dict, plain, source_dict
from reports.safe_text import without_surrogates
from reports.sentences import AMOUNT_BASIS
from reports.tally import Tally
from timeline.model import CodedEncounter, Fingerprint, PolicyUsed, Result

SCHEMA = "infusion-timeline/1"

Json = dict[str, Any]


def result_to_dict(result: Result) -> Json:
    """The whole result as plain dicts, lists, texts, numbers, booleans and ``None``."""
    return {
        **_head(result, Tally.of(result.encounters)),
        "encounters": [encounter_dict(coded) for coded in result.encounters],
        **_tail(result),
    }


def write_json(result: Result, stream: TextIO) -> None:
    """Write the JSON to a text stream (UTF-8 is expected), ending with a line feed."""
    for piece in json_pieces(result):
        stream.write(piece)


def json_pieces(result: Result) -> Iterator[str]:
    """The text of :func:`write_json` in order: the head, each encounter on its own line, the tail."""
    texts = (encounter_text(coded) for coded in result.encounters)
    return json_around(result, Tally.of(result.encounters), texts)


def encounter_text(coded: CodedEncounter) -> str:
    """One encounter as it stands in the JSON, without a line end."""
    return _encode(encounter_dict(coded))


def json_around(result: Result, tally: Tally, encounters: Iterable[str]) -> Iterator[str]:
    """The JSON of a result whose encounters were put into words before: sorted by id, and counted in ``tally``."""
    head, tail = _encode(_head(result, tally)), _encode(_tail(result))
    yield head[:-1] + ',"encounters":['
    between = "\n"
    for text in encounters:
        yield between + text
        between = ",\n"
    yield "\n]," + tail[1:] + "\n"


def _encode(value: Json) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:  # half of a surrogate pair, from a file in another encoding
        return msgspec.json.encode(without_surrogates(value)).decode()


def _head(result: Result, tally: Tally) -> Json:
    return {
        "schema": SCHEMA,
        "run": {
            "version": product_version(),
            "timezone": result.timezone,
            "inputs": [
                {"file": i.file, "sha256": i.sha256, "kind": i.kind, "records": i.records} for i in result.inputs
            ],
            "profile": None if result.profile is None else {"name": result.profile, "sha256": None},
            "formulary": _fingerprint(result.formulary),
            "rates": _fingerprint(result.rates),
            "mue": _fingerprint(result.mue),
            "ptp": _fingerprint(result.ptp),
            "answers": _fingerprint(result.answers),
            "accesses": _fingerprint(result.accesses),
            "classes": _fingerprint(result.classes),
        },
        "policy": _policy(result.policy),
        "policies": [_policy(p) for p in result.policies],
        "summary": summary(result, tally),
    }


def _tail(result: Result) -> Json:
    return {
        "findings": [finding_dict(f) for f in result.findings],
        "ignored": [_ignored(i) for i in result.ignored],
        "rejected": [_rejected(r) for r in result.rejected],
    }


def summary(result: Result, tally: Tally | None = None) -> Json:
    """The counts of a result; amounts are ``None`` unless rates were given, else US dollars.

    ``tally`` where the encounters were counted before.
    """
    counts = Tally.of(result.encounters) if tally is None else tally
    # Professional claims have no amounts: hospital rates do not price them.
    priced = result.rates is not None and (not counts.encounters or bool(counts.amounts))
    amount, in_query = counts.dollars() if priced else (None, None)
    return {
        "records": result.records,
        "used": result.used,
        "ignored": sum(i.count for i in result.ignored),
        "rejected": len(result.rejected),
        "events": result.events,
        "administrations": counts.administrations,
        "encounters": counts.encounters,
        "lines": counts.lines,
        "queries": counts.queries,
        "findings": len(result.findings) + counts.findings,
        "amount": amount,
        "amount_in_query": in_query,
        "amount_basis": AMOUNT_BASIS if priced else None,
    }


def product_version() -> str:
    """Version of the installed distribution; ``unknown`` when run from a folder that was never installed."""
    try:
        return version("infusion-timeline")
    except PackageNotFoundError:
        return "unknown"


def _fingerprint(print_: Fingerprint | None) -> Json | None:
    return None if print_ is None else {"name": print_.name, "sha256": print_.sha256}


def _policy(policy: PolicyUsed) -> Json:
    switches = {str(k): plain(v) for k, v in policy.switches.items()}
    return {"name": policy.name, "version": policy.version, "sha256": policy.sha256, "switches": switches}


def _ignored(ignored: Ignored) -> Json:
    return {"reason": ignored.reason, "count": ignored.count, "sources": [source_dict(s) for s in ignored.sources]}


def _rejected(rejected: Rejected) -> Json:
    return {
        "source": source_dict(rejected.source),
        "code": rejected.code,
        "message": rejected.message,
        "fix": rejected.fix,
    }
