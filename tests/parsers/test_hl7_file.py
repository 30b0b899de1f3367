"""A file of messages: framing, batches, character sets, resends, and everything that is broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.clock import Clock
from parsers.file_reading import FileReading
from parsers.hl7_file import RESEND, SeenMessages, read_hl7
from tests.parsers.hl7_charts import MSH, ORC, PID, PV1, RXR, codes, message, read, rxa

BAD = Path(__file__).parents[2] / "sample_data" / "bad"


def one(number: int, end: str = "\r") -> str:
    """A good message, the ``number``-th of its sender."""
    return message(ORC, rxa(f22=f"2026031009{number:02}"), RXR, header=MSH.replace("|M1|", f"|M{number}|"), end=end)


def outcome(reading: FileReading) -> tuple[int, int, list[str], list[str]]:
    """Records, used, reasons of the ignored, codes of the rejected."""
    return (
        reading.records,
        reading.used,
        [i.reason for i in reading.ignored for _ in i.sources],
        [r.code for r in reading.rejected],
    )


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_several_messages_with_any_line_end(end: str) -> None:
    reading = read(one(1, end) + one(2, end) + end + one(3, end))
    assert outcome(reading) == (3, 3, [], [])
    assert [e.source.record for e in reading.events] == [1, 2, 3]


def test_mixed_line_ends_and_no_line_end_at_the_end() -> None:
    assert outcome(read(one(1, "\n") + one(2, "\r\n") + one(3, "\r").rstrip())) == (3, 3, [], [])


def test_byte_offsets_lead_back_to_the_message() -> None:
    data = ("\ufeff" + one(1).replace("Ada", "Zoë") + one(2)).encode()
    for event in read(data).events:
        assert event.source.offset is not None
        assert data[event.source.offset :].startswith(b"MSH|")
        assert data[event.source.offset :].split(b"\r")[0].endswith(f"|M{event.source.record}|P|2.5.1".encode())


def test_mllp_frames() -> None:
    framed = b"".join(b"\x0b" + one(n).encode() + b"\x1c\r" for n in (1, 2))
    assert outcome(read(framed)) == (2, 2, [], [])


def test_an_mllp_frame_without_end_is_cut() -> None:
    framed = b"\x0b" + one(1).encode()[:150] + b"\x0b" + one(2).encode() + b"\x1c\r"
    assert outcome(read(framed)) == (2, 1, [], ["message-truncated"])


def test_a_batch_with_right_counts() -> None:
    text = "FHS|^~\\&|MAR\rBHS|^~\\&|MAR\r" + one(1) + one(2) + "BTS|2\rFTS|1\r"
    reading = read(text)
    assert (outcome(reading), codes(reading)) == ((2, 2, [], []), [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BHS|^~\\&|MAR\r" + one(1) + "BTS|2\r", ["batch-count"]),
        ("FHS|^~\\&|MAR\r" + one(1) + "FTS|3\r", ["batch-count"]),
        ("FHS|^~\\&|MAR\rBHS|^~\\&|MAR\r" + one(1), ["batch-not-closed", "batch-not-closed"]),
        ("BHS|^~\\&|MAR\r" + one(1) + "BTS|1\rBHS|^~\\&|MAR\r" + one(2) + "BTS|1\rFTS|2\r", []),
        (one(1) + "BTS|\r", []),
    ],
)
def test_counts_of_batches(text: str, expected: list[str]) -> None:
    assert codes(read(text)) == expected


def test_messages_put_together_without_a_line_end_are_both_read() -> None:
    reading = read(one(1).rstrip() + one(2))
    assert (outcome(reading), codes(reading)) == ((2, 2, [], []), ["message-joined"])


def test_a_message_header_quoted_in_escaped_text_is_no_message() -> None:
    assert outcome(read(message(ORC, rxa(f9="see MSH\\F\\\\S\\"), RXR))) == (1, 1, [], [])


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("", "utf-8"), ("8859/1", "latin-1"), ("8859/1", "utf-8"), ("ASCII", "utf-8"), ("UNICODE UTF-8", "utf-8"),
     ("", "cp1252"), ("8859/15", "iso8859-15")],
)  # fmt: skip
def test_character_sets(declared: str, codec: str) -> None:
    header = MSH + "||||||" + declared
    text = message(ORC, rxa(drug="^crème"), RXR, header=header)
    assert read(text.encode(codec)).events[0].drugs[0].name == "crème"


def test_japanese_of_two_sets() -> None:
    header = MSH + "||||||~ISO IR87||ISO 2022-1994"
    text = message(ORC, rxa(drug="^生理食塩液"), RXR, header=header)
    assert read(text.encode("iso2022_jp")).events[0].drugs[0].name == "生理食塩液"


def test_a_utf_16_file() -> None:
    reading = read((one(1) + one(2)).encode("utf-16"))
    assert (outcome(reading), codes(reading)) == ((2, 2, [], []), ["utf-16"])


def test_a_resend_is_ignored_and_a_reused_control_id_is_told() -> None:
    again = one(1).replace("|20260310120000|", "|20260310130000|")
    other = one(2).replace("|M2|", "|M1|")
    reading = read(one(1) + again + other + other)
    assert outcome(reading) == (4, 2, [RESEND, RESEND], [])
    assert codes(reading) == ["control-id-reused"]


def test_a_resend_in_another_file_with_other_line_ends() -> None:
    seen, clock = SeenMessages(), Clock(None)
    assert read_hl7(one(1).encode(), "a.hl7", clock, None, seen).used == 1
    assert outcome(read_hl7(one(1, "\r\n").encode(), "b.hl7", clock, None, seen)) == (1, 0, [RESEND], [])


def test_without_a_control_id_nothing_is_taken_for_a_resend() -> None:
    text = one(1).replace("|M1|", "||")
    assert outcome(read(text + text)) == (2, 2, [], [])


def test_other_message_types_are_ignored_with_their_type() -> None:
    visit = one(1).replace("RAS^O17^RAS_O17", "SIU^S12^SIU_S12")
    assert outcome(read(visit + one(2))) == (2, 1, ["message type SIU^S12 is not read in this version"], [])


def test_a_type_that_is_no_type_shows_only_its_shape() -> None:
    (ignored,) = read(one(1).replace("RAS^O17^RAS_O17", "Sampleton")).ignored
    assert ignored.reason == "message type AAAAAAAAA is not read in this version"


def test_training_messages_are_told() -> None:
    assert codes(read(one(1).replace("|P|2.5.1", "|T|2.5.1"))) == ["test-messages"]


def test_a_message_without_rxa() -> None:
    assert outcome(read(message(ORC))) == (1, 0, [], ["rxa-missing"])


@pytest.mark.parametrize(
    ("name", "used", "rejected", "findings"),
    [
        ("empty.hl7", 0, ["file-empty"], []),
        ("not-hl7.hl7", 0, ["not-hl7"], []),
        ("no-msh.hl7", 0, ["msh-missing"], []),
        ("unknown-separators.hl7", 1, ["separators-unknown"], []),
        ("truncated.hl7", 1, ["message-truncated"], []),
        ("truncated-frame.hl7", 1, ["message-truncated"], []),
        ("date-only-times.hl7", 1, ["date-only"], []),
        ("impossible-times.hl7", 1, ["time-impossible"], ["time-impossible"]),
        ("no-route-no-order.hl7", 2, [], ["rxr-missing", "orc-missing"]),
        ("shifted-fields.hl7", 0, ["field-shifted", "field-shifted"], []),
        ("unknown-action.hl7", 1, ["action-unknown"], []),
        ("no-visit.hl7", 0, ["encounter-missing"], []),
        ("batch-count.hl7", 2, [], ["batch-count"]),
        ("log-lines.hl7", 2, ["text-outside-message"], []),
        ("other-messages.hl7", 1, ["message-type-missing"], []),
    ],
)
def test_broken_examples(name: str, used: int, rejected: list[str], findings: list[str]) -> None:
    reading = read((BAD / name).read_bytes())
    assert (reading.used, [r.code for r in reading.rejected], codes(reading)) == (used, rejected, findings)
    for problem in reading.rejected:
        assert problem.source.file == "feed.hl7"
        assert problem.source.record is not None
        assert problem.message.endswith(".")
        assert problem.fix.endswith(".")
        assert "Sampleton" not in problem.message + problem.fix


def test_every_broken_example_is_tested() -> None:
    (mark,) = [m for m in test_broken_examples.pytestmark if m.name == "parametrize"]  # type: ignore[attr-defined]
    assert {path.name for path in BAD.glob("*.hl7")} == {case[0] for case in mark.args[1]}


def test_planted_identifiers_are_in_no_message() -> None:
    planted = "ZEBRA"
    for number in range(1, 27):
        for index, name in enumerate(("PID", "PV1", "ORC", "RXA", "RXR")):
            segments = [PID, PV1, ORC, rxa(), RXR]
            fields = segments[index].split("|") + [""] * 30
            fields[number] = planted + "^" + planted + "^77"
            segments[index] = "|".join(fields)
            segments.append(f"NTE|1||{planted}")
            segments[0] += f"^{planted}"
            reading = read("\r".join([MSH, *segments]))
            told = [f.message + f.fix for f in reading.findings] + [r.message + r.fix for r in reading.rejected]
            assert not any(planted in text for text in told), (name, number, told)


FEED = (one(1) + "BTS|1\r" + one(2, "\n") + "\x0b" + one(3) + "\x1c\r" + message(ORC, rxa(), rxa("1", "x"))).encode()
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "copy"]),
        st.integers(0, len(FEED) - 1),
        st.integers(1, 60),
        st.sampled_from(b"|^~\\&\r\n\x0b\x1c\x00M9\xff\x1b"),
    ),
    max_size=5,
)


@given(EDITS)
def test_damaged_bytes_never_fail_and_every_record_is_accounted_for(edits: list[tuple[str, int, int, int]]) -> None:
    data = bytearray(FEED)
    for kind, place, length, byte in edits:
        if kind == "flip":
            data[place % max(1, len(data)) : place % max(1, len(data)) + 1] = bytes([byte])
        elif kind == "cut":
            del data[place : place + length]
        else:
            data[place:place] = data[place : place + length * 8]
    reading = read(bytes(data))
    assert reading.records == reading.used + sum(i.count for i in reading.ignored) + len(reading.rejected)
    context = reading.context
    said = len(reading.events) + len(context.stays) + len(context.orders) + len(context.merges)
    assert reading.used <= said
    assert all(event.time.tzinfo is not None and event.drugs and event.encounter_id for event in reading.events)


@given(st.binary(max_size=120).map(lambda tail: b"MSH" + tail) | st.binary(max_size=120))
def test_any_bytes(data: bytes) -> None:
    reading = read(data)
    # Envelope segments alone are an empty batch, and no record.
    assert reading.records >= 1 or any(name in data for name in (b"FHS", b"BHS", b"BTS", b"FTS"))


def test_an_empty_batch_has_no_record_and_is_nothing_to_mend() -> None:
    reading = read("FHS|^~\\&|MAR\rBHS|^~\\&|MAR\rBTS|0\rFTS|1\r")
    assert (outcome(reading), codes(reading)) == ((0, 0, [], []), [])
