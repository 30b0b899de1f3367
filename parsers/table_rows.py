"""One row of a MAR table to one event, or the reason why not.

Both shapes may stand in one table: a row with an action word is that action at its time; a row without one is an
administration from ``start`` to ``stop``.  The row keeps what was charted; whether a start without a stop is a
missing stop or a push is decided later, by route and rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from sys import intern
from typing import Literal

from parsers.clock import Clock, Stamp, TimeProblem
from parsers.day_cells import is_time_of_day, joined
from parsers.doubts import Doubts
from parsers.drug_cells import DrugCell, read_drug_cell, with_drug_cell
from parsers.events import Action, AdministrationEvent, Category, Drug, Rejected, Route, Source
from parsers.mar_columns import ColumnMap
from parsers.profiles import Words
from parsers.quantities import AMOUNT_UNITS, is_per_time, minutes, number, rate_ml_per_hour, volume_ml
from parsers.row_refusals import cell_empty, encounter_cut
from parsers.shapes import quoted_word, shape
from parsers.vocabulary import action_from_text, category_from_text, key, nearest_actions, route_from_text

_YES = {"yes", "y", "true", "t", "1", "x", "primary"}
_CORRECTIONS: dict[str, Literal["update", "delete"] | None] = {
    "": None, "add": None, "added": None, "a": None, "new": None, "none": None, "original": None,
    "update": "update", "updated": "update", "u": "update", "edit": "update", "edited": "update",
    "corrected": "update", "correction": "update", "amended": "update", "modified": "update",
    "delete": "delete", "deleted": "delete", "d": "delete", "removed": "delete", "voided": "delete",
}  # fmt: skip
_CUT = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
"""A long number as a spreadsheet shows it: its last digits are gone, and encounters may look alike."""
_WITH_STOP = {Action.NEW_BAG, Action.STARTED}
_STOP_KEPT = {Action.GIVEN, Action.PUSH, Action.BOLUS, Action.INTERVAL}


@dataclass(frozen=True, slots=True)
class _Moment:
    """The action of a row with its times."""

    action: Action
    word: str | None
    time: datetime
    late: datetime | None
    stop: datetime | None = None
    stop_late: datetime | None = None
    stop_from: Literal["charted", "duration"] | None = None


class RowReader:
    """Reads the rows of one table; texts that repeat (routes, actions, drugs) are understood once."""

    def __init__(self, columns: ColumnMap, clock: Clock, words: Words, doubts: Doubts) -> None:
        self._at = columns.index
        self._headers = columns.headers
        self._days = columns.days
        self._day_header = columns.day_header
        self._stop_day_shared = columns.stop_day_shared
        self._clock = clock
        self._words = words
        self._doubts = doubts
        self._actions: dict[str, Action | None] = {}
        self._routes: dict[str, Route | None] = {}
        self._drugs: dict[tuple[str, str, str, str], tuple[Drug, ...]] = {}
        self._sites: dict[str, str | None] = {}
        self._amounts: dict[str, tuple[float | None, str | None]] = {}
        self._flows: dict[tuple[float | None, str | None], float | None] = {}
        self._cells: dict[str, DrugCell] | None = None if columns.has("route") else {}
        """Without a route column the cell of the drug may say its dose and route as well."""

    def read(self, row: Sequence[str], source: Source) -> AdministrationEvent | Rejected:
        """``row`` holds stripped cells and one empty cell more, to which absent columns point."""
        at = self._at
        encounter, drug = row[at["encounter_id"]], row[at["drug"]]
        if not encounter:
            return cell_empty(source, self._headers["encounter_id"], "encounter-empty")
        if not drug:
            return cell_empty(source, self._headers["drug"], "drug-empty")
        if "+" in encounter and _CUT.fullmatch(encounter):
            return encounter_cut(source, self._headers["encounter_id"], encounter)
        moment = self._moment(row, source)
        if isinstance(moment, Rejected):
            return moment
        dose, dose_unit = self._amount(row, "dose", row[at["dose_unit"]], source)
        volume = self._volume(row, "volume", row[at["volume_unit"]], source)
        rate, rate_unit = self._rate(row, source)
        ordered_rate, ordered_unit = self._amount(row, "ordered_rate", "", source)
        # A table of a million rows says the same few texts again and again: each is held once.
        event = AdministrationEvent(
            source=source,
            encounter_id=intern(encounter),
            action=moment.action,
            time=moment.time,
            drugs=self._drug(row, source),
            order_id=intern(row[at["order_id"]]) or None,
            patient_id=intern(row[at["patient_id"]]) or None,
            payer=intern(row[at["payer"]]) or None,
            action_text=moment.word,
            stop=moment.stop,
            stop_from=moment.stop_from,
            route=self._route(row[at["route"]], source),
            route_text=intern(row[at["route"]]) or None,
            site=self._site(row[at["site"]]),
            device=intern(row[at["device"]]) or None,
            primary_drug=row[at["primary_drug"]].casefold() in _YES,
            dose=dose,
            dose_unit=dose_unit,
            volume_ml=volume_ml(dose, dose_unit) if volume is None and dose is not None else volume,
            bag_volume_ml=self._volume(row, "bag_volume", "", source),
            rate=rate,
            rate_unit=rate_unit,
            rate_ml_per_hour=self._flow(rate, rate_unit),
            ordered_minutes=self._minutes(row, "ordered_minutes", "", source),
            ordered_volume_ml=self._volume(row, "ordered_volume", "", source),
            ordered_rate_ml_per_hour=self._flow(ordered_rate, ordered_unit or "mL/hr"),
            recorded_at=self._recorded(row[at["recorded_at"]], source),
            nurse=intern(row[at["nurse"]]) or None,
            department=intern(row[at["department"]]) or None,
            patient_class=intern(row[at["patient_class"]]) or None,
            time_if_late=moment.late,
            stop_if_late=moment.stop_late,
            correction=self._correction(row[at["correction"]], source),
            comment=row[at["comment"]] or None,
        )
        return event if self._cells is None else with_drug_cell(event, self._cell(drug, self._cells))

    def _cell(self, text: str, known: dict[str, DrugCell]) -> DrugCell:
        if text not in known:
            known[text] = read_drug_cell(self._words.drugs.get(key(text), text), self._words)
        return known[text]

    # Times and actions

    def _moment(self, row: Sequence[str], source: Source) -> _Moment | Rejected:
        word = row[self._at["action"]]
        if not word:
            return self._interval(row, source)
        word = intern(word)
        action = self._action(word)
        if action is None:
            return self._unknown_action(word, row, source)
        column = "time" if row[self._at["time"]] or "start" not in self._headers else "start"
        stamp = self._stamp(row, column, source)
        if isinstance(stamp, Rejected):
            return stamp
        if action in _STOP_KEPT or (action in _WITH_STOP and row[self._at["stop"]]):
            stop, stop_late, stop_from = self._stop(row, stamp.time, source)
            action = Action.INTERVAL if action in _WITH_STOP and stop is not None else action
            return _Moment(action, word, stamp.time, stamp.time_if_late, stop, stop_late, stop_from)
        return _Moment(action, word, stamp.time, stamp.time_if_late)

    def _interval(self, row: Sequence[str], source: Source) -> _Moment | Rejected:
        if not row[self._at["start"]] and row[self._at["time"]]:
            return Rejected(
                Source(
                    source.file, source.record, source.row, segment=source.segment, field=self._headers.get("action")
                ),
                "action-empty",
                "The row has a time but no action.",
                "Chart what was done at that time (New Bag, Stopped ...), or fill start and stop.",
            )
        stamp = self._stamp(row, "start" if "start" in self._headers else "time", source)
        if isinstance(stamp, Rejected):
            return stamp
        stop, stop_late, stop_from = self._stop(row, stamp.time, source)
        return _Moment(Action.INTERVAL, None, stamp.time, stamp.time_if_late, stop, stop_late, stop_from)

    def _action(self, word: str) -> Action | None:
        if word not in self._actions:
            self._actions[word] = action_from_text(word, self._words.actions)
        return self._actions[word]

    def _unknown_action(self, word: str, row: Sequence[str], source: Source) -> Rejected:
        near = nearest_actions(word)
        nearest = f" Nearest known words: {', '.join(near)}." if near else ""
        place = self._at["action"]
        shown = quoted_word(word, (cell for n, cell in enumerate(row) if n != place))
        return Rejected(
            Source(source.file, source.record, source.row, segment=source.segment, field=self._headers["action"]),
            "action-unknown",
            f"The action {shown} is not known.{nearest}",
            "Map the word under 'action_map' in a profile, or correct it in the export.",
        )

    def _stamp(self, row: Sequence[str], column: str, source: Source) -> Stamp | Rejected:
        text = self._time_text(row, column)
        found = self._clock.charted(text)
        if isinstance(found, TimeProblem):
            header = self._headers[column]
            if text != row[self._at[column]]:
                # Two cells make the time: the one of the day is blamed where no day can be read in it.
                day = self._clock.charted(row[self._days[column]])
                if isinstance(day, TimeProblem) and day.code != "date-only":
                    found, header = day, self._day_header(column) or header
            where = Source(source.file, source.record, source.row, segment=source.segment, field=header)
            return Rejected(where, found.code, f"{header}: {found.message}", found.fix)
        if "gap" in found.notes:
            self._in_gap(self._headers[column], source)
        return found

    def _time_text(self, row: Sequence[str], column: str) -> str:
        """The time as charted; a time of day with the day that stands in a column of its own."""
        text = row[self._at[column]]
        place = self._days.get(column)
        if place is None or not row[place] or not is_time_of_day(text):
            return text
        return joined(row[place], text)

    def _stop_stamp(self, row: Sequence[str], start: datetime) -> Stamp | TimeProblem:
        text = self._time_text(row, "stop")
        found = self._clock.charted(text)
        bare = row[self._at["stop"]]
        if isinstance(found, TimeProblem) or text == bare or not self._stop_day_shared or found.time >= start:
            return found
        # Started before midnight: the day in the row is that of the start.
        return self._clock.charted(joined((start + timedelta(days=1)).date().isoformat(), bare))

    def _in_gap(self, header: str, source: Source) -> None:
        self._doubts.add(
            "warning",
            "time-in-gap",
            f"{header}: a time that no clock showed, in the hour skipped in spring, was moved forward by that hour",
            "Correct the charted time if another was meant.",
            source,
        )

    def _stop(
        self, row: Sequence[str], start: datetime, source: Source
    ) -> tuple[datetime | None, datetime | None, Literal["charted", "duration"] | None]:
        text = row[self._at["stop"]]
        if text:
            found = self._stop_stamp(row, start)
            if isinstance(found, Stamp):
                if "gap" in found.notes:
                    self._in_gap(self._headers["stop"], source)
                return found.time, found.time_if_late, "charted"
            self._doubts.add(
                "warning",
                found.code,
                f"{self._headers['stop']}: {found.message.rstrip('.')}; it is taken as not charted",
                found.fix,
                source,
            )
        length = self._minutes(row, "duration", row[self._at["duration_unit"]], source)
        if not length:
            # Zero minutes stand for a duration that nobody filled in.
            return None, None, None
        return start + timedelta(minutes=length), None, "duration"

    def _recorded(self, text: str, source: Source) -> datetime | None:
        if not text:
            return None
        found = self._clock.charted(text)
        if isinstance(found, Stamp):
            return found.time
        self._doubts.add(
            "info", found.code, f"{self._headers['recorded_at']}: {found.message.rstrip('.')}", found.fix, source
        )
        return None

    # Drug, route, site

    def _drug(self, row: Sequence[str], source: Source) -> tuple[Drug, ...]:
        at = self._at
        parts = (row[at["drug"]], row[at["drug_code"]], row[at["hcpcs"]], row[at["category"]])
        known = self._drugs.get(parts)
        if known is None or (parts[3] and known[0].category is None):
            category = self._category(parts[3], source)
            name = self._words.drugs.get(key(parts[0]), parts[0]) if self._words.drugs else parts[0]
            unread = bool(parts[3]) and category is None
            known = (Drug(name, parts[1] or None, None, parts[2] or None, category, category_unread=unread),)
            self._drugs[parts] = known
        return known

    def _category(self, text: str, source: Source) -> Category | None:
        category = category_from_text(text)
        if text and category is None:
            self._doubts.add(
                "warning",
                "category-unknown",
                f"{self._headers['category']}: a category of the shape {shape(text)} is unknown; the formulary decides",
                "Use chemo, therapeutic, hydration, carrier, blood, vaccine or nutrition.",
                source,
            )
        return category

    def _route(self, text: str, source: Source) -> Route | None:
        if text not in self._routes:
            self._routes[text] = self._words.routes.get(key(text)) or route_from_text(text)
        route = self._routes[text]
        if text and route is None:
            self._doubts.add(
                "warning",
                "route-unknown",
                f"{self._headers['route']}: a route of the shape {shape(text)} is not known; the row has no route",
                "Map it under 'route_map' in a profile (IV, IVPB, IV push, IM, SC, IA, other).",
                source,
            )
        return route

    def _site(self, text: str) -> str | None:
        if text not in self._sites:
            self._sites[text] = self._words.site(text)
        return self._sites[text]

    def _correction(self, text: str, source: Source) -> Literal["update", "delete"] | None:
        if not text:
            return None
        word = key(text)
        if word not in _CORRECTIONS:
            self._doubts.add(
                "warning",
                "correction-unknown",
                f"{self._headers['correction']}: a text of the shape {shape(text)} is not known;"
                " the row is read as it stands",
                "Use update or delete, or leave it empty.",
                source,
            )
        return _CORRECTIONS.get(word)

    # Amounts

    def _amount(self, row: Sequence[str], column: str, unit: str, source: Source) -> tuple[float | None, str | None]:
        text = row[self._at[column]]
        if not text:
            return None, None
        found = self._amounts.get(text)
        if found is None:
            found = self._amounts[text] = number(text)
        value, written = found
        if value is None:
            self._not_a_number(column, text, source)
        return value, unit or written

    def _rate(self, row: Sequence[str], source: Source) -> tuple[float | None, str | None]:
        """A value with a unit that does not count by time is a dose or a volume: with it a push would run on."""
        value, unit = self._amount(row, "rate", row[self._at["rate_unit"]], source)
        if not value or unit is None or is_per_time(unit):
            return value, unit
        shown = unit if unit.casefold() in AMOUNT_UNITS else f"of the shape {shape(unit)}"
        self._doubts.add(
            "warning",
            "unit-not-rate",
            f"{self._headers['rate']}: a value with the unit {shown} is no rate; it is not used",
            "Give rates by time, such as mL/hr; map a column of doses as dose, one of volumes as volume.",
            source,
        )
        return None, None

    def _flow(self, value: float | None, unit: str | None) -> float | None:
        if value is None or unit is None:
            return None
        rate = (value, unit)
        if rate not in self._flows:
            self._flows[rate] = rate_ml_per_hour(value, unit)
        return self._flows[rate]

    def _volume(self, row: Sequence[str], column: str, unit: str, source: Source) -> float | None:
        value, written = self._amount(row, column, unit, source)
        if value is None:
            return None
        volume = volume_ml(value, written or "mL")
        if volume is None:
            self._doubts.add(
                "warning",
                "unit-not-volume",
                f"{self._headers[column]}: a unit of the shape {shape(written or '')} is no volume;"
                " the amount is not used",
                "Give volumes in mL or L.",
                source,
            )
        return volume

    def _minutes(self, row: Sequence[str], column: str, unit: str, source: Source) -> float | None:
        text = row[self._at[column]]
        if not text:
            return None
        length = minutes(text, unit or None)
        if length is None:
            self._not_a_number(column, text, source, "a duration (90, 90 min, 1:30)")
        return length

    def _not_a_number(self, column: str, text: str, source: Source, wanted: str = "a number") -> None:
        self._doubts.add(
            "warning",
            "number-unreadable",
            f"{self._headers[column]}: a value of the shape {shape(text)} is not {wanted}; it is not used",
            "Chart a plain number with a decimal point, and its unit beside it.",
            source,
        )
