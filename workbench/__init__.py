"""The ways people run it.  In a notebook:

>>> from workbench import analyze
>>> analyze("mar.csv", timezone="America/Chicago").lines  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.pipeline import Review, analyze

__all__ = ["Review", "analyze"]


def __getattr__(name: str) -> object:
    # Imported when asked for: the command first checks whose `timeline` and `reports` these are.
    if name in __all__:
        from workbench import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module 'workbench' has no attribute '{name}'")
