"""Which reader reads which HL7 message type: one line a type.

A key is MSH-9.1 (``RAS``) or, where only some events of a type are meant, MSH-9.1^MSH-9.2 (``ORU^R42``), which
wins.  A reader is made once for each file, with the clock and the profile of that file.
"""

from __future__ import annotations

from collections.abc import Callable

from parsers.adt_messages import AdtReader
from parsers.clock import Clock
from parsers.mar_messages import MarReader
from parsers.message_reading import MessageReader
from parsers.order_messages import OrderReader
from parsers.profiles import Profile
from parsers.pumps import PumpReader

ReaderMaker = Callable[[Clock, Profile | None], MessageReader]

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

    __slots__ = ("_clock", "_made", "_profile")

    def __init__(self, clock: Clock, profile: Profile | None) -> None:
        self._clock = clock
        self._profile = profile
        self._made: dict[ReaderMaker, MessageReader] = {}

    def of(self, kind: str, event: str) -> MessageReader | None:
        """The reader of MSH-9.1 and MSH-9.2; ``None`` for a type that is not read."""
        maker = READERS.get(f"{kind[:3]}^{event}") or READERS.get(kind[:3])
        if maker is None:
            return None
        if maker not in self._made:
            self._made[maker] = maker(self._clock, self._profile)
        return self._made[maker]
