"""Invented ADT and order messages for tests, told in clock times of 2026-03-10."""

from __future__ import annotations

from itertools import count

_NUMBER = count(1)


def time(clock: str) -> str:
    """``07:30`` as an HL7 time; a text without a colon stands as it is."""
    return f"20260310{clock.replace(':', '')}" if ":" in clock else clock


def header(kind: str, sent: str = "12:00", control: str = "") -> str:
    return f"MSH|^~\\&|ADT|SAMPLE|CODING|SAMPLE|{time(sent)}||{kind}|{control or f'C{next(_NUMBER)}'}|P|2.5.1"


def adt(
    trigger: str,
    entered: str = "",
    patient_class: str = "",
    *,
    occurred: str = "",
    admitted: str = "",
    discharged: str = "",
    visit: str = "E100",
    patient: str = "P100",
    ward: str = "",
    sent: str = "12:00",
    control: str = "",
) -> str:
    """One ADT message: ``entered`` is EVN-2, ``occurred`` EVN-6, ``admitted`` PV1-44, ``discharged`` PV1-45."""
    pv1 = {2: patient_class, 3: ward, 19: visit, 44: time(admitted), 45: time(discharged)}
    cells = "|".join(pv1.get(number, "") for number in range(1, 46)).rstrip("|")
    return "\r".join(
        [
            header(f"ADT^{trigger}", sent, control),
            f"EVN|{trigger}|{time(entered)}||||{time(occurred)}",
            f"PID|1||{patient}^^^SAMPLE^MR||Sampleton^Ada",
            f"PV1|{cells}",
            "",
        ]
    )


def merge(trigger: str, now: str, before: str, *, pv1: str = "", sent: str = "12:00", entered: str = "") -> str:
    """One merge: ``now`` is the PID behind PID-1, ``before`` the MRG."""
    lines = [header(f"ADT^{trigger}", sent), f"EVN|{trigger}|{time(entered)}", f"PID|1||{now}", f"MRG|{before}"]
    return "\r".join([*lines, *([f"PV1|{pv1}"] if pv1 else []), ""])


def order(*segments: str, kind: str = "RDE^O11", pid: str = "P100^^^SAMPLE^MR", visit: str = "E100") -> str:
    """One order message of these segments behind PID and PV1."""
    pv1 = "PV1|1|O" + "|" * 17 + visit
    return "\r".join([header(kind), f"PID|1||{pid}||Sampleton^Ada", pv1, *segments, ""])
