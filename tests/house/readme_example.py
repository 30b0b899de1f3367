"""The README's example, from the real program.  ``python -m tests.house.readme_example`` writes it anew."""

from __future__ import annotations

import re

from click.testing import CliRunner

from tests.house.places import ROOT
from workbench.commands import main

README = ROOT / "README.md"
_BLOCK = re.compile(r"(<!-- the output of: infusion-timeline (?P<words>[^\n]*) -->\n```text\n)(?P<text>.*?)(```)", re.S)


def example() -> tuple[str, str]:
    """What stands in the README, and what the command it names prints for its encounter (rules and sums left out)."""
    block = _BLOCK.search(README.read_text("utf-8"))
    assert block is not None
    words = block["words"].replace("sample_data/", f"{ROOT.as_posix()}/sample_data/").split()
    printed = CliRunner().invoke(main, words, prog_name="infusion-timeline").stdout
    shown = printed.split("─\n")[1].rsplit("\n\n", 1)[0]
    return block["text"], f"{shown}\n"


def write() -> None:
    """Put the real output into the README."""
    _, real = example()
    text = README.read_text("utf-8")
    README.write_text(_BLOCK.sub(lambda block: block[1] + real + block[4], text), "utf-8")


if __name__ == "__main__":
    write()
