"""hl7apy's validation against the standard, told in names of segments and fields."""

from __future__ import annotations

import pytest

from parsers.conformance import conformance
from tests.parsers.hl7_charts import MSH, ORC, RXR, message, rxa

WHOLE = message(ORC, rxa(stop="202603100930"), RXR)


def test_a_message_as_the_standard_wants_it() -> None:
    assert conformance(WHOLE) == ()
    assert conformance(WHOLE.replace("\r", "\n")) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (message(ORC, rxa(), RXR), ("RXA-4 is required and missing.",)),
        (message(ORC, rxa(stop="202603100930")), ("RXR is required and missing.",)),
        (message(rxa(), RXR), ("ORC is required and missing.", "RXA-4 is required and missing.")),
        # twice in the message, told once
        (message(ORC, rxa(), rxa(), RXR), ("RXA-4 is required and missing.",)),
        (message(ORC, rxa(stop="202603100930", f12="100^mL"), RXR),
         ("RXA-12 holds components that its datatype does not have.",)),
        (message(ORC, rxa(stop="202603100930"), RXR + "|||||||x"), ("RXR has more parts than this version knows.",)),
        (WHOLE.replace("2.5.1", "9.9"), ("The version (MSH-12) is 9.9; hl7apy knows 2.1 to 2.8.2.",)),
        (
            WHOLE.replace("RAS^O17^RAS_O17", "RAS^O99"),
            ("hl7apy knows no structure for this message type (MSH-9) in version 2.5.1.",),
        ),
        ("hello", ("MSH-1 and MSH-2 name no usable separators.",)),
    ],
)  # fmt: skip
def test_what_the_standard_misses(text: str, said: tuple[str, ...]) -> None:
    assert conformance(text) == said


@pytest.mark.parametrize("cut", range(3, len(WHOLE), 17))
def test_a_verdict_on_a_cut_message_never_fails_and_quotes_nothing(cut: int) -> None:
    said = " ".join(conformance(WHOLE[:cut]))
    assert all(word not in said for word in ("Sampleton", "P100", "E100", "ertapenem", "SAMPLE"))


def test_an_older_message_is_held_to_its_own_version() -> None:
    # Up to 2.3 the timing of an order stands in ORC-7, which hl7apy's tables require; later in TQ1.
    old = WHOLE.replace(MSH, MSH.replace("RAS^O17^RAS_O17", "RAS^O01").replace("2.5.1", "2.3"))
    assert conformance(old) == ("ORC-7 is required and missing.",)
    assert conformance(old.replace("FL7||||||", "FL7||||1^once||")) == ()
