"""Shared by all tests: how hard hypothesis tries.

``ci`` gives the same examples on every run and is the default; ``dev`` looks somewhere new each time;
``slow`` is the longer search of the slow group, 250 examples a property or as many as ``HYPOTHESIS_EXAMPLES`` says.
Choose with ``HYPOTHESIS_PROFILE``.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

CALM = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile("ci", derandomize=True, deadline=None, database=None, suppress_health_check=CALM)
settings.register_profile("dev", deadline=None, suppress_health_check=CALM)
settings.register_profile(
    "slow",
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "250")),
    derandomize="HYPOTHESIS_EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=CALM,
    print_blob=True,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
