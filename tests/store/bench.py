"""Runs the nights of an invented month, and holds the store against one single pass over all that has arrived.

The files of night 5 lie in ``root/n05/a`` and ``root/n05/b``; a nightly run is given these two folders, the single pass
reads ``root``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from parsers import read
from parsers.answers import AnswerFile, GivenAnswer
from parsers.context import read_accesses, read_classes, with_tables
from parsers.events import Source
from parsers.profiles import load_profile
from parsers.reference_tables import load_rates
from parsers.zones import zone_of
from reports.night import NightReport
from tests.house.places import ROOT
from timeline.formulary import default_formulary
from timeline.model import CodedEncounter
from timeline.policy import load_policy
from timeline.pricing import Tables
from workbench.coding_run import KeptAll, Plan, code_reading
from workbench.night_intake import Inboxes
from workbench.nightly import Night, Stages, run_night
from workbench.run_log import run_log
from workbench.store.codings import last_codings
from workbench.store.database import Store, opened
from workbench.store.schema import codings, encounters, findings, lines, metadata, queries

ZONE = "America/New_York"
FIRST = datetime(2026, 3, 11, 6, tzinfo=UTC)
"""When the first night is run; the day before is 10 March."""
RATES = load_rates(ROOT / "sample_data" / "reference" / "addendum-b.csv")
PRICED = Tables(RATES, None, None)
UNPRICED = Tables(None, None, None)
INBOXES = ("a", "b")
Rows = Sequence[Mapping[str, str]]
LineFact = tuple[str, str, int, tuple[str, ...], str, int, str, float | None]


@dataclass(frozen=True, slots=True)
class Arrived:
    """What one night brings: files by their path below the night's folder, and the tables given beside them."""

    files: Mapping[str, bytes]
    accesses: Mapping[str, Rows] = field(default_factory=dict)
    """Rows of ``--accesses`` by encounter; they replace what was given before."""
    classes: Mapping[str, Rows] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stand:
    """What an encounter comes out as."""

    amount: float | None
    in_query: float | None
    lines: tuple[LineFact, ...]
    queries: tuple[tuple[str, ...], ...]
    findings: tuple[tuple[str, ...], ...]


def priced(switches: Mapping[str, object] | None = None, *, rates: bool = True) -> Plan:
    policy = load_policy("facility").with_switches(switches or {})
    return Plan(policy, default_formulary(), PRICED if rates else UNPRICED)


