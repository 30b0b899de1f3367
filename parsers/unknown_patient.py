"""Numbers that say nobody is known: a pump or an order without its patient.

Taken for a number, such a word would make one patient (or one encounter) of everybody who is not known.
"""

from __future__ import annotations

from parsers.vocabulary import key

_NOBODY = frozenset(
    {
        "unknown", "unknownpatient", "patientunknown", "unk", "notknown", "nopatient", "nopatientid", "none", "null",
        "unassigned", "unidentified", "notassigned", "na",
    }
)  # fmt: skip


def known_number(text: str) -> str:
    """The number, or nothing where a word stands for "not known" (``Unknown Patient`` in PID-3)."""
    if not text or text.isdigit():
        return text
    found = key(text)
    return "" if found in _NOBODY or not found else text
