"""Doses given at once, and doses that were hung: the chart on the left, what ran on the right (rulebook 0b, 0d, 6)."""

from __future__ import annotations

import pytest

from tests.timeline.chart import findings, ran, timeline

BOLUS = [
    pytest.param(
        """
        08:00 New Bag heparin rate 12
        09:00 Bolus heparin
        10:00 Stopped heparin
        """,
        ["heparin 08:00-10:00 = 120"],
        id="a bolus from the bag that runs is part of it",
    ),
    pytest.param(
        """
        08:00 New Bag heparin rate 12
        08:00 Bolus heparin
        10:00 Stopped heparin
        """,
        ["heparin 08:00-10:00 = 120"],
        id="at the minute the bag starts: part of it",
    ),
    pytest.param(
        """
        08:00 Bolus heparin
        08:05 New Bag heparin rate 12
        10:05 Stopped heparin
        """,
        ["heparin 08:00 dose", "heparin 08:05-10:05 = 120"],
        id="a loading bolus before the bag is its own dose",
    ),
    pytest.param(
        """
        08:00 New Bag heparin rate 12
        10:00 Stopped heparin
        10:00 Bolus heparin
        """,
        ["heparin 08:00-10:00 = 120", "heparin 10:00 dose"],
        id="at the minute of the stop nothing runs any more",
    ),
    pytest.param(
        """
        08:00 New Bag heparin rate 12
        09:00 Paused heparin
        09:10 Bolus heparin
        09:30 Restarted heparin
        10:00 Stopped heparin
        """,
        ["heparin 08:00-09:00 09:30-10:00 = 90", "heparin 09:10 dose"],
        id="during a pause nothing runs",
    ),
    pytest.param(
        "08:00 Bolus heparin\n10:00 Bolus heparin",
        ["heparin 08:00 dose", "heparin 10:00 dose"],
        id="two boluses, two doses",
    ),
    pytest.param(
        """
        08:00 Bolus saline volume 1000
        08:45 Stopped saline
        """,
        ["saline 08:00-08:45 = 45"],
        id="a fluid bolus with a volume and a stop",
    ),
    pytest.param("08:00 Bolus saline volume 1000", ["saline 08:00-?"], id="a fluid bolus with a volume and no stop"),
]


@pytest.mark.parametrize(("chart", "expected"), BOLUS)
def test_bolus(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


GIVEN = [
    pytest.param("08:00 Given a", ["a 08:00 dose"], id="IV, nothing else charted: at once"),
    pytest.param("08:00 Given a route IVPB", ["a 08:00-?"], id="IVPB: an infusion without a stop"),
    pytest.param("08:00 Given a volume 100", ["a 08:00-?"], id="with a volume: an infusion without a stop"),
    pytest.param("08:00 Given a rate 200", ["a 08:00-?"], id="with a rate: an infusion without a stop"),
    pytest.param("08:00 Given a\n08:30 Stopped a", ["a 08:00-08:30 = 30"], id="with a later stop"),
    pytest.param("08:00 Given a route IVPB\n08:30 Stopped a", ["a 08:00-08:30 = 30"], id="IVPB with a later stop"),
    pytest.param("08:00 Given a\n08:20 Verify a rate 50", ["a 08:00-08:20?"], id="seen running later"),
    pytest.param("08:00 Given a\n08:30 Held a", ["a 08:00 dose"], id="the next dose was held"),
    pytest.param("08:00 Given a\n12:00 Given a", ["a 08:00 dose", "a 12:00 dose"], id="each Given is one"),
    pytest.param(
        """
        08:00 Given a route IVPB
        16:00 Given a route IVPB
        16:30 Stopped a
        """,
        ["a 08:00-? by 16:00", "a 16:00-16:30 = 30"],
        id="each IVPB Given is one, the stop is the second one's",
    ),
    pytest.param(
        """
        08:00 New Bag a
        08:30 Given a
        09:00 Stopped a
        """,
        ["a 08:00-09:00 = 60", "a 08:30 dose"],
        id="Given beside the bag that runs",
    ),
    pytest.param(
        """
        08:00 New Bag a
        09:00 Stopped a
        09:00 Given a
        """,
        ["a 08:00-09:00 = 60", "a 09:00 dose"],
        id="Given at the minute of the stop is not the next bag",
    ),
    pytest.param("08:00 Given a route IM", ["a 08:00 dose"], id="IM"),
    pytest.param("08:00 Given a route SC volume 1", ["a 08:00 dose"], id="SC with a volume: still an injection"),
    pytest.param("08:00 Given a route other", ["a 08:00 dose"], id="by mouth"),
    pytest.param("08:00 New Bag a route IM", ["a 08:00 dose"], id="IM, whatever the action word"),
    pytest.param("08:00 New Bag a route SC\n09:30 Stopped a", ["a 08:00-09:30 = 90"], id="SC with a stop ran"),
]


@pytest.mark.parametrize(("chart", "expected"), GIVEN)
def test_given(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


PUSHES = [
    pytest.param("08:00 Push a", ["a 08:00 push"], id="one push"),
    pytest.param("08:00 Push a\n08:20 Push a", ["a 08:00 push", "a 08:20 push"], id="each push is one"),
    pytest.param("08:00 Given a route 'IV push'", ["a 08:00 push"], id="Given by route IV push"),
    pytest.param("08:00 Push a volume 10", ["a 08:00 push"], id="the volume of a syringe makes no infusion"),
    pytest.param(
        """
        08:00 New Bag a
        08:30 Push a
        09:00 Stopped a
        """,
        ["a 08:00-09:00 = 60", "a 08:30 push"],
        id="a push beside the bag that runs",
    ),
    pytest.param("08:00-08:20 a route 'IV push'", ["a 08:00-08:20 = 20"], id="a slow push with start and stop"),
    pytest.param("08:00-08:00 a route 'IV push'", ["a 08:00 push"], id="a push with one time for both"),
    pytest.param("08:00- a route 'IV push'", ["a 08:00 push"], id="a push needs no stop"),
    pytest.param("08:00- a route IM", ["a 08:00 dose"], id="an injection needs no stop"),
]


@pytest.mark.parametrize(("chart", "expected"), PUSHES)
def test_push(chart: str, expected: list[str]) -> None:
    assert ran(chart) == expected


def test_a_push_or_an_injection_without_a_stop_raises_no_doubt() -> None:
    assert findings("08:00-08:00 a route 'IV push'\n09:00- b route IM order O2\n10:00 Push c order O3") == []


def test_a_slow_push_stays_documented_as_a_push() -> None:
    (push,) = timeline("08:00-08:20 a route 'IV push'").administrations
    assert (push.documented_push, push.single_dose, push.minutes) == (True, False, 20)
