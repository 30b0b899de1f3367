"""hl7apy as the second opinion on a message; ``test_differential.py`` holds the two readers against each other."""

from __future__ import annotations

import pytest

from parsers.conformance import second_opinion
from tests.parsers.hl7_charts import MSH, ORC, RXR, message, rxa


def versioned(version: str) -> str:
    return message(ORC, rxa(), RXR, header=MSH.replace("2.5.1", version))


def test_a_message_that_both_read_alike() -> None:
    assert second_opinion(message(ORC, rxa("202603100800", "202603100930"), RXR)) is None
    assert second_opinion(message(ORC, rxa(amount=".5"), RXR, end="\r\n")) is None
    assert second_opinion(message(ORC, rxa(drug="^a\\.br\\b"), RXR)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "MSH-1 and MSH-2 name no usable separators."),
        (message(ORC, rxa() + "|" * 9 + "x", RXR), "RXA has more fields than version 2.5.1 knows."),
        (versioned(""), "The version (MSH-12) is not given; hl7apy knows 2.1 to 2.8.2."),
        (versioned("9.9"), "The version (MSH-12) is 9.9; hl7apy knows 2.1 to 2.8.2."),
        (versioned("Ada"), "The version (MSH-12) is not given; hl7apy knows 2.1 to 2.8.2."),
    ],
)
def test_what_hl7apy_does_not_read(text: str, said: str) -> None:
    assert second_opinion(text) == said


@pytest.mark.parametrize("cut", range(3, 400, 7))
def test_a_second_opinion_on_a_cut_message_never_fails(cut: int) -> None:
    opinion = second_opinion(message(ORC, rxa(), RXR)[:cut])
    assert opinion is None or "Sampleton" not in opinion
