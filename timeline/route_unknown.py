"""A drug given without any route: into the vein, as an injection, or in a way that has no code here (rulebook 6, 27).

The answer decides the code, so it is asked for.  As an infusion its stop would be missing as well: nothing that
the longest such infusion could reach is certain before the route is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from parsers.events import Category, Route
from timeline.model import Administration
from timeline.spans import Spans, epoch
from timeline.switches import Settings

NO_CODE, INJECTION, PUSH = "none", "injection", "push"
_INFUSION = "infusion until "


def route_unknown(a: Administration, category: Category) -> bool:
    """A dose given at once whose record names no route; what has no code by any route is not asked about."""
    nowhere = a.route is None and a.single_dose and not a.documented_push
    return nowhere and category in ("chemo", "therapeutic") and not a.charge_codes & {"96523"}


def possible_kinds(since: int, upper: int, settings: Settings) -> list[str]:
    """Answers from the least to the most: no code, an injection, a push, and an infusion at its shortest and longest.

    Where an infusion without a stop is a push or not billable by switch, it is no answer of its own.
    """
    kinds = [NO_CODE, INJECTION, PUSH]
    if settings.missing_stop not in ("push", "not_billable"):
        shortest = since + settings.infusion_min_minutes * 60
        kinds += [f"{_INFUSION}{stop}" for stop in sorted({shortest, upper}) if stop <= upper]
    return kinds


def infused_until(answer: str) -> int | None:
    """The stop of an answer that is an infusion (seconds since 1970), otherwise ``None``."""
    return int(answer.removeprefix(_INFUSION)) if answer.startswith(_INFUSION) else None


def sampled(answers: Sequence[str]) -> bool:
    """Whether some answers are infusions: two lengths of it prove nothing about those between."""
    return any(infused_until(answer) is not None for answer in answers)


def given_as(a: Administration, answer: str) -> tuple[Administration, Spans]:
    """The administration as that answer has it, and its running time."""
    stop = infused_until(answer)
    if stop is not None:
        return replace(a, route=Route.IV, single_dose=False), ((epoch(a.start), stop),)
    if answer == PUSH:
        return replace(a, route=Route.IV, documented_push=True), ()
    return replace(a, route=Route.IM if answer == INJECTION else Route.OTHER), ()
