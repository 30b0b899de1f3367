"""Which policy version codes an encounter: by its payer, its date and the exceptions that hold for it.

Where that is not certain (a date before the policy begins, two exceptions for one switch) nothing is coded: every
minute is unbilled with that reason, and a finding says what to do.  Never a silent precedence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from parsers.events import Finding
from parsers.quick_values import made_quickly
from timeline.encounters import build
from timeline.hang_settings import HangSettings
from timeline.mapper import Coding
from timeline.model import EncounterTimeline, PolicyUsed, Timelines
from timeline.policy import Policy, PolicyVersion
from timeline.policy_file import POLICY_DATE, PolicyException, payer_key
from timeline.rules.case import Aside, Reason, Service
from timeline.services import known_spans
from timeline.settled import Settled
from timeline.spans import epoch, minutes

RULE = "0g"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing of an encounter is coded."""

    label: str
    text: str
    facts: Mapping[str, object]
    finding: Finding


@made_quickly
@dataclass(frozen=True, slots=True)
class Choice:
    """The policy version that codes one encounter."""

    policy: Policy
    version: PolicyVersion
    day: date | None
    """Date of the encounter; ``None`` when nothing was charted."""
    refusal: Refusal | None = None
    findings: tuple[Finding, ...] = ()


def choose(timeline: EncounterTimeline, policy: Policy) -> Choice:
    """The policy version for an encounter: of its payer, its date and the exceptions that hold."""
    policy = policy.for_payer(timeline.payer)
    own = timeline.local_date(timeline.start) if timeline.start is not None else None
    day = policy.pinned or own or policy.versions[-1]
    if day < policy.first:
        return Choice(policy, policy.on(day), day, _before_first(policy, day))
    holding = [e for e in policy.exceptions if holds(e, timeline, day)]
    clashes = _clashes(holding, policy)
    if clashes:
        return Choice(policy, policy.on(day), day, _two_exceptions(policy, clashes))
    found = tuple(_applied(policy, e) for e in holding)
    return Choice(policy, policy.on(day, holding), day, findings=found)


def holds(exception: PolicyException, timeline: EncounterTimeline, day: date) -> bool:
    """Whether every condition of an exception is met by the encounter."""
    when = exception.when
    if when.payer is not None:
        payers = [when.payer] if isinstance(when.payer, str) else when.payer
        if timeline.payer is None or payer_key(timeline.payer) not in {payer_key(p) for p in payers}:
            return False
    if (when.from_ is not None and day < when.from_) or (when.through is not None and day > when.through):
        return False
    return when.category is None or any(a.category == when.category for a in timeline.administrations)


def _clashes(holding: Sequence[PolicyException], policy: Policy) -> dict[str, list[str]]:
    """Settings that more than one exception sets, with the labels; what ``--set`` overrides is settled."""
    labels: dict[str, list[str]] = {}
    for exception in holding:
        for key in exception.set_:
            if key not in policy.overrides:
                labels.setdefault(key, []).append(exception.label)
    return {key: found for key, found in labels.items() if len(found) > 1}


def _before_first(policy: Policy, day: date) -> Refusal:
    known = f"{policy.first} to {policy.verified_through}"
    return Refusal(
        "before the first date of the policy",
        "{drug}: policy '{policy}' knows {known}, and {day} is earlier.",
        {"policy": policy.name, "known": known, "day": day.isoformat()},
        Finding(
            "error",
            "policy-begins-later",
            f"The encounter is of {day}, before policy '{policy.name}' begins: it knows {known}. Nothing is coded.",
            "Give a policy file that covers the date, or --set policy_date=DATE to code by the values of another day.",
        ),
    )


def _two_exceptions(policy: Policy, clashes: Mapping[str, Sequence[str]]) -> Refusal:
    said = "; ".join(f"{' and '.join(repr(x) for x in labels)} both set {key}" for key, labels in clashes.items())
    return Refusal(
        "two exceptions of the policy for one switch",
        "{drug}: of policy '{policy}', exceptions {said}.",
        {"policy": policy.name, "said": said},
        Finding(
            "error",
            "policy-exceptions-clash",
            f"Two exceptions of policy '{policy.name}' hold for this encounter: {said}. Nothing is coded.",
            "Narrow the conditions of one of them, or settle the switch for this run with --set.",
        ),
    )


