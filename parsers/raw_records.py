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
from itertools import chain, islice
from typing import Literal, NamedTuple, TextIO

from parsers.er7 import Segment, read_message
from parsers.events import Rejected, Source
from parsers.hl7_charsets import decode_message
from parsers.hl7_frames import Piece, find_pieces
from parsers.profiles import Profile
from parsers.table_layout import HEAD_ROWS, Header
from parsers.table_lines import Line, csv_lines
from parsers.table_profiles import choose_profile
from parsers.tables import open_tables, table_delimiter
from parsers.texts import open_text
from parsers.workbooks import is_workbook

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
    """The records asked for of one file or sheet, in its order.

    ``head`` is what must stand before rows so that they are a table again: all lines down to the header, in the
    file's own encoding.  It is empty for messages.
    """

    records: dict[Place, RawRecord] = field(default_factory=dict)
    head: bytes = b""
    header: tuple[str, ...] = ()


def place_of(source: Source) -> Place:
    """The key of a source in :attr:`RawFile.records`."""
    return source.record, source.row


def raw_records(data: bytes, kind: str, sources: Iterable[Source], profile: Profile | None = None) -> list[RawFile]:
    """The raw records that ``sources`` name, from the decompressed bytes of their file; one a table of a workbook.

    ``kind`` is that of :class:`~parsers.events.InputFile`, ``profile`` the one the user named.  Sources that name no
    record (the file as a whole was rejected) and kinds that are neither messages nor tables give nothing.
    """
    wanted = [source for source in sources if source.record is not None]
    if kind == "hl7" and wanted:
        return [RawFile(_messages(data, wanted))]
    return _tables(data, wanted, kind, profile) if kind in ("mar-table", "clif") and wanted else []


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


class RawLine(NamedTuple):
    """One line of a table, its text as it stands and its cells."""

    number: int
    raw: str
    cells: tuple[str, ...]


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


def _tables(data: bytes, sources: list[Source], kind: str, profile: Profile | None) -> list[RawFile]:
    found = []
    for sheet, encoding, lines in raw_tables(data, profile):
        wanted = {s.row: s for s in sources if s.row is not None and (sheet is None or s.segment == sheet)}
        first = list(islice(lines, HEAD_ROWS))
        header_row, header = _header(first, kind, profile)
        if wanted and header_row is not None:
            found.append(_rows(chain(first, lines), encoding, header_row, header, wanted))
    return found


def _header(first: list[RawLine], kind: str, profile: Profile | None) -> tuple[int | None, tuple[str, ...]]:
    """The last row of the header and its cells, as the reader of the table finds them."""
    if kind == "clif":
        top = next((line for line in first if any(line.cells)), None)
        return (top.number, top.cells) if top is not None else (None, ())
    found = choose_profile([Line(line.number, list(line.cells)) for line in first], profile).header
    return (found.row, tuple(found.cells)) if isinstance(found, Header) else (None, ())


def _rows(
    lines: Iterable[RawLine], encoding: str, header_row: int, header: tuple[str, ...], wanted: dict[int, Source]
) -> RawFile:
    head: list[str] = []
    rows: dict[Place, RawLine] = {}
    for line in lines:
        if line.number <= header_row:
            head.append(line.raw)
        elif line.number in wanted:
            rows[place_of(wanted[line.number])] = line

    def encoded(raw: str) -> bytes:
        return (raw if raw.endswith(("\r", "\n")) else raw + "\n").encode(without_mark(encoding), "replace")

    return RawFile(
        {place: RawRecord("row", encoded(line.raw), line.cells) for place, line in rows.items()},
        byte_order_mark(encoding) + b"".join(map(encoded, head)),
        header,
    )


def without_mark(encoding: str) -> str:
    """The encoding of rows: a byte-order mark is written once, before the head, and they follow without one."""
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)


def byte_order_mark(encoding: str) -> bytes:
    """What stands before the first row of a text in this encoding."""
    return {"utf-8-sig": codecs.BOM_UTF8, "utf-16": codecs.BOM_UTF16_LE}.get(encoding, b"")


def raw_tables(data: bytes, profile: Profile | None) -> Iterator[tuple[str | None, str, Iterator[RawLine]]]:
    """Sheet, encoding and rows of each table of a file, numbered as the reader of tables numbers them."""
    if data.startswith(b"PAR1") or is_workbook(data):
        tables = open_tables(data, "", profile)
        for table in () if isinstance(tables, Rejected) else tables:
            yield f"sheet {table.sheet}" if table.sheet is not None else None, "utf-8", _written(table.lines)
        return
    text, encoding = open_text(data)
    yield None, encoding, _verbatim(text, table_delimiter(data, profile))


def _verbatim(text: TextIO, delimiter: str) -> Iterator[RawLine]:
    kept = _Lines(text)
    for line in csv_lines(csv.reader(iter(kept), delimiter=delimiter)):
        yield RawLine(line.number, kept.take(), tuple(cell.strip() for cell in line.cells or ()))


def _written(lines: Iterable[Line]) -> Iterator[RawLine]:
    """The rows of a workbook or a Parquet table, as the lines of the CSV that is written of them."""
    for line in lines:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(line.cells or ())
        yield RawLine(line.number, out.getvalue(), tuple(cell.strip() for cell in line.cells or ()))
