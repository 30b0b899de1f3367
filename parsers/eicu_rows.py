"""Rows of the eICU table ``infusiondrug``: a rate charted at a minute since unit admission.

There is no action and no order.  Within one stay and drug the first rate above zero is a start, a rate of zero a
stop, any other a change; a drug whose last rate is above zero has no stop on record.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from parsers.clock import Clock, Stamp, TimeProblem
from parsers.doubts import Doubts
from parsers.events import Action, AdministrationEvent, Drug, Rejected, Route, Source
from parsers.mar_columns import ColumnMap
from parsers.profiles import Words
from parsers.quantities import number, volume_ml
from parsers.shapes import shape

_UNIT = re.compile(r"^(.*?)\s*\(([^()]*)\)$")
_UNKNOWN_UNITS = {"", "unknown"}
_MINUTE = re.compile(r"-?\d{1,7}")
"""At most 19 years from minute 0."""


class OffsetRows:
    """Reads the rows of one table as rate changes; :func:`read_offsets` then tells starts and stops."""

    def __init__(self, columns: ColumnMap, minute_zero: str | None, clock: Clock, words: Words, doubts: Doubts) -> None:
        self._at = columns.index
        self._headers = columns.headers
        self._words = words
        self._doubts = doubts
        self._zero: Stamp | TimeProblem | None = clock.charted(minute_zero) if minute_zero else None

    def read(self, row: Sequence[str], source: Source) -> AdministrationEvent | Rejected:
        """``row`` holds stripped cells and one empty cell more, to which absent columns point."""
        if not isinstance(self._zero, Stamp):
            return self._no_zero(source)
        at = self._at
        stay, name = row[at["encounter_id"]], row[at["drug"]]
        if not stay or not name:
            column = "drug" if stay else "encounter_id"
            return _rejected(source, self._headers[column], "drug-empty" if stay else "encounter-empty")
        minute = row[at["time"]]
        if _MINUTE.fullmatch(minute) is None:
            return Rejected(
                replace(source, field=self._headers["time"]),
                "time-unreadable",
                f"{self._headers['time']}: a value of the shape {shape(minute)} is no number of minutes.",
                "Give whole minutes since unit admission.",
            )
        drug, unit = _drug_and_unit(name)
        rate = number(row[at["rate"]])[0] if row[at["rate"]] else None
        if row[at["rate"]] and rate is None:
            self._doubts.add(
                "warning",
                "number-unreadable",
                f"{self._headers['rate']}: a value of the shape {shape(row[at['rate']])} is not a number; it is read as"
                " a rate that is not known",
                "Leave rows without a rate out of the extract.",
                source,
            )
        bag = number(row[at["bag_volume"]])[0]
        return AdministrationEvent(
            source=source,
            encounter_id=stay,
            action=Action.RATE_CHANGE,
            time=self._zero.time + timedelta(minutes=int(minute)),
            drugs=(Drug(self._words.drugs.get(drug, drug)),),
            route=Route.IV,
            rate=rate,
            rate_unit=unit,
            rate_ml_per_hour=rate if unit and unit.casefold() == "ml/hr" else None,
            bag_volume_ml=volume_ml(bag, "mL"),
        )

    def _no_zero(self, source: Source) -> Rejected:
        found = f" ({self._zero.message})" if isinstance(self._zero, TimeProblem) else ""
        return Rejected(
            replace(source, field=self._headers["time"]),
            "minute-zero-missing",
            f"{self._headers['time']} counts minutes, and nothing says when minute 0 was{found}.",
            "Copy the profile eicu_infusiondrug, set table.minute_zero to a date and time, and name it with --profile.",
        )


def read_offsets(events: Sequence[AdministrationEvent]) -> list[AdministrationEvent]:
    """The same events in the order of time, each with the action its rate stands for."""
    flowing: dict[tuple[str, str], bool] = {}
    told: list[AdministrationEvent] = []
    for event in sorted(events, key=lambda e: (e.encounter_id, e.drugs[0].name, e.time, e.source.record or 0)):
        place = (event.encounter_id, event.drugs[0].name)
        runs = flowing.get(place, False)
        flows = event.rate is None or event.rate > 0
        action = (Action.RATE_CHANGE if runs else Action.STARTED) if flows else Action.STOPPED
        flowing[place] = flows
        told.append(replace(event, action=action))
    return sorted(told, key=lambda e: e.source.record or 0)


def _drug_and_unit(text: str) -> tuple[str, str | None]:
    """``Norepinephrine (mcg/min)``: the name and the unit of its rate."""
    match = _UNIT.match(text)
    if match is None or not match[1]:
        return text, None
    return match[1], None if match[2].strip().casefold() in _UNKNOWN_UNITS else match[2].strip()


def _rejected(source: Source, header: str, code: str) -> Rejected:
    return Rejected(
        replace(source, field=header), code, f"The row has no value in {header}.", "Fill the cell in the extract."
    )
