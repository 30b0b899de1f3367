"""The runs of a store: begun, taken up again after a break, and completed with their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import fsum

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from parsers.events import Finding, Rejected
from reports.night import EncounterChange, NightFile, NightReport, NightTotals
from workbench.store.asked import open_queries
from workbench.store.bodies import encoded, plain, reader
from workbench.store.numbers import next_id
from workbench.store.schema import changes, codings, encounters, files, runs
from workbench.store.understood import touch


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a run codes, for the record and to know whether it is what the last run coded by."""

    version: str
    policy: str
    policy_version: str
    fingerprint: str
    timezone: str
    profile: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """The run at work.  ``changed_since`` says of an earlier run whether it coded by other rules."""

    id: int
    started: datetime
    resumed: int
    rules: Rules
    fingerprints: dict[int, str]
    """Rules of every earlier run."""
    mixed: bool
    """The store holds encounters that were coded by other rules and are not coded again in this run."""

    def changed_since(self, run: int) -> bool:
        return self.fingerprints.get(run, self.rules.fingerprint) != self.rules.fingerprint


def begin(connection: Connection, rules: Rules, now: datetime, *, recode: bool) -> Run:
    """A new run, or the one that was broken off: it goes on under its number, by the rules of today."""
    finished = connection.execute(select(runs.c.id, runs.c.rules, runs.c.mixed).where(runs.c.state == "done")).all()
    done = {row.id: row.rules for row in finished}
    last = max(finished, key=lambda row: row.id, default=None)
    mixed = not recode and last is not None and (last.mixed or last.rules != rules.fingerprint)
    row = {
        "mixed": mixed,
        "version": rules.version,
        "policy": rules.policy,
        "policy_version": rules.policy_version,
        "rules": rules.fingerprint,
        "timezone": rules.timezone,
        "profile": rules.profile,
    }
    left = connection.execute(select(runs).where(runs.c.state == "open")).first()
    if left is not None:
        resumed = left.resumed + 1
        connection.execute(update(runs).where(runs.c.id == left.id).values(resumed=resumed, **row))
        if left.rules != rules.fingerprint:  # what it coded before it was broken off is coded by other rules
            coded = select(encounters.c.id).where(encounters.c.coded_run == left.id, encounters.c.retired.is_(False))
            touch(connection, left.id, [found.id for found in connection.execute(coded)])
        return Run(left.id, datetime.fromisoformat(left.started_at), resumed, rules, done, mixed)
    id_ = next_id(connection, runs)
    started = now.astimezone(UTC)
    connection.execute(
        insert(runs).values(id=id_, state="open", started_at=started.isoformat(), resumed=0, touched=0, coded=0, **row)
    )
    return Run(id_, started, 0, rules, done, mixed)


def note_findings(connection: Connection, run: int, found: Iterable[Finding]) -> None:
    """Keep what was found while coding a part: a run that is taken up again does not come by it a second time."""
    new = tuple(dict.fromkeys((*noted_findings(connection, run), *found)))
    connection.execute(update(runs).where(runs.c.id == run).values(findings=encoded(plain(new))))


def noted_findings(connection: Connection, run: int) -> tuple[Finding, ...]:
    """What was found so far, of all parts."""
    body = connection.execute(select(runs.c.findings).where(runs.c.id == run)).scalar()
    return reader(tuple[Finding, ...])(body) if body is not None else ()


def complete(connection: Connection, report: NightReport) -> None:
    """The run is done: its counts and findings stand, and the next run compares with it."""
    connection.execute(
        update(runs)
        .where(runs.c.id == report.run)
        .values(
            state="done",
            finished_at=report.finished.isoformat(),
            totals=encoded(plain(report.totals)),
            findings=encoded(plain(report.findings)),
        )
    )


def last_done(connection: Connection) -> int | None:
    """The last completed run."""
    return connection.execute(select(func.max(runs.c.id)).where(runs.c.state == "done")).scalar()


def files_of(connection: Connection, run: int) -> tuple[tuple[NightFile, ...], tuple[Rejected, ...]]:
    """The files a run read, and what it rejected in them."""
    rejected, findings = reader(tuple[Rejected, ...]), reader(tuple[Finding, ...])
    told, refused = [], list[Rejected]()
    for row in connection.execute(select(files).where(files.c.run_id == run).order_by(files.c.name)):
        of_file = rejected(row.rejected)
        refused += of_file
        told.append(
            NightFile(
                row.name,
                row.kind,
                row.records,
                row.used,
                msgspec.json.decode(row.ignored),
                len(of_file),
                findings(row.findings),
            )
        )
    return tuple(told), tuple(refused)


