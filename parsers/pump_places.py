"""The observations of one pump message by their place: device, module, source (OBX-4 ``1.1.2.5``).

The path counts device, module (one channel of flow), source and metric; 0 stands for the level above.  A module
delivers one source at a time, primary or secondary (IHE DEV, containment of infusion pumps).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from parsers.er7 import Message, Segment
from parsers.pump_terms import ACTIVE_SOURCES, EVENT, EVENT_SOURCE, SYSTEM_ID, term

Path = tuple[int, ...]
Kind = Literal["primary", "secondary"]
_MODULE, _SOURCE = 2, 3
"""How many numbers of a path name a module, and a source."""
_OBX_EQUIPMENT = 18
_LONG = 7


class Observation(NamedTuple):
    """One OBX: its term, where it stands, and the segment."""

    term: str
    path: Path
    obx: Segment

    @property
    def text(self) -> str:
        """The value: the name of a coded one, otherwise the text itself."""
        return self.obx.component(5, 2) or self.obx.component(5, 1)


class Observations:
    """All OBX of a message."""

    __slots__ = ("_by_term", "all")

    def __init__(self, message: Message) -> None:
        marks = message.separators
        self.all = [
            Observation(_term(s.field(3), marks.component, marks.escape), _path(s.field(4)), s)
            for s in message.segments
            if s.name == "OBX"
        ]
        self._by_term: dict[str, list[Observation]] = {}
        for seen in self.all:
            self._by_term.setdefault(seen.term, []).append(seen)

    def first(self, terms: str | Iterable[str], under: Path = ()) -> Observation | None:
        """The first observation of one of these terms, in their order, that stands under a path."""
        for wanted in (terms,) if isinstance(terms, str) else terms:
            for seen in self._by_term.get(wanted, ()):
                if seen.path[: len(under)] == under:
                    return seen
        return None

    def text(self, terms: str | Iterable[str], under: Path = ()) -> str:
        """Its value; empty when there is none."""
        seen = self.first(terms, under)
        return seen.text if seen is not None else ""

    def modules(self) -> list[Path]:
        """The modules that are named, in their order."""
        return list(dict.fromkeys(o.path[:_MODULE] for o in self.all if len(o.path) >= _MODULE and o.path[1]))

    def event_place(self) -> tuple[Path, Path]:
        """Module and source of the event; the source is empty where the event names no more than its module."""
        path = _path(self.text(EVENT_SOURCE))
        event = self.first(EVENT)
        if len(path) < _MODULE or not path[1]:
            modules = self.modules()
            own = event.path[:_MODULE] if event is not None and len(event.path) >= _MODULE and event.path[1] else ()
            return own or (modules[0] if len(modules) == 1 else ()), ()
        return path[:_MODULE], path[:_SOURCE] if len(path) >= _SOURCE and path[2] else ()

    def kind(self, module: Path, source: Path) -> Kind:
        """Whether the primary or the secondary source is meant; a bolus or loading dose is of the primary."""
        if source:
            for seen in self.all:
                if seen.path[:_SOURCE] == source and seen.term.endswith(("SOURCE_PRIMARY", "SOURCE_SECONDARY")):
                    return "secondary" if seen.term.endswith("SECONDARY") else "primary"
        return "secondary" if "secondary" in self.text(ACTIVE_SOURCES, module).casefold() else "primary"

    def source(self, module: Path, kind: Kind) -> Path:
        """The path of a module's primary or secondary source; empty where the message does not tell."""
        ending = f"SOURCE_{kind.upper()}"
        return next((o.path[:_SOURCE] for o in self.all if o.path[:_MODULE] == module and o.term.endswith(ending)), ())

    def channel(self, module: Path, sender: str) -> str:
        """A name of the channel: the device (OBX-18, or its system id) and the module."""
        device = self._equipment("_MDS", ()) or self.text(SYSTEM_ID)
        device = device or next((e for e in map(_equipment_of, self.all) if e), "") or sender
        return f"{device} {self._equipment('_VMD', module) or '.'.join(map(str, module))}".strip()

    def _equipment(self, ending: str, under: Path) -> str:
        return next(
            (_equipment_of(o) for o in self.all if o.term.endswith(ending) and o.path[: len(under)] == under), ""
        )

    def times(self) -> Iterator[str]:
        """The times of observation (OBX-14), that of the event first."""
        event = self.first(EVENT)
        for seen in ([event] if event is not None else []) + self.all:
            if text := seen.obx.component(14, 1):
                yield text


def _equipment_of(seen: Observation) -> str:
    return seen.obx.component(_OBX_EQUIPMENT, 1)


@lru_cache(maxsize=4096)
def _term(field: str, component: str, escape: str) -> str:
    """The term of OBX-3 verbatim; pumps repeat a few dozen of them."""
    parts = [*field.split(component), ""]
    return "" if escape in field else term(parts[0].strip(), parts[1].strip())


@lru_cache(maxsize=4096)
def _path(text: str) -> Path:
    """``1.1.2.5`` as numbers; what is not such a path is empty."""
    parts = text.strip().split(".")
    return tuple(map(int, parts)) if all(p.isascii() and p.isdigit() and len(p) < _LONG for p in parts) else ()
