"""The user's own OPPS rates (Addendum B), MUE and NCCI PTP tables, as CMS publishes them (rulebook 39, 40).

None of them is shipped, because they hold code lists that belong to the American Medical Association; the user
accepts its terms when downloading them.  Descriptors and rationales are never kept.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from os import PathLike
from typing import Literal

from parsers.reference_files import ReferenceTableError, Row, Table, cell, found_shape, open_reference

__all__ = [
    "CodePair", "PairTable", "PaymentRate", "RateTable", "ReferenceTableError", "UnitLimit", "UnitLimitTable",
    "load_mue", "load_ptp", "load_rates",
]  # fmt: skip

_CODE = re.compile(r"[0-9A-Z]\d{3}[0-9A-Z]")
_DOLLARS = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?")
_NO_RATE = {"", "-", ".", "n/a", "na"}


@dataclass(frozen=True, slots=True)
class PaymentRate:
    """How Medicare pays one code under OPPS: status indicator, APC and the national unadjusted rate."""

    status: str
    apc: str
    cents: int | None
    """For one unit, in US cents; ``None`` where the table gives no rate."""


@dataclass(frozen=True, slots=True)
class RateTable:
    """Addendum B: code to payment."""

    name: str
    sha256: str
    rates: Mapping[str, PaymentRate]

    def rate(self, code: str) -> PaymentRate | None:
        """``None`` for a code that is not in the table."""
        return self.rates.get(code)


@dataclass(frozen=True, slots=True)
class UnitLimit:
    """Most units of one code that are payable, and how the limit is applied (MAI)."""

    units: int
    indicator: Literal[1, 2, 3]
    """1: on each claim line; 2: on a date of service, fixed by policy; 3: on a date of service, open to appeal."""


@dataclass(frozen=True, slots=True)
class UnitLimitTable:
    """MUE outpatient hospital table: code to limit."""

    name: str
    sha256: str
    limits: Mapping[str, UnitLimit]

    def limit(self, code: str) -> UnitLimit | None:
        """``None`` for a code without a published limit."""
        return self.limits.get(code)


@dataclass(frozen=True, slots=True)
class CodePair:
    """Two codes that are not paid together: column 1 is paid, column 2 is not, unless a modifier is allowed."""

    column_1: str
    column_2: str
    effective: date
    deleted: date | None
    """Last date on which the pair stands; ``None`` while it is active."""
    modifier: Literal[0, 1, 9]
    """0: never together; 1: a modifier is allowed; 9: the pair was withdrawn from its first day."""

    def stands_on(self, day: date) -> bool:
        return self.modifier != 9 and self.effective <= day and (self.deleted is None or day <= self.deleted)


@dataclass(frozen=True, slots=True)
class PairTable:
    """NCCI procedure-to-procedure pairs by (column 1, column 2); one pair may have come and gone several times."""

    name: str
    sha256: str
    pairs: Mapping[tuple[str, str], tuple[CodePair, ...]]

    def on(self, column_1: str, column_2: str, day: date) -> CodePair | None:
        """The pair in this order, if it stands on ``day``."""
        return next((p for p in self.pairs.get((column_1, column_2), ()) if p.stands_on(day)), None)


def load_rates(path: str | PathLike[str]) -> RateTable:
    """Read an OPPS Addendum B (CSV or XLSX, title lines above the header).

    Raises :class:`ReferenceTableError` for a file that is not one, an unreadable rate, or two rows of one code
    that differ.
    """
    table = open_reference(
        path,
        "OPPS Addendum B",
        {
            "HCPCS Code": lambda h: h.startswith("hcpcs"),
            "SI": lambda h: h == "si" or h.startswith("status indicator"),
            "APC": lambda h: h == "apc",
            "Payment Rate": lambda h: h.startswith("payment rate"),
        },
    )
    rates: dict[str, PaymentRate] = {}
    first: dict[str, int] = {}
    for number, row in table.rows:
        code = cell(row, table.at["HCPCS Code"]).upper()
        if not _CODE.fullmatch(code):
            continue  # a footnote
        rate = PaymentRate(cell(row, table.at["SI"]).upper(), cell(row, table.at["APC"]), _cents(table, number, row))
        if rates.setdefault(code, rate) != rate:
            raise _twice(table, number, code, first[code])
        first.setdefault(code, number)
    _some(table, len(rates))
    return RateTable(table.file, table.sha256, rates)


def _cents(table: Table, number: int, row: Row) -> int | None:
    text = cell(row, table.at["Payment Rate"])
    if text.casefold() in _NO_RATE:
        return None
    match = _DOLLARS.fullmatch(text)
    if match is None:
        raise table.error(
            number,
            f"The payment rate is {found_shape(text)}.",
            "Expected dollars such as $1,234.50, or an empty cell: give the table as published.",
        )
    # Sheets hold some rates with a third decimal that is never shown.
    return round(float(f"{match[1].replace(',', '')}.{match[2] or 0}") * 100)


def load_mue(path: str | PathLike[str]) -> UnitLimitTable:
    """Read the MUE table for outpatient hospital services (CSV or XLSX, licence lines above the header).

    Raises :class:`ReferenceTableError` for a file that is not one (the tables for practitioners and suppliers
    hold other limits), an unreadable limit or indicator, or two rows of one code that differ.
    """
    table = open_reference(
        path,
        "the MUE outpatient hospital table",
        {
            "HCPCS/CPT Code": lambda h: h.startswith("hcpcs"),
            "MUE Values": lambda h: "mue value" in h,
            "MUE Adjudication Indicator": lambda h: "adjudication" in h or h == "mai",
        },
    )
    header = table.header[table.at["MUE Values"]].casefold()
    if "practitioner" in header or "supplier" in header:
        raise table.error(
            None,
            "This is the MUE table for practitioners or suppliers.",
            "Give the one for outpatient hospital services: its limits are others.",
        )
    limits: dict[str, UnitLimit] = {}
    first: dict[str, int] = {}
    for number, row in table.rows:
        code = cell(row, table.at["HCPCS/CPT Code"]).upper()
        if not _CODE.fullmatch(code):
            continue
        limit = UnitLimit(_limit(table, number, row), _indicator(table, number, row))
        if limits.setdefault(code, limit) != limit:
            raise _twice(table, number, code, first[code])
        first.setdefault(code, number)
    _some(table, len(limits))
    return UnitLimitTable(table.file, table.sha256, limits)


def _limit(table: Table, number: int, row: Row) -> int:
    text = cell(row, table.at["MUE Values"])
    if not (text.isascii() and text.isdigit()):
        raise table.error(number, f"The MUE value is {found_shape(text)}.", "Expected a whole number of units.")
    return int(text)


def _indicator(table: Table, number: int, row: Row) -> Literal[1, 2, 3]:
    text = cell(row, table.at["MUE Adjudication Indicator"])
    match text[:1]:
        case "1":
            return 1
        case "2":
            return 2
        case "3":
            return 3
        case _:
            raise table.error(
                number,
                f"The adjudication indicator is {found_shape(text)}.",
                "Expected a text that begins with 1, 2 or 3, such as '2 Date of Service Edit: Policy'.",
            )


def load_ptp(path: str | PathLike[str], codes: Collection[str] | None = None) -> PairTable:
    """Read an NCCI PTP table for hospitals (tab-delimited text, CSV or XLSX).

    ``codes`` keeps only the pairs whose both codes are among them: the published files hold half a million pairs.
    Raises :class:`ReferenceTableError` for a file that is not one, or an unreadable date or modifier indicator.
    """
    table = open_reference(
        path,
        "the NCCI PTP hospital table",
        {
            "Column 1": lambda h: h.startswith("column 1"),
            "Column 2": lambda h: h.startswith("column 2"),
            "Effective Date": lambda h: h.startswith("effective"),
            "Deletion Date": lambda h: h.startswith("deletion"),
            "Modifier": lambda h: h.startswith("modifier"),
        },
    )
    first, second = table.at["Column 1"], table.at["Column 2"]
    pairs: dict[tuple[str, str], list[CodePair]] = {}
    read = 0
    for number, row in table.rows:
        key = (cell(row, first).upper(), cell(row, second).upper())
        if not (_CODE.fullmatch(key[0]) and _CODE.fullmatch(key[1])):
            continue  # the header goes on over several rows
        read += 1
        if codes is None or (key[0] in codes and key[1] in codes):
            pairs.setdefault(key, []).append(_pair(table, number, row, key))
    _some(table, read)
    return PairTable(table.file, table.sha256, {key: tuple(found) for key, found in pairs.items()})


def _pair(table: Table, number: int, row: Row, key: tuple[str, str]) -> CodePair:
    effective = _day(table, number, row, "Effective Date")
    if effective is None:
        raise table.error(number, "The effective date is empty.", "Expected YYYYMMDD.")
    text = cell(row, table.at["Modifier"])
    modifier: Literal[0, 1, 9]
    match text:
        case "0":
            modifier = 0
        case "1":
            modifier = 1
        case "9":
            modifier = 9
        case _:
            raise table.error(number, f"The modifier indicator is {found_shape(text)}.", "Expected 0, 1 or 9.")
    return CodePair(*key, effective, _day(table, number, row, "Deletion Date"), modifier)


def _day(table: Table, number: int, row: Row, column: str) -> date | None:
    """A date; ``None`` for the asterisk (or nothing) that stands for a pair that is still active."""
    text = cell(row, table.at[column])
    if text in ("", "*"):
        return None
    if len(text) == 8 and text.isascii() and text.isdigit():
        try:
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            pass
    raise table.error(number, f"The {column.lower()} is {found_shape(text)}.", "Expected YYYYMMDD, or * for none.")


def _twice(table: Table, number: int, code: str, first: int) -> ReferenceTableError:
    return table.error(
        number, f"Code {code} differs from row {first}.", "Keep one row for each code, or give the table as published."
    )


def _some(table: Table, count: int) -> None:
    if not count:
        raise table.error(None, "There is no code below the header.", "Give the whole table as published.")
