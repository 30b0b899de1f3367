"""Our reader against hl7apy: the same segments, and the same text in every field."""

from __future__ import annotations

import random

import pytest
from hl7apy.parser import parse_message

from parsers.conformance import second_opinion
from parsers.er7 import read_message
from tests.parsers.hl7_charts import MSH, ORC, RXR, message, rxa

VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8")
# Places of coded or free text, where hl7apy keeps what was sent; numbers and sequence ids it writes in its own form.
TEXT_FIELDS = {
    "PID": (3, 5, 11), "PV1": (3, 7, 19), "ORC": (2, 3, 12, 16), "RXA": (5, 7, 9, 10, 18), "RXR": (1, 2, 3, 4),
    "RXC": (2, 4), "ZMA": (1, 2, 5),
}  # fmt: skip
ORDER = ("PID", "PV1", "ORC", "RXA", "RXR", "RXC", "ZMA")
WORDS = ("ertapenem", "a\\T\\b", "\\F\\x\\S\\", "IV bag", "Zoë", "99MAR", "\\.br\\", "2 West", "\\X41\\", "")


def generated(seed: int) -> str:
    """A message of one of the versions with escapes, repeats, components and empty tails."""
    chance = random.Random(seed)
    version = VERSIONS[seed % len(VERSIONS)]
    segments = [f"MSH|^~\\&|MAR|SAMPLE|||20260310080000||RAS^O17|M{seed}|P|{version}"]
    for name in ORDER:
        for _ in range(chance.choice((1, 1, 2)) if name in ("RXA", "RXC") else 1):
            last = max(TEXT_FIELDS[name])
            cells = [_cell(chance) if number in TEXT_FIELDS[name] else "" for number in range(1, last + 1)]
            segments.append("|".join([name, *cells]) + "|" * chance.choice((0, 0, 1, 3)))
    return "\r".join(segments)


def _cell(chance: random.Random) -> str:
    def repeat() -> str:
        parts = [chance.choice(WORDS) for _ in range(chance.randint(1, 3))]
        return "^".join(parts) + "^" * chance.choice((0, 0, 1))

    return "~".join(repeat() for _ in range(chance.choice((1, 1, 1, 2))))


def bare(field: str) -> str:
    """A field without empty ends, which hl7apy does not keep."""
    return "~".join(repeat.rstrip("^") for repeat in field.split("~")).rstrip("~")


@pytest.mark.parametrize("batch", range(8))
def test_both_readers_agree_on_every_field(batch: int) -> None:
    for seed in range(batch * 25, batch * 25 + 25):
        text = generated(seed)
        ours = read_message(text)
        assert ours is not None
        assert "\r".join(segment.verbatim for segment in ours) == text
        theirs = parse_message(text, find_groups=False).children
        assert [s.name for s in ours] == [s.name for s in theirs]
        for segment, other in zip(ours, theirs, strict=True):
            if segment.name == "MSH":
                continue
            for number in TEXT_FIELDS[segment.name]:
                # By name: in 2.7 and later hl7apy leaves out withdrawn fields when it writes a segment.
                repeats = [f.to_er7() for f in other.children if f.name == f"{segment.name}_{number}"]
                # hl7apy escapes the escapes it does not know (.br, X) once more when it writes them.
                told = "~".join(repeats).replace("\\E\\", "\\")
                assert bare(segment.field(number)) == bare(told), (seed, segment.name, number)


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
