"""What a result and an encounter show of themselves in a notebook: picture, lines, queries.

One piece of HTML with its own style, pictures and colours, without scripts or outside references, so that it looks the
same in a light and a dark notebook, offline, and in an exported page.  All charted text is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from reports.flat_tables import TABLES
from reports.html import environment, resource
from reports.page_view import encounter_view
from reports.safe_text import one_line
from reports.sentences import AMOUNT_BASIS, money, said_place, source_text
from reports.tally import Tally
from timeline.model import CodedEncounter, Result

SHOWN = 3
"""Encounters that a result shows; the rest is counted."""
_TOLD = 3
"""Rejected records, and findings on the files, that are told one by one."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownEncounter:
    """One coded encounter that shows itself in a notebook."""

    coded: CodedEncounter

    def __repr__(self) -> str:
        return f"Encounter {one_line(self.coded.timeline.id)}: {_counts(Tally.of([self.coded]))}"

    def _repr_html_(self) -> str:
        return encounter_html(self.coded)


def result_html(result: Result) -> str:
    """The counts, what was rejected, and the first :data:`SHOWN` encounters with picture, lines and queries."""
    shown = result.encounters[:SHOWN]
    return _rendered(
        head=result_line(result), about=_about(result), told=_told(result), shown=shown,
        more=len(result.encounters) - len(shown),
    )  # fmt: skip


def encounter_html(coded: CodedEncounter) -> str:
    """One encounter with picture, lines, queries and findings."""
    return _rendered(head="", about="", told=[], shown=(coded,), more=0)


def result_line(result: Result) -> str:
    """``36 encounters, 141 administrations, 98 lines, 3 queries``: a result on one line, without a patient's words."""
    count = len(result.encounters)
    return f"{count} {'encounter' if count == 1 else 'encounters'}, {_counts(Tally.of(result.encounters))}"


def _rendered(
    *, head: str, about: str, told: list[tuple[str, str]], shown: tuple[CodedEncounter, ...], more: int
) -> str:
    template = environment().get_template("notebook.html.j2")
    return template.render(
        css=Markup(resource("notebook.css")),
        head=head,
        about=about,
        told=told,
        encounters=[encounter_view(coded, n) for n, coded in enumerate(shown, 1)],
        basis=AMOUNT_BASIS,
        more=more,
        frames=list(TABLES),
    )


def _counts(tally: Tally) -> str:
    counts = (
        (tally.administrations, "administration", "administrations"), (tally.lines, "line", "lines"),
        (tally.queries, "query", "queries"),
    )  # fmt: skip
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts)


def _about(result: Result) -> str:
    rejected = len(result.rejected)
    counts = f"{result.used} used, {result.records - result.used - rejected} ignored, {rejected} rejected"
    parts = [
        f"Policy {result.policy.name} {result.policy.version}",
        f"times in {result.timezone or 'UTC'}",
        f"{result.records} records: {counts}",
    ]
    amount, waits = Tally.of(result.encounters).dollars()
    if result.rates is not None:
        held = f", and {money(waits)} waits for answers" if waits else ""
        parts.append(f"{money(amount)}{held} ({AMOUNT_BASIS})")
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def _told(result: Result) -> list[tuple[str, str]]:
    """What stands in the way of trusting the result: rejected records first, then what was found on the files."""
    told = [
        ("rejected", f"{source_text(said_place(r.source, r.message))}: {r.message} {r.fix}")
        for r in result.rejected[:_TOLD]
    ]
    if len(result.rejected) > _TOLD:
        told.append(("rejected", f"and {len(result.rejected) - _TOLD} more, in review.result.rejected"))
    told += [(f.severity, f"{f.message} {f.fix}") for f in result.findings[:_TOLD]]
    if len(result.findings) > _TOLD:
        told.append(("findings", f"and {len(result.findings) - _TOLD} more on the files, in review.result.findings"))
    return told
