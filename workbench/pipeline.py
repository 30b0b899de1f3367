"""All of it in one call: files or a frame in, coded and explained lines out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from parsers import read, read_frame
from parsers.answers import AnswerFile, read_answers
from parsers.context import ContextTable, read_accesses, read_classes, with_tables
from parsers.events import Reading
from parsers.reference_tables import PairTable, RateTable, UnitLimitTable, load_mue, load_ptp, load_rates
from reports.charts import NAMES, Picture, picture
from reports.frames import frame
from reports.json_output import json_around
from reports.notebook_view import ShownEncounter, result_html, result_line
from reports.tally import Tally
from timeline.edits import billable_codes
from timeline.formulary import Formulary, default_formulary
from timeline.model import CodedEncounter, Result
from timeline.policy import load_policy
from timeline.pricing import Tables
from workbench.coding_run import KeptAll, Plan, code_reading, result_of_run, without_events
from workbench.spool import Spooled, Wanted, texts_in_order

if TYPE_CHECKING:
    import pandas as pd

Input: TypeAlias = "str | Path | Sequence[str | Path] | pd.DataFrame"


@dataclass(frozen=True, slots=True)
class Review:
    """A coded result with its tables one attribute away; for a notebook."""

    result: Result

    @property
    def encounters(self) -> tuple[CodedEncounter, ...]:
        return self.result.encounters

    @property
    def lines(self) -> pd.DataFrame:
        """One row a line of the bill."""
        return frame(self.result, "lines")

    @property
    def administrations(self) -> pd.DataFrame:
        """One row an administration."""
        return frame(self.result, "administrations")

    @property
    def overlaps(self) -> pd.DataFrame:
        """One row for two administrations at the same time."""
        return frame(self.result, "overlaps")

    @property
    def gaps(self) -> pd.DataFrame:
        """One row a stretch of a line in which nothing ran."""
        return frame(self.result, "gaps")

    @property
    def queries(self) -> pd.DataFrame:
        """One row an open question."""
        return frame(self.result, "queries")

    @property
    def unbilled(self) -> pd.DataFrame:
        """One row for minutes or a dose without a code of their own."""
        return frame(self.result, "unbilled")

    @property
    def ledger(self) -> pd.DataFrame:
        """One row an administration: where its minutes went."""
        return frame(self.result, "ledger")

    @property
    def findings(self) -> pd.DataFrame:
        """One row a finding about an encounter; those about a file are ``result.findings``."""
        return frame(self.result, "findings")

    @property
    def evidence(self) -> pd.DataFrame:
        """One row a line and record that supports it."""
        return frame(self.result, "evidence")

    def encounter(self, encounter: str) -> ShownEncounter:
        """One encounter, which shows itself in a notebook; ``ValueError`` when it is not in this review."""
        found = next((c for c in self.encounters if c.timeline.id == encounter), None)
        if found is None:
            raise ValueError(
                f"This review has no encounter of that id; it has {len(self.encounters)}."
                " Their ids: review.administrations.encounter_id.unique()"
            )
        return ShownEncounter(found)

    def chart(self, name: str, *, encounter: str | None = None) -> Picture:
        """One of the charts of :mod:`reports.charts`: ``timeline``, ``occupancy``, ``codes``, ``missing_stops`` or
        ``dollars``, of all encounters or of one.

        Raises ``ValueError`` for another name and where there is nothing to draw, and ``ModuleNotFoundError`` with the
        pip line when the extra ``notebook`` is not installed.
        """
        if name not in NAMES:
            raise ValueError(f"There is no chart {name!r}; there are: {', '.join(NAMES)}")
        coded = self.encounters if encounter is None else (self.encounter(encounter).coded,)
        return picture(replace(self.result, encounters=coded), name)

    def __repr__(self) -> str:
        return f"Review: {result_line(self.result)}"

    def _repr_html_(self) -> str:
        return result_html(self.result)

    def only(
        self, *, encounter: str | None = None, date_from: date | None = None, date_to: date | None = None
    ) -> Review:
        """The same run with fewer encounters: one id, and those that ran on at least one day of the span.

        Days are local to the encounter; both ends belong to the span. Encounters are chosen after coding, since
        the rules look at all encounters of a patient. What happened to the input records is left as it was.
        """
        wanted = Wanted(encounter, date_from, date_to)
        chosen = tuple(coded for coded in self.result.encounters if wanted.includes(coded))
        return Review(replace(self.result, encounters=chosen))


def analyze(
    paths_or_frame: Input,
    policy: str = "facility",
    *,
    profile: str | None = None,
    timezone: str | None = None,
    formulary: Formulary | str | Path | None = None,
    rates: RateTable | str | Path | None = None,
    mue: UnitLimitTable | str | Path | None = None,
    ptp: PairTable | str | Path | None = None,
    answers: AnswerFile | str | Path | None = None,
    accesses: ContextTable | str | Path | None = None,
    classes: ContextTable | str | Path | None = None,
    date_from: date | None = None,
    jobs: int = 1,
    switches: Mapping[str, object] | None = None,
    **switch: object,
) -> Review:
    """Read records, build the timelines and code them.

    ``paths_or_frame`` is a file, a folder, a list of them, or a pandas frame with the columns of the MAR table.
    ``policy`` is a bundled name or a YAML file; a switch of it is set as a keyword
    (``analyze(path, concurrent_min_overlap=1)``) or in ``switches``.

    ``accesses`` (the IV lines that were in place) and ``classes`` (patient class by time) are tables beside the
    records, as files or loaded.
    ``date_from`` is the first day of the input, for tables whose dates have no year.
    ``rates`` (OPPS Addendum B), ``mue`` and ``ptp`` are your own tables from CMS, as files or loaded.
    ``jobs`` is the number of processes that code; the result is the same for any.

    Bad data never raises: it is in ``review.result`` as findings, ignored and rejected records.  Raises
    ``TypeError`` for an unknown switch (it names the nearest), ``ValueError`` for an unknown policy, profile, zone
    or value, and for a table that cannot be used.  A path that does not exist is a rejected input.
    """
    reading, plan = _prepared(
        paths_or_frame,
        policy,
        profile=profile,
        timezone=timezone,
        formulary=formulary,
        rates=rates,
        mue=mue,
        ptp=ptp,
        answers=answers,
        accesses=accesses,
        classes=classes,
        date_from=date_from,
        switches={**(switches or {}), **switch},
    )
    kept, facts = code_reading(reading, plan, [KeptAll() for _ in range(_processes(jobs))])
    encounters = [coded for one in kept for coded in one.encounters]
    return Review(result_of_run(reading, len(reading.events), plan, encounters, facts))


@dataclass(frozen=True, slots=True)
class JsonRun:
    """A run whose encounters lie on disk as text: ``result`` has none of them, ``tally`` counts them."""

    result: Result
    tally: Tally
    ids: tuple[str, ...]
    """Every encounter of the input, shown or not."""
    spools: tuple[Spooled, ...]

    def pieces(self) -> Iterator[str]:
        """The JSON, as :func:`reports.json_output.json_pieces` would write it of the whole result."""
        return json_around(self.result, self.tally, texts_in_order(self.spools))


@contextmanager
def analyze_to_json(
    paths_or_frame: Input,
    policy: str = "facility",
    *,
    wanted: Wanted | None = None,
    jobs: int = 1,
    **options: Any,
) -> Iterator[JsonRun]:
    """:func:`analyze` for an answer in JSON: encounters are written as they are coded and held no longer.

    ``options`` are the others of :func:`analyze`.  The texts lie in a folder of their own until the block ends.
    Raises ``OSError`` where that cannot be written.
    """
    switches = {**(options.pop("switches", None) or {})}
    reading, plan = _prepared(paths_or_frame, policy, switches=switches, **options)
    bare, events = without_events(reading), len(reading.events)
    with TemporaryDirectory(prefix="infusion-timeline-") as folder:
        spools = [Spooled(Path(folder, f"{n}.json"), n, wanted or Wanted()) for n in range(_processes(jobs))]
        readings = [reading]
        del reading  # the run lets each part of the events go when it is coded
        spools, facts = code_reading(readings.pop(), plan, spools)
        tally = Tally()
        for spool in spools:
            tally.join(spool.tally)
        result = result_of_run(bare, events, plan, (), facts)
        yield JsonRun(result, tally, tuple(facts.ids), tuple(spools))


def _processes(jobs: int) -> int:
    if jobs < 1:
        raise ValueError(f"jobs is the number of processes, 1 or more; {jobs} was given")
    return jobs


def _prepared(
    paths_or_frame: Input,
    policy: str,
    *,
    profile: str | None = None,
    timezone: str | None = None,
    formulary: Formulary | str | Path | None = None,
    rates: RateTable | str | Path | None = None,
    mue: UnitLimitTable | str | Path | None = None,
    ptp: PairTable | str | Path | None = None,
    answers: AnswerFile | str | Path | None = None,
    accesses: ContextTable | str | Path | None = None,
    classes: ContextTable | str | Path | None = None,
    date_from: date | None = None,
    switches: Mapping[str, object],
) -> tuple[Reading, Plan]:
    """The input read, and everything that says how to code it loaded."""
    tables = (
        read_accesses(accesses) if isinstance(accesses, str | Path) else accesses,
        read_classes(classes) if isinstance(classes, str | Path) else classes,
    )
    if hasattr(paths_or_frame, "columns"):  # a frame, told without importing pandas
        reading = read_frame(cast("pd.DataFrame", paths_or_frame), profile=profile, timezone=timezone)
    else:
        reading = read(paths_or_frame, profile=profile, timezone=timezone, date_from=date_from)
    reading = with_tables(reading, tables, profile, timezone)
    drugs = Formulary.load(Path(formulary)) if isinstance(formulary, str | Path) else formulary
    plan = Plan(
        load_policy(policy).with_switches(switches),
        drugs or default_formulary(),
        Tables(
            load_rates(rates) if isinstance(rates, str | Path) else rates,
            load_mue(mue) if isinstance(mue, str | Path) else mue,
            load_ptp(ptp, billable_codes(policy)) if isinstance(ptp, str | Path) else ptp,
        ),
        read_answers(answers) if isinstance(answers, str | Path) else answers,
    )
    return reading, plan
