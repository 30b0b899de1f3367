"""The data dictionary is what the code declares."""

from __future__ import annotations

from reports.flat_tables import TABLES
from tests.house.columns_page import PAGE, columns_page


def test_the_columns_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == columns_page(), "run: python -m tests.house.columns_page"


def test_every_column_has_a_meaning_that_fits_its_row() -> None:
    for table in TABLES.values():
        assert all(
            column.meaning and "|" not in column.meaning and "\n" not in column.meaning for column in table.columns
        )
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names))
