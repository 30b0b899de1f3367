"""A message may show the shape of a value, never the value."""

import pytest

from parsers.shapes import header_word, plain_word, quoted_word, safe_name, shape


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("03/10/2026 8:05 AM", "99/99/9999 9:99 AA"),
        ("MRN0012345", "AAA9999999"),
        ("Nuñez, José", "AAAAA, AAAA"),
        ("山田", "AA"),
        ("a\x00b", "A?A"),
        ("", ""),
        ("123456789012345678901234", "9" * 24),
        ("1234567890123456789012345", "9" * 21 + "..."),
    ],
)
def test_shape_hides_every_digit_and_letter(value: str, shown: str) -> None:
    assert shape(value) == shown


def test_safe_name_is_the_base_name_without_digits() -> None:
    assert safe_name("/data/site 7/MAR_20260310.csv") == "MAR_99999999.csv"
    assert safe_name(r"C:\exports\mar1.csv") == "mar9.csv"


def test_an_action_word_is_quoted_but_not_what_may_identify_a_patient() -> None:
    assert plain_word("Wobbled") == "'Wobbled'"
    assert plain_word("Abgehängt") == "'Abgehängt'"
    assert plain_word("Spu\u0308lung") == "'Spülung'"  # a mark of its own
    assert plain_word("Пауза") == "'Пауза'"
    assert plain_word("Spülung 7") == "a text of the shape AAAAAAA 9"
    assert plain_word("DOE, JANE") == "a text of the shape AAA, AAAA"
    assert plain_word("TEST000030") == "a text of the shape AAAA999999"


def test_an_action_word_of_the_row_is_quoted_only_when_it_stands_nowhere_else() -> None:
    row = ("V1", "vancomycin", "IV", "DOE JANE, room 4")
    assert quoted_word("Bag Wobbled", row) == "'Bag Wobbled'"
    assert quoted_word("IV Wobbled", row) == "'IV Wobbled'"  # a short word says nothing
    assert quoted_word("jane", row) == "a text of the shape AAAA"
    assert quoted_word("Jane Roe", row) == "a text of the shape AAAA AAA"
    assert quoted_word("call the night nurse", row) == "a text of the shape AAAA AAA AAAAA AAAAA"


def test_a_header_is_quoted_only_when_it_looks_like_one() -> None:
    assert header_word("Infusion End Time", trusted=True) == "Infusion End Time"
    assert header_word("TEST000030", trusted=True) == "AAAA999999"
    assert header_word("Drug", trusted=False) == "AAAA"
