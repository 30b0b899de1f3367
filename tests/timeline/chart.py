"""A chart as a nurse would read it, turned into events; and what was made of it, written the same way.

One row a line, the way a MAR prints it::

    08:00 New Bag vancomycin IV1 rate 100        time, action, drug, site, then pairs of a word and its value
    08:00-09:00 vancomycin 'L FA' route IVPB     one row with start and stop
    08:00- vancomycin                            started, no stop charted
    23:30-00:30+1 vancomycin                     ends the day after (2026-03-11)
    08:00 New Bag vancomycin+cefepime            two drugs in one bag

Words: ``route rate volume bag device recorded correction nurse order class duration``.  Without ``order`` a row
belongs to order O1; ``order -`` is a row that names no order.  Route IV unless it says so, ``route -`` for none.

What was made of it, one line an administration: ``vancomycin 08:00-09:00 10:00-11:00 = 120``.  A missing stop ends
in ``?``: ``vancomycin 08:00-09:30?`` was last seen running at 09:30; ``vancomycin 08:00-?`` was only seen starting.
``by 16:00`` is the first fact that proves it had ended.  ``vancomycin 08:00 dose`` ran for no time.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count

from parsers.clock import Clock, Stamp
from parsers.events import Action, AdministrationEvent, Drug, Reading, Route, Source
from parsers.zones import zone_of
from timeline import build
from timeline.hang_settings import HangSettings
from timeline.model import Administration, EncounterTimeline

DAY = date(2026, 3, 10)
ACTIONS = {
    "New Bag": Action.NEW_BAG,
    "Started": Action.STARTED,
    "Given": Action.GIVEN,
    "Push": Action.PUSH,
    "Bolus": Action.BOLUS,
    "Rate Change": Action.RATE_CHANGE,
    "Verify": Action.RATE_VERIFY,
    "Paused": Action.PAUSED,
    "Restarted": Action.RESTARTED,
    "Stopped": Action.STOPPED,
    "Held": Action.HELD,
    "Refused": Action.NOT_GIVEN,
    "Canceled": Action.CANCELED,
}
WORDS = {"route", "rate", "volume", "bag", "device", "recorded", "correction", "nurse", "order", "class", "duration"}
_TIME = r"\d\d:\d\d(?::\d\d)?(?:\+\d)?"
_ROW = re.compile(
    rf"(?P<time>{_TIME})(?P<until>-(?P<stop>{_TIME})?)?\s+(?:(?P<action>{'|'.join(ACTIONS)})\s+)?(?P<rest>.+)"
)


def events(chart: str, *, zone: str = "UTC", day: date = DAY) -> list[AdministrationEvent]:
    """The rows of a chart, in its order; blank lines part rows only for the reader."""
    clock = Clock(zone_of(zone))
    rows = [line.strip() for line in chart.splitlines() if line.strip()]
    return [_event(row, number, clock, day) for number, row in zip(count(1), rows, strict=False)]


def reading(chart: str | list[AdministrationEvent], *, zone: str = "UTC", day: date = DAY) -> Reading:
    rows = events(chart, zone=zone, day=day) if isinstance(chart, str) else chart
    return Reading(tuple(rows), used=len(rows), timezone=zone)


def timeline(
    chart: str | list[AdministrationEvent], *, zone: str = "UTC", day: date = DAY, grace: int = 0, longest: int = 240
) -> EncounterTimeline:
    """The one encounter of a chart.  ``grace`` and ``longest`` are the two switches on a bag change, in minutes."""
    made = build(reading(chart, zone=zone, day=day), hang_settings=HangSettings(longest, grace))
    (encounter,) = made.encounters
    return encounter


def ran(
    chart: str | list[AdministrationEvent], *, zone: str = "UTC", day: date = DAY, grace: int = 0, longest: int = 240
) -> list[str]:
    """What a chart says really ran, one line an administration."""
    made = timeline(chart, zone=zone, day=day, grace=grace, longest=longest)
    return [_shown(a, made) for a in made.administrations]


def findings(chart: str | list[AdministrationEvent], *, zone: str = "UTC", day: date = DAY) -> list[str]:
    """The codes of what is doubtful about a chart."""
    return sorted(f.code for f in timeline(chart, zone=zone, day=day).findings)


def _shown(a: Administration, made: EncounterTimeline) -> str:
    def clock(time: datetime) -> str:
        local = made.local(time)
        seconds = local.strftime(":%S") if local.second else ""
        later = (local.date() - made.local(made.administrations[0].start).date()).days
        return local.strftime("%H:%M") + seconds + (f"+{later}" if later else "")

    if not a.segments and a.open_since is None:
        return f"{a.drug} {clock(a.start)} {'push' if a.documented_push else 'dose'}"
    stretches = [f"{clock(s.start)}-{clock(s.stop)}" for s in a.segments]
    if a.open_since is None:
        return f"{a.drug} {' '.join(stretches)} = {a.minutes}"
    if a.segments and a.segments[-1].stop > a.open_since:
        stretches[-1] += "?"
    else:
        stretches.append(f"{clock(a.open_since)}-?")
    return f"{a.drug} {' '.join(stretches)}" + (f" by {clock(a.latest_stop)}" if a.latest_stop else "")


def _event(row: str, number: int, clock: Clock, day: date) -> AdministrationEvent:
    match = _ROW.fullmatch(row)
    assert match is not None, f"not a row of a chart: {row!r}"
    drug, *tokens = shlex.split(match["rest"])
    site = tokens.pop(0) if tokens and tokens[0] not in WORDS else None
    said = dict(_pairs(tokens, row))
    stamp = _stamp(match["time"], clock, day)
    stop = _stamp(match["stop"], clock, day) if match["stop"] else None
    assert match["action"] or match["until"], f"a row needs an action or a stop: {row!r}"
    rate = float(said["rate"]) if "rate" in said else None
    route = said.get("route", "IV")
    return AdministrationEvent(
        source=Source("chart", record=number, row=number),
        encounter_id="E1",
        order_id={"-": None}.get(said.get("order", "O1"), said.get("order", "O1")),
        action=ACTIONS[match["action"]] if match["action"] else Action.INTERVAL,
        action_text=match["action"],
        time=stamp.time,
        time_if_late=stamp.time_if_late,
        stop=stop.time if stop else None,
        stop_if_late=stop.time_if_late if stop else None,
        stop_from=("duration" if said.get("duration") else "charted") if stop else None,
        drugs=tuple(Drug(name) for name in drug.split("+")),
        route=None if route == "-" else Route(route),
        site=site,
        device=said.get("device"),
        rate=rate,
        rate_unit="mL/hr" if rate is not None else None,
        rate_ml_per_hour=rate,
        volume_ml=float(said["volume"]) if "volume" in said else None,
        bag_volume_ml=float(said["bag"]) if "bag" in said else None,
        recorded_at=_stamp(said["recorded"], clock, day).time if "recorded" in said else None,
        correction=said.get("correction"),  # type: ignore[arg-type]
        nurse=said.get("nurse"),
        patient_class=said.get("class"),
    )


def _pairs(tokens: list[str], row: str) -> Iterator[tuple[str, str]]:
    assert len(tokens) % 2 == 0, f"words come in pairs: {row!r}"
    for word, value in zip(tokens[::2], tokens[1::2], strict=True):
        assert word in WORDS, f"not a word of a chart: {word!r} in {row!r}"
        yield word, value


def _stamp(text: str, clock: Clock, day: date) -> Stamp:
    time, _, later = text.partition("+")
    stamp = clock.charted(f"{day + timedelta(days=int(later or 0))}T{time}")
    assert isinstance(stamp, Stamp)
    return stamp
