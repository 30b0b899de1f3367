"""Files are private and whole, and names come from the first input."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.output import CannotWrite, page_name, send


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    send(["<p>", "µg</p>\n"], str(page))
    assert page.read_bytes() == "<p>µg</p>\n".encode()
    assert _mode(page) == 0o600


def test_an_earlier_file_is_replaced_and_made_private(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("old and longer", "utf-8")
    page.chmod(0o644)
    send(["new"], str(page))
    assert page.read_text("utf-8") == "new"
    assert _mode(page) == 0o600


def test_a_run_that_breaks_off_leaves_the_earlier_file(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    send(["whole"], str(page))

    def broken() -> Iterator[str]:
        yield "half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(broken(), str(page))
    assert page.read_text("utf-8") == "whole"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_a_link_keeps_pointing_to_the_file(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old", "utf-8")
    link.symlink_to(real)
    send(["new"], str(link))
    assert link.is_symlink()
    assert real.read_text("utf-8") == "new"


@pytest.mark.parametrize("place", ["", "missing/page.html"])
def test_a_place_that_cannot_be_written_is_said_with_status_2(tmp_path: Path, place: str) -> None:
    with pytest.raises(CannotWrite, match=r"cannot be written: .+\. Name another place with --output\.") as problem:
        send(["x"], str(tmp_path / place))
    assert problem.value.exit_code == 2


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("day.hl7", "day.timeline.html"),
        ("in/day.hl7.gz", "day.timeline.html"),
        ("in/2026.03.10", "2026.03.10.timeline.html"),
        ("in/feed/", "feed.timeline.html"),
        ("in/*.csv", "input.timeline.html"),
        ("-", "standard-input.timeline.html"),
    ],
)
def test_a_page_is_named_after_the_first_input(path: str, name: str) -> None:
    assert page_name([path, "other.hl7"], ".html") == name
