"""What infusion pumps add to the chart: a stop nobody charted, a stop the pump contradicts, a run nobody charted.

Switch ``pump_evidence``: under ``fill`` a pump's stop stands where the chart has none, and a charted stop that differs
by more than ``pump_tolerance_minutes`` stands with a finding; under ``prefer`` the pump's times stand wherever it was
seen from start to stop; under ``ignore`` pumps count for nothing.  The charted start always stands but under
``prefer``.  Only the charted run itself fills its stop: another run of the drug stands alone.  Pumps say nothing of the
access: a channel is not an IV line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from parsers.events import AdministrationEvent, Finding, Route, Source
from timeline.administrations import administrations_of_order
from timeline.clock_changes import settle_ambiguous_times
from timeline.entry_history import PastEntry
from timeline.formulary import Formulary
from timeline.hang_settings import HangSettings
from timeline.hangs import ENDS, STARTS
from timeline.model import Administration
from timeline.pump_matches import beside_the_open, meant, near
from timeline.pump_steps import runs_of_channels
from timeline.pump_times import beside


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
        of = meant(run, charted, linked, same_order, settings)
        if of is None:
            alone.append(run)
        else:
            linked.setdefault(of.id, []).append(run)
    result = []
    for a in charted:
        told = linked.get(a.id)
        result.append(a if told is None else beside(a, told, settings, findings))
    taken_back = [(e, _ingredients(e.drugs, formulary)) for e in past if e.fate == "withdrawn"]
    for run in alone:
        if any(near(run, e.time) and names == run.ingredients for e, names in taken_back):
            findings.append(_against_the_chart(run))
        else:
            result += _pump_only(run, beside_the_open(run, charted), findings)
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


def _against_the_chart(run: PumpRun) -> Finding:
    """A pump's word alone never brings back what a nurse took back."""
    return Finding(
        "warning",
        "pump-contradicts-cancelled",
        "A pump shows a run of a drug whose charted entry was taken back; the chart stands, nothing is coded for it.",
        "If it was given, chart it again.",
        run.sources[0],
    )


def _pump_only(run: PumpRun, missing: Administration | None, findings: list[Finding]) -> list[Administration]:
    """A run of its own; ``missing`` is an earlier administration of the drug without a stop."""
    if run.made is None:
        findings.append(
            Finding(
                "info",
                "pump-stop-without-start",
                "A pump stopped, but neither the chart nor the pump shows a start of that drug shortly before.",
                "If it was given, chart the start.",
                run.sources[0],
            )
        )
        return []
    a = run.made
    if not run.keeps_open:
        findings.append(_not_charted(a, missing, run.sources[0]))
    evidence = "pump" if a.stop is not None else a.stop_evidence
    # What keeps a vein open runs by vein, whatever the order says of the drug.
    route = Route.IV if run.keeps_open else a.route
    return [replace(a, pump_only=True, stop_evidence=evidence, route=route)]


def _not_charted(a: Administration, missing: Administration | None, source: Source) -> Finding:
    message = "Only the pump shows this administration: nobody charted it."
    fix = "Chart it. Switch pump_only says whether a pump's word alone is coded."
    if missing is not None:
        later = int((a.start - missing.start).total_seconds()) // 60
        message = (
            f"Only the pump shows this run. It began {later} minutes after the charted start of the same drug, "
            "whose stop is missing, and is not taken for it."
        )
        fix = "Chart the missing stop. If both are one infusion, correct the charted start; otherwise chart this one."
    return Finding("warning", "pump-only", message, fix, source, (a.id,))


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
