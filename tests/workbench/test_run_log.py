"""The log of a nightly run: JSON lines of declared keys, and nothing that could identify a patient."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.house.places import ROOT
from tests.house.planted import ACCOUNT, MRN, NOTE, PLANTED, SURNAME, traces
from workbench.run_log import EVENTS, KEYS, run_log

PAGE = (ROOT / "docs" / "nightly-report.md").read_text("utf-8")


def said(name: str, **values: object) -> dict[str, Any]:
    """The line of one event."""
    stream = io.StringIO()
    run_log(stream).event(name, **values)
    (row,) = stream.getvalue().splitlines()
    loaded: dict[str, Any] = json.loads(row)
    return loaded


def test_a_line_has_time_level_event_and_its_keys() -> None:
    before = datetime.now(UTC)
    row = said("file-read", seconds=0.12345, records=3, kind="hl7", file="/in/MAR_20260310.hl7.gz")
    assert before <= datetime.fromisoformat(row.pop("time")) <= datetime.now(UTC)
    assert row == {
        "level": "info",
        "event": "file-read",
        "file": "MAR_99999999.hl7.gz",
        "kind": "hl7",
        "records": 3,
        "seconds": 0.123,
    }


def test_lines_are_written_one_by_one_in_order() -> None:
    stream = io.StringIO()
    log = run_log(stream)
    log.event("run-started", run=12, dry_run=False, version="0.2.0", policy_version="2026-01-01")
    log.event("files-found", files=1)
    log.event("run-failed", run=12, error=KeyError(NOTE), exit_status=2)
    rows = [json.loads(row) for row in stream.getvalue().splitlines()]
    assert [row["event"] for row in rows] == ["run-started", "files-found", "run-failed"]
    assert [row["level"] for row in rows] == ["info", "info", "error"]
    assert rows[2]["error"] == "KeyError"
    assert rows[0]["dry_run"] is False
    assert rows[0]["time"].endswith("Z")


def test_two_logs_do_not_mix_and_a_file_holds_what_was_said(tmp_path: Path) -> None:
    other = io.StringIO()
    with (tmp_path / "run.log").open("w", encoding="utf-8") as stream:
        run_log(stream).event("stage-finished", stage="read-files", seconds=1)
        run_log(other).event("stage-finished", stage="code", seconds=2)
        assert '"stage": "read-files"' in (tmp_path / "run.log").read_text("utf-8")  # flushed at once
    assert '"stage": "code"' in other.getvalue()


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_what_is_not_declared_is_refused(stream: io.StringIO | None) -> None:
    log = run_log(stream)
    with pytest.raises(TypeError, match="no such key; it has file, kind, records"):
        log.event("file-read", patient=MRN)
    with pytest.raises(TypeError, match="no such key"):
        log.event("file-not-opened", records=3)  # a key of other events
    with pytest.raises(TypeError, match="no such event"):
        log.event(NOTE)
    assert stream is None or stream.getvalue() == ""


WRONG: dict[str, list[object]] = {
    "run": ["12", True, 1.5, None, NOTE],
    "seconds": ["1", True, float("nan"), float("inf"), None],
    "dry_run": ["yes", 1, None],
    "file": [7, None, Path("x")],
    "kind": [7, None],
    "code": ["", "free text", f"code-{MRN}", "Time-Unreadable", SURNAME, SURNAME.lower(), "x" * 50, 3],
    "stage": ["", "two words", f"stage-{ACCOUNT}", SURNAME, 3],
    "version": [3, None, 1.0],
    "error": ["KeyError", SURNAME, KeyError],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_value_its_key_does_not_allow_is_refused_and_not_repeated(key: str, value: object) -> None:
    name = next(name for name, event in EVENTS.items() if key in event.keys)
    with pytest.raises(ValueError, match=f"{key} of the event {name}: .* was expected") as refused:
        run_log(None).event(name, **{key: value})
    assert traces(str(refused.value)) == []


def test_no_identifier_reaches_the_log_by_any_key_of_any_event() -> None:
    """Whatever text is put under whatever key is refused, or becomes harmless."""
    stream = io.StringIO()
    log = run_log(stream)
    texts = [*PLANTED, ACCOUNT, f"{ACCOUNT}-59", f"in {ACCOUNT}"]
    for name, event in EVENTS.items():
        for key in event.keys:
            for text in texts:
                if key not in ("file", "kind", "version", "policy_version"):
                    with pytest.raises(ValueError, match="was expected"):
                        log.event(name, **{key: text})
                elif key != "file":
                    log.event(name, **{key: text})
    log.event("file-read", file=f"/in/{ACCOUNT}/{SURNAME}/mar_{MRN}_{ACCOUNT}.hl7")  # folders go, digits are masked
    assert traces(stream.getvalue()) == []
    assert '"mar_99999999_99999999.hl7"' in stream.getvalue()


@pytest.mark.parametrize("version", ["0.1.0", "0.2.0rc1", "1.0.dev3", "2026-01-01"])
def test_a_version_is_written_as_it_is(version: str) -> None:
    assert said("run-started", version=version)["version"] == version
    assert said("run-started", version=f"{version}+{SURNAME}")["version"] == "unknown"


def test_an_exception_shows_its_class_only() -> None:
    url = "postgresql://coder:s3cret@db/x"
    row = said("run-failed", error=ConnectionError(f"cannot reach {url} for {MRN}"))
    assert row["error"] == "ConnectionError"
    assert "s3cret" not in json.dumps(row)


def test_every_key_belongs_to_an_event_and_every_event_has_declared_keys() -> None:
    used = {key for event in EVENTS.values() for key in event.keys}
    assert used == set(KEYS)


def test_every_event_stands_in_the_document_with_its_keys() -> None:
    rows = re.findall(r"^\| `([a-z]+(?:-[a-z]+)*)` \| (\w+) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert {name: (level, tuple(keys.split(", "))) for name, level, keys in rows} == {
        name: (event.level, event.keys) for name, event in EVENTS.items()
    }
