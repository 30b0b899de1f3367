"""Another distribution's ``timeline`` or ``reports`` is noticed before it is imported."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from tests.house.places import ROOT
from workbench.identity import stranger


def test_this_checkout_is_whole() -> None:
    assert stranger() is None


def test_a_missing_package_is_named() -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "reports" else find_spec(name)

    assert (stranger(find) or "").startswith("The package 'reports' of Infusion Timeline is missing.")


def test_a_package_from_elsewhere_is_named_with_its_place(tmp_path: Path) -> None:
    other = tmp_path / "timeline" / "__init__.py"
    other.parent.mkdir()
    other.write_text("")
    run = subprocess.run(
        [sys.executable, "-c", "import sys; from workbench.commands import main; main(['policies'])"],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert run.returncode == 2
    assert f"Python found another package named 'timeline': {other.parent.resolve()}." in run.stderr
    assert "pip install --force-reinstall --no-deps infusion-timeline" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_module_file_of_that_name_is_noticed_too(tmp_path: Path) -> None:
    single = tmp_path / "reports.py"

    def find(name: str) -> ModuleSpec | None:
        return ModuleSpec(name, None, origin=str(single)) if name == "reports" else find_spec(name)

    assert "another package named 'reports'" in (stranger(find) or "")
