"""Every JSON a test produces is held against the published schema."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from reports.json_output import result_to_dict
from reports.schema import schema
from timeline.model import Result


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


def valid(result: Result) -> Result:
    """The same result, once its JSON has been held against the schema."""
    assert_valid(json.loads(msgspec.json.encode(result_to_dict(result))))
    return result
