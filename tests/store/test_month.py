"""Many nights end where one single pass over everything ends: the same lines for every encounter, and nothing more."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import strategies as st

from tests.properties.searching import searched
from tests.store.bench import FIRST, Arrived, Bench, differing, priced
from tests.store.month import TROUBLES, month
from tests.store.playing import Books, Played, charged, marked, play, units_of
from workbench import coding_run, night_coding

NIGHTS, STAYS = 30, 30
LAST = FIRST + timedelta(days=NIGHTS)
SEEDS = st.integers(0, 10**6)
SOME = st.sets(st.sampled_from(TROUBLES)).map(sorted)
"""Half of all that may go wrong: what is found is shown with as little of it as brings it about."""
TROUBLED = st.one_of(st.just(sorted(TROUBLES)), SOME)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, list[Played]]:
    """A fixed month, every night of it run, and held against a single pass every fifth night and at the end."""
    bench = Bench(tmp_path_factory.mktemp("month"))
    told = []
    for number, night in enumerate(play(bench, month(1, NIGHTS, STAYS)), start=1):
        told.append(night)
        if number % 5 == 0:
            assert differing(night.after, bench.single_pass()) == {}
    return bench, told


def test_a_month_of_nights_ends_as_one_pass_over_all_of_it(played: tuple[Bench, list[Played]]) -> None:
    bench, told = played
    assert differing(bench.standing(), bench.single_pass()) == {}
    assert len(told[-1].after) > STAYS  # second encounters came, some merged away
    assert sum(night.report.totals.encounters_changed for night in told) > STAYS // 2  # a lively month


def test_every_report_tells_the_difference_between_the_night_before_and_after(
    played: tuple[Bench, list[Played]],
) -> None:
    for night in played[1]:
        _tells_the_difference(night)


def _tells_the_difference(night: Played) -> None:
    before, after = night.before, night.after
    lines = [{x[0]: x for stand in side.values() for x in stand.lines} for side in (before, after)]
    told = night.report.totals
    both = lines[0].keys() & lines[1].keys()
    assert told.lines_new == len(lines[1].keys() - lines[0].keys())
    assert told.lines_withdrawn == len(lines[0].keys() - lines[1].keys())
    assert told.lines_changed == sum(lines[0][x][2] != lines[1][x][2] for x in both)
    amounts = [sum(stand.amount or 0 for stand in side.values()) for side in (before, after)]
    assert round(told.amount_change or 0, 2) == round(amounts[1] - amounts[0], 2)
    assert round(told.amount or 0, 2) == round(amounts[1], 2)
    assert told.queries_open == sum(len(stand.queries) for stand in after.values())
    assert (told.encounters, told.lines) == (len(after), sum(len(stand.lines) for stand in after.values()))
    assert told.encounters_new == len(after.keys() - before.keys())
    by_kind = [change.kind for encounter in night.report.changes for change in encounter.lines]
    assert len(by_kind) == told.lines_new + told.lines_withdrawn + told.lines_changed
    for encounter in night.report.changes:
        known = before.get(encounter.encounter_id)
        now = after.get(encounter.encounter_id)
        assert encounter.first_time == (known is None)
        assert encounter.first_time or encounter.causes
        assert encounter.queries_after == (len(now.queries) if now else 0)
        assert encounter.queries_before == (len(known.queries) if known else 0)
        assert (encounter.amount_after or 0) == pytest.approx(now.amount or 0 if now else 0)


def test_the_same_files_once_more_change_nothing(played: tuple[Bench, list[Played]]) -> None:
    bench, _ = played
    before = bench.rows()
    report = bench.again([bench.inboxes], now=LAST)
    assert report.changes == ()
    assert (report.totals.files_new, report.totals.encounters_coded, report.totals.events) == (0, 0, 0)
    after = bench.rows()
    for table in before.keys() - {"runs"}:
        assert after[table] == before[table], table


def test_the_same_messages_in_other_files_change_nothing(played: tuple[Bench, list[Played]], tmp_path: Path) -> None:
    bench, _ = played
    before = bench.rows()
    for number, path in enumerate(sorted(bench.inboxes.rglob("*.hl7"))):
        messages = path.read_bytes().split(b"MSH|")[1:]
        (tmp_path / f"{number}.hl7").write_bytes(b"".join(b"MSH|" + m for m in [*reversed(messages), *messages[:1]]))
    report = bench.again([tmp_path], now=LAST)
    assert report.changes == ()
    assert (report.totals.events, report.totals.encounters_coded) == (0, 0)
    assert report.totals.files_new > NIGHTS
    assert report.totals.records == report.totals.ignored + report.totals.rejected
    after = bench.rows()
    for table in before.keys() - {"runs", "files", "records"}:
        assert after[table] == before[table], table


@searched(8, weight=5, seed=SEEDS, nights=st.integers(3, 6), stays=st.integers(2, 12), troubles=TROUBLED)
def test_after_every_night_stands_what_one_pass_would_say(
    seed: int, nights: int, stays: int, troubles: Sequence[str]
) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for night in play(bench, month(seed, nights, stays, troubles), seed):
            assert differing(night.after, bench.single_pass()) == {}
            _tells_the_difference(night)


@searched(4, weight=5, seed=SEEDS, stays=st.integers(2, 10), cut=SEEDS, troubles=TROUBLED)
def test_it_does_not_matter_on_which_night_a_message_arrives(
    seed: int, stays: int, cut: int, troubles: Sequence[str]
) -> None:
    fed = month(seed, 4, stays, set(troubles) - {"tables", "rolling", "fhir"})
    told = [m for night in fed for data in night.files.values() for m in data.decode().split("MSH|")[1:]]
    ends = []
    for attempt in range(2):
        random = Random(cut + attempt)
        piles: list[list[str]] = [[] for _ in range(random.randint(1, 5))]
        for text in told:
            random.choice(piles).append(f"MSH|{text}")
        with TemporaryDirectory() as folder:
            bench = Bench(Path(folder))
            for pile in piles:
                bench.run(Arrived({"a/feed.hl7": "".join(pile).encode()} if pile else {}))
            ends.append(bench.standing())
    assert differing(*ends) == {}


@searched(8, weight=5, seed=SEEDS, nights=st.integers(3, 6), stays=st.integers(2, 12), troubles=TROUBLED)
def test_what_was_sent_adds_up_to_what_stands(seed: int, nights: int, stays: int, troubles: Sequence[str]) -> None:
    random, books, first = Random(f"sent {seed}"), Books(), 1
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for night in play(bench, month(seed, nights, stays, troubles), seed):
            if random.random() < 0.2:
                continue
            release = random.random() < 0.3
            found = charged(bench, first, release=release)
            books.check(found)
            if random.random() < 0.3:
                assert charged(bench, first, release=release) == found  # written once more: nothing counts as sent yet
            asked = {number for number, stand in night.after.items() if stand.queries}
            assert release or not asked & {charge.encounter_id for charge in found.charges}
            if found.charges and random.random() < 0.8:
                marked(bench, first)
                books.send(found)
                first = night.report.run + 1
        found = charged(bench, 0, release=True)
        assert not found.held
        books.send(found)
        if found.charges:
            marked(bench, 0)
        assert books.units() == units_of(bench.standing())
        assert charged(bench, 0, release=True).charges == ()


@searched(3, weight=5, seed=SEEDS, stays=st.integers(2, 10))
def test_a_dry_run_says_what_the_run_then_does_and_leaves_the_store_as_it_was(seed: int, stays: int) -> None:
    fed = month(seed, 3, stays)
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "store")
        other = Path(folder) / "elsewhere"
        for night in fed:
            paths = bench.arrive(night)
            there = Path(bench.url).exists()
            before = bench.rows() if there else None
            rehearsed = bench.again(paths, night, dry_run=True)
            assert Path(bench.url).exists() == there
            assert before == (bench.rows() if there else None)
            done = bench.again(paths, night)
            assert rehearsed == replace(done, dry_run=True)
        assert not other.exists()


def test_two_processes_write_the_same_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding_run, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(coding_run, "EVENTS_AT_ONCE", 25)
    stores = []
    for jobs in (1, 2):
        bench = Bench(tmp_path / str(jobs), jobs=jobs)
        for night in month(5, 3, 12):
            bench.run(night)
        stores.append(bench.rows())
    assert stores[0] == stores[1]


def test_touched_encounters_are_coded_in_parts_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for size in (1, 3, 1_000):
        bench = Bench(tmp_path / str(size))
        monkeypatch.setitem(night_coding.code_touched.__kwdefaults__, "at_once", size)
        reports = [bench.run(night) for night in month(17, 4, 12)]
        told.append(([(r.changes, r.totals) for r in reports], bench.standing()))
    assert told[0] == told[1] == told[2]


def test_other_rules_are_told_and_recode_brings_them_to_every_encounter(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for night in month(2, 4, 30):
        bench.run(night)
    before = bench.standing()
    bench.plan = priced({"concurrent_scope": "date", "second_access_initial": "allow", "missing_stop": "push"})
    told = bench.run(Arrived({}))
    assert [f.code for f in told.findings] == ["rules-changed"]
    assert (told.changes, bench.standing()) == ((), before)
    told = bench.run(Arrived({}), recode=True)
    assert "rules-changed" not in {f.code for f in told.findings}
    assert differing(bench.standing(), bench.single_pass()) == {}
    assert bench.standing() != before
    assert {cause.kind for change in told.changes for cause in change.causes} == {"rules"}
    assert bench.run(Arrived({}), recode=True).changes == ()


def test_a_store_that_was_moved_goes_on(tmp_path: Path) -> None:
    fed = month(3, 4, 8)
    bench = Bench(tmp_path / "one")
    for night in fed[:2]:
        bench.run(night)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    moved = Bench(tmp_path / "two", accesses=bench.accesses, classes=bench.classes, done=bench.done)
    for night in fed[2:]:
        moved.run(night)
    assert differing(moved.standing(), moved.single_pass()) == {}
