"""The rules as written, as cited and as coded are the same rules."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from tests.house.places import ROOT
from tests.house.rules_page import CHAPTERS, PAGE, disputed, rules_page, settings_of
from timeline.evidence import rule_book
from timeline.policy import load_policy
from timeline.policy_file import bundled
from timeline.switches import Settings

MODULES = sorted((ROOT / "timeline" / "rules").glob("*.py"))
TIMELINE = sorted((ROOT / "timeline").rglob("*.py"))
# nothing, one, and the seconds of a minute; every other number is a policy's
ALLOWED = {0, 1, 60}


def test_the_rules_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == rules_page(), "run: python -m tests.house.rules_page"


def test_the_rule_book_holds_every_rule() -> None:
    vocabulary = ["0a", "0b", "0c", "0d", "0e", "0f", "0g"]
    assert list(rule_book()) == [*vocabulary, *(str(n) for n in range(1, 43))]
    assert {first for _, first in CHAPTERS} <= set(rule_book())


@pytest.mark.parametrize("rule", list(rule_book()))
def test_a_rule_says_what_it_means_and_where_it_comes_from(rule: str) -> None:
    source = rule_book()[rule]
    assert source.text.endswith(".")
    assert len(source.text) > 60
    assert source.title
    assert source.where
    assert [name for name in source.files if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("key", Settings.__slots__)
def test_every_number_and_switch_serves_a_rule_that_is_there(key: str) -> None:
    policy = load_policy("facility")
    rules = re.split(r",\s*", policy.settings[key].rule)
    assert set(rules) <= set(rule_book())
    assert all(key in settings_of(rule, policy) for rule in rules)


@pytest.mark.parametrize("name", bundled())
def test_every_value_of_a_policy_file_is_cited_where_it_stands(name: str) -> None:
    content = yaml.safe_load((ROOT / "timeline" / "policies" / f"{name}.yaml").read_text("utf-8"))
    for key, setting in content["settings"].items():
        assert setting["reference"]["title"], key
        assert setting["reference"]["where"], key
        assert setting["confidence"] in ("read", "second-hand", "convention"), key
        assert all(set(value) == {"from", "value"} for value in setting["values"]), key
    for exception in content.get("exceptions", []):
        assert exception["reference"]["title"], exception["label"]


def rules_named_in(module: Path) -> set[str]:
    """Rule ids given to a reason: ``Reason("12", ...)``, also through ``"10" if ... else ...``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason" and node.args:
            texts = (n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant))
            found |= {text for text in texts if isinstance(text, str)}
    return found


@pytest.mark.parametrize("module", TIMELINE, ids=lambda p: p.name)
def test_every_rule_a_reason_names_is_in_the_book_and_names_the_file(module: Path) -> None:
    name = module.relative_to(ROOT).as_posix()
    for rule in rules_named_in(module):
        assert rule in rule_book(), f"{name}: rule {rule}"
        assert name in rule_book()[rule].files, f"{name} gives rule {rule} as a reason"


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.name)
def test_rules_hold_no_numbers(module: Path) -> None:
    numbers = {
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in ALLOWED
    }
    assert numbers == set(), "give it a date and a source in timeline/policies/facility.yaml"


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.name)
def test_the_texts_of_reasons_hold_no_minutes(module: Path) -> None:
    """A text that says 16 would be wrong under a policy that says otherwise."""
    said = {
        (node.lineno, node.value)
        for node in ast.walk(_without_docstrings(ast.parse(module.read_text("utf-8"))))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and " " in node.value
        and re.search(r"\b\d", node.value)
    }
    assert said == set()


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]
                n for n in body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
            ]
    return tree


def test_disputed_answers_name_rules_and_cases_that_are_there() -> None:
    known = {
        case["id"] for file in (ROOT / "tests" / "cases").glob("*.yaml") for case in yaml.safe_load(file.read_text())
    }
    for item in disputed():
        assert set(item.rules) <= set(rule_book())
        assert set(item.cases) <= known
