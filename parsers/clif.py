"""The CLIF medication tables (continuous and intermittent, CLIF 2.x) as Parquet or CSV.

``hospitalization_id`` is the encounter, ``med_order_id`` the order, ``med_name`` the drug.  What a row means is
decided by ``mar_action_category`` (start, stop, dose_change, going, given, not_given), within it by the charted
``mar_action_name``: "FinishedRunning" ends a continuous infusion and is a dose in the intermittent table.  The
dose of a continuous row is its rate.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from parsers.clock import Clock, TimeProblem
from parsers.doubts import Doubts
from parsers.events import Action, AdministrationEvent, Drug, Ignored, Rejected, Route, Source
from parsers.file_reading import FileReading
from parsers.profiles import Profile, Words, load_profile, words_of
from parsers.quantities import number, rate_ml_per_hour, volume_ml
from parsers.shapes import header_word, quoted_word, shape
from parsers.table_lines import Line, csv_lines, fitted_cells
from parsers.texts import decoded_head, delimiter_of, first_line, open_text
from parsers.vocabulary import action_from_text, key, nearest_actions, route_from_text

REQUIRED = ("hospitalization_id", "med_order_id", "med_name", "admin_dttm", "mar_action_name")
OPTIONAL = ("mar_action_category", "med_category", "med_dose", "med_dose_unit", "med_route_name", "med_route_category")
COLUMNS = (*REQUIRED, *OPTIONAL)
ENCOUNTER, ORDER, DRUG, TIME, ACTION, CATEGORY, DRUG_CATEGORY, DOSE, UNIT, ROUTE_NAME, ROUTE = range(len(COLUMNS))
ACTION_NAME, CATEGORY_KEY = "mar_action_name", key("mar_action_category")

_BY_CATEGORY: Mapping[str, tuple[Action, frozenset[Action]]] = {
    "start": (Action.STARTED, frozenset({Action.STARTED, Action.NEW_BAG, Action.RESTARTED, Action.BOLUS})),
    "stop": (Action.STOPPED, frozenset({Action.STOPPED, Action.PAUSED, Action.HELD})),
    "dosechange": (Action.RATE_CHANGE, frozenset({Action.RATE_CHANGE, Action.BOLUS, Action.RESTARTED})),
    "going": (Action.RATE_VERIFY, frozenset({Action.RATE_VERIFY, Action.RATE_CHANGE, Action.RESTARTED})),
    "given": (Action.GIVEN, frozenset({Action.GIVEN, Action.PUSH, Action.BOLUS, Action.NEW_BAG})),
    "notgiven": (Action.NOT_GIVEN, frozenset({Action.NOT_GIVEN, Action.HELD, Action.CANCELED})),
}
"""Category -> what it means, and the charted words that may say it more exactly.  "Paused, [Restarted]" (going)
is a restart: it changes nothing on an infusion that runs and starts one that was paused."""
_CONTINUOUS = {"start", "stop", "dosechange", "going"}
_PER_TIME = re.compile(r"/\s*(?:h|hr|hour|min|minute)s?$", re.IGNORECASE)


def read_clif(data: bytes, file: str, clock: Clock, profile: Profile | None = None) -> FileReading:
    """Read one CLIF medication table; every row is used, ignored (blank) or rejected."""
    rows: Iterator[Line] | Rejected
    delimiter = ""
    if data.startswith(b"PAR1"):
        rows = parquet_rows(data, file)
    else:
        text, _ = open_text(data)
        delimiter = delimiter_of(first_line(decoded_head(data[:65_536])))
        rows = csv_lines(csv.reader(text, delimiter=delimiter))
    if isinstance(rows, Rejected):
        return FileReading(rejected=(rows,), records=1)
    return _read_rows(rows, file, RowReader(clock, words_of(profile or load_profile())), delimiter)


def _read_rows(rows: Iterator[Line], file: str, reader: RowReader, delimiter: str) -> FileReading:
    header = next((line.cells for line in rows if line.cells and any(line.cells)), [])
    places = _places(header, file, delimiter)
    if isinstance(places, Rejected):
        return FileReading(rejected=(places,), records=1)
    events: list[AdministrationEvent] = []
    blank: list[Source] = []
    rejections: list[Rejected] = []
    record = 0
    for record, line in enumerate(rows, start=1):
        source = Source(file, record, line.number)
        cells = fitted_cells(line, len(header), source, delimiter)
        if cells is None:
            blank.append(source)
            continue
        found = cells if isinstance(cells, Rejected) else reader.read([cells[p] for p in places], source)
        if isinstance(found, Rejected):
            rejections.append(found)
        else:
            events.append(found)
    ignored = (Ignored("blank row", tuple(blank)),) if blank else ()
    return FileReading(tuple(events), reader.doubts.findings(), ignored, tuple(rejections), len(events), record)


def _places(header: Sequence[str], file: str, delimiter: str) -> list[int] | Rejected:
    """The cell of each of :data:`COLUMNS`; an absent optional column points one past the last cell."""
    at = {key(cell): place for place, cell in enumerate(header)}
    missing = [name for name in REQUIRED if key(name) not in at and not (name == ACTION_NAME and CATEGORY_KEY in at)]
    if missing:
        # The names in a Parquet file are names; the first line of a text may be a row of data.
        trusted = not delimiter or len(missing) < len(REQUIRED)
        found = ", ".join(header_word(cell, trusted=trusted) for cell in header[:40]) or "none"
        return Rejected(
            Source(file, row=1),
            "columns-missing",
            f"This is no CLIF medication table: it lacks {', '.join(missing)}. Found: {found}.",
            "Give medication_admin_continuous or medication_admin_intermittent of CLIF 2.x.",
        )
    return [at.get(key(name), len(header)) for name in COLUMNS]


class RowReader:
    """Reads the rows of one CLIF table; words that repeat are understood once."""

    def __init__(self, clock: Clock, words: Words) -> None:
        self._clock = clock
        self._words = words
        self.doubts = Doubts()
        self._actions: dict[tuple[str, str], Action | None] = {}
        self._routes: dict[tuple[str, str], Route | None] = {}
        self._drugs: dict[str, tuple[Drug, ...]] = {}

    def read(self, cells: Sequence[str], source: Source) -> AdministrationEvent | Rejected:
        """``cells`` in the order of :data:`COLUMNS`."""
        name, category = cells[ACTION], cells[CATEGORY]
        drug = cells[DRUG] or cells[DRUG_CATEGORY]
        if not cells[ENCOUNTER] or not drug:
            return _empty(source, "med_name" if cells[ENCOUNTER] else "hospitalization_id")
        stamp = self._clock.charted(cells[TIME])
        if isinstance(stamp, TimeProblem):
            where = Source(source.file, source.record, source.row, field="admin_dttm")
            return Rejected(where, stamp.code, f"admin_dttm: {stamp.message}", stamp.fix)
        action = self._action(name, category)
        if action is None:
            others = (cell for place, cell in enumerate(cells) if place not in (ACTION, CATEGORY))
            return _unknown_action(source, name or category, others)
        if "gap" in stamp.notes:
            self.doubts.add(
                "warning", "time-in-gap", "admin_dttm: a time that no clock showed was moved forward by an hour",
                "Give times with their offset.", source,
            )  # fmt: skip
        amount = number(cells[DOSE])[0]
        unit = cells[UNIT] or None
        flows = key(category) in _CONTINUOUS or (not category and _PER_TIME.search(cells[UNIT]) is not None)
        return AdministrationEvent(
            source=source,
            encounter_id=cells[ENCOUNTER],
            action=action,
            time=stamp.time,
            time_if_late=stamp.time_if_late,
            drugs=self._drug(drug),
            order_id=cells[ORDER] or None,
            action_text=name or category,
            route=self._route(cells, source),
            route_text=cells[ROUTE_NAME] or cells[ROUTE] or None,
            dose=None if flows else amount,
            dose_unit=None if flows else unit,
            volume_ml=None if flows else volume_ml(amount, unit),
            rate=amount if flows else None,
            rate_unit=unit if flows else None,
            rate_ml_per_hour=rate_ml_per_hour(amount, unit) if flows else None,
        )

    def _drug(self, name: str) -> tuple[Drug, ...]:
        if name not in self._drugs:
            self._drugs[name] = (Drug(name),)
        return self._drugs[name]

    def _action(self, name: str, category: str) -> Action | None:
        words = (name, category)
        if words not in self._actions:
            self._actions[words] = _action(name, category, self._words)
        return self._actions[words]

    def _route(self, cells: Sequence[str], source: Source) -> Route | None:
        texts = (cells[ROUTE], cells[ROUTE_NAME])
        if texts not in self._routes:
            named = (self._words.routes.get(key(t)) or route_from_text(t) for t in texts if t)
            self._routes[texts] = next((route for route in named if route is not None), None)
        route = self._routes[texts]
        if route is None and any(texts):
            self.doubts.add(
                "warning",
                "route-unknown",
                f"med_route_category: a route of the shape {shape(texts[0] or texts[1])} is not known",
                "Map it under 'route_map' in a profile (IV, IVPB, IV push, IM, SC, IA, other).",
                source,
            )
        return route


def _action(name: str, category: str, words: Words) -> Action | None:
    """The profile's word wins; then the category, made more exact by the charted words; then the words alone."""
    mapped = words.actions.get(key(name))
    if mapped is not None:
        return mapped
    charted = [a for part in name.split(",") if (a := action_from_text(part, words.actions)) is not None]
    meaning = _BY_CATEGORY.get(key(category))
    if meaning is None:
        return action_from_text(name, words.actions)
    usual, closer = meaning
    return next((action for action in charted if action in closer), usual)


