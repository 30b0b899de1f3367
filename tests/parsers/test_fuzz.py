"""Damaged bytes find no exception and no lost message: a short run of ``benchmarks/fuzz.py``, and that it can fail."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from parsers.clock import Clock
from parsers.events import Rejected, Source
from parsers.file_reading import FileReading
from parsers.hl7_file import read_hl7

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def fuzz() -> Any:
    """``benchmarks/fuzz.py``."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import fuzz
    finally:
        sys.path.pop(0)
    return fuzz


@pytest.mark.parametrize("seed", [1, 2])
def test_five_hundred_damaged_feeds(fuzz: Any, seed: int, tmp_path: Path) -> None:
    report = fuzz.fuzz(500, seed, tmp_path, whole_way_every=50)
    assert report.failures == []
    assert report.inputs == 500
    assert set(report.damages) == set(fuzz.KINDS)
    assert min(report.records[name] for name in ("used", "ignored", "rejected")) > 50
    assert report.headers > 1_000
    assert report.undamaged > 100


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 13))
def test_twenty_thousand_damaged_feeds(fuzz: Any, seed: int, tmp_path: Path) -> None:
    assert fuzz.fuzz(2_000, seed, tmp_path).failures == []


def clean(fuzz: Any) -> tuple[bytes, FileReading, tuple[bytes, ...]]:
    feed = next(f for f in fuzz.clean_feeds(1) if len(f.whole) > 2)
    reading = read_hl7(feed.data, "feed.hl7", Clock(ZoneInfo("America/Chicago")))
    assert list(fuzz.problems(feed.data, reading, feed.whole)) == []
    return feed.data, reading, feed.whole


def test_a_lost_message_is_found(fuzz: Any) -> None:
    data, reading, whole = clean(fuzz)
    lost = reading.events[0].source
    fewer = replace(reading, events=tuple(e for e in reading.events if e.source.record != lost.record))
    said = " ".join(fuzz.problems(data, fewer, whole))
    assert "1 records are neither used, ignored nor rejected" in said
    assert f"no record begins at the headers at [{lost.offset}]" in said
    assert f"the undamaged message at {lost.offset} was neither used nor known as a resend" in said


def test_a_record_that_counts_twice_is_found(fuzz: Any) -> None:
    data, reading, whole = clean(fuzz)
    used = reading.events[0].source
    doubled = Rejected(Source(used.file, used.record, offset=used.offset), "date-only", "", "")
    more = replace(reading, rejected=(*reading.rejected, doubled), records=reading.records + 1)
    said = " ".join(fuzz.problems(data, more, whole))
    assert "a record was used and also ignored or rejected" in said


def test_headers_are_found_where_a_line_a_file_or_a_block_begins(fuzz: Any) -> None:
    data = b"MSH|a\rxMSH|b\nMSH#c\x0bMSH|d\x1cMSHA|\r\xef\xbb\xbfMSH|e"
    assert fuzz.headers(data) == {data.index(part) for part in (b"MSH|a", b"MSH#c", b"MSH|d", b"MSH|e")}
