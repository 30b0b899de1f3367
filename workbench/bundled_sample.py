"""The sample day: package data in an installed wheel, ``sample_data/`` in a checkout.

Every person, order and time in it is invented.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

DAY_FEED = "day.hl7"
DAY_TABLE = "day.csv"
DAY_BILLED = "billed.csv"
ZONE = "America/New_York"
"""The zone of the invented hospital."""

__all__ = ["DAY_BILLED", "DAY_FEED", "DAY_TABLE", "ZONE", "as_file", "sample_file"]


def sample_file(name: str) -> Traversable:
    """One file of the sample day; ``as_file`` gives it a path on disk."""
    package = files("workbench")
    checkout = Path(__file__).resolve().parent.parent / "sample_data"
    packed = package.joinpath("sample_day", name)
    return packed if packed.is_file() else checkout / name
