"""The demo's page as a browser sees it: complete, without errors, without a network, and printable."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workbench.commands import run

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--proxy-server=127.0.0.1:9",  # nothing listens there: whatever the page fetched would fail
    "--enable-logging=stderr",
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "demo.html"
    assert run("demo", "--output", str(target)).exit_code == 0
    return target


def _browse(page: Path, *words: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM, "Chromium is not installed"
    profile = page.parent / "profile"
    command = [CHROMIUM, *QUIET, f"--user-data-dir={profile}", *words, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_page_is_complete_and_without_errors(page: Path) -> None:
    done = _browse(page, "--dump-dom")
    assert done.returncode == 0
    assert "CONSOLE" not in done.stderr
    assert len(re.findall(r"<svg[ >]", done.stdout)) == 36  # a picture for each encounter of the day
    assert "96368" in done.stdout


def test_the_page_fetches_nothing(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)[^"']*""", text) == []
    assert re.findall(r"url\((?!['\"]?#)[^)]*\)|@import", text) == []


def test_the_page_prints(page: Path) -> None:
    paper = page.parent / "demo.pdf"
    _browse(page, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    assert paper.read_bytes().startswith(b"%PDF")
