"""``--keep``: what goes, what stays, and that nothing that was sent is taken back for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import select

from reports.night import NightReport
from tests.parsers.context_charts import merge
from tests.parsers.fhir_resources import Json, bundle, r4
from tests.parsers.pump_messages import event
from tests.properties.searching import searched
from tests.store.bench import Arrived, Bench, differing
from tests.store.charts import at, entry, hang, night, push
from tests.store.month import month
from tests.store.playing import charged, marked, units_of
from workbench.store.database import opened
from workbench.store.intake import RETIRED
from workbench.store.schema import encounters

P1 = "P1^^^SAMPLE^MR"


def on(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def removed(bench: Bench) -> set[str]:
    with opened(bench.url) as store, store.reading() as connection:
        gone = select(encounters.c.number).where(encounters.c.retired.is_(True))
        return {row.number for row in connection.execute(gone)}


def adds_up(bench: Bench, report: NightReport) -> None:
    """The totals of the report are those of the store."""
    stands = bench.standing()
    totals = report.totals
    assert (totals.encounters, totals.lines) == (len(stands), len(units_of(stands)))
    assert totals.queries_open == sum(len(stand.queries) for stand in stands.values())
    assert round(totals.amount or 0, 2) == round(sum(stand.amount or 0 for stand in stands.values()), 2)


def merged(now: str, before: str, day: int) -> str:
    time = at(f"{day} 09:00")
    return merge("A42", P1, f"{P1}||||{before}", pv1=f"1|O{'|' * 17}{now}", sent=time, entered=time)


def test_an_old_encounter_goes_with_its_records_and_nothing_else(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "09:00")), now=on(11))
    bench.run(night(hang("20 08:00", "20 09:00", encounter="E2", patient="P2")), now=on(21))
    before = bench.standing()
    report = bench.run(night(), keep_days=5, now=on(21))
    assert (report.totals.encounters_removed, report.changes) == (1, ())
    adds_up(bench, report)
    assert removed(bench) == {"E1"}
    assert bench.standing() == {"E2": before["E2"]}
    rows = bench.rows()
    assert len(rows["events"]) == len(rows["records"]) == 2
    assert {row[0] for row in rows["patients"]} == {2}
    # nothing more to remove on the next night, and on a dry one neither
    assert bench.run(night(), keep_days=5, now=on(21)).totals.encounters_removed == 0


def test_what_was_sent_stays_and_is_not_credited(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "09:00")), now=on(11))
    charged(bench, 1)
    marked(bench, 1)
    bench.run(night(), keep_days=5, now=on(21))
    assert len(bench.rows()["sent"]) == 1
    assert charged(bench, 0, release=True).charges == ()


def test_a_late_entry_for_what_was_removed_is_told_and_not_coded(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "09:00")), now=on(11))
    bench.run(night(), keep_days=5, now=on(21))
    report = bench.run(night(push("08:30", charted="21 07:00")), now=on(22))
    assert [entry.code for entry in report.rejected if entry.code != "folder-empty"] == [RETIRED]
    assert (report.changes, bench.standing(), report.totals.encounters) == ((), {}, 0)


def test_the_same_file_is_still_known(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    fed = night(hang("08:00", "09:00"))
    bench.run(fed, now=on(11))
    bench.run(night(), keep_days=5, now=on(21))
    report = bench.run(fed, now=on(22))
    assert (report.totals.files_new, report.totals.files_known, report.changes) == (0, 1, ())


def test_encounters_of_one_date_go_together(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "09:00"), hang("20:00", "21:00", encounter="E2")), now=on(11))
    # By the hour the first is older than a day and the second is not: without the first, 59 would go from the second.
    report = bench.run(night(), keep_days=1, now=on(11, 18))
    assert report.totals.encounters_removed == 0
    report = bench.run(night(push("21:30", encounter="E2", order="B")), now=on(12))
    assert [(x.kind, x.code, x.modifiers) for x in report.changes[0].lines] == [("new", "96375", ("59",))]
    report = bench.run(night(), keep_days=1, now=on(13))
    assert (report.totals.encounters_removed, removed(bench)) == (2, {"E1", "E2"})


def test_an_encounter_that_took_in_an_old_one_keeps_its_lines(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    both = (hang("08:00", "09:00"), hang("14 08:00", "14 09:00", encounter="E2"), merged("E2", "E1", 14))
    bench.run(night(*both), now=on(15))
    before = bench.standing()
    report = bench.run(night(), keep_days=3, now=on(15))
    assert report.totals.encounters_removed == 0
    assert bench.run(night(), recode=True, now=on(15)).changes == ()
    assert bench.standing() == before


def test_an_encounter_known_only_by_what_was_merged_into_it_goes_as_well(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "09:00"), merged("E2", "E1", 10)), now=on(11))
    assert set(bench.standing()) == {"E2"}
    report = bench.run(night(), keep_days=5, now=on(21))
    adds_up(bench, report)
    assert (report.totals.encounters_removed, bench.standing()) == (1, {})
    assert bench.run(night(), recode=True, now=on(21)).changes == ()


def test_pumps_of_years_do_not_keep_old_encounters(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    pumped = event("08:00", "START", patient="P1", visit="")
    later = pumped.replace("20260310", "20260324")
    bench.run(night(hang("08:00", "09:00"), pumped), now=on(11))
    bench.run(night(hang("24 08:00", "24 09:00", encounter="E2"), later), now=on(25))
    report = bench.run(night(), keep_days=5, now=on(25))
    assert removed(bench) == {"E1"}
    adds_up(bench, report)
    before = bench.standing()
    assert bench.run(night(), recode=True, now=on(25)).changes == ()
    assert bench.standing() == before


def test_a_later_version_of_what_was_removed_is_not_coded(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    [first, second] = [entry("08:00", "New Bag"), entry("09:00", "Stopped")]
    bench.run(night(first), now=on(11))
    report = bench.run(night(), keep_days=5, now=on(21))
    adds_up(bench, report)
    report = bench.run(night(second, push("21 08:00", encounter="E3")), now=on(22))
    assert set(bench.standing()) == {"E3"}
    adds_up(bench, report)


def test_what_a_run_reports_goes_in_the_next_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    report = bench.run(night(hang("08:00", "09:00")), keep_days=5, now=on(21))  # a late delivery
    assert (report.totals.encounters_new, report.totals.encounters_removed) == (1, 0)
    adds_up(bench, report)
    report = bench.run(night(push("08:30", order="B", charted="21 07:00")), keep_days=5, now=on(21))
    assert (report.totals.lines_new, report.totals.encounters_removed) == (1, 0)
    adds_up(bench, report)
    report = bench.run(night(), keep_days=5, now=on(21))
    assert (report.changes, report.totals.encounters_removed) == ((), 1)
    adds_up(bench, report)


MEDICATION = {"resourceType": "Medication", "id": "m1", "code": {"text": "lactated ringers"}}


def _fhir(*resources: Json) -> Arrived:
    return Arrived({"a/fhir.json": bundle(*resources)})


def _given(number: str, encounter: str, day: int, **more: Any) -> Json:
    """Forty minutes of the one Medication, on a day of March."""
    told = r4(
        number,
        medicationCodeableConcept=None,
        medicationReference={"reference": "Medication/m1"},
        context={"reference": f"Encounter/{encounter}"},
        **more,
    )
    moved: Json = json.loads(json.dumps(told).replace("2026-03-10T", f"2026-03-{day}T"))
    return moved


def test_what_fhir_says_once_and_refers_to_for_years_stays(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    number = {"type": {"coding": [{"code": "MR"}]}, "value": "MRN1"}
    patient = {"resourceType": "Patient", "id": "p1", "identifier": [number]}
    bench.run(_fhir(MEDICATION, patient, _given("a1", "e1", 10)), now=on(11))
    bench.run(_fhir(_given("a2", "e2", 20)), now=on(21))
    fluid = [("96360", 1)]
    assert bench.run(night(), keep_days=5, now=on(21)).totals.encounters_removed == 1
    # a new administration, and a later version of one that was kept
    bench.run(_fhir(_given("a3", "e3", 21), _given("a2", "e2", 20, meta={"versionId": "2"})), now=on(22))
    stands = bench.standing()
    assert {n: [(x[1], x[2]) for x in s.lines] for n, s in stands.items()} == {"e2": fluid, "e3": fluid}
    assert {row[1] for row in bench.rows()["patients"]} == {"MRN1"}


def test_a_file_kept_whole_goes_with_the_first_of_its_encounters(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    others = _given("a2", "e2", 20, subject={"reference": "Patient/p2"})
    bench.run(_fhir(r4("a1"), MEDICATION, others), now=on(21))
    assert sum(row[-1] is not None for row in bench.rows()["files"]) == 1
    assert bench.run(night(), keep_days=5, now=on(21)).totals.encounters_removed == 1
    assert set(bench.standing()) == {"e2"}
    assert [row[-1] for row in bench.rows()["files"]] == [None]


@searched(3, weight=5, seed=st.integers(0, 10**6), days=st.integers(1, 4))
def test_what_is_kept_is_coded_as_if_nothing_had_gone(seed: int, days: int) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for arrived in month(seed, 5, 10):
            bench.run(arrived)
        before = bench.standing()
        for number in range(2):
            report = bench.run(Arrived({}), keep_days=days, now=on(16) + timedelta(days=number))
            adds_up(bench, report)
            assert report.changes == ()
            kept = bench.standing()
            assert all(before[encounter] == stand for encounter, stand in kept.items())
            report = bench.run(Arrived({}), recode=True, now=on(16) + timedelta(days=number))
            assert report.changes == ()
            assert differing(bench.standing(), kept) == {}
