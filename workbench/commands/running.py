"""From a :class:`~workbench.commands.options.Job` to a review, with the usage errors that only the input can show."""

from __future__ import annotations

import gc

import click

from workbench.commands.options import Job
from workbench.pipeline import Review, analyze
from workbench.progress import working


def run(job: Job) -> Review:
    """Read and code; raises ``click.UsageError`` for an encounter that is not in the input."""
    # Events and codings are kept to the end and hold no cycles: looking through all of them again and again
    # for garbage would take a third of the time.
    gc.set_threshold(200_000, 50, 100)
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
            switches=job.switches,
        )
    chosen = review.only(encounter=job.encounter, date_from=job.date_from, date_to=job.date_to)
    if job.encounter is not None and not chosen.encounters:
        count = len(review.encounters)
        raise click.UsageError(
            f"No encounter of that id ran in the days asked for; {count} {'was' if count == 1 else 'were'} read."
            " `analyze --format csv` lists their ids."
        )
    return chosen
