"""IV pushes: new drug, or the same drug again (rulebook 5, 12, 17).

A push during an infusion is never concurrent: the push is coded.  Repeats have a code only in a facility and
only more than 30 minutes after the earlier push.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from timeline.rules.case import Case, Reason, Service
from timeline.rules.memory import remembered


@dataclass(slots=True)
class Given:
    """Earlier pushes of one drug: when each ended, and whether it got a code."""

    first: int | None = None
    previous: int | None = None
    reported: int | None = None

    def add(self, service: Service, *, reported: bool) -> None:
        self.first = service.end if self.first is None else self.first
        self.previous = service.end
        if reported:
            self.reported = service.end


def code_pushes(case: Case, why_initial: Reason | None) -> None:
    """Charge every push of the case, in the order they were given."""
    running: dict[frozenset[str], list[Service]] = {}
    # Pump chemo stands outside: its own code is in no overlap, and the push before the pump is paid (rulebook 35).
    for service in case.of_kind("infusion"):
        running.setdefault(service.drug, []).append(service)
    pushes = case.of_kind("push")
    if case.memory is None:
        _code_in_order(case, pushes, running, why_initial)
        return
    # The pushes of one drug never look at those of another: each drug is remembered by itself.
    by_drug: dict[frozenset[str], list[Service]] = {}
    for push in pushes:
        by_drug.setdefault(push.drug, []).append(push)
    for drug, own in by_drug.items():
        first = case.initial if case.initial in own else None
        key = ("pushes", tuple(own), tuple(running.get(drug, ())), first)
        remembered(case, key, partial(_code_in_order, case, own, running, why_initial))


def _code_in_order(
    case: Case, pushes: Sequence[Service], running: Mapping[frozenset[str], list[Service]], why_initial: Reason | None
) -> None:
    earlier: dict[frozenset[str], Given] = {}
    for push in sorted(pushes, key=lambda s: (s.start, s is not case.initial)):
        given = earlier.setdefault(push.drug, Given())
        infusions = running.get(push.drug, [])
        if case.initial is push:
            _initial(case, push, why_initial)
            given.add(push, reported=True)
        elif any(a <= push.start < b for s in infusions for a, b in s.spans):
            _no_code(
                case, push, "given while the same drug ran", "{drug} was given while its own infusion ran: no code."
            )
            given.add(push, reported=False)
        elif given.first is None and not any(s.start < push.start for s in infusions):
            _new(case, push)
            given.add(push, reported=True)
        else:
            given.add(push, reported=_repeat(case, push, given, infusions))


def _initial(case: Case, push: Service, why: Reason | None) -> None:
    code = case.codes.initial_chemo_push if push.chemo else case.codes.initial_push
    children = (push.kind_reason,) if why is None else (why, push.kind_reason)
    reason = Reason(
        "1",
        "{drug} as a push is the initial service of the encounter.",
        {"drug": push.name},
        "initial_scope",
        ((push.id, push.spans),),
        children,
    )
    case.charge(code, push, (push.start,), push.spans, reason)


def _new(case: Case, push: Service) -> None:
    code = case.codes.new_chemo_push if push.chemo else case.codes.new_push
    text = "{drug} is a new drug given as a push besides the initial service."
    reason = Reason("12", text, {"drug": push.name}, None, ((push.id, push.spans),), (push.kind_reason,))
    case.charge(code, push, (push.start,), push.spans, reason)


def _repeat(case: Case, push: Service, given: Given, infusions: list[Service]) -> bool:
    """The same drug again: a code only after the gap, and never for chemo unless the switch says so."""
    since = _measured_from(case, given, [s for s in infusions if s.start < push.start])
    gap = (push.start - since) // 60 if since is not None else case.settings.repeat_push_gap
    facts = {"drug": push.name, "gap": gap, "least": case.settings.repeat_push_gap}
    if push.chemo:
        case.note(
            "info",
            "repeat-chemo-push",
            "A chemo drug was pushed again; no code exists for the repeat.",
            "Switch repeat_chemo_push holds the reading of your payer.",
            push,
        )
        if case.settings.repeat_chemo_push == "none":
            _no_code(
                case,
                push,
                "chemo push of the same drug",
                "{drug} was pushed again: a repeated chemo push has no code.",
                "repeat_chemo_push",
            )
            return False
        reason = Reason(
            "12", "{drug} was pushed again {gap} minutes later.", facts, "repeat_chemo_push", ((push.id, push.spans),)
        )
        case.charge(case.codes.new_chemo_push, push, (push.start,), push.spans, reason)
        return True
    if case.settings.repeat_push == "none":
        _no_code(
            case,
            push,
            "repeated push",
            "{drug} was pushed again: a repeat has no code on a professional claim.",
            "repeat_push",
        )
        return False
    if gap < case.settings.repeat_push_gap:
        text = "{drug} was given again after {gap} minutes; a repeat needs at least {least}."
        reason = Reason("12", text, facts, "repeat_push_gap", ((push.id, push.spans),))
        case.set_aside(
            push, push.spans, "included", f"repeat push inside {case.settings.repeat_push_gap - 1} minutes", reason
        )
        return False
    text = "{drug} was given again {gap} minutes after the last dose that counts; at least {least} are needed."
    reason = Reason("12", text, facts, "repeat_push_gap", ((push.id, push.spans),), (push.kind_reason,))
    case.charge(case.codes.repeat_push, push, (push.start,), push.spans, reason)
    return True


def _measured_from(case: Case, given: Given, infusions: list[Service]) -> int | None:
    """The later of the earlier push (which one: a switch) and the end of the last earlier infusion."""
    push = {"reported": given.reported, "previous": given.previous, "first": given.first}[
        case.settings.repeat_push_from
    ]
    ends = [s.end for s in infusions if s.spans] + ([push] if push is not None else [])
    return max(ends, default=None)


def _no_code(case: Case, push: Service, label: str, text: str, setting: str | None = None) -> None:
    reason = Reason("12", text, {"drug": push.name}, setting, ((push.id, push.spans),))
    case.set_aside(push, push.spans, "included", label, reason)
