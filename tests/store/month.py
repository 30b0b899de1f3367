"""An invented month of nights: stays whose records arrive on the night of their time, and what goes wrong with that.

The same seed gives the same nights.  What may go wrong is named by :data:`TROUBLES`, so that a search can be narrowed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.fhir_writing import r4_bundle
from tests.parsers.context_charts import adt, merge
from tests.parsers.fhir_resources import bundle, ndjson
from tests.pump_writing import pumps_and_orders
from tests.store.bench import INBOXES, Arrived
from tests.table_writing import Visit, generate, messages, record_number, table_rows, write_table, write_table_header

DAY = 24 * 60
TROUBLES = (
    "late", "corrected", "deleted", "cancelled", "resent", "stamped", "reused", "shuffled", "overlapping", "copied",
    "second", "merged", "stays", "pumps", "rolling", "fhir", "tables", "nameless",
    "both",
)  # fmt: skip
_START = datetime(2026, 3, 10)  # noqa: DTZ001 - the wall clock of the site
_LOG, _PUMPS, _TABLE, _FHIR = "log", "pumps", "table", "fhir"


@dataclass
class Month:
    """The nights as they fill."""

    random: Random
    nights: int
    troubles: frozenset[str]
    told: list[list[str]] = field(default_factory=list)
    """HL7 messages by night."""
    resources: list[list[dict[str, Any]]] = field(default_factory=list)
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Rows of the rolling table, with the night from which on it has them."""
    accesses: list[dict[str, list[dict[str, str]]]] = field(default_factory=list)
    classes: list[dict[str, list[dict[str, str]]]] = field(default_factory=list)
    controls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for piles in (self.told, self.resources, self.accesses, self.classes):
            piles += [type(self.told)() if piles in (self.told, self.resources) else {} for _ in range(self.nights)]

    def some(self, trouble: str, chance: float) -> bool:
        """Whether it happens here; the dice are thrown either way, so that fewer troubles change nothing else."""
        thrown = self.random.random()
        return trouble in self.troubles and thrown < chance

    def tell(self, night: int, text: str) -> None:
        self.told[min(max(night, 0), self.nights - 1)].append(text)

    def later(self, night: int, most: int = 4) -> int:
        return min(night + self.random.randint(1, most), self.nights - 1)


