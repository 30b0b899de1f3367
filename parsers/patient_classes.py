"""Patient classes as systems write them (PV1-2, HL7 table 0004; FHIR encounter classes; words of exports).

Only one distinction decides codes: inpatient or not (rulebook 34).
"""

from __future__ import annotations

from functools import lru_cache

from parsers.vocabulary import key

_INPATIENT = frozenset({"i", "in", "ip", "inp", "inpt", "inpatient", "imp", "acute", "nonac", "hospitalinpatient"})
_OTHERS = frozenset(
    {
        "e", "ed", "er", "emer", "emergency", "emergencydepartment",
        "o", "op", "out", "outpt", "outpatient", "hospitaloutpatient", "amb", "ambulatory", "ss", "shortstay",
        "daypatient", "daysurgery", "hospitaloutpatientsurgery", "infusion", "series",
        "obs", "ob", "observation", "obsenc", "hospitalobservation", "v",
        "p", "preadmit", "preenc", "r", "recurring", "recurringpatient", "b", "obstetrics", "c", "n", "notapplicable",
        "u", "unknown", "treatment", "t", "f", "vr", "hh",
    }
)  # fmt: skip

UNKNOWN_CLASS = "U"
"""What PV1-2 says where a registration leaves it empty (HL7 table 0004)."""


@lru_cache(maxsize=1024)
def is_inpatient(patient_class: str | None) -> bool:
    """Whether this class ends outpatient coding."""
    return patient_class is not None and key(patient_class) in _INPATIENT


@lru_cache(maxsize=1024)
def is_known_class(patient_class: str) -> bool:
    """Whether the class is one that is understood; any other is coded as outpatient, with a finding."""
    return key(patient_class) in _INPATIENT or key(patient_class) in _OTHERS
