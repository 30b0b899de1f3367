"""What kind of input this is, told from its content; names and suffixes are not looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from parsers.texts import decoded_head, first_line, split_cells
from parsers.vocabulary import key

Kind = Literal["hl7", "mar-table", "clif", "fhir"]

_HEAD = 65_536
_HEADER_SEGMENT = re.compile(rb"(?:^|[\r\n\x0b])(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")
_ANY_SEGMENT = re.compile(rb"(?:PID|PD1|PV1|EVN|ORC|RXA|RXR|RXE|RXC|RXG|RXO|OBR|OBX|NTE|TQ1|BTS|FTS|MSA)\|")
_CONTROLS = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27, 28})
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CLIF = {"hospitalizationid", "medorderid", "admindttm"}
_FORMATS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook or ZIP archive", "Unpack it, or save the sheet as CSV, and give that."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save the sheet as CSV and give that."),
    (b"%PDF", "a PDF", "Export the record as CSV or HL7 and give that."),
)


@dataclass(frozen=True, slots=True)
class NotReadable:
    """Why the content is of no kind this product reads."""

    code: str
    message: str
    fix: str


_GIVE = "Give HL7 v2 messages, a MAR table (CSV, TSV), FHIR or CLIF medication tables (Parquet, CSV)."


def detect(data: bytes) -> Kind | NotReadable:
    """The kind of decompressed content, or why it is none."""
    if data.startswith(b"PAR1"):
        return "clif"
    for magic, what, fix in _FORMATS:
        if data.startswith(magic):
            return NotReadable("kind-not-supported", f"This is {what}, which is not read.", fix)
    head = data[:_HEAD]
    if not head.startswith(_UTF16) and _is_binary(head):
        return NotReadable("kind-binary", "This is a binary file, neither messages nor a table.", _GIVE)
    if head.startswith(_UTF16):
        head = decoded_head(head).encode("utf-8")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x0b\x00")
    if not start and not data[_HEAD:].strip():
        return NotReadable("file-empty", "The file is empty.", "Check the export that should have filled it.")
    if _HEADER_SEGMENT.search(start) or _ANY_SEGMENT.match(start):
        return "hl7"
    return _kind_of_text(start)


def _is_binary(head: bytes) -> bool:
    return b"\x00" in head.rstrip(b"\x00") or len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 10


def _kind_of_text(start: bytes) -> Kind | NotReadable:
    if start[:1] in (b"{", b"["):
        if b'"resourceType"' in start:
            return "fhir"
        return NotReadable(
            "kind-not-supported",
            "This is JSON without a resourceType, so no FHIR resource.",
            "Give FHIR (a Bundle, resources or NDJSON), HL7 v2 messages or a MAR table.",
        )
    if start[:1] == b"<":
        return NotReadable("kind-not-supported", "This is XML or HTML, which is not read.", _GIVE)
    names = {key(cell) for cell in split_cells(first_line(decoded_head(start)))}
    return "clif" if names >= _CLIF else "mar-table"
