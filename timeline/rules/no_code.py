"""What is documented and has no code here: carriers, oral drugs, blood, and pump chemo's own code (rulebook 24, 35)."""

from __future__ import annotations

from timeline.rules.case import Case, Reason
from timeline.rules.push_or_infusion import charted_length
from timeline.spans import seconds


def account_for_the_rest(case: Case) -> None:
    """Carriers and other administrations: included or unbilled, with the reason their kind was given."""
    for service in case.of_kind("carrier"):
        if case.codes.port_flush in service.administration.charge_codes:
            continue  # rule 38 decides
        case.set_aside(service, service.spans, "included", "carrier fluid", service.kind_reason)
    for service in case.of_kind("other"):
        if service.settled:
            continue
        label = (
            "not coded here" if service.category not in ("contrast", "anaesthesia") else "integral to another service"
        )
        case.set_aside(service, service.spans, "unbilled", label, service.kind_reason)


def code_pumps(case: Case) -> None:
    """Chemo by portable pump for more than eight hours: one code, in no sum or overlap (rulebook 35)."""
    for pump in case.of_kind("pump"):
        ran = seconds(pump.spans) // 60
        length = charted_length(pump.administration) or 0
        facts = {"drug": pump.name, "minutes": max(ran, length)}
        how = "ran {minutes} minutes" if ran >= length else "is to run {minutes} minutes by charted volume and rate"
        text = "{drug} " + how + " by portable pump: one code for starting it, its disconnection has none."
        reason = Reason("35", text, facts, "pump_min_minutes", ((pump.id, pump.spans),), (pump.kind_reason,))
        case.charge(case.codes.prolonged_pump, pump, (pump.start,), pump.spans, reason)
