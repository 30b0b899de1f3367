"""Flushing an implanted port: only from an explicit row, and only when nothing else was done that day (rulebook 38)."""

from __future__ import annotations

from datetime import date

from timeline.rules.case import Case, Reason


def code_port_flush(case: Case) -> None:
    """One per date on which a row names the code itself and nothing else was charged; otherwise it is included.

    Runs last: it looks at what every other rule charged.
    """
    flushes = [s for s in case.of_kind("carrier") if case.codes.port_flush in s.administration.charge_codes]
    if not flushes:
        return
    charged = {case.day(at) for charge in case.charges for at in charge.when}
    flushed: set[date] = set()
    for service in flushes:
        day = case.day(service.start)
        facts = {"drug": service.name}
        if day in charged or day in flushed:
            text = "{drug}: flushing the port is part of the other services of that day."
            case.set_aside(
                service, service.spans, "included", "port flush beside other services", Reason("38", text, facts)
            )
        else:
            flushed.add(day)
            text = "{drug} is charted by its code, and nothing else was done that day."
            reason = Reason("38", text, facts, None, ((service.id, service.spans),))
            case.charge(case.codes.port_flush, service, (service.start,), service.spans, reason)
