"""What every picture and table of an encounter needs to know: lanes, looks, open ends, times in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from parsers.events import Route
from reports.clock_text import clock, span
from reports.safe_text import one_line
from timeline.model import Administration, CodedEncounter

Look = Literal["chemo", "drug", "hydration", "carrier", "blood", "other"]
"""How a bar is drawn; never by colour alone."""

LOOK_WORDS: dict[Look, str] = {
    "chemo": "chemo infusion",
    "drug": "drug infusion",
    "hydration": "hydration",
    "carrier": "carrier fluid",
    "blood": "blood",
    "other": "not coded here",
}

NO_ACCESS = "access not charted"
NOT_BY_VEIN = "injections, other routes"
"""These need no access, so none is missing."""

_NOT_BY_VEIN = (Route.IM, Route.SC, Route.OTHER)

_SHOWN_OPEN = timedelta(hours=1)
"""How far past the last charted action an unknown stop is drawn when nothing proves an end."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The administrations of one access, by start."""

    name: str
    administrations: tuple[Administration, ...]


def lanes(coded: CodedEncounter) -> tuple[Lane, ...]:
    """One lane an access in order of first use; then what has no charted access, then what needs none."""
    charted: dict[str, list[Administration]] = {}
    rest: dict[str, list[Administration]] = {NO_ACCESS: [], NOT_BY_VEIN: []}
    for a in sorted(coded.timeline.administrations, key=lambda a: (a.start, a.id)):
        if a.access is not None:
            charted.setdefault(a.access, []).append(a)
        else:
            rest[NOT_BY_VEIN if a.route in _NOT_BY_VEIN else NO_ACCESS].append(a)
    both = [*charted.items(), *((name, given) for name, given in rest.items() if given)]
    return tuple(Lane(one_line(name), tuple(given)) for name, given in both)


def is_mark(coded: CodedEncounter, a: Administration) -> bool:
    """Drawn as a mark at its time: a push or injection without a running stretch."""
    return not a.segments and a.open_since is None


def look(coded: CodedEncounter, a: Administration) -> Look:
    """The look of its bar, by the kind the rules gave it and then its category."""
    kind = coded.kinds.get(a.id, "other")
    if kind == "carrier" or a.category == "carrier":
        return "carrier"
    if kind == "hydration" or a.category == "hydration":
        return "hydration"
    if a.category in ("chemo", "blood"):
        return "chemo" if a.category == "chemo" else "blood"
    return "drug" if kind in ("infusion", "push", "injection", "pump") else "other"


def kind_words(coded: CodedEncounter, a: Administration) -> str:
    """``infusion, chemo``; a kind that says the same as the category is said once."""
    kind = coded.kinds.get(a.id, "other")
    return kind if kind == a.category else f"{kind}, {a.category}"


def open_until(coded: CodedEncounter, a: Administration) -> datetime:
    """How far the unknown end of a missing stop is drawn: the proof that it had ended, else a while."""
    if a.latest_stop is not None and a.latest_stop > a.last_seen:
        return a.latest_stop
    bounds = [q.to for q in coded.queries if q.administration == a.id and q.to is not None]
    shown = max(a.last_seen, a.start) + _SHOWN_OPEN
    return min([shown, *(b for b in bounds if b > a.last_seen)])


def extent(coded: CodedEncounter) -> tuple[datetime, datetime] | None:
    """First and last instant to draw, whole minutes wide at least an hour; ``None`` with nothing to draw."""
    administrations = coded.timeline.administrations
    if not administrations:
        return None
    first = min(a.start for a in administrations)
    last = max(a.segments[-1].stop if a.segments else a.start for a in administrations)
    shown = [min(open_until(coded, a), last + _SHOWN_OPEN) for a in administrations if a.open_since is not None]
    last = max([last, *shown])
    return first, max(last, first + timedelta(hours=1))


def ran_words(coded: CodedEncounter, a: Administration, dash: str = "-") -> str:
    """``19:10-22:40``, ``19:10 to ?``, ``18:20``: when it ran, as far as the record says."""
    timeline = coded.timeline
    if is_mark(coded, a):
        return clock(timeline, a.start)
    if a.open_since is not None:
        return f"{clock(timeline, a.start)}{dash}? (last charted {clock(timeline, a.last_seen)})"
    return span(timeline, a.start, a.segments[-1].stop, dash)


def minutes_words(coded: CodedEncounter, a: Administration) -> str:
    """``190 min``, ``at least 15 min``; a push says so."""
    if is_mark(coded, a):
        return coded.kinds.get(a.id, "given")
    if a.minutes is not None:
        return f"{a.minutes} min"
    return f"at least {a.seconds // 60} min" if a.seconds >= 60 else "minutes unknown"


def access_words(a: Administration) -> str:
    """The access, and what says so where it is not charted."""
    if a.access is None:
        return "not charted"
    because = {"one line in place": " (the only line in place)", "answered": " (answered by a person)"}
    return one_line(a.access) + because.get(a.access_evidence, "")


def stop_words(a: Administration) -> str:
    """What gives the stop (rulebook 26)."""
    return {
        "charted": "stop as charted",
        "duration": "stop from the charted duration",
        "pause never restarted": "stop: paused and never restarted",
        "missing": "no stop charted",
        "calculated": "stop calculated from charted volume and rate",
        "last seen": "stop taken from the last charted action",
        "answered": "stop answered by a person",
        "pump": "stop from the infusion pump",
        "not needed": "needs no stop",
    }.get(a.stop_evidence, one_line(a.stop_evidence))