def _applied(policy: Policy, exception: PolicyException) -> Finding:
    values = ", ".join(f"{key} = {value}" for key, value in exception.set_.items() if key not in policy.overrides)
    return Finding(
        "info",
        "policy-exception",
        f"Exception '{exception.label}' of policy '{policy.name}' holds for this encounter: "
        f"{values or 'all of it overridden'}.",
        "",
    )


def refused(timeline: EncounterTimeline, refusal: Refusal) -> Settled:
    """Nothing coded: every administration set aside for its whole time, with the reason."""
    services = []
    asides = []
    for a in timeline.administrations:
        spans = known_spans(a)
        facts = {**refusal.facts, "drug": a.drug}
        reason = Reason(RULE, refusal.text, facts, None, ((a.id, spans),))
        service = Service(a, "other", a.category, spans, epoch(a.start), None, False, minutes(spans), reason)
        services.append(service)
        asides.append(Aside(service, spans, "unbilled", refusal.label, reason))
    coding = Coding(services, [], asides, [], [], set())
    return Settled.of(coding, {})


def choices_of(timelines: Timelines, policy: Policy) -> list[tuple[EncounterTimeline, Choice]]:
    """Every encounter with its policy version.

    Bag-change switches decide what a hang is: where the version of an encounter has others than the timelines
    were built with, its timeline is built again.
    """
    built: dict[HangSettings, dict[str, EncounterTimeline]] = {}
    chosen = []
    for timeline in timelines.encounters:
        choice = choose(timeline, policy)
        settings = choice.version.settings
        wanted = HangSettings(
            settings.bag_change_max_minutes,
            settings.bag_change_grace_minutes,
            settings.pump_evidence,
            settings.pump_tolerance_minutes,
        )
        if wanted != timelines.hang_settings:
            if wanted not in built:
                again = build(timelines.reading, timelines.formulary, wanted)
                built[wanted] = {t.id: t for t in again.encounters}
            timeline = built[wanted][timeline.id]
        chosen.append((timeline, choice))
    return chosen


def policies_used(choices: Sequence[Choice], policy: Policy) -> tuple[PolicyUsed, tuple[PolicyUsed, ...]]:
    """The policy of the run (its last version used), and every version that coded an encounter."""
    used = {(c.policy.name, c.version.version): c.policy for c in choices if c.refusal is None}
    every = tuple(_used(p, date.fromisoformat(version)) for (_, version), p in sorted(used.items(), key=_by_name))
    own = [u for u in every if u.name == policy.name]
    main = own[-1] if own else _used(policy, policy.versions[-1])
    return main, every or (main,)


def _used(policy: Policy, start: date) -> PolicyUsed:
    """A version as used; a date that was set for all encounters stands among the switches."""
    used = replace(policy.on(start).used(), verified_through=policy.verified_through)
    if policy.pinned is None:
        return used
    return replace(used, switches={**used.switches, POLICY_DATE: policy.pinned.isoformat()})


def _by_name(item: tuple[tuple[str, str], Policy]) -> tuple[str, str]:
    return item[0]


def date_findings(choices: Sequence[Choice]) -> list[Finding]:
    """Encounters later than the last date their policy was verified for: one finding a policy."""
    later: dict[tuple[str, date], int] = {}
    for choice in choices:
        if choice.day is not None and choice.day > choice.policy.verified_through:
            key = (choice.policy.name, choice.policy.verified_through)
            later[key] = later.get(key, 0) + 1
    return [
        Finding(
            "warning",
            "policy-older-than-data",
            f"{count} {'encounter is' if count == 1 else 'encounters are'} later than {through}, the last date policy "
            f"'{name}' was verified for; its last version is used.",
            "Install a newer version, or give your own policy file.",
        )
        for (name, through), count in sorted(later.items())
    ]
