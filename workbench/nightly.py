"""The nightly run: new files into the store, what they touch coded again, what changed reported.

Every step is a transaction and says itself what is left to do, so a run that is killed is simply started again: it goes
on under its number.  Two runs never work on one store at a time (:mod:`workbench.store.database`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from parsers.answers import AnswerFile
from parsers.context import ContextTable, with_tables
from parsers.events import Finding, Reading
from parsers.reading import zone_assumed
from reports.json_output import product_version
from reports.night import NightFile, NightReport
from workbench.coding_run import Plan
from workbench.night_coding import code_touched
from workbench.night_intake import Inboxes, Intake, Told, take_in_files
from workbench.night_stages import Stages
from workbench.run_log import Log
from workbench.store.asked import doubtful_answers, open_queries
from workbench.store.database import Store
from workbench.store.given import give_answers, give_tables
from workbench.store.loading import Sources
from workbench.store.retention import retire
from workbench.store.runs import Rules, Run, begin, changes_of, complete, files_of, removed_in, totals_of
from workbench.store.schema import encounters, files
from workbench.store.understood import touch

Clock = Callable[[], datetime]
Deliver = Callable[[NightReport], None]
"""Puts the report where it belongs, before the run counts as done."""


@dataclass(frozen=True, slots=True)
class Night:
    """What a nightly run is asked to do."""

    inboxes: Inboxes
    plan: Plan
    timezone: str
    """Name of the zone of times without an offset, ``UTC`` where none was given."""
    answers: AnswerFile | None = None
    accesses: ContextTable | None = None
    classes: ContextTable | None = None
    zone_given: bool = False
    jobs: int = 1
    keep_days: int | None = None
    recode: bool = False
    dry_run: bool = False
    findings: tuple[Finding, ...] = ()
    """Known before anything was read."""


def run_night(store: Store, night: Night, clock: Clock, stages: Stages, deliver: Deliver) -> tuple[NightReport, Intake]:
    """Do it; ``clock`` gives the time, aware.  What is wrong with the input is in the report, never raised."""
    log = stages.log
    rules = rules_of(night)
    with store.writing() as connection:
        run = begin(connection, rules, clock(), recode=night.recode)
    stages.run = run.id
    if run.resumed:
        log.event("run-resumed", run=run.id, resumed=run.resumed)
    else:
        log.event(
            "run-started",
            run=run.id,
            dry_run=night.dry_run,
            version=product_version(),
            policy_version=rules.policy_version,
        )
    with stages.stage("read"):
        intake = take_in_files(store, run.id, night.inboxes, clock().astimezone(UTC).isoformat(), _told_file(log))
    new, known = len(intake.read), intake.known
    log.event("files-found", files=new + known, files_new=new, files_known=known)
    for closed in intake.closed:
        log.event("file-not-opened", file=closed.source.file, code=closed.code)
    given = _give(store, run, night)
    with stages.stage("code"):
        coded = code_touched(
            store,
            run,
            night.plan,
            Sources(night.timezone, rules.profile or "generic"),
            jobs=night.jobs,
            told=lambda count, seconds: log.event("encounters-coded", encounters=count, seconds=seconds),
        )
    with stages.stage("retire"):
        if night.keep_days is not None:
            retire(store, run.id, clock(), night.keep_days)
    with stages.stage("report"):
        report = _report(store, run, night, intake, clock(), (*night.findings, *given, *coded.findings))
        deliver(report)
    with store.writing() as connection:
        complete(connection, report)
    return report, intake


def rules_of(night: Night) -> Rules:
    """By what the run codes; the fingerprint changes with anything that could change a line."""
    plan = night.plan
    policy, tables = plan.policy, plan.tables
    version = policy.versions[-1].isoformat()
    parts = (
        product_version(), policy.name, policy.sha256, sorted(policy.overrides.items(), key=str), policy.pinned,
        plan.formulary.sha256, night.timezone,
        *(table.sha256 if table is not None else None for table in (tables.rates, tables.limits, tables.pairs)),
    )  # fmt: skip
    fingerprint = hashlib.sha256(repr(parts).encode()).hexdigest()
    return Rules(product_version(), policy.name, version, fingerprint, night.timezone, night.inboxes.profile.name)


def _told_file(log: Log) -> Told:
    def told(file: NightFile, seconds: float) -> None:
        log.event(
            "file-read",
            file=file.name,
            kind=file.kind,
            records=file.records,
            used=file.used,
            ignored=sum(file.ignored.values()),
            rejected=file.rejected,
            seconds=seconds,
        )

    return told


def _give(store: Store, run: Run, night: Night) -> tuple[Finding, ...]:
    """Answers and tables given beside the inboxes, and every encounter marked where all are to be coded again."""
    tables = [table for table in (night.accesses, night.classes) if table is not None]
    empty = Reading(events=(), timezone=night.timezone)
    zone = night.timezone if night.zone_given else None
    told = with_tables(empty, tables, night.inboxes.profile, zone) if tables else empty
    with store.writing() as connection:
        if tables:
            give_tables(connection, run.id, told.context)
        if night.answers is not None:
            give_answers(connection, run.id, night.answers.answers)
        if night.recode:
            # those that this run has coded already are done, should it have been broken off
            everyone = select(encounters.c.id).where(encounters.c.retired.is_(False), encounters.c.coded_run < run.id)
            touch(connection, run.id, [row.id for row in connection.execute(everyone)])
    return (*told.findings, *(night.answers.findings if night.answers is not None else ()))


def _report(
    store: Store, run: Run, night: Night, intake: Intake, now: datetime, findings: tuple[Finding, ...]
) -> NightReport:
    with store.reading() as connection:
        told, rejected = files_of(connection, run.id)
        changed = changes_of(connection, run.id)
        totals = totals_of(connection, run.id, told, changed, known=intake.known)
        bare = select(files.c.name).where(files.c.run_id == run.id, files.c.without_offset.is_(True))
        unsent = removed_in(connection, run.id).unsent
        answered = tuple(doubtful_answers(connection, run.id, night.answers))
        asked = open_queries(connection, changed)
        names = [] if night.zone_given else [row.name for row in connection.execute(bare.order_by(files.c.name))]
        zoneless = tuple(zone_assumed(names))
    rules = run.rules
    return NightReport(
        run=run.id,
        dry_run=night.dry_run,
        started=run.started,
        finished=now.astimezone(UTC),
        resumed=run.resumed,
        version=rules.version,
        policy=rules.policy,
        policy_version=rules.policy_version,
        timezone=rules.timezone,
        profile=rules.profile,
        totals=totals,
        files=told,
        rejected=(*intake.closed, *rejected),
        findings=(
            *_other_rules(run),
            *_never_sent(unsent),
            *_again(intake),
            *answered,
            *zoneless,
            *findings,
        ),
        changes=changed,
        queries=asked,
    )


def _never_sent(encounters_: int) -> Iterator[Finding]:
    if encounters_:
        which = "1 encounter was" if encounters_ == 1 else f"{encounters_:,} encounters were"
        yield Finding(
            "warning",
            "removed-unsent",
            f"{which} removed by --keep whose charges were never marked as sent in full.",
            "Give --keep more days, and send or release what waits before it grows old.",
        )


def _again(intake: Intake) -> Iterator[Finding]:
    if intake.again:
        which = "1 known file was" if intake.again == 1 else f"{intake.again:,} known files were"
        yield Finding("info", "files-read-again", f"{which} read again by the profile and zone of today (--reread).")


def _other_rules(run: Run) -> Iterator[Finding]:
    if run.mixed:
        yield Finding(
            "warning",
            "rules-changed",
            "Policy, switches, formulary, tables, time zone or program have changed; encounters that nothing has"
            " touched since then keep the lines they had.",
            "To code all of the store by the rules of today, run once with --recode.",
        )
