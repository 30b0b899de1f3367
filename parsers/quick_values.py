"""Frozen dataclasses that are made quickly.

A feed becomes some millions of small values (events, sources, findings), and the initialiser that ``dataclass``
writes for a frozen class sets each field by a call: an event of forty fields took a tenth of all reading.  The
initialiser made here sets them as in any class, while the value still is of an open twin class, and closes it
at the end.  Nothing else changes: the value is frozen, compares, hashes, copies and pickles as before.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type[Any])


def made_quickly(cls: Class) -> Class:
    """Decorates a frozen, slotted dataclass without ``__post_init__``; stands above ``@dataclass``."""
    if hasattr(cls, "__post_init__"):
        raise TypeError(f"{cls.__name__} has a __post_init__, which would not be called")
    # Both of them: a class that changes either has its attributes set by a call.
    ordinary = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    twin = type(f"_Open{cls.__name__}", (cls,), ordinary)
    known = {"_open": object.__dict__["__class__"].__set__, "_twin": twin, "_closed": cls}
    words, body = ["self"], ["_open(self, _twin)"]
    for field in fields(cls):
        if field.default_factory is not MISSING:
            raise TypeError(f"{cls.__name__}.{field.name} has a default factory, which would not be called")
        word = field.name
        if field.default is not MISSING:
            known[f"_default_{field.name}"] = field.default
            word += f"=_default_{field.name}"
        words.append(word)
        body.append(f"self.{field.name} = {field.name}")
    body.append("self.__class__ = _closed")
    exec(f"def __init__({', '.join(words)}):\n " + "\n ".join(body), known)
    made = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = cls.__init__.__annotations__
    cls.__init__ = made
    return cls
