"""The kind of a file is told from its content."""

from __future__ import annotations

import pytest

from parsers.detect import NotReadable, detect

MESSAGE = b"MSH|^~\\&|EMR|H|||202603100800||RAS^O17|1|P|2.5\rPID|||1\r"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (MESSAGE, "hl7"),
        (b"\x0b" + MESSAGE + b"\x1c\r", "hl7"),
        (b"\xef\xbb\xbf" + MESSAGE, "hl7"),
        (b"\r\n\r\n" + MESSAGE, "hl7"),
        (b"FHS|^~\\&|EMR\rBHS|^~\\&|EMR\r" + MESSAGE, "hl7"),
        (b"MSH^~|\\&^EMR^H", "hl7"),
        (b"PID|||1\rRXA|0|1\r", "hl7"),
        (MESSAGE.decode().encode("utf-16"), "hl7"),
        (b"encounter_id,drug,start\nE1,NS,2026-03-10T08:00\n", "mar-table"),
        ("encounter_id\tdrug\n".encode("utf-16"), "mar-table"),
        (b"hospitalization_id,med_order_id,admin_dttm,med_name\n", "clif"),
        (b"PAR1....", "clif"),
    ],
)
def test_kinds(data: bytes, kind: str) -> None:
    assert detect(data) == kind


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (b"", "file-empty", "empty"),
        (b"\xef\xbb\xbf \r\n", "file-empty", "empty"),
        (b'{"patients": []}', "kind-not-supported", "resourceType"),
        (b"<html></html>", "kind-not-supported", "HTML"),
        (b"PK\x03\x04zip", "kind-not-supported", "ZIP archive or a damaged Excel workbook"),
        (b"%PDF-1.7", "kind-not-supported", "PDF"),
        (bytes(range(256)) * 4, "kind-binary", "binary"),
    ],
)
def test_what_is_not_read_is_told_kindly(data: bytes, code: str, told: str) -> None:
    found = detect(data)
    assert isinstance(found, NotReadable)
    assert found.code == code
    assert told in found.message
    assert found.fix
