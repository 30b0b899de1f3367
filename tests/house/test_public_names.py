"""What other programs may import from the top of each package; adding is free, taking away is not."""

from __future__ import annotations

import parsers
import reports
import timeline
import workbench


def test_parsers() -> None:
    assert sorted(parsers.__all__) == [
        "Action",
        "AdministrationEvent",
        "Drug",
        "Finding",
        "Ignored",
        "InputFile",
        "Reading",
        "Rejected",
        "Route",
        "Source",
        "read",
        "read_frame",
    ]


def test_timeline() -> None:
    assert sorted(timeline.__all__) == [
        "Formulary",
        "Policy",
        "PolicyError",
        "Result",
        "Timelines",
        "build",
        "code",
        "default_formulary",
        "load_policy",
    ]


def test_workbench() -> None:
    assert sorted(workbench.__all__) == ["Review", "analyze"]


def test_every_public_name_is_there() -> None:
    for package in (parsers, timeline, reports, workbench):
        missing = [name for name in getattr(package, "__all__", []) if not hasattr(package, name)]
        assert missing == []
