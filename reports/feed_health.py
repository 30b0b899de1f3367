"""How healthy a feed or an export is: what was read, what is missing and what that costs, and what would mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parsers.events import AdministrationEvent, Finding, Ignored, InputFile, Reading, Rejected, Route, Source
from parsers.feed_profile import FeedFacts
from parsers.shapes import shape
from parsers.table_profiles import TableUnderstanding
from reports.accounting import Accounting, accounted
from reports.profile_lines import ProfileLine, feed_lines, table_lines
from reports.route_words import RouteWord, route_words
from timeline import default_formulary
from timeline.model import Administration, Timelines

_INFUSED = frozenset({None, Route.IV, Route.IVPB, Route.SC, Route.INTRA_ARTERIAL})


@dataclass(frozen=True, slots=True)
class Infusions:
    """Administrations that run for a time, and how many of them lack what their codes need."""

    count: int
    without_stop: int
    without_site: int
    pushes_and_others: int


@dataclass(frozen=True, slots=True)
class Told:
    """One kind of finding or rejection: how often, and the first of them."""

    code: str
    severity: str
    """``info``, ``warning``, ``error``, or ``rejected``."""
    count: int
    message: str
    fix: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class Conformance:
    """hl7apy's verdicts: how many messages were asked about, of how many, and the faults with their counts."""

    asked: int
    messages: int
    failed: int
    faults: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Health:
    """Everything ``check`` has to say."""

    inputs: tuple[InputFile, ...]
    accounting: Accounting
    ignored: tuple[Ignored, ...]
    told: tuple[Told, ...]
    infusions: Infusions
    encounters: int
    timezone: str | None
    profile: str | None
    feed: FeedFacts | None = None
    tables: tuple[TableUnderstanding, ...] = ()
    conformance: Conformance | None = None
    mending: tuple[ProfileLine, ...] = ()
    routes: tuple[RouteWord, ...] = ()
    """How the routes of the tables were read."""


def health(
    timelines: Timelines,
    feed: FeedFacts | None,
    tables: Sequence[TableUnderstanding],
    conformance: Conformance | None = None,
) -> Health:
    """Put together what was read (``timelines``), counted (``feed``) and understood (``tables``)."""
    reading = timelines.reading
    routes = route_words(reading.events, (table.file for table in tables))
    mending = dict.fromkeys(
        (*(feed_lines(feed, reading.findings) if feed is not None else ()),
         *(table_lines(tables, reading.rejected, reading.findings, routes) if tables else ()))
    )  # fmt: skip
    return Health(
        inputs=reading.inputs,
        accounting=accounted(reading.inputs, reading.used, reading.ignored, reading.rejected),
        ignored=reading.ignored,
        told=told(reading, (f for e in timelines.encounters for f in e.findings)),
        infusions=infusions(a for e in timelines.encounters for a in e.administrations),
        encounters=len(timelines.encounters),
        timezone=reading.timezone,
        profile=reading.profile,
        feed=feed,
        tables=tuple(tables),
        conformance=conformance,
        mending=tuple(mending),
        routes=routes,
    )


def told(reading: Reading, more: Iterable[Finding] = ()) -> tuple[Told, ...]:
    """Findings and rejections by code: rejected first, then the more severe, then the more frequent."""
    first: dict[tuple[str, str], Rejected | Finding] = {}
    counts: dict[tuple[str, str], int] = {}
    entries: list[tuple[str, Rejected | Finding]] = [("rejected", entry) for entry in reading.rejected]
    entries += [(finding.severity, finding) for finding in (*reading.findings, *more)]
    for severity, entry in entries:
        kind = (severity, entry.code)
        first.setdefault(kind, entry)
        counts[kind] = counts.get(kind, 0) + 1
    grave = ("rejected", "error", "warning", "info")
    ordered = sorted(first, key=lambda kind: (grave.index(kind[0]), -counts[kind], kind[1]))
    return tuple(
        Told(code, severity, counts[severity, code], entry.message, entry.fix, entry.source)
        for severity, code in ordered
        for entry in (first[severity, code],)
    )


def infusions(administrations: Iterable[Administration]) -> Infusions:
    """Which administrations run for a time; of these, which have no proven stop and no known access."""
    running = rest = without_stop = without_site = 0
    for administration in administrations:
        open_ended = administration.open_since is not None
        if administration.route not in _INFUSED or not (open_ended or administration.segments):
            rest += 1
            continue
        running += 1
        without_stop += open_ended
        without_site += administration.access is None
    return Infusions(running, without_stop, without_site, rest)


def drug_shown(event: AdministrationEvent) -> str:
    """The drugs of a row; what the formulary does not know is shown as its shape, since it may be no drug at all."""
    known = default_formulary()
    return " + ".join(d.name if not known.match(d.name).unlisted else shape(d.name) for d in event.drugs)


def rows_shown(table: TableUnderstanding) -> tuple[AdministrationEvent | Ignored | Rejected, ...]:
    """The first rows of a table as understood, ten at most."""
    return table.rows[:10]
