"""One input at a time: its kind found from the content, and the reader of that kind run on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import TYPE_CHECKING

from parsers.clock import Clock
from parsers.detect import NotReadable, detect
from parsers.events import Ignored, Rejected, Source
from parsers.file_reading import FileReading
from parsers.own_sheets import OWN_SHEET, is_own_sheet
from parsers.profiles import Profile
from parsers.rejects_list import OWN_LIST, is_rejects_list

if TYPE_CHECKING:
    from parsers.hl7_file import SeenMessages

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OneInput:
    """What one input gave.  ``reading`` is ``None`` for FHIR, whose files are understood together."""

    kind: str
    """``hl7``, ``mar-table``, ``clif``, ``fhir``; ``unknown`` for what is no record of administrations."""
    clock: Clock
    reading: FileReading | None


@dataclass(slots=True)
class InputReader:
    """How the inputs of a run are read, and what of one is needed for the next."""

    profile: Profile
    choose: bool
    """No profile was named: that of each table and sender is found."""
    zone: tzinfo | None
    date_from: date | None = None
    seen: SeenMessages | None = None
    """HL7 messages read so far, so that a resend in another file is known."""
    item_names: dict[str, str] = field(default_factory=dict)
    """Names of drugs that tables give by number, from a table of items (MIMIC's d_items)."""

    def read(self, data: bytes, file: str) -> OneInput:
        """Read one decompressed input; never raises for its content."""
        clock = Clock(self.zone, date_from=self.date_from)
        kind = detect(data)
        if is_rejects_list(data):
            known = UNKNOWN if isinstance(kind, NotReadable) else kind
            return OneInput(known, clock, _set_aside(OWN_LIST, file))
        if isinstance(kind, NotReadable):
            rejected = Rejected(Source(file), kind.code, kind.message, kind.fix)
            return OneInput(UNKNOWN, clock, FileReading(rejected=(rejected,), records=1))
        if kind == "mar-table" and is_own_sheet(data):
            return OneInput(UNKNOWN, clock, _set_aside(OWN_SHEET, file))
        return OneInput(kind, clock, None if kind == "fhir" else self._read(kind, data, file, clock))

    def _read(self, kind: str, data: bytes, file: str, clock: Clock) -> FileReading:
        """Readers are imported when they are needed: a table does not pay for the others."""
        if kind == "hl7":
            from parsers.hl7_file import SeenMessages, read_hl7

            self.seen = self.seen or SeenMessages()
            return read_hl7(data, file, clock, None if self.choose else self.profile, self.seen)
        if kind == "clif":
            from parsers.clif import read_clif

            return read_clif(data, file, clock, self.profile)
        from parsers.mimic_rows import companion, read_items, read_lines
        from parsers.tables import read_table

        beside = companion(data)
        if beside == "items":
            names, reading = read_items(data, file)
            self.item_names.update(names)
            return reading
        if beside == "lines":
            return read_lines(data, file, clock, self.item_names)
        return read_table(data, file, clock, None if self.choose else self.profile, self.item_names)


def _set_aside(reason: str, file: str) -> FileReading:
    return FileReading(ignored=(Ignored(reason, (Source(file, 1),)),), records=1)
