"""The stages of a nightly run: how long each took, and what the log says of the run as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from time import perf_counter

from reports.night import NightReport
from workbench.run_log import EVENTS, Log


@dataclass(slots=True)
class Stages:
    """The stage at work, and the seconds of those that are done."""

    log: Log
    seconds: dict[str, float] = field(default_factory=dict)
    now: str = "begin"
    run: int | None = None
    began: float = field(default_factory=perf_counter)

    def failed(self, problem: BaseException) -> None:
        """The run broke off: the log says in which stage, and the class of what was raised."""
        known = {} if self.run is None else {"run": self.run}
        with suppress(OSError):  # it may be the log that is full
            self.log.event("run-failed", stage=self.now, error=problem, seconds=perf_counter() - self.began, **known)

    def finished(self, report: NightReport, size: int | None, exit_status: int) -> None:
        """The run is complete: its counts, in the log."""
        totals = asdict(report.totals)
        counts = {key: totals[key] for key in EVENTS["run-finished"].keys if isinstance(totals.get(key), int)}
        known = {} if size is None else {"bytes": size}
        self.log.event(
            "run-finished",
            run=report.run,
            dry_run=report.dry_run,
            exit_status=exit_status,
            seconds=perf_counter() - self.began,
            **counts,
            **known,
        )

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began, self.now = perf_counter(), name
        yield
        self.seconds[name] = perf_counter() - began
        self.log.event("stage-finished", stage=name, seconds=self.seconds[name])
