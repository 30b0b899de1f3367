"""Every JSON a test produces is held against the published schema."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from reports.schema import schema


@cache
def _validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


def assert_valid(document: Any) -> None:
    """Fail with the path of the first value that breaks the schema."""
    errors = sorted(_validator().iter_errors(document), key=lambda e: [str(p) for p in e.absolute_path])
    if errors:
        first = errors[0]
        raise AssertionError(f"{first.json_path}: {first.message[:300]} ({len(errors)} in all)")