def _unknown_action(source: Source, word: str, others: Iterable[str]) -> Rejected:
    near = nearest_actions(word)
    nearest = f" Nearest known words: {', '.join(near)}." if near else ""
    return Rejected(
        Source(source.file, source.record, source.row, field=ACTION_NAME),
        "action-unknown",
        f"The action {quoted_word(word, others)} is not known.{nearest}" if word else "The row has no action.",
        "Map the word under 'action_map' in a profile, or give mar_action_category.",
    )


def _empty(source: Source, column: str) -> Rejected:
    return Rejected(
        Source(source.file, source.record, source.row, field=column),
        "encounter-empty" if column == "hospitalization_id" else "drug-empty",
        f"The row has no value in {column}.",
        "Fill the cell in the export.",
    )


def parquet_rows(data: bytes, file: str) -> Iterator[Line] | Rejected:
    """The header and rows of a Parquet file, every cell as text (a number as short as it is exact)."""
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError:
        return Rejected(
            Source(file),
            "extra-missing",
            "Reading Parquet needs an extra that is not installed.",
            "Run: pip install 'infusion-timeline[parquet]' (or give the table as CSV).",
        )
    try:
        opened = parquet.ParquetFile(arrow.BufferReader(data))
        names = list(opened.schema_arrow.names)
        known = {key(name) for name in COLUMNS}
        wanted = [name for name in names if key(name) in known]
        table = opened.read(columns=wanted)
        columns = [_as_text(table.column(name), arrow) for name in wanted]
    except (arrow.ArrowException, OSError):
        return Rejected(
            Source(file),
            "parquet-broken",
            "The Parquet file is damaged, or a column holds lists or structures instead of values.",
            "Write it again; nothing of it was used.",
        )
    return _numbered(wanted, columns) if len(wanted) >= len(REQUIRED) else _numbered(names, [])


def _numbered(names: list[str], columns: list[list[str]]) -> Iterator[Line]:
    """A Parquet file has no header line, so that row and record are one number."""
    yield Line(0, names)
    for row, cells in enumerate(zip(*columns, strict=True), start=1):
        yield Line(row, list(cells))


def _as_text(column: Any, arrow: Any) -> list[str]:
    return ["" if value is None else value for value in column.cast(arrow.string()).to_pylist()]
