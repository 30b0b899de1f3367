"""Whatever a file holds: no traceback, every record accounted for, and no value in a message."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import Reading, read
from parsers.clif import COLUMNS as CLIF_COLUMNS
from parsers.clock import Clock
from parsers.mar_columns import CANONICAL
from parsers.tables import read_table

CELLS = st.sampled_from(
    ["", "E1", "cefazolin", "2026-03-10T08:00", "2026-03-10", "Given", "New Bag", "Wobbled", "IV", "-1", '"', '"x',
     "a,b", "\n", "\r", "\x00", "1e999", "９", "2026-11-01T01:30", "0001-01-01T00:00+14:00", "delete", "yes"]
)  # fmt: skip
ROWS = st.lists(st.lists(CELLS, max_size=8), max_size=8)


def rendered(rows: list[list[str]]) -> bytes:
    header = "encounter_id,drug,action,time,start,stop,rate,correction\n"
    return (header + "".join(",".join(row) + "\n" for row in rows)).encode()


@given(ROWS)
def test_any_rows_add_up(rows: list[list[str]]) -> None:
    reading = read_table(rendered(rows), "mar.csv", Clock(None))
    assert reading.records == reading.used + sum(i.count for i in reading.ignored) + len(reading.rejected)
    assert reading.used == len(reading.events)
    assert all(e.time.utcoffset() is not None for e in reading.events)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))))
def test_any_bytes_give_a_reading_that_adds_up(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "input")
        path.write_bytes(data)
        reading = read(path)
    if reading.inputs:
        assert reading.records == sum(i.records for i in reading.inputs)
    assert all(r.message and r.fix for r in reading.rejected)


PLANTED = ("ZZMARKER19450212", "ZZMARKER^JANE", "ZZMARKER, JANE Q", "1945-02-12 ZZMARKER", "ZZMARKER" * 20)


def told(reading: Reading) -> str:
    rejected = (r.message + r.fix for r in reading.rejected)
    return "\n".join([*rejected, *(f.message + f.fix for f in reading.findings), *(i.reason for i in reading.ignored)])


@pytest.mark.parametrize("columns", [CANONICAL, CLIF_COLUMNS], ids=["mar-table", "clif"])
@pytest.mark.parametrize("identifier", PLANTED)
def test_a_planted_identifier_shows_in_no_message(tmp_path: Path, columns: tuple[str, ...], identifier: str) -> None:
    good = dict.fromkeys(columns, "") | {
        "encounter_id": "E1", "drug": "NS", "start": "2026-03-10T08:00", "hospitalization_id": "E1", "med_name": "NS",
        "admin_dttm": "2026-03-10T08:00", "mar_action_name": "Stopped",
    }  # fmt: skip
    rows = [[good[c] if c in columns else "" for c in columns]]
    rows += [[identifier if c == column else good[c] for c in columns] for column in columns]
    lines = ["\t".join(columns), *("\t".join(row) for row in rows)]
    (tmp_path / "in.tsv").write_text("\n".join(lines))
    (tmp_path / "headless.tsv").write_text("\n".join("\t".join([identifier, *row]) for row in rows[1:]))
    (tmp_path / f"{identifier[:40]}.txt").write_text(identifier)
    reading = read(tmp_path)
    assert reading.rejected
    assert "ZZMARKER" not in told(reading).upper()
    assert "1945" not in told(reading)
