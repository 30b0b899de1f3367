"""Writes the lists of ``docs/profiles.md``: ``python -m tests.house.profiles_page``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from parsers.events import Action, Route
from parsers.mar_columns import ALIASES, DAYS
from parsers.profiles import Hl7Profile
from tests.house.places import ROOT

PAGE = ROOT / "docs" / "profiles.md"
MARK = "<!-- from here on written by python -m tests.house.profiles_page -->\n"


def profiles_page() -> str:
    """The page: what is written by hand, then the lists from the code."""
    by_hand = PAGE.read_text("utf-8").split(MARK)[0]
    return by_hand + MARK + "\n".join(_lists()) + "\n"


def _lists() -> Iterator[str]:
    yield from ("", "## Action words of ours", "", "The right side of `action_map`:", "")
    yield from _wrapped(", ".join(f"`{a.value}`" for a in Action))
    yield from ("", "## Routes of ours", "", "The right side of `route_map`:", "")
    yield from _wrapped(", ".join(f"`{r.value}`" for r in Route))
    yield from ("", "## Places in HL7 messages", "", "Keys under `hl7`, with what is read without a profile:", "")
    default = Hl7Profile()
    for name in Hl7Profile.__struct_fields__:
        yield from _wrapped(f"- `{name}`: {', '.join(getattr(default, name)) or 'nothing'}")
    yield from ("", "## Header names that are known", "", "Case, spaces and punctuation do not count.", "")
    for column, names in (*ALIASES.items(), *DAYS.items()):
        yield from _wrapped(f"- `{column}`: {', '.join(names)}")


def _wrapped(text: str) -> list[str]:
    indent = "  " if text.startswith("- ") else ""
    return textwrap.wrap(text, 118, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    PAGE.write_text(profiles_page(), "utf-8")
