"""Every record of an input as it came, byte for byte, to be kept: what was understood can be made anew from it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from parsers.er7 import read_message
from parsers.events import Source
from parsers.fhir_documents import Entry, entries
from parsers.hl7_charsets import decode_message
from parsers.hl7_file import Sender
from parsers.hl7_frames import find_pieces
from parsers.profiles import Profile
from parsers.raw_records import byte_order_mark, raw_tables, without_mark

_LONGEST_HEADER = 4_096
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Place = tuple[int | None, int | None, str | None]
"""Record, row and sheet: what a :class:`~parsers.events.Source` says of the place in its file."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """One record.  ``record`` counts messages and resources from 1, ``row`` the lines of a table.

    ``entry`` is the resource of a FHIR record, ``None`` for the others.  ``envelope`` marks the segments of a batch
    around the messages, which are no records.
    """

    data: bytes
    record: int | None = None
    row: int | None = None
    sheet: str | None = None
    offset: int | None = None
    envelope: bool = False
    entry: Entry | None = None

    @property
    def place(self) -> Place:
        if self.row is None or self.entry is not None:
            return self.record, None, None
        return None, self.row, self.sheet


def place_of(source: Source) -> Place:
    """The place of a source as :attr:`Verbatim.place` has it: rows of a table go by their row alone."""
    if source.row is None or (source.segment is not None and source.segment[:1].isupper()):
        return source.record, None, None  # a message, or a resource, whose segment is its type
    return None, source.row, source.segment


def verbatim(data: bytes, kind: str, file: str, profile: Profile | None) -> Iterator[Verbatim]:
    """The records of a decompressed input, in its order; nothing for a kind that is no record of administrations."""
    if kind == "hl7":
        yield from _messages(as_read(data))
    elif kind == "fhir":
        for item in entries(data, file):
            if isinstance(item, Entry):
                yield Verbatim(msgspec.json.encode(item.resource), item.source.record, item.source.row, entry=item)
            else:
                yield Verbatim(b"", item.source.record, item.source.row)  # the file is kept whole
    elif kind in ("mar-table", "clif"):
        for sheet, encoding, lines in raw_tables(data, profile):
            plain, mark = without_mark(encoding), byte_order_mark(encoding)
            for line in lines:
                yield Verbatim(mark + line.raw.encode(plain, "replace"), row=line.number, sheet=sheet)
                mark = b""


def stands_alone(data: bytes, kind: str) -> bool:
    """Whether the records say all that the file says: not so in workbooks, Parquet and FHIR, which are kept whole."""
    return kind == "hl7" or (
        kind in ("mar-table", "clif") and not data.startswith((b"PAR1", b"PK\x03\x04", b"\xd0\xcf"))
    )


def as_read(data: bytes) -> bytes:
    """A file of HL7 messages in the bytes in which its offsets count: UTF-16 is read as UTF-8."""
    if data.startswith(_UTF16):
        return data.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    return data


def _messages(data: bytes) -> Iterator[Verbatim]:
    number = 0
    for piece in find_pieces(data):
        raw = data[piece.start : piece.end]
        if piece.kind == "envelope":
            yield Verbatim(raw, offset=piece.start, envelope=True)
        else:
            number += 1
            yield Verbatim(raw, number, offset=piece.start)


def message_numbers(data: bytes) -> Iterator[tuple[Sender, str]]:
    """Sender and control id (MSH-3, MSH-4, MSH-10) of each message that has one, as the reader of messages has them."""
    data = as_read(data)
    for piece in find_pieces(data):
        if piece.kind in ("message", "cut"):
            # A character set is chosen for the message as a whole, also where only its header is looked at.
            text = decode_message(data[piece.start : piece.end])[0]
            header = read_message(text[:_LONGEST_HEADER].splitlines()[0] if text else text)
            if header is not None and (control_id := header.segments[0].component(10, 1)):
                msh = header.segments[0]
                yield (msh.field(3), msh.field(4)), control_id
