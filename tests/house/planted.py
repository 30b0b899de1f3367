"""Identifiers to plant, and charts to plant them in.  Every person and number is invented."""

from __future__ import annotations

import re
from collections.abc import Iterator

SURNAME, GIVEN = "Quillfeather", "Zebedina"
MRN, ACCOUNT, SSN, PHONE = "77310944", "66502817", "900-55-1234", "555-867-5309"
STREET, NOTE = "12 Gooseberry Lane", "husband Torvald holds the key"
BIRTH = "19370615"
PLANTED = (
    f"{SURNAME}^{GIVEN}",
    f"{GIVEN} {SURNAME}",
    MRN,
    SSN,
    NOTE,
)
_TRACES = (
    *("quillfeather", "zebedina", "gooseberry", "torvald"),
    *(MRN, ACCOUNT, "900-55-1234", "900551234", "867-5309", BIRTH),
)


def traces(text: str) -> list[str]:
    """The planted identifiers that can be recognised in a text, whatever its case."""
    low = text.lower()
    return [trace for trace in _TRACES if trace in low]


MESSAGE = "\r".join(
    [
        "MSH|^~\\&|MAR|WARD|CODING|HOSP|20260310080100||RAS^O17^RAS_O17|CTRL-1|P|2.5.1",
        f"PID|1||{MRN}^^^H^MR~{SSN}^^^H^SS||{SURNAME}^{GIVEN}||{BIRTH}|F|||{STREET}^^Springfield||{PHONE}|||||{ACCOUNT}|{SSN}",
        f"NTE|1||{NOTE}, call {PHONE}",
        f"PV1|1|O|CLINIC^^^H||||||||||||||||{ACCOUNT}^^^H^VN",
        "ORC|RE||ORD1^MAR||||||20260310080100",
        "RXA|0|1|20260310080000|20260310090000|M1^vancomycin^99MAR|1000|mg||^New Bag|N01||100 mL/hr||||||||CP",
        "RXR|^IV|^left forearm",
        f"OBX|1|ST|COMMENT^comment||{NOTE}",
        f"NTE|1||{GIVEN} {SURNAME} {NOTE}",
    ]
)
"""A message in order, with the patient in every place where senders put one."""


def broken_messages(planted_texts: tuple[str, ...] = PLANTED) -> Iterator[tuple[str, str]]:
    """(where, message): each planted text in each field, each field emptied, each segment cut off or left out."""
    segments = MESSAGE.split("\r")
    for number, segment in enumerate(segments):
        fields = segment.split("|")
        name = fields[0]
        for place in range(1, max(len(fields), 25 if name == "RXA" else 0) if name != "MSH" else len(fields)):
            if name == "MSH" and place < 2:
                continue
            wide = fields + [""] * (place + 1 - len(fields))
            for planted in ("", *planted_texts):
                changed = [*wide[:place], planted, *wide[place + 1 :]]
                yield f"{name}-{place}", "\r".join([*segments[:number], "|".join(changed), *segments[number + 1 :]])
        yield f"without {name}", "\r".join(segments[:number] + segments[number + 1 :])
        yield f"cut in {name}", "\r".join([*segments[:number], segment[: len(segment) // 2]])
    yield "no MSH", "\r".join(segments[1:])
    yield "wrapped", re.sub(r"\|(?=vancomycin)", "|\n", MESSAGE.replace(NOTE, NOTE.replace(" ", "\n")))


ROW = {
    "encounter_id": ACCOUNT,
    "patient_id": MRN,
    "order_id": "ORD1",
    "drug": "vancomycin",
    "drug_code": "M1",
    "hcpcs": "J3370",
    "category": "therapeutic",
    "route": "IV",
    "site": "left forearm",
    "device": "pump",
    "action": "New Bag",
    "time": "2026-03-10 08:00",
    "dose": "1000",
    "dose_unit": "mg",
    "volume": "250",
    "volume_unit": "mL",
    "rate": "100",
    "rate_unit": "mL/hr",
    "ordered_minutes": "60",
    "recorded_at": "2026-03-10 08:01",
    "nurse": "N01",
    "department": "CLINIC",
    "patient_class": "O",
    "correction": "",
    "comment": f"{GIVEN} {SURNAME}: {NOTE}",
}


def broken_tables(planted_texts: tuple[str, ...] = PLANTED) -> Iterator[tuple[str, str]]:
    """(where, table): each planted text in each column, each column empty or missing, rows too short and too long."""
    stopped = ROW | {"action": "Stopped", "time": "2026-03-10 09:00"}
    for column in ROW:
        for planted in ("", *planted_texts):
            yield column, _csv([ROW | {column: planted}, stopped])
        yield f"without {column}", _csv([{k: v for k, v in row.items() if k != column} for row in (ROW, stopped)])
    header, first, *rest = _csv([ROW, stopped]).splitlines()
    for planted in planted_texts:
        yield "too many cells", "\n".join([header, f'{first},"{planted}"', *rest])
        yield "no header", "\n".join([f'"{planted}",{first}', *rest])
        yield "title above the header", "\n".join([f"Report for {planted}", header, first])
    yield "too few cells", "\n".join([header, first.partition(",")[2], *rest])


def _csv(rows: list[dict[str, str]]) -> str:
    lines = [",".join(rows[0]), *(",".join(f'"{value}"' for value in row.values()) for row in rows)]
    return "\n".join(lines) + "\n"
