"""Results built by hand, so that the reports are tested without the rules.  All data invented."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from parsers.events import Finding, Ignored, InputFile, Rejected, Route, Source
from timeline.model import (
    Administration,
    Assumption,
    Because,
    CodedEncounter,
    EncounterTimeline,
    Fingerprint,
    Gap,
    Kind,
    LedgerRow,
    Line,
    Outcome,
    OutcomeLine,
    Overlap,
    PolicyUsed,
    PolicyValue,
    Query,
    Result,
    Segment,
    Uncharged,
)

NEW_YORK = ZoneInfo("America/New_York")
DAY = date(2026, 3, 12)
PORT, ARM = "Port R chest", "PIV L forearm 20G"


def at(clock: str, day: int = 12) -> datetime:
    """``at("19:10")``: a charted local time of March 2026 in New York (EDT, UTC-4, from the 8th), in UTC."""
    hour, minute = clock.split(":")
    return datetime(2026, 3, day, int(hour), int(minute), tzinfo=NEW_YORK).astimezone(UTC)


def source(record: int, segment: str = "RXA") -> Source:
    return Source("evening.hl7", record=record, control_id=f"MSG{record:05d}", segment=segment, offset=record * 700)


def hang(id_: str, drug: str, runs: Iterable[tuple[datetime, datetime]], **facts: Any) -> Administration:
    """An infusion charted with its stop; ``runs`` are its segments."""
    segments = tuple(Segment(start, stop) for start, stop in runs)
    start = facts.pop("start", segments[0].start if segments else None)
    values: dict[str, Any] = {
        "encounter_id": "E-1001",
        "order_id": f"ORD-{id_}",
        "components": (drug,),
        "ingredients": frozenset({drug.lower()}),
        "category": "therapeutic",
        "category_basis": f"formulary: {drug.lower()}",
        "route": Route.IVPB,
        "documented_push": False,
        "single_dose": False,
        "access": PORT,
        "stop": segments[-1].stop if segments else None,
        "stop_evidence": "charted",
        "open_since": None,
        "last_seen": segments[-1].stop if segments else start,
        "latest_stop": None,
        "bags": (start,),
        "rates": (),
        "volume_ml": None,
        "ordered_minutes": None,
        "device": None,
        "primary_drug": False,
        "nurse": None,
        "department": None,
        "sources": (source(1),),
    }
    return Administration(id=id_, drug=drug, start=start, segments=segments, **{**values, **facts})


def push(id_: str, drug: str, time: datetime, **facts: Any) -> Administration:
    """A dose given once; no stop is needed."""
    once = {"route": Route.IV_PUSH, "documented_push": True, "single_dose": True, "bags": (), "stop": time}
    return hang(id_, drug, (), start=time, **{**once, "stop_evidence": "not needed", **facts})


def because(text: str, rule: str = "10", **facts: Any) -> Because:
    return Because(rule=rule, text=text, values=facts.pop("values", {}), **facts)


def line(code: str, units: int, ids: tuple[str, ...], minutes: int, why: Because, **facts: Any) -> Line:
    modifiers, day = facts.pop("modifiers", ()), facts.pop("date", DAY)
    key = "-".join(("L", code, *modifiers, day.isoformat()))
    return Line(key, code, units, modifiers, day, ids, minutes, why.rule, why, **facts)


def evening_administrations() -> tuple[Administration, ...]:
    ran = [(at("19:10"), at("20:00")), (at("20:20"), at("22:40"))]
    return (
        hang(
            "saline",
            "Sodium chloride 0.9 %",
            [(at("18:00"), at("19:05"))],
            category="hydration",
            route=Route.IV,
            sources=(source(1), source(9)),
        ),
        hang("kvo", "Saline KVO", [(at("18:05"), at("23:20"))], category="carrier", access=ARM, route=Route.IV),
        push("ondansetron", "Ondansetron", at("18:20"), sources=(source(3),)),
        hang("paclitaxel", "Paclitaxel", ran, category="chemo", bags=(at("19:10"), at("21:15"))),
        hang("famotidine", "Famotidine", [(at("19:30"), at("19:50"))]),
        hang("magnesium", "Magnesium sulfate", [(at("19:30"), at("20:30"))], access=ARM),
        hang(
            "ceftriaxone",
            "Ceftriaxone",
            [(at("22:50"), at("23:05"))],
            access=ARM,
            stop=None,
            stop_evidence="missing",
            open_since=at("22:50"),
            last_seen=at("23:05"),
            latest_stop=at("00:40", 13),
            sources=(source(20), source(21)),
        ),
        hang("vancomycin", "Vancomycin", [(at("23:10"), at("01:05", 13))]),
    )


def evening_timeline(administrations: tuple[Administration, ...] | None = None) -> EncounterTimeline:
    return EncounterTimeline(
        id="E-1001",
        patient_id="P-77",
        payer=None,
        zone=NEW_YORK,
        administrations=administrations or evening_administrations(),
        overlaps=(
            Overlap(PORT, ("paclitaxel", "famotidine"), at("19:30"), at("19:50")),
            Overlap(ARM, ("kvo", "magnesium"), at("19:30"), at("20:30")),
        ),
        gaps=(Gap(PORT, at("22:40"), at("23:10")),),
        findings=(),
    )


def evening_lines() -> tuple[Line, ...]:
    initial = because(
        "paclitaxel is the initial service: chemo infusion ranks first, 190 running minutes. It started at 19:10.",
        "2",
        values={"minutes": 190, "rank": "chemo infusion"},
        intervals=(("paclitaxel", at("19:10"), at("20:00")), ("paclitaxel", at("20:20"), at("22:40"))),
        policy=PolicyValue("initial_tiebreak", "first_started", "2026-01-01"),
        citation="CPT guideline via AAPC, 2021",
        confidence="read",
        sources=(source(5), source(12)),
        children=(because("20 minutes of pause do not count.", "9", values={"paused": 20}),),
    )
    hours = because("190 minutes reach 2 additional hours (91 and 151 minutes).", "7", values={"minutes": 190})
    return (
        line("96413", 1, ("paclitaxel",), 190, initial, amount=337.46),
        line("96415", 2, ("paclitaxel",), 190, hours, amount=95.68),
        line(
            "96367", 2, ("magnesium", "vancomycin"), 175, because("Two new drugs, 60 and 115 minutes each."), amount=0.0
        ),
        line(
            "96366",
            1,
            ("vancomycin",),
            115,
            because("115 minutes reach 1 additional hour.", "7"),
            date=date(2026, 3, 13),
        ),
        line(
            "96368", 1, ("famotidine",), 20, because("famotidine ran 20 minutes beside paclitaxel.", "14"), amount=0.0
        ),
        line("96375", 1, ("ondansetron",), 0, because("A push of a new drug beside an initial service.", "5")),
        line("96361", 1, ("saline",), 65, because("65 minutes of hydration, not the initial.", "8"), answered=True),
    )


def evening_query() -> Query:
    return Query(
        id="Q-1",
        what="stop",
        administration="ceftriaxone",
        question="When did Ceftriaxone on PIV L forearm 20G, started 22:50, stop?",
        from_=at("22:51"),
        to=at("00:40", 13),
        outcomes=(
            Outcome("stop", at("22:51"), at("23:05"), (OutcomeLine("96375", 1, ()),), 47.84),
            Outcome("stop", at("23:06"), at("00:20", 13), (OutcomeLine("96367", 1, ()),), 73.56),
            Outcome("cannot be determined", None, None, (), 0.0),
        ),
        held=("96367",),
        sources=(source(20), source(21)),
    )


def evening() -> CodedEncounter:
    """Two accesses, a pause, a bag change, a push, a concurrent drug, hydration, a missing stop, midnight."""
    kinds: dict[str, Kind] = {a.id: "infusion" for a in evening_administrations()}
    kinds |= {"saline": "hydration", "kvo": "carrier", "ondansetron": "push"}
    carrier = because(
        "A carrier fluid has no code.", "24", values={"rate": 20.0}, citation="CGS 2012", confidence="read"
    )
    return CodedEncounter(
        timeline=evening_timeline(),
        kinds=kinds,
        policy_version="2026-01-01",
        lines=evening_lines(),
        queries=(evening_query(),),
        assumptions=(
            Assumption("access", "magnesium", "another access", because("Both answers bill the same.", "27")),
        ),
        unbilled=(Uncharged("kvo", 315, "included", "a carrier fluid", "24", carrier),),
        ledger=(
            LedgerRow("saline", 65, 65, 0, 0, 0),
            LedgerRow("kvo", 315, 0, 315, 0, 0),
            LedgerRow("ondansetron", 0, 0, 0, 0, 0),
            LedgerRow("paclitaxel", 190, 190, 0, 0, 0),
            LedgerRow("famotidine", 20, 20, 0, 0, 0),
            LedgerRow("magnesium", 60, 60, 0, 0, 0),
            LedgerRow("ceftriaxone", 15, 0, 0, 0, 15),
            LedgerRow("vancomycin", 115, 115, 0, 0, 0),
        ),
        findings=(
            Finding(
                "warning",
                "stop-missing",
                "The infusion has a start and no stop.",
                "Ask the nurse who hung it.",
                source(20),
                ("ceftriaxone",),
            ),
        ),
        amount=433.14,
        amount_in_query=73.56,
    )


def nothing() -> CodedEncounter:
    """An encounter in which nothing was given."""
    timeline = EncounterTimeline("E-0000", None, None, NEW_YORK, (), (), (), ())
    return CodedEncounter(timeline, {}, "2026-01-01", (), (), (), (), (), ())


def crowded() -> CodedEncounter:
    """Forty administrations in ten hours on two accesses: twenty infusions, twenty pushes."""
    given = []
    for n in range(40):
        start = at("07:00") + timedelta(minutes=15 * n)
        access = ARM if n % 3 else PORT
        facts = {"encounter_id": "E-4040", "access": access}
        drug = f"Drug number {n} with a long charted name 500 mg in 100 mL"
        if n % 2:
            given.append(push(f"d{n:02d}", drug, start, **facts))
        else:
            given.append(hang(f"d{n:02d}", drug, [(start, start + timedelta(minutes=40))], **facts))
    timeline = EncounterTimeline("E-4040", "P-40", None, NEW_YORK, tuple(given), (), (), ())
    kinds: dict[str, Kind] = {a.id: "push" if a.single_dose else "infusion" for a in given}
    lines = (line("96365", 1, ("d00",), 40, because("The first infusion.", "2")),)
    ledger = tuple(LedgerRow(a.id, a.minutes or 0, a.minutes or 0, 0, 0, 0) for a in given)
    return CodedEncounter(timeline, kinds, "2026-01-01", lines, (), (), (), ledger, ())


def result(*encounters: CodedEncounter, **facts: Any) -> Result:
    """A result of one HL7 file: 24 records, of which 2 ignored and 1 rejected."""
    policy = PolicyUsed("facility", "2026-01-01", "ab" * 32, {"missing_stop": "query", "repeat_push_gap": 31})
    values: dict[str, Any] = {
        "inputs": (InputFile("evening.hl7", "cd" * 32, "hl7", 24),),
        "used": 21,
        "ignored": (Ignored("not a medication message (ADT)", (Source("evening.hl7", record=23), source(24, "MSH"))),),
        "rejected": (
            Rejected(source(22), "time-missing", "RXA-3 holds 'AAAA', a time was expected.", "Send YYYYMMDDHHMM."),
        ),
        "events": 22,
        "findings": (Finding("info", "zone-assumed", "Times without a zone were read as UTC.", "Give --timezone."),),
        "timezone": "America/New_York",
        "profile": None,
        "formulary": Fingerprint("formulary-2026", "ef" * 32),
        "rates": Fingerprint("addendum-b.csv", "12" * 32),
    }
    return Result(encounters=encounters, policy=policy, policies=(policy,), **{**values, **facts})


def everything() -> Result:
    return result(evening(), nothing(), crowded())
