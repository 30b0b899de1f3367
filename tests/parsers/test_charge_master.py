"""The CDM table of a house: which row fits a charge, and what is said of one that cannot be used."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from parsers.charge_master import ChargeMaster, ReferenceTableError, load_charge_master

HOUSE = (
    "Charge master of March;;;;;;\n"
    "Charge Code;Description;CPT Code;Mod 1;Dept;Rev Code;Price\n"
    "4500123;not read;96365;;;260;$420.00\n"
    "4500959;not read;96365;59;;0260;$400.00\n"
    "4500500;not read;96365;;ICU;;450\n"
    "4500595;not read;96365;59;ICU;;\n"
    "4600001;not read;96413;;;335;1,250.5\n"
    "9999999;not read;80053;;;300;x\n"
)


def load(tmp_path: Path, text: str) -> ChargeMaster:
    path = tmp_path / "cdm.csv"
    path.write_text(text, "utf-8")
    return load_charge_master(path)


@pytest.mark.parametrize(
    ("modifiers", "departments", "cdm"),
    [
        ((), (), "4500123"),
        ((), ("Ward",), "4500123"),
        (("59",), (), "4500959"),
        (("59",), ("Ward",), "4500959"),
        ((), ("icu",), "4500500"),
        (("59",), ("0420", "ICU"), "4500595"),
        (("XE",), ("ICU",), "4500500"),
        (("59", "XE"), (), "4500123"),
    ],
)
def test_the_most_specific_row_wins(
    tmp_path: Path, modifiers: tuple[str, ...], departments: tuple[str, ...], cdm: str
) -> None:
    found = load(tmp_path, HOUSE).find("96365", modifiers, departments)
    assert found is not None
    assert found.cdm == cdm


def test_modifiers_count_for_more_than_the_department(tmp_path: Path) -> None:
    house = load(tmp_path, "code,modifiers,department,cdm\n96365,,ICU,1\n96365,59,,2\n")
    found = house.find("96365", ("59",), ("ICU",))
    assert found is not None
    assert found.cdm == "2"


def test_what_a_row_says(tmp_path: Path) -> None:
    house = load(tmp_path, HOUSE)
    told = [(row.cdm, row.revenue_code, row.price, row.row) for code in house.rows for row in house.rows[code]]
    assert told == [
        ("4500595", None, None, 6),
        ("4500959", "0260", Decimal("400.00"), 4),
        ("4500500", None, Decimal("450.00"), 5),
        ("4500123", "0260", Decimal("420.00"), 3),
        ("4600001", "0335", Decimal("1250.50"), 7),
    ]
    assert house.find("96374", ()) is None
    assert (house.name, len(house.sha256)) == ("cdm.csv", 64)


def test_a_workbook_whose_cells_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "cdm.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for number, row in enumerate([("CPT", "CDM", "Revenue Code", "Price"), (96365, 4500123, 260, 420.1)]):
        sheet.write_row(number, 0, row)
    book.close()
    found = load_charge_master(path).find("96365", ())
    assert found is not None
    assert (found.cdm, found.revenue_code, found.price) == ("4500123", "0260", Decimal("420.10"))


def test_the_same_row_twice_is_no_matter(tmp_path: Path) -> None:
    house = load(tmp_path, "code,modifiers,cdm\n96365,59 XE,1\n96365,XE-59,1\n")
    assert [row.row for row in house.rows["96365"]] == [2]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            "96365,59,,1,,\n96365,,,2,,\n96365,59,,3,,\n",
            "cdm.csv, row 4: Code 96365 has another CDM code, revenue code or price than in row 2, and the same",
        ),
        ("96365,,,1,,5\n96365,,,1,,6\n", "cdm.csv, row 3: Code 96365 has another CDM code"),
        ("96365,,,,,\n", "cdm.csv, row 2: Code 96365 has no CDM code. Fill in the cell, or leave the row out."),
        ("96365,none,,1,,\n", "cdm.csv, row 2: The modifiers are a value of the shape AAAA."),
        (
            "96365,,,1,IV,\n",
            "cdm.csv, row 2: The revenue code is a value of the shape AA. Expected three or four digits",
        ),
        ("96365,,,1,,about 5\n", "cdm.csv, row 2: The price is a value of the shape AAAAA 9. Expected dollars"),
        ("96365,,,1,,-5\n", "cdm.csv, row 2: The price is a value of the shape -9."),
        ("80053,,,1,,\n", "cdm.csv: No row has a drug administration code"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(ReferenceTableError) as error:
        load(tmp_path, "code,modifiers,department,cdm,revenue_code,price\n" + rows)
    assert str(error.value).startswith(told)


def test_two_rows_that_differ_are_both_named(tmp_path: Path) -> None:
    with pytest.raises(ReferenceTableError, match="Keep one of rows 2 and 3, or tell them apart by a modifiers or"):
        load(tmp_path, "code,cdm\n96365,1\n96365,2\n")


def test_a_table_of_another_kind_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ReferenceTableError, match="no column for cdm; it has: AAAA, AAAA"):
        load(tmp_path, "code,name\n96365,x\n")
