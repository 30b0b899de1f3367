"""What a message may show of a value: its shape, never the value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

LONGEST_SHAPE = 24
_DIGIT = re.compile(r"\d")
_ENDINGS = re.compile(r"(?:\.[A-Za-z]{1,8}\d?)*$")
"""``.csv``, ``.hl7.gz``: what kind of file it is says nothing of a patient."""


def shape(text: str) -> str:
    """The shape of a charted value: digits as ``9``, letters as ``A``, at most 24 characters.

    A longer value ends in ``...``; control characters show as ``?``.

    >>> shape("03/10/2026 8:05 AM")
    '99/99/9999 9:99 AA'
    """
    cut = text.strip()
    masked = "".join(_mask(c) for c in cut[:LONGEST_SHAPE])
    return masked if len(cut) <= LONGEST_SHAPE else masked[: LONGEST_SHAPE - 3] + "..."


def _mask(character: str) -> str:
    if character.isnumeric():
        return "9"
    if character in " -/:.,+^&|_#()[]*~\\'\"":
        return character
    # Anything else that prints may be a letter of some script: it must not be readable.
    return "A" if character.isprintable() else "?"


def safe_name(path: str) -> str:
    """Base name of a file with every digit before its ending masked as ``9``, for logs and messages.

    >>> safe_name("/data/in/MAR_20260310.hl7")
    'MAR_99999999.hl7'
    """
    name = PurePath(path.replace("\\", "/")).name
    ending = _ENDINGS.search(name)
    stem = name[: ending.start()] if ending else name
    return _DIGIT.sub("9", stem) + name[len(stem) :]


_WORDS, _SHORT = 3, 3
_LETTER = r"[^\W\d_]"
"""A letter of any script: Pausiert and Abgehängt are words alike."""
_PLAIN_WORD = re.compile(_LETTER + r"(?:" + _LETTER + r"|[ /()\[\]_.%*-]){0,39}")
_PLAIN_HEADER = re.compile(r"(?:" + _LETTER + r"|[_#%])(?:" + _LETTER + r"|[0-9 _#%/().\[\]-]){0,39}")


def plain_word(text: str) -> str:
    """A charted action word or unit in quotes if it is made of letters alone, otherwise its shape.

    Letters are those of any script.  A number, a comma or a long text in such a column means that something else
    stands there.
    """
    cut = unicodedata.normalize("NFC", text.strip())
    return f"'{cut}'" if _PLAIN_WORD.fullmatch(cut) else f"a text of the shape {shape(cut)}"


def quoted_word(text: str, others: Iterable[str]) -> str:
    """An action word in quotes, otherwise its shape: it may be a name that slipped into the column.

    Quoted are at most three words of letters, none of which stands in ``others``, the other cells of the row.
    """
    words = text.split()
    rest = " ".join(others).casefold()
    repeated = any(word.casefold() in rest for word in (text.strip(), *(w for w in words if len(w) > _SHORT)))
    return f"a text of the shape {shape(text)}" if len(words) > _WORDS or repeated else plain_word(text)


def header_word(text: str, *, trusted: bool) -> str:
    """A column header as written, or its shape when it does not look like one (or the line is not ``trusted``)."""
    cut = unicodedata.normalize("NFC", text.strip())
    digits = sum(c.isdigit() for c in cut)
    return cut if trusted and digits <= 2 and _PLAIN_HEADER.fullmatch(cut) else shape(cut)
