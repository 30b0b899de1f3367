"""Drugs that a charted name only mentions: the reason, the neighbour in the line, the allergy, the next drug.

Hydrocortisone before infliximab is not infliximab, and saline in the oxaliplatin line is not oxaliplatin: read as the
drug itself a mention would bill a chemotherapy infusion that nobody gave (rulebook 0d).
"""

from __future__ import annotations

from collections.abc import Sequence

from parsers.events import Category
from timeline.charting_words import ALLERGIES, BELONGINGS, FLUSHING, PLANS, PREMEDICATION, REFERENCES, RUNNING
from timeline.drug_matching import Hit
from timeline.drug_names import Role, Word

_FLUID: tuple[Category, ...] = ("hydration", "carrier")
_ARTICLES = ("to", "each", "the")


def is_mentioned(hit: Hit, hits: Sequence[Hit], row: Sequence[Word]) -> bool:
    """True when the name says of ``hit`` that it is not in the bag.  ``hits`` are all of the name."""
    if _text(row, _before(hit, row)) in REFERENCES:
        return True
    others = [h for h in hits if h.entry is not hit.entry]
    if not others:
        return False
    return _is_allergy(hit, row) or _runs_beside(hit, others, row) or _is_chemo_to_come(hit, others, row)


def _is_allergy(hit: Hit, row: Sequence[Word]) -> bool:
    """``aztreonam (PCN allergy)``."""
    return _text(row, hit.positions[-1] + 1) in ALLERGIES


def _runs_beside(hit: Hit, others: Sequence[Hit], row: Sequence[Word]) -> bool:
    """``leucovorin ... (run with oxaliplatin)``: another bag at the same time."""
    if hit.entry.category in _FLUID or not any(h.positions[0] < hit.positions[0] for h in others):
        return False
    at = _before(hit, row)
    return _text(row, at) == "with" and _text(row, at - 1) in RUNNING


def _is_chemo_to_come(hit: Hit, others: Sequence[Hit], row: Sequence[Word]) -> bool:
    """``hydrocortisone premed infliximab``, ``D5W KVO - oxaliplatin line``, ``dexamethasone (paclitaxel premed)``.

    With its own strength, or set apart by ``and`` or ``+``, it is in the bag.
    """
    first, last = hit.positions[0], hit.positions[-1]
    if hit.entry.category != "chemo" or all(h.entry.category == "chemo" for h in others):
        return False
    joined = first > 0 and row[first - 1].role is Role.JOIN
    strong = last + 1 < len(row) and row[last + 1].role is Role.NUMBER
    if joined or strong:
        return False
    following = _text(row, last + 1)
    beside_drug = any(h.entry.category not in _FLUID for h in others)
    behind_other = any(h.positions[0] < first for h in others)
    return (
        following in BELONGINGS
        or (following in PLANS and beside_drug)
        or (behind_other and _text(row, _before(hit, row)) in PREMEDICATION | FLUSHING)
    )


def _before(hit: Hit, row: Sequence[Word]) -> int:
    at = hit.positions[0] - 1
    while at >= 0 and (row[at].role is Role.SOFT or row[at].text in _ARTICLES):
        at -= 1
    return at


def _text(row: Sequence[Word], at: int) -> str:
    return row[at].text if 0 <= at < len(row) else ""
