"""Invented pump messages (IHE PCD-10 and PCD-01), told the way a pump would: time, what happened, with what.

``event("08:00", "START", "vancomycin")`` is an ORU^R42, ``report("08:30", "vancomycin")`` an ORU^R01.  Words after the
drug: ``status`` (delivering, transitioning, kvo, not-delivering), ``reason``, ``source`` (primary, secondary),
``module``, ``rate`` (mL/h), ``order``, ``visit``, ``patient``.
"""

from __future__ import annotations

from itertools import count

from parsers.clock import Clock
from parsers.events import AdministrationEvent
from parsers.file_reading import FileReading
from parsers.hl7_file import read_hl7
from tests.parsers.hl7_charts import CHICAGO

DAY = "20260310"
EVENT_NUMBERS = {"START": "197288", "COMP": "197292", "STOP": "0"}
_IDS = count(1)


def event(time: str, what: str, drug: str = "vancomycin", **words: str) -> str:
    """One pump event at ``HH:MM`` or ``HH:MM:SS``; ``what`` is START, STOP, COMP or the end of another MDC_EVT name."""
    name = f"MDC_EVT_PUMP_DELIV_{what}" if what in EVENT_NUMBERS else f"MDC_EVT_{what}"
    number = words.pop("number", EVENT_NUMBERS.get(what, "0"))
    words.setdefault("status", "delivering" if what == "START" else "not-delivering")
    source = "1.1.3.0" if words.get("source") == "secondary" else "1.1.2.0"
    condition = [
        f"OBX||CWE|68487^MDC_ATTR_EVT_COND^MDC|1.0.0.2|{number}^{name}^MDC||||||R|||{stamp(time)}",
        f"OBX||ST|68488^MDC_ATTR_EVT_SOURCE^MDC|1.0.0.3|{source}||||||R",
    ]
    return message("R42", time, condition, drug, **words)


def report(time: str, drug: str = "vancomycin", **words: str) -> str:
    """One periodic report; it shows the channel running unless ``status`` is not-delivering."""
    words.setdefault("status", "delivering")
    return message("R01", time, [], drug, **words)


def message(trigger: str, time: str, condition: list[str], drug: str, **words: str) -> str:
    module = words.get("module", "A")
    status = words["status"]
    infusing = "not-infusing" if status == "not-delivering" else "infusing"
    source = words.get("source", "primary")
    place = "1.1.3" if source == "secondary" else "1.1.2"
    patient, visit = words.get("patient", "P100"), words.get("visit", "E100")
    sent = words.get("sent", f"{DAY}120000-0500")
    segments = [
        f"MSH|^~\\&|PUMPS|GATEWAY|EHR|SAMPLE|{sent}||ORU^{trigger}^ORU_R01|PU{next(_IDS)}|P|2.6|||AL|NE|||||IPEC",
        f"PID|||{patient}^^^SAMPLE^{'PI' if patient.startswith('Unknown') else 'MR'}||^^^^^^U",
        f"PV1||O|INFUSION^1^A||||||||||||||||{visit}" if visit else "PV1||O|INFUSION^1^A",
        f"OBR|1|{words.get('order', '')}^PLACER|{next(_IDS)}^PUMPS|69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||{stamp(time)}",
        "OBX||| 70049^MDC_DEV_PUMP_INFUS_LVP_MDS^MDC|1.0.0.0|||||||X|||||||SIM1^MAKER".replace(" ", ""),
        *condition,
        f"OBX|||70050^MDC_DEV_PUMP_INFUS_LVP_VMD^MDC|1.1.0.0|||||||X|||||||SIM1-{module}^MAKER",
        "OBX|||70067^MDC_DEV_PUMP_DELIVERY_INFO^MDC|1.1.1.0|||||||X",
        f"OBX||CWE|184519^MDC_PUMP_INFUSING_STATUS^MDC|1.1.1.1|^pump-status-{infusing}||||||R",
        f"OBX||CWE|158016^MDC_PUMP_ACTIVE_SOURCES^MDC|1.1.1.3|^pump-source-info-{source}||||||R",
        f"OBX|||0^MDC_DEV_PUMP_INFUSATE_SOURCE_{source.upper()}^MDC|{place}.0|||||||X",
        f"OBX||ST|184514^MDC_DRUG_NAME_LABEL^MDC|{place}.2|{drug}||||||R",
        f"OBX||CWE|158005^MDC_PUMP_CURRENT_DELIVERY_STATUS^MDC|{place}.22|^pump-delivery-status-{status}||||||R",
    ]
    if "rate" in words:
        unit = "265266^MDC_DIM_MILLI_L_PER_HR^MDC"
        segments.append(f"OBX||NM|158014^MDC_FLOW_FLUID_PUMP_CURRENT^MDC|1.1.1.2|{words['rate']}|{unit}|||||R")
    if "reason" in words:
        reason = words["reason"]
        segments.append(f"OBX||CWE|158006^MDC_PUMP_NOT_DELIVERING_REASON^MDC|{place}.23|^{reason}||||||R")
    return "\r".join(segments) + "\r"


def stamp(time: str, offset: str = "-0500") -> str:
    """``08:00`` on 2026-03-10 in Chicago, with its offset, as HL7 writes it."""
    return DAY + time.replace(":", "").ljust(6, "0") + offset


def row(text: str, encounter: str) -> str:
    """A message from a row of a chart in UTC: ``09:30 COMP vancomycin | module=B``."""
    said, _, more = text.partition("|")
    time, what, drug = said.strip().split(maxsplit=2)
    words = dict(item.strip().split("=", 1) for item in more.split(",") if item.strip())
    words |= {"visit": encounter, "patient": "P1"}
    made = report(time, drug, **words) if what == "REPORT" else event(time, what, drug, **words)
    return made.replace(stamp(time), stamp(time, "+0000"))


def read(*messages: str) -> FileReading:
    """A file of these messages, its times read in Chicago."""
    return read_hl7("".join(messages).encode(), "pumps.hl7", Clock(CHICAGO))


def only(text: str) -> AdministrationEvent:
    """The only event of one message."""
    (found,) = read(text).events
    return found
