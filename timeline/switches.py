"""The switches and numbers that policies set: one typed field each.

The values live in ``policies/*.yaml`` with their reference and confidence; this file only says which exist
and which values each may take.  ``SWITCHES`` may be overridden by ``--set``; the other fields are numbers of
the rules and change only with a policy file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Settings:
    """Every number and switch a rule may use, for one policy version."""

    # rulebook 0b: one bag or two
    bag_change_max_minutes: int
    bag_change_grace_minutes: int
    # rulebook 1-5: the initial service
    initial_scope: Literal["encounter", "date"]
    initial_choice: Literal["rank", "primary_drug"]
    initial_tiebreak: Literal["first_started", "longest"]
    professional_setting: Literal["office", "facility"]
    # rulebook 6-9: time
    push_max_minutes: int
    infusion_min_minutes: int
    additional_hour_from_minutes: int
    additional_hour_minutes: int
    push_over_15_documented: Literal["push", "infusion"]
    # rulebook 11-12: the same drug again
    same_drug_repeat: Literal["per_bag", "sum"]
    repeat_push: Literal["96376", "none"]
    repeat_push_gap: int
    repeat_push_from: Literal["reported", "previous", "first"]
    repeat_chemo_push: Literal["none", "96411"]
    # rulebook 14-19: concurrent
    concurrent_scope: Literal["encounter", "date"]
    concurrent_min_overlap: int
    partial_overlap: Literal["majority", "concurrent", "deduct"]
    concurrent_chemo: Literal["query", "96549", "96417", "none"]
    # rulebook 21-25: hydration
    hydration_min_minutes: int
    hydration_overlap: Literal["encounter", "access"]
    hydration_segments: Literal["each_31", "sum"]
    sum_scope: Literal["encounter", "date"]
    deduct_push_minutes: Literal["no", "yes"]
    kvo_max_ml_per_hour: int
    electrolyte_replacement: Literal["therapeutic", "hydration"]
    # rulebook 26-30: what the record does not say
    missing_stop: Literal["query", "push", "calculate", "last_seen", "not_billable"]
    missing_stop_max_minutes: int
    silence_max_minutes: int
    combinations_max: int
    long_run_minutes: int
    many_at_once: int
    unknown_access: Literal["query", "same"]
    second_access_initial: Literal["query", "allow", "deny"]
    # rulebook 32-35
    midnight_date: Literal["each_day", "start"]
    modifier_style: Literal["59", "X"]
    pump_min_minutes: int
    # rulebook 26: what infusion pumps say beside the chart
    pump_evidence: Literal["fill", "prefer", "ignore"]
    pump_only: Literal["code", "unbilled"]
    pump_tolerance_minutes: int


NUMBERS = frozenset(
    {
        "push_max_minutes",
        "infusion_min_minutes",
        "additional_hour_from_minutes",
        "additional_hour_minutes",
        "hydration_min_minutes",
        "missing_stop_max_minutes",
        "silence_max_minutes",
        "combinations_max",
        "long_run_minutes",
        "many_at_once",
        "pump_min_minutes",
    }
)
SWITCHES = tuple(name for name in Settings.__slots__ if name not in NUMBERS)


@dataclass(frozen=True, slots=True)
class Codes:
    """Code numbers by role.  CPT is a trademark of the AMA; descriptors are not shipped, only numbers."""

    initial_therapeutic: str
    initial_chemo: str
    initial_hydration: str
    initial_push: str
    initial_chemo_push: str
    hour_therapeutic: str
    hour_chemo: str
    hour_hydration: str
    sequential_therapeutic: str
    sequential_chemo: str
    concurrent: str
    new_push: str
    new_chemo_push: str
    repeat_push: str
    injection: str
    chemo_injection: str
    hormonal_injection: str
    intra_arterial_push: str
    subcutaneous: str
    hour_subcutaneous: str
    subcutaneous_setup: str
    port_flush: str
    prolonged_pump: str
    unlisted_chemo: str
