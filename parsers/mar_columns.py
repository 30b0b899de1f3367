"""The columns of the MAR table: their canonical names, the other names they go by, and matching a header to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache

from parsers.shapes import header_word
from parsers.vocabulary import key

ALIASES: dict[str, tuple[str, ...]] = {
    "encounter_id": (
        "encounter", "encounter number", "encounter no", "encounter num", "enc id", "CSN", "pat enc csn id",
        "MAR enc CSN", "visit", "visit id", "visit number", "visit no", "account", "account id", "account number",
        "account no", "acct", "acct no", "acct num", "acct id", "HAR", "FIN", "financial number",
        "contact serial number",
    ),
    "patient_id": (
        "patient", "MRN", "medical record number", "pat id", "pat MRN id", "patient number", "person id",
        "med rec", "med rec no", "med rec number", "medical record no", "medical record", "pt id", "pt", "pt MRN",
        "patient MRN", "patient no",
    ),
    "payer": ("payor", "payer name", "insurance", "financial class", "primary payer"),
    "order_id": (
        "order number", "order no", "order med id", "med order id", "medication order id", "rx number",
        "prescription number", "order num", "order",
    ),
    "drug": (
        "medication", "medication name", "med", "med name", "drug name", "drug description", "medication description",
        "display name", "order name", "order description", "medication ordered", "med description", "description",
    ),
    "drug_code": ("NDC", "RxNorm", "RxCUI", "charge code", "medication id", "drug id", "medication code"),
    "hcpcs": ("HCPCS code", "J code"),
    "category": ("drug category", "medication category", "drug class", "med category"),
    "primary_drug": ("primary", "is primary", "primary medication", "primary reason"),
    "route": (
        "route of administration", "admin route", "administration route", "MAR route", "route name", "med route",
        "route of admin",
    ),
    "site": (
        "IV site", "line", "IV line", "access", "access site", "infusion site", "LDA", "line site", "IV access",
        "administration site", "admin site", "site name", "lumen",
    ),
    "device": ("pump", "pump type", "infusion device", "device type", "pump kind"),
    "action": (
        "MAR action", "MAR action name", "action name", "event", "admin action", "administration action", "action type",
        "MAR status", "event type", "administration status", "action taken",
    ),
    "time": (
        "taken time", "action time", "MAR time", "admin time", "administration time", "administered time", "event time",
        "date time", "datetime", "taken date time", "action date time", "admin date time", "administered at",
        "given time", "taken dttm", "action dttm", "time taken", "timestamp", "charted time", "performed time",
        "performed date time", "given date time", "administered date time", "administration date time",
        "performed dttm", "MAR date time",
    ),
    "start": (
        "start time", "start date time", "start datetime", "started", "started at", "start dttm", "infusion start",
        "infusion start time", "begin time", "begin", "started time", "admin start", "admin start time", "time started",
        "start date and time", "administration start", "infusion start date time", "infusion start dttm",
        "infusion begin time", "begin date time",
    ),
    "stop": (
        "stop time", "stop date time", "stop datetime", "stopped", "stopped at", "stop dttm", "end", "end time",
        "end date time", "end datetime", "ended at", "end dttm", "infusion stop", "infusion stop time", "infusion end",
        "infusion end time", "stopped time", "admin stop", "admin end", "admin end time", "time stopped",
        "stop date and time", "end date and time", "administration stop", "administration end", "finish time",
        "infusion stop date time", "infusion end date time", "infusion stop dttm",
    ),
    "duration": ("duration minutes", "duration min", "minutes", "infusion duration", "infused minutes", "MAR duration"),
    "dose": ("dose given", "dose amount", "given dose", "admin dose", "administered dose", "actual dose"),
    "dose_unit": ("dose units", "dose UOM", "dose unit of measure"),
    "volume": ("volume infused", "infused volume", "volume given", "volume mL", "amount infused", "total volume"),
    "volume_unit": ("volume units", "volume UOM"),
    "bag_volume": ("bag size", "volume hung", "container volume", "bag volume mL"),
    "rate": ("infusion rate", "pump rate", "rate value", "MAR infusion rate", "flow rate"),
    "rate_unit": ("rate units", "rate UOM", "infusion rate unit", "infusion rate units", "MAR inf rate unit"),
    "ordered_minutes": ("ordered duration", "infuse over", "infuse over minutes", "order duration", "infuse over min"),
    "ordered_volume": ("order volume",),
    "ordered_rate": ("order rate",),
    "recorded_at": (
        "recorded", "recorded time", "saved time", "charted at", "entry time", "documented time", "documented at",
        "entered at", "filed time", "recorded date time", "saved date time", "file time",
    ),
    "nurse": (
        "nurse name", "nurse id", "user", "user name", "user id", "staff", "given by", "administered by",
        "performed by", "documented by", "RN", "MAR user",
    ),
    "department": ("dept", "department name", "nursing unit", "location", "care unit", "department id"),
    "patient_class": ("class", "pat class", "encounter class", "patient type", "patient status"),
    "correction": ("correction type", "amendment", "edit type"),
    "comment": ("comments", "note", "notes", "MAR comment", "remarks"),
}  # fmt: skip

DAYS: dict[str, tuple[str, ...]] = {
    "date": (
        "admin date", "administration date", "administered date", "taken date", "action date", "given date",
        "performed date", "event date", "MAR date", "charted date", "date given",
    ),
    "start_date": ("infusion start date", "begin date", "started date", "admin start date", "date started"),
    "stop_date": (
        "end date", "infusion stop date", "infusion end date", "stopped date", "admin end date", "date stopped",
    ),
}  # fmt: skip
"""Columns that hold the day of a time which stands in a column of its own."""

CANONICAL = tuple(ALIASES)
_key = lru_cache(maxsize=4096)(key)
"""The names of columns are asked for again for every row that may be a header."""
COLUMNS = (*CANONICAL, *DAYS, "duration_unit")
"""What a profile may map."""
_DAY_OF = {"time": ("date",), "start": ("start_date", "date"), "stop": ("stop_date", "start_date", "date")}
_DURATION_UNITS = {
    "duration": ("MAR duration unit", "MAR duration unit C name", "duration unit", "duration units", "duration UOM"),
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which cell of a row holds which canonical column; an absent column points one past the last cell."""

    width: int
    index: Mapping[str, int]
    headers: Mapping[str, str]
    """The header text each canonical column was found under."""
    unused: tuple[str, ...]
    """Headers that match nothing."""
    twice: tuple[str, ...]
    """Headers that match a column another header already serves."""
    days: Mapping[str, int] = field(default_factory=dict)
    """``time``, ``start`` and ``stop`` to the cell with their day, where the table has one."""
    stop_day_shared: bool = False
    """The stop has no day of its own: the next such time after the start is meant."""

    day_headers: Mapping[str, str] = field(default_factory=dict)
    """The header text of each column that holds days (``date``, ``start_date``, ``stop_date``)."""

    def has(self, column: str) -> bool:
        return column in self.headers

    def day_header(self, time: str) -> str | None:
        """The header of the cells that hold the day of ``time``, ``start`` or ``stop``."""
        return next((self.day_headers[day] for day in _DAY_OF[time] if day in self.day_headers), None)

    @property
    def matched(self) -> int:
        """How many headers have a meaning."""
        return len(self.headers) + len(self.day_headers)


