"""From what the user named to one :class:`Reading`: every file by its kind, nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import TYPE_CHECKING

from parsers.clock import Clock
from parsers.events import AdministrationEvent, Finding, Ignored, InputFile, Reading, Rejected, Source
from parsers.file_reading import FileReading
from parsers.files import Content, Found, PathLike, find_inputs, open_input
from parsers.message_reading import ContextPile
from parsers.one_input import InputReader
from parsers.profiles import Profile, load_profile
from parsers.settling import settled
from parsers.zones import zone_of

if TYPE_CHECKING:
    import pandas as pd

    from parsers.fhir import FhirFiles

SAME_FILE = "same file read already"


@dataclass(slots=True)
class _Pile:
    """What the files gave so far."""

    reader: InputReader
    events: list[AdministrationEvent] = field(default_factory=list)
    inputs: list[InputFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ignored: dict[str, list[Source]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    used: int = 0
    without_offset: list[str] = field(default_factory=list)
    """Files with times that carry no offset, read without a zone."""
    context: ContextPile = field(default_factory=ContextPile)
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

    def keep_fhir(self, data: bytes, file: str, clock: Clock) -> int:
        """Take in a FHIR file; the number of its records."""
        from parsers.fhir import FhirFiles

        self.fhir = self.fhir or FhirFiles(self.reader.profile)
        return self.fhir.add(data, file, clock)


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
    zone, zone_name = chosen_zone(timezone, sender)
    overridden = tuple(zone_overridden(sender, zone_name if timezone is not None else None))
    inputs, missing = find_inputs(paths)
    pile = _Pile(InputReader(sender, profile is None, zone, date_from), rejected=missing)
    first_of: dict[str, InputFile] = {}
    for found in items_first(inputs):
        _open_and_read(pile, found, first_of)
    for file, clock, reading in pile.fhir.readings() if pile.fhir is not None else ():
        pile.add(reading)
        if clock.assumed:
            pile.without_offset.append(file)
    pile.findings[:0] = overridden
    return _reading(pile, zone_name, sender)


def items_first(inputs: Iterable[Found]) -> list[Found]:
    """The inputs in the order in which they are read: names of drugs come before their use."""
    return sorted(inputs, key=lambda found: "d_items" not in found.name.casefold())


def _open_and_read(pile: _Pile, found: Found, first_of: dict[str, InputFile]) -> None:
    """One input; its content is let go before the next is opened."""
    content = open_input(found)
    if isinstance(content, Rejected):
        pile.rejected.append(content)
    elif content.sha256 in first_of:
        _again(pile, found, first_of[content.sha256])
    else:
        first_of[content.sha256] = _read_input(pile, found, content)


def read_frame(
    frame: pd.DataFrame, *, profile: str | Profile | None = None, timezone: str | tzinfo | None = None
) -> Reading:
    """Read a MAR table held in a data frame; columns and values as in a file."""
    from parsers.tables import read_frame_rows

    sender = _profile(profile)
    zone, zone_name = chosen_zone(timezone, sender)
    clock = Clock(zone)
    reading, sha256 = read_frame_rows(frame, clock, None if profile is None else sender)
    reader = InputReader(sender, profile is None, zone)
    pile = _Pile(reader, without_offset=["frame"] if clock.assumed else [])
    pile.add(reading, InputFile("frame", sha256, "mar-table", reading.records))
    return _reading(pile, zone_name, sender)


def _profile(profile: str | Profile | None) -> Profile:
    if isinstance(profile, Profile):
        return profile
    return load_profile() if profile is None else load_profile(profile)


def chosen_zone(timezone: str | tzinfo | None, profile: Profile) -> tuple[tzinfo | None, str]:
    """The zone of times without an offset, ``None`` when neither the caller nor the profile names one, and its name."""
    chosen = profile.timezone if timezone is None else timezone
    if chosen is None:
        return None, "UTC"
    if isinstance(chosen, str):
        return zone_of(chosen), chosen.strip()
    return chosen, str(chosen)


def _read_input(pile: _Pile, found: Found, content: Content) -> InputFile:
    one = pile.reader.read(content.data, found.name)
    if one.reading is None:
        records = pile.keep_fhir(content.data, found.name, one.clock)
        entry = InputFile(found.name, content.sha256, one.kind, records)
        pile.inputs.append(entry)
        return entry
    entry = InputFile(found.name, content.sha256, one.kind, one.reading.records)
    pile.add(one.reading, entry)
    if one.clock.assumed:
        pile.without_offset.append(found.name)
    return entry


def _again(pile: _Pile, found: Found, first: InputFile) -> None:
    pile.inputs.append(InputFile(found.name, first.sha256, first.kind, first.records))
    pile.ignore([Ignored(SAME_FILE, tuple(Source(found.name, record) for record in range(1, first.records + 1)))])


def _reading(pile: _Pile, zone_name: str, profile: Profile) -> Reading:
    whole = settled(pile.events, pile.context.context(), {entry.file: entry.kind for entry in pile.inputs})
    pile.findings += whole.findings
    pile.ignore(whole.aside)
    pile.used -= sum(entry.count for entry in whole.aside)
    return Reading(
        events=whole.events,
        inputs=tuple(pile.inputs),
        findings=(*zone_assumed(pile.without_offset), *pile.findings),
        ignored=tuple(Ignored(reason, tuple(sources)) for reason, sources in sorted(pile.ignored.items())),
        rejected=tuple(sorted(pile.rejected, key=_place)),
        used=pile.used,
        timezone=zone_name,
        profile=profile.name,
        context=pile.context.context(),
    )


def zone_overridden(profile: Profile, given: str | None) -> Iterator[Finding]:
    """The finding about a zone given by name over another one of the profile."""
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


def zone_assumed(files: Sequence[str]) -> Iterator[Finding]:
    """The finding about files whose times carry no offset and were read without a zone."""
    if files:
        where = "This file has" if len(files) == 1 else f"{len(files)} files (this is the first) have"
        yield Finding(
            "warning",
            "zone-assumed",
            f"{where} times without an offset; they were read as UTC.",
            "Name the site's zone with --timezone, such as America/Chicago, or in the profile.",
            Source(files[0]),
        )
