"""Text files as they come: encodings, line ends, and the delimiter of a table."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TextIO

DELIMITERS = ",\t;|"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def encoding_of(data: bytes) -> str:
    """``utf-8``, ``utf-8-sig``, ``utf-16`` by the byte-order mark, ``utf-16-le`` by its zeros, otherwise ``cp1252``.

    ``latin-1`` is what remains for bytes that are none of them.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name if _decodes(data, name) else "latin-1"
    if is_bare_utf16(data[:4096]) and _decodes(data, "utf-16-le"):
        return "utf-16-le"
    return next((name for name in ("utf-8", "cp1252") if _decodes(data, name)), "latin-1")


def is_bare_utf16(head: bytes) -> bool:
    """UTF-16 (little-endian, as Windows writes it) without a byte-order mark: every second byte of a text is zero."""
    high = head[1::2]
    return len(high) >= 8 and high.count(0) >= 0.9 * len(high) and head[::2].count(0) == 0


def _decodes(data: bytes, encoding: str) -> bool:
    if data.isascii() and not encoding.startswith("utf-16"):
        return True
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def open_text(data: bytes) -> tuple[TextIO, str]:
    """The content as lines of text, line ends kept as they are, and the encoding used."""
    encoding = encoding_of(data)
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline=""), encoding


def decoded_head(head: bytes) -> str:
    """The beginning of a file as text, good enough to look at its first lines."""
    bare = "utf-16-le" if is_bare_utf16(head[:4096]) else "utf-8"
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), bare)
    return head.decode(encoding, errors="replace")


def first_line(text: str) -> str:
    """The first line that is not blank."""
    return next((line for line in text.splitlines() if line.strip()), "")


def delimiter_of(line: str) -> str:
    """The delimiter that stands most often outside quotes; a comma when there is none."""
    outside = "".join(line.split('"')[::2])
    best = max(DELIMITERS, key=outside.count)
    return best if best in outside else ","


def split_cells(line: str) -> list[str]:
    """The cells of one line of a table."""
    return next(csv.reader([line], delimiter=delimiter_of(line)), [])
