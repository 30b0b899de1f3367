"""Finds the messages of a file: bare, in FHS/BHS batches, MLLP-framed, with any line ends, or joined by mistake.

Works on bytes, because a byte offset is what leads back to the raw text and because each message may
declare a character set of its own.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

PieceKind = Literal["message", "envelope", "text", "cut"]

_HEADERS = {name: re.compile(name + rb"[^A-Za-z0-9\s]") for name in (b"MSH", b"FHS", b"BHS", b"BTS", b"FTS")}
# A full header in the middle of a line: free text must escape its separators, so this is a message whose
# predecessor was written without a line end.
_JOINED = re.compile(rb"MSH([^A-Za-z0-9\s])[^A-Za-z0-9\s]{4,5}\1")
_BOM = codecs.BOM_UTF8
_M = ord("M")
_BLOCK_START, _BLOCK_END = b"\x0b", b"\x1c"
_BLANK = b" \t\r\n\x00\x0b\x1c\x1a"
_LINE_BEGINS_AFTER = b"\r\n\x0b\x1c\x00"


class Piece(NamedTuple):
    """A stretch of the file, ``data[start:end]``.

    ``cut`` is a message whose MLLP frame has no end; ``text`` belongs to no message; ``joined`` says that
    the message began in the middle of a line.
    """

    kind: PieceKind
    start: int
    end: int
    joined: bool = False


def find_pieces(data: bytes) -> Iterator[Piece]:
    """The messages, envelope segments and stray texts of a file, in order; blank stretches are left out."""
    starts, joined = _starts(data)
    framed = _BLOCK_END in data or _BLOCK_START in data
    marked = framed or b"\x00" in data or b"\x1a" in data or _BOM in data
    yield from _text(data, 0, starts[0] if starts else len(data))
    for start, end in pairwise((*starts, len(data))):
        if data[start] != _M:
            line_end = _line_end(data, start, end)
            yield Piece("envelope", start, line_end)
            yield from _text(data, line_end, end)
        elif marked:
            yield from _marked_message(data, start, end, start in joined, framed)
        else:
            yield Piece("message", start, end, start in joined)


def _starts(data: bytes) -> tuple[list[int], set[int]]:
    """Where each message and envelope segment starts, and which of them start in the middle of a line."""
    found: list[int] = []
    joined: set[int] = set()
    for name, header in _HEADERS.items():
        for match in header.finditer(data) if name in data else ():
            start = match.start()
            if start == 0 or data[start - 1] in _LINE_BEGINS_AFTER or data[max(0, start - 3) : start] == _BOM:
                found.append(start)
            elif _JOINED.match(data, start):
                found.append(start)
                if data[start - 1 : start] not in (b" ", b"\t"):
                    joined.add(start)
    found.sort()
    return found, joined


def _marked_message(data: bytes, start: int, end: int, joined: bool, framed: bool) -> Iterator[Piece]:
    """A message of a file that holds MLLP blocks, byte order marks or padding, which are no part of it."""
    block_end = data.find(_BLOCK_END, start, end) if framed else -1
    if block_end >= 0:
        yield Piece("message", start, block_end, joined)
        yield from _text(data, block_end + 1, end)
        return
    opened = framed and start > 0 and data[start - 1 : start] == _BLOCK_START
    stop = end
    while stop > start and (data[stop - 1] in b"\x0b\x00\x1a" or data[stop - 3 : stop] == _BOM):
        stop -= 3 if data[stop - 3 : stop] == _BOM else 1
    yield Piece("cut" if opened else "message", start, stop, joined)


def _text(data: bytes, start: int, end: int) -> Iterator[Piece]:
    """What stands between messages, unless it is blank."""
    text = data[start:end].replace(_BOM, b"   ")
    left = text.lstrip(_BLANK)
    if left:
        start += len(text) - len(left)
        yield Piece("text", start, start + len(left.rstrip(_BLANK)))


def _line_end(data: bytes, start: int, end: int) -> int:
    ends = [place for place in (data.find(b"\r", start, end), data.find(b"\n", start, end)) if place >= 0]
    return min(ends, default=end)
