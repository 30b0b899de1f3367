"""All of it in one call: files or a frame in, coded and explained lines out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

from parsers import read, read_frame
from parsers.answers import AnswerFile, read_answers
from parsers.context import ContextTable, read_accesses, read_classes, with_tables
from parsers.reference_tables import PairTable, RateTable, UnitLimitTable, load_mue, load_ptp, load_rates
from reports.frames import administrations_frame, lines_frame, queries_frame
from timeline import build, code
from timeline.edits import billable_codes
from timeline.formulary import Formulary
from timeline.model import CodedEncounter, Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Review:
    """A coded result with its tables one attribute away; for a notebook."""

    result: Result

    @property
    def encounters(self) -> tuple[CodedEncounter, ...]:
        return self.result.encounters

    @property
    def lines(self) -> pd.DataFrame:
        """One row a line (:func:`reports.frames.lines_frame`)."""
        return lines_frame(self.result)

    @property
    def administrations(self) -> pd.DataFrame:
        """One row an administration."""
        return administrations_frame(self.result)

    @property
    def queries(self) -> pd.DataFrame:
        """One row an open question."""
        return queries_frame(self.result)

    def only(
        self, *, encounter: str | None = None, date_from: date | None = None, date_to: date | None = None
    ) -> Review:
        """The same run with fewer encounters: one id, and those that ran on at least one day of the span.

        Days are local to the encounter; both ends belong to the span. Encounters are chosen after coding, since
        the rules look at all encounters of a patient. What happened to the input records is left as it was.
        """
        chosen = tuple(
            coded
            for coded in self.result.encounters
            if encounter in (None, coded.timeline.id) and _ran_in(coded, date_from, date_to)
        )
        return Review(replace(self.result, encounters=chosen))


def _ran_in(coded: CodedEncounter, date_from: date | None, date_to: date | None) -> bool:
    start, stop, local = coded.timeline.start, coded.timeline.stop, coded.timeline.local_date
    if start is None or stop is None:
        return date_from is None and date_to is None
    return (date_from is None or local(stop) >= date_from) and (date_to is None or local(start) <= date_to)


def analyze(
    paths_or_frame: str | Path | Sequence[str | Path] | pd.DataFrame,
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
    switches: Mapping[str, object] | None = None,
    **switch: object,
) -> Review:
    """Read records, build the timelines and code them.

    ``paths_or_frame`` is a file, a folder, a list of them, or a pandas frame with the columns of the MAR table.
    ``policy`` is a bundled name or a YAML file; a switch of it is set as a keyword
    (``analyze(path, concurrent_min_overlap=1)``) or in ``switches``.

    ``accesses`` (the IV lines that were in place) and ``classes`` (patient class by time) are tables beside the
    records, as files or loaded.
    ``rates`` (OPPS Addendum B), ``mue`` and ``ptp`` are your own tables from CMS, as files or loaded.

    Bad data never raises: it is in ``review.result`` as findings, ignored and rejected records.  Raises
    ``TypeError`` for an unknown switch (it names the nearest), ``ValueError`` for an unknown policy, profile, zone
    or value, and for a table that cannot be used.  A path that does not exist is a rejected input.
    """
    tables = (
        read_accesses(accesses) if isinstance(accesses, str | Path) else accesses,
        read_classes(classes) if isinstance(classes, str | Path) else classes,
    )
    if hasattr(paths_or_frame, "columns"):  # a frame, told without importing pandas
        reading = read_frame(cast("pd.DataFrame", paths_or_frame), profile=profile, timezone=timezone)
    else:
        reading = read(paths_or_frame, profile=profile, timezone=timezone)
    reading = with_tables(reading, tables, profile, timezone)
    drugs = Formulary.load(Path(formulary)) if isinstance(formulary, str | Path) else formulary
    timelines = build(reading, formulary=drugs)
    given = read_answers(answers) if isinstance(answers, str | Path) else answers
    if isinstance(ptp, str | Path):
        ptp = load_ptp(ptp, billable_codes(policy))
    coded = code(
        timelines,
        policy,
        switches={**(switches or {}), **switch},
        rates=load_rates(rates) if isinstance(rates, str | Path) else rates,
        answers=given,
        mue=load_mue(mue) if isinstance(mue, str | Path) else mue,
        ptp=ptp,
    )
    return Review(coded)
