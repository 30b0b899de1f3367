"""Which column a header may be meant for, by what stands below it and not by its name alone.

``Station`` looks like *action* and holds wards; ``MAR Evt`` looks like nothing and holds *Given* and *Stopped*.
A guess is an offer to a person: nothing is read by it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from parsers.clock import DAY_STANDS_FIRST, Clock, Stamp
from parsers.day_cells import is_time_of_day
from parsers.mar_columns import nearest_header
from parsers.vocabulary import action_from_text, route_from_text

_MOSTLY = 0.6
"""A column is of a kind when at least this share of its filled cells is."""
_ROWS = 60
_WORDS = re.compile(r"[^\W\d_]+")
_DRUG_WORDS = frozenset({
    "med", "meds", "medication", "medications", "drug", "drugs", "medicine", "substance", "product", "pharmaceutical",
    "medikament", "arzneimittel", "wirkstoff", "präparat", "substanz",
})  # fmt: skip
_HELD = {
    "action": "its values are action words",
    "route": "its values are routes",
    "moment": "its values are dates with a time",
    "day": "its values are dates",
    "clock": "its values are times of day",
    "drug": "its header names drugs, its values are texts",
}
BY_HEADER = "a guess from the header"
DAY_FIRST = ", the day first"
"""Stands behind the reason where dates are dates only with the day first."""
_WHEN = frozenset({"moment", "day", "clock", "other"})
_MAY_HOLD: Mapping[str, frozenset[str]] = {
    "action": frozenset({"action", "other"}),
    "route": frozenset({"route", "action", "other"}),
    "patient_class": frozenset({"route", "other"}),
    "duration": frozenset({"clock", "other"}),
    **dict.fromkeys(("time", "start", "stop", "date", "recorded_at"), _WHEN),
}
"""What may stand below a header that is offered for a column by its name: texts, and no times, where it is not here."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A header that may be meant for a column, and why."""

    header: str
    why: str


def guessed_columns(
    cells: Sequence[str], rows: Sequence[Sequence[str]], read: Mapping[str, str], wanted: Collection[str]
) -> dict[str, Guess]:
    """The column to the header offered for it; ``read`` are the columns found already, ``wanted`` those to look for.

    ``rows`` are rows of data below the header ``cells``.
    """
    rest = [cell.strip() for cell in cells if cell.strip() and cell.strip() not in read.values()]
    held = {header: _held(_values(cells, rows, header), header) for header in rest}
    found: dict[str, Guess] = {}
    for column in wanted:
        near = nearest_header(column, [header for header in rest if _may_hold(held[header], column)])
        if near:
            found[column] = Guess(near, _HELD[column] if held[near] == column else BY_HEADER)
    for column in ("action", "route", "drug"):
        _offer(found, column, [h for h in rest if held[h] == column], held, wanted)
    if "action" in read or "action" in found:
        _times_of_a_log(found, rest, held, read, wanted)
    for column in found.keys() & {"date", "time", "start"}:
        guess = found[column]
        if any(_only_day_first(text) for text in _values(cells, rows, guess.header)):
            found[column] = Guess(guess.header, guess.why + DAY_FIRST)
    return found


def _offer(
    found: dict[str, Guess], column: str, headers: Sequence[str], held: Mapping[str, str], wanted: Collection[str]
) -> None:
    taken = {guess.header for guess in found.values()}
    header = next((header for header in headers if header not in taken), None)
    if column in wanted and column not in found and header is not None:
        found[column] = Guess(header, _HELD[held[header]])


def _times_of_a_log(
    found: dict[str, Guess],
    rest: Sequence[str],
    held: Mapping[str, str],
    read: Mapping[str, str],
    wanted: Collection[str],
) -> None:
    """Where each row is an action: one column with its time, or two with its day and its time of day."""
    found.pop("start", None)
    for column, kind in (("time", "moment"), ("time", "clock")):
        _offer(found, column, [h for h in rest if held[h] == kind], held, wanted)
    at = found["time"].header if "time" in found else ""
    bare = held.get(at) == "clock" or "time" in read
    if bare and "date" not in read:
        _offer(found, "date", [h for h in rest if held[h] == "day"], held, {"date"})


def _may_hold(held: str, column: str) -> bool:
    return not held or held in _MAY_HOLD.get(column, {"other", "drug"})


def _values(cells: Sequence[str], rows: Sequence[Sequence[str]], header: str) -> list[str]:
    place = next(n for n, cell in enumerate(cells) if cell.strip() == header)
    texts = (row[place].strip() for row in rows[:_ROWS] if place < len(row))
    return [text for text in texts if text]


def _held(values: Sequence[str], header: str) -> str:
    """What the values are: ``action``, ``route``, ``moment``, ``day``, ``clock``, ``drug``, or ``other``.

    Empty where there are no values to tell.
    """
    if not values:
        return ""
    shares = {
        "action": sum(action_from_text(text) is not None for text in values),
        "route": sum(route_from_text(text) is not None for text in values),
        "moment": sum(_time_kind(text) == "moment" for text in values),
        "day": sum(_time_kind(text) == "day" for text in values),
        "clock": sum(":" in text and is_time_of_day(text) for text in values),
    }
    kind = max(shares, key=lambda name: shares[name])
    if shares[kind] >= _MOSTLY * len(values):
        return kind
    named = any(word.casefold() in _DRUG_WORDS for word in _WORDS.findall(header))
    texts = sum(any(len(word) > 3 for word in _WORDS.findall(text)) for text in values)
    return "drug" if named and texts >= _MOSTLY * len(values) else "other"


def _only_day_first(text: str) -> bool:
    found = Clock().charted(text)
    return not isinstance(found, Stamp) and found.fix == DAY_STANDS_FIRST


def _time_kind(text: str) -> str:
    for day_first in (False, True):
        found = Clock(day_first=day_first).charted(text)
        if isinstance(found, Stamp):
            return "moment"
        if found.code == "date-only":
            return "day"
    return ""
