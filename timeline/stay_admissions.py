"""When inpatient status began, as admissions entered late and registrations sent again tell it (rulebook 34)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from parsers.events import Finding, StayContext
from parsers.patient_classes import UNKNOWN_CLASS, is_inpatient

EARLY = datetime.min.replace(tzinfo=UTC)


def without_admission(standing: list[StayContext], cancelled: StayContext) -> list[StayContext]:
    """Without what an A11 takes back: inpatient status, if the A11 or the last word on the class says so.

    Otherwise the last registration and all that repeated its class: sent twice, or in updates since.  ``standing`` is
    in the order recorded.
    """
    registered = [f for f in standing if f.kind == "arrival" and f.patient_class is not None]
    stated = _stated(standing)
    late = _ids(_resent(stated))
    current = next((f.patient_class for f in reversed(stated) if id(f) not in late), None)
    of_inpatient = is_inpatient(cancelled.patient_class)
    if (of_inpatient or is_inpatient(current)) and any(is_inpatient(f.patient_class) for f in standing):
        return _without_inpatient(standing, [f for f in registered if is_inpatient(f.patient_class)])
    if not registered:
        return standing
    last = registered[-1]
    if of_inpatient and last.patient_class != UNKNOWN_CLASS:
        return standing  # the admission was never sent, or is taken back already
    since = min(recorded(f) for f in registered if f.patient_class == last.patient_class)
    return [f for f in standing if f.patient_class != last.patient_class or (recorded(f) < since and f is not last)]


def _without_inpatient(standing: list[StayContext], admissions: list[StayContext]) -> list[StayContext]:
    """Without inpatient status since it was first sent as an admission; a change of class (A06) admits as well."""
    since = min((recorded(f) for f in admissions), default=EARLY)
    return [f for f in standing if not is_inpatient(f.patient_class) or recorded(f) < since]


def weighed(
    standing: list[StayContext], registrations: Sequence[StayContext]
) -> tuple[list[StayContext], list[Finding]]:
    """The messages that stand, with inpatient status from the admit time where only that says when it began."""
    late = _resent(_stated(standing))
    kept = [f for f in standing if id(f) not in _ids(late)] if late else standing
    findings = [_resent_after_admission(late)] if late else []
    first = _entered_late(kept, registrations)
    if first is None or first.admitted is None:
        return kept, findings
    # What was said of the time between, before the admission was known, did not know of it.
    kept = [f for f in kept if not _between(f, first.admitted, first)]
    return [*kept, replace(first, time=first.admitted, admitted=None)], [*findings, _from_admit_time(first)]


def _resent(stated: Sequence[StayContext]) -> list[StayContext]:
    """Registrations as an outpatient from a time before inpatient status, sent when it had begun."""
    began = sorted(f.time for f in stated if is_inpatient(f.patient_class))
    found = []
    for fact in stated:
        if fact.admitted is not None and not is_inpatient(fact.patient_class):
            place = bisect_right(began, fact.admitted)
            if place < len(began) and began[place] <= fact.time:
                found.append(fact)
    return found


def _entered_late(standing: Sequence[StayContext], registrations: Sequence[StayContext]) -> StayContext | None:
    """The first word on inpatient status, if its admit time lies before it and is not that of the outpatient visit.

    Some systems overwrite PV1-44 at admission, others keep the arrival: an admit time that an outpatient message names
    as well, or one not after the arrival, says nothing of the admission.
    """
    stated = _stated(standing)
    inpatient = [f for f in stated if is_inpatient(f.patient_class)]
    if not inpatient or (registrations and is_inpatient(registrations[0].patient_class)):
        return None
    began = min(f.time for f in inpatient)
    told = [f for f in inpatient if f.time == began and f.admitted is not None and f.admitted < began]
    if not told:
        return None
    first = max(told, key=lambda f: (recorded(f), f.admitted or began))
    arrivals = [f.time for f in standing if f.kind == "arrival" and not is_inpatient(f.patient_class)]
    others = [f.time for f in stated if not is_inpatient(f.patient_class)]
    came = min(arrivals or others, default=EARLY)
    after = first.admitted is not None and first.admitted > came
    return first if after and first.admitted not in {*arrivals, *others} else None


def _between(fact: StayContext, admitted: datetime, first: StayContext) -> bool:
    outpatient = fact.kind == "status" and fact.patient_class is not None and not is_inpatient(fact.patient_class)
    return outpatient and admitted <= fact.time < first.time and recorded(fact) <= recorded(first)


def _from_admit_time(first: StayContext) -> Finding:
    return Finding(
        "info",
        "inpatient-from-admit-time",
        "Inpatient status is counted from the admit time (PV1-44), which lies before the message that tells of it.",
        "If it began later, send its time in EVN-6 or give the classes table (--classes).",
        first.source,
    )


def _resent_after_admission(late: Sequence[StayContext]) -> Finding:
    return Finding(
        "info",
        "registration-resent",
        "An outpatient registration was sent after inpatient status began; its admit time lies before, so it does not "
        "end that status.",
        "If the patient became an outpatient again, send ADT^A07 or give the classes table (--classes).",
        min((f.source for f in late), key=lambda s: (s.file, s.record or 0, s.row or 0)),
    )


def recorded(fact: StayContext) -> datetime:
    """When the fact was told; one of a table stands before all messages."""
    return fact.recorded_at or EARLY


def _stated(standing: Sequence[StayContext]) -> list[StayContext]:
    return [f for f in standing if f.kind == "status" and f.patient_class is not None]


def _ids(facts: Sequence[StayContext]) -> set[int]:
    return {id(f) for f in facts}
