"""Charges as CSV for a queue of charge review."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from hypothesis import given

from parsers.receivers import Receiver, load_receiver
from reports.charge import Charges
from reports.charges_csv import charges_csv
from tests.reports.charge_charts import (
    TAKEN_BACK,
    WITHDRAWN,
    batch,
    batches,
    charge,
    house_table,
    net_units,
    units_read_back,
)

GENERIC = load_receiver()
HEADER = (
    "charge_id,kind,reason,encounter_id,patient_id,code,modifiers,units,date,start,stop,minutes,drug,cdm,revenue_code,"
    "department,performed_by,unit_price,charge,amount_medicare_national_unadjusted,run,revision\n"
)


def test_a_row_a_charge(tmp_path: Path) -> None:
    ward = Receiver(name="w", departments={"Infusion Ward": "0420"})
    credit = (
        '77ab00c1d2e3.1,CR,changed,E1,P7,96366,"59,XE",-2,2026-03-10,2026-03-10T09:05:00-05:00,'
        "2026-03-10T11:05:00-05:00,120,ceftriaxone,4500124,0260,0420,RN7,110.00,-220.00,-212.50,4,1\n"
    )
    new = (
        "1f0c2a9be4d7.1,CG,new,E1,P7,96365,,2,2026-03-10,2026-03-10T08:05:00-05:00,2026-03-10T09:05:00-05:00,"
        "60,ceftriaxone,4500123,0260,0420,RN7,420.00,840.00,212.50,4,1\n"
    )
    rows = charges_csv(batch(charge(units=2), TAKEN_BACK), ward, house_table(tmp_path))
    assert list(rows) == [HEADER, credit, new]


def test_what_is_not_known_is_empty() -> None:
    bare = charge(patient_id=None, start=None, stop=None, performed_by=None, department=None, amount=None)
    assert list(charges_csv(batch(bare), GENERIC, None))[1] == (
        "1f0c2a9be4d7.1,CG,new,E1,,96365,,1,2026-03-10,,,60,ceftriaxone,,0260,,,,,,4,1\n"
    )


def test_a_formula_in_a_charted_text_is_guarded() -> None:
    texts = {"drug": '=HYPERLINK("x")', "department": "+1", "performed_by": "@cmd\nx", "encounter_id": "-E1"}
    rows = csv.DictReader(io.StringIO("".join(charges_csv(batch(charge(**texts)), GENERIC, None))))
    (row,) = rows
    assert {name: row[name] for name in texts} == {
        "drug": '\'=HYPERLINK("x")',
        "department": "'+1",
        "performed_by": "'@cmd x",
        "encounter_id": "'-E1",
    }


def test_a_negative_number_is_a_number_and_nothing_is_not_negative() -> None:
    packaged = replace(WITHDRAWN, amount=0.0)
    (row,) = csv.DictReader(io.StringIO("".join(charges_csv(batch(packaged), GENERIC, None))))
    assert (row["kind"], row["units"], row["amount_medicare_national_unadjusted"]) == ("CR", "-1", "0.00")


@given(batches())
def test_an_audit_reads_the_same_units_back(charges: Charges) -> None:
    rows = list(charges_csv(charges, GENERIC, None))
    assert rows == list(charges_csv(charges, GENERIC, None))
    guarded = {(id_ if not id_.startswith(("=", "+", "-", "@")) else f"'{id_}", *rest): n
               for (id_, *rest), n in net_units(charges).items()}  # fmt: skip
    assert units_read_back("".join(rows), "out.csv") == guarded
