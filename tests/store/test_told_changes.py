"""What a night reports, worked by hand: the lines that changed, the money, and what brought it about.

Of the sample rates 96365 and 96374 are $217.31, 96366 is $47.84 and 96367 $73.56.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reports.night import EncounterChange, NightReport
from tests.parsers.context_charts import adt, merge
from tests.store.bench import ZONE, Bench, answer, priced
from tests.store.charts import NURSE, UNIT, at, entry, hang, night, push

P1, P2 = "P1^^^SAMPLE^MR", "P2^^^SAMPLE^MR"


def told(report: NightReport) -> dict[str, list[tuple[str, str, int, int]]]:
    """By encounter: kind, code with modifiers, units before and after."""
    return {
        c.encounter_id: [(x.kind, "-".join((x.code, *x.modifiers)), x.units_before, x.units_after) for x in c.lines]
        for c in report.changes
    }


def causes(change: EncounterChange) -> list[tuple[str, str]]:
    return [(cause.kind, cause.text) for cause in change.causes]


def the_merge(now: str, before: str, day: str) -> str:
    return merge(
        "A42", P1, f"{P1}||||{before}", pv1=f"1|O{'|' * 17}{now}", sent=at(f"{day} 09:00"), entered=at(f"{day} 09:00")
    )


def counts(report: NightReport) -> tuple[int, int, int]:
    return report.totals.lines_new, report.totals.lines_withdrawn, report.totals.lines_changed


def test_a_stop_charted_two_days_later(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    first = bench.run(night(entry("08:00", "New Bag")))
    # A push or hours of infusion: no line is certain, and the stop is asked for.
    assert (told(first), first.totals.queries_open, first.totals.amount) == ({"E1": []}, 1, 0.0)
    second = bench.run(night(entry("09:00", "Stopped", charted="12 07:30")))
    assert told(second) == {"E1": [("new", "96365", 0, 1)]}
    (change,) = second.changes
    assert (change.first_time, change.queries_before, change.queries_after) == (False, 1, 0)
    assert (change.amount_before, change.amount_after) == (0.0, 217.31)
    assert causes(change) == [("late entry", "Stop of 09:00, charted 1 d 22 h later.")]
    (cause,) = change.causes
    zone = ZoneInfo(ZONE)
    assert cause.time == datetime(2026, 3, 10, 9, tzinfo=zone)
    assert cause.recorded_at == datetime(2026, 3, 12, 7, 30, tzinfo=zone)
    assert (cause.drug, cause.action, cause.nurse, cause.department) == ("vancomycin", "Stopped", NURSE, UNIT)
    assert change.lines[0].causes == (0,)
    assert (counts(second), second.totals.amount_change) == ((1, 0, 0), 217.31)
    assert (second.totals.encounters_changed, second.totals.queries_open) == (1, 0)


def test_a_stop_corrected_by_an_hour(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "11:00")))
    moved = [entry("11:00", "Stopped", correction="D", charted="12 07:00", nurse="N03", unit="ED")]
    report = bench.run(night(moved, entry("12:00", "Stopped", charted="12 07:01")))
    assert told(report) == {"E1": [("changed", "96366", 2, 3)]}
    (change,) = report.changes
    assert [(c.kind, c.nurse, c.department) for c in change.causes] == [
        ("correction", "N03", "ED"),
        ("late entry", NURSE, UNIT),
    ]
    assert [text for _, text in causes(change)] == [
        "Stop of 11:00 was taken back.",
        "Stop of 12:00, charted 1 d 19 h later.",
    ]
    (line,) = change.lines
    assert (line.amount_before, line.amount_after) == (95.68, 143.52)
    assert (report.totals.amount_change, report.totals.amount) == (47.84, 360.83)


def test_the_only_dose_taken_back_is_told_on_the_clock_of_the_encounter(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(push("10:00")))
    report = bench.run(night(push("10:00", correction="D", charted="12 06:00")))
    assert told(report) == {"E1": [("withdrawn", "96374", 1, 0)]}
    (change,) = report.changes
    assert causes(change) == [("correction", "Dose of 10:00 was taken back.")]
    assert change.day is not None
    assert change.day.isoformat() == "2026-03-10"
    assert (change.amount_before, change.amount_after, report.totals.amount_change) == (217.31, 0.0, -217.31)


def test_a_second_encounter_of_the_date_and_its_end(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("14:00", "15:00", encounter="E2")))
    # The earlier one arrives later: the other is now the second of that date.
    report = bench.run(night(hang("08:00", "09:00")))
    assert told(report) == {
        "E1": [("new", "96365", 0, 1)],
        "E2": [("new", "96365-59", 0, 1), ("withdrawn", "96365", 1, 0)],
    }
    assert [change.first_time for change in report.changes] == [True, False]
    assert causes(report.changes[1]) == [
        ("other encounter", "Another encounter of the patient on these dates changed.")
    ]
    back = [entry(clock, action, correction="D", charted="12 09:00") for clock, action in _HUNG]
    report = bench.run(night(back))
    assert told(report) == {
        "E1": [("withdrawn", "96365", 1, 0)],
        "E2": [("new", "96365", 0, 1), ("withdrawn", "96365-59", 1, 0)],
    }
    assert (report.totals.amount, report.totals.amount_change) == (217.31, -217.31)


_HUNG = (("08:00", "New Bag"), ("09:00", "Stopped"))


def test_encounters_merged_and_merged_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "09:00"), hang("14:00", "15:00", "cefepime", encounter="E2")))
    report = bench.run(night(the_merge("E2", "E1", "12")))
    # One visit with two drugs: an initial hour and a sequential one.
    assert told(report) == {
        "E1": [("withdrawn", "96365", 1, 0)],
        "E2": [("new", "96365", 0, 1), ("new", "96367", 0, 1), ("withdrawn", "96365-59", 1, 0)],
    }
    assert {kind for change in report.changes for kind, _ in causes(change)} == {"merge"}
    assert (report.totals.encounters, report.totals.lines) == (1, 2)
    assert report.totals.amount == 290.87
    assert report.totals.amount_change == round(290.87 - 2 * 217.31, 2)
    report = bench.run(night(the_merge("E1", "E2", "13")))
    assert told(report) == {
        "E1": [("new", "96365", 0, 1), ("new", "96367", 0, 1)],
        "E2": [("withdrawn", "96365", 1, 0), ("withdrawn", "96367", 1, 0)],
    }
    assert (report.totals.encounters, report.totals.amount_change) == (1, 0.0)


def test_patients_merged(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "09:00"), hang("14:00", "15:00", encounter="E2", patient="P2")))
    report = bench.run(night(merge("A40", P1, P2, sent=at("12 09:00"), entered=at("12 09:00"))))
    assert told(report) == {"E2": [("new", "96365-59", 0, 1), ("withdrawn", "96365", 1, 0)]}
    assert causes(report.changes[0]) == [("merge", "Two patient numbers were merged.")]
    assert report.totals.amount_change == 0.0


def test_a_merge_is_no_cause_for_what_other_patients_got(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "09:00"), hang("14:00", "15:00", encounter="E2", patient="P2"), push("10:00", **P3)))
    joined = merge("A40", P1, P2, sent=at("12 09:00"), entered=at("12 09:00"))
    report = bench.run(night(joined, push("10:30", "famotidine", order="B", **P3)))
    assert {c.encounter_id: [kind for kind, _ in causes(c)] for c in report.changes} == {
        "E2": ["merge"],
        "E3": ["new record"],
    }


P3 = {"encounter": "E3", "patient": "P3"}


def test_an_admission_told_later(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "09:00"), hang("14:00", "15:00", "cefepime", order="B")))
    # Inpatient from 13:00: what was given then is not billed to the outpatient encounter.
    admitted = at("13:00")
    report = bench.run(night(adt("A06", admitted, "I", sent=admitted, visit="E1", patient="P1")))
    assert told(report) == {"E1": [("withdrawn", "96367", 1, 0)]}
    assert causes(report.changes[0]) == [("visit", "A message about the patient class.")]
    assert (report.totals.amount_change, report.totals.amount) == (-73.56, 217.31)


def test_an_answer(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(entry("08:00", "New Bag")))
    ((_, what, administration, _),) = bench.standing()["E1"].queries
    report = bench.run(night(), [answer("E1", administration, what, "09:00")])
    assert told(report) == {"E1": [("new", "96365", 0, 1)]}
    assert causes(report.changes[0]) == [("answer", "The answer of RN 7 to the query about the stop.")]
    assert bench.run(night(), [answer("E1", administration, what, "09:00")]).changes == ()


def test_other_rules(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(night(hang("08:00", "08:40"), hang("20:00", "20:40", order="B")))
    bench.plan = priced({"same_drug_repeat": "sum"})
    report = bench.run(night(), recode=True)
    # Two bags of 40 minutes: the second gave a further hour of its own; added together they give none.
    assert told(report) == {"E1": [("withdrawn", "96366", 1, 0)]}
    assert [kind for kind, _ in causes(report.changes[0])] == ["rules"]


def test_without_rates_amounts_are_unknown(tmp_path: Path) -> None:
    bench = Bench(tmp_path, plan=priced(rates=False))
    bench.run(night(push("10:00")))
    report = bench.run(night(push("10:00", correction="D", charted="12 06:00")))
    assert told(report) == {"E1": [("withdrawn", "96374", 1, 0)]}
    assert (report.totals.amount, report.totals.amount_change) == (None, None)


@pytest.mark.parametrize("rates", [True, False])
def test_a_resend_under_another_time_of_sending_is_no_change(tmp_path: Path, rates: bool) -> None:
    bench = Bench(tmp_path, plan=priced(rates=rates))
    text = push("10:00")
    bench.run(night(text))
    parts = text.split("|", 7)
    parts[6] = at("14 03:00")
    report = bench.run(night("|".join(parts)))
    assert (report.changes, report.totals.events, report.totals.ignored) == ((), 0, 1)
