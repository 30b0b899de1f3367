"""Writes charted actions as a feed of RAS^O17 messages and as a MAR table that says the same."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import TextIO

from situations import EMERGENCY, Charted

DAY = date(2026, 3, 10)
NEW_YORK = timezone(timedelta(hours=-4))
"""Daylight time, which began on 8 March 2026."""

DOSES: dict[str, tuple[str, str]] = {
    "acetaminophen": ("650", "mg"), "amiodarone": ("450", "mg"), "azithromycin": ("500", "mg"),
    "cefazolin": ("2000", "mg"), "cefepime": ("2000", "mg"), "ceftriaxone": ("1000", "mg"),
    "cisplatin": ("135", "mg"), "dexamethasone": ("10", "mg"), "diltiazem": ("125", "mg"),
    "enoxaparin": ("40", "mg"), "ertapenem": ("1000", "mg"), "famotidine": ("20", "mg"),
    "fluorouracil": ("720", "mg"), "hydromorphone": ("0.5", "mg"), "iron sucrose": ("200", "mg"),
    "ketorolac": ("30", "mg"), "lactated ringers": ("1000", "mL"), "leucovorin": ("720", "mg"),
    "levofloxacin": ("750", "mg"), "metronidazole": ("500", "mg"), "morphine": ("4", "mg"),
    "ondansetron": ("8", "mg"), "oxaliplatin": ("150", "mg"), "pantoprazole": ("40", "mg"),
    "piperacillin-tazobactam": ("4500", "mg"), "rituximab": ("675", "mg"), "sodium chloride 0.9%": ("1000", "mL"),
    "vancomycin": ("1000", "mg"),
}  # fmt: skip
_CODES = {drug: f"M{number:04d}" for number, drug in enumerate(sorted(DOSES), start=101)}
_FLUIDS = {"lactated ringers", "sodium chloride 0.9%"}
_GIVEN_NAMES = ("Ada", "Ben", "Cleo", "Dov", "Esra", "Finn", "Gil", "Hana", "Ivo", "June", "Kit", "Lea")
_NURSES = (("N01", "Hale", "Robin"), ("N02", "Okoro", "Sam"), ("N03", "Lind", "Alex"), ("N04", "Reyes", "Jo"))

COLUMNS = (
    "encounter_id", "patient_id", "order_id", "drug", "drug_code", "route", "site", "device", "action", "time",
    "dose", "dose_unit", "bag_volume", "rate", "rate_unit", "recorded_at", "nurse", "department", "patient_class",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visit:
    """One encounter with its chart, ready to be written."""

    encounter: str
    patient: int
    """Number of the invented patient."""
    department: str
    chart: tuple[Charted, ...]
    order_prefix: str


def messages(visit: Visit) -> Iterator[tuple[int, str]]:
    """Every message of the encounter with the minute it was sent; a resend follows its message."""
    for number, row in enumerate(visit.chart, start=1):
        control = f"{visit.order_prefix}-{number:02d}"
        yield row.recorded_minute, message(visit, row, control)
        if row.resend:
            yield row.recorded_minute, message(visit, row, control if row.resend == "same" else f"{control}R")


def message(visit: Visit, row: Charted, control: str) -> str:
    """One RAS^O17; the infusion centre's system puts the action into RXA-9, the emergency department's into RXA-20."""
    emergency = visit.department == EMERGENCY
    sent, taken = hl7_time(row.recorded_minute), hl7_time(row.minute)
    order = f"{visit.order_prefix}{row.order}"
    nurse = "^".join(_nurse(visit, row))
    name = " + ".join(row.drugs)
    mixed = len(row.drugs) > 1
    drug = f"^{name}" if mixed else _coded(name)
    dose, unit = ("", "") if mixed else _dose(row, row.drugs[0])
    rate = f"{row.rate:g} mL/hr" if row.rate is not None else ""
    patient = visit.patient
    sender = "EDMAR" if emergency else "CLINICMAR"
    given_name, born, sex = _GIVEN_NAMES[patient % len(_GIVEN_NAMES)], 1940 + patient % 50, "FM"[patient % 2]
    segments = [
        f"MSH|^~\\&|{sender}|SAMPLE|CODING|SAMPLE|{sent}||RAS^O17^RAS_O17|{control}|P|2.5.1",
        f"PID|1||{_record_number(patient)}^^^SAMPLE^MR||Sampleton^{given_name}||{born}0101|{sex}",
        f"PV1|1|{_class(visit, row)}|{visit.department}^^^SAMPLE{'|' * 16}{visit.encounter}^^^SAMPLE^VN",
        f"ORC|RE||{order}^SAMPLE||||||{sent}",
    ]
    if mixed:
        segments += [f"RXO|^{name}", f"RXR|^{row.route}", *(_component(d) for d in row.drugs)]
    ended, notes, status = (taken, "", row.action) if emergency else ("", f"^{row.action}", "CP")
    site, device = (f"^{text}" if text else "" for text in (row.site, row.device))
    segments += [
        f"RXA|0|1|{taken}|{ended}|{drug}|{dose}|{unit}||{notes}|{nurse}||{rate}||||||||{status}||{sent}",
        f"RXR|^{row.route}|{site}|{device}",
    ]
    return "\r".join(segment.rstrip("|") for segment in segments) + "\r"


def table_rows(visit: Visit) -> Iterator[dict[str, str]]:
    """The rows of the MAR table: one an action, or one a component of a mix."""
    for row in visit.chart:
        for _ in range(2 if row.resend else 1):
            for drug in row.drugs:
                yield _table_row(visit, row, drug)


def write_table_header(file: TextIO) -> None:
    csv.writer(file, lineterminator="\n").writerow(COLUMNS)


def write_table(file: TextIO, rows: Iterable[dict[str, str]]) -> None:
    csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n").writerows(rows)


def hl7_time(minute: int) -> str:
    return f"{_moment(minute):%Y%m%d%H%M%S%z}"


def iso_time(minute: int) -> str:
    return _moment(minute).isoformat()


def _table_row(visit: Visit, row: Charted, drug: str) -> dict[str, str]:
    mixed = len(row.drugs) > 1
    dose, unit = ("", "") if mixed else _dose(row, drug)
    fluid = drug in _FLUIDS
    return {
        "encounter_id": visit.encounter,
        "patient_id": _record_number(visit.patient),
        "order_id": f"{visit.order_prefix}{row.order}",
        "drug": drug,
        "drug_code": _CODES.get(drug, ""),
        "route": row.route,
        "site": row.site,
        "device": row.device,
        "action": row.action,
        "time": iso_time(row.minute),
        "dose": "" if fluid else dose,
        "dose_unit": "" if fluid else unit,
        "bag_volume": f"{dose} {unit}".strip() if fluid else "",
        "rate": f"{row.rate:g}" if row.rate is not None else "",
        "rate_unit": "mL/hr" if row.rate is not None else "",
        "recorded_at": iso_time(row.recorded_minute),
        "nurse": _nurse(visit, row)[0],
        "department": visit.department,
        "patient_class": _class(visit, row),
    }


def _moment(minute: int) -> datetime:
    return datetime.combine(DAY, time.min, NEW_YORK) + timedelta(minutes=minute)


def _record_number(patient: int) -> str:
    return f"TEST{patient:06d}"


def _class(visit: Visit, row: Charted) -> str:
    return row.patient_class or ("E" if visit.department == EMERGENCY else "O")


def _nurse(visit: Visit, row: Charted) -> tuple[str, str, str]:
    return _NURSES[(visit.patient + row.minute // 480) % len(_NURSES)]


def _coded(drug: str) -> str:
    return f"{_CODES[drug]}^{drug}^99MAR" if drug in _CODES else f"^{drug}"


def _component(drug: str) -> str:
    dose, unit = DOSES[drug]
    return f"RXC|A|{_coded(drug)}|{dose}|{unit}"


def _dose(row: Charted, drug: str) -> tuple[str, str]:
    """The dose stands beside the action that gives it, not beside a stop, a pause or a rate."""
    return DOSES[drug] if row.action in {"New Bag", "Given"} else ("", "")
