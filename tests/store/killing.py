"""Kills the real commands with SIGKILL, starts them again until they complete, and looks whether anything is amiss.

Where a kill lands is chosen by time (anywhere in the run), by commits (as soon as the store shows one more), by stages
(as soon as it is seen that the run came so far), by the growth of SQLite's log (in the midst of a commit) and by the
charges file (after it is written, before it is kept).
"""

from __future__ import annotations

import csv
import json
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from tests.store.killing_nights import Workload
from tests.store.nights import ZONE, Done, Kept, ended, kept, last_run, looking, open_runs, run, start
from tests.store.watching import AIMED_AT, AIMED_AT_RETENTION, Step, reached, sqlite_path, stage, watching
from workbench.store import schema

_POLL = 0.0005
_HANGS = 300.0
BUSY = 3
FREE_AFTER = 60.0
"""Seconds within which the lock of a killed process must be free: a server ends the statement it is at first."""
_GUESS = {"nightly": 6.0, "charges": 1.5, "mark-sent": 1.2}
Strike = Callable[[subprocess.Popen[str]], None]
"""Returns when it is time to kill."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One kill that struck a process still at work."""

    command: str
    aim: str
    stage: str


@dataclass(slots=True)
class Nights:
    """The nights of a workload on one store: every command runs to its end, or is killed on the way and run again."""

    folder: Path
    store: str
    work: Workload
    chance: Random = field(default_factory=Random)
    kills: int = 0
    """Still to be made."""
    seconds: dict[str, float] = field(default_factory=lambda: dict(_GUESS))
    """What each command takes when it is left alone."""
    hits: list[Hit] = field(default_factory=list)
    missed: int = 0
    """Processes that had ended before the blow."""
    busy: int = 0
    """Starts refused because a server still held the lock of a killed process."""
    ledger: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    """The billing system: line and units by charge and kind, of all files that were marked as sent."""

    def all(self) -> Iterator[Kept]:
        """One night after the other; gives the store as it is after each."""
        inbox = self.folder / "inbox"
        inbox.mkdir(parents=True)
        for number, files in enumerate(self.work.nights, start=1):
            for name, content in files.items():
                (inbox / name).write_bytes(content)
            run_, last = self._last(last_run) + 1, number == len(self.work.nights)
            reports = ("--report", self.folder / "reports")
            self._through(Step("nightly", (inbox, *ZONE, *reports), run_, frozenset(files)))
            charges, since = self.folder / f"charges-{number}.csv", 1 if last else run_
            words = ("--since", str(since), *(("--release",) if last else ()), "--output", charges)
            self._through(Step("charges", words, since, written=charges, before=self._last(_last_batch)))
            self._through(Step("mark-sent", (str(since),), since))
            self._receive(charges)
            yield kept(self.store)

    def remove(self) -> Kept:
        """Retention of a day takes out all that the nights brought; what was sent stays."""
        run_ = self._last(last_run) + 1
        self._through(Step("nightly", (self.folder / "inbox", *ZONE, "--keep", "1"), run_))
        charges = self.folder / "charges-after.csv"
        self._through(Step("charges", ("--since", "1", "--output", charges), 1, written=charges))
        assert charges.read_text("utf-8").count("\n") == 1, "that records are removed is no reason for a credit"
        return kept(self.store)

    def _last(self, what: Callable[[str], int]) -> int:
        with suppress(SQLAlchemyError):
            return what(self.store)
        return 0

    def _through(self, step: Step) -> None:
        """Kill the command some times, then let it run."""
        written: bytes | None = None
        while self.kills and self.chance.random() < (0.6 if step.command == "nightly" else 0.4):
            if not self._killed(step, *self._aim(step)):
                return  # it had completed
            written = _same(written, step)
        began = time.monotonic()
        done = self._patiently(step)
        assert done.status == 0, f"{step.command}: {done}"
        self.seconds[step.command] = max(self.seconds[step.command], time.monotonic() - began)
        _same(written, step)

    def _patiently(self, step: Step) -> Done:
        until = time.monotonic() + FREE_AFTER
        while True:
            done = run(step.command, self.store, *step.words)
            if done.status != BUSY or time.monotonic() > until:
                return done
            self.busy += 1

    def _killed(self, step: Step, aim: str, strike: Strike) -> bool:
        """Start, kill, and note where it struck; False when the process had ended before."""
        until = time.monotonic() + FREE_AFTER
        while True:
            process = start(step.command, self.store, *step.words)
            strike(process)
            process.send_signal(signal.SIGKILL)
            done = ended(process)
            if done.status == -signal.SIGKILL:
                self.kills -= 1
                self.hits.append(Hit(step.command, aim, stage(self.store, step, self.folder / "look")))
                return True
            if done.status != BUSY:
                assert done.status == 0, f"{step.command}: {done}"
                self.missed += 1
                return False
            self.busy += 1
            assert time.monotonic() < until, "the lock of a killed process is not free"

    def _receive(self, charges: Path) -> None:
        """The receiver books a file that was sent: no id twice, no credit without its charge."""
        with charges.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                key = row["charge_id"], row["kind"]
                assert key not in self.ledger, f"{key} was sent twice"
                units = int(row["units"]) * (1 if key[1] == "CG" else -1)  # a credit stands there below zero
                assert units > 0, f"{key} has {row['units']} units"
                self.ledger[key] = row["charge_id"].rsplit(".", 1)[0], units
                assert self.ledger.get((key[0], "CG")) == self.ledger[key], f"{key} credits what was never charged"

    # Aims

    def _aim(self, step: Step) -> tuple[str, Strike]:
        aims: list[tuple[str, int, Callable[[Step], Strike]]] = [
            ("time", 3, self._by_time),
            ("commit", 2, self._by_commits),
        ]
        if sqlite_path(self.store) is not None:
            aims.append(("log", 2, self._by_log))
        if step.written is not None:
            aims.append(("file", 2, self._by_file))
        if step.command == "nightly":
            aims.append(("stage", 4, self._by_stage))
        name, _, make = self.chance.choices(aims, [weight for _, weight, _ in aims])[0]
        return name, make(step)

    def _by_time(self, step: Step) -> Strike:
        delay = self.chance.uniform(0, self.seconds[step.command])
        return lambda process: _wait(process, lambda: False, delay)

    def _by_commits(self, step: Step) -> Strike:
        """As soon as the store has shown so many commits, or a little later."""
        wanted = self.chance.randint(1, 10 if step.command == "nightly" else 1)
        later = self.chance.choice((0.0, self.chance.uniform(0, 0.3)))

        def strike(process: subprocess.Popen[str]) -> None:
            with watching(self.store) as signs:
                _wait(process, _changes(signs, wanted))
            _wait(process, lambda: False, later)

        return strike

    def _by_stage(self, step: Step) -> Strike:
        """As soon as the run has come so far."""
        wanted = self.chance.choice(AIMED_AT if step.files else AIMED_AT_RETENTION)
        chosen = self.chance.randint(1, max(1, len(step.files) - 1))

        def strike(process: subprocess.Popen[str]) -> None:
            with watching(self.store) as look:
                _wait(process, reached(look, wanted, len(step.files), chosen))

        return strike

    def _by_log(self, step: Step) -> Strike:
        """While SQLite writes its log, which it does at a commit and when its cache is full."""
        path = Path(self.store)
        log = path.with_name(path.name + "-wal")
        wanted = self.chance.randint(1, 40 if step.command == "nightly" else 4)
        return lambda process: _wait(process, _changes(lambda: _size_and_time(log), wanted))

    def _by_file(self, step: Step) -> Strike:
        """Once the charges stand in their file."""
        assert step.written is not None
        path = step.written
        return lambda process: _wait(process, _changes(lambda: _size_and_time(path), 1))


