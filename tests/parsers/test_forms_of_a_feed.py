"""One feed in every form gives one result, once the places (sources, inputs) are left out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.json_output import result_to_dict
from tests.parsers.hl7_charts import codes, read
from workbench.pipeline import analyze

ROOT = Path(__file__).parents[2]
FORMS = ("lf", "crlf", "mixed", "batch", "mllp", "gzip", "cp1252", "shuffled")
PLACES = {"source", "sources", "inputs", "record", "row"}


@pytest.fixture(scope="module")
def forms() -> Any:
    """``benchmarks/feed_forms.py``."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import feed_forms
    finally:
        sys.path.pop(0)
    return feed_forms


def accented(texts: list[str]) -> list[str]:
    """The messages with letters beyond ASCII, so that character sets matter."""
    return [text.replace("forearm", "avant-bras – é").replace("Ada", "Zoë") for text in texts]


def without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_places(part) for key, part in value.items() if key not in PLACES}
    return [without_places(part) for part in value] if isinstance(value, list) else value


def result_of(data: bytes, folder: Path) -> Any:
    path = folder / "feed.hl7"
    path.write_bytes(data)
    return without_places(result_to_dict(analyze(path).result))


def test_every_form_is_tested(forms: Any) -> None:
    assert ("bare", *FORMS) == forms.FORMS


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_feed_gives_the_same_json(form: str, forms: Any, tmp_path: Path) -> None:
    compare(form, accented(forms.feed_messages(40, 5)), forms.in_form, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 12))
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_larger_feeds_gives_the_same_json(form: str, seed: int, forms: Any, tmp_path: Path) -> None:
    compare(form, accented(forms.feed_messages(200, seed)), forms.in_form, tmp_path, seed)


def compare(
    form: str, texts: list[str], in_form: Callable[[list[str], str, int], bytes], folder: Path, seed: int = 1
) -> None:
    bare = result_of(in_form(texts, "bare", seed), folder)
    assert bare["summary"]["records"] == len(texts)
    assert bare["summary"]["used"] > len(texts) * 0.95
    assert bare["summary"]["lines"] > 50
    assert any("avant-bras – é" in str(a["access"]) for e in bare["encounters"] for a in e["administrations"])
    other = result_of(in_form(texts, form, seed), folder)
    assert other == bare


def test_a_feed_in_windows_1252_that_declares_nothing_differs_by_one_finding(forms: Any) -> None:
    texts = accented(forms.feed_messages(10, 5))
    plain, undeclared = read("".join(texts)), read("".join(texts).encode("cp1252"))
    assert [e.site for e in undeclared.events] == [e.site for e in plain.events]
    assert (codes(plain), codes(undeclared)) == ([], ["charset-doubt"])
