"""What is decided only when the records of an encounter stand together, whatever files and nights they came in.

Pump events find their encounter, an action told twice counts once, and two forms of one record are known as one.  Each
of these looks no further than the encounters of one patient, so a part of all records can be settled by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from parsers.deduplicate import without_duplicates
from parsers.events import AdministrationEvent, Context, Finding, Ignored
from parsers.pump_links import with_encounters
from parsers.same_records import told_twice


@dataclass(frozen=True, slots=True)
class Settled:
    """The events that count, findings, and the records that were used until here and are not any more."""

    events: tuple[AdministrationEvent, ...]
    findings: tuple[Finding, ...]
    aside: tuple[Ignored, ...]


def settled(events: Sequence[AdministrationEvent], context: Context, kinds: Mapping[str, str]) -> Settled:
    """Settle events as read from any number of files; ``kinds`` is the kind of input by file."""
    linked = with_encounters(events, context)
    once, duplicates = without_duplicates(linked.events)
    left, elsewhere, twice = told_twice(once, kinds)
    aside = [Ignored(reason, tuple(sources)) for reason, sources in linked.aside.items()]
    return Settled(left, (*linked.findings, *twice), (*aside, *_those(duplicates, elsewhere)))


def _those(*ignored: Ignored | None) -> Iterable[Ignored]:
    return (one for one in ignored if one is not None)
