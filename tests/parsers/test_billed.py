"""Billed lines in: tables, 837I, 835, DFT; the same bill from each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from parsers.billed import BilledError, BilledLine, modifiers_of, read_billed

DAY = date(2026, 3, 10)
ISA = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260310*0800*^*00501*000000001*0*P*:~"
    "GS*HC*A*B*20260310*0800*1*X*005010X223A2~"
)
HEAD = "MSH|^~\\&|BILL|H|||202603101200||DFT^P03|{n}|P|2.5\rPID|||1^^^^MR\rPV1||O|||||||||||||||||{account}\r"


def read(tmp_path: Path, name: str, content: str) -> list[tuple[str, str, int, tuple[str, ...], date, Decimal | None]]:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return [told(line) for line in read_billed(path).lines]


def told(line: BilledLine) -> tuple[str, str, int, tuple[str, ...], date, Decimal | None]:
    return line.encounter_id, line.code, line.units, line.modifiers, line.date, line.amount


BILL = [
    ("E1", "96365", 1, (), DAY, Decimal(420)),
    ("E1", "96366", 2, ("59",), DAY, Decimal(220)),
]


def test_a_table_with_the_headers_of_a_report(tmp_path: Path) -> None:
    csv = (
        "Charges of March;;;;;\n"
        "Account Number;Svc Date;CPT;Qty;Mod 1;Mod 2;Charge Amount\n"
        "E1;03/10/2026;96365;1;;;$420.00\n"
        "E1;2026-03-10;96366;2;59;;220\n"
        "E1;2026-03-10;80053;1;;;30\n"
    )
    assert read(tmp_path, "billed.csv", csv) == BILL
    billed = read_billed(tmp_path / "billed.csv")
    assert (billed.form, billed.records, [i.count for i in billed.ignored]) == ("table", 3, [1])


@pytest.mark.parametrize(
    "day", ["3/10/26", "03/10/2026", "2026-03-10", "20260310", "2026-03-10 14:05", "3/10/2026 2:05 PM"]
)
def test_dates_in_the_forms_of_the_mar_table(tmp_path: Path, day: str) -> None:
    assert read(tmp_path, "b.csv", f"account,date,code\nE1,{day},96365\n") == [("E1", "96365", 1, (), DAY, None)]


def test_modifiers_behind_the_code(tmp_path: Path) -> None:
    csv = "account,date,code,units\nE1,2026-03-10,96366-59-XE,2\n"
    assert read(tmp_path, "b.csv", csv) == [("E1", "96366", 2, ("59", "XE"), DAY, None)]


def test_an_837_claim(tmp_path: Path) -> None:
    claim = (
        "ST*837*0001~CLM*E1*640***13:A:1**A*Y*Y~LX*1~SV2*0260*HC:96365*420*UN*1~DTP*472*D8*20260310~"
        "LX*2~SV2*0260*HC:96366:59*220*UN*2~DTP*472*D8*20260310~LX*3~SV2*0250**15*UN*1~DTP*472*D8*20260310~SE*9*0001~"
    )
    assert read(tmp_path, "claim.837", ISA + claim) == BILL


def test_a_void_takes_the_claim_back_and_a_replacement_stands_in_its_place(tmp_path: Path) -> None:
    first = "ST*837*0001~CLM*E1*420***13:A:1~LX*1~SV2*0260*HC:96365*420*UN*1~DTP*472*D8*20260310~"
    void = "CLM*E1*420***13:A:8~LX*1~SV2*0260*HC:96365*420*UN*1~DTP*472*D8*20260310~"
    instead = "CLM*E1*290***13:A:7~LX*1~SV2*0260*HC:96374*290*UN*1~DTP*472*D8*20260310~"
    assert read(tmp_path, "void.837", ISA + first + void) == []
    assert read(tmp_path, "new.837", ISA + first + instead) == [("E1", "96374", 1, (), DAY, Decimal(290))]
    billed = read_billed(tmp_path / "void.837")
    assert (billed.records, [i.count for i in billed.ignored]) == (2, [2])


def test_an_835_remittance_and_its_reversal(tmp_path: Path) -> None:
    paid = (
        "ST*835*0001~CLP*E1*1*640*300**MC*X~SVC*HC:96365*420*210**1~DTM*472*20260310~"
        "SVC*HC:96366:59*220*90**1**2~DTM*472*20260310~"
    )
    assert read(tmp_path, "paid.835", ISA + paid) == BILL
    back = "CLP*E1*22*-420*-210**MC*X~SVC*HC:96365*-420*-210**-1~DTM*472*20260310~"
    assert read(tmp_path, "back.835", ISA + paid + back)[-1] == ("E1", "96365", -1, (), DAY, Decimal(-420))


def test_dft_messages_with_a_credit(tmp_path: Path) -> None:
    first = HEAD.format(n=1, account="E1")
    ft1 = (
        "FT1|1|||20260310|20260311|CG|1234||||420||||||||||||||96365\r"
        "FT1|2|||20260310^20260311|20260311|CG|1234|||2|220||||||||||||||96366|59\r"
    )
    again = HEAD.format(n=2, account="E1") + "FT1|1|||20260310|20260311|CR|1234|||1|420||||||||||||||96365\r"
    assert read(tmp_path, "charges.hl7", first + ft1) == BILL
    assert read(tmp_path, "credit.hl7", first + ft1 + again)[-1] == ("E1", "96365", -1, (), DAY, Decimal(-420))


def test_lines_that_cannot_be_used_say_where_and_why(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(
        "account,date,code,units\n"
        "E1,2026-03-10,96365,one\n"
        ",2026-03-10,96365,1\n"
        "E1,soon,96365,1\n"
        "E1,2026-03-10,Smith John,1\n"
        "E1,2026-03-10,96374,1\n",
        encoding="utf-8",
    )
    billed = read_billed(path)
    assert [told(line)[1] for line in billed.lines] == ["96374"]
    assert [(r.source.row, r.source.field) for r in billed.rejected] == [
        (2, "units"), (3, "account"), (4, "date"), (5, "code"),
    ]  # fmt: skip
    assert all("Smith" not in r.message and r.fix for r in billed.rejected)
    assert billed.records == 5


@pytest.mark.parametrize(
    ("content", "told_"),
    [
        ("", "no billed lines"),
        ("MSH|^~\\&|A|B|||202603101200||ADT^A01|1|P|2.5\rPID|||1\r", "no DFT message"),
        ("name,age\nx,1\n", "headers of what was billed"),
        (ISA + "ST*270*0001~", "neither an 837"),
        ("ISA*00*", "cut off"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_to_give(tmp_path: Path, content: str, told_: str) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BilledError, match=told_):
        read_billed(path)


def test_modifiers_in_any_form() -> None:
    assert modifiers_of("59, xe", "", "25/59") == ("59", "XE", "25")
