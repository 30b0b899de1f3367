"""Visits and orders beside administrations: neither order nor repetition of the input changes anything."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers import read
from reports.json_output import result_to_dict
from tests.parsers.context_charts import adt, merge, order
from tests.parsers.hl7_charts import rxa
from timeline import build, code

ENCOUNTERS = ("E1", "E2")
PATIENTS = ("P1", "P2")
HOURS = st.integers(8, 20)
CLOCKS = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", HOURS, st.sampled_from((0, 5, 31, 45)))


@st.composite
def administrations(draw: st.DrawFn) -> str:
    """One RAS message: a drug from a start to a stop, or without one."""
    start = draw(CLOCKS)
    length = draw(st.sampled_from((0, 20, 95, 170)))
    begin = int(start[:2]) * 60 + int(start[3:])
    stop = f"20260310{(begin + length) // 60:02}{(begin + length) % 60:02}" if length else ""
    number = draw(st.integers(1, 4))
    drug = f"D{number}^{('vancomycin', 'cefepime', 'ondansetron', 'famotidine')[number - 1]}^99MAR"
    pid = f"{draw(st.sampled_from(PATIENTS))}^^^SAMPLE^MR"
    segments = (
        f"ORC|RE|PL{number}|O{number}",
        rxa(f"20260310{start.replace(':', '')}", stop, drug, status="" if stop else "CP", f9="" if stop else "New Bag"),
        f"RXR|IVPB|{draw(st.sampled_from(('', 'IV1', 'IV2')))}",
    )
    return order(*segments, kind="RAS^O17", pid=pid, visit=draw(st.sampled_from(ENCOUNTERS)))


@st.composite
def visits(draw: st.DrawFn) -> str:
    """One ADT message about one of the visits."""
    trigger = draw(st.sampled_from(("A01", "A02", "A03", "A04", "A06", "A07", "A08", "A11", "A12", "A13")))
    return adt(
        trigger,
        draw(CLOCKS),
        draw(st.sampled_from(("E", "OBS", "I", "O"))),
        occurred=draw(st.one_of(st.just(""), CLOCKS)),
        admitted=draw(st.one_of(st.just(""), CLOCKS)),
        ward=draw(st.sampled_from(("", "ED", "4W"))),
        visit=draw(st.sampled_from(ENCOUNTERS)),
        patient=draw(st.sampled_from(PATIENTS)),
    )


@st.composite
def orders(draw: st.DrawFn) -> str:
    """One order, as new, changed or discontinued."""
    number = draw(st.integers(1, 4))
    orc = f"ORC|{draw(st.sampled_from(('NW', 'XO', 'DC')))}|PL{number}|O{number}"
    written = f"20260310{draw(CLOCKS).replace(':', '')}"
    rxe = f"RXE|1^^M{draw(st.sampled_from((20, 30, 95)))}|D{number}^vancomycin^99MAR|100||mL"
    visit = draw(st.sampled_from(ENCOUNTERS))
    return order(f"{orc}||||||{written}", rxe, pid="P1", visit=visit)


@st.composite
def merges(draw: st.DrawFn) -> str:
    old, new = draw(st.permutations(PATIENTS))
    return merge("A40", new, old, entered=draw(CLOCKS))


FEEDS = st.tuples(
    st.lists(administrations(), min_size=1, max_size=6),
    st.lists(visits(), max_size=6),
    st.lists(orders(), max_size=3),
    st.lists(merges(), max_size=2),
).map(lambda parts: [message for part in parts for message in part])
_PLACES = frozenset({"source", "sources", "inputs", "control_id"})


def coded(*files: list[str]) -> dict[str, Any]:
    """The JSON of these files, places and counts of records left out."""
    with TemporaryDirectory() as folder:
        for number, messages in enumerate(files):
            Path(folder, f"{number}.hl7").write_text("".join(messages), encoding="utf-8", newline="")
        reading = read(folder, timezone="America/Chicago")
    assert reading.records == sum(len(messages) for messages in files)
    assert not reading.rejected
    found = json.loads(msgspec.json.encode(result_to_dict(code(build(reading)))))
    for counted in ("records", "used", "ignored"):
        del found["summary"][counted]
    del found["ignored"]
    return _without_places(found)  # type: ignore[no-any-return]


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_places(part) for name, part in value.items() if name not in _PLACES}
    return [_without_places(part) for part in value] if isinstance(value, list) else value


def renumbered(messages: list[str]) -> list[str]:
    """The same messages sent again under other control ids: nobody can tell from MSH-10 that they are resent."""
    return [re.sub(r"\|C(\d+)\|P\|", r"|R\1|P|", message) for message in messages]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(feed=FEEDS, seed=st.integers(0, 1000))
def test_neither_order_nor_repetition_changes_anything(feed: list[str], seed: int) -> None:
    once = coded(feed)
    shuffled = list(feed)
    random.Random(seed).shuffle(shuffled)
    assert coded(shuffled) == once
    assert coded(feed, shuffled) == once
    assert coded(feed, renumbered(shuffled)) == once
