"""Worklists: what is missing in the record, by unit, nurse and shift, for the coder or for nursing.

Two faces (rulebook 27).  The coder's list says what each answer bills and comes in order of what is at stake.  The
question sheet for nursing shows drug, access, charted times and an open question that can be answered with "cannot be
determined": no code, no unit, no amount, and an order that hints at nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from parsers.answers import UNDETERMINED
from reports.answer_words import drop_down, may_be
from reports.columns import Cell
from reports.sentences import added_text
from reports.sheets import Sheet, SheetColumn
from timeline.model import Administration, CodedEncounter, Query, Result, What

Audience = Literal["coder", "nursing"]
AUDIENCES: tuple[Audience, ...] = ("coder", "nursing")
DAY_BEGINS, NIGHT_BEGINS = 7, 19
"""Hours at which the twelve-hour shifts begin, on the encounter's own clock."""
NOT_CHARTED = "not charted"
IMPLAUSIBLE = frozenset(
    {
        "stop-not-after-start", "stop-at-start", "stop-after-stop", "action-without-start", "flow-after-stop",
        "rate-during-pause", "two-stops-for-one-start", "two-sites-for-one-start", "long-run", "many-at-one-minute",
        "stop-as-ordered", "route-missing",
    }
)  # fmt: skip
"""Findings about rows that cannot be, or hardly can be, as charted."""
MISSING: dict[What, str] = {
    "stop": "stop time",
    "access": "IV line or site",
    "kind": "how it was given",
    "category": "kind of drug",
    "second_access": "reason for a second line",
    "concurrent_chemo": "how it was given",
}
"""What a question is about, in nursing's words."""


@dataclass(frozen=True, slots=True)
class Question:
    """One open query with the place where it is asked."""

    coded: CodedEncounter
    query: Query
    administration: Administration

    @property
    def start(self) -> datetime:
        return self.coded.timeline.local(self.administration.start)

    @property
    def shift(self) -> str:
        return "day" if DAY_BEGINS <= self.start.hour < NIGHT_BEGINS else "night"

    @property
    def unit(self) -> str:
        return self.administration.department or NOT_CHARTED

    @property
    def nurse(self) -> str:
        return self.administration.nurse or NOT_CHARTED

    @property
    def at_stake(self) -> float:
        """Dollars between the answer that bills least and the one that bills most; 0 without rates."""
        amounts = [o.amount for o in self.query.outcomes if o.amount is not None]
        return max(amounts) - min(amounts) if amounts else 0.0

    @property
    def units_at_stake(self) -> int:
        """Units that wait for the answer, by the outcome with the most."""
        return max((sum(x.units for x in o.lines) for o in self.query.outcomes), default=0)


def questions(result: Result) -> list[Question]:
    """Every open query of a result, in the order of units, nurses and time, which says nothing of money."""
    found = []
    for coded in result.encounters:
        given = {a.id: a for a in coded.timeline.administrations}
        found += [Question(coded, q, given[q.administration]) for q in coded.queries]
    return sorted(found, key=lambda q: (q.unit, q.nurse, q.administration.start, q.coded.timeline.id, q.query.id))


def by_place(asked: list[Question]) -> Sheet:
    """How many questions of each kind by unit, nurse and shift."""
    counts: Counter[tuple[str, str, str, str]] = Counter(
        (q.unit, q.nurse, q.shift, MISSING[q.query.what]) for q in asked
    )
    rows: list[list[Cell]] = [[*place, count] for place, count in sorted(counts.items())]
    columns = (SheetColumn("unit"), SheetColumn("nurse"), SheetColumn("shift"), SheetColumn("missing"), _count())
    return Sheet(
        "By unit and nurse", columns, rows, f"Shifts: day from {DAY_BEGINS:02}:00, night from {NIGHT_BEGINS}:00."
    )


def _count() -> SheetColumn:
    return SheetColumn("questions", "integer")


