"""Shared by the tests of the store: invented nights, the real command in a process of its own, and what a store says.

The record is that of ``benchmarks/generate_feed.py``; nobody here is real.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, func, select

from tests.fhir_writing import r4_ndjson
from tests.house.places import ROOT
from tests.table_writing import Charted, Visit, generate, plain_csv
from workbench.store import schema
from workbench.store.database import store_url

sys.path.insert(0, str(ROOT / "benchmarks"))
try:
    from feed_formats import message, messages
finally:
    sys.path.pop(0)

ZONE = ("--timezone", "America/New_York")
LONG = 600
"""Seconds after which a command counts as hanging."""

# Invented nights


def visits(count: int, seed: int = 1) -> list[Visit]:
    """``count`` encounters, the same for the same seed; their situations follow each other in a fixed order."""
    return list(generate(count, seed))


def cut(visit: Visit) -> Visit:
    """The visit as long as its last entry is not charted, most often a stop."""
    return replace(visit, chart=visit.chart[:-1]) if len(visit.chart) > 1 else visit


def taken_back(visit: Visit) -> Visit:
    """The visit with an entry that cancels its first dose, where it has one."""
    given = next((row for row in visit.chart if row.action == "Given" and not row.resend), None)
    if given is None:
        return visit
    canceled = replace(given, action="Canceled Entry", recorded=given.recorded_minute + 600)
    return replace(visit, chart=(*visit.chart, canceled))


def hl7(of: Sequence[Visit]) -> bytes:
    """The visits as RAS messages; the same entry always has the same control id, so that twice is a resend."""
    return "".join(text for visit in of for _, text in messages(visit)).encode()


def table(of: Sequence[Visit]) -> bytes:
    """The visits as a MAR table (CSV)."""
    return plain_csv(of)


def fhir(of: Sequence[Visit]) -> bytes:
    """The visits as FHIR R4 (NDJSON); an administration has its id for good, so that twice is a newer version."""
    return r4_ndjson(of) + b"\n"


# The command


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str


def words(command: str, store: str | Path, *more: str | Path) -> list[str]:
    """The whole command line of ``command`` on a store."""
    return [sys.executable, "-m", "workbench", command, *map(str, more), "--store", str(store)]


def start(
    command: str,
    store: str | Path,
    *more: str | Path,
    env: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[str]:
    """Start ``infusion-timeline COMMAND`` as a process; ``before`` is called in it before it becomes the command."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("INFUSION_TIMELINE")}
    return subprocess.Popen(
        words(command, store, *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**own, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **(env or {})},
        preexec_fn=before,
        cwd=cwd,
    )


def ended(process: subprocess.Popen[str]) -> Done:
    """Wait for a command; one that hangs fails the test."""
    out, err = process.communicate(timeout=LONG)
    return Done(process.returncode, out, err)


def run(command: str, store: str | Path, *more: str | Path, **how: Any) -> Done:
    """Run ``infusion-timeline COMMAND`` to its end."""
    return ended(start(command, store, *more, **how))


def night(store: str | Path, *inboxes: str | Path, **how: Any) -> Done:
    """A nightly run over inboxes (and further words) in New York."""
    return run("nightly", store, *inboxes, *ZONE, **how)


# What a store says


