"""Why an encounter is coded differently: what arrived since it was last reported, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from parsers.answers import GivenAnswer
from parsers.events import (
    AccessContext,
    Action,
    AdministrationEvent,
    Merge,
    OrderContext,
    Source,
    StayContext,
)
from reports.night import Cause
from workbench.store.loading import Fact

LATE = timedelta(minutes=60)
"""An entry charted so long after its own time is called late: our own measure."""
_WORDS = {
    Action.NEW_BAG: "New bag", Action.STARTED: "Start", Action.GIVEN: "Dose", Action.PUSH: "Push",
    Action.BOLUS: "Bolus", Action.RATE_CHANGE: "Rate change", Action.RATE_VERIFY: "Rate check",
    Action.PAUSED: "Pause", Action.RESTARTED: "Restart", Action.STOPPED: "Stop", Action.HELD: "Hold",
    Action.NOT_GIVEN: "Entry of a dose not given", Action.CANCELED: "Entry", Action.INTERVAL: "Administration",
}  # fmt: skip


def causes_of(
    arrived: Iterable[Fact], zone: tzinfo, reported_until: datetime | None, *, rules_changed: bool
) -> tuple[Cause, ...]:
    """The causes of a change, in order of time; never empty.

    ``arrived`` is what came in this run for the encounter, ``zone`` its clock, ``reported_until`` the end of what was
    reported of it before.
    """
    found = [_cause(fact, zone, reported_until) for fact in arrived]
    if rules_changed:
        found.append(Cause("rules", "Policy, formulary, tables or time zone are not those it was coded with before."))
    if not found:
        found.append(Cause("other encounter", "Another encounter of the patient on these dates changed."))
    return tuple(
        sorted(
            dict.fromkeys(found), key=lambda c: (c.time is None, c.time.timestamp() if c.time else 0.0, c.kind, c.text)
        )
    )


def places_of(arrived: Iterable[Fact], causes: Sequence[Cause], zone: tzinfo, until: datetime | None) -> dict[str, int]:
    """From the place of each record that arrived to the cause it became."""
    at = {cause: n for n, cause in enumerate(causes)}
    return {_place(fact.source): at[_cause(fact, zone, until)] for fact in arrived}


def _place(source: Source) -> str:
    return place_text(source.file, source.record if source.row is None else source.row)


def place_text(file: str, record: int | None) -> str:
    """A record's place, by which the sources of a line and a cause find each other."""
    return f"{file}\x1f{record}"


def _cause(fact: Fact, zone: tzinfo, until: datetime | None) -> Cause:
    match fact:
        case AdministrationEvent():
            return _charted(fact, zone, until)
        case GivenAnswer():
            who = f" of {fact.who}" if fact.who else ""
            return _told("answer", f"The answer{who} to the query about the {_plain(fact.what)}.", fact.source)
        case StayContext():
            return _told("visit", _visit(fact), fact.source, fact.time.astimezone(zone))
        case OrderContext():
            return _told("order", "A message about the order.", fact.source)
        case AccessContext():
            return _told("line in place", "A row about the IV lines in place.", fact.source)
        case Merge():
            what = "Two encounter numbers" if fact.kind == "encounter" else "Two patient numbers"
            return _told("merge", f"{what} were merged.", fact.source)


def _told(kind: str, text: str, source: Source, time: datetime | None = None) -> Cause:
    record = source.record if source.row is None else source.row
    return Cause(kind, text, time=time, file=source.file, record=record)  # type: ignore[arg-type]


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _visit(fact: StayContext) -> str:
    what = {"arrival": "the arrival", "status": "the patient class", "discharge": "the discharge"}[fact.kind]
    return f"A message about {what}{' was taken back' if fact.cancelled else ''}."


def _charted(event: AdministrationEvent, zone: tzinfo, until: datetime | None) -> Cause:
    time = event.time.astimezone(zone)
    recorded = event.recorded_at.astimezone(zone) if event.recorded_at is not None else None
    drug = ", ".join(dict.fromkeys(d.name for d in event.drugs if not d.base)) or event.drugs[0].name
    what = f"{_WORDS[event.action]} of {time:%H:%M}"
    if event.origin == "pump":
        kind, text = "new record", f"{what}, told by a pump."
    elif event.correction == "delete" or event.action is Action.CANCELED:
        kind, text = "correction", f"{what} was taken back."
    elif event.correction == "update":
        kind, text = "correction", f"{what} was corrected."
    elif recorded is not None and recorded - time >= LATE:
        kind, text = "late entry", f"{what}, charted {_how_late(recorded - time)} later."
    elif recorded is None and until is not None and event.time <= until:
        kind, text = "late entry", f"{what}, within what was reported already."
    else:
        kind, text = "new record", f"{what}."
    source = event.source
    return Cause(
        kind,  # type: ignore[arg-type]
        text,
        drug=drug,
        action=event.action_text or event.action.value,
        time=time,
        recorded_at=recorded,
        nurse=event.nurse,
        department=event.department,
        file=source.file,
        record=source.record if source.row is None else source.row,
    )


def _how_late(delay: timedelta) -> str:
    minutes = int(delay.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min"
