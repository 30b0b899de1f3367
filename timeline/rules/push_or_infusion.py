"""What each administration is: infusion, push, injection, hydration, carrier, pump, other (rulebook 0f, 6, 35, 37).

Decided once per hang on ALL its running minutes; a later deduction never turns an infusion into a push.
"""

from __future__ import annotations

from parsers.events import Category, Route
from timeline.model import Administration, Kind
from timeline.rules.case import Reason
from timeline.switches import Settings

_NO_CODE: dict[str, str] = {
    "blood": "blood products are coded as a transfusion elsewhere",
    "vaccine": "vaccine administration is not coded here",
    "contrast": "contrast is integral to the imaging service",
    "anaesthesia": "anaesthesia is integral to the procedure",
}
_PORT_FLUSH = "96523"
_PUMPS = ("portable", "ambulatory", "implant", "elastomeric", "cadd")


def category_of(administration: Administration, settings: Settings) -> Category:
    """The category for coding: nutrition is therapeutic, an electrolyte replacement follows its switch."""
    if administration.electrolyte and administration.category == "therapeutic":
        return "hydration" if settings.electrolyte_replacement == "hydration" else "therapeutic"
    return "therapeutic" if administration.category == "nutrition" else administration.category


def kind_of(
    administration: Administration, category: Category, running_minutes: int, settings: Settings
) -> tuple[Kind, Reason]:
    """Kind of an administration that ran ``running_minutes`` (0 for a dose at once), and why."""
    a = administration
    facts: dict[str, object] = {"drug": a.drug, "minutes": running_minutes}
    if _PORT_FLUSH in a.charge_codes:
        return "carrier", Reason("38", "{drug} is charted as a port flush.", facts)
    if category in _NO_CODE:
        return "other", Reason("0e", "{drug}: " + _NO_CODE[category] + ".", facts)
    if a.route is Route.OTHER:
        return "other", Reason("37", "{drug} was not given by vein or injection: no administration code.", facts)
    if a.route in (Route.IM, Route.SC, Route.INTRA_ARTERIAL):
        return _injected(a, running_minutes, settings, facts)
    if a.route is None and a.single_dose and not a.documented_push:
        return "other", Reason("6", "{drug}: the record names no route, so no code can be supported.", facts)
    if category == "carrier":
        return "carrier", Reason("24", "{drug} is a carrier fluid, flush or keep-vein-open rate: no code.", facts)
    if category == "hydration":
        return "hydration", Reason("0e", "{drug} is a plain or prepackaged fluid: hydration.", facts)
    if category == "chemo" and _long_pump(a, running_minutes, settings):
        return "pump", Reason("35", "{drug} ran {minutes} minutes by portable pump.", facts, "pump_min_minutes")
    return _by_vein(a, running_minutes, settings, facts)


def _by_vein(a: Administration, minutes: int, settings: Settings, facts: dict[str, object]) -> tuple[Kind, Reason]:
    if a.documented_push:
        if settings.push_over_15_documented == "infusion" and minutes > settings.push_max_minutes:
            text = "{drug} was documented as a push but ran {minutes} minutes: counted as an infusion."
            return "infusion", Reason("6", text, facts, "push_over_15_documented")
        return "push", Reason("6", "{drug} is documented as an IV push.", facts, "push_over_15_documented")
    if a.single_dose:
        return "push", Reason("6", "{drug} was given at once, without stop, volume or rate: a push.", facts)
    if minutes <= settings.push_max_minutes:
        text = "{drug} ran {minutes} minutes; {most} or fewer is a push."
        return "push", Reason("6", text, {**facts, "most": settings.push_max_minutes}, "push_max_minutes")
    return "infusion", Reason("7", "{drug} ran {minutes} minutes.", facts, "infusion_min_minutes")


def _injected(a: Administration, minutes: int, settings: Settings, facts: dict[str, object]) -> tuple[Kind, Reason]:
    if a.route is Route.INTRA_ARTERIAL:
        if minutes > settings.push_max_minutes:
            return "other", Reason("37", "{drug}: an intra-arterial infusion has no code here.", facts)
        return "injection", Reason("37", "{drug} was given into an artery.", facts)
    where = "subcutaneously" if a.route is Route.SC else "intramuscularly"
    return "injection", Reason("37", "{drug} was injected " + where + ".", facts)


def _long_pump(a: Administration, minutes: int, settings: Settings) -> bool:
    """Rulebook 35: portable or implantable pump, longer than eight hours running or by volume and rate."""
    return portable_pump(a) and max(minutes, charted_length(a) or 0) > settings.pump_min_minutes


def portable_pump(a: Administration) -> bool:
    device = (a.device or "").casefold()
    return any(word in device for word in _PUMPS)


def charted_length(a: Administration) -> int | None:
    """Minutes by charted volume and rate; never by the pharmacy's expected duration (rulebook 26)."""
    rate = next((r.ml_per_hour for r in a.rates if r.ml_per_hour), None)
    if rate is None or a.volume_ml is None:
        return None
    return int(a.volume_ml / rate * 60)
