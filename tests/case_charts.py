"""The case book: charts an analyst can write, and the lines they must give.

``tests/cases/*.yaml`` holds lists of cases.  A chart is a list of rows, one administration or one action each::

    TIME[-TIME] [ACTION] ROUTE [@SITE] DRUG [category] [order ID] [| column=value, ...]

    08:00-09:00 IV @IV1 vancomycin [therapeutic] order O1       from 08:00 to 09:00
    08:00- IV @IV1 vancomycin                                   started, no stop charted
    08:00 IV push @IV1 famotidine                               a dose
    08:00 New Bag IV @IV1 cefepime order A | rate=100 mL/hr     one action
    23:00-02:00+1 IV cefepime                                   into the next day; no ``@``: the site is not charted
    08:00-09:00 ? @IV1 cefepime                                 ``?``: the route is not charted

The day is 2026-03-10 unless ``day`` says otherwise; ``+1`` is the day after, ``-1`` the day before.  A chart of
several encounters is a mapping from encounter to rows.  Every row belongs to patient P1 unless it says
``patient_id=P2``.

``expected`` gives the units by code, or code and modifiers (``96365-59: 1``), added over all encounters;
``by_encounter`` and ``by_date`` split them.  ``outcomes`` gives what answers to the one query would add.  ``ledger``
gives the minutes of each administration by what became of them.  ``answers`` feeds answers to queries back.  ``under``
codes one chart with several switch settings.  ``tests/case_checks.py`` holds a result against a case.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import yaml

import parsers
import timeline
from parsers.answers import AnswerFile, GivenAnswer
from parsers.context import with_tables
from parsers.events import Reading, Source
from tests.case_context import messages, tables
from tests.parsers.pump_messages import row
from tests.schema_check import valid
from timeline.model import Administration, Result

FOLDER = Path(__file__).parent / "cases"
DAY = date(2026, 3, 10)

ACTIONS = (
    "New Bag", "Started", "Given", "Push", "Bolus", "Rate Change", "Rate Verify", "Paused", "Restarted", "Stopped",
    "Held", "Refused", "Canceled Entry",
)  # fmt: skip
NO_ROUTE = "?"
ROUTES = ("IV push", "IVPB", "IV", "IM", "SC", "IA", "PO", NO_ROUTE)
COLUMNS = (
    "encounter_id", "patient_id", "order_id", "drug", "hcpcs", "category", "primary_drug", "route", "site", "device",
    "action", "time", "start", "stop", "dose", "dose_unit", "volume", "volume_unit", "bag_volume", "rate", "rate_unit",
    "ordered_minutes", "recorded_at", "patient_class", "correction",
)  # fmt: skip

_TIME = r"\d\d:\d\d(?::\d\d)?(?:[+-]\d)?"
_ROW = re.compile(
    rf"(?P<start>{_TIME})(?P<until>-(?P<stop>{_TIME})?)?\s+"
    rf"(?:(?P<action>{'|'.join(ACTIONS)})\s+)?(?P<route>{'|'.join(map(re.escape, ROUTES))})\s+(?:@(?P<site>\S+)\s+)?"
    r"(?P<drug>[^\[|]+?)(?:\s+\[(?P<category>\w+)\])?(?:\s+order\s+(?P<order>\S+))?(?:\s*\|\s*(?P<more>.*))?"
)
_MEASURES = ("dose", "volume", "bag_volume", "rate")

Units = Mapping[str, int]
Minutes = Mapping[str, int]
"""Minutes of one administration: documented, charged, included, unbilled, queried; what is left out is 0."""


@dataclass(frozen=True)
class Case:
    """One chart under one policy, and what it must give."""

    id: str
    source: str
    policy: str
    switches: Mapping[str, object]
    chart: Mapping[str, tuple[str, ...]]
    expected: Units
    worked: str
    note: str = ""
    by_encounter: Mapping[str, Units] | None = None
    by_date: Mapping[str, Units] | None = None
    queries: int | None = None
    asks: tuple[str, ...] | None = None
    outcomes: Mapping[str, Units] | None = None
    """What the only query would bill beyond the lines, by the wording of the answer; others may exist."""
    minutes: Mapping[str, int] | None = None
    findings: tuple[str, ...] = ()
    no_findings: tuple[str, ...] = ()
    ledger: Mapping[str, tuple[Minutes, ...]] = field(default_factory=dict)
    """Minutes of the administrations of an order (or of a drug without one), by start."""
    uncharged: Mapping[str, Minutes] = field(default_factory=dict)
    """All that an order's minutes without a code are called, with their minutes (0 for a dose)."""
    because: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Rules and switches that must stand in the evidence of a code, or of an order's minutes without one."""
    says: tuple[str, ...] = ()
    """Words that must stand in the evidence, a finding or a question."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Order and subject ("B second_access") to the answer a person gave."""
    pumps: tuple[str, ...] = ()
    """What pumps sent: ``09:30 COMP vancomycin | module=B``, words as in tests/parsers/pump_messages.py."""
    accesses: tuple[str, ...] = ()
    """IV lines in place, classes and messages of the visit: words as in tests/case_context.py."""
    classes: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    timezone: str = "UTC"
    day: date = DAY
    """The day of times without ``+1`` or ``-1``."""
    planned: str = ""
    """Why the program cannot code this yet (the test then must fail)."""


