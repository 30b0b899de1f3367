"""Placing the infusions of an encounter again under other answers (rulebook 13, 27).

What a hang earns depends on itself, on what its drug earned before, on the leads that ran beside it and on
whether the concurrent code was reported already.  Where all of these are as in an earlier coding, so is the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from timeline.rules.case import Case, Service
from timeline.rules.memory import remembered
from timeline.rules.same_drug import DrugTally
from timeline.spans import Spans

if TYPE_CHECKING:
    from timeline.rules.placement import Board


@dataclass(frozen=True, slots=True)
class Left:
    """What a placed hang leaves on the board."""

    lead: bool
    covered: Spans
    tally: DrugTally | None
    concurrent: bool
    reported: frozenset[object]


def place_again(case: Case, board: Board, service: Service, place: Callable[[], None], *, initial: bool) -> None:
    """Place one hang with ``place``, or as it was placed when it stood the same way."""
    if case.memory is None:
        place()
        return
    drug = service.drug
    beside = () if initial else board.leads_beside(service)
    if not initial and _may_earn_a_further_initial(case, service, beside):
        # That looks at everything else on its access, and may place other hangs there.
        place()
        board.last = dict.fromkeys(board.covered, object())
        return
    key = ("placing", initial, service, board.last.get(drug), beside, frozenset(case.concurrent_on))
    leads = len(board.leads)

    def work() -> Left:
        place()
        tally = board.tallies.get(drug)
        return Left(
            len(board.leads) > leads,
            board.covered[drug],
            tally.copy() if tally is not None else None,
            drug in board.concurrent_drugs,
            frozenset(case.concurrent_on),
        )

    step = remembered(case, key, work)
    board.last[drug] = step
    if service.id not in board.placed:
        assert step is not None
        assert isinstance(step.left, Left)
        _put(case, board, service, step.left)


def _put(case: Case, board: Board, service: Service, left: Left) -> None:
    board.placed.add(service.id)
    board.covered[service.drug] = left.covered
    if left.lead:
        board.leads.append(service)
    if left.tally is not None:
        board.tallies[service.drug] = left.tally.copy()
    if left.concurrent:
        board.concurrent_drugs.add(service.drug)
    case.concurrent_on |= left.reported


def _may_earn_a_further_initial(case: Case, service: Service, beside: tuple[Service, ...]) -> bool:
    """Whether rule 30 may come into it, as far as one hang and the leads beside it can tell."""
    how = case.settings.second_access_initial
    if how == "deny" or (how == "query" and not service.access_charted):
        return False
    return any(lead.access != service.access for lead in beside)
