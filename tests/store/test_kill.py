"""Killed at any moment and started again, the nightly run loses nothing and bills nothing twice.

``KILLS`` says how many kills have to strike (5), ``KILL_SEED`` where; ``benchmarks/kill_nightly.py`` does hundreds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.store.killing import Campaign, campaign
from tests.store.killing_nights import workload
from tests.store.postgres import new_database

KILLS = int(os.environ.get("KILLS", "5"))
SEED = int(os.environ.get("KILL_SEED", "20260310"))
ENCOUNTERS = 1_100
"""New ones a night: several seconds of work, coded in two parts."""


def _quiet(_: Campaign) -> None: ...


@pytest.mark.kill
def test_a_run_that_is_killed_on_sqlite_goes_on_where_it_was(tmp_path: Path) -> None:
    numbers = count(1)

    @contextmanager
    def stores() -> Iterator[str]:
        path = tmp_path / f"night-{next(numbers)}.db"
        yield str(path)
        path.unlink()

    made = campaign(tmp_path, stores, workload(ENCOUNTERS, SEED), KILLS, SEED, _quiet)
    assert len(made.hits) == KILLS


@pytest.mark.server
def test_a_run_that_is_killed_on_postgres_goes_on_where_it_was(tmp_path: Path, postgres_server: str) -> None:
    def stores() -> AbstractContextManager[str]:
        return new_database(postgres_server)

    made = campaign(tmp_path, stores, workload(ENCOUNTERS, SEED), KILLS, SEED, _quiet)
    assert len(made.hits) == KILLS