def changes_of(connection: Connection, run: int) -> tuple[EncounterChange, ...]:
    """How the encounters of a run differ from what was reported before, by encounter."""
    read = reader(EncounterChange)
    found = connection.execute(select(changes.c.body).where(changes.c.run_id == run))
    return tuple(sorted((read(row.body) for row in found), key=lambda change: change.encounter_id))


def totals_of(
    connection: Connection,
    run: int,
    told: Sequence[NightFile],
    changed: Sequence[EncounterChange],
    *,
    known: int,
) -> NightTotals:
    """The counts of a run, and of the whole store: those after the last run, moved by what changed.

    ``known`` files were read in an earlier run.  Nothing of the store is counted anew: that would cost by its size.
    """
    removed = removed_in(connection, run)
    before, row = _totals_before(connection, run), connection.execute(select(runs).where(runs.c.id == run)).one()
    by_kind = Counter(line.kind for change in changed for line in change.lines)
    gone = select(func.count()).select_from(codings).where(codings.c.run_id == run, codings.c.gone.is_(True))
    first_time = sum(change.first_time for change in changed)
    amount_change = _amount_change(changed)
    amount = None if amount_change is None and before.amount is None else (before.amount or 0) + (amount_change or 0)
    return NightTotals(
        files_new=len(told),
        files_known=known,
        records=sum(f.records for f in told),
        used=sum(f.used for f in told),
        ignored=sum(sum(f.ignored.values()) for f in told),
        rejected=sum(f.rejected for f in told),
        events=connection.execute(select(func.sum(files.c.events)).where(files.c.run_id == run)).scalar() or 0,
        encounters_touched=row.touched,
        encounters_coded=row.coded,
        encounters_new=first_time,
        encounters_changed=len(changed) - first_time,
        lines_new=by_kind["new"],
        lines_withdrawn=by_kind["withdrawn"],
        lines_changed=by_kind["changed"],
        amount_change=amount_change,
        encounters_removed=removed.encounters,
        encounters=before.encounters + first_time - connection.execute(gone).scalar_one() - removed.encounters,
        lines=before.lines + by_kind["new"] - by_kind["withdrawn"] - removed.lines,
        queries_open=before.queries_open
        + sum(change.queries_after - change.queries_before for change in changed)
        - removed.queries,
        amount=None if amount is None else round(amount - removed.amount, 2),
    )


@dataclass(frozen=True, slots=True)
class Removed:
    """What retention took out of the store."""

    encounters: int = 0
    lines: int = 0
    queries: int = 0
    amount: float = 0.0
    unsent: int = 0
    """Of the encounters: those whose charges were never marked as sent in full."""


def removed_in(connection: Connection, run: int) -> Removed:
    """What retention took out in a run so far."""
    body = connection.execute(select(runs.c.removed).where(runs.c.id == run)).scalar()
    return reader(Removed)(body) if body is not None else Removed()


def _totals_before(connection: Connection, run: int) -> NightTotals:
    last = select(runs.c.totals).where(runs.c.state == "done", runs.c.id < run).order_by(runs.c.id.desc()).limit(1)
    body = connection.execute(last).scalar()
    return reader(NightTotals)(body) if body is not None else NightTotals()


def _amount_change(changed: Iterable[EncounterChange]) -> float | None:
    differences = [
        (c.amount_after or 0.0) - (c.amount_before or 0.0)
        for c in changed
        if c.amount_after is not None or c.amount_before is not None
    ]
    return round(fsum(differences), 2) if differences else None


def report_of(connection: Connection, run: int | None) -> NightReport | None:
    """The report of a completed run, or of the last one; ``None`` when there is none."""
    wanted = select(runs).where(runs.c.state == "done").order_by(runs.c.id.desc()).limit(1)
    row = connection.execute(wanted if run is None else wanted.where(runs.c.id == run)).first()
    if row is None:
        return None
    told, rejected = files_of(connection, row.id)
    return NightReport(
        run=row.id,
        dry_run=False,
        started=datetime.fromisoformat(row.started_at),
        finished=datetime.fromisoformat(row.finished_at),
        resumed=row.resumed,
        version=row.version,
        policy=row.policy,
        policy_version=row.policy_version,
        timezone=row.timezone,
        profile=row.profile,
        totals=reader(NightTotals)(row.totals),
        files=told,
        rejected=rejected,
        findings=reader(tuple[Finding, ...])(row.findings),
        changes=(changed := changes_of(connection, row.id)),
        queries=open_queries(connection, changed, run=row.id),
    )


def no_such_run(connection: Connection, run: int | None) -> str:
    """Why there is no report of a run, and which there are."""
    last = last_done(connection)
    if last is None:
        return "No run was completed in this store yet."
    return f"There is no completed run {run}; the last is run {last}."
