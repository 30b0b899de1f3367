"""``docs/commands.md`` from ``--help``.  ``python -m tests.house.commands_page`` writes it anew."""

from __future__ import annotations

from click.testing import CliRunner

from tests.house.places import ROOT
from workbench.commands import COMMANDS, main

PAGE = ROOT / "docs" / "commands.md"
_HEAD = """# Commands

Written from `--help` by `python -m tests.house.commands_page`; a test notices when the two differ.

Without `--output`, table, JSON, CSV and SVG go to standard output, and HTML to a file named after the first input in
the working folder, whose path is printed. Files are created so that only their owner can read them.

Any option may stand in `infusion-timeline.toml` in the working folder (or a file named with `--config`); the command
line wins. Names of files in it are relative to it:

```toml
timezone = "America/Chicago"
formulary = "site-drugs.yaml"

[set]
concurrent_min_overlap = 1

[analyze]
format = "html"
```

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | done, and some input was rejected |
| 2 | wrong usage, or nothing readable |
| 3 | another run holds the store |
| 4 | the store cannot be written |
"""


def commands_page() -> str:
    """The whole page, ending with a line feed."""
    pages = [("infusion-timeline", _help()), *((f"infusion-timeline {name}", _help(name)) for name in COMMANDS)]
    return "\n".join([_HEAD, *(_section(title, text) for title, text in pages)])


def _help(*words: str) -> str:
    return CliRunner().invoke(main, [*words, "--help"], prog_name="infusion-timeline", terminal_width=80).stdout


def _section(title: str, help_text: str) -> str:
    text = "\n".join(row.rstrip() for row in help_text.splitlines())
    return f"## {title}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(commands_page(), "utf-8")
