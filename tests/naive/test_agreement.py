"""The product and the naive coder bill the same on any complete chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.naive.naive_coder import Bag, Units, code_naively
from tests.properties.encounters import MINUTE, Hung, coded, events_of, plans
from tests.properties.searching import searched


def as_bags(plan: Sequence[Hung]) -> list[Bag]:
    """The truth of a plan; bags of one order that touch are one run (rule 0b)."""
    bags: list[Bag] = []
    for hung in sorted(plan, key=lambda h: (h.at, h.end)):
        minutes = frozenset(m for a, b in hung.ran for m in range(a // MINUTE, b // MINUTE))
        pushed = hung.route.value == "IV push" or not hung.ran
        made = Bag(
            hung.drug,
            hung.category,
            hung.site or "",
            hung.at // MINUTE,
            minutes,
            pushed=pushed and hung.route.value != "IM",
            injected=hung.route.value == "IM",
            order=hung.order or "",
        )
        touched = next(
            (b for b in bags if b.order == made.order and minutes and b.minutes and b.end == made.start), None
        )
        if touched is not None and not made.pushed:
            bags.remove(touched)
            made = Bag(
                made.drug, made.category, made.access, touched.start, touched.minutes | minutes, order=made.order
            )
        bags.append(made)
    return bags


def billed(plan: Sequence[Hung]) -> Units:
    lines = coded(events_of(plan), second_access_initial="deny", concurrent_chemo="none").lines
    count: Units = Counter()
    for line in lines:
        count[line.code, line.date] += line.units
    return count


@searched(200, plan=plans(messy=False))
def test_product_and_naive_coder_agree(plan: list[Hung]) -> None:
    assert billed(plan) == +code_naively(as_bags(plan))
