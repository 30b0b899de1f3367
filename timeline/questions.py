"""Questions as people read them: neutral for the one who is asked, priced for the coder (rulebook 27).

The question names drug, access and charted times and can always be answered with "cannot be determined"; it
never hints which answer bills more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

from timeline.access_names import access_key
from timeline.bills import Bill
from timeline.evidence import Evidence
from timeline.lines import sort_rank
from timeline.model import Administration, Assumption, EncounterTimeline, Outcome, OutcomeLine, Query
from timeline.possible_answers import Unknown
from timeline.route_unknown import infused_until
from timeline.rules.case import Reason
from timeline.settled import Question, Range
from timeline.spans import instant
from timeline.switches import Codes

Price = Callable[[Bill], float | None]


def query_of(question: Question, timeline: EncounterTimeline, price: Price, codes: Codes) -> Query:
    """One question with what each answer would add to the certain lines."""
    unknown = question.unknown
    a = next(x for x in timeline.administrations if x.id == unknown.administration)
    outcomes = tuple(_outcome(r, unknown, timeline, price, codes) for r in question.ranges)
    held = tuple(sorted({line.code for o in outcomes for line in o.lines}))
    stop = unknown.stop
    return Query(
        id=hashlib.sha256(f"{timeline.id}\x1f{unknown.what}\x1f{a.id}".encode()).hexdigest()[:12],
        what=unknown.what,
        administration=a.id,
        question=question_text(unknown, a, timeline),
        from_=instant(stop.lower) if stop else None,
        to=instant(stop.upper) if stop else None,
        outcomes=outcomes,
        held=held,
        sources=a.sources,
    )


def question_text(unknown: Unknown, a: Administration, timeline: EncounterTimeline) -> str:
    """Open and neutral: what was charted, what is missing, and that it may be impossible to say."""
    start = _clock(timeline.local(a.start))
    where = f" through {a.access}" if a.access else ""
    end = " (or: cannot be determined)"
    match unknown.what:
        case "stop":
            seen = ""
            if a.last_seen > a.start:
                seen = f" and last charted as running at {_clock(timeline.local(a.last_seen))}"
            return f"{a.drug} was started at {start}{where}{seen}. When did it stop?{end}"
        case "access":
            return f"{a.drug} was started at {start}. Through which IV line or site did it run?{end}"
        case "second_access":
            return f"{a.drug} ran{where} from {start} while another line was in use. Why were two lines needed?{end}"
        case "concurrent_chemo":
            return f"{a.drug} ran{where} from {start} beside another drug. How was it given?{end}"
        case "kind" if a.route is None and a.single_dose:
            return f"{a.drug} was given at {start}; its route is not charted. How was it given?{end}"
        case _:
            return f"{a.drug} was given at {start}. What kind of drug is it?{end}"


def _clock(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M")


def _outcome(row: Range, unknown: Unknown, timeline: EncounterTimeline, price: Price, codes: Codes) -> Outcome:
    lines = tuple(OutcomeLine(code, units, modifiers) for (code, modifiers), units in _summed(row.adds, codes))
    start = stop = None
    if unknown.what == "stop":
        start, stop = instant(int(row.answer.value)), instant(int(row.answer.to or row.answer.value))
        label = f"stop {timeline.local(start):%H:%M}-{timeline.local(stop):%H:%M}"
    else:
        label = _label(unknown, row.answer.value, timeline)
    return Outcome(label + row.others, start, stop, lines, price(row.adds))


def _summed(adds: Bill, codes: Codes) -> list[tuple[tuple[str, tuple[str, ...]], int]]:
    """Units by code and modifiers, the dates added together, as coders read them."""
    units: dict[tuple[str, tuple[str, ...]], int] = {}
    for (code, modifiers, _), count in adds.items():
        units[code, modifiers] = units.get((code, modifiers), 0) + count
    return sorted(units.items(), key=lambda item: sort_rank(item[0][0], item[0][1], set(), codes))


def _label(unknown: Unknown, value: str, timeline: EncounterTimeline) -> str:
    if unknown.what == "kind":
        stop = infused_until(value)
        if stop is not None:
            return f"IV infusion, stop {timeline.local(instant(stop)):%H:%M}"
        return {"none": "other route", "injection": "IM/SC injection", "push": "IV push"}.get(value, value)
    if unknown.what != "access":
        return {
            "deny": "no reason for two lines",
            "allow": "two lines were required",
            "none": "no code",
            "contrast": "contrast, anaesthesia or vaccine",
        }.get(value, value)
    if value == f"?{unknown.administration}":
        return "another line"
    if value.startswith("?"):
        other = next(a for a in timeline.administrations if a.id == value[1:])
        return f"the same line as {other.drug}"
    names = {access_key(a.access): a.access for a in timeline.administrations if a.access}
    return f"through {names.get(value, value)}"


def assumption_of(unknown: Unknown, timeline: EncounterTimeline, evidence: Evidence) -> Assumption:
    """An unknown that no answer of which changes the bill: nobody is asked."""
    a = next(x for x in timeline.administrations if x.id == unknown.administration)
    first = unknown.answers[0]
    assumed = (
        instant(int(first.value)).isoformat() if unknown.what == "stop" else _label(unknown, first.value, timeline)
    )
    text = "{drug}: the {what} is not charted, but every possible answer bills the same."
    reason = Reason("27", text, {"drug": a.drug, "what": unknown.what.replace("_", " ")})
    return Assumption(unknown.what, a.id, assumed, evidence.because(reason, (a.id,)))


def undetermined_of(unknown: Unknown, timeline: EncounterTimeline, evidence: Evidence) -> Assumption:
    """A question that a person closed: what every possible answer bills stands, the rest is not billed."""
    a = next(x for x in timeline.administrations if x.id == unknown.administration)
    text = "{drug}: the {what} cannot be determined; only what every possible answer bills is reported."
    facts = {"drug": a.drug, "what": unknown.what.replace("_", " ")}
    sources = tuple(g.source for g in a.answers if g.what == unknown.what)
    reason = Reason("27", text, facts, sources=sources)
    return Assumption(unknown.what, a.id, "cannot be determined", evidence.because(reason, (a.id,)))


def queries_of(
    questions: Sequence[Question], timeline: EncounterTimeline, price: Price, codes: Codes
) -> tuple[Query, ...]:
    return tuple(query_of(q, timeline, price, codes) for q in questions)
