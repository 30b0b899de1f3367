"""Hydration at a rate that only keeps the vein open: the finding says for how much of its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers import read
from timeline import build, code


@pytest.mark.parametrize(
    ("later", "says"),
    [
        # 10 mL/h keeps a vein open (facility: up to 30 mL/h), from 08:00 to 12:40: 280 of 280 minutes
        ("", "for all of its time"),
        # 125 mL/h from 10:00 on is hydration: 120 of 280 minutes were slow
        ("E1,A,normal saline,hydration,IV,IV1,Rate Change,2026-03-10 10:00,125,mL/h\n", "for part of its time"),
    ],
)
def test_how_long_it_was_slow(tmp_path: Path, later: str, says: str) -> None:
    chart = tmp_path / "chart.csv"
    chart.write_text(
        "encounter_id,order_id,drug,category,route,site,action,time,rate,rate_unit\n"
        "E1,A,normal saline,hydration,IV,IV1,New Bag,2026-03-10 08:00,10,mL/h\n"
        f"{later}"
        "E1,A,normal saline,hydration,IV,IV1,Stopped,2026-03-10 12:40,,\n"
    )
    (coded,) = code(build(read([chart]))).encounters
    (finding,) = [f for f in coded.findings if f.code == "kvo-rate"]
    assert says in finding.message
