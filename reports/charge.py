"""What leaves for the billing system: one charge or credit of one line, whatever the form it is written in.

A line that was sent is never changed: it is taken back by a credit that carries the same id, and charged anew under the
next revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge (``CG``) or the credit (``CR``) that takes a sent one back.

    ``units`` is positive for both.  A credit repeats what was sent under its ``id``: code, modifiers, date and units.
    """

    id: str
    """Line id, a full stop and the revision, such as ``1f0c2a9be4d7.1``: at most 64 letters, digits and full stops."""
    kind: Literal["CG", "CR"]
    reason: Literal["new", "changed", "withdrawn"]
    """A line never sent; one sent with other content; one sent that is not supported any more (credits only)."""
    line: str
    revision: int
    """From 1."""
    encounter_id: str
    patient_id: str | None
    code: str
    modifiers: tuple[str, ...]
    date: date
    units: int
    start: datetime | None
    """First start of the line's administrations, aware, on the encounter's clock."""
    stop: datetime | None
    """Their last known stop; ``None`` for a push or an injection, and where the stop is unknown."""
    minutes: int
    drug: str
    """Display names of its administrations."""
    amount: float | None
    """US dollars, Medicare national unadjusted; ``None`` without rates."""
    performed_by: str | None
    """The nurse as charted, where the line's administrations name one."""
    department: str | None
    run: int
    """The nightly run whose lines these are."""


@dataclass(frozen=True, slots=True)
class HeldCharge:
    """A line that is not sent: an open query, an answer or a judgement waits for a person."""

    encounter_id: str
    code: str
    modifiers: tuple[str, ...]
    date: date
    units: int
    why: Literal["open query", "answered", "judgement"]
    sent: bool = False
    """Something of it was sent before and stays as sent while it is held."""


@dataclass(frozen=True, slots=True)
class WrittenBefore:
    """Charges that were written out earlier, never marked as sent, and read otherwise now."""

    since: int
    as_of: int
    charges: int


@dataclass(frozen=True, slots=True)
class Charges:
    """Everything one ``charges`` command gives out, by encounter, credits first, lines in the order of the bill."""

    since: int
    as_of: int
    """The run whose lines these are: the last that was completed."""
    charges: tuple[Charge, ...]
    held: tuple[HeldCharge, ...] = ()
    earlier: int = 0
    """Encounters that changed before run ``since`` and have not been marked as sent in full."""
    written_before: tuple[WrittenBefore, ...] = ()
