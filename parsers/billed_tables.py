"""Billed lines from a table: account, date, code, units, modifiers, charge, under the headers that reports use."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from parsers.billed import (
    BilledError,
    BilledLine,
    BilledParts,
    administration_code,
    is_code,
    modifiers_of,
    plain_number,
)
from parsers.clock import Clock, Stamp
from parsers.events import Rejected, Source
from parsers.reference_files import ReferenceTableError, Row, Table, cell, open_reference
from parsers.shapes import shape
from parsers.vocabulary import key

_ACCOUNT = {
    "account", "accountnumber", "accountno", "acct", "acctno", "acctnumber", "encounter", "encounterid", "csn", "fin",
    "visit", "visitnumber", "visitid", "har", "hospitalaccount", "patientaccount", "patientaccountnumber",
    "patientcontrolnumber", "encountercsn", "finnumber",
}  # fmt: skip
_DATE = {"date", "dos", "servicedate", "dateofservice", "svcdate", "postdate", "chargedate", "fromdate", "servicefrom"}
_CODE = {
    "code", "cpt", "cptcode", "hcpcs", "hcpcscode", "procedure", "procedurecode", "proccode", "cpthcpcs",
    "hcpcscpt", "hcpcscptcode", "cpthcpcscode", "billedcode", "drugadministrationcode", "drugadministrationcodebilled",
}  # fmt: skip
_UNITS = {"units", "unit", "qty", "quantity", "billedunits", "unitsbilled", "serviceunits", "count"}
_MODIFIERS = re.compile(r"(?:modifiers?|mods?)[1-4]?|modifier[1-4]|cptmodifiers?")
_AMOUNT = {
    "amount", "charge", "charges", "chargeamount", "totalcharge", "totalcharges", "billedamount", "chargeamt",
    "totalchg", "chgamt", "price",
}  # fmt: skip
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?")
_US_DAY = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})")


def read_billed_table(path: Path) -> BilledParts:
    """The lines of a CSV or XLSX; raises :class:`BilledError` when no row can be its header."""
    try:
        table = open_reference(
            path,
            "what was billed",
            {
                "account": lambda h: key(h) in _ACCOUNT,
                "date": lambda h: key(h) in _DATE,
                "code": lambda h: key(h) in _CODE,
            },
            "Give an export of the billing system, one row a billed code with its account, date and code; a medication"
            " record holds no codes. Rename the headers of other names.",
        )
        return _read(table)
    except ReferenceTableError as error:
        raise BilledError(str(error)) from None


def _read(table: Table) -> BilledParts:
    keys = [key(header) for header in table.header]
    units = next((n for n, k in enumerate(keys) if k in _UNITS), None)
    amount = next((n for n, k in enumerate(keys) if k in _AMOUNT), None)
    modifiers = [n for n, k in enumerate(keys) if _MODIFIERS.fullmatch(k)]
    lines: list[BilledLine] = []
    others: list[Source] = []
    rejected: list[Rejected] = []
    clock = Clock()
    for record, (number, row) in enumerate(table.rows, start=1):
        source = Source(table.file, record, number)
        text = cell(row, table.at["code"])
        code = administration_code(text)
        if code is None:
            # Codes with modifiers behind them ("96365-59") are common in reports.
            head, _, tail = text.partition("-")
            code = administration_code(head)
            text = head if code else text
            row = [*row, tail] if code else row
            own = [*modifiers, len(row) - 1] if code else modifiers
        else:
            own = modifiers
        if code is None:
            if is_code(text) or not text:
                others.append(source)
            else:
                rejected.append(_not(source, table, "code", text, "a HCPCS code of five characters"))
            continue
        found = _line(table, row, source, code, units, amount, own, clock)
        if isinstance(found, Rejected):
            rejected.append(found)
        else:
            lines.append(found)
    return BilledParts("table", tuple(lines), tuple(others), tuple(rejected))


def _line(
    table: Table,
    row: Row,
    source: Source,
    code: str,
    units: int | None,
    amount: int | None,
    modifiers: list[int],
    clock: Clock,
) -> BilledLine | Rejected:
    account = cell(row, table.at["account"])
    if not account:
        return _not(source, table, "account", "", "an account number")
    text = cell(row, table.at["date"])
    found = clock.charted(_with_hour(text))
    if not isinstance(found, Stamp):
        return _not(source, table, "date", text, "a date such as 2026-03-10 or 03/10/2026")
    count = 1 if units is None else _whole(cell(row, units))
    if count is None:
        return _not(source, table, table.header[units or 0], cell(row, units or 0), "a whole number of units")
    return BilledLine(
        source,
        account,
        code,
        count,
        modifiers_of(*(cell(row, n) for n in modifiers)),
        found.time.date(),
        None if amount is None else _dollars(cell(row, amount)),
    )


def _with_hour(text: str) -> str:
    """A date alone, as the clock wants it; whatever form the MAR table may have is read here too."""
    iso = _DAY.fullmatch(text.strip())
    if iso is not None:
        return f"{iso[1]}-{iso[2]}-{iso[3]}T00:00"
    return f"{text.strip()} 00:00" if _US_DAY.fullmatch(text.strip()) else text


def _whole(text: str) -> int | None:
    amount = plain_number(text.replace(",", "").strip())
    return int(amount) if amount is not None and amount == int(amount) else None


def _dollars(text: str) -> Decimal | None:
    bare = text.replace("$", "").strip()
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    return plain_number(bare.replace(",", "").strip())


def _not(source: Source, table: Table, column: str, text: str, wanted: str) -> Rejected:
    header = table.header[table.at[column]] if column in table.at else column
    found = f"a value of the shape {shape(text)}" if text else "nothing"
    return Rejected(
        Source(source.file, source.record, source.row, field=" ".join(header.split())),
        "billed-unreadable",
        f"The row has {found} where {wanted} belongs.",
        "Correct the row in the export; it is left out of the comparison.",
    )
