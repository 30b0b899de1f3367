"""Which profile an export fits, how surely, and what the table then holds and lacks.

A profile is recognised by its header names and by its values: whether its times are times and its action words
are known.  The confidence is the share of what was looked for that was found, 0 to 1.  A profile that the user names
always wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from parsers.clock import Clock, Stamp
from parsers.column_guesses import Guess, guessed_columns
from parsers.day_cells import joined
from parsers.events import AdministrationEvent, Ignored, Rejected, Source
from parsers.mar_columns import CANONICAL, HeaderProblem
from parsers.profiles import GENERIC, Profile, load_profile, shipped_profiles, words_of
from parsers.shapes import header_word
from parsers.table_costs import COSTS, DAY, REQUIRED
from parsers.table_layout import HEAD_ROWS, Header, find_header
from parsers.table_lines import Line
from parsers.vocabulary import action_from_text, key

CHOSEN_FROM = 0.6
"""A profile is taken for the export's when at least this share of what tells it is there."""
_BY_HEADER, _BY_VALUES = 0.75, 0.25
_VALUE_ROWS = 60


@dataclass(frozen=True, slots=True)
class ProfileMatch:
    """How one profile fits: its confidence, the telling header names that are there, and those that are not."""

    profile: Profile
    confidence: float
    found: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    header: Header | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The profile to read a table with, and what its header then gives."""

    profile: Profile
    confidence: float
    why: str
    header: Header | HeaderProblem
    seen: list[list[str]]
    """The rows above the header, or all that were looked at when there is none."""
    candidates: tuple[ProfileMatch, ...] = ()
    """Every shipped profile for tables, the best first; empty when the user named one."""


@dataclass(frozen=True, slots=True)
class MissingColumn:
    """A canonical column the table does not have, and what that costs."""

    column: str
    cost: str
    required: bool = False
    nearest: str = ""
    """A header that may be meant; empty when none looks like it."""
    why: str = ""
    """What speaks for that header: its name, or what stands below it."""


@dataclass(frozen=True, slots=True)
class TableUnderstanding:
    """What a table is taken to be, before it is read.

    ``columns`` maps canonical columns (and ``date``, ``start_date``, ``stop_date``) to headers as written;
    ``rows`` are the first rows as understood, an event, an ignored or a rejected row each.  With ``problem`` there
    is no header that serves: then ``columns`` are those that were found all the same, and ``rows`` is empty.
    """

    file: str
    profile: str
    confidence: float
    why: str
    columns: Mapping[str, str] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    missing: tuple[MissingColumn, ...] = ()
    rows: tuple[AdministrationEvent | Ignored | Rejected, ...] = ()
    header_row: int | None = None
    sheet: int | None = None
    delimiter: str = ""
    encoding: str = ""
    problem: Rejected | None = None
    candidates: tuple[ProfileMatch, ...] = ()


def choose_profile(head: Sequence[Line], named: Profile | None = None) -> Choice:
    """The profile for a table by its first rows; ``named`` (by the user) wins whatever it fits."""
    if named is not None:
        header, seen = find_header(head, named)
        return Choice(named, 1.0, f"{named.name} was named", header, seen)
    generic = load_profile(GENERIC)
    header, seen = find_header(head, generic)
    candidates = sorted((_match(head, p) for p in table_profiles()), key=lambda m: -m.confidence)
    best = candidates[0]
    if best.header is not None and best.confidence >= CHOSEN_FROM:
        _, above = find_header(head, best.profile)
        return Choice(best.profile, best.confidence, _why(best), best.header, above, tuple(candidates))
    if isinstance(header, HeaderProblem):
        if len(best.found) >= CHOSEN_FROM * len(best.profile.table.recognised_by):
            nearly, seen = find_header(head, best.profile)
            return Choice(best.profile, best.confidence, _why(best), nearly, seen, tuple(candidates))
        return Choice(generic, 0.0, "no profile fits", header, seen, tuple(candidates))
    named_columns = header.columns.matched / max(1, sum(bool(cell.strip()) for cell in header.cells))
    confidence = _BY_HEADER * named_columns + _BY_VALUES * _values(head, header, generic)
    why = f"{header.columns.matched} of its headers are known names"
    return Choice(generic, round(min(confidence, 1.0), 2), why, header, seen, tuple(candidates))


@lru_cache(maxsize=1)
def table_profiles() -> tuple[Profile, ...]:
    """The shipped profiles that tell a table by its header."""
    return tuple(p for p in map(load_profile, shipped_profiles()) if p.table.recognised_by)


def _match(head: Sequence[Line], profile: Profile) -> ProfileMatch:
    wanted = profile.table.recognised_by
    header, seen = find_header(head, profile)
    rows: Iterable[Sequence[str]] = [header.cells] if isinstance(header, Header) else seen
    words = [{key(cell) for cell in row} for row in rows]
    keys = max(words, key=lambda row: sum(key(name) in row for name in wanted), default=set())
    found = tuple(name for name in wanted if key(name) in keys)
    lacking = tuple(name for name in wanted if key(name) not in keys)
    confidence = _BY_HEADER * len(found) / len(wanted)
    if not isinstance(header, Header):
        return ProfileMatch(profile, round(confidence, 2), found, lacking)
    confidence += _BY_VALUES * _values(head, header, profile) * (len(found) > 0)
    return ProfileMatch(profile, round(confidence, 2), found, lacking, header)


def _values(head: Sequence[Line], header: Header, profile: Profile) -> float:
    """The share of times that can be read and of action words that are known, in the first rows."""
    columns, words, clock = header.columns, words_of(profile), Clock(day_first=profile.date_order == "day-first")
    counted = good = 0
    for line in head[header.after : header.after + _VALUE_ROWS]:
        cells = [*(line.cells or ()), *[""] * (columns.width + 1 - len(line.cells or ()))]
        for name in ("time", "start"):
            text = cells[columns.index[name]].strip() if columns.has(name) else ""
            if text:
                day = cells[columns.days[name]].strip() if name in columns.days else ""
                counted += 1
                good += _is_time(clock, text, day) or (profile.table.layout == "eicu" and text.lstrip("-").isdigit())
        word = cells[columns.index["action"]].strip() if columns.has("action") else ""
        if word:
            counted += 1
            good += action_from_text(word, words.actions) is not None
    return good / counted if counted else 0.0


def _is_time(clock: Clock, text: str, day: str) -> bool:
    return isinstance(clock.charted(text), Stamp) or bool(day and isinstance(clock.charted(joined(day, text)), Stamp))


def _why(match: ProfileMatch) -> str:
    wanted = match.profile.table.recognised_by
    shown = ", ".join(match.found[:4]) + (" ..." if len(match.found) > 4 else "")
    return f"{len(match.found)} of the {len(wanted)} headers that tell it are there ({shown})"


def understand(data: bytes, file: str, profile: Profile | None = None, *, rows: int = 10) -> TableUnderstanding:
    """What the (decompressed) content is taken to be, with the first ``rows`` rows as understood.

    ``profile`` is the one the user named, or ``None`` to have it found.  Text, workbooks and Parquet are taken; of a
    workbook the first sheet with a header is described.  Never raises for what the file holds: ``problem`` says what
    is wrong.  Times without an offset are read as UTC here.
    """
    from parsers.tables import first_rows, nothing_in, open_tables, refusal

    tables = open_tables(data, file, profile)
    if isinstance(tables, Rejected):
        return TableUnderstanding(file, profile.name if profile else GENERIC, 0.0, tables.message, problem=tables)
    refused: TableUnderstanding | None = None
    for table in tables:
        head = list(islice(table.lines, HEAD_ROWS))
        choice = choose_profile(head, profile)
        about = TableUnderstanding(
            file, choice.profile.name, choice.confidence, choice.why, sheet=table.sheet,
            delimiter=table.delimiter, encoding=table.encoding, candidates=choice.candidates,
        )  # fmt: skip
        if isinstance(choice.header, Header):
            first = first_rows(head, file, choice, table, rows)
            return _understood(about, choice.profile, choice.header, first, _below(head, choice.header.after))
        rejected = refusal(choice, choice.header, Source(file, row=1))
        refused = refused or _with_problem(about, choice.header, rejected, head)
    return refused or TableUnderstanding(file, GENERIC, 0.0, "there is no sheet to read", problem=nothing_in(file))


def _understood(
    about: TableUnderstanding,
    profile: Profile,
    header: Header,
    rows: Sequence[AdministrationEvent | Ignored | Rejected],
    below: Sequence[Sequence[str]],
) -> TableUnderstanding:
    columns = header.columns
    names = {c: header_word(h, trusted=True) for c, h in (*columns.headers.items(), *columns.day_headers.items())}
    unmapped = tuple(header_word(name, trusted=True) for name in columns.unused)
    return TableUnderstanding(
        about.file, about.profile, about.confidence, about.why,
        columns={name: names[name] for name in (*CANONICAL, *sorted(set(names) - set(CANONICAL))) if name in names},
        unmapped=unmapped,
        twice=tuple(header_word(name, trusted=True) for name in columns.twice),
        missing=_missing(names, header, profile, below),
        rows=tuple(rows), header_row=header.row, sheet=about.sheet, delimiter=about.delimiter,
        encoding=about.encoding, candidates=about.candidates,
    )  # fmt: skip


def _below(head: Sequence[Line], after: int) -> list[Sequence[str]]:
    return [line.cells for line in head[after : after + _VALUE_ROWS] if line.cells]


def _missing(
    names: Mapping[str, str], header: Header, profile: Profile, below: Sequence[Sequence[str]]
) -> tuple[MissingColumn, ...]:
    """The columns that are not there and cost something; an action log needs no stop column."""
    log = "time" in names and ("action" in names or profile.table.layout == "eicu")
    spared = {"stop", "start", "duration"} if log else {"action", "time"}
    if log:
        spared.add("action")
    if "dose" in names:
        spared.add("volume")
    lacking = [column for column in COSTS if column not in names and column not in spared]
    unused = [cell if cell.strip() in header.columns.unused else "" for cell in header.cells]
    carried = [column for column in lacking if column not in profile.table.cannot_carry]
    guesses = guessed_columns(unused, below, {}, carried)
    return tuple(_lacking(column, guesses.get(column)) for column in lacking)


def _lacking(column: str, guess: Guess | None) -> MissingColumn:
    near = header_word(guess.header, trusted=True) if guess else ""
    return MissingColumn(
        column, COSTS.get(column, DAY), column in (*REQUIRED, "date"), near, guess.why if guess else ""
    )


def _with_problem(
    about: TableUnderstanding, header: HeaderProblem, rejected: Rejected, head: Sequence[Line]
) -> TableUnderstanding:
    place = next((n for n, line in enumerate(head) if tuple(line.cells or ()) == header.cells), None)
    below = _below(head, place + 1) if place is not None else []
    optional = [column for column in COSTS if column not in (*REQUIRED, *header.headers, "stop")]
    guesses = guessed_columns(header.cells, below, header.headers, [*header.missing, *optional])
    offered = {guess.header for guess in guesses.values()}
    read = set(header.headers.values())
    lacking = [column for column in ("date", *COSTS) if column in header.missing or column in guesses]
    return TableUnderstanding(
        about.file, about.profile, about.confidence, about.why,
        columns={column: header_word(name, trusted=True) for column, name in header.headers.items()},
        unmapped=tuple(
            header_word(cell, trusted=True) for c in header.cells if (cell := c.strip()) and cell not in read | offered
        ),
        missing=tuple(_lacking(column, guesses.get(column)) for column in lacking), sheet=about.sheet,
        delimiter=about.delimiter, encoding=about.encoding, problem=rejected, candidates=about.candidates,
    )  # fmt: skip
