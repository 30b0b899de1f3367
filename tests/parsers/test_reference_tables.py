"""The user's own tables in their real layouts: what is read of them, and what is said of one that cannot be used."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.reference_tables import (
    CodePair,
    PaymentRate,
    ReferenceTableError,
    UnitLimit,
    load_mue,
    load_ptp,
    load_rates,
)
from tests.house.places import ROOT
from tests.parsers.small_workbook import workbook

SAMPLES = ROOT / "sample_data" / "reference"
RATES, MUE, PTP = SAMPLES / "addendum-b.csv", SAMPLES / "mue-outpatient.csv", SAMPLES / "ptp-hospital.txt"
B_HEADER = "HCPCS Code,Short Descriptor,SI,APC,Relative Weight,Payment Rate"
MUE_HEADER = '"HCPCS/\nCPT Code",Outpatient Hospital Services MUE Values,MUE Adjudication Indicator,MUE Rationale'
PTP_HEADER = "Column 1\tColumn 2\t*=in existence prior to 1996\tEffective Date\tDeletion Date *=no data\tModifier"


def file(tmp_path: Path, *lines: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


# Addendum B


def test_rates_below_title_lines(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "Addendum B.-Payment by HCPCS Code,,,,,",
        "CPT codes and descriptions only are copyright \xa9 of their owner,,,,,",
        "",
        B_HEADER,
        "96413,,S,5694,,$337.46 ",
        '0700T,,T,1523,,"$1,234.50"',
        "96368,,N,,,",
        "J9999,,K,9999,,.",
        "* a note below the table,,,,,",
        encoding="latin-1",
    )
    table = load_rates(path)
    assert table.rates == {
        "96413": PaymentRate("S", "5694", 33746),
        "0700T": PaymentRate("T", "1523", 123450),
        "96368": PaymentRate("N", "", None),
        "J9999": PaymentRate("K", "9999", None),
    }
    assert (table.name, table.sha256) == ("table.csv", hashlib.sha256(path.read_bytes()).hexdigest())
    assert table.rate("96365") is None


def test_rates_in_a_workbook_where_numbers_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "addendum-b.xlsx"
    path.write_bytes(
        workbook(
            [
                ["Addendum B"],
                [None],
                ["HCPCS Code", "Short Descriptor", "SI", "APC", "Relative Weight", "Payment Rate"],
                [96413, "", "S", 5694, 3.8, 337.46],
                ["96366", "", "S", "5691", 0.5, 47.835],
                ["96368", "", "N", None, None, None],
            ]
        )
    )
    assert load_rates(path).rates == {
        "96413": PaymentRate("S", "5694", 33746),
        "96366": PaymentRate("S", "5691", 4784),
        "96368": PaymentRate("N", "", None),
    }


def test_other_ways_to_save_the_same_table(tmp_path: Path) -> None:
    content = RATES.read_bytes()
    expected = load_rates(RATES).rates
    for name, data in {
        "packed.csv.gz": gzip.compress(content),
        "semicolon.csv": b"HCPCS Code;SI;APC;Payment Rate\n96413;S;5694;$337.46\n",
        "marked.csv": content.decode("latin-1").encode("utf-8-sig"),
        "unicode.txt": content.decode("latin-1").encode("utf-16"),
    }.items():
        (tmp_path / name).write_bytes(data)
        assert load_rates(tmp_path / name).rate("96413") == expected["96413"], name


# MUE


def test_limits_where_the_header_breaks_inside_a_cell(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        '"CPT codes are copyright of their owner.\r\n\r\nRestrictions apply \xae.",,,',
        MUE_HEADER,
        "96365,2,3 Date of Service Edit: Clinical,Clinical: Data",
        "96368,1,2 Date of Service Edit: Policy,CMS Policy",
        "96375,6,1 Line Edit,Clinical: Data",
        "V5364,0,3 Date of Service Edit: Clinical,CMS Policy",
        encoding="latin-1",
    )
    assert load_mue(path).limits == {
        "96365": UnitLimit(2, 3),
        "96368": UnitLimit(1, 2),
        "96375": UnitLimit(6, 1),
        "V5364": UnitLimit(0, 3),
    }


# PTP


def test_pairs_below_a_header_of_four_rows() -> None:
    table = load_ptp(PTP)
    assert len(table.pairs) == 8
    assert table.pairs["96365", "96372"] == (CodePair("96365", "96372", date(2020, 1, 1), date(2025, 12, 31), 1),)
    assert [p.effective.year for p in table.pairs["96367", "96401"]] == [2018, 2026]


def test_pairs_with_the_header_in_one_row_and_only_those_of_our_codes(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "Column1/Column2 Edits",
        PTP_HEADER,
        "96413\t96365\t*\t19960101\t*\t1\tanything",
        "11042\t97597\t\t20130101\t*\t1\tanything",
        "96413\t97597\t\t20130101\t*\t1\tanything",
        name="ptp.txt",
    )
    assert set(load_ptp(path).pairs) == {("96413", "96365"), ("11042", "97597"), ("96413", "97597")}
    assert set(load_ptp(path, {"96413", "96365"}).pairs) == {("96413", "96365")}


@pytest.mark.parametrize(
    ("pair", "day", "stands"),
    [
        (("96365", "96372"), date(2019, 12, 31), False),  # effective 2020-01-01
        (("96365", "96372"), date(2020, 1, 1), True),
        (("96365", "96372"), date(2025, 12, 31), True),  # the last day
        (("96365", "96372"), date(2026, 1, 1), False),
        (("96372", "96365"), date(2025, 6, 1), False),  # the order of the columns counts
        (("96365", "96374"), date(2026, 3, 10), True),  # * is active
        (("96365", "96360"), date(2024, 1, 1), False),  # 9: withdrawn from its first day
        (("96367", "96401"), date(2019, 6, 1), True),
        (("96367", "96401"), date(2023, 6, 1), False),  # between its two lives
        (("96367", "96401"), date(2026, 3, 10), True),
    ],
)
def test_a_pair_stands_from_its_first_to_its_last_day(pair: tuple[str, str], day: date, stands: bool) -> None:
    assert (load_ptp(PTP).on(*pair, day) is not None) is stands


# What is said of a file that cannot be used


@pytest.mark.parametrize(
    ("load", "lines", "row", "said"),
    [
        (
            load_rates,
            ["a,b", "1,2"],
            None,
            "No row of the first 100 has the headers of OPPS Addendum B (HCPCS Code, SI",
        ),
        (
            load_rates,
            ["HCPCS Code,Short Descriptor,SI,APC", "96413,,S,5694"],
            1,
            "no column for Payment Rate; it has: ",
        ),
        (load_rates, [B_HEADER, "96413,,S,5694,,call us"], 2, "The payment rate is a value of the shape AAAA AA."),
        (load_rates, [B_HEADER, "96413,,S,5694,,1.00", "96413,,S,5694,,2.00"], 3, "Code 96413 differs from row 2."),
        (load_rates, [B_HEADER, "nothing,,,,,"], None, "There is no code below the header."),
        (load_mue, [MUE_HEADER, "96365,two,2 Date,"], 2, "The MUE value is a value of the shape AAA."),
        (load_mue, [MUE_HEADER, "96365,2,Policy,"], 2, "The adjudication indicator is a value of the shape AAAAAA."),
        (load_mue, [MUE_HEADER, "96365,2,,"], 2, "The adjudication indicator is nothing."),
        (
            load_mue,
            [MUE_HEADER.replace("Outpatient Hospital", "Practitioner"), "96365,2,2 Date,"],
            None,
            "This is the MUE table for practitioners or suppliers.",
        ),
        (
            load_ptp,
            [PTP_HEADER, "96413\t96365\t\t20261301\t*\t1"],
            2,
            "The effective date is a value of the shape 9999",
        ),
        (load_ptp, [PTP_HEADER, "96413\t96365\t\t\t*\t1"], 2, "The effective date is empty."),
        (load_ptp, [PTP_HEADER, "96413\t96365\t\t20260101\tnever\t1"], 2, "The deletion date is a value of the shape"),
        (
            load_ptp,
            [PTP_HEADER, "96413\t96365\t\t20260101\t*\t2"],
            2,
            "The modifier indicator is a value of the shape 9.",
        ),
    ],
)
def test_what_is_wrong_and_where(
    tmp_path: Path, load: Callable[[Path], object], lines: list[str], row: int | None, said: str
) -> None:
    with pytest.raises(ReferenceTableError) as problem:
        load(file(tmp_path, *lines))
    where = "table.csv: " if row is None else f"table.csv, row {row}: "
    assert str(problem.value).startswith(where)
    assert said in str(problem.value)
    assert (problem.value.file, problem.value.row) == ("table.csv", row)
    assert problem.value.fix.endswith(".")


def test_a_missing_file_an_archive_and_an_old_workbook(tmp_path: Path) -> None:
    with pytest.raises(ReferenceTableError, match=r"^absent\.csv: There is no such file\."):
        load_rates(tmp_path / "absent.csv")
    packed = tmp_path / "january.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(RATES, "addendum-b.csv")
    with pytest.raises(ReferenceTableError, match=r"^january\.zip: The file is a ZIP archive.*Unpack the archive"):
        load_rates(packed)
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(ReferenceTableError, match=r"^old\.xls: .*old kind \(XLS\).*Save it as XLSX or CSV"):
        load_rates(old)


def test_a_chart_given_by_mistake_is_not_quoted(tmp_path: Path) -> None:
    chart = file(tmp_path, "patient,drug,hcpcs", "Doe Jane 123-45-6789,vancomycin,J3370")
    with pytest.raises(ReferenceTableError) as problem:
        load_rates(chart)
    assert "Doe" not in str(problem.value)
    assert "6789" not in str(problem.value)


@settings(max_examples=150)
@given(st.sampled_from((RATES, MUE, PTP)), st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=12))
def test_a_damaged_file_is_read_or_refused_but_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, sample: Path, at: int, cut: int, put: bytes
) -> None:
    data = sample.read_bytes()
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(data[:at] + put + data[at + cut :])
    said = []
    for load in (load_rates, load_mue, load_ptp):
        try:
            load(path)
        except ReferenceTableError as problem:
            said.append(str(problem))
    assert all(text.startswith("damaged.csv") for text in said)


# The samples


def test_the_samples_say_that_they_are_made_up_and_carry_no_descriptor() -> None:
    for path in (RATES, MUE, PTP):
        text = path.read_text("latin-1")
        assert "Made-up sample" in text.splitlines()[0], path.name
    rows = [line.split(",") for line in RATES.read_text("latin-1").splitlines() if line[:1] in "9X"]
    assert {row[1] for row in rows} == {""}


def test_the_sample_rates_are_those_of_four_real_apcs() -> None:
    rates = load_rates(RATES).rates
    by_apc = {r.apc: r.cents for r in rates.values() if r.apc.startswith("569")}
    assert by_apc == {"5691": 4784, "5692": 7356, "5693": 21731, "5694": 33746}
    assert {code for code, rate in rates.items() if rate.status == "N"} == {"96368", "96376"}
