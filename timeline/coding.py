"""The whole way from timelines to a result: mapper, unknowns, ledger, lines (the entry point ``code``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from parsers.events import Finding
from timeline.encounters import build
from timeline.evidence import Evidence
from timeline.hang_settings import HangSettings
from timeline.ledger import ledger_rows
from timeline.lines import Draft, draft_lines, finished_lines
from timeline.mapper import Bill, BillKey
from timeline.model import CodedEncounter, EncounterTimeline, Fingerprint, Kind, Result, Timelines, Uncharged
from timeline.plausibility import doubts
from timeline.policy import Policy, PolicyVersion, load_policy
from timeline.questions import assumption_of, queries_of
from timeline.rules.case import Aside, Charge, Note
from timeline.rules.two_encounters import encounter_modifier, later_dates, marked
from timeline.spans import instant
from timeline.unknowns import Range, Settled, settle


def code(
    timelines: Timelines, policy: str | Policy = "facility", *, switches: Mapping[str, object] | None = None
) -> Result:
    """Code every encounter of ``timelines`` under a policy.

    ``policy`` is a bundled name, the path of a policy file or a loaded :class:`Policy`; ``switches`` override
    its switches.  Raises ``TypeError`` for an unknown switch (naming the nearest) and ``PolicyError``
    (a ``ValueError``) for a bad value or policy file.  Bad data never raises: it is a finding or a query.
    """
    chosen = load_policy(policy) if isinstance(policy, str) else policy
    chosen = chosen.with_switches(switches or {})
    timelines = _with_hang_settings(timelines, chosen)
    worked = [_work(timeline, chosen) for timeline in timelines.encounters]
    marks = later_dates([(w.timeline.id, w.timeline.patient_id, w.timeline.start, w.dates()) for w in worked])
    encounters = tuple(_finish(w, marks.get(w.timeline.id, set())) for w in worked)
    versions = sorted({w.version.version for w in worked}) or [chosen.versions[-1].isoformat()]
    used = [chosen.on(date.fromisoformat(v)).used() for v in versions]
    reading = timelines.reading
    return Result(
        encounters=encounters,
        policy=used[-1],
        policies=tuple(used),
        inputs=reading.inputs,
        used=reading.used,
        ignored=reading.ignored,
        rejected=reading.rejected,
        events=len(reading.events),
        findings=(*reading.findings, *timelines.findings, *_policy_dates(worked, chosen)),
        timezone=reading.timezone,
        profile=reading.profile,
        formulary=Fingerprint(timelines.formulary.name, timelines.formulary.sha256),
    )


@dataclass(frozen=True, slots=True)
class Worked:
    """One encounter after the rules, before lines are dated against other encounters of the patient."""

    timeline: EncounterTimeline
    version: PolicyVersion
    settled: Settled
    before_first: bool

    def day(self, seconds: int) -> date:
        return self.timeline.local_date(instant(seconds))

    def dates(self) -> set[date]:
        """Dates on which a line stands or may stand."""
        bills = [self.settled.certain, *(r.adds for q in self.settled.questions for r in q.ranges)]
        return {key[2] for bill in bills for key in bill}


def _with_hang_settings(timelines: Timelines, policy: Policy) -> Timelines:
    """Bag-change switches decide what a hang is: where they differ, the timelines are built again."""
    settings = policy.on(policy.versions[-1]).settings
    wanted = HangSettings(settings.bag_change_max_minutes, settings.bag_change_grace_minutes)
    if wanted == timelines.hang_settings:
        return timelines
    return build(timelines.reading, timelines.formulary, wanted)


def _work(timeline: EncounterTimeline, policy: Policy) -> Worked:
    start = timeline.start
    day = timeline.local_date(start) if start is not None else policy.versions[-1]
    version = policy.on(day)
    return Worked(timeline, version, settle(timeline, version), day < policy.first)


def _policy_dates(worked: Sequence[Worked], policy: Policy) -> list[Finding]:
    """Encounters outside the dates the policy was written for."""
    found = []
    days = [w.timeline.local_date(w.timeline.start) for w in worked if w.timeline.start is not None]
    later = sum(day > policy.verified_through for day in days)
    if later:
        found.append(
            Finding(
                "warning",
                "policy-older-than-data",
                f"{later} encounters are later than {policy.verified_through}, the last date policy '{policy.name}' "
                "was verified for; its last version is used.",
                "Install a newer version, or give your own policy file.",
            )
        )
    return found


def _finish(worked: Worked, marked_dates: set[date]) -> CodedEncounter:
    timeline, version, settled = worked.timeline, worked.version, worked.settled
    evidence = Evidence({a.id: a for a in timeline.administrations}, version)
    drafts, held = draft_lines(settled.base, settled.certain, version, worked.day)
    modifier = encounter_modifier(version.settings)
    drafts = _marked_drafts(drafts, marked_dates, modifier)
    asides = _certain_asides(settled)
    ledger, minutes = ledger_rows(timeline.administrations, drafts, asides)
    questions = settled.questions
    for question in questions:
        question.ranges = [
            Range(r.answer, _marked_bill(r.adds, marked_dates, modifier), r.others) for r in question.ranges
        ]
    initial_codes = {
        d.key[0] for d in drafts for c, _ in d.charges if c.service.id in settled.base.initial and c.reason.rule == "1"
    }
    initial_codes |= {version.codes.initial_hydration} & {d.key[0] for d in drafts}
    kinds: dict[str, Kind] = {s.id: s.kind for s in settled.base.services}
    kinds.update({q.unknown.administration: "infusion" for q in questions if q.unknown.what == "stop"})
    notes = _findings(settled.base.notes, timeline) + doubts(timeline.administrations, kinds, version.settings)
    notes += _held(timeline, drafts, asides, held)
    return CodedEncounter(
        timeline=timeline,
        kinds=kinds,
        policy_version=version.version,
        lines=finished_lines(drafts, timeline.id, evidence, initial_codes, version.codes, held=bool(questions)),
        queries=queries_of(questions, timeline, lambda bill: None),
        assumptions=tuple(assumption_of(u, timeline, evidence) for u in settled.assumed),
        unbilled=tuple(_uncharged(a, minutes[id(a)], evidence) for a in asides),
        ledger=ledger,
        findings=(*timeline.findings, *notes),
    )


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


def _certain_asides(settled: Settled) -> list[Aside]:
    """Asides that stand under every answer; the others wait with their question."""

    def key(aside: Aside) -> tuple[object, ...]:
        return (aside.service.id, aside.status, aside.label, aside.spans)

    rest = [{key(a) for a in coding.asides} for coding in settled.codings[1:]]
    return [a for a in settled.base.asides if all(key(a) in other for other in rest)]


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


def _held(
    timeline: EncounterTimeline, drafts: Sequence[Draft], asides: Sequence[Aside], held: Sequence[Charge]
) -> list[Finding]:
    """Administrations that neither a line nor a reason names yet: they wait for an answer."""
    named = {c.service.id for d in drafts for c, _ in d.charges} | {a.service.id for a in asides}
    return [
        Finding(
            "info",
            "held-for-answer",
            "What this administration bills depends on an open question.",
            "Answer the question of this encounter.",
            a.sources[0] if a.sources else None,
            (a.id,),
        )
        for a in timeline.administrations
        if a.id not in named
    ]
