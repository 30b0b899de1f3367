"""From a :class:`~workbench.commands.options.Job` to a review, with the usage errors that only the input can show."""

from __future__ import annotations

import gc

import click

from timeline.model import Result
from workbench.commands.options import Job
from workbench.pipeline import Review, analyze
from workbench.progress import working


def run(job: Job) -> Review:
    """Read and code; raises ``click.UsageError`` for an encounter that is not in the input."""
    prepare()
    with working("Reading and coding"):
        review = analyze(
            job.paths,
            job.policy,
            profile=job.profile,
            timezone=job.timezone,
            formulary=job.formulary,
            rates=job.rates,
            mue=job.mue,
            ptp=job.ptp,
            answers=job.answers,
            accesses=job.accesses,
            classes=job.classes,
            switches=job.switches,
        )
    return Review(chosen(job, review.result))


def prepare() -> None:
    """Called before anything large is read."""
    # Events and codings are kept to the end and hold no cycles: looking through all of them again and again
    # for garbage would take a third of the time.
    gc.set_threshold(200_000, 50, 100)


def chosen(job: Job, result: Result) -> Result:
    """The encounters the job asks for; raises ``click.UsageError`` for one that is not in the input."""
    kept = Review(result).only(encounter=job.encounter, date_from=job.date_from, date_to=job.date_to).result
    if job.encounter is not None and not kept.encounters:
        raise click.UsageError(_no_encounter(job, job.encounter, result))
    if not kept.encounters and result.encounters:
        click.echo(f"{_encounters(result)} read, and none ran in the days asked for.", err=True)
    return kept


def _no_encounter(job: Job, wanted: str, result: Result) -> str:
    """Why there is nothing to show; ids are never repeated, since a terminal is often recorded."""
    ids = {coded.timeline.id for coded in result.encounters}
    if wanted in ids:
        return "The encounter of that id did not run in the days asked for (--date-from, --date-to)."
    if any(wanted.strip().casefold() == known.casefold() for known in ids):
        return "No encounter has exactly that id, but one has it in another case: write it as charted."
    return f"No encounter has that id; {_encounters(result)} read. The table view (`analyze PATH`) shows every id."


def _encounters(result: Result) -> str:
    count = len(result.encounters)
    return f"{count:,} encounter was" if count == 1 else f"{count:,} encounters were"
