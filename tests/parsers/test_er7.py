"""The ER7 reader: nothing lost, everything counted from 1, escapes decoded beside the verbatim text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.er7 import Message, decode, read_message, separators_of

TEXT = (
    "MSH|^~\\&|MAR|SAMPLE|||20260310||RAS^O17^RAS_O17|M1|P|2.5\r"
    "PID|1||P1^^^S^MR~X9^^^S^SS\r"
    "RXA|0|1|202603100800||77^a\\T\\b &unit&x^L|1\r"
    "RXA|0|2\r"
)


def parsed(text: str = TEXT) -> Message:
    message = read_message(text)
    assert message is not None
    return message


def test_fields_are_counted_from_1_as_in_the_standard() -> None:
    rxa = parsed()["RXA"]
    assert str(rxa[3]) == "202603100800"
    assert str(rxa[5][1]) == "77"
    assert str(rxa[4]) == ""
    assert str(rxa[99]) == ""
    assert len(rxa) == 6


def test_msh_1_is_the_field_separator_itself() -> None:
    msh = parsed()["MSH"]
    assert (str(msh[1]), str(msh[2]), str(msh[3]), str(msh[9][2])) == ("|", "^~\\&", "MAR", "O17")


def test_repeats_components_and_subcomponents() -> None:
    message = parsed()
    assert [str(repeat[1]) for repeat in message["PID"][3].repeats] == ["P1", "X9"]
    assert str(message["RXA"][5][2][2]) == "unit"
    assert [str(segment[2]) for segment in message.all("RXA")] == ["1", "2"]


def test_verbatim_text_and_decoded_text_stand_side_by_side() -> None:
    name = parsed()["RXA"][5][2]
    assert name.verbatim == "a\\T\\b &unit&x"
    assert name.text == "a&b &unit&x"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("\\F\\\\S\\\\T\\\\R\\\\E\\", "|^&~\\"),
        ("one\\.br\\two", "one\ntwo"),
        ("\\X41C3A9\\", "Aé"),
        ("\\H\\loud\\N\\", "loud"),
        ("\\C2842\\ \\M2842\\ \\Zab\\", "\\C2842\\ \\M2842\\ \\Zab\\"),
        ("5 mg\\5 mL", "5 mg\\5 mL"),
        ("\\X4\\", "\\X4\\"),
        ("\\", "\\"),
    ],
)
def test_escapes(written: str, meant: str) -> None:
    assert decode(written, parsed().separators) == meant


def test_any_separators_that_msh_names() -> None:
    message = parsed("MSH^~|\\&^MAR\rRXA^0^1^202603100800^^77~aspirin\r")
    assert str(message["RXA"][5][2]) == "aspirin"
    assert str(message["MSH"][2]) == "~|\\&"


def test_truncation_character_of_version_2_7() -> None:
    marks = separators_of("MSH|^~\\&#|MAR")
    assert marks is not None
    assert marks.truncation == "#"


UNUSABLE = ["MSH", "MSH|", "MSH|^~\\|A", "MSH|^^^^|A", "MSH|abcd|A", "MSHA^~\\&A", "MSH|^~\\&#!|"]


@pytest.mark.parametrize("header", UNUSABLE)
def test_unusable_separators(header: str) -> None:
    assert separators_of(header) is None


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_line_ends_do_not_matter(end: str) -> None:
    message = parsed(TEXT.replace("\r", end))
    assert [segment.name for segment in message] == ["MSH", "PID", "RXA", "RXA"]
    assert str(message.all("RXA")[1][2]) == "2"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_wrapped_text_stays_in_its_field(end: str) -> None:
    message = parsed(f"MSH|^~\\&|MAR{end}NTE|1||first line{end}second line{end}ABC{end}RXA|0|1{end}")
    assert [segment.name for segment in message] == ["MSH", "NTE", "RXA"]
    assert str(message["NTE"][3]) == f"first line{end}second line{end}ABC"


def test_a_bare_segment_name_is_a_segment() -> None:
    message = parsed("MSH|^~\\&|MAR\rPID|1||P1\rPV2\rORC|RE|7\r")
    assert [segment.name for segment in message] == ["MSH", "PID", "PV2", "ORC"]
    assert str(message["PID"][3]) == "P1"


def test_offsets_count_bytes() -> None:
    raw = "MSH|^~\\&|MÜNCHEN\r\nPID|1\r\n\r\nRXA|0\r\n"
    message = read_message(raw, offset=1000, charset="utf-8")
    assert message is not None
    places = message.segment_offsets
    assert [raw.encode()[place - 1000 :][:4] for place in places] == [b"MSH|", b"PID|", b"RXA|"]


def test_absent_segment() -> None:
    message = parsed()
    assert message.get("PV1") is None
    assert "PV1" not in message
    with pytest.raises(KeyError):
        message["PV1"]
    with pytest.raises(IndexError):
        message["RXA"][0]


PIECES = st.text(st.sampled_from("AZ09|^~\\&\r\n é.") | st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.tuples(st.sampled_from(["PID", "ORC", "RXA", "ZZ1"]), PIECES), max_size=6), st.sampled_from("\r\n"))
def test_any_message_is_given_back_as_it_was(segments: list[tuple[str, str]], end: str) -> None:
    text = "MSH|^~\\&|MAR" + end + "".join(f"{name}|{body}{end}" for name, body in segments)
    message = parsed(text)
    assert str(message) == text
    joined = "".join("|".join(segment.fields).replace("MSH|||", "MSH|") for segment in message)
    assert joined.replace("\r", "").replace("\n", "") == text.replace("\r", "").replace("\n", "")
    assert len(message.segment_offsets) == len(message.segments)


@given(st.text(max_size=60))
def test_decoding_never_fails_and_leaves_plain_text_alone(text: str) -> None:
    marks = parsed().separators
    decoded = decode(text, marks)
    if "\\" not in text:
        assert decoded == text
