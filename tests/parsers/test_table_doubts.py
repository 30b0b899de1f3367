"""Cells of a MAR table that hold something else than their header says."""

from __future__ import annotations

import pytest

from parsers.clock import Clock
from parsers.file_reading import FileReading
from parsers.profiles import Profile
from parsers.tables import read_table
from parsers.zones import zone_of


def table(text: str, profile: Profile | None = None) -> FileReading:
    return read_table(text.encode(), "mar.csv", Clock(zone_of("America/Chicago")), profile)


def test_a_dose_under_the_rate_is_no_rate() -> None:
    # A push of 25 mg must not become an infusion that runs at 25 of something.
    reading = table(
        "encounter_id,drug,route,action,time,rate\n"
        "E1,diphenhydramine,IV,Given,2026-03-10T08:00,25 mg\n"
        "E1,ondansetron,IV,Given,2026-03-10T08:05,2 mL\n"
        "E1,famotidine,IV,Given,2026-03-10T08:06,20 mg\n"
        "E1,heparin,IV,New Bag,2026-03-10T08:10,12 units/kg/hr\n"
        "E1,heparin,IV,Rate Change,2026-03-10T09:10,0 units\n"
        "E1,NS,IV,New Bag,2026-03-10T09:20,125\n"
    )
    assert [(e.rate, e.rate_unit) for e in reading.events] == [
        (None, None), (None, None), (None, None), (12.0, "units/kg/hr"), (0.0, "units"), (125.0, None),
    ]  # fmt: skip
    assert [(f.code, f.message) for f in reading.findings if f.code == "unit-not-rate"] == [
        ("unit-not-rate", "rate: a value with the unit mg is no rate; it is not used (in 2 rows; this is the first)."),
        ("unit-not-rate", "rate: a value with the unit mL is no rate; it is not used."),
    ]


def test_a_unit_that_may_be_a_name_shows_its_shape() -> None:
    reading = table("encounter_id,drug,route,action,time,rate,rate_unit\nE1,morphine,IV,Given,2026-03-10T08:00,4,Doe\n")
    (told,) = [f for f in reading.findings if f.code == "unit-not-rate"]
    assert told.message == "rate: a value with the unit of the shape AAA is no rate; it is not used."


@pytest.mark.parametrize(
    ("day", "header", "fix"),
    [
        ("22.03.2026", "Admin Dt", "The day stands first: say date_order: day-first in a profile."),
        ("22/03/2026", "Admin Dt", "The day stands first: say date_order: day-first in a profile."),
        ("04.03.2026", "Admin Dt", "The day stands first: say date_order: day-first in a profile."),
        ("yesterday", "Admin Dt", None),
        ("03/22/2026", "Admin Tm", None),  # the day is good; the fault is in the hour
    ],
)
def test_the_cell_that_is_no_time_is_named(day: str, header: str, fix: str | None) -> None:
    ours = Profile(name="ours", columns={"date": ("Admin Dt",), "time": ("Admin Tm",)})
    text = f"encounter_id,drug,route,action,Admin Dt,Admin Tm\nE1,NS,IV,New Bag,{day},25:10\n"
    (rejected,) = table(text, ours).rejected
    assert rejected.source.field == header
    assert rejected.message.startswith(f"{header}: ")
    assert (rejected.fix == fix) is (fix is not None)
