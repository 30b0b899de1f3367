"""Charting that is possible but doubtful: reported beside the lines, never a guess (rulebook 9, 29)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from parsers.events import Finding, Route
from timeline.model import UNREAD, Administration, Kind
from timeline.rules.hours import additional_hours
from timeline.rules.push_or_infusion import portable_pump
from timeline.services import known_spans
from timeline.spans import seconds
from timeline.switches import Settings


def doubts(administrations: Sequence[Administration], kinds: dict[str, Kind], settings: Settings) -> list[Finding]:
    """Findings about runs that look generated, forgotten or unlisted."""
    found: list[Finding] = []
    for a in administrations:
        if kinds.get(a.id) == "other":
            continue
        if a.category_basis in ("unlisted", UNREAD):
            found.append(
                _finding(
                    "warning",
                    "drug-unlisted",
                    "A drug is not in the formulary and is coded as therapeutic.",
                    "Give its category in the record or in your formulary file.",
                    a,
                )
            )
        if a.route is None and (a.segments or a.open_since is not None):
            found.append(
                _finding(
                    "info",
                    "route-missing",
                    "No route is charted; a running infusion is taken as IV.",
                    "Add the route to the record.",
                    a,
                )
            )
        found.extend(_against_the_order(a, settings))
        if seconds(known_spans(a)) > settings.long_run_minutes * 60 and a.open_since is None and not portable_pump(a):
            found.append(
                _finding(
                    "warning",
                    "long-run",
                    f"The run is longer than {settings.long_run_minutes // 60} hours.",
                    "Check that each bag and stop was charted.",
                    a,
                )
            )
    stamps = Counter(a.start for a in administrations if kinds.get(a.id) != "other")
    for a in administrations:
        if stamps.get(a.start, 0) >= settings.many_at_once and kinds.get(a.id) != "other":
            found.append(
                _finding(
                    "info",
                    "many-at-one-minute",
                    f"{stamps[a.start]} administrations are charted at one minute.",
                    "Check that each was given when it is charted.",
                    a,
                )
            )
            stamps[a.start] = 0
    return found


def _against_the_order(a: Administration, settings: Settings) -> list[Finding]:
    if a.ordered_minutes is None or a.minutes is None or not a.segments or a.route in (Route.OTHER, Route.IM, Route.SC):
        return []
    ordered = int(a.ordered_minutes)
    if a.stop is not None and a.stop - a.start == timedelta(minutes=ordered):
        return [
            _finding(
                "info",
                "stop-as-ordered",
                "The stop is exactly the start plus the ordered time.",
                "Check that the stop was seen, not calculated.",
                a,
            )
        ]
    if a.minutes > ordered and _worth(a, a.minutes, settings) > _worth(a, ordered, settings):
        return [
            _finding(
                "info",
                "past-ordered-time",
                f"It ran {a.minutes} minutes where {ordered} were ordered, and the time past the order earns a unit.",
                "Check the charted stop.",
                a,
            )
        ]
    return []


def _worth(a: Administration, minutes: int, settings: Settings) -> tuple[bool, int]:
    """Whether so many minutes pass the first boundary (infusion, hydration), and their additional hours."""
    first = settings.hydration_min_minutes if a.category == "hydration" else settings.infusion_min_minutes
    return minutes >= first, additional_hours(minutes, settings)


def _finding(severity: str, code: str, message: str, fix: str, a: Administration) -> Finding:
    return Finding(severity, code, message, fix, a.sources[0] if a.sources else None, (a.id,))  # type: ignore[arg-type]