@contextmanager
def looking(store: str | Path) -> Iterator[Connection]:
    """A connection that takes no lock; nothing may be written through it."""
    engine = create_engine(store_url(str(store)))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything that must be equal in two stores that were given the same; ids and times of runs are left out."""

    records: list[tuple[Any, ...]]
    """File, record, row, sheet, sha256, state, reason."""
    facts: list[tuple[Any, ...]]
    """Events, facts of a stay, lines in place, orders, merges and answers: table, what it belongs to, body."""
    seen: list[tuple[Any, ...]]
    lines: dict[str, list[tuple[Any, ...]]]
    """By encounter: line, code, units, modifiers, date, minutes, rule."""
    queries: dict[str, list[tuple[Any, ...]]]
    sent: list[tuple[Any, ...]]
    """Charge, kind, line, revision, encounter, units, and the body without its run."""
    waiting: list[tuple[Any, ...]]
    """Charges written and not marked."""
    owed: list[str]
    """Encounters whose lines may differ from what was sent."""

    def differences(self, other: Kept) -> list[str]:
        """Which parts differ, each with a first example, for a message that can be read."""
        found = []
        for part in fields(self):
            one, two = getattr(self, part.name), getattr(other, part.name)
            if one != two:
                left, right = (set(map(repr, x.items() if isinstance(x, dict) else x)) for x in (one, two))
                only = sorted(left - right)[:2], sorted(right - left)[:2]
                found.append(f"{part.name}: {len(one)} and {len(two)}, only one has {only[0]}, the other {only[1]}")
        return found


def kept(store: str | Path) -> Kept:
    """Read a store back."""
    with looking(store) as connection:
        lines, queries = _standing(connection)
        return Kept(
            _records(connection),
            _facts(connection),
            _seen(connection),
            lines,
            queries,
            *_sent(connection),
            _owed(connection),
        )


def open_runs(store: str | Path) -> int:
    """Runs that were begun and not completed."""
    with looking(store) as connection:
        wanted = select(func.count()).select_from(schema.runs).where(schema.runs.c.state == "open")
        return int(connection.execute(wanted).scalar_one())


def last_run(store: str | Path) -> int:
    """The last completed run, 0 before the first."""
    with looking(store) as connection:
        done = select(func.max(schema.runs.c.id)).where(schema.runs.c.state == "done")
        return int(connection.execute(done).scalar() or 0)


def _records(connection: Connection) -> list[tuple[Any, ...]]:
    r = schema.records.c
    wanted = select(schema.files.c.name, r.record, r.row, r.sheet, r.sha256, r.state, r.reason).join_from(
        schema.records, schema.files, r.file_id == schema.files.c.id
    )
    return _sorted((*row[:4], bytes(row[4]).hex(), *row[5:]) for row in connection.execute(wanted))


def _facts(connection: Connection) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for of in (schema.events, schema.stays, schema.accesses):
        wanted = select(schema.encounters.c.number, of.c.body).join_from(
            of, schema.encounters, of.c.encounter_id == schema.encounters.c.id
        )
        found += [(of.name, *row) for row in connection.execute(wanted)]
    found += [("orders", "", row[0]) for row in connection.execute(select(schema.orders.c.body))]
    found += [
        ("merges", row[0], row[1]) for row in connection.execute(select(schema.merges.c.old, schema.merges.c.body))
    ]
    answers = select(schema.answers.c.encounter, schema.answers.c.body)
    found += [("answers", *row) for row in connection.execute(answers)]
    return _sorted(found)


def _seen(connection: Connection) -> list[tuple[Any, ...]]:
    return _sorted(tuple(row) for row in connection.execute(select(schema.seen.c.number, schema.seen.c.content)))


_Rows = dict[str, list[tuple[Any, ...]]]


def _standing(connection: Connection) -> tuple[_Rows, _Rows]:
    """Lines and queries of the last coding of every encounter; an encounter without any is left out."""
    c, e, line, query = schema.codings.c, schema.encounters.c, schema.lines.c, schema.queries.c
    coded = select(c.id, c.run_id, e.number).join_from(schema.codings, schema.encounters, c.encounter_id == e.id)
    last: dict[str, int] = {}
    for row in connection.execute(coded.order_by(c.run_id, c.id)):
        last[row.number] = row.id
    numbers = {id_: number for number, id_ in last.items()}
    lines: _Rows = {}
    queries: _Rows = {}
    wanted = select(
        line.coding_id, line.line, line.code, line.units, line.modifiers, line.date, line.minutes, line.rule
    )
    for row in connection.execute(wanted.order_by(line.position)):
        if row.coding_id in numbers:
            lines.setdefault(numbers[row.coding_id], []).append(tuple(row[1:]))
    asked = select(query.coding_id, query.query, query.what, query.administration, query.question)
    for row in connection.execute(asked.order_by(query.position)):
        if row.coding_id in numbers:
            queries.setdefault(numbers[row.coding_id], []).append(tuple(row[1:]))
    return lines, queries


def _sent(connection: Connection) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    s, b, i = schema.sent.c, schema.charge_batches.c, schema.charge_items.c
    rows = connection.execute(select(s.charge, s.kind, s.line, s.revision, s.encounter, s.units, s.body))
    waits = select(i.charge, i.kind, i.body).join_from(schema.charge_items, schema.charge_batches, i.batch_id == b.id)
    waiting = connection.execute(waits.where(b.sent_at.is_(None)))
    return _sorted((*row[:6], _plain(row[6])) for row in rows), _sorted((*r[:2], _plain(r[2])) for r in waiting)


def _owed(connection: Connection) -> list[str]:
    wanted = select(schema.encounters.c.number).join_from(
        schema.owed, schema.encounters, schema.owed.c.encounter_id == schema.encounters.c.id
    )
    return sorted(row.number for row in connection.execute(wanted))


def _plain(body: str) -> str:
    held = json.loads(body)
    held.pop("run", None)
    return json.dumps(held, sort_keys=True)


def _sorted(rows: Iterator[tuple[Any, ...]] | list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=repr)


__all__ = [
    "ZONE", "Charted", "Done", "Kept", "Visit", "cut", "ended", "fhir", "hl7", "kept", "last_run", "looking",
    "message", "night", "open_runs", "run", "start", "table", "taken_back", "visits", "words",
]  # fmt: skip
