"""How long a property is searched: a little on every run, more in the slow group.

The long search, hours of it: ``HYPOTHESIS_PROFILE=slow HYPOTHESIS_EXAMPLES=20000 pytest -m slow tests/properties``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SLOW = os.environ.get("HYPOTHESIS_PROFILE") == "slow"
LONG = SLOW and "HYPOTHESIS_EXAMPLES" in os.environ
"""The search that is started by hand and takes hours."""

Test = Callable[..., None]


def searched(examples: int, *, weight: int = 1, **strategies: st.SearchStrategy[Any]) -> Callable[[Test], Test]:
    """A property of these strategies; the slow profile says itself how many examples it tries.

    Of a property whose example costs as much as ``weight`` of others (nights of a store) it tries so many fewer.
    """

    def wrap(test: Test) -> Test:
        found = given(**strategies)(test)
        if not SLOW:
            return settings(max_examples=examples)(found)
        return pytest.mark.slow(settings(max_examples=max(1, settings.default.max_examples // weight))(found))

    return wrap
