"""What a bag change is, and what a rate step is: small values shared by hangs and the model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class HangSettings:
    """Switches of rulebook 0b, minutes, and what the word of a pump counts for (rulebook 26)."""

    bag_change_max_minutes: int = 240
    bag_change_grace_minutes: int = 0
    pump_evidence: Literal["fill", "prefer", "ignore"] = "fill"
    pump_tolerance_minutes: int = 5


@dataclass(frozen=True, slots=True)
class RateStep:
    """From ``time`` on the pump ran at this rate; ``None`` when the charted unit is not a volume per time."""

    time: datetime
    ml_per_hour: float | None
