"""Where things stand in a checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("parsers", "timeline", "reports", "workbench")
"""In the order of the data; a package imports only those before it."""


def package_files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))
