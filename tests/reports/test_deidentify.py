"""De-identified results: nothing charted that could name somebody remains, and every minute and code does."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from reports.deidentify import KeyTooShortError, deidentified
from reports.json_output import json_pieces
from reports.workbook import workbook
from tests.schema_check import valid
from tests.workbench.commands import NEW_YORK, run
from timeline.model import CodedEncounter, Result
from workbench import analyze

KEY = b"a secret of one hospital"
# Everything that could name somebody, wherever it may be charted.  All invented.
CHART = """encounter_id,patient_id,order_id,drug,route,site,action,time,nurse,department,comment
ACCT-778812,MRN-55501,ORD-9001,vancomycin,IV,Garcia left arm,New Bag,2026-03-10 23:00,NURSE-JONES,WARD-7B,call son Pablo
ACCT-778812,MRN-55501,ORD-9001,vancomycin,IV,Garcia left arm,Stopped,2026-03-11 02:00,NURSE-JONES,WARD-7B,
ACCT-778812,MRN-55501,ORD-9002,trial drug of Mrs Garcia,IV,Garcia left arm,New Bag,2026-03-11 02:10,NURSE-JONES,WARD-7B,
ACCT-778899,MRN-55501,ORD-9003,Zofran 4 mg,IV push,arm,Given,2026-03-11 09:00,NURSE-SMITH,WARD-7B,
ACCT-990000,MRN-66602,ORD-9004,cefazolin,IV,arm,New Bag,2026-03-08 01:30,NURSE-SMITH,WARD-7B,
ACCT-990000,MRN-66602,ORD-9004,cefazolin,IV,arm,Stopped,2026-03-08 03:30,NURSE-SMITH,WARD-7B,
"""
SECRETS = (
    "778812", "778899", "990000", "55501", "66602", "ORD-", "Garcia", "garcia", "Pablo", "JONES", "SMITH", "WARD",
    "2026-03-10", "2026-03-11", "2026-03-08", "trial",
)  # fmt: skip


@cache
def original() -> Result:
    frame = pd.read_csv(io.StringIO(CHART), dtype=str)
    return analyze(frame, timezone="America/New_York").result


def changed(key: bytes = KEY) -> Result:
    return deidentified(original(), key)


def text(result: Result) -> str:
    return "".join(json_pieces(result))


def bills(result: Result) -> list[list[tuple[str, int, int]]]:
    return sorted([[(x.code, x.units, x.minutes) for x in e.lines] for e in result.encounters])


def test_nothing_that_names_somebody_remains() -> None:
    told = text(changed())
    assert [s for s in SECRETS if s in told] == []
    valid(changed())


def test_no_workbook_gives_it_away_either() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook(changed())))
    told = "\n".join(str(c) for n in book.sheet_names for row in book.get_sheet_by_name(n).to_python() for c in row)
    assert [s for s in SECRETS if s in told] == []


def test_codes_units_and_minutes_stay() -> None:
    assert bills(changed()) == bills(original())
    assert sum(len(e.queries) for e in changed().encounters) == sum(len(e.queries) for e in original().encounters) > 0


def start(coded: CodedEncounter) -> datetime:
    first = coded.timeline.start
    assert first is not None
    return coded.timeline.local(first)


def test_dates_move_by_whole_weeks_alike_for_one_patient() -> None:
    before = {bills_key(e): start(e) for e in original().encounters}
    after = {bills_key(e): start(e) for e in changed().encounters}
    moved = {key: (before[key].replace(tzinfo=None) - after[key].replace(tzinfo=None)) for key in before}
    assert all(gap.days % 7 == 0 and gap.seconds == 0 and gap.days >= 7 for gap in moved.values())
    same = [moved[key] for key in moved if key in (("96365", "96366"), ("96374",))]
    assert len(set(same)) == 1


def bills_key(coded: CodedEncounter) -> tuple[str, ...]:
    return tuple(sorted({x.code for x in coded.lines}))


def test_an_hour_lost_in_spring_stays_lost_only_once() -> None:
    """Cefazolin 01:30 to 03:30 over the change of 8 March ran 60 minutes: 96365, and no more after the move."""
    lines = next(e.lines for e in changed().encounters if bills_key(e) == ("96365",))
    assert [(x.code, x.units, x.minutes) for x in lines] == [("96365", 1, 60)]


def test_the_same_key_gives_the_same_names_and_another_key_others() -> None:
    ids = [e.timeline.patient_id for e in changed().encounters]
    assert text(changed()) == text(changed())
    assert len(set(ids)) == 2
    assert set(ids).isdisjoint({e.timeline.patient_id for e in changed(b"a secret of another one").encounters})


def test_known_drugs_keep_their_name_and_unknown_ones_lose_it() -> None:
    drugs = {a.drug for e in changed().encounters for a in e.timeline.administrations}
    assert drugs == {"vancomycin", "ondansetron", "cefazolin", "unlisted drug 1"}


def test_the_result_says_that_it_must_not_be_coded_again() -> None:
    assert next(f.code for f in changed().findings) == "deidentified"


def test_a_short_key_is_refused() -> None:
    with pytest.raises(KeyTooShortError, match="at least 16"):
        changed(b"short")


def test_the_command_needs_both_options(tmp_path: Path) -> None:
    chart, key = tmp_path / "garcia.csv", tmp_path / "key"
    chart.write_text(CHART, encoding="utf-8")
    key.write_bytes(KEY)
    words = ("analyze", str(chart), *NEW_YORK, "--format", "json")
    assert run(*words, "--deidentify").exit_code == 2
    assert run(*words, "--key", str(key)).exit_code == 2
    result = run(*words, "--deidentify", "--key", str(key))
    assert result.exit_code == 0
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["findings"][0]["code"] == "deidentified"
    assert [s for s in SECRETS if s in result.stdout] == []
    assert date.fromisoformat(document["encounters"][0]["lines"][0]["date"]) < date(2026, 3, 8)
