"""From administrations to services: each unknown answered one way (rulebook 26, 28, 29, 34).

A complete record is resolved once, one with unknowns for every combination of answers that is tried.  This
decides kinds, cuts at arrival and inpatient status, and applies switch ``missing_stop``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from parsers.events import Category, Route
from parsers.vocabulary import category_from_text
from timeline.access_names import access_key
from timeline.answered import when_given
from timeline.bag_changes import runs_dry
from timeline.model import Administration, EncounterTimeline
from timeline.pump_reasons import pump_reasons
from timeline.route_unknown import NO_CODE, given_as, route_unknown
from timeline.rules.case import RESOLVED, Aside, Note, Reason, Service
from timeline.rules.push_or_infusion import category_of, kind_of, portable_pump
from timeline.spans import Spans, before, epoch, minutes, subtract, union
from timeline.switches import Settings

Answers = Mapping[tuple[str, str], str]
"""(what, administration id) to an answer: seconds since 1970 for a stop, an access name, a choice."""


@dataclass(frozen=True, slots=True)
class OpenStop:
    """A drug infusion without a stop: it ended after ``lower`` and by ``upper`` (seconds)."""

    administration: Administration
    since: int
    lower: int
    upper: int
    after: Spans = ()
    """Running time charted after a silence: it stands whatever the answer."""


@dataclass(slots=True)
class Services:
    services: list[Service] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    open_stops: list[OpenStop] = field(default_factory=list)
    open_kinds: list[OpenStop] = field(default_factory=list)
    """Doses without a route, each with the time in which it would have run as an infusion."""

    def add(self, other: Services) -> None:
        self.services += other.services
        self.asides += other.asides
        self.notes += other.notes
        self.open_stops += other.open_stops
        self.open_kinds += other.open_kinds


def known_spans(administration: Administration) -> Spans:
    return tuple((epoch(s.start), epoch(s.stop)) for s in administration.segments)


class Resolver:
    """The administrations of one encounter as services, under one set of answers after another.

    Only administrations whose own stop or access is answered differently are resolved again.
    """

    def __init__(self, timeline: EncounterTimeline, settings: Settings) -> None:
        self.timeline = timeline
        self.settings = settings
        self._parts: dict[tuple[str | None, ...], Services] = {}
        self._layouts: dict[frozenset[str], list[Administration | Services]] = {}

    def resolve(self, answers: Answers) -> Services:
        """All administrations under these answers, in the order of the encounter."""
        made = Services()
        for item in self._layout(frozenset(i for what, i in answers if what in RESOLVED)):
            made.add(item if isinstance(item, Services) else self._part(item, answers))
        return made

    def _layout(self, answered: frozenset[str]) -> list[Administration | Services]:
        """Administrations that are answered for, and between them what stands whatever the answers."""
        layout = self._layouts.get(answered)
        if layout is None:
            layout = self._layouts[answered] = []
            for administration in self.timeline.administrations:
                if administration.id in answered:
                    layout.append(administration)
                    continue
                if not layout or not isinstance(layout[-1], Services):
                    layout.append(Services())
                stands = layout[-1]
                assert isinstance(stands, Services)
                stands.add(self._part(administration, {}))
        return layout

    def _part(self, administration: Administration, answers: Answers) -> Services:
        own = administration.id
        told = (answers.get((what, own)) for what in RESOLVED if what != "access")
        key = (own, _access_answer(own, answers), *told)
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = Services()
            _resolve(administration, self.timeline, self.settings, answers, part)
        return part


def open_stop(administration: Administration, timeline: EncounterTimeline, settings: Settings) -> OpenStop | None:
    """The unknown stop of an infusion, or ``None`` where none is missing (or none is needed)."""
    a = administration
    silence = a.silence
    silent = silence is not None and silence.seconds > settings.silence_max_minutes * 60 and not portable_pump(a)
    if a.open_since is None and not silent:
        return None
    if silent and silence is not None:
        since, lower = epoch(next(s.start for s in a.segments if s.stop > silence.start)), epoch(silence.start)
        after = tuple(span for span in known_spans(a) if span[0] >= epoch(silence.stop))
        bounds = [epoch(silence.stop)]
    else:
        assert a.open_since is not None
        since, lower, after = epoch(a.open_since), epoch(a.last_seen), ()
        bounds = [epoch(a.start) + settings.missing_stop_max_minutes * 60]
    lower = max(lower, since + 60)
    # A discharge recorded before the drug was begun proves nothing of its end.
    departure = timeline.departure if timeline.departure is not None and timeline.departure > a.start else None
    for fact in (a.latest_stop, departure, timeline.inpatient_from):
        if fact is not None:
            bounds.append(epoch(fact))
    return OpenStop(a, since, lower, max(lower, min(bounds)), after)


def _resolve(
    a: Administration, timeline: EncounterTimeline, settings: Settings, answers: Answers, made: Services
) -> None:
    category = _category(a, settings, answers)
    spans = known_spans(a)
    if a.pump_only and settings.pump_only == "unbilled" and category != "carrier":
        _not_billable(a, category, spans, made, "shown by a pump only", "{drug} was not charted.", "pump_only")
        return
    stop = open_stop(a, timeline, settings)
    push = False
    evidence: Reason | None = None
    if stop is not None and category in ("chemo", "therapeutic", "blood") and _by_vein(a):
        # Blood has no code here, but its end decides how much fluid ran beside it (rulebook 21).
        given = "query" if category == "blood" else _stop_of(a, stop, settings, answers)
        if given is None:
            _not_billable(a, category, spans, made, "infusion without a stop time", "{drug} has no stop time.")
            return
        if given == "push":
            push = True
        elif given == "query":
            made.open_stops.append(stop)
            given_stop = int(answers.get(("stop", a.id), str(stop.lower)))
            spans = union([*before(spans, stop.since), (stop.since, given_stop), *stop.after])
        else:
            spans = union([*before(spans, stop.since), (stop.since, int(given)), *stop.after])
            how = (
                "calculated from charted volume and rate"
                if settings.missing_stop == "calculate"
                else ("taken from the last charted action that shows it running")
            )
            evidence = Reason("26", "{drug}: no stop is charted; it was " + how + ".", {"drug": a.drug}, "missing_stop")
    elif stop is not None and category == "hydration":
        length = _stop_of(a, stop, settings, {})
        if length in (None, "query", "push"):
            made.notes.append(
                Note(
                    "warning",
                    "hydration-without-stop",
                    "Hydration has no stop time and cannot be billed.",
                    "Chart the stop time of fluids.",
                    (a.id,),
                )
            )
            _not_billable(a, category, spans, made, "hydration without a stop time", "{drug} has no stop time.")
            return
        spans = union([*before(spans, stop.since), (stop.since, int(str(length)))])
    if route_unknown(a, category) and (window := open_stop(replace(a, open_since=a.start), timeline, settings)):
        made.open_kinds.append(window)
        given_so, spans = given_as(a, answers.get(("kind", a.id), NO_CODE))
        kind, reason = kind_of(given_so, category, minutes(spans), settings)
        if given_so.route is Route.OTHER:
            reason = kind_of(a, category, 0, settings)[1]
    else:
        kind, reason = kind_of(a, category, 0 if push else minutes(spans), settings)
    if push:
        kind, reason = (
            "push",
            Reason("26", "{drug} has no stop time and is counted as a push.", {"drug": a.drug}, "missing_stop"),
        )
    kept = _cut(a, category, spans, timeline, made)
    if kept is None:
        return
    access, charted = _access(a, settings, answers)
    made.services.append(
        Service(
            a, kind, category, kept, epoch(a.start), access, charted, minutes(kept), _with_evidence(a, reason, evidence)
        )
    )


def _category(a: Administration, settings: Settings, answers: Answers) -> Category:
    """The category for coding; where the record's own word is not understood, the one answered for."""
    told = category_from_text(answers.get(("category", a.id)))
    return category_of(replace(a, category=told) if told is not None else a, settings)


