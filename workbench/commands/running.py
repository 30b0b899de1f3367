"""From a :class:`~workbench.commands.options.Job` to a review, with the usage errors that only the input can show."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any

import click

from timeline.model import Result
from workbench.coding_run import WorkerEndedError
from workbench.commands.options import Job
from workbench.pipeline import Review, analyze
from workbench.progress import working


def run(job: Job) -> Review:
    """Read and code; raises ``click.UsageError`` for an encounter that is not in the input."""
    prepare()
    with working("Reading and coding"):
        try:
            review = analyze(job.paths, **asked_of(job))
        except WorkerEndedError:
            raise EndedEarly from None
    return Review(chosen(job, review.result))


def asked_of(job: Job) -> dict[str, Any]:
    """What the job asks of :func:`workbench.pipeline.analyze`, beside the paths."""
    return {
        "policy": job.policy,
        "profile": job.profile,
        "timezone": job.timezone,
        "formulary": job.formulary,
        "rates": job.rates,
        "mue": job.mue,
        "ptp": job.ptp,
        "answers": job.answers,
        "accesses": job.accesses,
        "classes": job.classes,
        "jobs": job.jobs,
        "switches": job.switches,
    }


class EndedEarly(click.ClickException):
    """One of the processes of ``--jobs`` is gone."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "One of the processes ended before its part was coded, most likely for want of memory."
            " Run again with a smaller --jobs; nothing was written."
        )


def prepare() -> None:
    """Called before anything large is read."""
    # Events and codings are kept to the end and hold no cycles: looking through all of them again and again
    # for garbage would take a third of the time.
    gc.set_threshold(200_000, 50, 100)


def chosen(job: Job, result: Result) -> Result:
    """The encounters the job asks for; raises ``click.UsageError`` for one that is not in the input."""
    kept = Review(result).only(encounter=job.encounter, date_from=job.date_from, date_to=job.date_to).result
    if not kept.encounters:
        none_chosen(job, [coded.timeline.id for coded in result.encounters])
    return kept


def none_chosen(job: Job, ids: Sequence[str]) -> None:
    """Say why no encounter of these is shown; raises ``click.UsageError`` where a single one was asked for."""
    if job.encounter is not None:
        raise click.UsageError(_no_encounter(job.encounter, ids))
    if ids:
        click.echo(f"{_encounters(ids)} read, and none ran in the days asked for.", err=True)


def _no_encounter(wanted: str, ids: Sequence[str]) -> str:
    """Why there is nothing to show; ids are never repeated, since a terminal is often recorded."""
    if wanted in ids:
        return "The encounter of that id did not run in the days asked for (--date-from, --date-to)."
    if any(wanted.strip().casefold() == known.casefold() for known in ids):
        return "No encounter has exactly that id, but one has it in another case: write it as charted."
    return f"No encounter has that id; {_encounters(ids)} read. The table view (`analyze PATH`) shows every id."


def _encounters(ids: Sequence[str]) -> str:
    count = len(ids)
    return f"{count:,} encounter was" if count == 1 else f"{count:,} encounters were"
