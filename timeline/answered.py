"""Answers applied to a timeline: the record as a person completed it, marked as such everywhere (rulebook 27).

An answer is evidence like a charted action, with who gave it, when and on what ground; what it changes is
worked out by coding the whole encounter again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from parsers.answers import UNDETERMINED, GivenAnswer
from parsers.clock import Clock, TimeProblem
from parsers.events import Finding, Route
from parsers.vocabulary import category_from_text, key
from timeline.access_names import access_key
from timeline.accesses import overlaps_and_gaps
from timeline.model import Administration, EncounterTimeline, Segment
from timeline.spans import epoch, instant, union

_CHOICES: dict[str, dict[str, str]] = {
    "second_access": {
        "allow": "allow",
        "yes": "allow",
        "two lines were required": "allow",
        "deny": "deny",
        "no": "deny",
        "no reason for two lines": "deny",
    },
    "concurrent_chemo": {"96549": "96549", "96417": "96417", "none": "none", "no code": "none"},
    "kind": {
        "hormonal": "hormonal",
        "not hormonal": "not hormonal",
        "push": "push",
        "IV push": "push",
        "infusion": "infusion",
        "IV infusion": "infusion",
        "injection": "injection",
        "IM/SC injection": "injection",
        "IM injection": "injection",
        "SC injection": "injection",
        "not by vein or injection": "none",
        "other route": "none",
        "none": "none",
    },
}


def apply_answers(timeline: EncounterTimeline, given: Sequence[GivenAnswer]) -> tuple[EncounterTimeline, list[Finding]]:
    """The encounter with its answers, and a finding for each answer that fits nothing in it any more."""
    administrations = {a.id: a for a in timeline.administrations}
    findings: list[Finding] = []
    for answer in sorted(given, key=lambda g: (g.administration, g.what, g.source.row or 0)):
        a = administrations.get(answer.administration)
        if a is None:
            findings.append(
                _problem(
                    answer,
                    "answer-without-administration",
                    "An answer names an administration that the record no longer holds.",
                    "The record changed since the question was asked; ask it again.",
                )
            )
            continue
        changed = _apply(a, answer, timeline)
        if isinstance(changed, str):
            findings.append(
                _problem(answer, "answer-not-used", changed, "Correct the value in the answers file.", a.id)
            )
        else:
            administrations[a.id] = replace(changed, answers=(*changed.answers, answer))
    if not given:
        return timeline, findings
    changed_all = tuple(administrations[a.id] for a in timeline.administrations)
    overlaps, gaps = overlaps_and_gaps(changed_all)
    return replace(timeline, administrations=changed_all, overlaps=overlaps, gaps=gaps), findings


def _apply(a: Administration, answer: GivenAnswer, timeline: EncounterTimeline) -> Administration | str:
    """The administration as answered, or what is wrong with the answer."""
    if key(answer.value) == key(UNDETERMINED):
        return a
    if answer.what == "stop":
        return _stopped(a, answer, timeline)
    if answer.what == "access":
        name = timeline.same_access.get(access_key(answer.value) or "", answer.value)
        return replace(a, access=name, access_evidence="answered", access_sources=())
    if answer.what == "category":
        category = category_from_text(answer.value.partition(",")[0])
        if category is None:
            return "The answer is not a known category."
        return replace(a, category=category, category_basis="answered", electrolyte=False)
    choices: Mapping[str, str] = {key(k): v for k, v in _CHOICES[answer.what].items()}
    choice = choices.get(key(answer.value))
    if choice is None:
        return f"The answer is none of: {', '.join(_CHOICES[answer.what])}."
    if answer.what != "kind":
        return replace(a, decided={**a.decided, answer.what: choice})
    if choice in ("hormonal", "not hormonal"):
        return replace(a, hormonal=choice == "hormonal")
    if choice == "infusion":
        # Infused, and nobody charted when it stopped: that is asked next.
        open_since = a.start if a.single_dose else a.open_since
        missing = "missing" if a.single_dose else a.stop_evidence
        return replace(
            a, route=Route.IV, documented_push=False, single_dose=False, open_since=open_since, stop_evidence=missing
        )
    route = {"push": Route.IV, "injection": Route.IM, "none": Route.OTHER}[choice]
    return replace(a, route=route, documented_push=choice == "push")


def _stopped(a: Administration, answer: GivenAnswer, timeline: EncounterTimeline) -> Administration | str:
    zone = timeline.zone if isinstance(timeline.zone, ZoneInfo) else None
    stamp = Clock(zone).charted(answer.value)
    if isinstance(stamp, TimeProblem):
        return "The answered stop cannot be read as a date and time."
    stop = stamp.time
    if zone is None and not _has_offset(answer.value):
        # Without a configured zone the answer is read on the same clock as the record.
        stop = stop.replace(tzinfo=timeline.zone)
    stop = stop.astimezone(UTC)
    since = a.open_since
    if since is None and a.silence is not None:
        since = next(s.start for s in a.segments if s.stop > a.silence.start)
    if since is None:
        return "The administration has a charted stop; the answer is not needed."
    if not since < stop <= since + timedelta(days=30):
        return "The answered stop is not after the start."
    if stop < a.last_seen and a.silence is None:
        return "The answered stop is before a charted action that shows it running."
    before = [(epoch(s.start), min(epoch(s.stop), epoch(since))) for s in a.segments if s.start < since]
    spans = union([*before, (epoch(since), epoch(stop))])
    return replace(
        a,
        stop=stop,
        stop_evidence="answered",
        open_since=None,
        silence=None,
        single_dose=False,
        segments=tuple(Segment(instant(s), instant(t)) for s, t in spans),
    )


def _has_offset(text: str) -> bool:
    tail = text.strip()[10:]
    return tail.endswith("Z") or "+" in tail or "-" in tail


def _problem(answer: GivenAnswer, code: str, message: str, fix: str, *administrations: str) -> Finding:
    return Finding("warning", code, message, fix, answer.source, administrations)


def when_given(answer: GivenAnswer) -> str:
    """Who said so, when and on what ground, as far as the file says."""
    parts = [
        p
        for p in (
            answer.who and f"by {answer.who}",
            answer.when and f"on {answer.when}",
            answer.support and f"({answer.support})",
        )
        if p
    ]
    return " ".join(parts)