def _changes(look: Callable[[], Any], wanted: int) -> Callable[[], bool]:
    """Whether what is looked at has changed so often; nothing to see is no change."""
    seen, last = 0, look()

    def enough() -> bool:
        nonlocal seen, last
        now = look()
        if now is not None and now != last:
            seen, last = seen + 1, now
        return seen >= wanted

    return enough


def _wait(process: subprocess.Popen[str], enough: Callable[[], bool], most: float = _HANGS) -> None:
    until = time.monotonic() + most
    while process.poll() is None and time.monotonic() < until and not enough():
        time.sleep(_POLL)


def _size_and_time(path: Path) -> tuple[int, int] | None:
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_size, found.st_mtime_ns
    return None


def _same(written: bytes | None, step: Step) -> bytes | None:
    """The file of charges; written again before it is marked it is the same."""
    if step.written is None or not step.written.exists():
        return written
    now = step.written.read_bytes()
    assert written is None or now == written, "the same charges were written with other content"
    return now


def _last_batch(store: str) -> int:
    with looking(store) as connection:
        return connection.execute(select(func.max(schema.charge_batches.c.id))).scalar() or 0


# What must hold


@dataclass(frozen=True, slots=True)
class Reference:
    """What uninterrupted nights came to: the store after each and after retention, reports, seconds of each command."""

    kept: tuple[Kept, ...]
    reports: list[Any]
    seconds: dict[str, float]


