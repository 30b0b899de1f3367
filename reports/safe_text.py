"""Charted text made harmless for where it is shown: a terminal, an SVG or HTML page, a spreadsheet cell.

Drug names and site texts come from outside.  They may hold markup, terminal control codes or a spreadsheet
formula, by accident or not; the reader sees them, nothing runs them.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""Control codes, line separators and the marks that reverse the reading direction."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that make a spreadsheet read a cell as a formula, with their full-width forms."""


def one_line(text: str) -> str:
    """Printable text on one line: control codes become a space, lone surrogates the replacement character."""
    return _NOT_XML.sub("\ufffd", re.sub(r"\s+", " ", _CONTROL.sub(" ", text))).strip()


def xml_text(text: str) -> str:
    """Text for an XML or HTML element or quoted attribute."""
    return escape(one_line(text), quote=True)


def cell_text(text: str) -> str:
    """Text for a CSV cell: what a spreadsheet would run as a formula gets an apostrophe in front.

    >>> cell_text('=HYPERLINK("x")')
    '\\'=HYPERLINK("x")'
    >>> cell_text("saline")
    'saline'
    """
    guarded = "'" if text.lstrip(" ").startswith(_FORMULA) else ""
    return guarded + one_line(text)


def elide(text: str, width: int, ellipsis: str = "…") -> str:
    """Text of at most ``width`` characters; a longer one keeps its beginning and ends with the ellipsis."""
    if len(text) <= width:
        return text
    return text[: max(0, width - len(ellipsis))].rstrip() + ellipsis


def without_surrogates(value: Any) -> Any:
    """The same plain dicts, lists and texts, each lone surrogate replaced: UTF-8 cannot hold one."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {without_surrogates(k): without_surrogates(v) for k, v in value.items()}
    return [without_surrogates(v) for v in value] if isinstance(value, list) else value
