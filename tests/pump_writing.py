"""Writes the record of :mod:`tests.table_writing` as infusion pumps and the pharmacy would: pump events and orders.

Each order has a channel of its own.  A pump says when it ran, at what rate, with what drug, for which visit; it knows
neither the IV line nor a dose given by hand.  The order (RDE) names drug and route.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from tests.table_writing import Charted, Visit, iso_time, record_number

_HEAD = "MSH|^~\\&|{sender}|SAMPLE|EHR|SAMPLE|20260320120000-0400||{kind}|PW{number}|P|2.6"
_RUNS = {"New Bag", "Rate Change", "Restarted"}
_ENDS = {"Paused", "Stopped"}


def pumps_and_orders(visits: Sequence[Visit]) -> bytes:
    """Every order as an RDE message, then every start, change, pause and stop of a pump as an ORU^R42."""
    numbers = count(1)
    texts = [text for visit in visits for text in _visit(visit, numbers)]
    return "".join(texts).encode()


def _visit(visit: Visit, numbers: count[int]) -> Iterator[str]:
    orders = list(dict.fromkeys(row.order for row in visit.chart))
    for order in orders:
        yield _order(visit, next(row for row in visit.chart if row.order == order), next(numbers))
    for channel, order in enumerate(orders, start=1):
        running = False
        for row in sorted((r for r in visit.chart if r.order == order), key=lambda r: r.minute):
            if row.action in _RUNS and not (row.action == "Rate Change" and not running):
                if running:
                    yield _event(visit, row, "STOP", "transitioning", channel, next(numbers))
                yield _event(visit, row, "START", "delivering", channel, next(numbers))
                running = True
            elif row.action in _ENDS and running:
                yield _event(visit, row, "STOP", "not-delivering", channel, next(numbers))
                running = False


def _patient(visit: Visit) -> list[str]:
    return [f"PID|||{record_number(visit)}^^^SAMPLE^MR", f"PV1||O|||||||||||||||||{visit.encounter}"]


def _order(visit: Visit, row: Charted, number: int) -> str:
    name = f"{visit.order_prefix}{row.order}"
    segments = [
        _HEAD.format(sender="PHARMACY", kind="RDE^O11", number=number),
        *_patient(visit),
        f"ORC|NW|{name}|{name}",
        f"RXE||^{' + '.join(row.drugs)}",
        f"RXR|^{row.route}",
    ]
    return "\r".join(segments) + "\r"


def _event(visit: Visit, row: Charted, what: str, status: str, channel: int, number: int) -> str:
    at = iso_time(row.minute)
    stamp = at[:19].replace("-", "").replace(":", "").replace("T", "").ljust(14, "0") + "-0400"
    infusing = "not-infusing" if status == "not-delivering" else "infusing"
    name = f"{visit.order_prefix}{row.order}"
    segments = [
        _HEAD.format(sender="PUMPS", kind="ORU^R42^ORU_R01", number=number),
        *_patient(visit),
        f"OBR|1|{name}^PLACER|{number}^PUMPS|69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||{stamp}",
        "OBX|||70049^MDC_DEV_PUMP_INFUS_LVP_MDS^MDC|1.0.0.0|||||||X|||||||SIM1^MAKER",
        f"OBX||CWE|68487^MDC_ATTR_EVT_COND^MDC|1.0.0.2|0^MDC_EVT_PUMP_DELIV_{what}^MDC||||||R|||{stamp}",
        "OBX||ST|68488^MDC_ATTR_EVT_SOURCE^MDC|1.0.0.3|1.1.2.0||||||R",
        f"OBX|||70050^MDC_DEV_PUMP_INFUS_LVP_VMD^MDC|1.1.0.0|||||||X|||||||SIM1-{visit.encounter}-{channel}^MAKER",
        "OBX|||70067^MDC_DEV_PUMP_DELIVERY_INFO^MDC|1.1.1.0|||||||X",
        f"OBX||CWE|184519^MDC_PUMP_INFUSING_STATUS^MDC|1.1.1.1|^pump-status-{infusing}||||||R",
        "OBX|||0^MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY^MDC|1.1.2.0|||||||X",
        f"OBX||ST|184514^MDC_DRUG_NAME_LABEL^MDC|1.1.2.2|{' + '.join(row.drugs)}||||||R",
        f"OBX||CWE|158005^MDC_PUMP_CURRENT_DELIVERY_STATUS^MDC|1.1.2.22|^pump-delivery-status-{status}||||||R",
    ]
    if row.rate is not None:
        unit = "265266^MDC_DIM_MILLI_L_PER_HR^MDC"
        segments.append(f"OBX||NM|158014^MDC_FLOW_FLUID_PUMP_CURRENT^MDC|1.1.1.2|{row.rate:g}|{unit}|||||R")
    return "\r".join(segments) + "\r"
