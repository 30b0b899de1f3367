"""The forms in which feeds come: framing, separators, character sets, escapes and times, one behaviour a test."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from parsers import read as read_paths
from parsers.events import Action, Finding
from parsers.file_reading import FileReading
from tests.hl7_building import UNUSUAL, WITH_TRUNCATION, Dose, Form, charted_message
from tests.parsers.hl7_charts import MSH, ORC, PID, PV1, RXR, codes, message, only, read, rxa

CHICAGO = ZoneInfo("America/Chicago")
DOSE = Dose("202603100800", "vitamin K & C | 10 mg", "202603100830", site="left hand", rate="5 mL/hr")


def one(number: int, drug: str = "^ertapenem", end: str = "\r") -> str:
    header = MSH.replace("|M1|", f"|M{number}|")
    return message(ORC, rxa(f"2026031008{number:02}", drug=drug), RXR, header=header, end=end)


def the(code: str, reading: FileReading) -> Finding:
    (finding,) = [f for f in reading.findings if f.code == code]
    return finding


# Framing


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("FHS|^~\\&|MAR\rBHS|^~\\&|MAR\r" + one(1) + one(2) + "BTS|2\rFTS|1\r", None),
        ("FHS|^~\\&|MAR\r" + one(1) + one(2) + "FTS|1\r", None),  # without BHS the file is one batch
        ("FHS|^~\\&|MAR\r" + one(1) + one(2) + "FTS|2\r", None),  # some senders count its messages
        ("FHS|^~\\&|MAR\r" + one(1) + one(2) + "FTS|3\r", "FTS-1 tells of 3 batches, 1 were found."),
        ("BHS|^~\\&|MAR\r" + one(1) + one(2) + "BTS|3\r", "BTS-1 tells of 3 messages, 2 were found."),
        ("BHS|^~\\&|MAR\r" + one(1) + one(2) + "BTS|2 messages\r", None),
        ("BHS#$%*@#MAR\r" + one(1) + one(2) + "BTS#1\r", "BTS-1 tells of 1 messages, 2 were found."),
        ("FHS|^~\\&|MAR\rBHS|^~\\&|MAR\r" + one(1) + "BTS|1\rBHS|^~\\&|MAR\r" + one(2) + "BTS|1\rFTS|1\r",
         "FTS-1 tells of 1 batches, 2 were found."),
    ],
)  # fmt: skip
def test_counts_of_batch_and_file_trailers(text: str, told: str | None) -> None:
    reading = read(text)
    assert (reading.records, reading.used, len(reading.events)) == (2, 2, 2)
    assert [f.message for f in reading.findings] == ([told] if told else [])


def test_a_file_of_mllp_frames_each_a_batch() -> None:
    frames = [f"\x0bBHS|^~\\&|MAR\r{one(n)}BTS|1\r\x1c\r" for n in (1, 2)]
    reading = read("".join(frames))
    assert (reading.used, codes(reading), reading.rejected) == (2, [], ())


def test_mllp_frames_with_other_line_ends_and_bytes_between() -> None:
    data = f"\x0b{one(1)}\x1c\r\n\x0b{one(2)}\x1c\x0b{one(3)}\x1c\n\x00\x1a".encode()
    assert (read(data).used, read(data).records) == (3, 3)


def test_wrapped_free_text_stays_in_its_field_and_what_follows_is_read() -> None:
    for end in ("\r", "\n", "\r\n"):
        wrapped = message(ORC, f"NTE|1||first line{end}second line, 5 mL{end}ORC was told", rxa(), RXR, end=end)
        assert [e.order_id for e in read(wrapped).events] == ["FL7"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_hundred_thousand_blank_lines_inside_a_text_take_no_time(end: str) -> None:
    # Reading them took the square of their number: minutes here, hours for a megabyte.
    text = message(ORC, "NTE|1||above" + end * 100_000 + "below", rxa(), RXR)
    assert [e.order_id for e in read(text).events] == ["FL7"]


def test_a_rate_with_a_hundred_thousand_spaces_takes_no_time() -> None:
    spaces = " " * 100_000
    event = only(ORC, rxa(f12=f"5{spaces}mL{spaces}/{spaces}hr"), RXR)
    assert (event.rate, event.rate_ml_per_hour) == (5.0, 5.0)


def test_a_header_wrapped_in_its_control_id() -> None:
    (event,) = read(message(ORC, rxa(), RXR, header=MSH.replace("|M1|", "|M1-\n77|"))).events
    assert event.source.control_id == "M1-\n77"


def test_a_byte_order_mark_before_each_of_several_files_put_together() -> None:
    reading = read(("\ufeff" + one(1) + "\ufeff" + one(2)).encode())
    assert (reading.records, reading.used, codes(reading)) == (2, 2, [])


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_utf_16_file_with_its_mark(codec: str) -> None:
    data = one(1, "^crème").encode(codec)
    marked = data if codec == "utf-16" else {"le": b"\xff\xfe", "be": b"\xfe\xff"}[codec[-2:]] + data
    reading = read(marked)
    assert (reading.events[0].drugs[0].name, codes(reading)) == ("crème", ["utf-16"])


def test_a_gzipped_file(tmp_path: Path) -> None:
    (tmp_path / "feed.hl7.gz").write_bytes(gzip.compress((one(1) + one(2)).encode()))
    (tmp_path / "feed.gz").write_bytes(gzip.compress(one(3).encode()) + gzip.compress(one(4).encode()))
    reading = read_paths(tmp_path)
    assert (reading.used, reading.records) == (4, 4)


# A header that was lost

OTHER = ["PID|1||P900^^^SAMPLE^MR||Sampleton^Ben", "PV1|1|O|INFUSION^1^A||||||||||||||||E900^^^SAMPLE^VN",
         "ORC|RE||FL9", rxa(drug="^oxaliplatin"), RXR]  # fmt: skip


@pytest.mark.parametrize("lost", [[], ["MSX|^~\\&|MAR|SAMPLE"], ["SH|^~\\&|MAR|SAMPLE"]])
def test_a_second_patient_behind_a_lost_header_is_not_charted_for_the_first(lost: list[str]) -> None:
    reading = read(message(ORC, rxa(), RXR, *lost, *OTHER))
    assert [(e.encounter_id, e.order_id) for e in reading.events] == [("E100", "FL7")]
    finding = the("patient-changed", reading)
    assert finding.source is not None
    assert (finding.source.segment, finding.severity) == ("PID", "warning")
    assert "Ben" not in finding.message
    assert "P900" not in finding.message


def test_a_second_visit_behind_the_orders_of_the_first_is_not_charted_for_it() -> None:
    reading = read(message(ORC, rxa(), RXR, *OTHER[1:]))
    assert [(e.encounter_id, e.order_id) for e in reading.events] == [("E100", "FL7")]
    assert the("patient-changed", reading).message.startswith("A second, different PV1 stands in this message")


def test_the_same_patient_and_visit_once_more_are_the_same_message() -> None:
    reading = read(message(ORC, rxa(), RXR, PID, PV1, "ORC|RE||FL8", rxa(drug="^saline"), RXR))
    assert [e.order_id for e in reading.events] == ["FL7", "FL8"]
    assert codes(reading) == []


def test_a_message_that_is_another_patients_altogether_is_rejected() -> None:
    reading = read(message(*OTHER))
    assert [r.code for r in reading.rejected] == ["rxa-missing"]
    assert codes(reading) == ["patient-changed"]


@pytest.mark.parametrize(("word", "beside"), [("00^Administered", "RE"), ("^Given", "NA"), ("", "RE")])
def test_a_refusal_one_field_off_is_no_dose_given(word: str, beside: str) -> None:
    reading = read(message(ORC, rxa(status="", f9=word, f19=beside), RXR))
    assert [r.code for r in reading.rejected] == ["field-shifted"]


# Separators and escapes


@pytest.mark.parametrize("marks", [WITH_TRUNCATION, *UNUSUAL])
def test_any_separators(marks: object) -> None:
    form = Form(marks=marks)  # type: ignore[arg-type]
    (event,) = read(charted_message([DOSE], form)).events
    assert (event.drugs[0].name, event.site, event.rate_ml_per_hour) == (DOSE.drug, "left hand", 5.0)


def test_each_message_of_a_file_has_its_own_separators() -> None:
    forms = [Form(), Form(marks=UNUSUAL[0]), Form(marks=UNUSUAL[1]), Form()]
    raw = b"".join(charted_message([DOSE], form, f"M{n}") for n, form in enumerate(forms))
    assert [e.drugs[0].name for e in read(raw).events] == [DOSE.drug] * 4


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a\\F\\b", "a|b"), ("a\\S\\b", "a^b"), ("a\\T\\b", "a&b"), ("a\\R\\b", "a~b"), ("a\\E\\b", "a\\b"),
        ("a\\.br\\b", "a\nb"), ("a\\X7C\\b", "a|b"), ("cr\\XC3A8\\me", "crème"), ("cr\\XE8\\me", "crème"),
        ("\\H\\a\\N\\ b", "a b"), ("a\\P\\b", "a#b"), ("a#b", "a#b"), ("a\\C2842\\b", "a\\C2842\\b"),
        ("a\\M284212\\b", "a\\M284212\\b"), ("a\\Zx1\\b", "a\\Zx1\\b"), ("a\\.sp2\\b", "a\\.sp2\\b"),
        ("a\\Xzz\\b", "a\\Xzz\\b"), ("5\\6 mL", "5\\6 mL"), ("a\\E\\F\\E\\b", "a\\F\\b"),
    ],
)  # fmt: skip
def test_escapes_in_the_name_of_a_drug(written: str, meant: str) -> None:
    assert only(ORC, rxa(drug=f"^{written}"), RXR).drugs[0].name == meant


# Character sets


def declaring(charset: str, drug: str = "crème") -> str:
    return message(ORC, rxa(drug=f"^{drug}"), RXR, header=MSH + "||||||" + charset)


@pytest.mark.parametrize(
    ("declared", "codec", "name"),
    [
        ("", "utf-8", "crème"), ("UNICODE UTF-8", "utf-8", "crème"), ("8859/1", "latin-1", "crème"),
        ("8859/1", "cp1252", "crème – 5 €"), ("8859/15", "iso8859-15", "crème 5 €"), ("8859/2", "iso8859-2", "żółty"),
        ("~ISO IR87", "iso2022_jp", "生理食塩液"), ("ISO IR13~ISO IR87", "iso2022_jp_ext", "生理ﾃｽﾄ"),
        ("GB 18030-2000", "gb18030", "生理盐水"), ("ASCII", "ascii", "cream"), ("nonsense", "ascii", "cream"),
    ],
)  # fmt: skip
def test_a_declared_character_set_that_fits_raises_no_doubt(declared: str, codec: str, name: str) -> None:
    reading = read(declaring(declared, name).encode(codec))
    assert (reading.events[0].drugs[0].name, codes(reading)) == (name, [])


@pytest.mark.parametrize(
    ("declared", "codec", "severity", "told"),
    [
        ("ASCII", "utf-8", "info", "1 message: MSH-18 declares ASCII, but the bytes are others; read as UTF-8."),
        ("8859/1", "utf-8", "info", "1 message: MSH-18 declares 8859/1, but the bytes are others; read as UTF-8."),
        ("UNICODE UTF-8", "cp1252", "warning",
         "1 message: MSH-18 declares UNICODE UTF-8, but the bytes are others; read as Windows-1252."),
        ("", "cp1252", "warning", "1 message: MSH-18 is empty; read as Windows-1252."),
        ("Sampleton", "utf-8", "info",
         "1 message: MSH-18 declares a text of the shape AAAAAAAAA, but the bytes are others; read as UTF-8."),
    ],
)  # fmt: skip
def test_a_declared_character_set_that_does_not_fit_is_told(
    declared: str, codec: str, severity: str, told: str
) -> None:
    reading = read(declaring(declared).encode(codec))
    assert reading.events[0].drugs[0].name == "crème"
    finding = the("charset-doubt", reading)
    assert (finding.severity, finding.message) == (severity, told)
    assert finding.source is not None
    assert (finding.source.record, finding.source.field) == (1, "MSH-18")


def test_doubts_about_character_sets_are_told_once_for_all_messages_alike() -> None:
    texts = [declaring("ASCII").replace("|M1|", f"|M{n}|").replace("0800", f"08{n:02}") for n in range(10, 13)]
    reading = read("".join(texts) + one(1))
    assert the("charset-doubt", reading).message.startswith("3 messages: MSH-18 declares ASCII")


def test_japanese_that_is_not_declared_is_known_by_its_shifts() -> None:
    reading = read(declaring("", "生理食塩液").encode("iso2022_jp"))
    assert reading.events[0].drugs[0].name == "生理食塩液"
    assert the("charset-doubt", reading).message == "1 message: MSH-18 is empty; read as ISO 2022 (Japanese)."


def test_japanese_bytes_that_look_like_separators_move_no_field() -> None:
    # 厚 is written with the byte of | in ISO 2022; here it stands in MSH-4, before MSH-18.
    header = (MSH + "||||||~ISO IR87").replace("|SAMPLE|CODING", "|厚生|CODING")
    raw = message(ORC, rxa(drug="^生理食塩液"), RXR, header=header).encode("iso2022_jp")
    assert raw.split(b"\r")[0].count(b"|") > header.count("|")
    assert read(raw).events[0].drugs[0].name == "生理食塩液"


# Times


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("202603100805", datetime(2026, 3, 10, 8, 5, tzinfo=CHICAGO)),
        ("20260310080542", datetime(2026, 3, 10, 8, 5, 42, tzinfo=CHICAGO)),
        ("20260310080542.1234", datetime(2026, 3, 10, 8, 5, 42, tzinfo=CHICAGO)),
        ("202603100805-0500", datetime(2026, 3, 10, 13, 5, tzinfo=UTC)),
        ("202603100805+0000", datetime(2026, 3, 10, 8, 5, tzinfo=UTC)),
        ("20260310080542.1+0530", datetime(2026, 3, 10, 2, 35, 42, tzinfo=UTC)),
        ("202603102400", datetime(2026, 3, 11, tzinfo=CHICAGO)),
        ("202603100805^M", datetime(2026, 3, 10, 8, 5, tzinfo=CHICAGO)),
    ],
)
def test_times_with_and_without_offset(written: str, meant: datetime) -> None:
    assert only(ORC, rxa(written), RXR).time == meant


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("20260310", "date-only"), ("202603", "date-only"), ("2026", "date-only"), ("202603100000^D", "date-only"),
        ("2026031008", "time-unreadable"), ("202603100860", "time-impossible"), ("202602300800", "time-impossible"),
        ("20260310080500-05", "time-unreadable"), ("202603100805-1500", "time-unreadable"),
        ("190001010000", "time-impossible"), ("03/10/2026 08:05", "time-unreadable"), ("", "time-empty"),
    ],
)  # fmt: skip
def test_times_that_cannot_be_used(written: str, code: str) -> None:
    (rejected,) = read(message(ORC, rxa(written), RXR)).rejected
    assert (rejected.code, rejected.source.field) == (code, "RXA-3")


def test_without_a_zone_times_are_utc_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "feed.hl7").write_text(one(1), newline="")
    reading = read_paths(tmp_path)
    assert reading.events[0].time == datetime(2026, 3, 10, 8, 1, tzinfo=UTC)
    assert [f.code for f in reading.findings] == ["zone-assumed"]
    zoned = read_paths(tmp_path, timezone="America/Chicago")
    assert zoned.events[0].time == datetime(2026, 3, 10, 13, 1, tzinfo=UTC)
    assert zoned.findings == ()


@pytest.mark.parametrize(
    ("start", "stop", "minutes"),
    [
        ("202611010030", "202611010230", 180),  # the hour that is struck twice lies between
        ("202603080130", "202603080330", 60),  # the hour that no clock showed
        ("202611010030-0500", "202611010130-0600", 120),
        ("202606300030", "202606300230", 120),
    ],
)
def test_elapsed_time_is_true_across_a_change_of_clocks(start: str, stop: str, minutes: int) -> None:
    event = only(ORC, rxa(start, stop), RXR)
    assert event.stop is not None
    assert event.stop - event.time == timedelta(minutes=minutes)


def test_the_hour_that_is_struck_twice_keeps_both_readings() -> None:
    event = only(ORC, rxa("202611010015", "202611010130"), RXR)
    assert (event.time_if_late, event.action) == (None, Action.INTERVAL)
    assert event.stop is not None
    assert event.stop_if_late is not None
    assert (event.stop - event.time, event.stop_if_late - event.time) == (timedelta(minutes=75), timedelta(minutes=135))


@pytest.mark.parametrize(
    ("start", "stop", "fields"),
    [
        ("202603080230", "", ["RXA-3"]),
        ("202603080130", "202603080230", ["RXA-4"]),
        ("202603080215", "202603080245", ["RXA-3", "RXA-4"]),
        ("202603080230-0600", "202603080245-0600", []),
    ],
)
def test_a_time_that_no_clock_showed_is_told_for_start_and_stop(start: str, stop: str, fields: list[str]) -> None:
    reading = read(message(ORC, rxa(start, stop), RXR))
    assert codes(reading) == ["time-in-gap"] * len(fields)
    assert [f.source.field for f in reading.findings if f.source] == fields


# A vendor's habit: bags in RXA-6, their volume in RXA-8


@pytest.mark.parametrize(
    ("amount", "unit", "form", "volume"),
    [
        ("1", "MLS", "100^1", 100.0),
        ("1", "MLS", "100", 100.0),
        ("1", "mL", "", 1.0),
        ("1", "mL", "VIAL^vial", 1.0),
        ("1", "mL", "0^1", 1.0),
        ("50", "MLS", "100^1", 50.0),
        ("1", "mg", "100^1", None),
    ],
)
def test_the_volume_of_a_bag_beside_one_ml(amount: str, unit: str, form: str, volume: float | None) -> None:
    event = only(ORC, rxa(amount=amount, unit=unit, f8=form), RXR)
    assert event.volume_ml == volume
    assert event.dose == (volume or 1.0)
