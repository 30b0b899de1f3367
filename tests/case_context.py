"""What stands beside a chart of the case book: lines in place, classes, messages of the visit.

    accesses:  IV1 07:00-12:00        in place from 07:00 to 12:00
               IV2 09:00- = IV1       not removed; the same access as IV1
    classes:   E 08:00-11:00          then  I 11:00-
    stays:     A04 07:30 E            an ADT message: trigger, time of the event, class
               A11 15:00 E at 15:20   entered at 15:20
               A01 entered 14:00 I admitted 12:00   only when it was entered (EVN-2), and the admit time (PV1-44)

All belong to the one encounter of the chart, on its day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from parsers.context import ContextTable, read_accesses, read_classes
from tests.parsers.context_charts import adt

_ACCESS = re.compile(r"(?P<site>\S+) (?P<start>\d\d:\d\d)-(?P<stop>\d\d:\d\d)?(?: = (?P<same>\S+))?")
_CLASS = re.compile(r"(?P<name>\S+) (?P<start>\d\d:\d\d)-(?P<stop>\d\d:\d\d)?")
_STAY = re.compile(
    r"(?P<trigger>A\d\d) (?P<undated>entered )?(?P<time>\d\d:\d\d)(?: (?P<name>[A-Z]+))?(?: at (?P<entered>\d\d:\d\d))?"
    r"(?: admitted (?P<admitted>\d\d:\d\d))?"
)


def tables(
    accesses: Sequence[str], classes: Sequence[str], encounter: str, today: date, folder: Path
) -> list[ContextTable]:
    """The tables as files in ``folder``, read the way a user's are."""
    found: list[ContextTable] = []
    if accesses:
        rows = [_matched(_ACCESS, text) for text in accesses]
        lines = [f"{encounter},{r['site']},{_at(r['start'], today)},{_at(r['stop'], today)},{r['same']}" for r in rows]
        found.append(read_accesses(_written(folder, "accesses.csv", "encounter_id,site,start,stop,same_as", lines)))
    if classes:
        rows = [_matched(_CLASS, text) for text in classes]
        lines = [f"{encounter},{r['name']},{_at(r['start'], today)},{_at(r['stop'], today)}" for r in rows]
        found.append(read_classes(_written(folder, "classes.csv", "encounter_id,class,start,stop", lines)))
    return found


def messages(stays: Sequence[str], encounter: str, folder: Path) -> list[Path]:
    """The messages of the visit as a file in ``folder``."""
    if not stays:
        return []
    rows = [_matched(_STAY, text) for text in stays]
    path = folder / "stays.hl7"
    path.write_text(
        "".join(
            adt(
                r["trigger"],
                r["entered"] or r["time"],
                r["name"],
                occurred="" if r["undated"] else r["time"],
                admitted=r["admitted"],
                visit=encounter,
                patient="P1",
            )
            for r in rows
        ),
        encoding="utf-8",
        newline="",
    )
    return [path]


def _matched(pattern: re.Pattern[str], text: str) -> dict[str, str]:
    match = pattern.fullmatch(text)
    assert match is not None, f"not a row of context: {text!r}"
    return {name: value or "" for name, value in match.groupdict().items()}


def _at(clock: str, today: date) -> str:
    return f"{today}T{clock}" if clock else ""


def _written(folder: Path, name: str, header: str, lines: Sequence[str]) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return path
