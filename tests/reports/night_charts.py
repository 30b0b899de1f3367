"""Invented nights: what one run did, as the report receives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

from parsers.events import Finding, Rejected, Source
from reports.night import Cause, EncounterChange, LineChange, NightFile, NightReport, NightTotals

DAY = date(2026, 3, 10)
EASTERN = timezone(timedelta(hours=-4))  # New York on the day of the charts
BEGAN = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)


def at(text: str, day: int = 10) -> datetime:
    """``10:15`` of a day in March 2026, on the encounter's clock."""
    hour, minute = text.split(":")
    return datetime(2026, 3, day, int(hour), int(minute), tzinfo=EASTERN)


def night(*changes: EncounterChange, **values: Any) -> NightReport:
    """Run 12, four minutes long, that read nothing and changed what it is given."""
    given: dict[str, Any] = {
        "run": 12,
        "dry_run": False,
        "started": BEGAN,
        "finished": BEGAN + timedelta(minutes=4, seconds=10),
        "resumed": 0,
        "version": "0.2.0",
        "policy": "facility",
        "policy_version": "2026-01-01",
        "timezone": "America/New_York",
        "profile": None,
        "totals": NightTotals(),
        "changes": changes,
    }
    return NightReport(**(given | values))


def line(
    kind: Literal["new", "withdrawn", "changed"],
    code: str,
    before: int,
    after: int,
    amounts: tuple[float | None, float | None] = (None, None),
    drug: str = "vancomycin",
    reason: str = "",
    **values: Any,
) -> LineChange:
    """A line of the day of the charts, ``code`` with its modifiers behind it."""
    number, *modifiers = code.split("-")
    given: dict[str, Any] = {
        "kind": kind, "line": f"l{number}", "code": number, "modifiers": tuple(modifiers), "date": DAY,
        "units_before": before, "units_after": after, "amount_before": amounts[0], "amount_after": amounts[1],
        "drug": drug, "reason": reason, "causes": (0,),
    }  # fmt: skip
    return LineChange(**(given | values))


def encounter(id_: str, *lines: LineChange, **values: Any) -> EncounterChange:
    """An encounter that was reported before, without queries or amounts."""
    given: dict[str, Any] = {
        "encounter_id": id_, "patient_id": None, "day": DAY, "first_time": False, "lines": lines,
        "queries_before": 0, "queries_after": 0, "amount_before": None, "amount_after": None,
    }  # fmt: skip
    given |= values
    more = given["queries_after"] - given["queries_before"]
    given.setdefault("queries_opened", max(0, more))
    given.setdefault("queries_closed", max(0, -more))
    return EncounterChange(**given)


def late_stop() -> Cause:
    """A stop charted 22 h 57 min after it, on the day after the encounter was reported."""
    return Cause(
        "late entry",
        "Stop of 10:15, charted 22 h 57 min later.",
        drug="vancomycin", action="stopped", time=at("10:15"), recorded_at=at("09:12", 11),
        nurse="N01", department="ONC", file="mar_0311.csv", record=14,
    )  # fmt: skip


QUIET = night(
    totals=NightTotals(files_known=3, encounters=1204, lines=3310, queries_open=41, amount=401_200.5, amount_change=0.0)
)
"""Nothing new arrived."""

ADDED_HOUR = night(
    encounter(
        "E1001",
        line("changed", "96366", 1, 2, (42.11, 84.22), reason="Vancomycin ran 135 minutes, 08:00-10:15."),
        patient_id="P7",
        queries_before=1,
        amount_before=242.11,
        amount_after=284.22,
        causes=(late_stop(),),
    ),
    files=(
        NightFile("mar_0311.csv", "mar-table", 152, 140, {"an exact copy of an earlier row": 9, "a blank row": 1}, 2),
    ),
    rejected=(
        Rejected(Source("mar_0311.csv", row=20), "time-unreadable", "'time' holds 9/99.", "Write it with a year."),
        Rejected(Source("mar_0311.csv", row=31), "drug-missing", "'drug' is empty.", "Name the drug."),
    ),
    totals=NightTotals(
        files_new=1, files_known=3, records=152, used=140, ignored=10, rejected=2, events=138, encounters_touched=1,
        encounters_coded=2, encounters_changed=1, lines_changed=1, encounters=1204, lines=3310, queries_open=40,
        amount=401_242.61, amount_change=42.11,
    ),
)  # fmt: skip
"""A late stop adds an hour and answers a query."""

