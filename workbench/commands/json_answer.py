"""``analyze --format json``: encounters are written as they are coded, so that no more than a part is held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from workbench.coding_run import WorkerEndedError
from workbench.commands.closing import NOTHING_READABLE, close, status
from workbench.commands.options import INPUTS, Inputs, Job
from workbench.commands.running import EndedEarly, asked_of, none_chosen, prepare
from workbench.output import STANDARD_OUTPUT, CannotWrite, send
from workbench.pipeline import JsonRun, analyze_to_json
from workbench.progress import working
from workbench.spool import Wanted


def holds_no_encounters(ctx: click.Context) -> bool:
    """Whether the end of the command can do without the encounters: ``--show-values`` looks at their findings."""
    inputs: Inputs | None = ctx.meta.get(INPUTS)
    return inputs is None or not inputs.show_values


def answer_json(ctx: click.Context, job: Job, target: str) -> None:
    """Code, write the JSON to ``target`` and end the command."""
    with _running(job) as run:
        if target != STANDARD_OUTPUT and status(run.result) == NOTHING_READABLE:
            close(ctx, run.result, told=False)  # nothing to write
        send(run.pieces(), target)
        result = run.result
    close(ctx, result, told=False)


@contextmanager
def _running(job: Job) -> Iterator[JsonRun]:
    prepare()
    wanted = Wanted(job.encounter, job.date_from, job.date_to)
    with ExitStack() as stack:
        try:
            with working("Reading and coding"):
                run = stack.enter_context(analyze_to_json(job.paths, wanted=wanted, **asked_of(job)))
        except WorkerEndedError:
            raise EndedEarly from None
        except OSError as problem:
            why = problem.strerror or "input error"
            raise CannotWrite(
                f"The folder for temporary files cannot be written: {why}. Make room, or name another in TMPDIR."
            ) from problem
        if not run.tally.encounters:
            none_chosen(job, run.ids)
        yield run