@dataclass(slots=True)
class Bench:
    """One store and the nights that went into it."""

    root: Path
    plan: Plan = field(default_factory=priced)
    jobs: int = 1
    answers: dict[tuple[str, str, str], GivenAnswer] = field(default_factory=dict)
    accesses: dict[str, Rows] = field(default_factory=dict)
    classes: dict[str, Rows] = field(default_factory=dict)
    done: int = 0
    where: str = ""
    """URL of the store, where it is not the file ``night.db`` under ``root``."""
    inboxes: Path = field(init=False)

    def __post_init__(self) -> None:
        self.inboxes = self.root / "in"
        self.inboxes.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return self.where or str(self.root / "night.db")

    def arrive(self, night: Arrived) -> list[Path]:
        """Put the files where they belong; the folders of this night."""
        self.done += 1
        here = self.inboxes / f"n{self.done:02d}"
        for inbox in INBOXES:
            (here / inbox).mkdir(parents=True)
        for name, data in night.files.items():
            (here / name).write_bytes(data)
        self.accesses |= night.accesses
        self.classes |= night.classes
        return [here / inbox for inbox in INBOXES]

    def run(self, night: Arrived, answers: Sequence[GivenAnswer] = (), **more: Any) -> NightReport:
        """One night: what arrives is read and coded."""
        paths = self.arrive(night)
        self.answers |= {(a.encounter, a.administration, a.what): a for a in answers}
        return self.again(paths, night, answers, **more)

    def again(
        self, paths: Sequence[Path], night: Arrived | None = None, answers: Sequence[GivenAnswer] = (), **more: Any
    ) -> NightReport:
        """A run over these folders."""
        night = night or Arrived({})
        now = more.pop("now", FIRST + timedelta(days=self.done - 1))
        plan = more.pop("plan", self.plan)
        asked = Night(
            Inboxes(tuple(map(str, paths)), load_profile(), True, zone_of(ZONE)),
            plan,
            ZONE,
            answers=AnswerFile("answers.csv", "", tuple(answers)) if answers else None,
            accesses=read_accesses(self._table("accesses", night.accesses)) if night.accesses else None,
            classes=read_classes(self._table("classes", night.classes)) if night.classes else None,
            zone_given=True,
            jobs=self.jobs,
            **more,
        )
        with opened(self.url, create=True, dry_run=asked.dry_run) as store:
            return run_night(store, asked, lambda: now, Stages(run_log(None)), lambda _: None)[0]

    def _table(self, name: str, rows: Mapping[str, Rows]) -> Path:
        path = self.root / f"{name}.csv"
        told = [row for of in rows.values() for row in of]
        text = io.StringIO()
        out = csv.DictWriter(text, list(told[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(told)
        path.write_text(text.getvalue())
        return path

    def single_pass(self) -> dict[str, Stand]:
        """Everything that arrived so far, read and coded at once."""
        return {one.timeline.id: stand_of(one) for one in self.coded()}

    def coded(self) -> list[CodedEncounter]:
        reading = read([self.inboxes], timezone=ZONE)
        tables = [
            read_accesses(self._table("accesses", self.accesses)) if self.accesses else None,
            read_classes(self._table("classes", self.classes)) if self.classes else None,
        ]
        reading = with_tables(reading, tables, None, ZONE)
        answers = AnswerFile("answers.csv", "", tuple(self.answers.values())) if self.answers else None
        kept, _ = code_reading(reading, replace(self.plan, answers=answers), [KeptAll()])
        return [coded for one in kept for coded in one.encounters]

    def standing(self) -> dict[str, Stand]:
        with opened(self.url) as store:
            return standing(store)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with opened(self.url) as store, store.reading() as connection:
            return {
                table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
                for table in metadata.sorted_tables
            }


def stand_of(coded: CodedEncounter) -> Stand:
    """The facts of an encounter as coded, without the store."""
    return Stand(
        coded.amount,
        coded.amount_in_query,
        tuple(
            (x.id, x.code, x.units, x.modifiers, x.date.isoformat(), x.minutes, x.rule, x.amount) for x in coded.lines
        ),
        tuple((q.id, q.what, q.administration, q.question) for q in coded.queries),
        tuple(sorted((f.severity, f.code, f.message, f.fix) for f in coded.findings)),
    )


def standing(store: Store) -> dict[str, Stand]:
    """What stands in the store, by number of the encounter."""
    with store.reading() as connection:
        ids = [row.id for row in connection.execute(select(encounters.c.id))]
        last = last_codings(connection, ids)
        numbers = dict(connection.execute(select(encounters.c.id, encounters.c.number)).all())
        found: dict[str, Stand] = {}
        for encounter, coding in last.items():
            head = connection.execute(select(codings).where(codings.c.id == coding)).one()
            if head.gone:
                continue

            def of(table: Any, coding: int = coding) -> Any:
                return connection.execute(select(table).where(table.c.coding_id == coding).order_by(table.c.position))

            found[numbers[encounter]] = Stand(
                head.amount,
                head.amount_in_query,
                tuple(
                    (
                        x.line, x.code, x.units, tuple(msgspec.json.decode(x.modifiers)), x.date, x.minutes, x.rule,
                        x.amount,
                    )
                    for x in of(lines)
                ),
                tuple((q.query, q.what, q.administration, q.question) for q in of(queries)),
                tuple(sorted((f.severity, f.code, f.message, f.fix) for f in of(findings))),
            )  # fmt: skip
        return found


def differing(one: Mapping[str, Stand], other: Mapping[str, Stand]) -> dict[str, tuple[Stand | None, Stand | None]]:
    """The encounters that are not the same, with what each side says: empty where all agree."""
    return {n: (one.get(n), other.get(n)) for n in sorted({*one, *other}) if one.get(n) != other.get(n)}


def answer(encounter: str, administration: str, what: str, value: str) -> GivenAnswer:
    return GivenAnswer(encounter, administration, what, value, "RN 7", "2026-03-11", "chart", Source("answers.csv", 1))
