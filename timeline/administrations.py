"""From charted events to administrations: one value a hang, with everything the rules need to know of it."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from parsers.events import AdministrationEvent, Category, Drug, Finding, Route, Source
from timeline.access_names import access_key
from timeline.charted_orders import hangs_of_order
from timeline.formulary import Formulary, FormularyMatch
from timeline.hang_settings import HangSettings, RateStep
from timeline.hangs import Hang
from timeline.model import UNREAD, Administration, Segment
from timeline.spans import epoch, instant, union

# Rulebook 0d: a mix has the highest category of its parts.
CATEGORY_ORDER: tuple[Category, ...] = (
    "chemo",
    "therapeutic",
    "nutrition",
    "blood",
    "vaccine",
    "contrast",
    "anaesthesia",
    "hydration",
    "carrier",
)
LONG_SILENCE = timedelta(hours=12)


def administrations_of_order(
    events: Sequence[AdministrationEvent], formulary: Formulary, settings: HangSettings
) -> tuple[list[Administration], list[Finding]]:
    """The administrations of one order of one encounter, and what is doubtful about them."""

    def fluid(hang: Hang) -> bool:
        return _category(hang.first.drugs, formulary)[0] in ("hydration", "carrier")

    hangs, findings = hangs_of_order(events, settings, fluid)
    made = [_administration(parts, formulary, findings) for parts in hangs]
    return made, findings


def _administration(parts: list[Hang], formulary: Formulary, findings: list[Finding]) -> Administration:
    lead = parts[0]
    events = _in_order([e for part in parts for e in part.events])
    drugs = _drugs(parts)
    match = _match(drugs, formulary)
    category, basis = _category(drugs, formulary)
    route = next((e.route for e in events if e.route is not None), None)
    start = min(part.start for part in parts)
    open_since, stop, evidence, stop_sources = _end(parts)
    last_seen = max(part.last_seen for part in parts)
    segments = _segments(parts, open_since, last_seen, stop)
    running = open_since is not None or bool(segments)
    first = lead.first
    identity = (
        first.encounter_id,
        first.order_id or "|".join(_loose_key(first, route)),
        _drug_key(drugs),
        str(epoch(start)),
    )
    administration_id = hashlib.sha256("\x1f".join(identity).encode()).hexdigest()[:12]
    access = _access(events, administration_id, findings)
    return Administration(
        id=administration_id,
        encounter_id=first.encounter_id,
        order_id=first.order_id,
        drug=" + ".join(d.name for d in drugs),
        components=tuple(d.name for d in drugs),
        ingredients=frozenset(match.ingredients),
        category=category,
        category_basis=basis,
        route=route,
        documented_push=route is Route.IV_PUSH or any(part.push for part in parts),
        single_dose=not running,
        access=access,
        start=start,
        stop=stop if running and open_since is None else None,
        stop_evidence=evidence,
        segments=segments,
        open_since=open_since,
        last_seen=last_seen,
        latest_stop=min((p.latest_stop for p in parts if p.latest_stop), default=None) if open_since else None,
        bags=tuple(sorted({b for part in parts for b in part.bags})),
        rates=_rates(parts),
        volume_ml=_total_volume(parts),
        ordered_minutes=next((e.ordered_minutes for e in events if e.ordered_minutes), None),
        device=next((e.device for e in events if e.device), None),
        primary_drug=any(e.primary_drug for e in events),
        nurse=next((e.nurse for e in events if e.nurse), None),
        department=next((e.department for e in events if e.department), None),
        sources=_unique(e.source for e in events),
        stop_sources=stop_sources,
        charge_codes=frozenset(code for d in drugs for code in (d.hcpcs, d.code) if code),
        electrolyte=match.electrolyte and basis != "record",
        silence=_silence(parts, segments),
        hormonal=match.hormonal,
        history=tuple(entry for part in parts for entry in part.past),
    )


def _in_order(events: Sequence[AdministrationEvent]) -> list[AdministrationEvent]:
    return sorted(events, key=lambda e: (e.time, e.source.file, e.source.record or 0, e.source.row or 0))


def _unique(sources: Iterable[Source]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(sources))


def _drugs(parts: Sequence[Hang]) -> tuple[Drug, ...]:
    """The distinct charted drugs of a hang, active parts before diluents, by name."""
    named: dict[str, Drug] = {}
    for part in parts:
        for drug in part.first.drugs:
            held = named.get(drug.name.casefold())
            if held is None or (held.category is None and drug.category is not None):
                named[drug.name.casefold()] = drug
        for event in part.events:
            for drug in event.drugs:
                # A category charted on a later row of the same drug still is the record's own.
                held = named.get(drug.name.casefold())
                if held is not None and held.category is None and drug.category is not None:
                    named[drug.name.casefold()] = drug
    return tuple(sorted(named.values(), key=lambda d: (d.base, d.name.casefold())))


def _drug_key(drugs: Sequence[Drug]) -> str:
    active = [d for d in drugs if not d.base] or list(drugs)
    return "+".join(sorted(d.name.casefold() for d in active))


def _loose_key(event: AdministrationEvent, route: Route | None) -> tuple[str, str]:
    return (access_key(event.site) or "", route.value if route else "")


def _match(drugs: Sequence[Drug], formulary: Formulary) -> FormularyMatch:
    """The formulary's word on a drug or mix; diluents of an RXC mix stay out of its identity."""
    active = [d for d in drugs if not d.base] or list(drugs)
    if len(active) == 1:
        return formulary.match(active[0].name, hcpcs=active[0].hcpcs, code=active[0].code)
    return formulary.match(" + ".join(d.name for d in active))


