"""The case book shows every switch under each of its values, and reaches every reason the rules can give."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from tests.case_charts import Case, cases, code
from tests.house.places import ROOT
from timeline.policy import load_policy
from timeline.rules.case import Case as CodedCase
from timeline.switches import SWITCHES, Settings

MODULES = sorted(p for p in (ROOT / "timeline" / "rules").glob("*.py") if p.stem not in ("__init__", "case"))
ADDS = ("charge", "set_aside", "note")


@cache
def charts() -> dict[str, list[Case]]:
    """The cases of each chart: one, or one for each of its settings."""
    found: dict[str, list[Case]] = {}
    for case in cases():
        if not case.planned:
            found.setdefault(case.id.split("[")[0], []).append(case)
    return found


def value_of(switch: str, case: Case) -> str:
    default = load_policy(case.policy).settings[switch].values[0].value
    return str(case.switches.get(switch, default))


def differs(group: list[Case]) -> bool:
    """Whether the settings of a chart bill, ask, count or report differently."""
    told = [(dict(c.expected), c.by_date, c.asks, c.queries, dict(c.ledger), c.findings) for c in group]
    return any(one != told[0] for one in told)


def shown_by(switch: str) -> list[str]:
    """The charts that were coded under every value of a switch (of a number: under two at least)."""
    allowed = {str(v) for v in get_args(get_type_hints(Settings)[switch])}
    found = []
    for name, group in charts().items():
        values = {value_of(switch, case) for case in group}
        if (allowed <= values if allowed else len(values) > 1) and differs(group):
            found.append(name)
    return found


@pytest.mark.parametrize("switch", SWITCHES)
def test_one_chart_shows_a_switch_under_each_of_its_values(switch: str) -> None:
    assert shown_by(switch), "write a chart with `under:` and one setting for each value"


def calls_of(module: Path) -> dict[int, str]:
    """First lines of what a rule file charges, sets aside, notes or gives as a reason."""
    found = {}
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        adds = isinstance(function, ast.Attribute) and function.attr in ADDS and ast.unparse(function.value) == "case"
        if adds or (isinstance(function, ast.Name) and function.id == "Reason"):
            found[node.lineno] = ast.unparse(node)[:80]
    return found


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, int]]:
    """Where the rules were when they added something, over all charts: file and line."""
    seen: set[tuple[str, int]] = set()

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            frame = sys._getframe(1)
            seen.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
            return function(*args, **named)

        return call

    folder = tmp_path_factory.mktemp("charts")
    with pytest.MonkeyPatch.context() as patch:
        for name in ADDS:
            patch.setattr(CodedCase, name, watched(getattr(CodedCase, name)))
        for module in MODULES:
            loaded = importlib.import_module(f"timeline.rules.{module.stem}")
            if hasattr(loaded, "Reason"):
                patch.setattr(loaded, "Reason", watched(loaded.Reason))
        for group in charts().values():
            for case in group:
                code(case, folder)
    return seen


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.name)
def test_some_chart_reaches_every_reason_of_a_rule_file(module: Path, reached: set[tuple[str, int]]) -> None:
    missing = [f"line {line}: {call}" for line, call in calls_of(module).items() if (module.name, line) not in reached]
    assert missing == [], "write a chart that reaches it"
