"""From coded encounters to the result of a run: what was read, which policies were used, what concerns the whole.

The encounters may have been coded in shares, each with all encounters of its patients, in any order and in several
processes: the result is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parsers.answers import AnswerFile
from parsers.events import Finding, Reading
from parsers.reference_tables import PairTable, RateTable, UnitLimitTable
from timeline.formulary import Formulary
from timeline.model import CodedEncounter, Fingerprint, Result
from timeline.policy import Policy
from timeline.policy_choice import Choice, date_findings, policies_used
from timeline.pricing import Tables, outside_rates


@dataclass(frozen=True, slots=True)
class CodedShare:
    """Encounters coded together, with the policy version chosen for each."""

    encounters: tuple[CodedEncounter, ...]
    choices: tuple[Choice, ...]


def result_of(
    reading: Reading,
    formulary: Formulary,
    policy: Policy,
    tables: Tables,
    answers: AnswerFile | None,
    share: CodedShare,
    ids: Iterable[str],
    events: int,
    findings: Sequence[Finding] = (),
) -> Result:
    """The result of a run over ``reading``, whose ``events`` may be gone by now: their number is given.

    ``ids`` are all encounters that were coded, ``share`` holds those that the result is to show and every choice;
    ``findings`` are those of the timelines as a whole.
    """
    policy_used, policies = policies_used(share.choices, policy)
    return Result(
        encounters=share.encounters,
        policy=policy_used,
        policies=policies,
        inputs=reading.inputs,
        used=reading.used,
        ignored=reading.ignored,
        rejected=reading.rejected,
        events=events,
        findings=(
            *reading.findings,
            *findings,
            *_misplaced(answers, set(ids)),
            *date_findings(share.choices),
            *outside_rates(tables.rates, [c.version.settings for c in share.choices]),
        ),
        timezone=reading.timezone,
        profile=reading.profile,
        formulary=Fingerprint(formulary.name, formulary.sha256),
        rates=_fingerprint(tables.rates),
        answers=_fingerprint(answers),
        accesses=_table(reading, "accesses"),
        classes=_table(reading, "classes"),
        mue=_fingerprint(tables.limits),
        ptp=_fingerprint(tables.pairs),
    )


def _misplaced(answers: AnswerFile | None, known: set[str]) -> list[Finding]:
    """What is doubtful about the answers, and a finding for each that names an encounter the input does not hold."""
    if answers is None:
        return []
    return [
        *answers.findings,
        *(
            Finding(
                "warning",
                "answer-without-encounter",
                "An answer names an encounter that the input does not hold.",
                "Give the records of that encounter as well, or take the row out.",
                answer.source,
            )
            for answer in answers.answers
            if answer.encounter not in known
        ),
    ]


def _table(reading: Reading, kind: str) -> Fingerprint | None:
    return next((Fingerprint(t.file, t.sha256) for t in reading.tables if t.kind == kind), None)


def _fingerprint(file: AnswerFile | RateTable | UnitLimitTable | PairTable | None) -> Fingerprint | None:
    return None if file is None else Fingerprint(file.name, file.sha256)
