"""Injections outside the vein: IM and SC, intra-arterial (rulebook 37).

Each injection has its own code; none of them is ever initial or the parent of an add-on.
"""

from __future__ import annotations

from parsers.events import Route
from timeline.rules.case import Case, Reason, Service
from timeline.rules.subcutaneous_96369 import is_subcutaneous_infusion


def code_injections(case: Case) -> None:
    """Charge every injection of the case."""
    for injection in case.of_kind("injection"):
        if is_subcutaneous_infusion(injection, case):
            continue
        route = injection.administration.route
        codes = case.codes
        if route is Route.INTRA_ARTERIAL:
            code, what = codes.intra_arterial_push, "into an artery"
        elif injection.chemo:
            code = codes.hormonal_injection if _hormonal(case, injection) else codes.chemo_injection
            what = "as an injection of an antineoplastic"
        else:
            code, what = codes.injection, "by injection"
        text = "{drug} was given " + what + "; each injection counts."
        reason = Reason(
            "37", text, {"drug": injection.name}, None, ((injection.id, injection.spans),), (injection.kind_reason,)
        )
        case.charge(code, injection, (injection.start,), injection.spans, reason)


def _hormonal(case: Case, injection: Service) -> bool:
    """Hormonal or not decides the code; where the formulary does not know, the coder is asked."""
    known = injection.administration.hormonal
    return known if known is not None else case.decision("kind", injection, "not hormonal") == "hormonal"
