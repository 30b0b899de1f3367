"""Totals of an audit: units and money by status, by pattern and by code, both directions with equal weight."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from reports.variance import VARIANCES, Audit, Variance


@dataclass(frozen=True, slots=True)
class Total:
    """Rows gathered under one name.  Money is ``None`` where no row has any."""

    name: str
    rows: int
    units: int
    encounters: int
    amount: float | None
    charge: Decimal | None


def total(name: str, rows: Iterable[Variance]) -> Total:
    found = list(rows)
    amounts = [r.amount for r in found if r.amount is not None]
    charges = [r.charge for r in found if r.charge is not None]
    return Total(
        name,
        len(found),
        sum(r.units for r in found),
        len({r.encounter_id for r in found}),
        round(sum(amounts), 2) if amounts else None,
        sum(charges, Decimal(0)) if charges else None,
    )


def by_status(audit: Audit) -> list[Total]:
    """Supported and every kind of variance, in a fixed order; those without a row too."""
    rows = audit.rows()
    return [total(status, (r for r in rows if r.status == status)) for status in ("supported", *VARIANCES)]


def by_pattern(audit: Audit) -> list[Total]:
    """The usual errors, those of the most encounters first."""
    return _by(audit, lambda row: row.pattern)


def by_code(audit: Audit) -> list[Total]:
    """Codes that are off, in order of their numbers."""
    return sorted(_by(audit, lambda row: row.code), key=lambda t: t.name)


def _by(audit: Audit, name: Callable[[Variance], str]) -> list[Total]:
    groups: dict[str, list[Variance]] = {}
    for row in audit.rows():
        if row.status != "supported":
            groups.setdefault(name(row), []).append(row)
    totals = [total(key, rows) for key, rows in groups.items()]
    return sorted(totals, key=lambda t: (-t.encounters, t.name))
