"""Why a billed unit and the record differ: the usual patterns, told from the coded record beside the bill.

A pattern is named only where the record shows it (a second initial beside the one that stands, a repeat push inside
the gap, a fluid of thirty minutes); otherwise the row says what is there and what is not, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from reports.sentences import reason, sentence
from reports.variance import Variance
from timeline.model import CodedEncounter, Line, Query, Uncharged
from timeline.policy import load_policy
from timeline.switches import Codes

_ASKS = {
    "stop": "no stop time is charted for {drug}",
    "access": "the IV line of {drug} is not charted",
    "kind": "how {drug} was given is not charted",
    "category": "what kind of drug {drug} is stands in doubt",
    "second_access": "the reason for a second line for {drug} is not charted",
    "concurrent_chemo": "{drug} ran beside another drug, and how to bill that is a decision",
}
"""What is missing, by the subject of the query."""


@cache
def _codes() -> Codes:
    """Code numbers by role; the same in every policy."""
    return load_policy("facility").on(date(2026, 1, 1)).codes


def explained(rows: Sequence[Variance], coded: CodedEncounter | None, *, anything_billed: bool) -> list[Variance]:
    """The rows of one encounter with pattern, cause and administrations."""
    if coded is None:
        text = "The record holds no encounter of this number: nothing documents what was billed."
        return [replace(r, status="undocumented", pattern="no-record", cause=text) for r in rows]
    return [_Encounter(rows, coded, anything_billed).explain(row) for row in rows]


class _Encounter:
    def __init__(self, rows: Sequence[Variance], coded: CodedEncounter, anything_billed: bool) -> None:
        self.rows = rows
        self.coded = coded
        self.anything_billed = anything_billed
        self.codes = _codes()

    def explain(self, row: Variance) -> Variance:
        if row.status == "supported":
            return replace(row, administrations=self._of(row))
        if row.status == "missed":
            return self._missed(row)
        if row.status == "over-billed":
            return self._over(row)
        return self._misplaced(row)

    # Lines of the record

    def _lines(self, *codes: str) -> list[Line]:
        return [line for line in self.coded.lines if line.code in codes]

    def _of(self, row: Variance) -> tuple[str, ...]:
        ids = (i for line in self._lines(row.code) for i in line.administrations)
        return tuple(dict.fromkeys(ids))

    def _missing(self, *codes: str) -> Line | None:
        """A line that the record supports, of which something was not billed."""
        missed = {r.code for r in self.rows if r.status == "missed"}
        return next((line for line in self._lines(*codes) if line.code in missed), None)

    def _drug(self, administration: str) -> str:
        return next((a.drug for a in self.coded.timeline.administrations if a.id == administration), "a drug")

    # One row

    def _missed(self, row: Variance) -> Variance:
        line = next(iter(self._lines(row.code)), None)
        why = reason(line) if line is not None else ""
        if not self.anything_billed:
            pattern, lead = "encounter-not-billed", "Nothing of this encounter was billed."
        elif row.code in (self.codes.initial_hydration, self.codes.hour_hydration):
            pattern, lead = "hydration-missed", "Hydration was not billed."
        else:
            pattern, lead = "charge-missed", "Documented and not billed."
        return replace(row, pattern=pattern, cause=f"{lead} {why}".strip(), administrations=self._of(row))

    def _misplaced(self, row: Variance) -> Variance:
        assert row.billed is not None
        assert row.supported is not None
        said = []
        if row.billed.date != row.supported.date:
            said.append(f"The record dates it {row.supported.date}, billed was {row.billed.date}.")
        if row.billed.modifiers != row.supported.modifiers:
            right, wrong = ("-".join(p.modifiers) or "none" for p in (row.supported, row.billed))
            said.append(f"The record asks for modifier {right}, billed was {wrong}.")
        pattern = row.status.replace(" ", "-")
        return replace(row, pattern=pattern, cause=" ".join(said), administrations=self._of(row))

    def _over(self, row: Variance) -> Variance:
        query = self._query_for(row, self.coded.queries)
        closed = self._query_for(row, self.coded.undetermined) if query is None else None
        if query is not None or closed is not None:
            ending = "The answer to the open query decides."
            if query is None:
                ending = "It was answered that this cannot be determined, so what depends on it stays held."
            query = query or closed
            assert query is not None
            what = _ASKS.get(query.what, "something is not charted").format(drug=self._drug(query.administration))
            cause = f"Not supported as charted: {what}. {ending}"
            return replace(
                row,
                status="undocumented",
                pattern=f"missing-{query.what.replace('_', '-')}",
                cause=cause,
                administrations=(query.administration,),
            )
        pattern, cause, administrations = self._pattern(row)
        return replace(row, pattern=pattern, cause=cause, administrations=administrations)

    def _query_for(self, row: Variance, queries: Sequence[Query]) -> Query | None:
        """A query one of whose answers would support these units beside what is certain."""
        for query in queries:
            for outcome in query.outcomes:
                if sum(line.units for line in outcome.lines if line.code == row.code) >= row.units:
                    return query
        return None

    def _pattern(self, row: Variance) -> tuple[str, str, tuple[str, ...]]:
        codes = self.codes
        initials = {
            codes.initial_therapeutic, codes.initial_chemo, codes.initial_hydration, codes.initial_push,
            codes.initial_chemo_push,
        }  # fmt: skip
        if row.code == codes.concurrent:
            return self._concurrent(row)
        if row.code in (codes.initial_hydration, codes.hour_hydration):
            found = self._fluid()
            if found is not None:
                return found
        if row.code in initials:
            return self._initial(row, initials)
        if row.code in (codes.sequential_therapeutic, codes.sequential_chemo):
            return self._sequential()
        if row.code in (codes.repeat_push, codes.new_push, codes.initial_push):
            other = self._missing(codes.repeat_push, codes.new_push)
            if other is not None and other.code != row.code:
                return "push-under-another-code", f"The push is {other.code}: {reason(other)}", other.administrations
        if row.code in (codes.repeat_push, codes.new_push, codes.new_chemo_push):
            aside = self._aside("12")
            if aside is not None:
                return "push-inside-the-gap", sentence(aside.because.text), (aside.administration,)
        if row.code in (codes.hour_therapeutic, codes.hour_chemo, codes.hour_hydration, codes.hour_subcutaneous):
            return self._hours(row)
        return "not-supported", "No administration in the record supports it.", ()

    def _concurrent(self, row: Variance) -> tuple[str, str, tuple[str, ...]]:
        if self._lines(self.codes.concurrent):
            text = "Concurrent infusion is billed once per encounter, however many drugs ran beside another."
            return "concurrent-twice", text, self._of(row)
        line = self._missing(self.codes.sequential_therapeutic, self.codes.sequential_chemo)
        if line is not None:
            return "concurrent-for-sequential", f"Sequential, not concurrent: {reason(line)}", line.administrations
        aside = self._aside("30")
        if aside is not None:
            return "concurrent-on-two-lines", sentence(aside.because.text), (aside.administration,)
        return "concurrent-without-overlap", "No two drug infusions ran at the same time through one access.", ()

    def _fluid(self) -> tuple[str, str, tuple[str, ...]] | None:
        kinds = self.coded.kinds
        for pattern, rules in (("hydration-under-31", ("8", "22")), ("carrier-as-hydration", ("24",))):
            for aside in self.coded.unbilled:
                if aside.rule in rules and kinds.get(aside.administration) in ("hydration", "carrier"):
                    return pattern, sentence(aside.because.text), (aside.administration,)
        for aside in self.coded.unbilled:
            if aside.rule in ("21", "18"):
                return "hydration-under-a-drug", sentence(aside.because.text), (aside.administration,)
        return None

    def _initial(self, row: Variance, initials: Iterable[str]) -> tuple[str, str, tuple[str, ...]]:
        line = self._missing(
            self.codes.sequential_therapeutic, self.codes.sequential_chemo, self.codes.new_push,
            self.codes.new_chemo_push, self.codes.hour_hydration,
        )  # fmt: skip
        stands = next(iter(self._lines(*initials)), None)
        if stands is None:
            return "initial-not-supported", "No administration in the record supports an initial service.", ()
        drug = self._drug(next(iter(stands.administrations), ""))
        infusions = {self.codes.initial_therapeutic, self.codes.initial_chemo}
        if row.code in infusions and not self._infused():
            text = "The record shows no drug infused for 16 minutes or more."
            return "initial-not-supported", text, stands.administrations
        if stands.code == row.code:
            return (
                "second-initial",
                f"One initial service per encounter: {drug} is it.",
                (line.administrations if line is not None else stands.administrations),
            )
        return (
            "initial-by-the-clock",
            f"The initial service goes by rank, whatever began first: it is {drug}.",
            (line.administrations if line is not None else stands.administrations),
        )

    def _infused(self) -> bool:
        infused = (self.codes.initial_therapeutic, self.codes.initial_chemo, self.codes.sequential_therapeutic)
        return bool(self._lines(*infused, self.codes.sequential_chemo))

    def _sequential(self) -> tuple[str, str, tuple[str, ...]]:
        again = [line for line in self.coded.lines if _rests_on(line, "11")]
        line = next(iter(again), None)
        if line is not None:
            drug = self._drug(next(iter(line.administrations), ""))
            text = f"{drug[:1].upper()}{drug[1:]} was hung again: the same drug earns additional hours, not a new drug."
            return "same-drug-as-new", text, line.administrations
        aside = self._aside("14") or self._aside("16")
        if aside is not None:
            return "sequential-for-concurrent", sentence(aside.because.text), (aside.administration,)
        return "sequential-not-supported", "The record shows no further drug infused for 16 minutes or more.", ()

    def _hours(self, row: Variance) -> tuple[str, str, tuple[str, ...]]:
        lines = self._lines(row.code)
        units = sum(line.units for line in lines)
        ids = tuple(dict.fromkeys(i for line in lines for i in line.administrations))
        minutes = ", ".join(f"{line.minutes} minutes" for line in lines if line.minutes)
        shown = f" ({minutes})" if minutes else ""
        return "hour-too-many", f"The running minutes in the record earn {units} of these{shown}.", ids

    def _aside(self, rule: str) -> Uncharged | None:
        return next((a for a in self.coded.unbilled if a.rule == rule), None)


def _rests_on(line: Line, rule: str) -> bool:
    """Whether a rule stands anywhere in the reasons of a line."""
    waiting = [line.because]
    while waiting:
        because = waiting.pop()
        if because.rule == rule:
            return True
        waiting += because.children
    return False
