"""A chart coded and held against the sample tables: ``sample_data/reference``, all made up but four APC rates.

S: 96365, 96360, 96374 $217.31; 96413 $337.46; 96367, 96417 $73.56; 96361, 96366, 96375, 96415 $47.84.
Q1: 96372, 96401 $73.56.  N: 96368, 96376.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from parsers.events import Reading
from parsers.reference_tables import PairTable, RateTable, UnitLimitTable, load_mue, load_ptp, load_rates
from tests.house.places import ROOT
from tests.timeline.chart import DAY, events
from timeline import build, code
from timeline.model import CodedEncounter, Result

SAMPLES = ROOT / "sample_data" / "reference"
RATES = load_rates(SAMPLES / "addendum-b.csv")
LIMITS = load_mue(SAMPLES / "mue-outpatient.csv")
PAIRS = load_ptp(SAMPLES / "ptp-hospital.txt")


def result(
    *charts: str,
    rates: RateTable | None = None,
    mue: UnitLimitTable | None = None,
    ptp: PairTable | None = None,
    day: date = DAY,
    policy: str = "facility",
    **switches: object,
) -> Result:
    """Each chart is an encounter of its own (E1, E2 ...) of one patient."""
    rows = [
        replace(event, encounter_id=f"E{number}", patient_id="P1")
        for number, chart in enumerate(charts, 1)
        for event in events(chart, day=day)
    ]
    reading = Reading(tuple(rows), used=len(rows), timezone="UTC")
    return code(build(reading), policy, switches=switches, rates=rates, mue=mue, ptp=ptp)


def lines(encounter: CodedEncounter) -> list[str]:
    """``96366 x 2 = 95.68``; a line without an amount ends in ``?``."""
    return [
        "-".join((x.code, *x.modifiers))
        + (f" x {x.units}" if x.units > 1 else "")
        + (" = ?" if x.amount is None else f" = {x.amount:.2f}")
        for x in encounter.lines
    ]


def answers(encounter: CodedEncounter) -> dict[str, float | None]:
    """What each answer to the one question of an encounter would add."""
    (query,) = encounter.queries
    return {o.if_: o.amount for o in query.outcomes}


def messages(encounter: CodedEncounter, code_start: str) -> list[str]:
    """Findings whose code begins so, as ``code: message``."""
    return [f"{f.code}: {f.message}" for f in encounter.findings if f.code.startswith(code_start)]
