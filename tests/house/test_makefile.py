"""``make`` on a machine that lacks something says what, before it changes anything."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.places import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="the README has the same without make")


def _make(venv: Path, python: str) -> subprocess.CompletedProcess[str]:
    words = ["make", "-C", str(ROOT), "demo", f"VENV={venv}", f"PYTHON={python}"]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def _script(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_an_old_python_is_named(tmp_path: Path) -> None:
    done = _make(tmp_path / "venv", _script(tmp_path / "python", "echo 'Python 3.9.2'; exit 1"))
    assert done.returncode != 0
    assert "needs Python 3.11 or newer; found: Python 3.9.2." in done.stderr
    assert "make demo PYTHON=/path/to/python3.11" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_without_venv_is_named(tmp_path: Path) -> None:
    body = 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac'
    done = _make(tmp_path / "venv", _script(tmp_path / "python", body))
    assert done.returncode != 0
    assert "has no venv module. On Debian and Ubuntu: apt-get install python3-venv" in done.stderr
    assert not (tmp_path / "venv").exists()
