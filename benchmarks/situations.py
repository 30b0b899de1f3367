"""The situations of the sample day, as data: what was charted, and the codes worked out by hand.

Each encounter of the sample day shows one situation and carries its name as encounter id.  The sample feed and
table are written from this list, and the generator makes feeds of any size from it.  Nobody here is real.

Times are minutes after midnight of 10 March 2026 in New York (daylight time, UTC-4); ``"00:30+1"`` is the day after.
The expected codes are those of the default facility policy; the arithmetic is in ``docs/sample-day.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

LEFT = "left forearm 20G"
RIGHT = "right antecubital 18G"
PORT = "chest port"
INFUSION_CENTRE = "INFUSION CENTRE"
EMERGENCY = "EMERGENCY"


@dataclass(frozen=True, slots=True)
class Charted:
    """One charted action of one order: a message of the feed, a row (or one a component) of the table."""

    minute: int
    action: str
    order: str
    drugs: tuple[str, ...]
    route: str
    site: str = ""
    rate: float | None = None
    """mL/hr"""
    device: str = ""
    recorded: int | None = None
    """Minute at which it was charted; one minute after the action where not given."""
    patient_class: str = ""
    resend: str = ""
    """``same``: the message arrives twice; ``new``: a second time under another control id."""

    @property
    def recorded_minute(self) -> int:
        return self.minute + 1 if self.recorded is None else self.recorded


@dataclass(frozen=True, slots=True)
class Situation:
    """One encounter, its chart and the units by code (and modifiers) it must give."""

    name: str
    about: str
    expected: Mapping[str, int]
    chart: tuple[Charted, ...]
    patient: str = ""
    """Set where two encounters belong to one patient."""
    department: str = INFUSION_CENTRE
    asks: tuple[str, ...] = ()
    """What has to be asked, because the answer changes the bill."""


def minute(text: str) -> int:
    """``"08:30"`` is 510; ``"00:30+1"`` is 1470."""
    clock, _, days = text.partition("+")
    hours, minutes = clock.split(":")
    return int(days or 0) * 1440 + int(hours) * 60 + int(minutes)


def act(at: str, action: str, order: str, drug: str, route: str = "IV", site: str = LEFT, **more: object) -> Charted:
    """One action; a mix is written ``"ondansetron + dexamethasone"``."""
    return replace(Charted(minute(at), action, order, tuple(drug.split(" + ")), route, site), **more)  # type: ignore[arg-type]


def hang(
    start: str, stop: str, order: str, drug: str, route: str = "IV", site: str = LEFT, **more: object
) -> tuple[Charted, ...]:
    """A bag from New Bag to Stopped."""
    stopped = act(stop, "Stopped", order, drug, route, site, **more)
    return act(start, "New Bag", order, drug, route, site, **more), replace(stopped, rate=None)


def push(at: str, order: str, drug: str, site: str = LEFT, **more: object) -> Charted:
    return act(at, "Given", order, drug, "IV push", site, **more)


def shot(at: str, order: str, drug: str, route: str, **more: object) -> Charted:
    return act(at, "Given", order, drug, route, "", **more)


# fmt: off
# One action or one bag a line, like a chart.
SITUATIONS: tuple[Situation, ...] = (
    Situation(
        "CONCURRENT-SAME-LINE", "A piggyback runs beside the primary drug through one line.",
        {"96365": 1, "96366": 1, "96368": 1},
        (*hang("08:00", "10:00", "A", "vancomycin", rate=125),
         *hang("08:30", "09:00", "B", "cefepime", "IVPB", rate=200)),
    ),
    Situation(
        "CONCURRENT-ONCE-ONLY", "Two more drugs run beside a four-hour infusion, one after the other.",
        {"96365": 1, "96366": 3, "96368": 1},
        (*hang("09:00", "13:00", "A", "vancomycin", rate=125),
         *hang("09:30", "10:30", "B", "metronidazole", "IVPB", rate=100),
         *hang("11:00", "11:30", "C", "piperacillin-tazobactam", "IVPB", rate=200)),
    ),
    Situation(
        "SEQUENTIAL-DRUGS", "The second drug begins as the first one ends.",
        {"96365": 1, "96367": 1},
        (*hang("08:10", "08:40", "A", "ceftriaxone", "IVPB", rate=100),
         *hang("08:40", "09:40", "B", "azithromycin", "IVPB", rate=250)),
    ),
    Situation(
        "PAUSED-PRIMARY", "The primary drug is paused while the piggyback runs.",
        {"96365": 1, "96366": 1, "96367": 1},
        (act("08:00", "New Bag", "A", "cefepime", rate=50),
         act("09:00", "Paused", "A", "cefepime"),
         *hang("09:00", "09:30", "B", "metronidazole", "IVPB", rate=200),
         act("09:30", "Restarted", "A", "cefepime", rate=50),
         act("10:30", "Stopped", "A", "cefepime")),
    ),
    Situation(
        "PARTIAL-OVERLAP", "The second drug shares only its first twenty minutes with the first.",
        {"96365": 1, "96366": 1, "96367": 1},
        (*hang("08:00", "09:00", "A", "vancomycin", rate=250),
         *hang("08:40", "10:40", "B", "levofloxacin", rate=75)),
    ),
    Situation(
        "TWO-LINES", "Two drugs at one time through two lines.",
        {"96365": 1, "96366": 1},
        (*hang("08:00", "10:00", "A", "vancomycin", rate=125),
         *hang("08:30", "09:30", "B", "cefepime", "IVPB", RIGHT, rate=100)),
        department=EMERGENCY, asks=("second_access",),
    ),
    Situation(
        "SITE-NOT-CHARTED", "A piggyback without a charted site runs beside the primary drug.",
        {"96365": 1},
        (*hang("08:00", "09:00", "A", "vancomycin", rate=250),
         *hang("08:15", "08:45", "B", "piperacillin-tazobactam", "IVPB", "", rate=200)),
        department=EMERGENCY, asks=("access",),
    ),
    Situation(
        "MISSING-STOP", "The second drug was started and never stopped on the chart.",
        {"96365": 1},
        (*hang("08:00", "09:00", "A", "vancomycin", rate=250),
         act("09:00", "New Bag", "B", "cefepime", "IVPB", rate=100)),
        department=EMERGENCY, asks=("stop",),
    ),
    Situation(
        "SECOND-BAG", "A second bag of a running order, with no stop for the first.",
        {"96365": 1, "96366": 2},
        (act("07:30", "New Bag", "A", "amiodarone", rate=33),
         act("09:00", "Rate Verify", "A", "amiodarone", rate=33),
         act("10:30", "New Bag", "A", "amiodarone", rate=33),
         act("11:00", "Stopped", "A", "amiodarone")),
        department=EMERGENCY,
    ),
    Situation(
        "SAME-DRUG-AGAIN", "The same antibiotic in the morning and in the evening.",
        {"96365": 1, "96366": 1},
        (*hang("08:00", "08:30", "A", "ceftriaxone", "IVPB", rate=100),
         *hang("20:00", "20:30", "B", "ceftriaxone", "IVPB", rate=100)),
        department=EMERGENCY,
    ),
    Situation(
        "RATE-CHANGES", "Titrated and verified, never stopped in between: ninety-one minutes.",
        {"96365": 1, "96366": 1},
        (act("13:00", "New Bag", "A", "diltiazem", rate=5),
         act("13:20", "Rate Change", "A", "diltiazem", rate=10),
         act("13:45", "Rate Verify", "A", "diltiazem", rate=10),
         act("14:10", "Rate Change", "A", "diltiazem", rate=15),
         act("14:31", "Stopped", "A", "diltiazem")),
        department=EMERGENCY,
    ),
    Situation(
        "MIXED-BAG", "Two drugs mixed in one bag are one administration.",
        {"96365": 1},
        hang("10:00", "10:20", "A", "ondansetron + dexamethasone", "IVPB", PORT, rate=150),
    ),
    Situation(
        "SHORT-INFUSION", "A piggyback of fifteen minutes is a push.",
        {"96374": 1},
        hang("11:00", "11:15", "A", "pantoprazole", "IVPB", rate=400),
        department=EMERGENCY,
    ),
    Situation(
        "SIXTEEN-MINUTES", "One minute longer, and it is an infusion.",
        {"96365": 1},
        hang("11:00", "11:16", "A", "pantoprazole", "IVPB", rate=375),
        department=EMERGENCY,
    ),
    Situation(
        "TWO-PUSHES", "Two new drugs pushed.",
        {"96374": 1, "96375": 1},
        (push("10:05", "A", "famotidine"), push("10:06", "B", "ondansetron")),
        department=EMERGENCY,
    ),
    Situation(
        "PUSHES-THEN-INFUSION", "Two pushes come first, yet the infusion is the initial service.",
        {"96365": 1, "96375": 2},
        (push("09:00", "A", "famotidine"), push("09:02", "B", "ondansetron"),
         *hang("09:10", "09:45", "C", "ceftriaxone", "IVPB", rate=100)),
        department=EMERGENCY,
    ),
    Situation(
        "PUSH-DURING-INFUSION", "A push through the line of a running infusion is never concurrent.",
        {"96365": 1, "96375": 1},
        (*hang("12:00", "13:00", "A", "levofloxacin", rate=100), push("12:30", "B", "ondansetron")),
    ),
    Situation(
        "REPEATED-PUSHES", "The same drug pushed three times, twenty minutes apart.",
        {"96374": 1, "96376": 1},
        (push("10:00", "A", "hydromorphone"), push("10:20", "A", "hydromorphone"), push("10:40", "A", "hydromorphone")),
        department=EMERGENCY,
    ),
    Situation(
        "OBSERVATION-STAY", "Emergency and observation are one stay with one initial.",
        {"96374": 1, "96376": 1},
        (push("15:00", "A", "morphine", patient_class="E"),
         push("15:00+1", "A", "morphine", patient_class="OBS")),
        department=EMERGENCY,
    ),
    Situation(
        "INJECTIONS", "Into the muscle, under the skin and by mouth.",
        {"96372": 2},
        (shot("09:20", "A", "ketorolac", "IM"), shot("09:25", "B", "enoxaparin", "SC"),
         shot("09:30", "C", "acetaminophen", "PO")),
        department=EMERGENCY,
    ),
    Situation(
        "HYDRATION-30", "Thirty minutes of fluid have no code.",
        {},
        hang("13:00", "13:30", "A", "sodium chloride 0.9%", rate=999),
        department=EMERGENCY,
    ),
    Situation(
        "HYDRATION-31", "Thirty-one minutes of fluid do.",
        {"96360": 1},
        hang("13:00", "13:31", "A", "lactated ringers", rate=999),
        department=EMERGENCY,
    ),
    Situation(
        "HYDRATION-UNDER-DRUG", "Fluid minutes beside the antibiotic do not count.",
        {"96365": 1, "96361": 1},
        (*hang("08:00", "10:00", "A", "sodium chloride 0.9%", rate=250),
         *hang("08:30", "09:00", "B", "ceftriaxone", "IVPB", rate=100)),
        department=EMERGENCY,
    ),
    Situation(
        "HYDRATION-TWO-RUNS", "Fluid before and after the antibiotic, each long enough.",
        {"96365": 1, "96361": 2},
        (*hang("14:00", "14:45", "A", "lactated ringers", rate=500),
         *hang("14:45", "15:15", "B", "ceftriaxone", "IVPB", rate=100),
         *hang("15:15", "16:15", "C", "lactated ringers", rate=250)),
        department=EMERGENCY,
    ),
    Situation(
        "KVO-CARRIER", "A fluid that only keeps the vein open.",
        {"96365": 1},
        (*hang("07:50", "09:50", "A", "sodium chloride 0.9%", rate=20),
         *hang("08:00", "08:30", "B", "cefazolin", "IVPB", rate=100)),
    ),
    Situation(
        "MIDNIGHT", "Three hours across midnight: the hours belong to the day that earned them.",
        {"96365": 1, "96366": 2},
        hang("23:00", "02:00+1", "A", "vancomycin", rate=85),
        department=EMERGENCY,
    ),
    Situation(
        "TWO-VISITS-MORNING", "The first of two visits of one patient on one day.",
        {"96365": 1},
        hang("07:00", "08:00", "A", "ertapenem", "IVPB", rate=100),
        patient="TWO-VISITS",
    ),
    Situation(
        "TWO-VISITS-EVENING", "The second visit of that day: every line says so.",
        {"96365-59": 1, "96375-59": 1},
        (*hang("18:30", "19:30", "A", "ertapenem", "IVPB", rate=100), push("19:35", "B", "ondansetron")),
        patient="TWO-VISITS", department=EMERGENCY,
    ),
    Situation(
        "HELD-AND-REFUSED", "What was held or refused was not given.",
        {"96374": 1},
        (act("08:00", "Held", "A", "ceftriaxone", "IVPB"), act("08:05", "Refused", "B", "ondansetron", "IV push"),
         push("08:30", "C", "morphine")),
        department=EMERGENCY,
    ),
    Situation(
        "CANCELED-ENTRY", "A push charted on the wrong minute, taken back and charted again.",
        {"96374": 1},
        (push("09:00", "A", "ondansetron"),
         act("09:00", "Canceled Entry", "A", "ondansetron", "IV push", recorded=minute("09:12")),
         push("09:10", "A", "ondansetron", recorded=minute("09:13"))),
        department=EMERGENCY,
    ),
    Situation(
        "SENT-TWICE", "The interface sent the start again under its number and the stop under a new one.",
        {"96365": 1},
        (act("10:00", "New Bag", "A", "cefazolin", "IVPB", rate=100, resend="same"),
         act("10:40", "Stopped", "A", "cefazolin", "IVPB", resend="new")),
    ),
    Situation(
        "LATE-CHARTING", "The start was charted after the stop.",
        {"96365": 1, "96366": 1},
        (act("15:30", "New Bag", "A", "iron sucrose", rate=100, recorded=minute("18:00")),
         act("17:10", "Stopped", "A", "iron sucrose", recorded=minute("17:12"))),
    ),
    Situation(
        "FOLFOX-CLINIC", "Premedication, two drugs at one time, a chemotherapy push.",
        {"96413": 1, "96415": 2, "96368": 1, "96367": 1, "96375": 1, "96411": 1},
        (*hang("09:00", "09:20", "A", "ondansetron", "IVPB", PORT, rate=150),
         push("09:25", "B", "dexamethasone", PORT),
         *hang("09:33", "12:15", "C", "oxaliplatin", site=PORT, rate=185),
         *hang("09:33", "12:15", "D", "leucovorin", site=PORT, rate=90),
         push("12:20", "E", "fluorouracil", PORT)),
    ),
    Situation(
        "LATER-CHEMO-IS-INITIAL", "The antibiotic ran first, the chemotherapy is initial.",
        {"96413": 1, "96415": 2, "96367": 1},
        (*hang("08:00", "08:40", "A", "cefepime", "IVPB", PORT, rate=75),
         *hang("09:00", "12:00", "B", "rituximab", site=PORT, rate=100)),
    ),
    Situation(
        "CHEMO-WITH-FLUIDS", "Fluid before and after chemotherapy.",
        {"96413": 1, "96415": 1, "96361": 2},
        (*hang("08:00", "09:00", "A", "sodium chloride 0.9%", site=PORT, rate=500),
         *hang("09:00", "11:00", "B", "cisplatin", site=PORT, rate=250),
         *hang("11:00", "12:00", "C", "sodium chloride 0.9%", site=PORT, rate=500)),
    ),
    Situation(
        "PORTABLE-PUMP", "Two hours in the clinic, then home with a pump for two days.",
        {"96365": 1, "96366": 1, "96416": 1},
        (*hang("08:00", "10:00", "A", "leucovorin", site=PORT, rate=125),
         *hang("10:10", "08:10+2", "B", "fluorouracil", site=PORT, device="portable pump", rate=2)),
    ),
)
# fmt: on
