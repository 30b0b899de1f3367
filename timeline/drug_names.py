"""Charted drug names to words: what belongs to the name, and what is strength, form or filler.

A name is read as a row of :class:`Word`.  Letters and digits are cut apart (``D5W`` is ``d 5 w``,
``5-FU`` is ``5 fu``) so that one spelling in the formulary meets all the ways people chart it.
Nothing here knows a drug; see :mod:`timeline.formulary`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from timeline.charting_words import ENUMERATED, FORMS, JOINS, SALTS, UNITS


class Role(IntEnum):
    """What a word is by its looks alone."""

    WORD = 0
    NUMBER = 1
    """``1000``, ``0.9%``, ``1/2``"""
    JOIN = 2
    """Sets two substances apart: ``+ & ; and with in plus``."""
    SOFT = 3
    """Other punctuation: brackets, comma, hyphen, slash."""


class Word(NamedTuple):
    """``glued``: written directly behind the word before it (or by a hyphen), as the 5 of ``D5`` or ``MK-3475``."""

    text: str
    role: Role
    glued: bool


_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[®™©]", " "),
        (r"[‐-―−]", "-"),
        (r"['’`´]", ""),
        (r"\bw\s*/\s*o\b|\bw/out\b", " without "),
        (r"\bw\s*/", " with "),
        (r"\bin-line\b", "inline"),
        (r"(?<![a-z0-9])((?:[a-z]\.){1,3}[a-z])\.?(?![a-z0-9])", r"<\1>"),
        (r"(\d)\s*(?:percent|pct)\b", r"\1%"),
        (r"(\d),(\d{1,2})(?!\d)", r"\1.\2"),
        (r"\bd(5|10)(?=[13]/[234])", r"d\1 "),
        (r"\bd(5|10)(?=\.\d)", r"d\1 0"),
        (r"\bd5(?=0\.(?:2|225|33|45|9)\b|0\.(?:2|225|33|45|9)%)", "d5 "),
    )
)
_WORD = re.compile(
    r"(?P<fraction>(?<![\d.])[13]/[234](?![\d.]))"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)(?P<percent>\s*%)?"
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<mark>[^\w\s.]|_)"
)


def _clean(text: str) -> str:
    text = text.replace("½", " 1/2 ").replace("¼", " 1/4 ").replace("¾", " 3/4 ").replace("™", " ").replace("µ", "u")
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    return re.sub(r"<([a-z.]+)>", lambda m: m[1].replace(".", ""), text)


def _number(text: str, percent: str | None) -> str:
    whole, _, part = text.replace(",", "").partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{part}" if part else "") + ("%" if percent else "")


def words(name: str) -> tuple[Word, ...]:
    """The words of a charted name: lower case, no accents or dots, numbers in one spelling (``.9 %`` is ``0.9%``)."""
    cleaned = _clean(name)
    found: list[Word] = []
    end = -1
    for m in _WORD.finditer(cleaned):
        glued = m.start() == end and bool(found) and found[-1].role in (Role.WORD, Role.NUMBER)
        if not glued and m.start() == end and len(found) > 1 and found[-1].text == "-":
            glued = found[-2].role is Role.WORD
        end = m.end()
        if m["fraction"]:
            found.append(Word(m["fraction"], Role.NUMBER, glued))
        elif m["number"]:
            found.append(Word(_number(m["number"], m["percent"]), Role.NUMBER, glued))
        elif m["word"]:
            join = m["word"] in JOINS or (m["word"] == "w" and not glued)
            text = "with" if m["word"] == "w" and join else m["word"]
            found.append(Word(text, Role.JOIN if join else Role.WORD, glued))
        else:
            found.append(Word(m["mark"], Role.JOIN if m["mark"] in "+&;" else Role.SOFT, glued))
    return tuple(found)


def strengths(row: Sequence[Word]) -> frozenset[int]:
    """Positions that are amounts: a number with its unit (``20 mEq``, ``1 g / 50 mL``, ``450/250``, ``mEq/L``)."""
    found: set[int] = set()
    for i, word in enumerate(row):
        before = row[i - 1] if i else None
        if word.role is Role.NUMBER:
            if not word.glued or (i + 1 < len(row) and row[i + 1].text in UNITS):
                found.add(i)
        elif word.role is Role.WORD and word.text in UNITS and before is not None:
            per = before.text == "/" and i > 1 and (i - 2 in found)
            if (before.role is Role.NUMBER and not before.text.endswith("%") and i - 1 in found) or per:
                found.add(i)
    return frozenset(found)


_MILLILITRES = {
    **dict.fromkeys(("ml", "mls", "cc", "milliliter", "milliliters"), 1.0),
    **dict.fromkeys(("l", "liter", "liters", "litre", "litres"), 1000.0),
}


def volumes_ml(row: Sequence[Word]) -> tuple[float, ...]:
    """Volumes named in mL or L, in mL; a concentration's ``/mL`` and a rate's ``mL/hr`` are not volumes."""
    found = []
    for i, word in enumerate(row[1:], start=1):
        amount = row[i - 1]
        is_rate = i + 1 < len(row) and row[i + 1].text in ("/", "per")
        plain = amount.role is Role.NUMBER and amount.text.replace(".", "").isdigit()
        if word.text in _MILLILITRES and plain and not is_rate:
            found.append(float(amount.text) * _MILLILITRES[word.text])
    return tuple(found)


def per_litre(row: Sequence[Word]) -> bool:
    """True for ``20 mEq/L``: a fluid sold or ordered by the litre."""
    litre = {"l", "liter", "litre", "1000"}
    return any(row[i - 1].text in ("/", "per") and w.text in litre for i, w in enumerate(row) if i)


def without_brackets(row: Sequence[Word]) -> tuple[Word, ...]:
    """The row without what stands in brackets (brands, remarks); the whole row if nothing else is there."""
    kept: list[Word] = []
    depth = 0
    for word in row:
        if word.text in "([":
            depth += 1
        elif word.text in ")]":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(word)
    return tuple(kept) if any(w.role is Role.WORD for w in kept) else tuple(row)


def plain_name(row: Sequence[Word]) -> str:
    """An unlisted substance's name: brand in brackets, strength, form and salt left out; empty if nothing is left.

    ``drug A`` and ``drug B``, ``chemo drug 1`` and ``chemo drug 2``, ``MK-3475`` and ``MK-7902`` stay apart.
    """
    row = tuple(w for w in without_brackets(row) if w.role in (Role.WORD, Role.NUMBER))
    amounts = strengths(row)
    kept: list[str] = []
    for i, word in enumerate(row):
        if word.role is Role.NUMBER:
            counts = i > 0 and row[i - 1].text in ENUMERATED and i + 1 not in amounts
            short = len(word.text) == 1 and i + 1 not in amounts and i > 0
            if (word.glued and i not in amounts) or counts or short:
                kept.append(word.text)
        elif i not in amounts and not (word.text in FORMS and (kept or i + 1 < len(row))):
            kept.append(word.text)
    while len(kept) > 1 and kept[-1] in SALTS:
        kept.pop()
    return " ".join(kept)
