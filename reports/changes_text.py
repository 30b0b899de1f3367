"""A comparison as people read it at a terminal: by encounter what changes and why, then the totals."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from reports.changes import Comparison, EncounterChange, LineChange, Side
from reports.safe_text import one_line
from reports.sentences import AMOUNT_BASIS, money
from timeline.policy_difference import Difference

NARROWEST = 60


def render_changes(comparison: Comparison, width: int = 80) -> str:
    """The comparison as text of ``width`` columns (60 at least), ending with a line feed."""
    width = max(NARROWEST, width)
    rows = [*_head(comparison, width)]
    for change in comparison.changed:
        rows += _encounter(change, comparison, width)
    rows += _totals(comparison, width)
    return "\n".join(row.rstrip() for row in rows) + "\n"


def _head(comparison: Comparison, width: int) -> Iterator[str]:
    for name, side in (("A", comparison.a), ("B", comparison.b)):
        yield from _wrapped(f"{name}  {one_line(side.label)} ({side.policy.name} {side.policy.version})", width, "", 3)
    if not comparison.differences:
        yield "They do not differ."
    else:
        count = len(comparison.differences)
        yield f"They differ on {count} {'value' if count == 1 else 'values'}, A -> B:"
        for difference in comparison.differences:
            yield from _wrapped(difference_text(difference), width, "  ")
    yield ""


def difference_text(difference: Difference) -> str:
    """``concurrent_min_overlap (rule 15): 16 -> 1``."""
    rules = f"{'rules' if ',' in difference.rule else 'rule'} {difference.rule}"
    return f"{difference.key} ({rules}): {one_line(difference.a)} -> {one_line(difference.b)}"


def cause_text(change: EncounterChange) -> str:
    """Which switch makes the difference, in one sentence."""
    names = [f"{d.key} = {one_line(d.b)} (rule {d.rule})" for d in change.causes]
    if len(names) == 1:
        return f"by {names[0]}"
    return f"{'by each of' if change.alone else 'by these together:'} {', '.join(names)}"


def _encounter(change: EncounterChange, comparison: Comparison, width: int) -> Iterator[str]:
    day = f", {change.start}" if change.start else ""
    yield f"Encounter {one_line(change.encounter_id)}{day}"
    if change.lines:
        yield from _columns(
            ["code", "date", "A", "B", *(["amount A", "amount B"] if comparison.priced else [])],
            [_line(line, comparison.priced) for line in change.lines],
        )
    if change.queries_a != change.queries_b:
        yield f"  queries: {change.queries_a} -> {change.queries_b}"
    elif change.queries_differ:
        yield f"  queries: {change.queries_a} in both, with other outcomes"
    if change.amount_a is not None and change.amount_b is not None and change.amount_a != change.amount_b:
        yield f"  amount: {_step(change.amount_a, change.amount_b)}"
    yield from _wrapped(cause_text(change), width, "  ")
    yield ""


def _line(line: LineChange, priced: bool) -> list[str]:
    amounts = ["-" if x is None else money(x) for x in (line.amount_a, line.amount_b)] if priced else []
    return [
        "-".join((line.code, *line.modifiers)),
        line.date.isoformat(),
        str(line.units_a),
        str(line.units_b),
        *amounts,
    ]


def _totals(comparison: Comparison, width: int) -> Iterator[str]:
    a, b = comparison.a, comparison.b
    yield "-" * width
    count, changed = comparison.encounters, len(comparison.changed)
    yield (
        f"{count:,} {'encounter' if count == 1 else 'encounters'} compared, {changed:,} coded differently;"
        f" queries {a.queries:,} -> {b.queries:,}"
    )
    different = [
        [code, str(_units(a, code)), str(_units(b, code)), f"{_units(b, code) - _units(a, code):+d}"]
        for code in sorted({**a.units, **b.units})
        if _units(a, code) != _units(b, code)
    ]
    if different:
        yield from _columns(["units of", "A", "B", "change"], different)
    if a.amount is not None and b.amount is not None:
        yield f"Amount {_step(a.amount, b.amount)} ({AMOUNT_BASIS})"
    by_cause = _by_cause(comparison)
    if len(by_cause) > 1:
        yield "Encounters by cause:"
        yield from (f"  {number:>4}  {name}" for name, number in by_cause)
    yield "Supports a coder; a person releases charges."


def _units(side: Side, code: str) -> int:
    return side.units.get(code, 0)


def _by_cause(comparison: Comparison) -> list[tuple[str, int]]:
    """How many encounters each cause changed, the most first."""
    counts: dict[str, int] = {}
    for change in comparison.changed:
        names = [d.key for d in change.causes]
        for name in names if change.alone else [f"{' + '.join(names)} together"]:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _step(a: float, b: float) -> str:
    sign = "-" if b < a else "+"
    return f"{money(a)} -> {money(b)} ({sign}{money(abs(b - a))})"


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows under a head, the words to the left and the numbers to the right."""
    table = [head, *rows]
    widths = [max(len(row[n]) for row in table) for n in range(len(head))]
    left = [n for n, name in enumerate(head) if name in ("code", "date", "units of")]
    for row in table:
        cells = [cell.ljust(widths[n]) if n in left else cell.rjust(widths[n]) for n, cell in enumerate(row)]
        yield "  " + "   ".join(cells)


def _wrapped(text: str, width: int, indent: str, hang: int = 2) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent + " " * hang, break_on_hyphens=False
    )
