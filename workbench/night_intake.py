"""The new files of the inboxes, one after the other, into the store.

New is what was not read before, by content.  Each file is one transaction, so a run that breaks off goes on with the
next file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from time import perf_counter

from sqlalchemy import select

from parsers.clock import Clock
from parsers.detect import detect
from parsers.events import Rejected
from parsers.files import Content, Found, find_inputs, fingerprint, open_input
from parsers.one_input import InputReader
from parsers.profiles import Profile
from parsers.reading import items_first
from parsers.zones import zone_of
from reports.night import NightFile
from workbench.store.database import Store
from workbench.store.fhir_again import TODAY
from workbench.store.fhir_files import NewFhir, store_fhir
from workbench.store.intake import NewFile, StoredMessages, free_name, known_files, store_file
from workbench.store.numbers import next_id
from workbench.store.read_again import places_of, read_again
from workbench.store.schema import files


@dataclass(frozen=True, slots=True)
class Inboxes:
    """What to read and how."""

    paths: tuple[str, ...]
    profile: Profile
    choose: bool
    """No profile was named: that of each table and sender is found."""
    zone: tzinfo | None
    zone_name: str | None = None
    """Name of the zone; none: times without an offset are read as UTC, and it is told."""
    date_from: date | None = None
    reread: bool = False
    """Known files are read once more, by the profile and in the zone of today."""

    def clock_of(self, zone: str | None) -> Clock:
        """A clock for times without an offset in this zone."""
        place = self.zone if zone == TODAY else zone_of(zone) if zone is not None else None
        return Clock(place, date_from=self.date_from)


@dataclass(slots=True)
class Intake:
    """What came of the inboxes in this process."""

    read: list[NightFile] = field(default_factory=list)
    known: int = 0
    """Files of an earlier run, and copies of another file."""
    known_files: list[Found] = field(default_factory=list)
    again: int = 0
    """Known files that were read once more."""
    closed: list[Rejected] = field(default_factory=list)
    """Paths that could not be opened: they are tried again in the next run.  Also what was rejected of known files."""
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the name a file has in the store: what it is called in the inbox, and its sha256."""


Told = Callable[[NightFile, float], None]
"""Called for each file that was read, with the seconds it took."""


def take_in_files(store: Store, run: int, inboxes: Inboxes, arrived_at: str, told: Told) -> Intake:
    """Read every new file into the store."""
    found, missing = find_inputs(inboxes.paths)
    # An inbox without files is a quiet night.
    intake = Intake(closed=[entry for entry in missing if entry.code != "folder-empty"])
    reader = InputReader(inboxes.profile, inboxes.choose, inboxes.zone, inboxes.date_from)
    fhir: list[tuple[Found, Content]] = []
    for one, content in _new(store, run, items_first(found), intake):
        if detect(content.data) == "fhir":  # understood together, see below
            fhir.append((one, content))
            continue
        began = perf_counter()
        file = _take_in(store, run, reader, one, content, arrived_at, inboxes)
        intake.read.append(file)
        intake.names[file.name] = one.name, content.sha256
        told(file, perf_counter() - began)
    again = _read_again(store, run, reader, inboxes, intake) if inboxes.reread else []
    if fhir or again:
        began = perf_counter()
        files_read, rejected = _take_in_fhir(store, run, fhir, again, inboxes, arrived_at)
        intake.closed += rejected
        for file in files_read:
            intake.read.append(file)
            told(file, perf_counter() - began)
    return intake


def _read_again(store: Store, run: int, reader: InputReader, inboxes: Inboxes, intake: Intake) -> list[int]:
    """Read known files once more; the rows of those that are FHIR, which are understood together."""
    fhir: list[int] = []
    for found in intake.known_files:
        content = open_input(found)
        if isinstance(content, Rejected):
            continue  # it was readable a moment ago; the next run tells
        with store.reading() as connection:
            row = connection.execute(select(files).where(files.c.sha256 == content.sha256)).first()
            if row is None or row.run_id == run:
                continue
            rows = places_of(connection, row.id)
        intake.again += 1
        if row.kind == "fhir":
            fhir.append(row.id)
            continue
        reader.seen = None
        one = reader.read(content.data, row.name)
        if one.reading is not None and one.kind == row.kind:
            with store.writing() as connection:
                read_again(connection, run, rows, one.reading, apart=False)
            intake.closed += one.reading.rejected
    return fhir


def _new(store: Store, run: int, found: Iterable[Found], intake: Intake) -> Iterator[tuple[Found, Content]]:
    hashed: list[tuple[Found, str]] = []
    for one in found:
        mark = fingerprint(one)
        if isinstance(mark, Rejected):
            intake.closed.append(mark)
        else:
            hashed.append((one, mark))
    with store.reading() as connection:
        known = known_files(connection, (mark for _, mark in hashed))
        read = connection.execute(select(files.c.sha256, files.c.name).where(files.c.run_id == run))
        own = {row.sha256: row.name for row in read}
    for one, mark in hashed:
        if mark in known:
            if _known_before(known, mark, run):
                intake.known += 1
                intake.known_files.append(one)
            elif mark in own:  # read before the run was broken off: what was rejected of it is looked at again
                intake.names[own[mark]] = one.name, mark
            continue
        content = open_input(one)
        if isinstance(content, Rejected):
            intake.closed.append(content)
        elif content.sha256 in known:  # it changed since, into a file that is known
            intake.known += _known_before(known, content.sha256, run)
        else:
            known |= dict.fromkeys((mark, content.sha256), 0)
            yield one, content


def _known_before(known: dict[str, int], mark: str, run: int) -> bool:
    """Whether a file is one of an earlier run or a copy: what this run read before it was broken off is neither."""
    before = known[mark] != run
    known[mark] = 0
    return before


def _take_in(
    store: Store, run: int, reader: InputReader, found: Found, content: Content, arrived_at: str, inboxes: Inboxes
) -> NightFile:
    profile = None if inboxes.choose else inboxes.profile
    with store.reading() as connection:
        name, id_ = free_name(connection, found.name), next_id(connection, files)
        messages = StoredMessages(connection, content.data) if detect(content.data) == "hl7" else None
    reader.seen = messages
    one = reader.read(content.data, name)
    assert one.reading is not None
    file = NewFile(id_, name, content.sha256, one.kind, content.data, one.clock.assumed, inboxes.zone_name)
    with store.writing() as connection:
        return store_file(connection, run, file, one.reading, profile, arrived_at, messages)[0]


def _take_in_fhir(
    store: Store,
    run: int,
    found: Iterable[tuple[Found, Content]],
    again: Sequence[int],
    inboxes: Inboxes,
    arrived_at: str,
) -> tuple[list[NightFile], list[Rejected]]:
    with store.writing() as connection:
        free, taken, new = next_id(connection, files), set[str](), []
        for number, (one, content) in enumerate(found):
            name = free_name(connection, one.name, taken)
            taken.add(name)
            file = NewFile(free + number, name, content.sha256, "fhir", content.data, False, inboxes.zone_name)
            new.append(NewFhir(file, inboxes.clock_of(TODAY)))
        return store_fhir(connection, run, new, again, inboxes.profile, inboxes.clock_of, arrived_at)
