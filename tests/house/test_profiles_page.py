"""The page on profiles lists what the code knows, and its example is a profile."""

from __future__ import annotations

import re

from parsers.events import Action
from parsers.profiles import Profile, read_profile, shipped_profiles
from tests.house.profiles_page import PAGE, profiles_page

TEXT = PAGE.read_text("utf-8")


def test_the_lists_are_up_to_date() -> None:
    assert profiles_page() == TEXT, "run: python -m tests.house.profiles_page"


def test_the_example_is_a_profile_with_every_key() -> None:
    example = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    profile = read_profile(example[1], "ward.yaml")
    assert all(re.search(rf"^{key}:", example[1], re.MULTILINE) for key in Profile.__struct_fields__)
    assert profile.action_map["No"] is Action.NOT_GIVEN
    assert profile.columns["action"] == ("What was done",)


def test_every_shipped_profile_is_named() -> None:
    assert all(f"`{name}`" in TEXT for name in shipped_profiles())