TAKEN_BACK = night(
    encounter(
        "E2002",
        line("withdrawn", "96367-59", 1, 0, (70.45, None), "cefepime", causes=(0, 1)),
        line("changed", "96366", 2, 1, (84.22, 42.11), reason="Vancomycin ran 90 minutes, 08:00-09:30.", causes=(1,)),
        line("new", "96368", 0, 1, (None, 0.0), "cefepime", "Cefepime ran beside vancomycin.", causes=()),
        amount_before=396.78,
        amount_after=284.22,
        queries_after=1,
        causes=(
            Cause("correction", "New bag of 09:00 was taken back.", drug="cefepime",
                  action="canceled", time=at("09:00"), recorded_at=at("19:30", 11), nurse="N02", department="ONC",
                  file="feed.hl7", record=7),
            replace(late_stop(), time=at("09:30"), text="Stop of 09:30, charted 23 h 42 min later.",
                    nurse=None, department="INFUSION", record=15),
        ),
    ),
    totals=NightTotals(encounters_touched=1, encounters_coded=1, encounters_changed=1, lines_new=1, lines_withdrawn=1,
                       lines_changed=1, encounters=2, lines=5, queries_open=1, amount=500.0, amount_change=-112.56),
)  # fmt: skip
"""A correction withdraws a line, a late entry takes an hour from another."""

MERGED = night(
    encounter(
        "E3003",
        line("changed", "96365", 1, 1, drug="ceftriaxone", date=date(2026, 3, 11), amounts=(190.0, 195.5)),
        line("changed", "96366", 1, 3, (42.11, 126.33), "ceftriaxone"),
        amount_before=232.11,
        amount_after=321.83,
        causes=(Cause("merge", "Two encounter numbers were merged.", file="adt.hl7", record=2),),
    ),
    encounter(
        "E3004",
        line("withdrawn", "96365", 1, 0, (190.0, None), "ceftriaxone"),
        amount_before=190.0,
        amount_after=0.0,
        causes=(Cause("merge", "Two encounter numbers were merged.", file="adt.hl7", record=2),),
    ),
    encounter(
        "E3005",
        line("new", "96374", 0, 2, (None, 300.0), "ondansetron"),
        line("new", "96375", 0, 1, (None, 47.84), "ondansetron"),
        first_time=True,
        queries_after=1,
        amount_after=347.84,
    ),
    encounter("E3006", line("new", "96374", 0, 1, (None, 150.0)), first_time=True, amount_after=150.0),
    resumed=2,
    profile="epic",
    totals=NightTotals(encounters_changed=2, encounters_new=2, encounters_removed=4),
    findings=(Finding("warning", "rules-changed", "The policy is not that of the last run.", "Read what changed."),),
)  # fmt: skip
"""Two encounters become one, two are reported for the first time."""


def hundreds(count: int = 300) -> NightReport:
    """As many encounters, each with a late stop that adds an hour; every tenth by another nurse."""
    return night(
        *(
            encounter(
                f"E{9000 + n}",
                line("changed", "96366", 1, 2, (42.11, 84.22), reason="Vancomycin ran 135 minutes."),
                amount_before=242.11,
                amount_after=284.22,
                causes=(replace(late_stop(), record=n + 1, nurse="N07" if n % 10 == 0 else "N01"),),
            )
            for n in range(count)
        ),
        totals=NightTotals(files_new=1, records=count, used=count, encounters_changed=count, lines_changed=count),
    )


DRY = replace(ADDED_HOUR, dry_run=True)
