"""Question sheets and workbooks that this product wrote, known again where they lie among the records.

A sheet that nursing filled in is often saved beside the feed.  It is no table of administrations: its drugs and times
are those of the record once more.  It is given with ``--answers``.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from itertools import islice

from parsers.answers import HEADER_WITHIN, REQUIRED
from parsers.events import Rejected
from parsers.texts import decoded_head, delimiter_of
from parsers.vocabulary import key
from parsers.workbooks import is_workbook, read_workbook

OWN_SHEET = "question sheet or workbook written by this product; give its answers with --answers"
MARK = "infusion-timeline workbook"
"""Stands in the property "category" of every workbook written; Excel and LibreOffice keep it when they save."""
_PROPERTIES = "docProps/core.xml"
_SMALL = 1_000_000
"""Bytes of a workbook that is looked into for the columns of a question sheet, should the mark be lost."""
_HEAD = 8_192
_MOST_PROPERTIES = 65_536


def is_own_sheet(data: bytes) -> bool:
    """Whether decompressed content is a question sheet (CSV, any workbook) or a workbook of this product."""
    if not is_workbook(data):
        text = decoded_head(data[:_HEAD])
        return any(_asks(line) for line in text.splitlines()[:HEADER_WITHIN])
    return _is_marked(data) or (len(data) <= _SMALL and _has_questions(data))


def _asks(line: str) -> bool:
    cells = [cell.strip().strip('"') for cell in line.split(delimiter_of(line))]
    return _is_header(cells)


def _is_header(cells: list[str]) -> bool:
    names = {key(cell) for cell in cells if cell}
    return all(key(name) in names for name in REQUIRED)


def _is_marked(data: bytes) -> bool:
    """XLSX keeps the properties of the file in a part of their own."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_PROPERTIES) as part:
            return MARK.encode() in part.read(_MOST_PROPERTIES)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, ValueError, OSError, zlib.error):
        return False  # an old Excel file, another format, a damaged or a locked one: no mark to be seen


def _has_questions(data: bytes) -> bool:
    tables = read_workbook(data, "")
    if isinstance(tables, Rejected):
        return False
    return any(_is_header(line.cells or []) for table in tables for line in islice(table.lines, HEADER_WITHIN))
