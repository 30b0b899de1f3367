"""The published JSON Schema (2020-12) of the JSON output."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

SCHEMA_FILE = "infusion-timeline-1.schema.json"


def schema() -> dict[str, Any]:
    """The schema of ``infusion-timeline/1`` as a dict, read from the package."""
    text = files("reports").joinpath("schemas", SCHEMA_FILE).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
