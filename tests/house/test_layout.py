"""One subject a file, imports that point back, and pandas only when a frame is asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.places import PACKAGES, ROOT, package_files

LONGEST_FILE = 400
PRODUCT = [path for package in PACKAGES for path in package_files(package)]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imported(path: Path, *, top_level_only: bool = False) -> set[str]:
    """First names of the modules a file imports, anywhere or only where importing the file imports them."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = [n for n in tree.body if isinstance(n, ast.stmt)] if top_level_only else ast.walk(tree)
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", PRODUCT + TESTS, ids=_relative)
def test_a_file_holds_one_subject(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", PRODUCT, ids=_relative)
def test_imports_point_back(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    later = set(PACKAGES[PACKAGES.index(package) + 1 :])
    assert not _imported(path) & (later | {"tests", "benchmarks"})


@pytest.mark.parametrize("path", PRODUCT, ids=_relative)
def test_pandas_is_imported_where_it_is_used(path: Path) -> None:
    assert not _imported(path, top_level_only=True) & {"pandas", "numpy", "pyarrow"}


def test_the_command_starts_without_pandas() -> None:
    script = "import sys; from workbench.commands import analyze; print(sorted({'pandas', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_nothing_else_is_a_package() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == {*PACKAGES, "tests"}
