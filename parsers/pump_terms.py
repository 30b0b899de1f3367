"""The words of infusion pumps: IEEE 11073 names of events, states and units as IHE messages carry them.

A name (component 2) is matched first and its number only where no name is sent: for years gateways sent the number 0.
Vendors write one term with and without ``DEV_`` (``MDC_PUMP_ACTIVE_SOURCES``, ``MDC_DEV_PUMP_ACTIVE_SOURCES``).
Where a term was seen stands beside it; numbers that were not seen are left out, not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from parsers.quantities import rate_ml_per_hour

EventName = Literal["start", "stop", "complete"]

# Observations (OBX-3), without MDC_ and DEV_: IHE DEC and IPEC supplements, vendor samples.
_TERMS_BY_NUMBER = {
    "68487": "ATTR_EVT_COND",
    "68488": "ATTR_EVT_SOURCE",
    "184519": "PUMP_INFUSING_STATUS",
    "184508": "PUMP_STAT",
    "184504": "PUMP_MODE",
    "158005": "PUMP_CURRENT_DELIVERY_STATUS",
    "158006": "PUMP_NOT_DELIVERING_REASON",
    "158008": "PUMP_PROGRAM_DELIVERY_MODE",
    "158016": "PUMP_ACTIVE_SOURCES",
    "158014": "FLOW_FLUID_PUMP_CURRENT",
    "157784": "FLOW_FLUID_PUMP",
    "184514": "DRUG_NAME_LABEL",
    "67972": "ATTR_SYS_ID",
    "67880": "ATTR_ID_MODEL",
    "69985": "PUMP_INFUS_MDS",
    "69986": "PUMP_INFUS_VMD",
    "70049": "PUMP_INFUS_LVP_MDS",
    "70050": "PUMP_INFUS_LVP_VMD",
    "70053": "PUMP_INFUS_SYRINGE_MDS",
    "70054": "PUMP_INFUS_SYRINGE_VMD",
}
EVENT, EVENT_SOURCE = "ATTR_EVT_COND", "ATTR_EVT_SOURCE"
DRUG, MODEL, SYSTEM_ID = "DRUG_NAME_LABEL", "ATTR_ID_MODEL", "ATTR_SYS_ID"
DELIVERY = "PUMP_CURRENT_DELIVERY_STATUS"
ACTIVE_SOURCES = "PUMP_ACTIVE_SOURCES"
INFUSING = ("PUMP_INFUSING_STATUS", "PUMP_STAT")
"""The second is the layout of 2013."""
MODES = ("PUMP_PROGRAM_DELIVERY_MODE", "PUMP_MODE")
RATES = ("FLOW_FLUID_PUMP_CURRENT", "FLOW_FLUID_PUMP")
"""The rate now, then the rate as programmed."""

# Delivery events (IHE IPEC, table of events).  The number of DELIV_STOP was seen nowhere.
_EVENTS: dict[str, EventName] = {
    "MDC_EVT_PUMP_DELIV_START": "start",
    "MDC_EVT_PUMP_DELIV_STOP": "stop",
    "MDC_EVT_PUMP_DELIV_COMP": "complete",
    "197288": "start",
    "197292": "complete",
}
CLOCK_CHANGED = "MDC_EVT_DEVICE_TIME_CHANGED"
NEARLY_COMPLETE = frozenset({"MDC_EVT_VOL_INFUS_NEAR_COMP", "197334"})
"""Says that it runs, no more: read like a periodic report."""

_UNITS = {"MDC_DIM_MILLI_L_PER_HR": "mL/h", "265266": "mL/h", "MDC_DIM_MILLI_L_PER_MIN": "mL/min"}
_UNKNOWN_DRUG_CODES = frozenset({"999999"})


def term(code: str, name: str) -> str:
    """The term of an OBX-3 without its prefixes; the number stands for the name only where no name is sent."""
    if name:
        return name.upper().removeprefix("MDC_").removeprefix("DEV_")
    return _TERMS_BY_NUMBER.get(code, "")


def delivery_event(code: str, name: str) -> EventName | None:
    """Start, stop or completion of a delivery; ``None`` for every other event."""
    return _EVENTS.get(name.upper() or code)


def is_unknown(text: str) -> bool:
    """Whether an identifier or a drug says only that it is not known (``Unknown Patient``, ``Unknown medication``)."""
    return not text or text.casefold().startswith("unknown") or text in _UNKNOWN_DRUG_CODES


def flow(unit_parts: Sequence[str], value: float) -> tuple[str | None, float | None]:
    """The unit of a rate as shown, and the rate in mL per hour where it is a volume per time."""
    for part in unit_parts:
        unit = _UNITS.get(part.upper(), part)
        if (rate := rate_ml_per_hour(value, unit)) is not None:
            return unit, rate
    return next((part for part in unit_parts if part and not part.isdigit()), None), None


def says_infusing(text: str) -> bool | None:
    """``pump-status-infusing`` and ``-not-infusing``, ``pump-delivery-status-delivering`` and the like."""
    word = text.casefold()
    if "not-infusing" in word or "not-delivering" in word:
        return False
    return True if any(sign in word for sign in ("infusing", "delivering", "kvo")) else None
