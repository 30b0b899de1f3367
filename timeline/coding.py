"""The whole way from timelines to a result: mapper, unknowns, ledger, lines (the entry point ``code``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from parsers.answers import UNDETERMINED, AnswerFile, GivenAnswer
from parsers.events import Finding
from parsers.quick_values import made_quickly
from parsers.reference_tables import PairTable, RateTable, UnitLimitTable
from parsers.vocabulary import key as plain
from timeline.answered import apply_answers
from timeline.bills import Bill, BillKey
from timeline.edits import earlier_bills
from timeline.evidence import Evidence
from timeline.ledger import ledger_rows
from timeline.lines import Draft, draft_lines, finished_lines
from timeline.model import CodedEncounter, EncounterTimeline, Kind, Result, Timelines, Uncharged
from timeline.plausibility import doubts
from timeline.policy import Policy, PolicyVersion, load_policy
from timeline.policy_choice import Choice, choices_of, refused
from timeline.possible_answers import Unknown
from timeline.pricing import Amounts, Tables, amount_in_query, edit_findings
from timeline.questions import assumption_of, queries_of, undetermined_of
from timeline.results import CodedShare, result_of
from timeline.rules.case import Aside, Note
from timeline.rules.two_encounters import encounter_modifier, later_dates, marked
from timeline.settled import Question, Range, Settled
from timeline.spans import instant
from timeline.unknowns import settle

_ANSWER = "Answer the question of this encounter."


def code(
    timelines: Timelines,
    policy: str | Policy = "facility",
    *,
    switches: Mapping[str, object] | None = None,
    rates: RateTable | None = None,
    answers: AnswerFile | None = None,
    mue: UnitLimitTable | None = None,
    ptp: PairTable | None = None,
) -> Result:
    """Code every encounter of ``timelines`` under a policy.

    ``policy`` is a bundled name, the path of a policy file or a loaded :class:`Policy`; ``switches`` override
    its switches.  ``rates``, ``mue`` and ``ptp`` are the user's own tables (:mod:`parsers.reference_tables`): they give
    amounts and findings and change no line.

    Raises ``TypeError`` for an unknown switch (naming the nearest) and ``PolicyError`` (a ``ValueError``) for a bad
    value or policy file.  Bad data never raises: it is a finding or a query.
    """
    chosen = load_policy(policy) if isinstance(policy, str) else policy
    chosen = chosen.with_switches(switches or {})
    tables = Tables(rates, mue, ptp)
    share = code_share(timelines, chosen, tables, answers)
    reading = timelines.reading
    ids = [t.id for t in timelines.encounters]
    return result_of(
        reading,
        timelines.formulary,
        chosen,
        tables,
        answers,
        share,
        ids,
        len(reading.events),
        timelines.findings,
    )


def code_share(timelines: Timelines, policy: Policy, tables: Tables, answers: AnswerFile | None = None) -> CodedShare:
    """Code encounters, all of each patient they belong to; answers for others are passed over."""
    given = _by_encounter(answers, timelines)
    worked = [_work(t, choice, given.get(t.id, ())) for t, choice in choices_of(timelines, policy)]
    marks = later_dates([(w.timeline.id, w.timeline.patient_id, w.timeline.start, w.dates()) for w in worked])
    earlier = _earlier(worked, marks) if tables else {}
    encounters = tuple(
        _finish(w, marks.get(w.timeline.id, set()), tables, earlier.get(w.timeline.id, {})) for w in worked
    )
    return CodedShare(encounters, tuple(w.choice for w in worked))


@made_quickly
@dataclass(frozen=True, slots=True)
class Worked:
    """One encounter after the rules, before lines are dated against other encounters of the patient."""

    timeline: EncounterTimeline
    choice: Choice
    settled: Settled
    answer_findings: tuple[Finding, ...] = ()

    @property
    def version(self) -> PolicyVersion:
        return self.choice.version

    def day(self, seconds: int) -> date:
        return self.timeline.local_date(instant(seconds))

    def dates(self) -> set[date]:
        """Dates on which a line stands; one that waits for an answer is no line yet."""
        return {key[2] for key in self.settled.certain}


def _by_encounter(answers: AnswerFile | None, timelines: Timelines) -> dict[str, list[GivenAnswer]]:
    known = {t.id for t in timelines.encounters}
    given: dict[str, list[GivenAnswer]] = {}
    for answer in answers.answers if answers is not None else ():
        if answer.encounter in known:
            given.setdefault(answer.encounter, []).append(answer)
    return given


def _work(timeline: EncounterTimeline, choice: Choice, given: Sequence[GivenAnswer]) -> Worked:
    timeline, found = apply_answers(timeline, given)
    settled = settle(timeline, choice.version) if choice.refusal is None else refused(timeline, choice.refusal)
    return Worked(timeline, choice, settled, tuple(found))


def _earlier(worked: Sequence[Worked], marks: Mapping[str, set[date]]) -> dict[str, Bill]:
    """Encounter id to the certain lines of the same patient's earlier encounters."""
    return earlier_bills(
        (w.timeline.id, w.timeline.patient_id, w.timeline.start, _certain(w, marks.get(w.timeline.id, set())))
        for w in worked
    )


