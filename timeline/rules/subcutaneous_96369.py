"""Infusions under the skin by pump: 96369, hours 96370, a further set-up 96371 (rulebook 36).

They stand outside the rank: never initial of the encounter, never the parent of an IV add-on.  15 minutes or
less is an injection.
"""

from __future__ import annotations

from parsers.events import Route
from timeline.rules.case import Case, Reason, Service
from timeline.rules.hours import additional_hours, first_unit, hour_moments
from timeline.spans import minutes, union


def is_subcutaneous_infusion(service: Service, case: Case) -> bool:
    return (
        service.kind == "injection"
        and service.administration.route is Route.SC
        and service.minutes >= case.settings.infusion_min_minutes
    )


def code_subcutaneous(case: Case) -> None:
    """One first unit, hours on the minutes of all of them together, one further set-up at another site."""
    infusions = [s for s in case.of_kind("injection") if is_subcutaneous_infusion(s, case)]
    if not infusions:
        return
    first, *later = infusions
    codes = case.codes
    modifiers: tuple[str, ...] = ()
    if case.initial is not None:
        modifiers = ("59",) if case.settings.modifier_style == "59" else ("XS",)
        case.note(
            "info",
            "judgement",
            "A subcutaneous infusion stands beside an IV initial service: its code carries a "
            "modifier; other sources would report it without.",
            "",
            first,
        )
    spans = union(span for s in infusions for span in s.spans)
    evidence = tuple((s.id, s.spans) for s in infusions)
    facts = {"drug": " and ".join(dict.fromkeys(s.name for s in infusions)), "minutes": minutes(spans)}
    text = "{drug} ran {minutes} minutes under the skin by pump; {one_unit} are one unit."
    one = first_unit(case.settings.infusion_min_minutes, case.settings)
    reason = Reason("36", text, {**facts, "one_unit": one}, "infusion_min_minutes", evidence, (first.kind_reason,))
    case.charge(codes.subcutaneous, first, (first.start,), first.spans, reason, modifiers)
    hours = additional_hours(minutes(spans), case.settings)
    if hours:
        text = "{drug}: {minutes} minutes under the skin earn additional hours."
        reason = Reason("36", text, facts, "additional_hour_from_minutes", evidence)
        case.charge(codes.hour_subcutaneous, first, hour_moments(spans, hours, case.settings), (), reason, modifiers)
    further = [s for s in later if s.access_charted and s.access != first.access and first.access_charted]
    for service in later:
        text = "{drug} was set up at a further site."
        if further and service is further[0]:
            reason = Reason("36", text, {"drug": service.name}, None, ((service.id, service.spans),))
            case.charge(codes.subcutaneous_setup, service, (service.start,), service.spans, reason, modifiers)
        else:
            reason = Reason(
                "36",
                "{drug}: its minutes are added to the first set-up.",
                {"drug": service.name},
                None,
                ((service.id, service.spans),),
            )
            case.set_aside(service, service.spans, "included", "counted with the first subcutaneous infusion", reason)