def _with_evidence(a: Administration, reason: Reason, evidence: Reason | None) -> Reason:
    """The reason of a kind with what stands in for the record: a calculated stop, a line, a person's answers."""
    children = [*([evidence] if evidence is not None else []), *pump_reasons(a)]
    if a.access_sources:
        text = "{drug}: no site is charted; {access} was the only line in place while it ran."
        children.append(Reason("28", text, {"drug": a.drug, "access": a.access}, sources=a.access_sources))
    for answer in a.answers:
        text = "{drug}: the {what} was answered: {value} {given}".rstrip() + "."
        facts = {
            "drug": a.drug,
            "what": answer.what.replace("_", " "),
            "value": answer.value,
            "given": when_given(answer),
        }
        children.append(Reason("27", text, facts, sources=(answer.source,)))
    return replace(reason, children=(*reason.children, *children)) if children else reason


def _by_vein(a: Administration) -> bool:
    return a.route in (None, Route.IV, Route.IVPB, Route.SC) and not a.documented_push


def _stop_of(
    a: Administration, stop: OpenStop, settings: Settings, answers: Answers
) -> int | Literal["query", "push"] | None:
    """What switch ``missing_stop`` makes of it: seconds, ``query``, ``push``, or ``None`` for not billable."""
    how = settings.missing_stop
    if how == "not_billable":
        return None
    if how == "push":
        return "push"
    if how == "last_seen" and epoch(a.last_seen) > stop.since:
        return epoch(a.last_seen)
    if how == "calculate" and (ends := _runs_dry(a)) is not None and stop.lower <= ends <= stop.upper:
        return ends
    return "query"


