"""The user's own charge description master (CDM): which charge code, revenue code and price a CPT has in the house.

A table (CSV, XLSX) with a row for each code, or several for one code where its modifiers or its department decide.
Only rows of drug administration codes are read; descriptions never are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from os import PathLike

from parsers.billed import administration_code, modifiers_of
from parsers.reference_files import ReferenceTableError, Row, Table, cell, found_shape, open_reference
from parsers.vocabulary import key

__all__ = ["CdmRow", "ChargeMaster", "ReferenceTableError", "load_charge_master"]

_CODE = {
    "code", "cpt", "cptcode", "cpt4", "hcpcs", "hcpcscode", "cpthcpcs", "hcpcscpt", "cpthcpcscode", "hcpcscptcode",
    "procedurecode",
}  # fmt: skip
_CDM = {
    "cdm", "cdmcode", "cdmnumber", "cdmno", "cdmid", "chargecode", "chargenumber", "chargeid", "servicecode",
    "chargemastercode", "chargemasternumber",
}  # fmt: skip
_REVENUE = {"revenuecode", "revcode", "rev", "revenue", "ubrevenuecode", "ubcode"}
_PRICE = {"price", "unitprice", "chargeamount", "grosscharge", "standardcharge", "listprice", "amount"}
_DEPARTMENT = {"department", "dept", "departmentid", "deptid", "costcenter", "departmentcode", "deptcode"}
_MODIFIERS = re.compile(r"(?:modifiers?|mods?)[1-4]?")
_DOLLARS = re.compile(r"\$?\s*((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)", re.ASCII)
_REVENUE_CODE = re.compile(r"\d{3,4}", re.ASCII)
_GIVE = (
    "Give your charge description master as CSV or XLSX, with a header row that names at least the columns 'code' (the"
    " CPT) and 'cdm'."
)


@dataclass(frozen=True, slots=True)
class CdmRow:
    """One row of the table."""

    code: str
    modifiers: frozenset[str]
    """The charge has exactly these; empty for any."""
    department: str
    """Charted or mapped name, in lower case and with single spaces; empty for any."""
    cdm: str
    revenue_code: str | None
    """Four digits."""
    price: Decimal | None
    """US dollars for one unit."""
    row: int
    """As a spreadsheet counts it."""


@dataclass(frozen=True, slots=True)
class ChargeMaster:
    """The rows of drug administration codes, the most specific first within a code."""

    name: str
    """Base name of the file."""
    sha256: str
    rows: Mapping[str, tuple[CdmRow, ...]]

    def find(self, code: str, modifiers: Collection[str], departments: Collection[str] = ()) -> CdmRow | None:
        """The row that fits most closely; ``None`` where none fits.

        ``departments`` are the names one department goes by.  A row that names modifiers comes before one that names
        only a department, and both come before one for the code alone.
        """
        own, names = frozenset(modifiers), {_plain(name) for name in departments}
        return next(
            (
                row
                for row in self.rows.get(code, ())
                if (not row.modifiers or row.modifiers == own) and (not row.department or row.department in names)
            ),
            None,
        )


def load_charge_master(path: str | PathLike[str]) -> ChargeMaster:
    """Read a CDM table: code, cdm, and where there are such columns modifiers, department, revenue code and price.

    Raises :class:`ReferenceTableError` for a file that is none, a row that cannot be read, or two rows for the same
    code, modifiers and department that differ.
    """
    table = open_reference(
        path,
        "the charge description master",
        {"code": lambda h: key(h) in _CODE, "cdm": lambda h: key(h) in _CDM},
        _GIVE,
    )
    places = _Places.of(table)
    found: dict[tuple[str, frozenset[str], str], CdmRow] = {}
    for number, cells in table.rows:
        code = administration_code(cell(cells, table.at["code"]))
        if code is None:
            continue  # the rest of the hospital's charges
        row = _row(table, places, number, code, cells)
        same = found.setdefault((row.code, row.modifiers, row.department), row)
        if (same.cdm, same.revenue_code, same.price) != (row.cdm, row.revenue_code, row.price):
            raise table.error(
                number,
                f"Code {code} has another CDM code, revenue code or price than in row {same.row}, and the same"
                " modifiers and department.",
                f"Keep one of rows {same.row} and {number}, or tell them apart by a modifiers or department column.",
            )
    if not found:
        raise table.error(
            None, "No row has a drug administration code (96360-96379, 96401-96549).", "Give the whole table."
        )
    rows: dict[str, list[CdmRow]] = {}
    for row in sorted(found.values(), key=lambda r: (not r.modifiers, not r.department, r.row)):
        rows.setdefault(row.code, []).append(row)
    return ChargeMaster(table.file, table.sha256, {code: tuple(of_code) for code, of_code in rows.items()})


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the columns stand that a table may leave out."""

    modifiers: tuple[int, ...]
    department: int | None
    revenue: int | None
    price: int | None

    @classmethod
    def of(cls, table: Table) -> _Places:
        keys = [key(header) for header in table.header]

        def first(known: Collection[str]) -> int | None:
            return next((n for n, k in enumerate(keys) if k in known and n not in table.at.values()), None)

        modifiers = tuple(n for n, k in enumerate(keys) if _MODIFIERS.fullmatch(k))
        return cls(modifiers, first(_DEPARTMENT), first(_REVENUE), first(_PRICE))


def _row(table: Table, places: _Places, number: int, code: str, cells: Row) -> CdmRow:
    cdm = cell(cells, table.at["cdm"])
    if not cdm:
        raise table.error(number, f"Code {code} has no CDM code.", "Fill in the cell, or leave the row out.")
    written = [cell(cells, n) for n in places.modifiers]
    modifiers = modifiers_of(*written)
    if any(written) and not modifiers:
        text = next(filter(None, written))
        raise table.error(
            number, f"The modifiers are {found_shape(text)}.", "Expected modifiers of two characters, such as 59."
        )
    return CdmRow(
        code,
        frozenset(modifiers),
        "" if places.department is None else _plain(cell(cells, places.department)),
        cdm,
        _revenue_code(table, places.revenue, number, cells),
        _price(table, places.price, number, cells),
        number,
    )


def _revenue_code(table: Table, place: int | None, number: int, cells: Row) -> str | None:
    text = "" if place is None else cell(cells, place)
    if not text:
        return None
    if not _REVENUE_CODE.fullmatch(text):
        raise table.error(
            number, f"The revenue code is {found_shape(text)}.", "Expected three or four digits, such as 0260."
        )
    return text.zfill(4)  # spreadsheets drop the zero in front


def _price(table: Table, place: int | None, number: int, cells: Row) -> Decimal | None:
    text = "" if place is None else cell(cells, place)
    if not text:
        return None
    match = _DOLLARS.fullmatch(text)
    if match is None:
        raise table.error(
            number, f"The price is {found_shape(text)}.", "Expected dollars for one unit, such as 420.00, or nothing."
        )
    return round(Decimal(match[1].replace(",", "")), 2)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
