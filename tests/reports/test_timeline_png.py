"""The picture of an encounter as PNG, and what is said where the extra is missing."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from reports.timeline_png import PngExtraMissingError, timeline_png
from tests.reports.builders import evening
from tests.workbench.commands import NEW_YORK, TABLE, run

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def size(data: bytes) -> tuple[int, int]:
    assert data.startswith(SIGNATURE)
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_the_scale_says_how_large_it_is() -> None:
    pytest.importorskip("vl_convert")
    small, large = size(timeline_png(evening(), scale=1)), size(timeline_png(evening(), scale=2))
    assert large == (2 * small[0], 2 * small[1])


def test_the_command_writes_one_encounter(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    target = tmp_path / "p.png"
    words = ("analyze", TABLE, *NEW_YORK, "--format", "png", "--output", str(target))
    assert run(*words, "--encounter", "MIDNIGHT").exit_code == 0
    assert size(target.read_bytes())[0] > 800
    assert run(*words).exit_code == 2  # 36 encounters


def test_without_the_extra_the_pip_line_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(PngExtraMissingError, match=r"pip install 'infusion-timeline\[notebook\]'"):
        timeline_png(evening())
    result = run("analyze", TABLE, *NEW_YORK, "--format", "png", "--encounter", "MIDNIGHT", "--output", "-")
    assert result.exit_code == 2
    assert "pip install" in result.stderr
