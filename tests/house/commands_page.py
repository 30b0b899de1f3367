"""``docs/commands.md`` from ``--help``.  ``python -m tests.house.commands_page`` writes it anew."""

from __future__ import annotations

import click

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
"""


def commands_page() -> str:
    """The whole page, ending with a line feed."""
    group = click.Context(main, info_name="infusion-timeline")
    parts = [_HEAD, _section("infusion-timeline", main.get_help(_narrow(group)))]
    for name in COMMANDS:
        command = main.get_command(group, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=group, terminal_width=90, max_content_width=90)
        parts.append(_section(f"infusion-timeline {name}", command.get_help(context)))
    return "\n".join(parts)


def _narrow(context: click.Context) -> click.Context:
    context.terminal_width = context.max_content_width = 90
    return context


def _section(title: str, help_text: str) -> str:
    text = "\n".join(row.rstrip() for row in help_text.splitlines())
    return f"## {title}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(commands_page(), "utf-8")
