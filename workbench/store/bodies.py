"""Events, context and results as JSON bodies, and what makes two of them the same.

A field that has its default is left out: an event has forty fields and fills about twelve.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

import msgspec

Value = TypeVar("Value")

FINGERPRINT_BYTES = 16
LONGEST_KEY = 400
"""Characters; what is longer is no number of any hospital, and goes by its beginning and its hash."""
_MISSING = object()


_SHAPES: dict[type, tuple[tuple[str, object], ...]] = {}
"""Of each dataclass the names of its fields, each with its default."""


def _shape(cls: Any) -> tuple[tuple[str, object], ...]:
    shape = _SHAPES.get(cls)
    if shape is None:
        shape = _SHAPES[cls] = tuple((one.name, _default(one)) for one in fields(cls))
    return shape


def _default(one: Field[Any]) -> object:
    return _MISSING if one.default is MISSING else one.default


def plain(value: Any, without: str | None = None) -> Any:
    """Dataclasses as dicts without defaults, everything else as JSON holds it; ``without`` leaves a field out."""
    cls = type(value)
    if cls in _SIMPLE:
        return value
    if cls is tuple or cls is list:
        return [plain(item) for item in value]
    if cls in _SHAPES or is_dataclass(value):
        made = {}
        for name, default in _shape(cls):
            held = getattr(value, name)
            if held is not default and held != default and name != without:
                made[name] = held if type(held) in _SIMPLE else plain(held)
        return made
    return _other(value)


_SIMPLE = frozenset({str, int, float, bool, type(None), datetime})
"""Written as they are; a time in ISO 8601 with its offset."""


def _other(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(name): plain(held) for name, held in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(map(plain, value), key=str)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def text_of(value: Any, without: str | None = None) -> str:
    """The JSON body of a value."""
    return encoded(plain(value, without))


def encoded(value: Any) -> str:
    """Plain values as JSON that every database can hold: no lone surrogates, no NUL."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:  # half of a surrogate pair, from a file in another encoding
        return json.dumps(value, default=_other)


@cache
def _reader(cls: Hashable) -> Callable[[str], Any]:
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(cls)

    def read(body: str) -> Any:
        try:
            return decoder.decode(body)
        except msgspec.DecodeError:  # surrogates, written by the json module
            return msgspec.convert(json.loads(body), cls)

    return read


def reader(cls: type[Value]) -> Callable[[str], Value]:
    """Makes a value of ``cls`` from its body."""
    return _reader(cls)  # type: ignore[arg-type]


def fingerprint(body: str) -> bytes:
    """Stands for a body; two that are equal have the same."""
    return hashlib.blake2b(body.encode(), digest_size=FINGERPRINT_BYTES).digest()


def storable(text: str) -> str:
    """A text as a column can hold it: PostgreSQL knows neither NUL nor half a surrogate pair."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()


def key_text(text: str) -> str:
    """A number as it is looked up by: an index takes no text of any length."""
    text = storable(text)
    if len(text) <= LONGEST_KEY:
        return text
    return f"{text[:LONGEST_KEY]}...{hashlib.sha256(text.encode()).hexdigest()}"
