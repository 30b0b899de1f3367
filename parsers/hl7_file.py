"""One file of HL7 v2 to events: every message ends as used, ignored with a reason, or rejected with a fix."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterable
from itertools import chain, islice
from typing import Literal

from parsers.clock import Clock
from parsers.er7 import Message, Segment, read_message
from parsers.events import AdministrationEvent, Finding, Ignored, Rejected, Source
from parsers.file_reading import FileReading
from parsers.hl7_batches import BatchCount
from parsers.hl7_charsets import CharsetDoubts, decode_message
from parsers.hl7_frames import Piece, find_pieces
from parsers.message_reading import ContextPile
from parsers.message_types import Readers
from parsers.profiles import Profile
from parsers.shapes import shape

RESEND = "resend of an earlier message"
_TYPE = re.compile(r"[A-Z][A-Z0-9]{2}(\^[A-Z][A-Z0-9]{2})?")
_SEGMENT_LINE = re.compile(r"[A-Z][A-Z0-9]{2}[^\w\s]")
_TEST_MODES = frozenset({"T", "D"})

Sender = tuple[str, str]
"""MSH-3 and MSH-4."""


class SeenMessages:
    """Sender, facility and control id of the messages seen, with fingerprints of what they said."""

    __slots__ = ("_first", "_more")

    def __init__(self) -> None:
        self._first: dict[Sender, dict[str, int]] = {}
        self._more: dict[tuple[Sender, str], set[int]] = {}

    def remember(self, sender: Sender, control_id: str, contents: Iterable[int]) -> None:
        """Fill in what messages of an earlier run said under this number, in any order."""
        first, *more = contents
        self._first.setdefault(sender, {})[control_id] = first
        if more:
            self._more[sender, control_id] = set(more)

    def not_used(self, sender: Sender, control_id: str, content: int) -> None:
        """The message that was just looked at could not be used; a run remembers it all the same."""

    def look(self, sender: Sender, control_id: str, content: int) -> Literal["new", "same", "reused"]:
        """Remember a message: ``same`` was seen before, ``reused`` is the first with other content."""
        numbers = self._first.get(sender)
        if numbers is None:
            numbers = self._first[sender] = {}
        first = numbers.get(control_id)
        if first is None:
            numbers[control_id] = content
            return "new"
        more = self._more.get((sender, control_id))
        if first == content or (more is not None and content in more):
            return "same"
        if more is not None:
            more.add(content)
            return "new"
        self._more[sender, control_id] = {content}
        return "reused"


def _fingerprint(content: str) -> int:
    """64 bits that stand for a content, the same in every process and run."""
    digest = hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def read_hl7(
    data: bytes, file: str, clock: Clock, profile: Profile | None = None, seen: SeenMessages | None = None
) -> FileReading:
    """The events of one file of HL7 v2 messages, decompressed.

    ``file`` is the name for sources.  ``seen`` carries the messages of earlier files, so that a resend in
    another file is known too.  Never raises for what the file holds.
    """
    return _FileReader(file, clock, profile, seen).read(data)


class _FileReader:
    def __init__(self, file: str, clock: Clock, profile: Profile | None, seen: SeenMessages | None) -> None:
        self.file = file
        self.readers = Readers(clock, profile)
        self.context = ContextPile()
        self.seen = SeenMessages() if seen is None else seen
        self.events: list[AdministrationEvent] = []
        self.findings: list[Finding] = []
        self.ignored: dict[str, list[Source]] = {}
        self.rejected: list[Rejected] = []
        self.used = 0
        self.records = 0
        self.tests: list[Source] = []
        self.looked_at: tuple[Sender, str, int] | None = None
        """Sender, control id and content of the message at hand, where it has a control id."""
        self.charsets = CharsetDoubts()

    def read(self, data: bytes) -> FileReading:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            data = self._from_utf16(data)
        pieces = find_pieces(data)
        beginning = list(islice(pieces, 2))
        batches = BatchCount(self.file)
        for piece in chain(beginning, pieces):
            if piece.kind == "envelope":
                batches.envelope(decode_message(data[piece.start : piece.end])[0], piece.start)
                continue
            self.records += 1
            if piece.kind == "text":
                self._text(data[piece.start : piece.end], piece.start, alone=len(beginning) == 1)
            else:
                batches.message()
                self._message(data, piece)
        if not beginning:
            self.records = 1
            self._reject(Source(self.file, 1), "file-empty", "The file is empty.", "Check the export that fills it.")
        self.findings.extend(batches.finish())
        self._tell_tests()
        self.findings.extend(self.charsets.findings())
        self.findings.extend(self.readers.profiles.findings(self.file))
        return FileReading(
            tuple(self.events),
            tuple(self.findings),
            tuple(Ignored(reason, tuple(sources)) for reason, sources in self.ignored.items()),
            tuple(self.rejected),
            self.used,
            self.records,
            self.context.context(),
        )

    def _from_utf16(self, data: bytes) -> bytes:
        self.findings.append(
            Finding(
                "info",
                "utf-16",
                "The file is UTF-16; it was read as UTF-8, and byte offsets count in that.",
                "Save feeds as UTF-8.",
                Source(self.file),
            )
        )
        return data.decode("utf-16", errors="replace").encode("utf-8", errors="replace")

    def _reject(self, source: Source, code: str, message: str, fix: str) -> None:
        self.rejected.append(Rejected(source, code, message, fix))

    def _text(self, raw: bytes, offset: int, *, alone: bool) -> None:
        text = decode_message(raw)[0]
        source = Source(self.file, self.records, offset=offset)
        if _SEGMENT_LINE.match(text) and not text.startswith("MSH"):
            self._reject(
                source,
                "msh-missing",
                f"Segments without an MSH header were found; the first is {text[:3]}.",
                "Every message starts with MSH: send the whole message again.",
            )
        elif alone:
            self._reject(
                source,
                "not-hl7",
                f"No HL7 message was found; the file begins with {shape(text)}.",
                "Expected messages that start with MSH| (HL7 v2, not XML or JSON).",
            )
        else:
            self._reject(
                source,
                "text-outside-message",
                f"A text of {len(raw)} bytes belongs to no message; it begins with {shape(text)}.",
                "Remove it if it is a log line; if it is the rest of a message, send that message again.",
            )

    def _message(self, data: bytes, piece: Piece) -> None:
        raw = data[piece.start : piece.end]
        text, charset = decode_message(raw)
        message = read_message(text, piece.start, charset)
        if message is None:
            self._reject(
                Source(self.file, self.records, offset=piece.start),
                "separators-unknown",
                f"MSH-1 and MSH-2 name no usable separators; the header begins with {shape(text[:12])}.",
                "Expected MSH and four or five different punctuation marks, such as MSH|^~\\&|.",
            )
            return
        header = message.segments[0]
        control_id = header.component(10, 1) or None
        source = Source(self.file, self.records, None, control_id, None, None, piece.start)
        if charset != "ascii":
            self.charsets.look(raw, charset, source)
        if piece.joined:
            self.findings.append(
                Finding(
                    "warning",
                    "message-joined",
                    "The message begins in the middle of a line, behind the one before it.",
                    "Both were read; end each message with a line end when files are put together.",
                    source,
                )
            )
        if piece.kind == "cut":
            self._reject(
                source,
                "message-truncated",
                "The MLLP frame of the message has a start but no end block (1C 0D); it may have been cut off.",
                "Send the message again.",
            )
            return
        self._dispatch(message, header, source)

    def _dispatch(self, message: Message, header: Segment, source: Source) -> None:
        reader = self.readers.of(header)
        if reader is None:
            self._not_read(header, source)
            return
        if self._is_resend(message, header, source):
            self._ignore(RESEND, source)
            return
        if header.field(11) != "P" and header.component(11, 1) in _TEST_MODES:
            self.tests.append(source)
        reading = reader.read(message, source)
        self.events.extend(reading.events)
        self.findings.extend(reading.findings)
        if reading.context is not None:
            self.context.add(reading.context)
        if reading.rejected is not None:
            self.rejected.append(reading.rejected)
            if self.looked_at is not None:
                self.seen.not_used(*self.looked_at)
        elif reading.ignored is not None:
            self._ignore(reading.ignored, source)
        else:
            self.used += 1

    def _not_read(self, header: Segment, source: Source) -> None:
        kind, event = header.component(9, 1), header.component(9, 2)
        if not kind:
            self._reject(
                source,
                "message-type-missing",
                "MSH-9 is empty: the message does not say of what type it is.",
                "If the message was cut off, send it again; otherwise the sender must fill MSH-9 (RAS^O17).",
            )
            return
        whole = f"{kind}^{event}" if event else kind
        shown = whole if _TYPE.fullmatch(whole) else shape(whole)
        self._ignore(f"message type {shown} is not read in this version", source)

    def _ignore(self, reason: str, source: Source) -> None:
        self.ignored.setdefault(reason, []).append(source)

    def _is_resend(self, message: Message, header: Segment, source: Source) -> bool:
        """Whether MSH-3, MSH-4, MSH-10 and all behind MSH were seen before; MSH-7 may differ in a resend."""
        self.looked_at = None
        if not source.control_id:
            return False
        content = message.verbatim[len(header.verbatim) :]
        if "\n" in content:
            content = content.replace("\r\n", "\r").replace("\n", "\r")
        sender = (header.field(3), header.field(4))
        self.looked_at = sender, source.control_id, _fingerprint(content.strip("\r"))
        found = self.seen.look(*self.looked_at)
        if found == "reused":
            self.findings.append(
                Finding(
                    "warning",
                    "control-id-reused",
                    "An earlier message has the same sender and control id (MSH-10) but other content; both are used.",
                    "The sender should number its messages; without that a resend cannot be told from a new message.",
                    source,
                )
            )
        return found == "same"

    def _tell_tests(self) -> None:
        if self.tests:
            count = len(self.tests)
            which = "1 message is" if count == 1 else f"{count} messages are"
            self.findings.append(
                Finding(
                    "warning",
                    "test-messages",
                    f"{which} marked as training or debugging (MSH-11 T or D); used like any other.",
                    "Leave them out of the feed if their patients are not real.",
                    self.tests[0],
                )
            )
