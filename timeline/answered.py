"""Answers applied to a timeline: the record as a person completed it, marked as such everywhere (rulebook 27).

An answer is evidence like a charted action, with who gave it, when and on what ground; what it changes is
worked out by coding the whole encounter again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from parsers.answers import UNDETERMINED, GivenAnswer, choice_part
from parsers.clock import Clock, TimeProblem
from parsers.events import Finding, Route
from parsers.vocabulary import category_from_text, key
from timeline.accesses import overlaps_and_gaps
from timeline.answer_values import Refused, choice_of, choices_shown, dated, line_of, time_of_day
from timeline.model import Administration, EncounterTimeline, Segment
from timeline.spans import epoch, instant, union

_TIMES = "Write a time such as 14:15, or a date and time such as 2026-01-31 14:15."


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
        if isinstance(changed, Refused):
            findings.append(_problem(answer, "answer-not-used", changed.message, changed.fix, a.id))
            continue
        administrations[a.id] = replace(changed, answers=(*changed.answers, answer))
        findings += _new_line(changed, answer, timeline)
    if not given:
        return timeline, findings
    changed_all = tuple(administrations[a.id] for a in timeline.administrations)
    overlaps, gaps = overlaps_and_gaps(changed_all)
    return replace(timeline, administrations=changed_all, overlaps=overlaps, gaps=gaps), findings


def _apply(a: Administration, answer: GivenAnswer, timeline: EncounterTimeline) -> Administration | Refused:
    """The administration as answered, or what is wrong with the answer."""
    if key(answer.value) == key(UNDETERMINED):
        return a
    if answer.what == "stop":
        return _stopped(a, answer, timeline)
    if answer.what == "access":
        line = line_of(answer.value, a, timeline)
        if isinstance(line, Refused):
            return line
        return replace(a, access=line[0], access_evidence="answered", access_sources=())
    if answer.what == "category":
        category = category_from_text(choice_part(answer.value))
        if category is None:
            listed = ", ".join(choices_shown("category", a))
            return Refused("The answer is not a known category.", f"Write one of {listed} or '{UNDETERMINED}'.")
        return replace(a, category=category, category_basis="answered", electrolyte=False)
    choice = choice_of(answer.what, answer.value)
    if isinstance(choice, Refused):
        return choice
    return _chosen(a, answer.what, choice)


def _chosen(a: Administration, what: str, choice: str) -> Administration:
    if what != "kind":
        return replace(a, decided={**a.decided, what: choice})
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


def _new_line(a: Administration, answer: GivenAnswer, timeline: EncounterTimeline) -> list[Finding]:
    """An answered line that the encounter does not chart: another line, or another name of a charted one."""
    if a.access_evidence != "answered" or answer.what != "access" or key(answer.value) == key(UNDETERMINED):
        return []
    line = line_of(answer.value, a, timeline)
    if isinstance(line, Refused) or line[1]:
        return []
    message = "The answer names a line that is not charted in this encounter, so it counts as a line of its own."
    fix = "If it is one of the charted lines, write it as charted; the question sheet lists them."
    return [_problem(answer, "answer-new-line", message, fix, a.id)]


def _stopped(a: Administration, answer: GivenAnswer, timeline: EncounterTimeline) -> Administration | Refused:
    since = a.open_since
    if since is None and a.silence is not None:
        since = next(s.start for s in a.segments if s.stop > a.silence.start)
    if since is None:
        return Refused("The administration has a charted stop; the answer is not needed.", "Take the row out.")
    stop = _answered_time(answer.value, since, timeline)
    if stop is None:
        return Refused("The answered stop cannot be read as a time.", _TIMES)
    if not since < stop <= since + timedelta(days=30):
        return Refused("The answered stop is not after the start.", f"Look at the date and time again. {_TIMES}")
    if stop < a.last_seen and a.silence is None:
        return Refused(
            "The answered stop is before a charted action that shows it running.",
            "Look at the record again; give the date as well, should it have stopped on a later day.",
        )
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


def _answered_time(value: str, since: datetime, timeline: EncounterTimeline) -> datetime | None:
    """The moment that was answered; a time alone is on the day of the start, or on the next if it is earlier."""
    began = timeline.local(since)
    alone = time_of_day(value)
    text = dated(alone, began.date(), f"{began:%H:%M}") if alone is not None else value
    zone = timeline.zone if isinstance(timeline.zone, ZoneInfo) else None
    stamp = Clock(zone).charted(text)
    if isinstance(stamp, TimeProblem):
        return None
    if zone is None and not _has_offset(text):
        # Without a configured zone the answer is read on the same clock as the record.
        return stamp.time.replace(tzinfo=timeline.zone).astimezone(UTC)
    return stamp.time.astimezone(UTC)


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
