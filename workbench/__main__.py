"""``python -m workbench`` is the ``infusion-timeline`` command, for where scripts are not on the PATH."""

from __future__ import annotations

import sys
import traceback

from workbench.commands import main

FAULT = 70
"""Exit status of a fault in the program itself: Python's own, 1, would say that some input was rejected."""


def run() -> None:
    """Run the command; a fault of the program shows where it is and ends with :data:`FAULT`."""
    try:
        main(prog_name="infusion-timeline")
    except Exception:  # noqa: BLE001 - whatever it is, a job of the night must not take it for success
        traceback.print_exc()
        sys.exit(FAULT)


if __name__ == "__main__":
    run()
