"""Our reader against hl7apy: where hl7apy can read a message, both find the same text in every field.

Where it cannot, or changes or loses something, the case is listed here with its reason; a case that hl7apy has
learnt to read since makes a test fail, so that the list stays true.  ``docs/hl7.md`` holds the same table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from parsers.er7 import Message, read_message
from parsers.hl7_charsets import decode_message
from parsers.hl7_frames import find_pieces
from parsers.mar_groups import Layout
from tests.hl7_building import UNUSUAL, VERSIONS, Dose, Form, Marks, charted_message, wild_message
from tests.hl7_oracle import HABITS, compare

SAMPLES = Path(__file__).parents[2] / "sample_data"
HEAD = "MSH|^~\\&|MAR|SAMPLE|CODING|SAMPLE|20260310080000||RAS^O17^RAS_O17|M1|P|2.5.1\r"
BODY = "PID|1||P1^^^S^MR\rORC|RE||F1\r"
RXA = "RXA|0|1|202603100800||77^ertapenem^L|1|mg\r"


def parsed(text: str) -> Message:
    message = read_message(text)
    assert message is not None
    return message


def check(seeds: range) -> Counter[str]:
    """Compare wild messages; the habits met, each with how often, and messages and fields compared."""
    met: Counter[str] = Counter()
    for seed in seeds:
        text = wild_message(seed)
        ours = parsed(text)
        assert "\r".join(segment.verbatim for segment in ours) == text
        opinion = compare(ours)
        assert opinion.unexplained == (), (seed, opinion.unexplained)
        if opinion.error is not None:
            assert reason_for_error(ours), (seed, opinion.error)
            met["not read"] += 1
            continue
        met["messages"] += 1
        met["fields"] += opinion.fields
        met.update(d.habit for d in opinion.differences if d.habit)
    return met


def reason_for_error(message: Message) -> bool:
    """The one content of a wild message at which hl7apy fails: TQ1-1 in version 2.7 (its table has no type for it)."""
    return message["MSH"].component(12, 1) == "2.7" and any(tq1.field(1) for tq1 in message.all("TQ1"))


@pytest.mark.parametrize("part", range(4))
def test_both_find_the_same_in_every_field(part: int) -> None:
    met = check(range(part * 50, part * 50 + 50))
    assert met["messages"] + met["not read"] == 50
    assert met["messages"] >= 48
    assert met["fields"] > 1_000


@pytest.mark.slow
@pytest.mark.parametrize("part", range(50))
def test_both_find_the_same_in_every_field_of_five_thousand(part: int) -> None:
    met = check(range(1_000 + part * 100, 1_000 + part * 100 + 100))
    assert met["messages"] + met["not read"] == 100


CHANGES = [
    # habit, version, segment, its field, what hl7apy makes of it
    ("empty end", "2.5.1", "RXA|0|1|202603100800||77^a^^^&^~", 5, "77^a"),
    ("escape", "2.5.1", "RXA|0|1|202603100800||^a\\.br\\b \\Z1\\|1", 5, "^a\\E\\.br\\E\\b \\E\\Z1\\E\\"),
    ("escape", "2.5.1", "RXA|0|1|202603100800||^5 mg\\5 mL|1", 5, "^5 mg\\E\\5 mL"),
    ("truncation", "2.7", "RXA|0|1|202603100800||^bag #2|1", 5, "^bag \\L\\2"),
    ("number", "2.5.1", "RXA|0|1|202603100800||^a|007", 6, "7"),
    ("phone", "2.6", "PID|1||P1||||||||||A^PRN^PH", 13, "PRN^PH" + "^" * 16 + "A"),
    ("blank", "2.5.1", "RXA|0|1|202603100800| |^a|1", 4, ""),
    ("nameless", "2.8", "RXA|0|1|202603100800||^a|1|mg||||2 WEST", 11, "2 WEST"),
    ("nameless", "2.2", "RXA|0|1|202603100800||^a|1" + "|" * 14 + "CP", 20, "CP"),
]


@pytest.mark.parametrize(("habit", "version", "segment", "field", "theirs"), CHANGES)
def test_what_hl7apy_changes(habit: str, version: str, segment: str, field: int, theirs: str) -> None:
    encoding = "^~\\&#" if habit == "truncation" else "^~\\&"
    ours = parsed(HEAD.replace("2.5.1", version).replace("^~\\&", encoding) + segment)
    found = [(d.field, d.ours, d.habit) for d in compare(ours).differences]
    assert found == [(field, segment.split("|")[field], habit)]
    assert compare(ours).differences[0].theirs.rstrip("^&~") == theirs


def test_every_change_has_its_example() -> None:
    assert {case[0] for case in CHANGES} == set(HABITS)


def test_both_find_the_same_in_charted_messages_of_every_version() -> None:
    doses = [
        Dose("202603100800", "cefazolin", "202603100830", "77", "1000", "mg", "100 mL/hr", "left forearm"),
        Dose("202603100900", "salt & sugar ~ 5|6", amount="50", unit="mL", action="New Bag"),
    ]
    for version in VERSIONS:
        for form in (Form(version=version), Form(version=version, route_first=True, hexadecimal=True)):
            opinion = compare(parsed(charted_message(doses, form).decode()))
            assert (opinion.error, opinion.unexplained) == (None, ())
            expected = {"escape"} if form.hexadecimal else set()
            assert {d.habit for d in opinion.differences} == expected | ({"nameless"} if version == "2.2" else set())
            assert opinion.fields == 84


@pytest.mark.parametrize("marks", UNUSUAL[:2])
def test_both_find_the_same_with_other_separators(marks: Marks) -> None:
    form = Form(marks=marks)
    doses = [Dose("202603100800", "salt & sugar | ^ ~ \\ # $ % * @", site="left hand", rate="5 mL/hr")]
    opinion = compare(parsed(charted_message(doses, form).decode()))
    assert (opinion.error, opinion.unexplained) == (None, ())


def sample_messages() -> list[tuple[str, int, Message | None]]:
    """Every message of the sample feeds, the broken ones too, with its file and number; ``None``: no separators."""
    found = []
    for path in sorted([SAMPLES / "day.hl7", *(SAMPLES / "bad").glob("*.hl7")]):
        data = path.read_bytes()
        pieces = [piece for piece in find_pieces(data) if piece.kind in ("message", "cut")]
        for number, piece in enumerate(pieces, start=1):
            found.append((path.name, number, read_message(decode_message(data[piece.start : piece.end])[0])))
    return found


NOT_READ_SAMPLES = {("unknown-separators.hl7", 1): "MSH-2 names no usable separators: neither reads it"}


def test_both_find_the_same_in_every_sample() -> None:
    compared = 0
    not_read: list[tuple[str, int]] = []
    for name, number, message in sample_messages():
        opinion = compare(message) if message is not None else None
        if opinion is None or opinion.error is not None:
            not_read.append((name, number))
            continue
        assert opinion.unexplained == (), (name, number, opinion.unexplained)
        compared += 1
    assert compared > 100
    assert set(not_read) == set(NOT_READ_SAMPLES)


WHOLE = HEAD + BODY + RXA + "RXR|IV\r"
SEGMENTS = ["MSH", "PID", "ORC", "RXA", "RXR"]
NOT_READ = [
    # what, the text, hl7apy's exception, the segments that our reader finds
    ("line feeds", WHOLE.replace("\r", "\n"), "UnsupportedVersion", SEGMENTS),
    ("carriage return and line feed", WHOLE.replace("\r", "\r\n"), "InvalidName", SEGMENTS),
    ("wrapped free text", WHOLE + "NTE|1||one\rtwo\r", "InvalidName", [*SEGMENTS, "NTE"]),
    ("no version in MSH-12", WHOLE.replace("2.5.1", ""), "UnsupportedVersion", SEGMENTS),
    ("version 2.5.2", WHOLE.replace("2.5.1", "2.5.2"), "UnsupportedVersion", SEGMENTS),
    ("version 2.7.1", WHOLE.replace("2.5.1", "2.7.1"), "UnsupportedVersion", SEGMENTS),
    ("RXA in version 2.1", WHOLE.replace("2.5.1", "2.1"), "InvalidName", SEGMENTS),
    ("truncation character before 2.7", WHOLE.replace("~\\&", "~\\&#"), "InvalidEncodingChars", SEGMENTS),
    ("a segment of a later version", WHOLE + "ARV|1||A\r", "InvalidName", [*SEGMENTS, "ARV"]),
    ("TQ1-1 in version 2.7", WHOLE.replace("2.5.1", "2.7") + "TQ1|1\r", "TypeError", [*SEGMENTS, "TQ1"]),
]


@pytest.mark.parametrize(("text", "error", "segments"), [c[1:] for c in NOT_READ], ids=[c[0] for c in NOT_READ])
def test_what_hl7apy_does_not_read_and_our_reader_does(text: str, error: str, segments: list[str]) -> None:
    with pytest.raises((HL7apyException, TypeError)) as raised:
        parse_message(text, find_groups=False)
    assert raised.type.__name__ == error
    ours = parsed(text)
    assert [segment.name for segment in ours] == segments
    assert (ours["RXA"].component(5, 2), ours["RXR"].component(1, 1)) == ("ertapenem", "IV")


FILES = [
    ("file header", "FHS|^~\\&|MAR\r" + WHOLE),
    ("batch header", "BHS|^~\\&|MAR\r" + WHOLE + "BTS|1\r"),
    ("MLLP frame", "\x0b" + WHOLE + "\x1c\r"),
    ("byte order mark", "\ufeff" + WHOLE),
]


@pytest.mark.parametrize("text", [f[1] for f in FILES], ids=[f[0] for f in FILES])
def test_framing_that_hl7apy_does_not_read_and_our_reader_does(text: str) -> None:
    with pytest.raises(HL7apyException):
        parse_message(text, find_groups=False)
    data = text.encode()
    (piece,) = [piece for piece in find_pieces(data) if piece.kind == "message"]
    assert [s.name for s in parsed(data[piece.start : piece.end].decode())] == SEGMENTS


def grouped(text: str) -> list[str]:
    """The segments that hl7apy finds when it groups them, its default, each under its group."""

    def walk(element: Any, path: str) -> Iterator[str]:
        for child in element.children:
            if child.classname == "Segment":
                yield f"{path}{child.to_er7()}"
            else:
                yield from walk(child, f"{child.name.removeprefix('RAS_O17_')} ")

    return list(walk(parse_message(text), ""))


def test_the_page_names_every_case() -> None:
    page = (SAMPLES.parent / "docs" / "hl7.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")}
    cases = {case[0] for case in (*NOT_READ, *FILES, *CHANGES)}
    assert cases <= rows
    assert all(text in page for text in HABITS.values())


def rxa(drug: str) -> str:
    return RXA.replace("ertapenem", drug)


def test_hl7apy_loses_z_segments_when_it_groups() -> None:
    text = HEAD + BODY + rxa("a") + "RXR|IV\rZMA|1|Stopped\r" + rxa("b") + "RXR|IM\r"
    assert not any("ZMA" in line for line in grouped(text))
    assert parsed(text)["ZMA"].field(2) == "Stopped"


def test_hl7apy_gives_an_rxa_the_route_of_another_when_it_groups() -> None:
    text = HEAD + BODY + rxa("a") + rxa("b") + "RXR|IM\r" + rxa("c") + "RXR|SC\r"
    groups = [line.split("|")[0] + " " + (line.split("^")[1] if "RXA" in line else line.split("|")[1])
              for line in grouped(text) if "ADMINISTRATION" in line]  # fmt: skip
    # c stands in one group with IM; SC is left alone in a group of its own.
    assert groups == ["ADMINISTRATION RXA a", "ADMINISTRATION RXA b", "ADMINISTRATION RXR IM",
                      "ADMINISTRATION RXA c", "ADMINISTRATION RXR SC"]  # fmt: skip
    administrations = [g for g in parse_message(text).children[-1].children if g.name == "RAS_O17_ADMINISTRATION"]
    assert [[s.name for s in g.children] for g in administrations] == [["RXA", "RXA", "RXR", "RXA"], ["RXR"]]
    orders = Layout(parsed(text)).orders
    routes = [(r.component(5, 2), g.route.field(1)) for o in orders for g in o.groups if g.route for _, r in g.rxas]
    assert routes == [("a", "IM"), ("b", "IM"), ("c", "SC")]


def test_hl7apy_takes_two_messages_for_one_and_a_mixed_line_end_for_text() -> None:
    two = parse_message(WHOLE + WHOLE, find_groups=False)
    assert [s.name for s in two.children] == SEGMENTS * 2
    assert len([p for p in find_pieces((WHOLE + WHOLE).encode()) if p.kind == "message"]) == 2
    mixed = WHOLE.replace("\rRXR", "\nRXR")
    assert [s.name for s in parse_message(mixed, find_groups=False).children] == SEGMENTS[:-1]
    assert [s.name for s in parsed(mixed)] == SEGMENTS