@cache
def cases() -> tuple[Case, ...]:
    """All cases of the book, in the order of the files; a chart under several settings is several cases."""
    entries = (e for path in sorted(FOLDER.glob("*.yaml")) for e in yaml.safe_load(path.read_text(encoding="utf-8")))
    return tuple(case for entry in entries for case in _unfold(entry))


def rows(case: Case) -> list[dict[str, str]]:
    """The chart as rows of a MAR table."""
    return [_row(encounter, text, case.day) for encounter, chart in case.chart.items() for text in chart]


def code(case: Case, folder: Path) -> Result:
    """Write the chart as a CSV file, read it, build its timeline and code it: the way a user's export goes."""
    return valid(code_reading(case, read(case, folder)))


@cache
def coded(case_id: str) -> Result:
    """The result of a case of the book, coded once a run."""
    case = next(c for c in cases() if c.id == case_id)
    with TemporaryDirectory() as folder:
        return code(case, Path(folder))


def read(case: Case, folder: Path) -> Reading:
    """The chart written as a CSV file and read."""
    path = folder / "chart.csv"
    table = rows(case)
    columns = [c for c in COLUMNS if any(row.get(c) for row in table) or (c == "stop" and "start" in table[0])]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)
    if case.pumps:
        (encounter,) = case.chart
        (folder / "pumps.hl7").write_text("".join(row(text, encounter) for text in case.pumps), encoding="utf-8")
    visit = messages(case.stays, next(iter(case.chart)), folder)
    reading = parsers.read([path, *folder.glob("pumps.hl7"), *visit], timezone=case.timezone)
    assert not reading.rejected, [r.message for r in reading.rejected]
    beside = tables(case.accesses, case.classes, next(iter(case.chart)), case.day, folder)
    return with_tables(reading, beside, timezone=case.timezone)


def code_reading(case: Case, reading: Reading, program: ModuleType = timeline) -> Result:
    """The reading of a chart coded by ``program``: the package ``timeline``, or a copy of it with a fault."""
    built = program.build(reading)
    everything = [a for e in built.encounters for a in e.administrations]
    answers = _answer_file(case, everything) if case.answers else None
    result: Result = program.code(built, case.policy, switches=dict(case.switches), answers=answers)
    return result


def of_order(name: str, administrations: Iterable[Administration]) -> list[Administration]:
    """The administrations of an order, or of a drug charted without one, by start."""
    found = [a for a in administrations if (a.order_id or a.drug) == name]
    assert found, f"no administration of order or drug {name!r}"
    return sorted(found, key=lambda a: (a.start, a.drug))


def _answer_file(case: Case, administrations: list[Administration]) -> AnswerFile:
    given = []
    for number, (question, value) in enumerate(case.answers.items(), start=1):
        order, what = question.rsplit(" ", 1)
        (asked,) = of_order(order, administrations)
        source = Source("answers.csv", record=number, row=number + 1)
        given.append(GivenAnswer(asked.encounter_id, asked.id, what, str(value), "coder", "", "", source))
    return AnswerFile("answers.csv", "0" * 64, tuple(given))


def day(text: str) -> date:
    """``03-11`` of the year of the charts."""
    return date.fromisoformat(f"{DAY.year}-{text}")


