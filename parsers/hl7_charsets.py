"""The character set of a message: what MSH-18 declares, and whether the bytes agree.

MSH-18 is often wrong, so it is believed only where the bytes agree.  A declared multi-byte set is tried first, then
strict UTF-8 (accented text of another set is practically never valid UTF-8), then a declared 8-bit set, then
Windows-1252, and Latin-1 for what even that leaves open.  Source of the names: HL7 table 0211.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from parsers.events import Finding, Source
from parsers.shapes import shape

_JAPANESE = "iso2022_jp_ext"
"""All sets that Japanese messages switch between, JIS X 0208 and half-width katakana among them."""
_CODECS = {
    "ASCII": None,
    "ISOIR6": None,
    "UNICODEUTF8": "utf-8",
    "UTF8": "utf-8",
    "ISOIR13": _JAPANESE,
    "ISOIR14": _JAPANESE,
    "ISOIR87": _JAPANESE,
    "ISOIR159": _JAPANESE,
    "GB180302000": "gb18030",
    "GB18030": "gb18030",
    "KSX1001": "euc_kr",
    "BIG5": "big5",
    "WINDOWS1252": "cp1252",
}
_EIGHT_BIT = re.compile(r"(?:ISO)?8859(\d{1,2})")
_SHIFTED = re.compile(rb"\x1b(?:\$[@B]|\(I).*?(?:\x1b\([BJ]|$)")
"""Japanese characters of ISO 2022, whose bytes may look like separators."""
_NAMES = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "iso8859-1": "ISO 8859-1",
    _JAPANESE: "ISO 2022 (Japanese)",
}


def _key(declared: str) -> str:
    return "".join(c for c in declared.upper() if c.isalnum())


def declared_codec(declared: str) -> str | None:
    """The codec of an MSH-18 name; ``None`` for plain ASCII and for names not known."""
    name = _key(declared)
    eight_bit = _EIGHT_BIT.fullmatch(name)
    codec = f"iso8859-{int(eight_bit[1])}" if eight_bit else _CODECS.get(name)
    if codec is None:
        return None
    try:
        return codecs.lookup(codec).name
    except LookupError:
        return None


def declared_names(raw: bytes) -> list[str]:
    """MSH-18 of a message, one name a repeat, without empty ones."""
    header = _SHIFTED.sub(b"", re.split(rb"[\r\n]", raw, maxsplit=1)[0]).decode("latin-1")
    fields = header.split(header[3:4] or "|")
    if len(fields) <= 17 or not fields[1]:
        return []
    return [name.strip() for name in fields[17].split(fields[1][1:2] or "~") if name.strip()]


def decode_message(raw: bytes) -> tuple[str, str]:
    """``(text, codec)`` of a message."""
    shifted = b"\x1b" in raw
    if not shifted and raw.isascii():
        return raw.decode("ascii"), "ascii"
    declared = [codec for codec in map(declared_codec, declared_names(raw)) if codec]
    eight_bit = [codec for codec in declared if codec.startswith("iso8859") or codec == "cp1252"]
    if "iso8859-1" in eight_bit and _has_c1(raw):
        # Those bytes are no letters in ISO 8859-1: the sender means its superset, dashes and quotes included.
        eight_bit.insert(0, "cp1252")
    whole = [codec for codec in declared if codec not in eight_bit]
    if shifted and _SHIFTED.search(raw) and _JAPANESE not in whole:
        whole.append(_JAPANESE)
    for codec in [*whole, "utf-8", *eight_bit, "cp1252"]:
        try:
            return raw.decode(codec), codec
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1"), "latin-1"


def _has_c1(raw: bytes) -> bool:
    return any(0x80 <= byte <= 0x9F for byte in raw)


class _Doubt(NamedTuple):
    declared: tuple[str, ...]
    codec: str


class CharsetDoubts:
    """Messages whose bytes are not what MSH-18 says, told once for each such pair of a file."""

    __slots__ = ("_first", "_found")

    def __init__(self) -> None:
        self._found: dict[_Doubt, int] = {}
        self._first: dict[_Doubt, Source] = {}

    def look(self, raw: bytes, codec: str, source: Source) -> None:
        """Note a message that was read with ``codec``; one of plain ASCII raises no doubt."""
        if codec == "ascii":
            return
        names = declared_names(raw)
        known = [declared_codec(name) for name in names]
        if codec in known or (not names and codec == "utf-8"):
            # Without MSH-18 the standard means ASCII, but UTF-8 fits by chance as good as never.
            return
        if codec == "cp1252" and "iso8859-1" in known:
            return
        if codec == "utf-8" and raw.isascii():
            return
        doubt = _Doubt(tuple(names), codec)
        self._found[doubt] = self._found.get(doubt, 0) + 1
        self._first.setdefault(doubt, source)

    def findings(self) -> list[Finding]:
        """One finding for each pair of declared and read character set."""
        return [_finding(doubt, count, self._first[doubt]) for doubt, count in self._found.items()]


def _finding(doubt: _Doubt, count: int, source: Source) -> Finding:
    said = " and ".join(map(_shown, doubt.declared))
    declared = f"MSH-18 declares {said}, but the bytes are others" if said else "MSH-18 is empty"
    read_as = _NAMES.get(doubt.codec, doubt.codec)
    which = "1 message" if count == 1 else f"{count} messages"
    certain = doubt.codec in ("utf-8", _JAPANESE)
    return Finding(
        "info" if certain else "warning",
        "charset-doubt",
        f"{which}: {declared}; read as {read_as}.",
        f"Name the character set in MSH-18{'' if certain else ', and check names with accents'}.",
        Source(source.file, source.record, None, source.control_id, "MSH", "MSH-18", source.offset),
    )


def _shown(name: str) -> str:
    """A name of table 0211 as written, of anything else the shape."""
    return name if _key(name) in _CODECS or _EIGHT_BIT.fullmatch(_key(name)) else f"a text of the shape {shape(name)}"
