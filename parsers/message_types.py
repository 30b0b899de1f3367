"""Which reader reads which HL7 message type: one line a type.

A key is MSH-9.1 (``RAS``) or, where only some events of a type are meant, MSH-9.1^MSH-9.2 (``ORU^R42``), which
wins.  A reader is made once for each file, with the clock and the profile of that file.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from parsers.adt_messages import AdtReader
from parsers.clock import Clock
from parsers.er7 import Segment
from parsers.mar_messages import MarReader
from parsers.message_reading import MessageReader
from parsers.order_messages import OrderReader
from parsers.profiles import Profile
from parsers.pumps import PumpReader
from parsers.sender_profiles import SenderProfiles

ReaderMaker = Callable[[Clock, Profile | None], MessageReader]

_TYPES_KEPT = 500

READERS: dict[str, ReaderMaker] = {
    "RAS": MarReader,
    "ORU": PumpReader,
    "RDE": OrderReader,
    "ORM": OrderReader,
    "OMP": OrderReader,
    "RGV": OrderReader,
    "ADT": AdtReader,
}


class Readers:
    """The readers of one file, each made when its first message comes."""

    __slots__ = ("_clock", "_made", "_types", "profiles")

    def __init__(self, clock: Clock, profile: Profile | None) -> None:
        self._clock = clock
        self.profiles = SenderProfiles(profile)
        self._made: dict[tuple[ReaderMaker, int], MessageReader] = {}
        self._types: dict[str, MessageReader | None] = {}
        """By the text of MSH-9, MSH-3 and MSH-4; of the first few hundred only: a broken feed may hold anything."""

    def of(self, header: Segment) -> MessageReader | None:
        """The reader of a message with this MSH; ``None`` for a type that is not read."""
        text = header.field(9)
        if self.profiles:
            text = f"{text}|{header.field(3)}|{header.field(4)}"
        if text in self._types:
            return self._types[text]
        kind, event = header.component(9, 1), header.component(9, 2)
        maker = READERS.get(f"{kind[:3]}^{event}") or READERS.get(kind[:3])
        reader = self._reader(maker, header) if maker is not None else None
        if len(self._types) < _TYPES_KEPT:
            self._types[text] = reader
        return reader

    def _reader(self, maker: ReaderMaker, header: Segment) -> MessageReader:
        """One reader a type and profile; a zone that the profile of the sender alone knows is used for its times."""
        profile = self.profiles.of(header.component(3, 1), header.component(4, 1))
        made = self._made.get((maker, id(profile)))
        if made is None:
            clock = self._clock
            if clock.zone is None and profile.timezone is not None:
                clock = Clock(ZoneInfo(profile.timezone))
            made = self._made[maker, id(profile)] = maker(clock, profile)
        return made
