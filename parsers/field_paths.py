"""Names of places in an HL7 v2 message, as a profile writes them.

``RXA-9.2``         component 2 of RXA-9
``RXR-2``           a whole field: its text (component 2), otherwise its code (component 1)
``ZMA-4.1``         any segment of the message, Z segments too
``OBX(IV LINE)-5``  OBX-5 of the observation whose OBX-3 code or text is ``IV LINE`` (case, space, punctuation aside)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from parsers.er7 import Segment
from parsers.vocabulary import key

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\(([^()]+)\))?-(\d{1,2})(?:\.(\d{1,2}))?")
UNREADABLE_SEGMENTS = frozenset({"NTE"})
"""Free text of nurses and pharmacists: never read, so that it can never be printed."""


@dataclass(frozen=True, slots=True)
class FieldPath:
    """One place; ``component`` is ``None`` when the path names the whole field."""

    text: str
    segment: str
    field: int
    component: int | None = None
    observation: str | None = None
    """For OBX: the normalised code or text of OBX-3 that chooses it."""

    def chooses(self, segment: Segment) -> bool:
        """Whether this segment is the one the path means."""
        if segment.name != self.segment:
            return False
        if self.observation is None:
            return True
        return self.observation in (key(segment.component(3, 1)), key(segment.component(3, 2)))


@lru_cache(maxsize=512)
def field_path(text: str) -> FieldPath:
    """The place a path names; :class:`ValueError` says what a path looks like."""
    match = _PATH.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a field: write it as RXA-20, RXA-9.2, ZMA-4 or OBX(IV LINE)-5")
    segment, observation, field, component = match.groups()
    if observation and segment != "OBX":
        raise ValueError(f"'{text}': only OBX is chosen by a name in brackets")
    if segment in UNREADABLE_SEGMENTS:
        raise ValueError(f"'{text}': notes are free text and are never read")
    if int(field) == 0 or component == "0":
        raise ValueError(f"'{text}': fields and components are counted from 1")
    chosen = key(observation) if observation else None
    return FieldPath(text.strip(), segment, int(field), int(component) if component else None, chosen)
