"""Outgoing charges built from a few words; everything is invented."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from parsers.billed import read_billed
from parsers.charge_master import ChargeMaster, load_charge_master
from reports.charge import Charge, Charges

CHICAGO = ZoneInfo("America/Chicago")
DAY = date(2026, 3, 10)
MADE = datetime(2026, 3, 11, 2, 0, 5, tzinfo=UTC)
LINE = "1f0c2a9be4d7"


def at(clock: str, day: int = 10) -> datetime:
    """``at("8:05")``: a time of March 2026 in Chicago (UTC-5 since the 8th)."""
    hour, minute = clock.split(":")
    return datetime(2026, 3, day, int(hour), int(minute), tzinfo=CHICAGO)


def charge(**more: Any) -> Charge:
    """An hour of an infusion, 8:05 to 9:05, charged for the first time; ``more`` replaces fields."""
    facts: dict[str, Any] = {
        "kind": "CG",
        "reason": "new",
        "line": LINE,
        "revision": 1,
        "encounter_id": "E1",
        "patient_id": "P7",
        "code": "96365",
        "modifiers": (),
        "date": DAY,
        "units": 1,
        "start": at("8:05"),
        "stop": at("9:05"),
        "minutes": 60,
        "drug": "ceftriaxone",
        "amount": 212.5,
        "performed_by": "RN7",
        "department": "Infusion Ward",
        "run": 4,
        **more,
    }
    return Charge(**{"id": f"{facts['line']}.{facts['revision']}", **facts})


def batch(*charges: Charge) -> Charges:
    return Charges(since=3, as_of=4, charges=charges)


# Two units became three: the first is taken back under its own id, and charged anew under the next revision.
EXTRA_HOURS: dict[str, Any] = {
    "line": "77ab00c1d2e3",
    "code": "96366",
    "modifiers": ("59", "XE"),
    "reason": "changed",
    "start": at("9:05"),
}
TAKEN_BACK = charge(**EXTRA_HOURS, kind="CR", units=2, stop=at("11:05"), minutes=120)
CORRECTED = charge(**EXTRA_HOURS, revision=2, units=3, stop=at("12:05"), minutes=180, run=5)
WITHDRAWN = charge(
    kind="CR", reason="withdrawn", line="0d0d0d0d0d0d", code="96374", start=at("10:00"), stop=None, minutes=0
)

_TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
"""Ids of printable ASCII without blanks, every separator of HL7 and X12 among them."""
_CODES = st.sampled_from(["96360", "96361", "96365", "96366", "96367", "96372", "96374", "96413"])
_MODIFIERS = st.lists(st.sampled_from(["59", "XE", "XS", "25", "JW"]), max_size=4, unique=True).map(tuple)
_STARTS = st.none() | st.integers(0, 100_000).map(lambda minutes: at("0:00", day=1) + timedelta(minutes=minutes))


@st.composite
def _charge(draw: st.DrawFn, number: int, encounters: list[str]) -> Charge:
    start = draw(_STARTS)
    days = st.dates(date(2026, 2, 1), date(2026, 4, 30))
    return charge(
        line=f"{number:012x}",
        kind=draw(st.sampled_from(["CG", "CR"])),
        encounter_id=draw(st.sampled_from(encounters)),
        patient_id=draw(st.none() | _TEXTS),
        code=draw(_CODES),
        modifiers=draw(_MODIFIERS),
        date=draw(days if start is None else days | st.just(start.date())),
        units=draw(st.integers(1, 40)),
        start=start,
        stop=draw(st.none() | st.just(start)),
        drug=draw(st.text(max_size=20)),
        department=draw(st.none() | _TEXTS),
        performed_by=draw(st.none() | st.text(max_size=20)),
    )


@st.composite
def batches(draw: st.DrawFn) -> Charges:
    """Any charges and credits of a few encounters."""
    encounters = draw(st.lists(_TEXTS, min_size=1, max_size=3, unique=True))
    return batch(*(draw(_charge(number, encounters)) for number in range(draw(st.integers(1, 6)))))


Net = dict[tuple[str, str, tuple[str, ...], date], int]


def net_units(charges: Charges) -> Net:
    """What stands by encounter, code, modifiers and date: charges less credits, without what comes to 0."""
    return _net(
        ((one.encounter_id, one.code, one.modifiers, one.date), one.units if one.kind == "CG" else -one.units)
        for one in charges.charges
    )


def units_read_back(text: str, name: str) -> Net:
    """The same of what an audit reads in a file with this content; nothing may be rejected or set aside."""
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(text, "utf-8", newline="")
        billed = read_billed(path)
    assert (billed.rejected, billed.ignored) == ((), ())
    return _net(((one.encounter_id, one.code, one.modifiers, one.date), one.units) for one in billed.lines)


def _net(units: Iterable[tuple[tuple[str, str, tuple[str, ...], date], int]]) -> Net:
    net: Net = {}
    for key, count in units:
        net[key] = net.get(key, 0) + count
    return {key: count for key, count in net.items() if count}


def house_table(folder: Path) -> ChargeMaster:
    """A small CDM table: 96365 costs $420 for each unit, 96366 $110, both under codes of the house."""
    path = folder / "cdm.csv"
    path.write_text(
        "CPT,Modifiers,CDM,Revenue Code,Price\n"
        "96365,,4500123,260,$420.00\n"
        "96366,,4500124,260,110\n"
        '96413,,4500200,335,"1,250.00"\n',
        "utf-8",
    )
    return load_charge_master(path)
