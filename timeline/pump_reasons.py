"""The word of a pump in the evidence of a line: whose stop was used, and how far the other is from it."""

from __future__ import annotations

from timeline.model import Administration
from timeline.rules.case import Reason


def pump_reasons(a: Administration) -> tuple[Reason, ...]:
    """What the pump said of an administration; nothing where none was heard."""
    if a.pump_only:
        facts: dict[str, object] = {"drug": a.drug}
        return (Reason("26", "{drug}: only an infusion pump shows it; nobody charted it.", facts, "pump_only"),)
    word = a.pump
    if word is None:
        return ()
    facts = {"drug": a.drug}
    if word.verdict != "fills":
        facts |= {"minutes": abs(word.minutes), "running": word.running}
    text, setting = {
        "fills": ("no stop is charted; the infusion pump's is used", "pump_evidence"),
        "agrees": ("the infusion pump agrees with the charted stop", "pump_tolerance_minutes"),
        "replaces": (f"the infusion pump's times are used; {_apart(word.minutes)}", "pump_evidence"),
        "differs": (f"the charted times are used; {_apart(word.minutes)}", "pump_evidence"),
    }[word.verdict]
    return (Reason("26", "{drug}: " + text + ".", facts, setting, sources=word.sources),)


def _apart(minutes: int) -> str:
    if not minutes:
        return "the pump stopped with the chart but ran {running} minutes more or less"
    return "the pump stopped {minutes} minutes " + ("before" if minutes < 0 else "after") + " the charted stop"
