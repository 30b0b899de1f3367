"""What the charts show, as plain rows: hours and chairs, codes, missing stops, dollars.  Nothing is drawn here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from reports.clock_text import clock, visit
from reports.encounter_view import LOOK_WORDS, extent, is_mark, lanes, look, minutes_words, open_until, ran_words
from reports.encounter_words import words_of
from reports.safe_text import elide, one_line
from reports.worklists import questions
from timeline.model import CodedEncounter, Result

NOT_CHARTED = "unit not charted"


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of one day: patients at once in the mean, and the most at any moment."""

    date: date
    hour: int
    mean: float
    most: int


def occupancy(result: Result) -> list[Hour]:
    """Chairs taken by hour of the day, on the clock of the first encounter; an encounter without a span takes none.

    A chair is taken from the first start to the last running minute that the record shows: a missing stop takes it up
    to the last charted action.  Arrival and recovery are not counted, since most feeds lack them.
    """
    spans = [(e.timeline.start, e.timeline.stop) for e in result.encounters]
    steps: Counter[datetime] = Counter()
    for start, stop in spans:
        if start is not None and stop is not None and stop > start:
            steps[start] += 1
            steps[stop] -= 1
    minutes: dict[tuple[date, int], float] = defaultdict(float)
    most: dict[tuple[date, int], int] = defaultdict(int)
    taken, moments = 0, sorted(steps)
    for now, then in pairwise(moments):
        taken += steps[now]
        if not taken:
            continue
        for local, seconds in _hours(result.encounters[0], now, then):
            minutes[local.date(), local.hour] += taken * seconds
            most[local.date(), local.hour] = max(most[local.date(), local.hour], taken)
    return [Hour(day, hour, minutes[day, hour] / 3600, most[day, hour]) for day, hour in sorted(most)]


def _hours(coded: CodedEncounter, start: datetime, stop: datetime) -> Iterator[tuple[datetime, float]]:
    """The stretch cut at the full hours of the clock: local time of each piece, and its seconds."""
    while start < stop:
        local = coded.timeline.local(start)
        within = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        until = min(stop, start + timedelta(hours=1) - within)
        yield local, (until - start).total_seconds()
        start = until


def code_units(result: Result) -> list[tuple[str, int]]:
    """Units of each code, the most first."""
    units: Counter[str] = Counter()
    for coded in result.encounters:
        for line in coded.lines:
            units[line.code] += line.units
    return sorted(units.items(), key=lambda item: (-item[1], item[0]))


def missing_stops(result: Result) -> list[tuple[str, int, int]]:
    """(unit, hour of the charted start, infusions without a proven stop), each count above 0."""
    counts: Counter[tuple[str, int]] = Counter()
    for coded in result.encounters:
        for a in coded.timeline.administrations:
            if a.open_since is not None:
                unit = one_line(a.department or "") or NOT_CHARTED
                counts[unit, coded.timeline.local(a.start).hour] += 1
    return [(unit, hour, count) for (unit, hour), count in sorted(counts.items())]


@dataclass(frozen=True, slots=True)
class Stake:
    """One open query and the US dollars that its answer decides, Medicare national unadjusted."""

    label: str
    what: str
    least: float
    most: float


def stakes(result: Result) -> list[Stake]:
    """Queries with a known amount, what is most at stake first."""
    found = []
    for q in questions(result):
        amounts = [o.amount for o in q.query.outcomes if o.amount is not None]
        if amounts:
            began = clock(q.coded.timeline, q.administration.start)
            what = q.query.what.replace("_", " ")
            label = f"{one_line(q.coded.timeline.id)}: {elide(one_line(q.administration.drug), 28)} {began}, {what}"
            found.append(Stake(label, what, min(amounts), max(amounts)))
    return sorted(found, key=lambda s: (s.least - s.most, s.label))


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch or mark of the timeline, on the clock that hung at the start of the encounter."""

    row: str
    lane: str
    look: str
    """What it is, in words."""
    start: datetime
    stop: datetime | None
    """``None`` for a mark: a push or an injection."""
    open: bool
    """Past the last charted action: an end that nobody charted."""
    told: str


def bars(coded: CodedEncounter) -> list[Bar]:
    """The encounter access by access; times are without a zone, for a chart that knows none."""
    words, offset = words_of(coded), _offset(coded)

    def wall(time: datetime) -> datetime:
        return time.replace(tzinfo=None) + offset

    out = []
    for lane in lanes(coded):
        for a in lane.administrations:
            codes = ", ".join(words.codes.get(a.id, ()))
            told = f"{ran_words(coded, a)}, {minutes_words(coded, a)}" + (f", {codes}" if codes else "")
            row, seen = elide(words.label(a.id), 34), a.segments[-1].stop if a.segments else a.start
            if is_mark(coded, a):
                out.append(Bar(row, lane.name, "push or injection", wall(a.start), None, False, told))
            for s in a.segments:
                out.append(Bar(row, lane.name, LOOK_WORDS[look(coded, a)], wall(s.start), wall(s.stop), False, told))
            if a.open_since is not None:
                out.append(
                    Bar(row, lane.name, LOOK_WORDS[look(coded, a)], wall(seen), wall(open_until(coded, a)), True, told)
                )
    return out


def timeline_title(coded: CodedEncounter) -> str:
    """``Encounter E-1001, 2026-03-12 18:00-01:05``."""
    return f"Encounter {one_line(coded.timeline.id)}, {visit(coded.timeline)}"


def _offset(coded: CodedEncounter) -> timedelta:
    """One offset for the whole picture, so that a bar is as long as it ran even where the clocks change."""
    ends = extent(coded)
    first = coded.timeline.local(ends[0]) if ends else None
    return (first.utcoffset() if first else None) or timedelta()
