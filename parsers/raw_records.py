"""The raw text of records, reached again by file and place: nothing raw is held while a feed is read.

A rejected message or row is written out verbatim so that it can be mended and fed again, and its fields can be
shown to a person at a terminal.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TextIO

from parsers.clif import parquet_rows
from parsers.er7 import Segment, read_message
from parsers.events import Rejected, Source
from parsers.hl7_charsets import decode_message
from parsers.hl7_frames import Piece, find_pieces
from parsers.profiles import Profile
from parsers.table_lines import csv_lines
from parsers.tables import table_delimiter
from parsers.texts import open_text

Place = tuple[int | None, int | None]
"""Record and row of a source."""
_FRAME_START, _FRAME_END = b"\x0b", b"\x1c\r"
_LINE_ENDS = b"\r\n"
_LABEL = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?")
_FIELD = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)")


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as it stands in its file; ``cells`` are those of a table's row, stripped."""

    kind: Literal["message", "text", "row"]
    data: bytes
    cells: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """A message as text, without the frame that may have been put around it."""
        return decode_message(self.data.strip(_FRAME_START + b"\x1c\r\n"))[0]


@dataclass(frozen=True, slots=True)
class RawFile:
    """The records asked for, in the order of the file.

    ``head`` is what must stand before rows so that they are a table again: all lines down to the header, in the
    file's own encoding.  It is empty for messages.
    """

    records: dict[Place, RawRecord] = field(default_factory=dict)
    head: bytes = b""
    header: tuple[str, ...] = ()


def place_of(source: Source) -> Place:
    """The key of a source in :attr:`RawFile.records`."""
    return source.record, source.row


def raw_records(data: bytes, kind: str, sources: Iterable[Source], profile: Profile | None = None) -> RawFile:
    """The raw records that ``sources`` name, from the decompressed bytes of their file.

    ``kind`` is that of :class:`~parsers.events.InputFile`.  Sources that name no record (the file as a whole was
    rejected) and files without text of their own (workbooks) give nothing.
    """
    wanted = [source for source in sources if source.record is not None]
    if kind == "hl7":
        return RawFile(_messages(data, wanted))
    if kind not in ("mar-table", "clif") or not wanted or data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return RawFile()
    return _rows(data, wanted, profile)


# HL7


def _messages(data: bytes, sources: list[Source]) -> dict[Place, RawRecord]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # offsets count in UTF-8, see hl7_file
        data = data.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    pieces = [piece for piece in find_pieces(data) if piece.kind != "envelope"]
    numbers = sorted({s.record for s in sources if s.record is not None and s.record <= len(pieces)})
    found: dict[Place, RawRecord] = {}
    for number in numbers:
        piece = pieces[number - 1]
        raw = data[piece.start : piece.end]
        if piece.kind == "text":
            found[number, None] = RawRecord("text", _ended(raw))
        else:
            found[number, None] = RawRecord("message", _fed_again(raw, piece, last=number == numbers[-1]))
    return found


def _fed_again(raw: bytes, piece: Piece, *, last: bool) -> bytes:
    """A message that is read again as it was: one that was cut off must not look whole for a line end put behind it."""
    if piece.kind == "cut":
        return _FRAME_START + _ended(raw)
    if raw[-1:] in (b"\r", b"\n") or last:
        return raw
    return _FRAME_START + raw + _FRAME_END


def _ended(raw: bytes) -> bytes:
    return raw if raw[-1:] in (b"\r", b"\n") else raw + b"\n"


def field_text(record: RawRecord, source: Source, header: tuple[str, ...]) -> str | None:
    """What stands in the field a source names, as charted; ``None`` when it names none or holds nothing.

    A source that names a segment only gives the whole segment.
    """
    if record.kind == "row":
        keyed = dict(zip(header, record.cells, strict=False))
        return keyed.get(source.field or "") or None
    message = read_message(record.text)
    if message is None or source.segment is None:
        return None
    label = _LABEL.fullmatch(source.segment)
    place = _FIELD.fullmatch(source.field or "")
    if label is None:
        return None
    name = place[1] if place else label[1]
    segments = [s for s in message.segments if s.name == name]
    number = int(label[2] or 1) if name == label[1] else 1
    if number > len(segments):
        return None
    return _shown(segments[number - 1], int(place[2]) if place else None)


def _shown(segment: Segment, number: int | None) -> str | None:
    return (segment.verbatim if number is None else segment.field(number)) or None


# Tables


class _Lines:
    """The lines of a text, each kept until it is taken: the csv reader gives cells only."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._kept: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self._kept.append(line)
            yield line

    def take(self) -> str:
        taken, self._kept = "".join(self._kept), []
        return taken


def _rows(data: bytes, sources: list[Source], profile: Profile | None) -> RawFile:
    wanted = {s.row: s for s in sources if s.row is not None and s.record is not None}
    if not wanted:
        return RawFile()
    first = next(iter(wanted.values()))
    header_row = (first.row or 0) - (first.record or 0)
    head: list[str] = []
    header: tuple[str, ...] = ()
    rows: dict[Place, tuple[str, tuple[str, ...]]] = {}
    lines, encoding = _raw_lines(data, profile)
    for number, raw, cells in lines:
        if number <= header_row:
            head.append(raw)
            header = cells or header
        elif number in wanted:
            rows[place_of(wanted[number])] = (raw, cells)
    # A byte-order mark is written once, before the head; the rows follow without one.
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    return RawFile(
        {
            place: RawRecord("row", _row_ended(raw).encode(plain, "replace"), cells)
            for place, (raw, cells) in rows.items()
        },
        _bom(encoding) + "".join(map(_row_ended, head)).encode(plain, "replace"),
        header,
    )


def _bom(encoding: str) -> bytes:
    return {"utf-8-sig": codecs.BOM_UTF8, "utf-16": codecs.BOM_UTF16_LE}.get(encoding, b"")


def _row_ended(raw: str) -> str:
    return raw if raw.endswith(("\r", "\n")) else raw + "\n"


def _raw_lines(data: bytes, profile: Profile | None) -> tuple[Iterator[tuple[int, str, tuple[str, ...]]], str]:
    """Number, text and cells of every row, numbered as the readers of tables number them, and the encoding."""
    if data.startswith(b"PAR1"):
        return _written_rows(data), "utf-8"
    text, encoding = open_text(data)
    kept = _Lines(text)

    def lines() -> Iterator[tuple[int, str, tuple[str, ...]]]:
        for line in csv_lines(csv.reader(iter(kept), delimiter=table_delimiter(data, profile))):
            yield line.number, kept.take(), tuple(cell.strip() for cell in line.cells or ())

    return lines(), encoding


def _written_rows(data: bytes) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """The rows of a Parquet table, as the lines of the CSV that is written of them."""
    rows = parquet_rows(data, "")
    for line in () if isinstance(rows, Rejected) else rows:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(line.cells or ())
        yield line.number, out.getvalue(), tuple(cell.strip() for cell in line.cells or ())
