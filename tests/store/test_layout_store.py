"""The store itself: its tables as described, every body read back as it was written, and nobody's name told outside."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect, select

import workbench.store.layout as layout
from parsers.answers import GivenAnswer
from parsers.events import (
    AccessContext,
    Action,
    AdministrationEvent,
    Drug,
    Finding,
    Merge,
    OrderContext,
    PumpState,
    Rejected,
    Route,
    Source,
    StayContext,
)
from reports.charge import Charge
from reports.night import Cause, EncounterChange, LineChange, NightTotals
from tests.house.planted import MESSAGE, broken_messages, broken_tables, traces
from tests.store.bench import Bench
from tests.store.month import month
from tests.store.playing import charged, marked
from tests.workbench.commands import run
from workbench.store.bodies import fingerprint, key_text, reader, text_of
from workbench.store.database import opened
from workbench.store.schema import metadata
from workbench.store.understood import bodies

ZONES = st.sampled_from((UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=45))))
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001 - zones are drawn
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)  # NUL and half surrogates too
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SOURCES = st.builds(
    Source, ANY_TEXT, *[st.none() | st.integers(0, 2**40)] * 2, *[st.none() | ANY_TEXT] * 3, st.none() | st.integers(0)
)
DRUGS = st.builds(Drug, ANY_TEXT, *[st.none() | ANY_TEXT] * 3, st.sampled_from((None, "chemo", "blood")), st.booleans())
ORDERED = {name: st.none() | NUMBERS for name in ("ordered_minutes", "ordered_volume_ml", "ordered_rate_ml_per_hour")}
PUMPS = st.builds(
    PumpState,
    ANY_TEXT,
    st.sampled_from(("start", "stop", "complete", "report")),
    st.booleans(),
    st.sampled_from(("primary", "secondary")),
    st.booleans(),
    st.booleans(),
)
TEXTS = (
    "order_id", "patient_id", "payer", "action_text", "route_text", "site", "device", "dose_unit", "rate_unit", "nurse",
    "department", "patient_class", "comment",
)  # fmt: skip
FLOATS = ("dose", "volume_ml", "bag_volume_ml", "rate", "rate_ml_per_hour")
INSTANTS = ("stop", "recorded_at", "time_if_late", "stop_if_late")
EVERY_FIELD: dict[str, st.SearchStrategy[Any]] = {
    "source": SOURCES,
    "encounter_id": ANY_TEXT,
    "action": st.sampled_from(Action),
    "time": TIMES,
    "drugs": st.lists(DRUGS, min_size=1, max_size=3).map(tuple),
    "stop_from": st.sampled_from((None, "charted", "duration")),
    "route": st.none() | st.sampled_from(Route),
    "primary_drug": st.booleans(),
    "correction": st.sampled_from((None, "update", "delete")),
    "origin": st.sampled_from(("charted", "pump")),
    "pump": st.none() | PUMPS,
    **{name: st.none() | ANY_TEXT for name in TEXTS},
    **{name: st.none() | NUMBERS for name in FLOATS},
    **{name: st.none() | TIMES for name in INSTANTS},
    **ORDERED,
}
EVENTS = st.builds(AdministrationEvent, **EVERY_FIELD)
DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))
MONEY = st.none() | NUMBERS
LINES = st.builds(
    LineChange,
    st.sampled_from(("new", "withdrawn", "changed")),
    *[ANY_TEXT] * 2,
    st.lists(ANY_TEXT, max_size=2).map(tuple),
    DAYS,
    *[st.integers(0, 9)] * 2,
    *[MONEY] * 2,
    *[ANY_TEXT] * 2,
    st.lists(st.integers(0, 9), max_size=3).map(tuple),
)
CAUSES = st.builds(Cause, st.sampled_from(("late entry", "merge")), *[ANY_TEXT] * 3, *[st.none() | TIMES] * 2)
VALUES: dict[type[Any], st.SearchStrategy[Any]] = {
    AdministrationEvent: EVENTS,
    OrderContext: st.builds(
        OrderContext,
        SOURCES,
        st.lists(ANY_TEXT, min_size=1, max_size=3).map(tuple),
        route=st.none() | st.sampled_from(Route),
        drugs=st.lists(DRUGS, max_size=2).map(tuple),
        recorded_at=st.none() | TIMES,
        **ORDERED,
    ),
    StayContext: st.builds(
        StayContext,
        SOURCES,
        ANY_TEXT,
        st.sampled_from(("arrival", "status", "discharge")),
        TIMES,
        st.none() | TIMES,
        *[st.none() | ANY_TEXT] * 3,
        st.none() | TIMES,
        st.booleans(),
        st.none() | TIMES,
    ),
    AccessContext: st.builds(
        AccessContext, SOURCES, ANY_TEXT, ANY_TEXT, TIMES, st.none() | TIMES, *[st.none() | ANY_TEXT] * 2
    ),
    Merge: st.builds(Merge, SOURCES, st.sampled_from(("patient", "encounter")), ANY_TEXT, ANY_TEXT, st.none() | TIMES),
    GivenAnswer: st.builds(GivenAnswer, *[ANY_TEXT] * 7, SOURCES),
    Finding: st.builds(Finding, st.sampled_from(("info", "warning", "error")), *[ANY_TEXT] * 3, st.none() | SOURCES),
    Rejected: st.builds(Rejected, SOURCES, *[ANY_TEXT] * 3),
    EncounterChange: st.builds(
        EncounterChange,
        encounter_id=ANY_TEXT,
        patient_id=st.none() | ANY_TEXT,
        day=st.none() | DAYS,
        first_time=st.booleans(),
        lines=st.lists(LINES, max_size=2).map(tuple),
        queries_before=st.integers(0, 9),
        queries_after=st.integers(0, 9),
        amount_before=MONEY,
        amount_after=MONEY,
        causes=st.lists(CAUSES, max_size=2).map(tuple),
    ),
    NightTotals: st.builds(NightTotals, *[st.integers(0)] * 4),
    Charge: st.builds(
        Charge,
        id=ANY_TEXT,
        kind=st.sampled_from(("CG", "CR")),
        reason=st.sampled_from(("new", "changed", "withdrawn")),
        line=ANY_TEXT,
        revision=st.integers(1, 9),
        encounter_id=ANY_TEXT,
        patient_id=st.none() | ANY_TEXT,
        code=ANY_TEXT,
        modifiers=st.lists(ANY_TEXT, max_size=2).map(tuple),
        date=DAYS,
        units=st.integers(1, 99),
        start=st.none() | TIMES,
        stop=st.none() | TIMES,
        minutes=st.integers(0, 999),
        drug=ANY_TEXT,
        amount=MONEY,
        performed_by=st.none() | ANY_TEXT,
        department=st.none() | ANY_TEXT,
        run=st.integers(1, 99),
    ),
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that is not made yet, on either database."""
    return str(tmp_path / "night.db") if request.param == "sqlite" else str(request.getfixturevalue("database"))


