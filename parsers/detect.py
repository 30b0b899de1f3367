"""What kind of input this is, told from its content; names and suffixes are not looked at."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Literal

from parsers.texts import decoded_head, first_line, is_bare_utf16, split_cells
from parsers.vocabulary import key

Kind = Literal["hl7", "mar-table", "clif", "fhir"]

_HEAD = 65_536
_HEADER_SEGMENT = re.compile(rb"(?:^|[\r\n\x0b])(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")
_ANY_SEGMENT = re.compile(rb"(?:PID|PD1|PV1|EVN|ORC|RXA|RXR|RXE|RXC|RXG|RXO|OBR|OBX|NTE|TQ1|BTS|FTS|MSA)\|")
_CONTROLS = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27, 28})
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_CLIF = {"hospitalizationid", "medorderid", "admindttm"}
_FORMATS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or a damaged Excel workbook", "Unpack it and give the files inside, or save anew."),
    (b"%PDF", "a PDF", "Export the record as CSV or HL7 and give that."),
)


@dataclass(frozen=True, slots=True)
class NotReadable:
    """Why the content is of no kind this product reads."""

    code: str
    message: str
    fix: str


_GIVE = "Give HL7 v2 messages, a MAR table (CSV, TSV, Excel), FHIR or CLIF medication tables (Parquet, CSV)."


def detect(data: bytes) -> Kind | NotReadable:
    """The kind of decompressed content, or why it is none."""
    if data.startswith(b"PAR1"):
        return "clif"
    if data.startswith(_OLD_EXCEL) or _is_zipped_workbook(data):
        return "mar-table"
    for magic, what, fix in _FORMATS:
        if data.startswith(magic):
            return NotReadable("kind-not-supported", f"This is {what}, which is not read.", fix)
    head = data[:_HEAD]
    wide = head.startswith(_UTF16) or is_bare_utf16(head)
    if not wide and _is_binary(head):
        return NotReadable("kind-binary", "This is a binary file, neither messages nor a table.", _GIVE)
    if wide:
        head = decoded_head(head).encode("utf-8")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x0b\x00")
    if not start and not data[_HEAD:].strip():
        return NotReadable("file-empty", "The file is empty.", "Check the export that should have filled it.")
    if _HEADER_SEGMENT.search(start) or _ANY_SEGMENT.match(start):
        return "hl7"
    return _kind_of_text(start)


def _is_zipped_workbook(data: bytes) -> bool:
    """XLSX, XLSM and XLSB hold a folder ``xl``, an OpenDocument sheet a member ``content.xml``."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(name.startswith("xl/") or name == "content.xml" for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False


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
        return NotReadable(
            "kind-not-supported",
            "This is XML or HTML, which is not read (some systems save a web page under the name .xls).",
            "Open it in Excel and save it as XLSX or CSV.",
        )
    names = {key(cell) for cell in split_cells(first_line(decoded_head(start)))}
    return "clif" if names >= _CLIF else "mar-table"