@dataclass(frozen=True, slots=True)
class HeaderProblem:
    """A header that does not give the required columns."""

    message: str
    fix: str
    matched: int
    missing: tuple[str, ...] = ()
    """The required columns that were not found."""
    nearest: Mapping[str, str] = field(default_factory=dict)
    """Missing column -> the header that looks most like it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """The header text of the columns that were found."""
    cells: tuple[str, ...] = ()
    """The row, where it looks like a header; otherwise it may be a row of data, and nothing of it is kept."""


def match_header(
    cells: Sequence[str],
    more_aliases: Mapping[str, Sequence[str]] | None = None,
    *,
    times_alone: bool = False,
    not_read: Sequence[str] = (),
) -> ColumnMap | HeaderProblem:
    """Match header cells to canonical columns, without case, spaces and punctuation.

    ``more_aliases`` (of a profile: canonical column -> header names) win over the names known here.  Of several
    headers for one column the canonical name serves, then the first alias listed.  With ``times_alone`` a time needs
    no action beside it.  Headers in ``not_read`` are passed over without a word.
    """
    passed = {_key(name) for name in not_read}
    offered: dict[str, int] = {}
    for place, cell in enumerate(cells):
        if cell.strip() and key(cell) not in passed:
            offered.setdefault(key(cell), place)
    index: dict[str, int] = {}
    headers: dict[str, str] = {}
    own = more_aliases or {}
    # What a profile says comes first: its drug may stand under a name that means the order elsewhere.
    for column, names in [*own.items(), *((c, _names(c, own)) for c in (*CANONICAL, "duration_unit"))]:
        for name in names if column not in index and column not in DAYS else ():
            place = offered.get(_key(name), -1)
            if place >= 0 and place not in index.values():
                index[column], headers[column] = place, cells[place].strip()
                break
    found = _days(cells, offered, index, headers, more_aliases or {})
    missing = _missing(headers, times_alone)
    if missing:
        return _problem(cells, headers, missing)
    known = known_names(more_aliases or {})
    read = {*index.values(), *found.values()}
    spare = {_key(name) for column in headers for name in own.get(column, ())} | passed
    rest = [(p, c.strip()) for p, c in enumerate(cells) if c.strip() and p not in read and key(c) not in spare]
    days = {time: found[day] for time, served in _DAY_OF.items() for day in reversed(served) if day in found}
    return ColumnMap(
        width=len(cells),
        index={column: index.get(column, len(cells)) for column in (*CANONICAL, "duration_unit")},
        headers=headers,
        unused=tuple(c for _, c in rest if key(c) not in known),
        twice=tuple(c for _, c in rest if key(c) in known),
        days=days,
        stop_day_shared="stop_date" not in found,
        day_headers={day: cells[place].strip() for day, place in found.items()},
    )


def known_names(more_aliases: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """Every header name that has a meaning, as :func:`parsers.vocabulary.key` makes it, to its canonical column."""
    return {_key(name): column for column in COLUMNS for name in _names(column, more_aliases or {})}


def _days(
    cells: Sequence[str],
    offered: Mapping[str, int],
    index: dict[str, int],
    headers: dict[str, str],
    more_aliases: Mapping[str, Sequence[str]],
) -> dict[str, int]:
    """The cells that hold days.  One without a column for its time of day may hold both: it serves as the time."""
    found: dict[str, int] = {}
    for column, time in (("date", "time"), ("start_date", "start"), ("stop_date", "stop")):
        for name in _names(column, more_aliases):
            place = offered.get(_key(name), -1)
            if place < 0 or place in index.values() or place in found.values():
                continue
            if time in headers or (column == "date" and "start" in headers):
                found[column] = place
            elif _key(name) != "date":
                index[time], headers[time] = place, cells[place].strip()
            break
    return found


def _names(column: str, more_aliases: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    own = _DURATION_UNITS["duration"] if column == "duration_unit" else (ALIASES.get(column) or DAYS[column])
    return (*more_aliases.get(column, ()), column, *own)


def _missing(headers: Mapping[str, str], times_alone: bool) -> list[str]:
    missing = [column for column in ("encounter_id", "drug") if column not in headers]
    if times_alone and "time" in headers:
        return missing
    if "start" not in headers and not ("action" in headers and "time" in headers):
        if "action" in headers:
            missing.append("time")
        elif "time" in headers:
            missing.append("action")
        else:
            missing.append("start (or action and time)")
    return missing


def _problem(cells: Sequence[str], headers: Mapping[str, str], missing: Sequence[str]) -> HeaderProblem:
    used = set(headers.values())
    # With hardly a known name this may be a row of data: then nothing of it may be shown.
    trusted = len(headers) >= 2 or len(headers) * 3 >= sum(bool(c.strip()) for c in cells) > 0 or _looks_named(cells)
    trusted = trusted or (bool(headers) and _no_digits(cells))
    shown = [header_word(c.strip(), trusted=trusted) for c in cells if c.strip()]
    found = ", ".join(shown[:40]).rstrip(".") or "none"
    rest = [c.strip() for c in cells if c.strip() and c.strip() not in used]
    wanted = tuple(name for column in missing for name in _SINGLE.get(column, (column,)))
    nearest = {c: header_word(near, trusted=True) for c in wanted if trusted and (near := nearest_header(c, rest))}
    hints = [f"'{near}' may be {column}" for column, near in nearest.items()]
    grid = sum(_HOUR.fullmatch(c.strip()) is not None for c in cells) >= 3
    if "drug" in missing and key(headers.get("order_id", "")) == "order":
        hints.append(f"'{headers['order_id']}' was read as order_id; if it names the drug, map it as drug")
    message = f"The header lacks required columns: {', '.join(missing)}. Found: {found}."
    if not headers:
        message = f"The first line is not a header of a MAR table. Found: {found}."
    fix = "Rename the columns, or map them under 'columns' in a profile" + (f" ({'; '.join(hints)})" if hints else "")
    fix += ". Required: encounter_id, drug, and start or action with time."
    if grid:
        fix = "Its columns are hours: a grid cannot be read. Export one row for each action or administration instead."
    kept = tuple(cells) if trusted else ()
    return HeaderProblem(message, fix, len(headers), wanted, nearest, dict(headers) if trusted else {}, kept)


_HOUR = re.compile(r"(?:[01]?\d|2[0-4]):?[0-5]\d(?: ?[AP]M)?|\d{1,2} ?[AP]M", re.IGNORECASE)
_SINGLE = {"start (or action and time)": ("start", "action", "time")}
_HEADER_WORDS = re.compile(
    r"(?i)\b(?:patient|encounter|visit|account|acct|medication|med|drug|order|dose|route|action|time|date|start|stop"
    r"|end|rate|volume|site|name|id|number|no|unit|units)\b"
)


def _looks_named(cells: Sequence[str]) -> bool:
    """Several cells with words of a header and none with a number: a row of data holds a time or an id."""
    filled = [cell for cell in cells if cell.strip()]
    named = sum(bool(_HEADER_WORDS.search(cell.replace("_", " "))) for cell in filled)
    return len(filled) >= 3 and named >= 2 and not any(re.search(r"\d\d", cell) for cell in filled)


def _no_digits(cells: Sequence[str]) -> bool:
    """A row of data holds at least a time."""
    return sum(bool(cell.strip()) for cell in cells) >= 3 and not any(c.isdigit() for cell in cells for c in cell)


def nearest_header(column: str, rest: Sequence[str]) -> str:
    """The header among ``rest`` that looks most like a name of the column; empty when none does."""
    by_key = {key(c): c for c in rest}
    targets = [_key(name) for name in (column, *ALIASES[column])]
    for target in targets:
        # Station looks like action: names that begin alike are meant alike.
        near = get_close_matches(target, [name for name in by_key if name[:1] == target[:1]], n=1, cutoff=0.75)
        if near:
            return by_key[near[0]]
    return ""