def _unfold(entry: dict[str, Any]) -> Iterator[Case]:
    known = set(Case.__dataclass_fields__) | {"under"}
    assert set(entry) <= known, f"{entry.get('id')}: unknown keys {sorted(set(entry) - known)}"
    chart = entry["chart"]
    base = Case(
        id=entry["id"],
        source=entry["source"],
        policy=entry.get("policy", "facility"),
        switches=entry.get("switches", {}),
        chart={k: tuple(v) for k, v in chart.items()} if isinstance(chart, dict) else {"E1": tuple(chart)},
        expected={},
        worked="",
        note=entry.get("note", ""),
        pumps=tuple(entry.get("pumps", ())),
        accesses=tuple(entry.get("accesses", ())),
        classes=tuple(entry.get("classes", ())),
        stays=tuple(entry.get("stays", ())),
        timezone=entry.get("timezone", "UTC"),
        day=entry.get("day", DAY),
    )
    for setting in entry.get("under", [entry]):
        switches = {**base.switches, **setting.get("switches", {})}
        said = {**setting.get("switches", {}), **setting.get("answers", {})} if "under" in entry else {}
        label = ",".join(f"{k}={v}" for k, v in said.items())
        yield replace(
            base,
            id=f"{base.id}[{label}]" if label else base.id,
            policy=setting.get("policy", base.policy),
            switches=switches,
            expected=_units(setting["expected"]),
            worked=setting["worked"],
            by_encounter=_split(setting.get("by_encounter")),
            by_date=_split(setting.get("by_date")),
            queries=setting.get("queries"),
            asks=tuple(setting["asks"]) if "asks" in setting else None,
            outcomes=_split(setting.get("outcomes")),
            minutes=setting.get("minutes", entry.get("minutes")),
            findings=tuple(setting.get("findings", ())),
            no_findings=tuple(setting.get("no_findings", ())),
            ledger={str(k): _ledger(v) for k, v in setting.get("ledger", {}).items()},
            uncharged={str(k): dict(v) for k, v in setting.get("uncharged", {}).items()},
            because={str(k): tuple(map(str, v)) for k, v in setting.get("because", {}).items()},
            says=tuple(setting.get("says", ())),
            answers=setting.get("answers", entry.get("answers", {})),
            planned=setting.get("planned", entry.get("planned", "")),
        )


def _ledger(expected: Minutes | list[Minutes]) -> tuple[Minutes, ...]:
    return tuple(expected) if isinstance(expected, list) else (expected,)


def _units(expected: dict[object, int]) -> dict[str, int]:
    return {str(code): units for code, units in expected.items()}


def _split(expected: dict[str, dict[object, int]] | None) -> dict[str, Units] | None:
    return None if expected is None else {key: _units(value) for key, value in expected.items()}


def _row(encounter: str, text: str, today: date) -> dict[str, str]:
    match = _ROW.fullmatch(text.strip())
    assert match is not None, f"not a row of a chart: {text!r}"
    part = match.groupdict()
    row = {
        "encounter_id": encounter,
        "patient_id": "P1",
        "order_id": part["order"] or "",
        "drug": part["drug"],
        "category": part["category"] or "",
        "route": "" if part["route"] == NO_ROUTE else part["route"],
        "site": part["site"] or "",
    }
    if part["action"]:
        row |= {"action": part["action"], "time": _time(part["start"], today)}
    else:
        row |= {"start": _time(part["start"], today), "stop": _time(part["stop"], today) if part["stop"] else ""}
    for item in filter(None, (part["more"] or "").split(", ")):
        column, _, value = item.partition("=")
        assert column in COLUMNS, f"not a column of the MAR table: {column!r} in {text!r}"
        if column in _MEASURES and " " in value:
            value, _, row["rate_unit" if column == "rate" else "volume_unit"] = value.partition(" ")
        row[column] = _time(value, today) if column == "recorded_at" else value
    return row


def _time(text: str, today: date) -> str:
    clock, sign, days = re.fullmatch(r"([\d:]+)(?:([+-])(\d))?", text).groups()  # type: ignore[union-attr]
    shift = int(f"{sign}{days}") if sign else 0
    return f"{today + timedelta(days=shift)}T{clock}"
