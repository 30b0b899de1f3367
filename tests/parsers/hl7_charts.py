"""Invented HL7 messages for tests, written the way a chart is told."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from parsers.clock import Clock
from parsers.events import AdministrationEvent
from parsers.file_reading import FileReading
from parsers.hl7_file import read_hl7
from parsers.profiles import Profile

CHICAGO = ZoneInfo("America/Chicago")
MSH = "MSH|^~\\&|MAR|SAMPLE|CODING|SAMPLE|20260310120000||RAS^O17^RAS_O17|M1|P|2.5.1"
PID = "PID|1||P100^^^SAMPLE^MR||Sampleton^Ada"
PV1 = "PV1|1|O|INFUSION^1^A||||||||||||||||E100^^^SAMPLE^VN"
ORC = "ORC|RE|PL7|FL7||||||20260310080500"
RXR = "RXR|IV^Intravenous^HL70162|LFA^left forearm"


def rxa(
    start: str = "202603100800",
    stop: str = "",
    drug: str = "M11^ertapenem^99MAR",
    amount: str = "1000",
    unit: str = "mg",
    status: str = "CP",
    **fields: str,
) -> str:
    """An RXA; further fields as ``f12="100 mL/hr"``."""
    values = {3: start, 4: stop, 5: drug, 6: amount, 7: unit, 20: status}
    values |= {int(name[1:]): text for name, text in fields.items()}
    cells = [values.get(number, "") for number in range(3, max(values) + 1)]
    return "RXA|0|1|" + "|".join(cells).rstrip("|")


def message(*segments: str, header: str = MSH, end: str = "\r") -> str:
    """A message of these segments behind MSH, PID and PV1."""
    return end.join([header, PID, PV1, *segments]) + end


def read(text: str | bytes, profile: Profile | None = None) -> FileReading:
    """A file with this content, its times read in Chicago."""
    data = text.encode() if isinstance(text, str) else text
    return read_hl7(data, "feed.hl7", Clock(CHICAGO), profile)


def events(*segments: str, profile: Profile | None = None) -> tuple[AdministrationEvent, ...]:
    """The events of one message with these segments behind MSH, PID and PV1."""
    return read(message(*segments), profile).events


def only(*segments: str, profile: Profile | None = None) -> AdministrationEvent:
    """The only event of one message with these segments."""
    (event,) = events(*segments, profile=profile)
    return event


def codes(reading: FileReading) -> list[str]:
    """The codes of findings, in order."""
    return [finding.code for finding in reading.findings]
