"""The published JSON Schemas (2020-12) of the JSON output."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

SCHEMA_FILE = "infusion-timeline-1.schema.json"
CHANGES_FILE = "infusion-timeline-changes-1.schema.json"
CHECK_FILE = "infusion-timeline-check-1.schema.json"


def schema() -> dict[str, Any]:
    """The schema of ``infusion-timeline/1`` as a dict, read from the package."""
    return _read(SCHEMA_FILE)


def changes_schema() -> dict[str, Any]:
    """The schema of ``infusion-timeline-changes/1``, which ``compare`` writes."""
    return _read(CHANGES_FILE)


def check_schema() -> dict[str, Any]:
    """The schema of ``infusion-timeline-check/1``, which ``check`` writes."""
    return _read(CHECK_FILE)


def _read(name: str) -> dict[str, Any]:
    text = files("reports").joinpath("schemas", name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
