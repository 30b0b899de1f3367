"""Whatever is charted comes back: build a message from facts, read it, compare every fact.

The messages are built by ``tests.hl7_building``, which shares no code with the reader: separators of any kind,
escapes by letter or in hexadecimal, any declared character set, RXR before or behind its RXA, any line end.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from parsers.clock import Clock
from parsers.events import Action, AdministrationEvent, Route
from parsers.hl7_file import read_hl7
from tests.hl7_building import UNUSUAL, USUAL, VERSIONS, WITH_TRUNCATION, Dose, Form, charted_message

CHICAGO = ZoneInfo("America/Chicago")
CHARSETS = {
    # MSH-18, how the bytes are encoded, letters that only such sets have
    "": ("utf-8", "éßñŁ生理食塩液ﾃｽﾄ"),
    "UNICODE UTF-8": ("utf-8", "éßñŁ生理食塩液ﾃｽﾄ"),
    "8859/1": ("iso8859-1", "éßñ"),
    "8859/2": ("iso8859-2", "éßŁ"),
    "8859/15": ("iso8859-15", "éßñ€"),
    "WINDOWS-1252": ("cp1252", "éßñ€–"),
    "~ISO IR87": ("iso2022_jp", "生理食塩液"),
    "ISO IR14~ISO IR87~ISO IR13": ("iso2022_jp_ext", "生理食塩液ﾃｽﾄ"),
    "GB 18030-2000": ("gb18030", "生理食塩水"),
    "BIG-5": ("big5", "生理食鹽水"),
    "KS X 1001": ("euc_kr", "생리식염수"),
}
ACTIONS = {
    "": Action.GIVEN, "CP": Action.GIVEN, "RE": Action.NOT_GIVEN, "New Bag": Action.NEW_BAG, "Started": Action.STARTED,
    "Rate Change": Action.RATE_CHANGE, "Stopped": Action.STOPPED, "Paused": Action.PAUSED, "IV Push": Action.PUSH,
}  # fmt: skip
STATUSES = {"CP", "RE"}
"""Codes of table 0322, which stand in RXA-20 only."""
CARRIES_A_STOP = {Action.GIVEN, Action.NEW_BAG, Action.STARTED, Action.STOPPED}
ROUTES = {"IV": Route.IV, "IVPB": Route.IVPB, "IV push": Route.IV_PUSH, "IM": Route.IM, "PO": Route.OTHER}
PLAIN = "abcXYZ019 .,;:+-_/()%'\"|^~\\&#$*@!?\n"


def texts(letters: str) -> st.SearchStrategy[str]:
    """Names as people write them, with separators, line breaks and letters of the character set in them."""
    text = st.text(st.sampled_from(PLAIN + letters), min_size=1, max_size=24).map(str.strip)
    return text.filter(lambda t: any(c.isalnum() for c in t))


def _certain(time: datetime) -> bool:
    """Not an hour in which the clocks are changed: ``tests/parsers/test_forms.py`` has those."""
    local = time.replace(tzinfo=CHICAGO)
    return local.utcoffset() == local.replace(fold=1).utcoffset()


# Wall-clock times; the zone comes with the form in which they are written.
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2029, 12, 31)).map(lambda t: t.replace(microsecond=0))  # noqa: DTZ001
OFFSETS = st.sampled_from([None, timedelta(0), timedelta(hours=-5), timedelta(hours=5, minutes=30)])


def written(time: datetime, offset: timedelta | None, precision: str) -> tuple[str, datetime]:
    """The HL7 text of a time and the moment it means."""
    text = f"{time:%Y%m%d%H%M}" if precision == "minute" else f"{time:%Y%m%d%H%M%S}"
    text += ".123" if precision == "fraction" else ""
    meant = time.replace(second=0) if precision == "minute" else time
    if offset is None:
        return text, meant.replace(tzinfo=CHICAGO)
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta(0) else "+"
    return f"{text}{sign}{minutes // 60:02}{minutes % 60:02}", meant.replace(tzinfo=timezone(offset))


class Case(NamedTuple):
    """What is charted, how it is written, and what must come back of times and action."""

    dose: Dose
    form: Form
    begin: datetime
    end: datetime | None
    action: Action


@st.composite
def charted(draw: st.DrawFn) -> Case:
    declared = draw(st.sampled_from(sorted(CHARSETS)))
    codec, letters = CHARSETS[declared]
    name = texts(letters)
    start, offset = draw(MOMENTS), draw(OFFSETS)
    precision, minutes = draw(st.sampled_from(["minute", "second", "fraction"])), draw(st.sampled_from([0, 5, 31, 600]))
    stop = start + timedelta(minutes=minutes)
    assume(offset is not None or (_certain(start) and _certain(stop)))
    began, begin = written(start, offset, precision)
    ended, end = written(stop, offset, precision)
    field = draw(st.sampled_from((20, 9)))
    word = draw(st.sampled_from(sorted(w for w in ACTIONS if field == 20 or w not in STATUSES)))
    dose = Dose(
        began, draw(name), ended if minutes else "", draw(st.sampled_from(["", "M77"])),
        draw(st.sampled_from(["", "1000", "0.25", "1.50"])), draw(st.sampled_from(["mg", "mL", "mcg/kg"])),
        draw(st.sampled_from(["", "100 mL/hr", "0.5 mg/min", "12.5 mL/hr"])), draw(name | st.just("")),
        draw(st.sampled_from(sorted(ROUTES))), word, draw(name), draw(name), draw(name),
    )  # fmt: skip
    form = Form(
        draw(st.sampled_from((USUAL, USUAL, WITH_TRUNCATION, *UNUSUAL))), declared, codec,
        draw(st.sampled_from(["\r", "\n", "\r\n"])), draw(st.sampled_from(VERSIONS)), draw(st.booleans()),
        draw(st.booleans()), field,
    )  # fmt: skip
    action = ACTIONS[word]
    if minutes and action in CARRIES_A_STOP:
        return Case(dose, form, begin, end, Action.INTERVAL)
    return Case(dose, form, begin, None, action)


def facts(event: AdministrationEvent) -> dict[str, object]:
    (drug,) = event.drugs
    return {
        "time": event.time, "stop": event.stop, "drug": drug.name, "code": drug.code, "dose": event.dose,
        "rate": f"{event.rate:g} {event.rate_unit}" if event.rate is not None else "", "site": event.site or "",
        "route": event.route, "action": event.action, "nurse": event.nurse, "order": event.order_id,
        "encounter": event.encounter_id,
    }  # fmt: skip


@given(charted())
def test_every_fact_comes_back(case: Case) -> None:
    dose = case.dose
    raw = charted_message([dose], case.form)
    # Bytes that are also valid UTF-8 may be read as such: nothing in them says otherwise.
    assume(case.form.codec in ("utf-8", "iso2022_jp", "iso2022_jp_ext") or raw.isascii() or not _is_utf8(raw))
    reading = read_hl7(raw, "feed.hl7", Clock(CHICAGO))
    assert reading.rejected == ()
    (event,) = reading.events
    assert facts(event) == {
        "time": case.begin, "stop": case.end, "drug": dose.drug, "code": dose.code or None,
        "dose": float(dose.amount) if dose.amount else None, "rate": dose.rate, "site": dose.site,
        "route": ROUTES[dose.route], "action": case.action, "nurse": dose.nurse, "order": dose.order,
        "encounter": dose.encounter,
    }  # fmt: skip
    assert not [f for f in reading.findings if f.code == "charset-doubt"]


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@given(st.lists(charted(), min_size=2, max_size=4))
def test_several_orders_in_one_message_keep_their_own_facts(cases: list[Case]) -> None:
    form = cases[0].form._replace(charset="", codec="utf-8", action_field=20)
    doses = [case.dose for case in cases]
    events = read_hl7(charted_message(doses, form), "feed.hl7", Clock(CHICAGO)).events
    assert [(e.drugs[0].name, e.site or "", e.nurse, e.order_id) for e in events] == [
        (d.drug, d.site, d.nurse, d.order) for d in doses
    ]
    assert [(e.time, e.stop, e.action, e.route) for e in events] == [
        (c.begin, c.end, c.action, ROUTES[c.dose.route]) for c in cases
    ]
