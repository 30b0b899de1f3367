"""The encounters that something new touched, coded again part by part; each part is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from sqlalchemy import select

from parsers.answers import AnswerFile
from parsers.events import Finding
from timeline.policy_choice import date_findings
from timeline.pricing import outside_rates
from workbench.coding_run import Facts, Plan, code_reading
from workbench.store.codings import store_codings
from workbench.store.database import Store
from workbench.store.kin import kin_of
from workbench.store.loading import Sources, load
from workbench.store.prepared import PreparedAll
from workbench.store.runs import Run, note_findings, noted_findings
from workbench.store.schema import touched

AT_ONCE = 1_000
"""Touched encounters of one part: some five thousand events, a second or two of work that a break would cost."""

Coded = Callable[[int, float], None]
"""Called for each part with its number of encounters and the seconds it took."""


@dataclass(frozen=True, slots=True)
class CodedNight:
    """What concerns the run as a whole."""

    findings: tuple[Finding, ...]


def code_touched(
    store: Store, run: Run, plan: Plan, sources: Sources, *, jobs: int = 1, told: Coded, at_once: int = AT_ONCE
) -> CodedNight:
    """Code all touched encounters and those that bill with them, until none is left."""
    facts = Facts()
    while True:
        began = perf_counter()
        with store.reading() as connection:
            wanted = select(touched.c.encounter_id).order_by(touched.c.encounter_id).limit(at_once)
            marked = [row.encounter_id for row in connection.execute(wanted)]
            if not marked:
                findings = noted_findings(connection, run.id)
                break
            kin = kin_of(connection, marked)
            loaded = load(connection, kin, run.id, sources)
        answers = AnswerFile("store", "", loaded.answers) if loaded.answers else None
        collectors = [PreparedAll() for _ in range(jobs)]
        kept, more = code_reading(loaded.reading, replace(plan, answers=answers), collectors)
        made = [coding for one in kept for coding in one.codings]
        facts.join(more)
        with store.writing() as connection:
            store_codings(connection, run.id, made, {*kin.coded, *marked}, kin.looked_at, loaded, run.changed_since)
            note_findings(connection, run.id, loaded.findings)
        told(len(made), perf_counter() - began)
    return CodedNight((*findings, *_of_policy(plan, facts)))


def _of_policy(plan: Plan, facts: Facts) -> Sequence[Finding]:
    choices = [choice for alike in facts.choices.values() for choice in alike]
    return [*date_findings(choices), *outside_rates(plan.tables.rates, [c.version.settings for c in choices])]
