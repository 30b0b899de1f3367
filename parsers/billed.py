"""What was billed, from a table (CSV, XLSX), an 837I claim, an 835 remittance or DFT messages, in one form.

Only drug administration codes (96360-96379, 96401-96549) are compared with a record; other codes are counted and set
aside.  A reversed, voided or credited charge has negative units, so that what remains is what stands.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from parsers.detect import NotReadable, detect
from parsers.events import Finding, Ignored, Rejected, Source
from parsers.files import Found, open_input

Form = Literal["table", "837", "835", "DFT"]

OTHER_CODE = "code outside drug administration"
_CODE = re.compile(r"[0-9A-Z]\d{3}[0-9A-Z]")
_MODIFIER = re.compile(r"[0-9A-Z]{2}")
_PARTED = re.compile(r"[\s,;:/+-]+")


class BilledError(ValueError):
    """A file of billed lines that cannot be used: what was found and what to give."""


@dataclass(frozen=True, slots=True)
class BilledLine:
    """One billed service line.  ``units`` is negative for what was taken back; ``amount`` is the charge in dollars."""

    source: Source
    encounter_id: str
    code: str
    units: int
    modifiers: tuple[str, ...]
    date: date
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Billed:
    """The billed lines of one file.  ``records == used + ignored + rejected``; records are service lines."""

    name: str
    sha256: str
    form: Form
    lines: tuple[BilledLine, ...]
    ignored: tuple[Ignored, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def records(self) -> int:
        return len(self.lines) + sum(i.count for i in self.ignored) + len(self.rejected)


@dataclass(frozen=True, slots=True)
class BilledParts:
    """What a reader of one form found."""

    form: Form
    lines: tuple[BilledLine, ...]
    others: tuple[Source, ...] = ()
    """Lines whose code is no drug administration."""
    rejected: tuple[Rejected, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignored: tuple[Ignored, ...] = ()


def read_billed(path: str | os.PathLike[str]) -> Billed:
    """Read a file of billed lines; its form is told from the content.

    Raises :class:`BilledError` when it cannot be opened or is none of the forms; a line that cannot be used is in
    ``rejected`` and stops no other.
    """
    path = Path(path)
    if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises in a folder that may not be looked into
        raise BilledError(f"{path.name}: there is no such file. Give the path of what was billed.")
    content = open_input(Found(path.name, path))
    if isinstance(content, Rejected):
        raise BilledError(f"{path.name}: {content.message} {content.fix}")
    parts = _parts(path, content.data)
    others = (Ignored(OTHER_CODE, parts.others),) if parts.others else ()
    return Billed(
        path.name, content.sha256, parts.form, parts.lines, (*others, *parts.ignored), parts.rejected, parts.findings
    )


def _parts(path: Path, data: bytes) -> BilledParts:
    from parsers.billed_dft import read_dft
    from parsers.billed_tables import read_billed_table
    from parsers.billed_x12 import is_x12, read_x12

    if is_x12(data):
        return read_x12(data, path.name)
    kind = detect(data)
    if kind == "hl7":
        return read_dft(data, path.name)
    if kind == "fhir" or (isinstance(kind, NotReadable) and kind.code == "file-empty"):
        raise BilledError(
            f"{path.name}: this holds no billed lines. Give a table (CSV, XLSX), an 837I, an 835 or DFT messages."
        )
    return read_billed_table(path)


def administration_code(text: str) -> str | None:
    """A drug administration code as billed, or ``None`` for any other code."""
    code = text.strip().upper()
    return code if code.isdigit() and ("96360" <= code <= "96379" or "96401" <= code <= "96549") else None


def is_code(text: str) -> bool:
    """Whether a text looks like a HCPCS code."""
    return _CODE.fullmatch(text.strip().upper()) is not None


def plain_number(text: str) -> Decimal | None:
    """A number as messages write it; ``None`` for anything else or beyond belief."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < 10**9 else None


def first_day(text: str) -> date | None:
    """The day of ``YYYYMMDD``, whatever stands behind it: a time, or the end of a range."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if text[:8].isdigit() else None
    except ValueError:
        return None


def taken_back(line: BilledLine) -> BilledLine:
    """The line as a credit: its units and charge count against what was billed."""
    return replace(line, units=-abs(line.units), amount=None if line.amount is None else -abs(line.amount))


def modifiers_of(*texts: str) -> tuple[str, ...]:
    """Modifiers from one or several cells, in their order, each once."""
    found = (part.upper() for text in texts for part in _PARTED.split(text.strip()) if part)
    return tuple(dict.fromkeys(part for part in found if _MODIFIER.fullmatch(part)))
