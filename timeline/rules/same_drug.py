"""The same drug hung again: hours per bag, or minutes added first (rulebook 7, 11).

Push or infusion was decided for each hang.  A minute in which two hangs of one drug ran counts once, for the
earlier; a drug is never concurrent with itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from timeline.rules.case import Case, Reason, Service
from timeline.rules.hours import additional_hours, earned_at, hour_moments
from timeline.spans import Spans, minutes, seconds


@dataclass(slots=True)
class DrugTally:
    """What one drug has earned so far as an infusion."""

    counted: dict[object, int] = field(default_factory=dict)
    """Running seconds counted by scope of the sum (the encounter, or a date)."""
    bags: list[int] = field(default_factory=list)
    """Minutes of each charged hang, for the other reading."""

    def copy(self) -> DrugTally:
        return DrugTally(dict(self.counted), list(self.bags))


def charge_first(
    case: Case,
    service: Service,
    spans: Spans,
    tally: DrugTally,
    code: str,
    reason: Reason,
    modifiers: tuple[str, ...] = (),
) -> None:
    """The first infusion hang of a drug: one unit of ``code`` and its additional hours."""
    case.charge(code, service, (spans[0][0],), spans, reason, modifiers)
    count = additional_hours(minutes(spans), case.settings)
    if count:
        _charge_hours(case, service, spans, hour_moments(spans, count, case.settings), modifiers)
    tally.counted[_scope(case, service)] = seconds(spans)
    tally.bags.append(minutes(spans))


def charge_again(case: Case, service: Service, spans: Spans, tally: DrugTally, modifiers: tuple[str, ...] = ()) -> None:
    """A later infusion hang of the same drug: additional-hour units only, by switch ``same_drug_repeat``."""
    settings = case.settings
    count = minutes(spans)
    scope = _scope(case, service)
    already = tally.counted.get(scope, 0)
    tally.counted[scope] = already + seconds(spans)
    if not spans or (count < settings.infusion_min_minutes and settings.same_drug_repeat == "per_bag"):
        _no_unit(
            case,
            service,
            spans,
            "minutes the same drug already ran",
            "11",
            "{drug}: only {minutes} minutes beyond the earlier bag of the same drug; no unit.",
            "included",
        )
        return
    tally.bags.append(count)
    if settings.same_drug_repeat == "per_bag":
        when: tuple[int, ...] = (spans[0][0], *hour_moments(spans, additional_hours(count, settings), settings))
    elif already:
        hours = additional_hours((already + seconds(spans)) // 60, settings) - additional_hours(already // 60, settings)
        when = hour_moments(spans, hours, settings, already)
    else:
        # The first bag of a new date under sum_scope = date: its own first unit, then its hours.
        when = (spans[0][0], *hour_moments(spans, additional_hours(count, settings), settings))
    if when:
        _charge_hours(case, service, spans, when, modifiers, again=True)
    else:
        _no_unit(
            case,
            service,
            spans,
            "added to the same drug's minutes",
            "11",
            "{drug}: {minutes} minutes added to the earlier bags reach no further hour.",
            "included",
        )


def _charge_hours(
    case: Case,
    service: Service,
    spans: Spans,
    when: tuple[int, ...],
    modifiers: tuple[str, ...],
    *,
    again: bool = False,
) -> None:
    code = case.codes.hour_chemo if service.chemo else case.codes.hour_therapeutic
    facts: dict[str, object] = {"drug": service.name, "minutes": minutes(spans), "units": len(when)}
    if again:
        text = "{drug} was hung again for {minutes} minutes: additional hours of the same drug, units: {units}."
        case.charge(
            code, service, when, spans, Reason("11", text, facts, "same_drug_repeat", ((service.id, spans),)), modifiers
        )
    else:
        text = "{drug} counts {minutes} minutes; a further hour is earned at minute {earned_at}."
        facts["earned_at"] = earned_at(len(when), case.settings)
        reason = Reason("7", text, facts, "additional_hour_from_minutes", ((service.id, spans),))
        case.charge(code, service, when, (), reason, modifiers)


def _no_unit(case: Case, service: Service, spans: Spans, label: str, rule: str, text: str, status: str) -> None:
    if not spans:
        return
    facts = {"drug": service.name, "minutes": minutes(spans)}
    reason = Reason(rule, text, facts, "same_drug_repeat", ((service.id, spans),))
    case.set_aside(service, spans, status, label, reason)  # type: ignore[arg-type]


def _scope(case: Case, service: Service) -> object:
    return case.day(service.start) if case.settings.sum_scope == "date" else None


def judge_same_drug(case: Case, service: Service, tally: DrugTally) -> None:
    """Sources count repeated bags differently: say so where the units differ.  ``tally`` holds two bags or more."""
    first, *later = tally.bags
    per_bag = additional_hours(first, case.settings) + sum(1 + additional_hours(m, case.settings) for m in later)
    summed = additional_hours(sum(tally.bags), case.settings)
    if per_bag != summed:
        case.note(
            "info",
            "judgement",
            f"The same drug was hung {len(tally.bags)} times: per bag {per_bag} additional hours, "
            f"minutes added together {summed}.",
            "Switch same_drug_repeat holds the reading of your payer.",
            service,
        )
