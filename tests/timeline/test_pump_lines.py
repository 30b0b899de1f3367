"""What pumps beside the chart bill, and what the evidence of a line says of them."""

from __future__ import annotations

import pytest

import timeline as coding
from parsers.events import OrderContext, Route, Source
from tests.parsers.pump_messages import event
from tests.timeline.test_pump_evidence import NINETY, OPEN, coded, reading, units


def test_the_line_says_that_the_stop_is_the_pumps() -> None:
    result = coded(OPEN, *NINETY)
    # 90 minutes: one unit, no additional hour
    assert units(result) == {"96365": 1}
    (line,) = result.encounters[0].lines
    texts = [b.text for b in _all(line.because)]
    assert "vancomycin: no stop is charted; the infusion pump's is used." in texts
    assert result.encounters[0].queries == ()


def test_the_line_says_that_the_chart_stood_against_the_pump() -> None:
    result = coded("08:00-10:00 vancomycin IV1", event("08:00", "START"), event("09:00", "COMP"))
    # 120 minutes charted: 1 + floor(89 / 60) = 2 hours
    assert units(result) == {"96365": 1, "96366": 1}
    texts = [b.text for line in result.encounters[0].lines for b in _all(line.because)]
    assert "vancomycin: the charted times are used; the pump stopped 60 minutes before the charted stop." in texts


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # charted 08:00-10:00 = 120 min: 96365 + floor(89/60) = 1; the pump 08:00-09:00 = 60 min: 96365
        ("fill", {"96365": 1, "96366": 1}),
        ("prefer", {"96365": 1}),
        ("ignore", {"96365": 1, "96366": 1}),
    ],
)
def test_each_value_of_the_switch_on_a_contradiction(value: str, expected: dict[str, int]) -> None:
    messages = (event("08:00", "START"), event("09:00", "COMP"))
    assert units(coded("08:00-10:00 vancomycin IV1", *messages, pump_evidence=value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # 08:00-09:45 = 105 min: 96365 + floor(74/60) = 1; without a stop the hour waits for an answer
        ("fill", {"96365": 1, "96366": 1}),
        ("prefer", {"96365": 1, "96366": 1}),
        ("ignore", {}),
    ],
)
def test_each_value_of_the_switch_on_a_missing_stop(value: str, expected: dict[str, int]) -> None:
    result = coded(OPEN, event("08:00", "START"), event("09:45", "COMP"), pump_evidence=value)
    assert units(result) == expected
    assert len(result.encounters[0].queries) == (1 if value == "ignore" else 0)


@pytest.mark.parametrize(("value", "expected"), [("code", {"96365": 1}), ("unbilled", {})])
def test_each_value_of_the_switch_on_a_run_nobody_charted(value: str, expected: dict[str, int]) -> None:
    result = coded("", *NINETY, pump_only=value)
    assert units(result) == expected
    (encounter,) = result.encounters
    assert [f.code for f in encounter.findings if f.code == "pump-only"] == ["pump-only"]
    (row,) = encounter.ledger
    assert (row.documented, row.charged, row.unbilled) == ((90, 90, 0) if value == "code" else (90, 0, 90))
    if value == "unbilled":
        (aside,) = encounter.unbilled
        assert aside.reason == "shown by a pump only"


def test_the_order_of_a_pump_says_its_route() -> None:
    order = OrderContext(Source("orders"), ("PL7",), encounter_id="E1", route=Route.IVPB)
    messages = (event("08:00", "START", order="PL7"), event("09:30", "COMP", order="PL7"))
    (made,) = coding.build(reading("", *messages, orders=(order,))).encounters
    assert [a.route for a in made.administrations] == [Route.IVPB]


def _all(because: coding.Because) -> list[coding.Because]:
    return [because, *(b for child in because.children for b in _all(child))]
