"""From charges to lines: one line per code, modifiers and date, sorted as coders read them (rulebook 32, 42)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from timeline.bills import Bill, BillKey, unit_date
from timeline.evidence import Evidence
from timeline.mapper import Coding
from timeline.model import Because, Line
from timeline.policy import PolicyVersion
from timeline.rules.case import Charge, Reason
from timeline.spans import minutes, union
from timeline.switches import Codes


@dataclass(slots=True)
class Draft:
    """The charges that one line rests on, with the units each gives it."""

    key: BillKey
    units: int
    charges: list[tuple[Charge, int]] = field(default_factory=list)


def draft_lines(coding: Coding, certain: Bill, policy: PolicyVersion, day: Callable[[int], date]) -> list[Draft]:
    """Drafts of the certain lines.  Charges that no certain line needs stay out: they wait for an answer."""
    drafts = {key: Draft(key, units) for key, units in certain.items()}
    left = dict(certain)
    for charge in coding.charges:
        given: dict[BillKey, int] = {}
        for index in range(charge.units):
            key = (charge.code, charge.modifiers, unit_date(charge, index, policy, day))
            if left.get(key, 0) > 0:
                left[key] -= 1
                given[key] = given.get(key, 0) + 1
        for key, units in given.items():
            drafts[key].charges.append((charge, units))
    for charge in coding.charges:
        if not charge.units:
            # Minutes of a further bag of one hydration run: filed with the first line of that code.
            key_of_run = min((k for k in drafts if k[0] == charge.code), key=lambda k: k[2], default=None)
            if key_of_run is not None:
                drafts[key_of_run].charges.append((charge, 0))
    return list(drafts.values())


def finished_lines(
    drafts: Sequence[Draft], encounter: str, evidence: Evidence, initial_codes: set[str], codes: Codes, *, held: bool
) -> tuple[Line, ...]:
    """Lines with ids and evidence; ``held`` says that open questions stand beside them."""
    initial_drugs = {c.service.drug for d in drafts if d.key[0] in initial_codes for c, _ in d.charges}
    ranked = []
    for draft in drafts:
        # Hours stand behind the initial code only if its drug earned some of them; else behind the sequential one.
        own = any(c.service.drug in initial_drugs for c, _ in draft.charges)
        code, modifiers, when = draft.key
        rank = sort_rank(code, modifiers, initial_codes if own else set(), codes)
        ranked.append((rank, when, _line(draft, encounter, evidence, held=held)))
    return tuple(line for _, _, line in sorted(ranked, key=lambda item: item[:2]))


def _line(draft: Draft, encounter: str, evidence: Evidence, *, held: bool) -> Line:
    code, modifiers, when = draft.key
    ids = tuple(dict.fromkeys(c.service.id for c, _ in draft.charges))
    nodes = [evidence.because(c.reason, (c.service.id,)) for c, units in draft.charges if units]
    because = nodes[0] if len(nodes) == 1 else _several(draft, nodes, evidence)
    if held:
        certain = Reason("27", "Every possible answer to the open questions bills at least this.", {})
        because = Because(
            rule=because.rule,
            text=because.text,
            values=because.values,
            intervals=because.intervals,
            policy=because.policy,
            citation=because.citation,
            confidence=because.confidence,
            sources=because.sources,
            children=(*because.children, evidence.because(certain)),
        )
    # Units of a push or an injection rest on the dose, not on minutes.
    timed = (c for c, _ in draft.charges if c.service.kind != "push")
    spans = union(s for c in timed for _, own in c.reason.spans for s in own)
    return Line(
        id=line_id(encounter, code, modifiers, when, ids),
        code=code,
        units=draft.units,
        modifiers=modifiers,
        date=when,
        administrations=ids,
        minutes=minutes(spans),
        rule=because.rule,
        because=because,
        answered=any(c.service.answered for c, _ in draft.charges),
    )


def _several(draft: Draft, nodes: list[Because], evidence: Evidence) -> Because:
    """One line that several administrations earned together."""
    facts = {"units": draft.units, "administrations": len(draft.charges)}
    whole = evidence.because(
        Reason(nodes[0].rule, "{units} units from {administrations} charges, each for its own reason.", facts)
    )
    return Because(
        whole.rule,
        whole.text,
        whole.values,
        citation=whole.citation,
        confidence=whole.confidence,
        sources=tuple(dict.fromkeys(s for n in nodes for s in n.sources)),
        children=tuple(nodes),
    )


def line_id(encounter: str, code: str, modifiers: tuple[str, ...], when: date, ids: tuple[str, ...]) -> str:
    """Stable from run to run: of encounter, code, modifiers, date and administrations, not of units."""
    text = "\x1f".join([encounter, code, ",".join(modifiers), when.isoformat(), ",".join(sorted(ids))])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def sort_rank(
    code: str, modifiers: tuple[str, ...], initial_codes: set[str], codes: Codes
) -> tuple[int, tuple[str, ...]]:
    """Initial, its additional hours, sequential with theirs, concurrent, pushes, injections, hydration, others."""
    if code in initial_codes:
        return 0, modifiers
    initials = (
        codes.initial_chemo,
        codes.initial_therapeutic,
        codes.initial_chemo_push,
        codes.initial_push,
        codes.initial_hydration,
    )
    hours = {
        codes.initial_chemo: codes.hour_chemo,
        codes.initial_therapeutic: codes.hour_therapeutic,
        codes.initial_hydration: codes.hour_hydration,
    }
    if code in {hours[i] for i in initial_codes if i in hours}:
        return 1, modifiers
    order = (
        *initials,
        codes.sequential_chemo,
        codes.hour_chemo,
        codes.sequential_therapeutic,
        codes.hour_therapeutic,
        codes.concurrent,
        codes.new_chemo_push,
        codes.new_push,
        codes.repeat_push,
        codes.chemo_injection,
        codes.hormonal_injection,
        codes.injection,
        codes.intra_arterial_push,
        codes.hour_hydration,
    )
    return (order.index(code) + 2 if code in order else len(order) + 2), modifiers
