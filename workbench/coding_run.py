"""Coding a reading in parts and, where asked, in several processes: the answer is the same, byte for byte.

Each process codes whole patients.  Where processes can be forked they find the events in the memory they inherit;
elsewhere each is sent its own.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Protocol, TypeVar

from parsers.answers import AnswerFile
from parsers.events import Reading
from timeline import build
from timeline.coding import code_share
from timeline.formulary import Formulary
from timeline.model import CodedEncounter, Result
from timeline.policy import Policy
from timeline.policy_choice import Choice
from timeline.pricing import Tables
from timeline.results import CodedShare, result_of
from workbench.shares import Cut, Patient

EVENTS_AT_ONCE = 1_000
"""Timelines and evidence of so many events are held at a time, where they need not all be kept."""
WORTH_A_PROCESS = 300
"""Fewer events are coded sooner than another process begins."""


class WorkerEndedError(RuntimeError):
    """A process ended before its share was coded: killed, most likely for want of memory."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run codes: everything loaded and checked."""

    policy: Policy
    formulary: Formulary
    tables: Tables
    answers: AnswerFile | None = None


class Collector(Protocol):
    """Takes coded encounters where they are coded, and is sent from there to the process that asked."""

    def take(self, encounters: Iterable[CodedEncounter]) -> None:
        """Encounters of whole patients, in any order."""
        ...


Kept = TypeVar("Kept", bound=Collector)


@dataclass(slots=True)
class KeptAll:
    """The encounters themselves."""

    encounters: list[CodedEncounter] = field(default_factory=list)

    def take(self, encounters: Iterable[CodedEncounter]) -> None:
        self.encounters.extend(encounters)


@dataclass(slots=True)
class Facts:
    """What of every coded encounter is known at the end, whether it was kept or not."""

    ids: list[str] = field(default_factory=list)
    choices: dict[tuple[object, ...], list[Choice]] = field(default_factory=dict)
    """Alike ones together, one object standing for all, so that a million are no load."""

    def add(self, share: CodedShare) -> None:
        """Note the encounters of a share."""
        self.ids += [coded.timeline.id for coded in share.encounters]
        for choice in share.choices:
            alike = (choice.policy.name, choice.version.version, choice.day, choice.refusal is None)
            same = self.choices.setdefault(alike, [])
            same.append(same[0] if same else choice)

    def join(self, other: Facts) -> None:
        """Add what another process found."""
        self.ids += other.ids
        for alike, choices in other.choices.items():
            self.choices.setdefault(alike, []).extend(choices)


def code_reading(reading: Reading, plan: Plan, collectors: Sequence[Kept]) -> tuple[list[Kept], Facts]:
    """Code a reading in as many processes as there are collectors; they come back filled.

    ``reading`` should be the last name of its events: each part is let go when it is coded.
    """
    cut = Cut(reading)
    processes = min(len(collectors), max(1, len(reading.events) // WORTH_A_PROCESS))
    del reading
    hands = cut.dealt(processes) if processes > 1 else []
    if len(hands) > 1:
        return _in_processes(cut, hands, plan, collectors)
    hands.clear()
    return list(collectors[:1]), _code_parts(cut, cut.patients, plan, collectors[0])


def _code_parts(cut: Cut, patients: list[Patient], plan: Plan, collector: Collector) -> Facts:
    """Code patients, some thousand events at a time; ``patients`` is used up."""
    facts = Facts()
    patients.reverse()
    while patients:
        part, events = [], 0
        while patients and events < EVENTS_AT_ONCE:
            part.append(patients.pop())
            events += len(part[-1].events)
        share = code_share(build(cut.part(part), plan.formulary), plan.policy, plan.tables, plan.answers)
        collector.take(share.encounters)
        facts.add(share)
    return facts


def _in_processes(
    cut: Cut, hands: list[list[Patient]], plan: Plan, collectors: Sequence[Kept]
) -> tuple[list[Kept], Facts]:
    context = _context()
    with ExitStack() as stack:
        gc.freeze()  # what a forked process inherits is not looked through for garbage, which would copy it
        stack.callback(gc.unfreeze)
        pipes = []
        for patients, collector in list(zip(hands, collectors, strict=False))[1:]:
            pipe, far = context.Pipe(duplex=False)
            work = (pipe, far, cut.part(patients), plan, collector)
            process = context.Process(target=_work, args=work, daemon=True)  # type: ignore[attr-defined]
            process.start()
            far.close()
            stack.callback(process.join)
            stack.callback(process.terminate)
            pipes.append(pipe)
        cut.patients.clear()
        del hands[1:], patients, work
        facts = _code_parts(cut, hands[0], plan, collectors[0])
        kept = [collectors[0]]
        for pipe in pipes:
            collector, more = _received(pipe)
            kept.append(collector)
            facts.join(more)
    return kept, facts


def _context() -> BaseContext:
    forks = sys.platform == "linux" and "fork" in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork" if forks else "spawn")


def _work(read_end: Connection, pipe: Connection, reading: Reading, plan: Plan, collector: Collector) -> None:
    read_end.close()  # held here as well, it would keep this process waiting for one that was killed
    cut = Cut(reading)
    del reading
    try:
        facts = _code_parts(cut, cut.patients, plan, collector)
        answer: object = (collector, facts)
    except OSError as problem:  # the disk is full: told by the process that asked
        answer = problem
    with suppress(BrokenPipeError):  # nobody waits for it any more
        pipe.send(answer)
    pipe.close()


def _received(pipe: Connection) -> tuple[Kept, Facts]:
    try:
        answer = pipe.recv()
    except EOFError:
        raise WorkerEndedError("A process of this run ended early.") from None
    if isinstance(answer, OSError):
        raise answer
    return answer  # type: ignore[no-any-return]


def result_of_run(bare: Reading, events: int, plan: Plan, encounters: Iterable[CodedEncounter], facts: Facts) -> Result:
    """The result of a run; ``bare`` is the reading, whose events may be gone."""
    shown = tuple(sorted(encounters, key=lambda coded: coded.timeline.id))
    choices = tuple(choice for alike in facts.choices.values() for choice in alike)
    share = CodedShare(shown, choices)
    return result_of(bare, plan.formulary, plan.policy, plan.tables, plan.answers, share, facts.ids, events)


def without_events(reading: Reading) -> Reading:
    """The reading as the result tells of it, so that its events can be let go."""
    return replace(reading, events=())
