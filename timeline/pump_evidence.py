"""What infusion pumps add to the chart: a stop nobody charted, a stop the pump contradicts, a run nobody charted.

Switch ``pump_evidence``: under ``fill`` a pump's stop stands where the chart has none, and a charted stop that differs
by more than ``pump_tolerance_minutes`` stands with a finding; under ``prefer`` the pump's times stand wherever it was
seen from start to stop; under ``ignore`` pumps count for nothing.  The charted start always stands but under
``prefer``.  Pumps say nothing of the access: a channel is not an IV line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from parsers.events import AdministrationEvent, Finding, Route, Source
from timeline.administrations import administrations_of_order
from timeline.clock_changes import settle_ambiguous_times
from timeline.entry_history import PastEntry
from timeline.formulary import Formulary
from timeline.hang_settings import HangSettings
from timeline.hangs import ENDS, STARTS
from timeline.model import Administration
from timeline.pump_steps import runs_of_channels
from timeline.pump_times import beside

_EARLY = timedelta(hours=1)
"""A pump may start so long before the charted start and still be meant by it."""
_UNKNOWN_STOP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class PumpRun:
    """One run of a pump; only its end where the start was never sent."""

    ingredients: frozenset[str]
    order_id: str | None
    made: Administration | None
    stop: datetime | None
    sources: tuple[Source, ...]
    stop_sources: tuple[Source, ...]
    keeps_open: bool = False
    """At the rate that only keeps the vein open."""

    @property
    def start(self) -> datetime | None:
        return self.made.start if self.made is not None else None

    @property
    def until(self) -> datetime:
        """The last moment it says anything of."""
        until = self.stop or (self.made.last_seen if self.made is not None else None)
        assert until is not None
        return until


def with_pumps(
    charted: Sequence[Administration],
    events: Sequence[AdministrationEvent],
    formulary: Formulary,
    settings: HangSettings,
    same_order: Callable[[str], str],
    past: Sequence[PastEntry] = (),
) -> tuple[list[Administration], list[Finding]]:
    """The charted administrations of an encounter with the word of its pumps, and those that only a pump shows.

    ``events`` are pump events in UTC; ``same_order`` gives one number for every number an order goes by; ``past`` are
    entries that the chart took back.
    """
    if not events:
        return list(charted), []
    if settings.pump_evidence == "ignore":
        return list(charted), [_left_out(events)]
    findings: list[Finding] = []
    runs = _runs(events, formulary, settings, findings)
    linked: dict[str, list[PumpRun]] = {}
    alone: list[PumpRun] = []
    for run in runs:
        meant = _meant(run, charted, same_order)
        if meant is None:
            alone.append(run)
        else:
            linked.setdefault(meant.id, []).append(run)
    result = []
    for a in charted:
        told = linked.get(a.id)
        result.append(a if told is None else beside(a, told, settings, findings))
    taken_back = [(e, _ingredients(e.drugs, formulary)) for e in past if e.fate == "withdrawn"]
    for run in alone:
        if any(_near(run, e.time) and names == run.ingredients for e, names in taken_back):
            findings.append(_against_the_chart(run))
        else:
            result += _pump_only(run, findings)
    findings += _confirming(events, result)
    return result, findings


def _runs(
    events: Sequence[AdministrationEvent], formulary: Formulary, settings: HangSettings, findings: list[Finding]
) -> list[PumpRun]:
    runs: list[PumpRun] = []
    for steps in runs_of_channels(events, settings):
        settled, ambiguous = settle_ambiguous_times(steps)
        findings += ambiguous
        began = next((i for i, e in enumerate(settled) if e.action in STARTS), len(settled))
        ends = [e for e in settled[:began] if e.action in ENDS]
        if ends:
            runs.append(_end_only(ends, formulary))
        if began < len(settled):
            made, found = administrations_of_order(settled[began:], formulary, settings)
            findings += found
            keeps_open = any(e.pump is not None and e.pump.keep_open for e in steps)
            runs += [_run_of(a, keeps_open=keeps_open) for a in made]
    return sorted(runs, key=lambda r: (r.start or r.until, r.until, r.order_id or ""))


def _run_of(a: Administration, *, keeps_open: bool) -> PumpRun:
    stop = a.stop if a.open_since is None else None
    return PumpRun(a.ingredients, a.order_id, a, stop, a.sources, a.stop_sources, keeps_open)


def _end_only(ends: Sequence[AdministrationEvent], formulary: Formulary) -> PumpRun:
    first = ends[0]
    sources = tuple(dict.fromkeys(e.source for e in ends))
    ingredients = _ingredients([d.name for d in first.drugs], formulary)
    return PumpRun(ingredients, first.order_id, None, first.time, sources, (first.source,))


def _ingredients(drugs: Iterable[str], formulary: Formulary) -> frozenset[str]:
    return frozenset(i for name in drugs for i in formulary.match(name).ingredients)


def _meant(run: PumpRun, charted: Sequence[Administration], same_order: Callable[[str], str]) -> Administration | None:
    """The charted administration a run is of: by order number, else by drug, and always by time.

    A run at keep-open rate is a carrier behind the drug and of no charted administration.
    """
    if run.keeps_open:
        return None
    in_time = [a for a in charted if _in_time(run, a)]
    own = same_order(run.order_id) if run.order_id else None
    fits = [a for a in in_time if own and a.order_id and same_order(a.order_id) == own]
    fits = fits or [a for a in in_time if a.ingredients == run.ingredients]
    fits = fits or [a for a in in_time if run.ingredients and run.ingredients < a.ingredients]
    began = run.start or run.until
    return min(fits, key=lambda a: (abs(a.start - began), a.start, a.id), default=None)


def _in_time(run: PumpRun, a: Administration) -> bool:
    """Whether a run can be that of an administration: they overlap, or its stop is not charted and would."""
    if a.single_dose:
        return _near(run, a.start)
    if a.open_since is None and a.segments:
        stop = max(a.segments[-1].stop, a.last_seen)
    else:
        stop = a.latest_stop or a.start + _UNKNOWN_STOP
    if run.start is None:
        # Only an end: of something that ran or may have run at that time.
        return a.start < run.until <= stop + _EARLY
    return a.start - _EARLY <= run.start < stop or (run.start < a.start < run.until)


def _near(run: PumpRun, time: datetime) -> bool:
    return abs((run.start or run.until) - time) <= _EARLY


def _against_the_chart(run: PumpRun) -> Finding:
    """A pump's word alone never brings back what a nurse took back."""
    return Finding(
        "warning",
        "pump-contradicts-cancelled",
        "A pump shows a run of a drug whose charted entry was taken back; the chart stands, nothing is coded for it.",
        "If it was given, chart it again.",
        run.sources[0],
    )


