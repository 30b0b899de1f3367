"""What one nightly run did: files read, encounters coded, and how their bill differs from what was last reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from parsers.events import Finding, Rejected

CauseKind = Literal[
    "new record", "late entry", "correction", "answer", "visit", "order", "line in place", "merge", "other encounter",
    "rules",
]  # fmt: skip
"""Why an encounter is coded differently: a record that arrived (charted in time, or late: an hour or more after its own
time, or without a charting time for a time that was reported already), an entry that corrects or takes back another, an
answer to a query, a message about the visit, the order or the IV line, numbers that were merged, another encounter of
the patient, or a change of policy, formulary or tables.
"""


@dataclass(frozen=True, slots=True)
class NightFile:
    """One file that was read for the first time.  ``records == used + sum(ignored) + rejected``."""

    name: str
    kind: str
    records: int
    used: int
    ignored: Mapping[str, int]
    """Reason to number of records."""
    rejected: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that happened since the encounter was last reported."""

    kind: CauseKind
    text: str
    """Our own words, complete: what was charted and how late."""
    drug: str | None = None
    action: str | None = None
    time: datetime | None = None
    """When it happened, aware, on the encounter's clock."""
    recorded_at: datetime | None = None
    """When it was charted, where the record says."""
    nurse: str | None = None
    department: str | None = None
    file: str | None = None
    record: int | None = None


@dataclass(frozen=True, slots=True)
class LineChange:
    """One line that is new, withdrawn, or has other units or another amount than last reported."""

    kind: Literal["new", "withdrawn", "changed"]
    line: str
    """Line id."""
    code: str
    modifiers: tuple[str, ...]
    date: date
    units_before: int
    units_after: int
    amount_before: float | None
    amount_after: float | None
    drug: str
    reason: str
    """Why the line is billed (new, changed); empty for a withdrawn one."""
    causes: tuple[int, ...] = ()
    """Places in :attr:`EncounterChange.causes`."""


@dataclass(frozen=True, slots=True)
class EncounterChange:
    """An encounter coded in this run that differs from what was last reported, or is reported for the first time."""

    encounter_id: str
    patient_id: str | None
    day: date | None
    """Local date of its first administration."""
    first_time: bool
    lines: tuple[LineChange, ...]
    queries_before: int
    queries_after: int
    amount_before: float | None
    """US dollars, Medicare national unadjusted; ``None`` without rates."""
    amount_after: float | None
    causes: tuple[Cause, ...] = ()
    queries_opened: int = 0
    """Queries open now that were not before; one may open while another closes."""
    queries_closed: int = 0


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """A question that is open in an encounter this run reports; answered with ``--answers``."""

    encounter_id: str
    id: str
    what: str
    """stop, access, kind, category, second_access, concurrent_chemo."""
    administration: str
    """Id, as an answer names it."""
    question: str


@dataclass(frozen=True, slots=True)
class NightTotals:
    """Counts of a run, and of the whole store after it."""

    files_new: int = 0
    files_known: int = 0
    """Files in the inboxes whose content was read in an earlier run."""
    records: int = 0
    used: int = 0
    ignored: int = 0
    rejected: int = 0
    events: int = 0
    """New charted events that were kept."""
    encounters_touched: int = 0
    encounters_coded: int = 0
    """Touched ones and those beside them (the patient's others of those dates, merged ones)."""
    encounters_new: int = 0
    encounters_changed: int = 0
    """Reported before, and different now."""
    lines_new: int = 0
    lines_withdrawn: int = 0
    lines_changed: int = 0
    queries_open: int = 0
    """In the whole store, as are the four below."""
    encounters: int = 0
    lines: int = 0
    amount: float | None = None
    amount_change: float | None = None
    """Of this run: amounts after less amounts before."""
    encounters_removed: int = 0
    """Removed in this run because they are older than ``--keep``."""


@dataclass(frozen=True, slots=True)
class NightReport:
    """One completed run (or what a run would do, ``dry_run``)."""

    run: int
    dry_run: bool
    started: datetime
    """Aware, UTC."""
    finished: datetime
    resumed: int
    """How often the run was broken off and taken up again."""
    version: str
    policy: str
    policy_version: str
    timezone: str
    profile: str | None
    totals: NightTotals
    files: tuple[NightFile, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    findings: tuple[Finding, ...] = ()
    """About the run as a whole, such as rules that changed since the last one."""
    changes: tuple[EncounterChange, ...] = ()
    """Sorted by encounter id; those reported for the first time too."""
    queries: tuple[OpenQuery, ...] = ()
    """Open in the encounters of :attr:`changes`."""