def _certain(worked: Worked, marked_dates: set[date]) -> Bill:
    return _marked_bill(worked.settled.certain, marked_dates, encounter_modifier(worked.version.settings))


def _finish(worked: Worked, marked_dates: set[date], tables: Tables, earlier: Bill) -> CodedEncounter:
    timeline, version, settled = worked.timeline, worked.version, worked.settled
    evidence = Evidence({a.id: a for a in timeline.administrations}, version)
    drafts = draft_lines(settled.base, settled.certain, version, worked.day)
    modifier = encounter_modifier(version.settings)
    drafts = _marked_drafts(drafts, marked_dates, modifier)
    asides = settled.asides
    ledger, minutes = ledger_rows(timeline.administrations, drafts, asides)
    closed = [q for q in settled.questions if _undetermined(q.unknown, timeline)]
    questions = [q for q in settled.questions if q not in closed]
    for question in settled.questions:
        question.ranges = [
            Range(r.answer, _marked_bill(r.adds, marked_dates, modifier), r.others) for r in question.ranges
        ]
    initial_codes = {
        d.key[0] for d in drafts for c, _ in d.charges if c.service.id in settled.base.initial and c.reason.rule == "1"
    }
    initial_codes |= {version.codes.initial_hydration} & {d.key[0] for d in drafts}
    kinds: dict[str, Kind] = {s.id: s.kind for s in settled.base.services}
    # Whether it was infused or pushed hangs on the stop, also where nobody can tell it: it is called an infusion.
    open_drugs = [q.unknown.administration for q in settled.questions if q.unknown.what == "stop"]
    kinds.update({i: "infusion" for i in open_drugs if kinds.get(i) != "other"})
    notes = _findings(settled.base.notes, timeline) + doubts(timeline.administrations, kinds, version.settings)
    notes += _held(timeline, drafts, asides, questions, closed, with_initial=bool(initial_codes))
    lines = finished_lines(drafts, timeline.id, evidence, initial_codes, version.codes, held=bool(questions))
    amounts = Amounts.of(tables, _certain(worked, marked_dates), settled, version.settings, earlier)
    price = amounts.extra if amounts else _unpriced
    queries = queries_of(questions, timeline, price, version.codes)
    if tables:
        notes += edit_findings(lines, tables, earlier, timeline)
    if amounts:
        lines = amounts.priced(lines)
        notes += amounts.findings(lines, timeline)
    refusal = worked.choice.refusal
    policy_findings = (refusal.finding,) if refusal else worked.choice.findings
    return CodedEncounter(
        timeline=timeline,
        kinds=kinds,
        policy_version=version.version,
        lines=lines,
        queries=queries,
        assumptions=(
            *(assumption_of(u, timeline, evidence) for u in settled.assumed),
            *(undetermined_of(q.unknown, timeline, evidence) for q in closed),
        ),
        unbilled=tuple(_uncharged(a, minutes[id(a)], evidence) for a in asides),
        ledger=ledger,
        findings=(*timeline.findings, *policy_findings, *worked.answer_findings, *notes),
        amount=amounts.total if amounts else None,
        amount_in_query=amount_in_query(queries) if amounts else None,
        undetermined=queries_of(closed, timeline, price, version.codes),
    )


