"""FHIR files to resources: a Bundle, one resource, a list of them, or NDJSON with one a line.

A *record* is one resource, counted from 1 in the order of the file.  What is not readable as JSON is one record too,
so that nothing is lost; a broken line of NDJSON does not stop the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from parsers.events import Rejected, Source
from parsers.fhir_values import Json, mapping, mappings, text
from parsers.texts import open_text

_TYPE = re.compile(r"[A-Z][A-Za-z]{2,39}")
_decode = msgspec.json.Decoder().decode
_BROKEN = (msgspec.DecodeError, RecursionError)
"""No JSON, or brackets nested deeper than any resource."""
_DEEPEST = 3
"""Bundles inside bundles that are opened."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of a file, and the address under which others may refer to it."""

    source: Source
    kind: str
    resource: Json
    full_url: str | None = None


def entries(data: bytes, file: str) -> Iterator[Entry | Rejected]:
    """The resources of one decompressed file, each as an :class:`Entry` or a :class:`Rejected`; never empty."""
    content = open_text(data)[0].read().encode()
    try:
        whole = _decode(content)
    except _BROKEN:
        yield from _lines(content, file)
        return
    yield from _numbered(whole, file)


def _numbered(whole: Any, file: str) -> Iterator[Entry | Rejected]:
    number = 0
    for number, (resource, address) in enumerate(_opened(whole, None, 0), start=1):
        yield _entry(resource, address, Source(file, number))
    if not number:
        yield Rejected(
            Source(file, 1),
            "fhir-empty",
            "The file holds no FHIR resource: its bundle has no entry.",
            "Check the query or export that should have filled it.",
        )


def _opened(value: Any, address: str | None, depth: int) -> Iterator[tuple[Any, str | None]]:
    """Bundles and lists opened; everything else as it stands."""
    if isinstance(value, list):
        for item in value:
            yield from _opened(item, None, depth)
    elif depth < _DEEPEST and mapping(value).get("resourceType") == "Bundle":
        for item in mappings(value.get("entry")):
            if "resource" in item:
                yield from _opened(item["resource"], text(item.get("fullUrl")), depth + 1)
    else:
        yield value, address


def _lines(content: bytes, file: str) -> Iterator[Entry | Rejected]:
    """NDJSON: one resource a line, blank lines left out; a file of another shape is one rejected record."""
    lines = [(row, line) for row, line in enumerate(content.splitlines(), start=1) if line.strip()]
    number = 0
    read: list[Entry | Rejected] = []
    for row, line in lines:
        try:
            found = list(_opened(_decode(line), None, 0))
        except _BROKEN:
            number += 1
            read.append(_not_json(Source(file, number, row)))
            continue
        for resource, address in found:
            number += 1
            read.append(_entry(resource, address, Source(file, number, row)))
    if any(isinstance(item, Entry) for item in read):
        yield from read
    else:
        # Not one line stands for itself: this is a single document that breaks off or holds a slip.
        yield _not_json(Source(file, 1))


def _not_json(source: Source) -> Rejected:
    return Rejected(
        source,
        "json-broken",
        "This is not readable as JSON; it may have been cut off.",
        "Expected a FHIR Bundle, one resource, or one resource a line (NDJSON). Export it again.",
    )


def _entry(resource: Any, address: str | None, source: Source) -> Entry | Rejected:
    kind = text(mapping(resource).get("resourceType"))
    if kind is None or not _TYPE.fullmatch(kind):
        return Rejected(
            source,
            "not-fhir",
            "A JSON value without a resourceType was found.",
            "Every FHIR resource names its resourceType, such as MedicationAdministration.",
        )
    return Entry(Source(source.file, source.record, source.row, segment=kind), kind, resource, address)
