"""An audit as people read it at a terminal: what is off by encounter, then the totals in both directions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from reports.safe_text import one_line
from reports.sentences import AMOUNT_BASIS, money
from reports.variance import Audit, EncounterVariance, Place, Variance
from reports.variance_totals import Total, by_pattern, by_status

NARROWEST = 60
_LEFT = frozenset({"code", "what", "date", "pattern"})


def render_audit(audit: Audit, width: int = 80) -> str:
    """The audit as text of ``width`` columns (60 at least), ending with a line feed."""
    width = max(NARROWEST, width)
    rows = list(_unread(audit, width))
    for encounter in audit.encounters:
        if encounter.differs:
            rows += _encounter(encounter, audit, width)
    rows += _totals(audit, width)
    return "\n".join(row.rstrip() for row in rows) + "\n"


def _unread(audit: Audit, width: int) -> Iterator[str]:
    """Said before anything else: what was billed in a line that could not be read looks as if it was missed."""
    count = len(audit.billed.rejected)
    if count:
        what = "billed line" if count == 1 else "billed lines"
        text = f"{count:,} {what} could not be read, so what they billed is shown as missed."
        yield from _wrapped(f"{text} The end of this list says why.", width, "", 2)
        yield ""


def _encounter(encounter: EncounterVariance, audit: Audit, width: int) -> Iterator[str]:
    yield f"Encounter {one_line(encounter.encounter_id)}"
    for row in encounter.rows:
        if row.status == "supported":
            continue
        worth = f", {_worth(row, audit)}" if _worth(row, audit) else ""
        yield from _wrapped(f"{_code(row)}  {row.status}{_where(row)}{worth}", width, "  ", 4)
        yield from _wrapped(row.cause, width, "      ", 0)
    right = sum(row.units for row in encounter.rows if row.status == "supported")
    if right:
        yield f"  {right} {'unit is' if right == 1 else 'units are'} billed as the record supports."
    yield ""


def _code(row: Variance) -> str:
    place = row.billed or row.supported
    code = "-".join((row.code, *(place.modifiers if place else ())))
    return f"{code} x {row.units}"


def _where(row: Variance) -> str:
    place = row.billed or row.supported
    if row.billed is None or row.supported is None:
        return f" on {place.date}" if place is not None else ""
    return f": {_place(row.billed, row)} billed, {_place(row.supported, row)} in the record"


def _place(place: Place, row: Variance) -> str:
    """What of date and modifiers is wrong, as it stands on one side."""
    parts = [place.date.isoformat()] if "date" in row.status else []
    if "modifier" in row.status:
        parts.append("-".join(place.modifiers) or "no modifier")
    return " ".join(parts)


def _worth(row: Variance, audit: Audit) -> str:
    said = []
    if audit.priced and row.amount:
        said.append(f"{_signed(row.amount)}")
    if audit.charged and row.charge:
        said.append(f"{_signed(float(row.charge))} in charges")
    return ", ".join(said)


def _signed(amount: float) -> str:
    return f"{'-' if amount < 0 else '+'}{money(abs(amount))}"


def _totals(audit: Audit, width: int) -> Iterator[str]:
    yield "-" * width
    off = [e for e in audit.encounters if e.differs]
    count = len(audit.encounters)
    what = "encounter" if count == 1 else "encounters"
    yield f"{count:,} {what} compared, {len(off):,} billed otherwise than supported"
    head = [
        "what",
        "units",
        "encounters",
        *(["amount"] if audit.priced else []),
        *(["charges"] if audit.charged else []),
    ]
    yield from _columns(head, [_cells(t, audit) for t in by_status(audit)])
    patterns = by_pattern(audit)
    if patterns:
        yield ""
        yield from _columns(["pattern", *head[1:]], [_cells(t, audit) for t in patterns])
    yield ""
    if audit.priced:
        yield from _wrapped(f"Amounts: {AMOUNT_BASIS}; what is packaged pays nothing of its own.", width, "", 2)
    if audit.charged:
        yield from _wrapped("Charges: the hospital's own prices, as most often billed in this file.", width, "", 2)
    yield from _left_out(audit, width)
    yield "Supports a coder; a person releases charges."


def _left_out(audit: Audit, width: int) -> Iterator[str]:
    for ignored in audit.billed.ignored:
        yield from _wrapped(f"Set aside, {ignored.count:,} billed lines: {ignored.reason}.", width, "", 2)
    for rejected in audit.billed.rejected[:10]:
        where = f"row {rejected.source.row}" if rejected.source.row else f"line {rejected.source.record}"
        yield from _wrapped(f"Billed {where}: {rejected.message} {rejected.fix}", width, "", 2)
    if len(audit.billed.rejected) > 10:
        yield f"and {len(audit.billed.rejected) - 10} more billed lines that could not be used"


def _cells(total: Total, audit: Audit) -> list[str]:
    cells = [total.name, f"{total.units:,}", f"{total.encounters:,}"]
    if audit.priced:
        cells.append("" if total.amount is None or total.name == "supported" else _signed(total.amount))
    if audit.charged:
        cells.append("" if total.charge is None or total.name == "supported" else _signed(float(total.charge)))
    return cells


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows under a head, the words to the left and the numbers to the right."""
    table = [head, *rows]
    widths = [max(len(row[n]) for row in table) for n in range(len(head))]
    for row in table:
        cells = [c.ljust(widths[n]) if head[n] in _LEFT else c.rjust(widths[n]) for n, c in enumerate(row)]
        yield "  " + "   ".join(cells)


def _wrapped(text: str, width: int, indent: str, hang: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent + " " * hang, break_on_hyphens=False
    )