def _unpriced(bill: Bill) -> float | None:
    return None


def _marked_bill(bill: Bill, dates: set[date], modifier: str) -> Bill:
    result: Bill = {}
    for key, units in bill.items():
        new = _marked_key(key, dates, modifier)
        result[new] = result.get(new, 0) + units
    return result


def _marked_key(key: BillKey, dates: set[date], modifier: str) -> BillKey:
    code_, modifiers, day = key
    return (code_, marked(modifiers, modifier), day) if day in dates else key


def _marked_drafts(drafts: Sequence[Draft], dates: set[date], modifier: str) -> list[Draft]:
    """Drafts of a later encounter with its modifier; lines that become alike are one."""
    result: dict[BillKey, Draft] = {}
    for draft in drafts:
        key = _marked_key(draft.key, dates, modifier)
        held = result.setdefault(key, Draft(key, 0))
        held.units += draft.units
        held.charges.extend(draft.charges)
    return list(result.values())


def _uncharged(aside: Aside, minutes: int, evidence: Evidence) -> Uncharged:
    return Uncharged(
        administration=aside.service.id,
        minutes=minutes,
        status="included" if aside.status == "included" else "unbilled",
        reason=aside.label,
        rule=aside.reason.rule,
        because=evidence.because(aside.reason, (aside.service.id,)),
    )


def _findings(notes: Sequence[Note], timeline: EncounterTimeline) -> list[Finding]:
    sources = {a.id: a.sources for a in timeline.administrations}
    found = []
    for note in dict.fromkeys(notes):
        source = next((s for i in note.services for s in sources[i]), None)
        found.append(
            Finding(note.severity, note.code, note.text, note.fix, source, tuple(dict.fromkeys(note.services)))
        )
    return found


def _undetermined(unknown: Unknown, timeline: EncounterTimeline) -> bool:
    """Whether a person answered that it cannot be determined: the question is closed, its codes stay held."""
    a = next(x for x in timeline.administrations if x.id == unknown.administration)
    return any(g.what == unknown.what and plain(g.value) == plain(UNDETERMINED) for g in a.answers)


def _held(
    timeline: EncounterTimeline,
    drafts: Sequence[Draft],
    asides: Sequence[Aside],
    asked: Sequence[Question],
    closed: Sequence[Question],
    *,
    with_initial: bool,
) -> list[Finding]:
    """Administrations that no line, reason or question names: what they bill waits for the answer to another's.

    Where nobody can give that answer they stay held, and the finding says what that rests on.
    """
    named = {c.service.id for d in drafts for c, _ in d.charges} | {a.service.id for a in asides}
    named |= {q.unknown.administration for q in asked}
    code, message, fix = "held-for-answer", "What this administration bills depends on an open question.", _ANSWER
    if closed and not asked:
        what = " and the ".join(dict.fromkeys(q.unknown.what.replace("_", " ") for q in closed))
        several = " of one administration" if len(closed) == 1 else " of several administrations"
        code = "held-undetermined"
        message = f"Held, not billed: the {what}{several} cannot be determined, and what this bills depends on it."
        if not with_initial:
            message = message[:-1] + ", as does the initial service."
        fix = "Nothing is open. If it can be said after all, give that answer instead."
    return [
        Finding("info", code, message, fix, a.sources[0] if a.sources else None, (a.id,))
        for a in timeline.administrations
        if a.id not in named
    ]
