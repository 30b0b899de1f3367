"""From charted events to timelines, and from timelines to codes with their reasons."""

from timeline.coding import code
from timeline.encounters import build
from timeline.formulary import Formulary, default_formulary
from timeline.model import Result, Timelines
from timeline.policy import Policy, PolicyError, load_policy

__all__ = [
    "Formulary",
    "Policy",
    "PolicyError",
    "Result",
    "Timelines",
    "build",
    "code",
    "default_formulary",
    "load_policy",
]