def _pump_only(run: PumpRun, findings: list[Finding]) -> list[Administration]:
    if run.made is None:
        findings.append(
            Finding(
                "info",
                "pump-stop-without-start",
                "A pump stopped, but neither the chart nor the pump shows a start of that drug.",
                "If it was given, chart the start.",
                run.sources[0],
            )
        )
        return []
    a = run.made
    if not run.keeps_open:
        findings.append(
            Finding(
                "warning",
                "pump-only",
                "Only the pump shows this administration: nobody charted it.",
                "Chart it. Switch pump_only says whether a pump's word alone is coded.",
                run.sources[0],
                (a.id,),
            )
        )
    evidence = "pump" if a.stop is not None else a.stop_evidence
    # What keeps a vein open runs by vein, whatever the order says of the drug.
    route = Route.IV if run.keeps_open else a.route
    return [replace(a, pump_only=True, stop_evidence=evidence, route=route)]


def _left_out(events: Sequence[AdministrationEvent]) -> Finding:
    return Finding(
        "info",
        "pump-not-used",
        f"{_messages(len({e.source for e in events}))} of infusion pumps left out: switch pump_evidence is ignore.",
        "",
        events[0].source,
    )


def _confirming(events: Sequence[AdministrationEvent], result: Sequence[Administration]) -> list[Finding]:
    """Periodic reports that only bear out what others say are counted, not listed one by one."""
    named = {s for a in result for s in a.sources} | {s for a in result if a.pump for s in a.pump.sources}
    rest = [e for e in events if e.source not in named]
    reports = [e for e in rest if e.pump is not None and e.pump.event == "report"]
    if not reports:
        return []
    text = f"{_messages(len({e.source for e in reports}))} of pumps bear out what others show and add nothing."
    return [Finding("info", "pump-reports", text, "", reports[0].source)]


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