def test_the_migrations_make_the_tables_of_the_schema(url: str) -> None:
    with opened(url, create=True) as store, store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        made = inspect(connection)
        for table in metadata.sorted_tables:
            here = {index.name for index in table.indexes}
            assert {index["name"] for index in made.get_indexes(table.name) if not _of_unique(index)} == here
            assert {u["name"] for u in made.get_unique_constraints(table.name)} == {
                c.name for c in table.constraints if type(c).__name__ == "UniqueConstraint"
            }
            # what a run removes takes with it what hangs on it
            assert {f["options"].get("ondelete") for f in made.get_foreign_keys(table.name)} <= {"CASCADE"}


def _of_unique(index: Any) -> bool:
    """PostgreSQL lists the index of a unique constraint among the indexes."""
    return "duplicates_constraint" in index


def test_the_newest_layout_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(layout.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [layout.NEWEST]


def test_every_field_of_an_event_is_tried() -> None:
    assert set(EVERY_FIELD) == {field.name for field in fields(AdministrationEvent)}


@pytest.mark.parametrize("cls", VALUES, ids=lambda cls: cls.__name__)
def test_a_body_read_back_is_what_was_written(cls: type[Any]) -> None:
    read: Callable[[str], Any] = reader(cls)

    @given(VALUES[cls])
    def search(value: Any) -> None:
        body = text_of(value)
        assert read(body) == value
        body.encode()  # what no database could hold is escaped
        assert "\x00" not in body

    search()


@given(EVENTS, SOURCES)
def test_an_event_is_the_same_wherever_it_stands(event: AdministrationEvent, elsewhere: Source) -> None:
    from dataclasses import replace

    body, mark = bodies(event)
    assert bodies(replace(event, source=elsewhere))[1] == mark
    assert bodies(reader(AdministrationEvent)(body))[1] == mark
    assert bodies(replace(event, comment=f"{event.comment}."))[1] != mark
    assert len(mark) == len(fingerprint(""))


@given(ANY_TEXT)
def test_a_number_is_kept_as_every_database_can_hold_it(text: str) -> None:
    kept = key_text(text)
    kept.encode()
    assert "\x00" not in kept


def test_a_month_reads_back_from_either_database(url: str, tmp_path: Path) -> None:
    there, here = Bench(tmp_path / "there", where=url), Bench(tmp_path / "here")
    for night in month(11, 4, 9):
        for bench in (there, here):
            bench.run(night)
    assert there.standing() == here.standing() == here.single_pass()
    assert charged(there, 0, release=True) == charged(here, 0, release=True)
    marked(there, 0)
    marked(here, 0)
    assert charged(there, 0).charges == charged(here, 0).charges == ()
    assert there.rows() == here.rows()


def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    paths = bench.arrive(month(1, 1, 4)[0])
    with opened(bench.url, create=True) as store:
        with store.reading() as connection:
            connection.execute(select(1))
        _only_the_owner(tmp_path)  # with the files beside it while it is open
    bench.again(paths)
    _only_the_owner(tmp_path)


def _only_the_owner(folder: Path) -> None:
    found = sorted(folder.glob("night.db*"))
    assert found
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in found} == {path.name: 0o600 for path in found}


def test_nothing_that_identifies_a_patient_is_told_outside_the_answer(tmp_path: Path) -> None:
    store, log, metrics = (tmp_path / name for name in ("night.db", "night.log", "night.prom"))
    for number, texts in enumerate(([MESSAGE], [text for _, text in broken_messages()]), start=1):
        inbox = tmp_path / f"inbox{number}"
        inbox.mkdir()
        (inbox / "feed.hl7").write_text("\r".join(texts), newline="")
        for place, (_, table) in enumerate(broken_tables()):
            if number == 2 and place % 7 == 0:
                (inbox / f"t{place}.csv").write_text(table)
        done = run(
            "nightly", str(inbox), "--store", str(store), "--timezone", "UTC", "--log", str(log), "--metrics",
            str(metrics),
        )  # fmt: skip
        assert done.exit_code in (0, 1)
        assert traces(done.stderr) == []
        for words in (
            ("charges", "--since", str(number), "--format", "dft"),
            ("charges", "--since", str(number), "--format", "csv", "--release"),
            ("mark-sent", str(number)),
            ("mark-sent", "99"),
            ("report", str(number)),
            ("report", "99"),
        ):
            done = run(*words, "--store", str(store))
            assert traces(done.stderr) == [], words
    told = log.read_text()
    assert told.count("\n") > 10
    assert traces(told) == traces(metrics.read_text()) == []