def _category(drugs: Sequence[Drug], formulary: Formulary) -> tuple[Category, str]:
    """The highest category of the parts; of a part the record's own wins, then the formulary (rulebook 0d, 0e).

    An unlisted part is therapeutic, whatever is charted of the others.
    """
    active = [d for d in drugs if not d.base] or list(drugs)
    found: list[tuple[Category, str]] = [(d.category, "record") for d in active if d.category is not None]
    unlabelled = [d for d in active if d.category is None]
    if unlabelled:
        match = _match(unlabelled, formulary)
        # A word of the record that nobody understands is asked about, unless the formulary knows the drug.
        unlisted = UNREAD if any(d.category_unread for d in unlabelled) else "unlisted"
        found.append(
            ("therapeutic", unlisted) if match.category is None else (match.category, f"formulary: {match.entry}")
        )
    return min(found, key=lambda part: CATEGORY_ORDER.index(part[0]))


def _end(parts: Sequence[Hang]) -> tuple[datetime | None, datetime | None, str, tuple[Source, ...]]:
    """Where a hang ends: a mix ends when its last charted part does, also for a part without a stop."""
    running = [p for p in parts if p.open_since is not None or p.segments]
    if not running:
        return None, None, "not needed", ()
    stopped = [p for p in running if p.open_since is None and p.stop is not None]
    opened = [p for p in running if p.open_since is not None]
    last = max(stopped, key=lambda p: p.stop or p.start, default=None)
    if opened and (
        last is None or last.stop is None or any(p.open_since and p.open_since >= last.stop for p in opened)
    ):
        return max(p.open_since for p in opened if p.open_since), None, "missing", ()
    assert last is not None
    return None, last.stop, last.stop_evidence, tuple(last.stop_sources)


def _segments(
    parts: Sequence[Hang], open_since: datetime | None, last_seen: datetime, stop: datetime | None
) -> tuple[Segment, ...]:
    stretches = [(epoch(a), epoch(b)) for part in parts for a, b in part.segments]
    for part in parts:
        end = last_seen if open_since is not None else stop
        if part.open_since is not None and end is not None and not part.push:
            stretches.append((epoch(part.open_since), epoch(end)))
    return tuple(Segment(instant(a), instant(b)) for a, b in union(stretches))


def _silence(parts: Sequence[Hang], segments: Sequence[Segment]) -> Segment | None:
    """The longest stretch of running in which nothing was charted, when longer than twelve hours."""
    marks = sorted({t for part in parts for t in part.actions})
    longest: Segment | None = None
    for segment in segments:
        seen = [segment.start, *(m for m in marks if segment.start < m < segment.stop), segment.stop]
        for a, b in itertools.pairwise(seen):
            if b - a > LONG_SILENCE and (longest is None or b - a > longest.stop - longest.start):
                longest = Segment(a, b)
    return longest


def _rates(parts: Sequence[Hang]) -> tuple[RateStep, ...]:
    """One rate a minute: of a start and a change charted together, the change."""
    steps = {step.time: step for part in parts for step in part.rates}
    return tuple(steps[time] for time in sorted(steps))


def _total_volume(parts: Sequence[Hang]) -> float | None:
    volumes = [e.volume_ml for part in parts for e in part.events if e.volume_ml is not None]
    return max(volumes, default=None)


def _access(events: Sequence[AdministrationEvent], administration: str, findings: list[Finding]) -> str | None:
    """The line it was hung on.  A site that changes under way is reported; the first charted one is used.

    Two lines charted at the first minute leave it unknown: which was meant cannot be told (rulebook 0c, 28).
    """
    sites = [e.site for e in events if access_key(e.site) is not None]
    if not sites:
        return None
    began = min(e.time for e in events)
    hung = {access_key(e.site): e for e in reversed(events) if e.time == began and access_key(e.site) is not None}
    if len(hung) > 1:
        findings.append(_two_lines(hung.values(), administration))
        return None
    if len({access_key(s) for s in sites}) > 1:
        findings.append(
            Finding(
                "warning",
                "access-changed",
                "One administration is charted on more than one access; the first charted is used.",
                "If these are one line, name them in site_aliases or the accesses file.",
                next(e.source for e in events if access_key(e.site) not in {None, access_key(sites[0])}),
                (administration,),
            )
        )
    return sites[0]


def _two_lines(hung: Iterable[AdministrationEvent], administration: str) -> Finding:
    return Finding(
        "warning",
        "two-sites-for-one-start",
        "One start is charted on different lines; the line is unknown.",
        "Correct the entry with the wrong line; if two bags were hung, give each its order.",
        max((e.source for e in hung), key=lambda s: (s.file, s.record or 0, s.row or 0)),
        (administration,),
    )