def month(seed: int, nights: int, stays: int, troubles: Iterable[str] = TROUBLES) -> list[Arrived]:
    """The nights of a seed."""
    made = Month(Random(f"month {seed}"), nights, frozenset(troubles))
    visits = list(_moved(made, list(generate(stays, seed))))
    for visit, day, way in visits:
        _chart(made, visit, day, way)
        if made.some("both", 0.15):  # two systems export one visit
            _chart(made, visit, day, made.random.choice([w for w in (_LOG, _TABLE, _FHIR) if w != way]))
        if made.some("stays", 0.5):
            _stay(made, visit, day)
        if made.some("tables", 0.25):
            _given(made, visit, day)
        if made.some("second", 0.3):
            _second(made, visit, day)
    for _ in range(max(1, nights // 4)):
        if made.some("merged", 1.0) and len(visits) > 1:
            _merge(made, visits)
    return list(_files(made))


def _moved(made: Month, visits: Sequence[Visit]) -> Iterator[tuple[Visit, int, str]]:
    """Every patient gets a day of the month, and a form in which the records come."""
    ways = [_LOG, _LOG, _LOG, *(w for w, t in ((_PUMPS, "pumps"), (_TABLE, "rolling"), (_FHIR, "fhir")))]
    allowed = {_LOG, *(w for w, t in ((_PUMPS, "pumps"), (_TABLE, "rolling"), (_FHIR, "fhir")) if t in made.troubles)}
    days: dict[int, int] = {}
    for visit in visits:
        day = days.setdefault(visit.patient, made.random.randrange(made.nights))
        way = made.random.choice(ways)
        yield _shifted(visit, day * DAY), day, way if way in allowed else _LOG


def _shifted(visit: Visit, minutes: int, **more: Any) -> Visit:
    chart = tuple(replace(r, minute=r.minute + minutes, recorded=r.recorded_minute + minutes) for r in visit.chart)
    return replace(visit, chart=chart, **more)


def _chart(made: Month, visit: Visit, day: int, way: str, delay: int = 0) -> None:
    nameless = made.some("nameless", 0.1)
    if way == _FHIR:
        _fhir(made, visit, day)
        return
    if way == _TABLE:
        for row in table_rows(visit):
            night = int(_minute(row["recorded_at"])) // DAY + delay
            late = made.some("late", 0.15)
            named = row | {"patient_id": ""} if nameless else row
            made.rows.append((made.later(night) if late else min(night, made.nights - 1), named))
        return
    if way == _PUMPS:
        _pumps(made, visit, day)
        delay = made.random.randrange(3)
    for minute, text in messages(visit):
        if way == _PUMPS and "Stopped" in text and made.random.random() < 0.5:
            continue
        _message(made, _without_patient(text) if nameless else text, minute // DAY + delay)


def _minute(text: str) -> float:
    return (datetime.fromisoformat(text).replace(tzinfo=None) - _START).total_seconds() // 60


def _without_patient(text: str) -> str:
    return re.sub(r"\rPID\|1\|\|[^|\r]*", "\rPID|1||", text)


def _message(made: Month, text: str, night: int) -> None:
    """One message, and what may become of it."""
    if made.some("late", 0.12):
        night = made.later(night, 6)
    if made.some("reused", 0.04) and made.controls:
        text = re.sub(r"(MSH(\|[^|]*){8}\|)[^|]*", lambda m: m[1] + made.controls[-1], text, count=1)
    made.controls.append(text.split("|")[9])
    made.tell(night, text)
    if made.some("resent", 0.1):
        made.tell(made.later(night), text)
    if made.some("stamped", 0.1):
        parts = text.split("|", 7)
        parts[6] = _stamp(made.later(night) * DAY + 300)
        made.tell(made.later(night), "|".join(parts))
    if made.some("corrected", 0.08):
        _corrected(made, text, night)
    if made.some("deleted", 0.06):
        made.tell(*_entry(made, text, night, {21: "D"}))
    if made.some("cancelled", 0.04):
        made.tell(*_entry(made, text, night, {20: "Canceled Entry", 9: "^Canceled Entry"}))


def _corrected(made: Month, text: str, night: int) -> None:
    """The entry with another rate; or it is taken back and charted some minutes beside."""
    if made.random.random() < 0.5:
        made.tell(*_entry(made, text, night, {21: "U", 12: "90 mL/hr"}))
        return
    made.tell(*_entry(made, text, night, {21: "D"}))
    cells = _administration(text)
    moved = datetime.strptime(cells[3][:14], "%Y%m%d%H%M%S") + timedelta(  # noqa: DTZ007
        minutes=made.random.choice((-20, -7, 9, 31, 65))
    )
    time = f"{moved:%Y%m%d%H%M%S}{cells[3][14:]}"
    made.tell(*_entry(made, text, night, {3: time} | ({4: time} if len(cells) > 4 and cells[4] else {})))


def _administration(text: str) -> list[str]:
    return next(s for s in text.split("\r") if s.startswith("RXA|")).split("|")


def _entry(made: Month, text: str, night: int, said: dict[int, str]) -> tuple[int, str]:
    """The entry once more on this or a later night, with other cells, recorded later and under a number of its own."""
    night = made.random.choice((night, made.later(night)))
    stamp = _stamp(night * DAY + made.random.randrange(1200, 1439))
    cells = _administration(text)
    cells += [""] * (23 - len(cells))
    cells[22] = stamp
    for place, value in said.items():
        cells[place] = value
    head, _, rest = text.partition("\r")
    parts = head.split("|")
    parts[6], parts[9] = stamp, f"{parts[9]}c{len(made.controls)}-{made.random.randrange(10**6)}"
    segments = ["|".join(cells) if s.startswith("RXA|") else s for s in rest.split("\r")]
    return night, "\r".join(["|".join(parts), *segments])


def _stamp(minute: int) -> str:
    return f"{_START + timedelta(minutes=minute):%Y%m%d%H%M%S}-0400"


def _second(made: Month, visit: Visit, day: int) -> None:
    """Another encounter of the patient on the same date that arrives later."""
    other = _shifted(
        visit,
        made.random.choice((-150, 45, 240)),
        encounter=f"{visit.encounter}-B",
        order_prefix=f"B{visit.order_prefix}",
    )
    night = made.later(day)
    for minute, text in messages(other):
        _message(made, text, max(night, minute // DAY))


def _stay(made: Month, visit: Visit, day: int) -> None:
    """Arrival, class and discharge, each on a night of its own; now and then one of them is taken back."""
    first, last = min(r.minute for r in visit.chart), max(r.minute for r in visit.chart)
    who = {"visit": visit.encounter, "patient": record_number(visit)}
    said = [("A04", first - 40, made.random.choice("EO"), {})]
    if made.random.random() < 0.3:
        said.append(("A06", (first + last) // 2, "I", {}))
    said.append(("A03", last + made.random.choice((-10, 5, 60)), "", {}))
    if made.random.random() < 0.2:
        said.append((made.random.choice(("A11", "A13")), last + 90, "", {}))
    for number, (trigger, minute, kind, _) in enumerate(said):
        time = _stamp(minute)
        text = adt(trigger, time, kind, sent=time, control=f"{visit.order_prefix}adt{number}", **who)
        made.tell(made.later(day, 3) if made.random.random() < 0.5 else day, text)


def _merge(made: Month, visits: Sequence[tuple[Visit, int, str]]) -> None:
    """Two numbers become one; half of the time that is taken back some nights later."""
    (one, day, _), (other, last, _) = made.random.sample(list(visits), 2)
    if made.random.random() < 0.6:  # the next number is often of the same day
        at = visits.index((one, day, "")) if (one, day, "") in visits else made.random.randrange(len(visits) - 1)
        (one, day, _), (other, last, _) = visits[at], visits[min(at + 1, len(visits) - 1)]
    if one.encounter == other.encounter:
        return
    night = made.later(max(day, last) - 1 if max(day, last) else 0)
    trigger = made.random.choice(("A40", "A41", "A42", "A18"))
    made.tell(night, _merging(trigger, one, other, _stamp(night * DAY + 600)))
    if made.random.random() < 0.5:
        night = made.later(night)
        made.tell(night, _merging(trigger, other, one, _stamp(night * DAY + 900)))


def _merging(trigger: str, now: Visit, before: Visit, time: str) -> str:
    new, old = (f"{record_number(v)}^^^SAMPLE^MR" for v in (now, before))
    both = old if trigger == "A40" else f"{old}||||{before.encounter}"
    visit = "" if trigger == "A40" else "1|O" + "|" * 17 + now.encounter
    text = merge(trigger, new, both, pv1=visit, sent=time, entered=time)
    return re.sub(r"\|C\d+\|P\|", f"|M{before.order_prefix}{time[:14]}|P|", text, count=1)


def _pumps(made: Month, visit: Visit, day: int) -> None:
    """Orders and pump events, on any night around the day; most pumps do not know the visit."""
    texts = pumps_and_orders([visit]).decode().replace("|PW", f"|{visit.order_prefix}PW")
    for text in re.split(r"(?=MSH\|)", texts)[1:]:
        if "|ORU^" in text and made.random.random() < 0.6:
            text = re.sub(r"(\rPV1\|\|O\|{17})[^\r]*", r"\1", text)
        made.tell(day + made.random.randrange(-1, 4), text)


def _given(made: Month, visit: Visit, day: int) -> None:
    """Rows of the two tables; half of the encounters get other rows on a later night."""
    night = day
    for _ in range(made.random.choice((1, 2))):
        night = made.random.choice((night, made.later(night)))
        first = min(r.minute for r in visit.chart) - made.random.choice((30, -20))
        start, stop = (f"{_START + timedelta(minutes=m):%Y-%m-%d %H:%M}" for m in (first, first + 3000))
        row = {"encounter_id": visit.encounter, "start": start, "stop": stop}
        if made.random.random() < 0.5:
            site = made.random.choice(("left forearm 20G", "right antecubital 18G", "chest port"))
            made.accesses[night][visit.encounter] = [row | {"site": site}]
        else:
            made.classes[night][visit.encounter] = [row | {"class": made.random.choice(("E", "O", "OBS", "I"))}]


def _fhir(made: Month, visit: Visit, day: int) -> None:
    """Administrations without their end first, then whole; Encounter, Medication and corrections on other nights."""
    for entry in json.loads(r4_bundle([visit]))["entry"]:
        told = entry["resource"]
        drug = told.get("medicationCodeableConcept")
        if drug is not None and made.random.random() < 0.3:
            number = f"m-{visit.order_prefix}-{told['id']}"
            made.resources[made.later(day)].append({"resourceType": "Medication", "id": number, "code": drug})
            del told["medicationCodeableConcept"]
            told["medicationReference"] = {"reference": f"Medication/{number}"}
        night = day
        if "effectivePeriod" in told and "end" in told["effectivePeriod"]:
            begun = {"start": told["effectivePeriod"]["start"]}
            made.resources[day].append(_version(told, 1, status="in-progress", effectivePeriod=begun))
            night = made.random.choice((day, made.later(day)))
        made.resources[night].append(_version(told, 2))
        if made.random.random() < 0.12:
            made.resources[made.later(night)].append(_version(told, 3, status="entered-in-error"))
    if made.random.random() < 0.7:
        made.resources[made.random.choice((day, made.later(day)))].append(_encounter(made, visit))


def _version(told: dict[str, Any], number: int, **more: Any) -> dict[str, Any]:
    return told | {"meta": {"versionId": str(number)}} | more


def _encounter(made: Month, visit: Visit) -> dict[str, Any]:
    first, last = min(r.minute for r in visit.chart) - 30, max(r.minute for r in visit.chart) + 60
    start, end = (f"{_START + timedelta(minutes=m):%Y-%m-%dT%H:%M:00}-04:00" for m in (first, last))
    whole: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": visit.encounter,
        "status": "finished",
        "class": {"code": made.random.choice(("AMB", "EMER"))},
        "subject": {"reference": f"Patient/{record_number(visit)}"},
        "period": {"start": start, "end": end},
    }
    if made.random.random() < 0.5:
        whole["identifier"] = [{"type": {"coding": [{"code": "VN"}]}, "value": f"VN-{visit.encounter}"}]
    return whole


def _files(made: Month) -> Iterator[Arrived]:
    """The nights as files: two inboxes with files of the same name."""
    before: list[str] = []
    known: dict[str, bytes] = {}
    for night in range(made.nights):
        told = list(made.told[night])
        if made.some("shuffled", 0.5):
            made.random.shuffle(told)
        if before and made.some("overlapping", 0.4):
            told = made.random.sample(before, min(len(before), 5)) + told
        cut = made.random.randrange(len(told) + 1)
        files = {
            f"{inbox}/feed.hl7": "".join(part) for inbox, part in zip(INBOXES, (told[:cut], told[cut:]), strict=True)
        }
        made_files = {name: text.encode() for name, text in files.items() if text}
        if made.rows:
            made_files["b/mar.csv"] = _table([row for since, row in made.rows if since <= night])
        if made.resources[night]:
            write = made.random.choice((bundle, ndjson))
            made_files["a/fhir.json"] = write(*made.resources[night])
        if known and made.some("copied", 0.4):
            made_files["a/again.dat"] = made.random.choice(sorted(known.values()))
        before = told
        known |= made_files
        yield Arrived(made_files, made.accesses[night], made.classes[night])


def _table(rows: Sequence[dict[str, str]]) -> bytes:
    text = io.StringIO()
    write_table_header(text)
    write_table(text, rows)
    return text.getvalue().encode()