def _runs_dry(a: Administration) -> int | None:
    """When the charted volume had run in at the charted rates, pauses left out."""
    if a.volume_ml is None or a.open_since is None:
        return None
    since = a.open_since
    running = [(s.start, min(s.stop, since)) for s in a.segments if s.start < since]
    dry = runs_dry(a.volume_ml, a.start, [*running, (since, None)], a.rates)
    return epoch(dry) if dry is not None else None


def _not_billable(
    a: Administration,
    category: object,
    spans: Spans,
    made: Services,
    label: str,
    text: str,
    setting: str = "missing_stop",
) -> None:
    service = Service(
        a,
        "other",
        a.category,
        () if category == "hydration" else spans,
        epoch(a.start),
        None,
        False,
        0,
        Reason("26", text, {"drug": a.drug}, setting),
        settled=True,
    )
    if category == "hydration":
        service.kind = "hydration"
    made.services.append(service)
    reason = Reason(
        "26", text + " Its time is documented but cannot be billed.", {"drug": a.drug}, setting, ((a.id, spans),)
    )
    made.asides.append(Aside(service, spans, "unbilled", label, reason))


def _cut(
    a: Administration, category: object, spans: Spans, timeline: EncounterTimeline, made: Services
) -> Spans | None:
    """Nothing after inpatient status or before arrival is coded (rulebook 34); ``None`` if nothing is left."""
    kept = spans
    if timeline.inpatient_from is not None:
        kept = before(kept, epoch(timeline.inpatient_from))
    kept = subtract(kept, tuple((epoch(s.start), epoch(s.stop)) for s in timeline.inpatient_between))
    if timeline.arrival is not None:
        kept = subtract(kept, ((0, epoch(timeline.arrival)),))
    dropped = subtract(spans, kept)
    at_once = not spans and (
        (timeline.inpatient_from is not None and a.start >= timeline.inpatient_from)
        or (timeline.arrival is not None and a.start < timeline.arrival)
        or any(s.start <= a.start < s.stop for s in timeline.inpatient_between)
    )
    if dropped or at_once:
        service = Service(
            a,
            "other",
            a.category,
            (),
            epoch(a.start),
            None,
            False,
            0,
            Reason("34", "{drug} was given outside outpatient status.", {"drug": a.drug}),
            settled=True,
        )
        text = "{drug}: {minutes} minutes as an inpatient or before arrival are not coded here."
        reason = Reason("34", text, {"drug": a.drug, "minutes": minutes(dropped)}, None, ((a.id, dropped),))
        made.asides.append(Aside(service, dropped, "unbilled", "inpatient or before arrival", reason))
        made.notes.append(
            Note(
                "info",
                "outside-outpatient-status",
                "Part of the time lies after the change to inpatient status or before arrival; it is not coded.",
                "Check the time of the status change.",
                (a.id,),
            )
        )
        if not kept:
            made.services.append(service)
            return None
    return kept


def _access(a: Administration, settings: Settings, answers: Answers) -> tuple[str | None, bool]:
    """Comparable access and whether it was charted.  ``?id`` is a line of its own nobody named."""
    key = access_key(a.access)
    if key is not None:
        return key, True
    answer = _access_answer(a.id, answers)
    if answer is not None:
        return answer, False
    return (None, False) if settings.unknown_access == "same" else (f"?{a.id}", False)


def _access_answer(administration: str, answers: Answers) -> str | None:
    """The access answered for; "the same line as" another unknown leads on to that one's answer."""
    answer = answers.get(("access", administration))
    while answer is not None and answer.startswith("?") and answer != f"?{administration}":
        administration = answer[1:]
        further = answers.get(("access", administration))
        if further is None:
            break
        answer = further
    return answer
