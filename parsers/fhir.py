"""FHIR files to events: MedicationAdministration in bundles, single resources and NDJSON, R4 to R5.

All files of a run are read before any administration is understood, since a bulk export holds Medication and Encounter
in files of their own.  Every resource ends as used, ignored with a reason, or rejected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from parsers.clock import Clock
from parsers.doubts import Doubts
from parsers.events import AdministrationEvent, Context, Ignored, Rejected, Source, StayContext
from parsers.fhir_administrations import OUT, AdministrationReader
from parsers.fhir_chains import joined
from parsers.fhir_documents import Entry, entries
from parsers.fhir_library import CONSULTED, Library, addresses, rank
from parsers.fhir_stays import class_without_history, stay_of
from parsers.fhir_values import mappings, reference, text
from parsers.file_reading import FileReading
from parsers.profiles import Profile, words_of

ADMINISTRATION = "MedicationAdministration"
_EARLY = datetime.min.replace(tzinfo=UTC)
_ALREADY, _EARLIER = "resource read already", "earlier version of a resource"


@dataclass(slots=True)
class _File:
    """One file while it is understood."""

    name: str
    clock: Clock
    items: list[Entry | Rejected]
    reader: AdministrationReader
    events: list[AdministrationEvent] = field(default_factory=list)
    ignored: dict[str, list[Source]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    stays: list[StayContext] = field(default_factory=list)
    doubts: Doubts = field(default_factory=Doubts)
    used: int = 0

    def ignore(self, reason: str, entry: Entry) -> None:
        self.ignored.setdefault(reason, []).append(entry.source)

    def reading(self) -> FileReading:
        return FileReading(
            tuple(self.events),
            (*self.reader.doubts.findings(), *self.doubts.findings()),
            tuple(Ignored(reason, tuple(sources)) for reason, sources in self.ignored.items()),
            tuple(self.rejected),
            self.used,
            len(self.items),
            Context(stays=tuple(self.stays)),
        )


@dataclass(slots=True)
class _Told:
    """One administration that ran: where it stands and what it says."""

    file: _File
    entry: Entry
    event: AdministrationEvent


class FhirFiles:
    """Collects the FHIR files of a run; :meth:`readings` understands them together."""

    def __init__(self, profile: Profile) -> None:
        self._words = words_of(profile)
        self._library = Library()
        self._files: list[_File] = []

    def add(self, data: bytes, file: str, clock: Clock) -> int:
        """Take in one decompressed file; the number of its records."""
        return self.add_entries(list(entries(data, file)), file, clock)

    def add_entries(self, items: list[Entry | Rejected], file: str, clock: Clock) -> int:
        """Take in resources of one file, all of them or some; the number of its records."""
        for item in items:
            if isinstance(item, Entry):
                self._library.add(item)
        self._files.append(_File(file, clock, items, AdministrationReader(self._library, clock, self._words)))
        return len(items)

    def readings(self) -> Iterator[tuple[str, Clock, FileReading]]:
        """What every file gave, with its name and clock, in the order in which they were added."""
        standing = _latest_versions(self._files)
        told: list[_Told] = []
        for file in self._files:
            for item in file.items:
                if isinstance(item, Rejected):
                    file.rejected.append(item)
                elif item.kind == ADMINISTRATION and id(item) in standing:
                    told += _understood(file, item)
        for place, events in _chained(told):
            place.file.events += events
        for file in self._files:
            self._others(file)
            yield file.name, file.clock, file.reading()

    def _others(self, file: _File) -> None:
        """Resources beside the administrations: used where one refers to them or they tell of the stay."""
        for item in file.items:
            if isinstance(item, Rejected) or item.kind == ADMINISTRATION:
                continue
            if item.kind in CONSULTED and self._library.superseded(item):
                file.ignore(_EARLIER, item)
                continue
            stay = list(stay_of(item, file.clock, self._library)) if item.kind == "Encounter" else []
            if stay and class_without_history(item):
                file.doubts.add(
                    "warning",
                    "class-without-history",
                    "The encounter is inpatient and nothing tells since when; all of it counts as inpatient",
                    "Export classHistory, or give the times of the classes with --classes.",
                    item.source,
                )
            file.stays += stay
            if stay or id(item) in self._library.consulted:
                file.used += 1
            elif item.kind in CONSULTED:
                file.ignore(f"FHIR {item.kind} that no administration refers to", item)
            else:
                file.ignore(f"FHIR {item.kind} is not read", item)


def read_fhir(data: bytes, file: str, clock: Clock, profile: Profile) -> FileReading:
    """Read one file on its own."""
    files = FhirFiles(profile)
    files.add(data, file, clock)
    return next(files.readings())[2]


def _understood(file: _File, entry: Entry) -> Iterator[_Told]:
    status = text(entry.resource.get("status"))
    if status in OUT:
        file.ignore(OUT[status], entry)
        return
    found = file.reader.read(entry)
    if isinstance(found, Rejected):
        file.rejected.append(found)
    else:
        file.used += 1
        yield _Told(file, entry, found)


def _latest_versions(files: list[_File]) -> set[int]:
    """The entries that stand, by ``id()``; the others are set aside as earlier versions or repeats."""
    best: dict[str, tuple[tuple[datetime, int, bytes], _File, Entry]] = {}
    standing: set[int] = set()
    for file in files:
        for item in file.items:
            if isinstance(item, Rejected) or item.kind != ADMINISTRATION:
                continue
            number = text(item.resource.get("id"))
            if number is None:
                standing.add(id(item))
                continue
            ranked = rank(item.resource, file.clock)
            held = best.get(number)
            if held is None:
                best[number] = (ranked, file, item)
                continue
            loser = (file, item) if ranked <= held[0] else held[1:]
            same = ranked == held[0]
            _set_aside(*loser, _ALREADY if same else _EARLIER)
            if not same and ranked[:2] == held[0][:2]:
                _tell_reused(*loser)
            if ranked > held[0]:
                best[number] = (ranked, file, item)
    return standing | {id(item) for _, _, item in best.values()}


def _set_aside(file: _File, entry: Entry, reason: str) -> None:
    file.ignore(reason, entry)


def _tell_reused(file: _File, entry: Entry) -> None:
    file.doubts.add(
        "warning",
        "resource-id-reused",
        "Two administrations have the same id and other content, and nothing says which is later; one is used",
        "Export meta.lastUpdated or meta.versionId, or give every administration its own id.",
        entry.source,
    )


def _chained(told: list[_Told]) -> Iterator[tuple[_Told, list[AdministrationEvent]]]:
    """Each administration with its events; the parts of a whole are told with it."""
    by_address = {address: t for t in told for address in addresses(t.entry)}
    whole_of = {id(t): whole for t in told if (whole := _whole(t, by_address)) is not t}
    parts: dict[int, list[_Told]] = {}
    for t in told:
        if id(t) in whole_of:
            parts.setdefault(id(whole_of[id(t)]), []).append(t)
    for t in told:
        if id(t) in whole_of:
            continue
        pieces = parts.get(id(t))
        if not pieces:
            yield t, [t.event]
            continue
        events = [p.event for p in pieces]
        named = next((e.order_id for e in (t.event, *events) if e.order_id), None)
        number = text(t.entry.resource.get("id")) or ""
        yield t, joined(t.event, [_beside(e, t.event) for e in events], named or number)


def _beside(part: AdministrationEvent, whole: AdministrationEvent) -> AdministrationEvent:
    """A part runs through the access and by the route of the whole, which it often leaves out."""
    return replace(
        part,
        site=part.site or whole.site,
        route=part.route or whole.route,
        route_text=part.route_text or whole.route_text,
    )


def _whole(told: _Told, by_address: dict[str, _Told]) -> _Told:
    """The outermost administration that this one is part of; itself when it is part of none, or of itself."""
    passed = {id(told)}
    first = told
    while True:
        links = (reference(link) for link in mappings(told.entry.resource.get("partOf")))
        found = (_named(link, by_address) for link in links if link)
        further = next((w for w in found if w is not None and _same_infusion(w.event, told.event)), None)
        if further is None:
            return told
        if id(further) in passed:
            return first
        passed.add(id(further))
        told = further


def _named(address: str, by_address: dict[str, _Told]) -> _Told | None:
    """The administration behind an absolute or relative address; a Procedure of the same number is none."""
    plain = address.split("/_history/")[0]
    return by_address.get(plain) or by_address.get("/".join(plain.rsplit("/", 2)[-2:]))


def _same_infusion(whole: AdministrationEvent, part: AdministrationEvent) -> bool:
    """Pieces of one infusion are of one patient, encounter and drug; a regimen's drugs are infusions of their own."""
    return (
        whole.patient_id == part.patient_id
        and whole.encounter_id == part.encounter_id
        and {d.name.casefold() for d in whole.drugs} == {d.name.casefold() for d in part.drugs}
    )