def reference(folder: Path, store: str, work: Workload) -> Reference:
    """Run the nights without a break."""
    nights = Nights(folder, store, work, seconds=dict.fromkeys(_GUESS, 0.0))
    found = tuple(nights.all())
    checked(nights)
    found = (*found, nights.remove())
    return Reference(found, reports_of(folder), nights.seconds)


def killed_and_checked(nights: Nights, wanted: Reference) -> None:
    """Run the nights with kills; after each the store is what it is without."""
    for number, found in enumerate(nights.all()):
        differences = found.differences(wanted.kept[number])
        assert not differences, f"night {number + 1}, after {nights.hits}: {differences}"
    for told, expected in zip(reports_of(nights.folder), wanted.reports, strict=True):
        other = {key: (part, expected[key]) for key, part in told.items() if part != expected[key]}
        assert not other, f"a night was reported differently, after {nights.hits}: {str(other)[:2_000]}"
    checked(nights)
    differences = nights.remove().differences(wanted.kept[-1])
    assert not differences, f"removing, after {nights.hits}: {differences}"
    assert open_runs(nights.store) == 0


def checked(nights: Nights) -> None:
    """What must hold by itself, whatever the nights are compared with."""
    assert open_runs(nights.store) == 0
    with looking(nights.store) as connection:
        kind = schema.files.c.kind == "hl7"
        raw = select(schema.records.c.raw).join_from(schema.records, schema.files).where(kind)
        there = Counter(bytes(row[0]).strip(b"\x0b\x1c\r\n") for row in connection.execute(raw))
        marks = connection.execute(select(schema.sent.c.charge, schema.sent.c.kind, schema.sent.c.units)).all()
    messages = Counter({text: n for text, n in there.items() if text.startswith(b"MSH")})
    assert messages == nights.work.messages, "a message is missing or there too often"
    assert {(c, k): units for c, k, units in marks} == {key: units for key, (_, units) in nights.ledger.items()}
    balance: Counter[str] = Counter()
    for (_, kind_), (line, units) in nights.ledger.items():
        balance[line] += units if kind_ == "CG" else -units
    standing = {row[0]: row[2] for rows in kept(nights.store).lines.values() for row in rows}
    assert {line: units for line, units in balance.items() if units} == standing, (
        "billing does not agree with the store"
    )
    path = sqlite_path(nights.store)
    if path is not None:
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def reports_of(folder: Path) -> list[Any]:
    """The reports of the nights without number and time; a run that only found the work done is left out."""
    told = []
    for path in sorted((folder / "reports").glob("run-*.json"), key=lambda p: int(p.stem.partition("-")[2])):
        report = json.loads(path.read_text("utf-8"))
        if report["totals"]["files_new"]:
            told.append({**report, "run": {k: report["run"][k] for k in ("policy", "timezone", "profile")}})
    return told


# Many of them

PER_SEQUENCE = 12
Stores = Callable[[], AbstractContextManager[str]]
"""Makes a fresh store, for as long as the block runs."""


@dataclass(slots=True)
class Campaign:
    """What came of many kills."""

    seed: int
    hits: list[Hit] = field(default_factory=list)
    sequences: int = 0
    missed: int = 0
    busy: int = 0


def campaign(
    folder: Path, stores: Stores, work: Workload, kills: int, seed: int, told: Callable[[Campaign], None] = print
) -> Campaign:
    """Nights upon nights until so many kills have struck; an AssertionError says what was amiss, and the seed."""
    made = Campaign(seed)
    with stores() as store:
        wanted = reference(folder / "reference", store, work)
    while len(made.hits) < kills:
        made.sequences += 1
        place = folder / f"nights-{made.sequences}"
        chance = Random(f"{seed} {made.sequences}")
        left = min(PER_SEQUENCE, kills - len(made.hits))
        with stores() as store:
            nights = Nights(place, store, work, chance, left, dict(wanted.seconds))
            try:
                killed_and_checked(nights, wanted)
            except AssertionError as problem:
                problem.add_note(f"seed {seed}, nights {made.sequences}, kills {nights.hits}")
                raise
        shutil.rmtree(place)
        made.hits += nights.hits
        made.missed += nights.missed
        made.busy += nights.busy
        told(made)
    return made
