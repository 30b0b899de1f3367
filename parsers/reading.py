"""From what the user named to one :class:`Reading`: every file by its kind, nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import TYPE_CHECKING

from parsers.clock import Clock
from parsers.deduplicate import without_duplicates
from parsers.detect import NotReadable, detect
from parsers.events import AdministrationEvent, Finding, Ignored, InputFile, Reading, Rejected, Source
from parsers.file_reading import FileReading
from parsers.files import Content, Found, PathLike, find_inputs, open_input
from parsers.message_reading import ContextPile
from parsers.own_sheets import OWN_SHEET, is_own_sheet
from parsers.profiles import Profile, load_profile
from parsers.pump_links import with_encounters
from parsers.rejects_list import OWN_LIST, is_rejects_list
from parsers.same_records import told_twice
from parsers.zones import zone_of

if TYPE_CHECKING:
    import pandas as pd

    from parsers.fhir import FhirFiles
    from parsers.hl7_file import SeenMessages

UNKNOWN = "unknown"
SAME_FILE = "same file read already"


@dataclass(slots=True)
class _Pile:
    """What the files gave so far."""

    events: list[AdministrationEvent] = field(default_factory=list)
    inputs: list[InputFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ignored: dict[str, list[Source]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    used: int = 0
    without_offset: list[str] = field(default_factory=list)
    """Files with times that carry no offset, read without a zone."""
    context: ContextPile = field(default_factory=ContextPile)
    seen: SeenMessages | None = None
    """HL7 messages of the files read so far, so that a resend in another file is known."""
    item_names: dict[str, str] = field(default_factory=dict)
    """Names of drugs that tables give by number, from a table of items (MIMIC's d_items)."""
    choose: bool = True
    """No profile was named: that of each table is found."""
    date_from: date | None = None
    fhir: FhirFiles | None = None
    """FHIR files wait until all are read: a bulk export holds what administrations refer to in other files."""

    def ignore(self, ignored: Iterable[Ignored]) -> None:
        for entry in ignored:
            self.ignored.setdefault(entry.reason, []).extend(entry.sources)

    def add(self, reading: FileReading, entry: InputFile | None = None) -> None:
        if entry is not None:
            self.inputs.append(entry)
        self.events += reading.events
        self.findings += reading.findings
        self.rejected += reading.rejected
        self.ignore(reading.ignored)
        self.used += reading.used
        self.context.add(reading.context)

    def keep_fhir(self, data: bytes, file: str, clock: Clock, profile: Profile) -> int:
        """Take in a FHIR file; the number of its records."""
        from parsers.fhir import FhirFiles

        self.fhir = self.fhir or FhirFiles(profile)
        return self.fhir.add(data, file, clock)

    def read(self, kind: str, data: bytes, file: str, clock: Clock, profile: Profile) -> FileReading:
        """Read one file.  Readers are imported when they are needed: a table does not pay for the others."""
        if kind == "hl7":
            from parsers.hl7_file import SeenMessages, read_hl7

            self.seen = self.seen or SeenMessages()
            return read_hl7(data, file, clock, None if self.choose else profile, self.seen)
        if kind == "clif":
            from parsers.clif import read_clif

            return read_clif(data, file, clock, profile)
        from parsers.mimic_rows import companion, read_items, read_lines
        from parsers.tables import read_table

        beside = companion(data)
        if beside == "items":
            names, reading = read_items(data, file)
            self.item_names.update(names)
            return reading
        if beside == "lines":
            return read_lines(data, file, clock, self.item_names)
        return read_table(data, file, clock, None if self.choose else profile, self.item_names)


def read(
    paths: PathLike | Iterable[PathLike],
    *,
    profile: str | Profile | None = None,
    timezone: str | tzinfo | None = None,
    date_from: date | None = None,
) -> Reading:
    """Read files, folders, globs or ``-`` (standard input) into one :class:`Reading`.

    ``profile`` is a shipped name, a path or a :class:`Profile`; without one, that of each table is found by its
    header.  ``timezone`` is an IANA name, which wins over that of the profile; ``date_from`` the first day of the
    input, for tables whose dates have no year.  An unknown profile or zone is a :class:`ValueError`; whatever is wrong
    with the input is in ``rejected`` or ``findings``.  The order of the paths changes nothing.
    """
    sender = _profile(profile)
    zone, zone_name = _zone(timezone, sender)
    overridden = tuple(_zone_overridden(sender, zone_name if timezone is not None else None))
    inputs, missing = find_inputs(paths)
    pile = _Pile(rejected=missing, choose=profile is None, date_from=date_from)
    first_of: dict[str, InputFile] = {}
    for found in sorted(inputs, key=lambda f: "d_items" not in f.name.casefold()):  # names come before their use
        _open_and_read(pile, found, first_of, zone, sender)
    for file, clock, reading in pile.fhir.readings() if pile.fhir is not None else ():
        pile.add(reading)
        if clock.assumed:
            pile.without_offset.append(file)
    pile.findings[:0] = overridden
    return _reading(pile, zone_name, sender)


def _open_and_read(
    pile: _Pile, found: Found, first_of: dict[str, InputFile], zone: tzinfo | None, profile: Profile
) -> None:
    """One input; its content is let go before the next is opened."""
    content = open_input(found)
    if isinstance(content, Rejected):
        pile.rejected.append(content)
    elif content.sha256 in first_of:
        _again(pile, found, first_of[content.sha256])
    else:
        first_of[content.sha256] = _read_input(pile, found, content, zone, profile)


def read_frame(
    frame: pd.DataFrame, *, profile: str | Profile | None = None, timezone: str | tzinfo | None = None
) -> Reading:
    """Read a MAR table held in a data frame; columns and values as in a file."""
    from parsers.tables import read_frame_rows

    sender = _profile(profile)
    zone, zone_name = _zone(timezone, sender)
    clock = Clock(zone)
    reading, sha256 = read_frame_rows(frame, clock, None if profile is None else sender)
    pile = _Pile(without_offset=["frame"] if clock.assumed else [])
    pile.add(reading, InputFile("frame", sha256, "mar-table", reading.records))
    return _reading(pile, zone_name, sender)


def _profile(profile: str | Profile | None) -> Profile:
    if isinstance(profile, Profile):
        return profile
    return load_profile() if profile is None else load_profile(profile)


def _zone(timezone: str | tzinfo | None, profile: Profile) -> tuple[tzinfo | None, str]:
    chosen = profile.timezone if timezone is None else timezone
    if chosen is None:
        return None, "UTC"
    if isinstance(chosen, str):
        return zone_of(chosen), chosen.strip()
    return chosen, str(chosen)


def _read_input(pile: _Pile, found: Found, content: Content, zone: tzinfo | None, profile: Profile) -> InputFile:
    clock = Clock(zone, date_from=pile.date_from)
    kind = detect(content.data)
    own = kind == "mar-table" and is_own_sheet(content.data)
    if is_rejects_list(content.data):
        reading = FileReading(ignored=(Ignored(OWN_LIST, (Source(found.name, 1),)),), records=1)
    elif own:
        reading = FileReading(ignored=(Ignored(OWN_SHEET, (Source(found.name, 1),)),), records=1)
    elif isinstance(kind, NotReadable):
        rejected = Rejected(Source(found.name), kind.code, kind.message, kind.fix)
        reading = FileReading(rejected=(rejected,), records=1)
    elif kind == "fhir":
        entry = InputFile(found.name, content.sha256, kind, pile.keep_fhir(content.data, found.name, clock, profile))
        pile.inputs.append(entry)
        return entry
    else:
        reading = pile.read(kind, content.data, found.name, clock, profile)
    known = UNKNOWN if own or isinstance(kind, NotReadable) else kind
    entry = InputFile(found.name, content.sha256, known, reading.records)
    pile.add(reading, entry)
    if clock.assumed:
        pile.without_offset.append(found.name)
    return entry


def _again(pile: _Pile, found: Found, first: InputFile) -> None:
    pile.inputs.append(InputFile(found.name, first.sha256, first.kind, first.records))
    pile.ignore([Ignored(SAME_FILE, tuple(Source(found.name, record) for record in range(1, first.records + 1)))])


def _reading(pile: _Pile, zone_name: str, profile: Profile) -> Reading:
    linked = with_encounters(pile.events, pile.context.context())
    pile.findings += linked.findings
    for reason, sources in linked.aside.items():
        pile.ignore([Ignored(reason, tuple(sources))])
        pile.used -= len(sources)
    events, duplicates = without_duplicates(linked.events)
    if duplicates is not None:
        pile.ignore([duplicates])
        pile.used -= duplicates.count
    events, elsewhere, twice = told_twice(events, {entry.file: entry.kind for entry in pile.inputs})
    pile.findings += twice
    if elsewhere is not None:
        pile.ignore([elsewhere])
        pile.used -= elsewhere.count
    return Reading(
        events=events,
        inputs=tuple(pile.inputs),
        findings=(*_zone_assumed(pile.without_offset), *pile.findings),
        ignored=tuple(Ignored(reason, tuple(sources)) for reason, sources in sorted(pile.ignored.items())),
        rejected=tuple(sorted(pile.rejected, key=_place)),
        used=pile.used,
        timezone=zone_name,
        profile=profile.name,
        context=pile.context.context(),
    )


def _zone_overridden(profile: Profile, given: str | None) -> Iterator[Finding]:
    if given is not None and profile.timezone is not None and given != profile.timezone:
        yield Finding(
            "info",
            "zone-overridden",
            f"Times without an offset were read in {given} as asked, although the profile says {profile.timezone}.",
            "If the profile is right, leave out --timezone.",
        )


def _place(rejected: Rejected) -> tuple[str, int, int, str]:
    at = rejected.source
    return at.file, at.record or 0, at.row or 0, rejected.code


def _zone_assumed(files: list[str]) -> Iterator[Finding]:
    if files:
        where = "This file has" if len(files) == 1 else f"{len(files)} files (this is the first) have"
        yield Finding(
            "warning",
            "zone-assumed",
            f"{where} times without an offset; they were read as UTC.",
            "Name the site's zone with --timezone, such as America/Chicago, or in the profile.",
            Source(files[0]),
        )
