"""What the documents say of the commands is what the commands do."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house.commands_page import PAGE, commands_page
from tests.house.places import ROOT
from tests.house.readme_example import example
from workbench.commands import COMMANDS

README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_commands_page_is_up_to_date() -> None:
    # how click breaks lines is its own affair
    assert PAGE.read_text("utf-8").split() == commands_page().split(), "run: python -m tests.house.commands_page"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command(command: str) -> None:
    assert re.search(rf"infusion-timeline {command}\b", README)


def test_the_readme_names_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"^infusion-timeline ([a-z-]+)", README, re.MULTILINE))
    assert named <= set(COMMANDS)


def test_the_readme_gives_the_two_commands_with_and_without_make() -> None:
    assert "make demo" in README
    assert "make test" in README
    assert r".venv\Scripts\python -m workbench demo" in README
    assert r".venv\Scripts\python -m pytest" in README


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == PROJECT["project"]["version"]


@pytest.mark.parametrize(
    "page", sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
)
def test_links_between_documents_lead_somewhere(page: str) -> None:
    file = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text("utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_the_readmes_example_is_real() -> None:
    shown, real = example()
    assert shown == real, "run: python -m tests.house.readme_example"
    assert "96368" in shown
