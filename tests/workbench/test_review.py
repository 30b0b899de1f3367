"""A review in a notebook: every table one attribute away, one encounter, charts, and errors that say what to do."""

from __future__ import annotations

import sys

import pytest

from reports.flat_tables import TABLES
from reports.frames import frame
from tests.reports.builders import evening, everything, result
from workbench.pipeline import Review

REVIEW = Review(everything())


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_an_attribute(name: str) -> None:
    assert getattr(REVIEW, name).equals(frame(REVIEW.result, name))


def test_it_shows_itself_and_is_one_line_elsewhere() -> None:
    assert repr(REVIEW) == "Review: 3 encounters, 48 administrations, 8 lines, 1 query"
    assert "Encounter E-1001" in REVIEW._repr_html_()


def test_one_encounter() -> None:
    assert REVIEW.encounter("E-1001").coded == evening()
    with pytest.raises(ValueError, match="no encounter of that id; it has 3"):
        REVIEW.encounter("E-9999")


def test_charts_of_all_encounters_and_of_one() -> None:
    assert REVIEW.chart("codes").title == "10 units by code, of 3 encounters"
    assert REVIEW.chart("codes", encounter="E-4040").title == "1 unit by code, of 1 encounter"
    with pytest.raises(
        ValueError, match="no chart 'pie'; there are: timeline, occupancy, codes, missing_stops, dollars"
    ):
        REVIEW.chart("pie")


def test_a_review_shows_itself_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    assert "Encounter E-1001" in Review(result(evening()))._repr_html_()
    with pytest.raises(ModuleNotFoundError, match="pip install"):
        REVIEW.chart("codes")
