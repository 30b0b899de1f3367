"""``python -m workbench`` is the ``infusion-timeline`` command, for where scripts are not on the PATH."""

from __future__ import annotations

from workbench.commands import main

if __name__ == "__main__":
    main(prog_name="infusion-timeline")