_ANSWERS = (
    SheetColumn("value", fill_in=True), SheetColumn("who", fill_in=True), SheetColumn("when", fill_in=True),
    SheetColumn("support", fill_in=True),
)  # fmt: skip
_PLACE = (
    SheetColumn("unit"), SheetColumn("nurse"), SheetColumn("shift"), SheetColumn("encounter"),
    SheetColumn("administration"), SheetColumn("what"),
)  # fmt: skip
_CHARTED = (
    SheetColumn("drug"), SheetColumn("access"), SheetColumn("started", "time"), SheetColumn("last charted", "time"),
    SheetColumn("question"), SheetColumn("what may be written"),
)  # fmt: skip
NURSING_NOTE = (
    "Please fill in the yellow columns from what was documented: the answer under 'value', the reason or where it"
    f" stands under 'support'. If nobody can say: {UNDETERMINED}."
)


def nursing_sheet(asked: list[Question]) -> Sheet:
    """The question sheet for nursing; given back as it is, ``--answers`` reads it."""
    rows = ([*_place(q), *_charted(q), None, None, None, None] for q in asked)
    return Sheet("Questions", (*_PLACE, *_CHARTED, *_ANSWERS), rows, NURSING_NOTE, _drop_downs(asked))


def _drop_downs(asked: list[Question]) -> dict[str, list[tuple[str, ...]]]:
    return {"value": [drop_down(q.coded, q.query) for q in asked]}


def coder_sheet(asked: list[Question]) -> Sheet:
    """The same for the coder, what is most at stake first."""
    ranked = sorted(asked, key=lambda q: (-q.at_stake, -q.units_at_stake))
    columns = (
        *_PLACE, *_CHARTED, SheetColumn("at stake", "number"), SheetColumn("units that wait", "integer"),
        SheetColumn("held"), SheetColumn("what each answer adds"), *_ANSWERS,
    )  # fmt: skip
    rows = ([*_place(q), *_charted(q), *_worth(q), None, None, None, None] for q in ranked)
    note = "Most at stake first. For nursing use --for nursing: it names no code."
    return Sheet("Questions", columns, rows, note, _drop_downs(ranked))


def _place(q: Question) -> list[Cell]:
    return [q.unit, q.nurse, q.shift, q.coded.timeline.id, q.administration.id, q.query.what]


def _charted(q: Question) -> list[Cell]:
    a, local = q.administration, q.coded.timeline.local
    seen = local(a.last_seen) if a.last_seen > a.start else None
    return [a.drug, a.access or NOT_CHARTED, q.start, seen, q.query.question, may_be(q.coded, q.query)]


def _worth(q: Question) -> list[Cell]:
    adds = [added_text(outcome) for outcome in q.query.outcomes]
    priced = any(o.amount is not None for o in q.query.outcomes)
    return [round(q.at_stake, 2) if priced else None, q.units_at_stake, ", ".join(q.query.held), "; ".join(adds)]


def implausible_sheet(result: Result) -> Sheet:
    """Rows that cannot be, or hardly can be, as charted, by unit and nurse."""
    columns = (
        SheetColumn("unit"), SheetColumn("nurse"), SheetColumn("encounter"), SheetColumn("drug"),
        SheetColumn("started", "time"), SheetColumn("what was found"), SheetColumn("what to do"),
        SheetColumn("file"), SheetColumn("row or message", "integer"),
    )  # fmt: skip
    return Sheet("Implausible rows", columns, sorted(_implausible(result), key=lambda r: [str(c) for c in r[:5]]))


def _implausible(result: Result) -> Iterator[list[Cell]]:
    for coded in result.encounters:
        given = {a.id: a for a in coded.timeline.administrations}
        for finding in coded.findings:
            if finding.code not in IMPLAUSIBLE:
                continue
            at = finding.source
            about: list[Administration | None] = [given[i] for i in finding.administrations if i in given]
            for a in about or [None]:
                place: list[Cell] = [NOT_CHARTED, NOT_CHARTED, coded.timeline.id, None, None]
                if a is not None:
                    start = coded.timeline.local(a.start)
                    place = [a.department or NOT_CHARTED, a.nurse or NOT_CHARTED, coded.timeline.id, a.drug, start]
                yield [
                    *place,
                    finding.message,
                    finding.fix,
                    at.file if at else None,
                    (at.row or at.record) if at else None,
                ]


def worklist_sheets(result: Result, audience: Audience) -> list[Sheet]:
    """All sheets of one worklist: the questions, their number by place, and rows that look wrong."""
    asked = questions(result)
    first = nursing_sheet(asked) if audience == "nursing" else coder_sheet(asked)
    return [first, by_place(asked), implausible_sheet(result)]
