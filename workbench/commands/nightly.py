"""``nightly``: new files into the store, what they touch coded again, what changed reported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from parsers.events import InputFile, Source
from parsers.profiles import load_profile
from parsers.reading import chosen_zone, zone_overridden
from reports.night import NightReport
from timeline.formulary import default_formulary
from timeline.policy import load_policy
from timeline.pricing import Tables
from workbench.coding_run import Plan, WorkerEndedError
from workbench.commands.closing import DONE, NOTHING_READABLE, SOME_REJECTED, look_again
from workbench.commands.destination import check_destination
from workbench.commands.night_answer import FORMATS, deliver_to, render
from workbench.commands.options import Job, nightly_options
from workbench.commands.running import EndedEarly, prepare
from workbench.commands.store_options import store_option
from workbench.output import STANDARD_OUTPUT, CannotWrite, send, write_private
from workbench.progress import working
from workbench.standard_input import keep_standard_input

if TYPE_CHECKING:
    from workbench.night_intake import Intake
    from workbench.nightly import Night


@click.command(short_help="New files of a night: code, compare, report.")
@nightly_options
@store_option
@click.option("--dry-run", is_flag=True, help="Do everything, report it, and leave the store as it was.")
@click.option(
    "--keep",
    metavar="DAYS",
    type=click.IntRange(1),
    help="Remove records of encounters that ended more than DAYS ago.  [default: keep all]",
)
@click.option("--reread", is_flag=True, help="Read files that are known once more, by the profile and zone of today.")
@click.option("--recode", is_flag=True, help="Code every encounter of the store again, not only those touched.")
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True, help="Form of the report.")
@click.option("--output", metavar="FILE|-", type=click.Path(), help="Where it goes.  [default: standard output]")
@click.option(
    "--report", metavar="DIR", type=click.Path(), help="Write run-N.txt, run-N.json and run-N.html there as well."
)
@click.option("--metrics", metavar="FILE", type=click.Path(), help="Write counts there as a Prometheus text file.")
@click.option(
    "--log", metavar="FILE|-", type=click.Path(), help="Write what is done as JSON lines; - is standard error."
)
@click.pass_context
def nightly(
    ctx: click.Context,
    job: Job,
    store: str,
    dry_run: bool,
    keep: int | None,
    reread: bool,
    recode: bool,
    format: str,
    output: str | None,
    report: str | None,
    metrics: str | None,
    log: str | None,
) -> None:
    """Read what is new in INBOX..., code the encounters it touches, and report what changed.

    \b
    infusion-timeline nightly inbox/ --store night.db --timezone America/Chicago
    infusion-timeline nightly ed/ infusion/ --store postgresql://infusion@db/charges --keep 400 --report reports/

    A file is new when its content is. A run that was broken off is taken up by the next one. Files are never moved or
    changed. Exit status: 0 done; 1 done, and some input was rejected; 2 nothing readable; 3 another run holds the
    store; 4 the store cannot be written.
    """
    from workbench.metrics import metrics_text
    from workbench.night_stages import Stages
    from workbench.nightly import run_night
    from workbench.run_log import run_log
    from workbench.store.database import opened

    target = output or STANDARD_OUTPUT
    check_inboxes(job)
    for file in (target, *(place for place in (metrics, log) if place not in (None, STANDARD_OUTPUT))):
        check_destination(ctx, str(file), job.paths)
        check_outside(str(file), "A file", job)
    check_reports(report, job)
    check_store(store, job)
    if STANDARD_OUTPUT in job.paths:  # hashed first, then read
        keep_standard_input(ctx)
    night = _night(job)
    inboxes = replace(night.inboxes, reread=reread)
    night = replace(night, inboxes=inboxes, keep_days=keep, recode=recode, dry_run=dry_run)
    prepare()
    with _log_stream(log) as stream, opened(store, create=True, dry_run=dry_run) as open_store:
        stages = Stages(run_log(stream))

        def deliver(told: NightReport) -> None:
            deliver_to(report, told)
            send(render(told, format, target), target)

        try:
            with working("Reading and coding"):
                told, intake = run_night(open_store, night, lambda: datetime.now(UTC), stages, deliver)
        except BaseException as problem:
            stages.failed(problem)
            if isinstance(problem, WorkerEndedError):
                raise EndedEarly from None
            if isinstance(problem, OSError) and not isinstance(problem, BrokenPipeError):
                raise CannotWrite(
                    f"A file beside the store cannot be written or read: {problem.strerror}."
                ) from problem
            raise
        size = None if dry_run else open_store.size()
        end = _status(told)
        stages.finished(told, size, end)
    for finding in told.findings:
        if finding.code == "zone-assumed":
            click.echo(f"{finding.severity}: {finding.message} {finding.fix}", err=True)
    if metrics is not None:
        write_private(Path(metrics), [metrics_text(told, stages.seconds, size)])
        Path(metrics).chmod(0o644)  # counts only, and read by the account of the exporter
    _look_again(ctx, told, intake)
    ctx.exit(end)


def _status(report: NightReport) -> int:
    """0 done; 1 some input was rejected; 2 nothing was readable.  An inbox without files is a quiet night."""
    if not report.rejected:
        return DONE
    read = report.totals.used or report.totals.ignored or report.totals.files_known
    return SOME_REJECTED if read else NOTHING_READABLE


def _night(job: Job) -> Night:
    from workbench.night_intake import Inboxes
    from workbench.nightly import Night

    profile = load_profile(job.profile) if job.profile else load_profile()
    zone, name = chosen_zone(job.timezone, profile)
    plan = Plan(
        load_policy(job.policy).with_switches(job.switches),
        job.formulary or default_formulary(),
        Tables(job.rates, job.mue, job.ptp),
    )
    return Night(
        Inboxes(job.paths, profile, job.profile is None, zone, name if zone is not None else None, job.date_from),
        plan,
        name,
        answers=job.answers,
        accesses=job.accesses,
        classes=job.classes,
        zone_given=zone is not None,
        jobs=job.jobs,
        findings=tuple(zone_overridden(profile, name if job.timezone is not None else None)),
    )


def check_inboxes(job: Job) -> None:
    """Refuse an inbox that is not there: its mount may be missing, and the night would look like a quiet one."""
    for path in job.paths:
        if path != STANDARD_OUTPUT and not has_magic(path) and not os.path.lexists(path):
            raise click.UsageError(f"There is no inbox {path}. Check its path and that it is mounted.")


def check_reports(folder: str | None, job: Job) -> None:
    """Refuse a folder for reports that is a file, or that is read as an inbox."""
    if folder is None:
        return
    if os.path.lexists(folder) and not os.path.isdir(folder):  # noqa: PTH112
        raise CannotWrite(f"{folder} is a file: --report names a folder.")
    check_outside(folder, "The folder for reports", job)


def check_store(store: str, job: Job) -> None:
    """Refuse an SQLite store that lies in an inbox."""
    from workbench.store.database import file_of

    place = file_of(store)
    if place is not None:
        check_outside(str(place), "The store", job)


def check_outside(name: str, what: str, job: Job) -> None:
    """Refuse to write where the next run reads."""
    place = Path(os.path.realpath(name))
    for path in job.paths:
        if name != STANDARD_OUTPUT and os.path.isdir(path) and place.is_relative_to(os.path.realpath(path)):  # noqa: PTH112
            raise click.UsageError(f"{what} lies in an inbox: the next run would read it. Name another place.")


@contextmanager
def _log_stream(log: str | None) -> Iterator[TextIO | None]:
    if log is None:
        yield None
    elif log == STANDARD_OUTPUT:
        yield sys.stderr
    else:
        try:
            handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as problem:
            raise CannotWrite(f"{log} cannot be written: {problem.strerror}. Name another file with --log.") from None
        stream = os.fdopen(handle, "a", encoding="utf-8")
        try:
            yield stream
        finally:
            with suppress(OSError):  # every line was written when it was said; a full disk was told then
                stream.close()


def _look_again(ctx: click.Context, told: NightReport, intake: Intake) -> None:
    """What ``--rejects`` and ``--show-values`` ask for: the files of this run are opened once more."""
    names = {name: found for name, (found, _) in intake.names.items()}
    inputs = [InputFile(found, mark, _kind(told, name), 0) for name, (found, mark) in intake.names.items()]

    def there(source: Source) -> Source:
        return replace(source, file=names.get(source.file, source.file))

    rejected = [replace(entry, source=there(entry.source)) for entry in told.rejected]
    found = [f for file in told.files for f in file.findings]
    said = [replace(f, source=there(f.source)) if f.source is not None else f for f in found]
    look_again(ctx, inputs, rejected, [*rejected, *said])


def _kind(told: NightReport, name: str) -> str:
    return next((file.kind for file in told.files if file.name == name), "unknown")
