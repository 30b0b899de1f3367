"""Damages feeds byte by byte and asks whether the reader ever fails or loses a message.

    nice python benchmarks/fuzz.py --inputs 200000 --seed 1

An input is a small feed of invented messages, in one of many forms, with one to six damages: flipped bits, bytes
overwritten, stretches cut out, repeated or moved, a part of another feed joined in, control bytes put in, fields of up
to a million characters, and files cut short.  What is asked of each:

1. No exception, whatever the bytes are.
2. Nothing lost among the records: every record number from 1 on is used (it has an event or says something of an order,
   stay or merge), ignored or rejected; one of the three, once.
3. Nothing lost among the bytes: wherever ``MSH`` and a punctuation mark begin a line (or the file, or an MLLP block),
   a record begins at just that byte.  The places are found by a scan of its own, not by the reader's.
4. Nothing undamaged lost: a message whose bytes are whole, and that is followed by the next header or the end, is used
   or known as a resend: damage stays with the message it was done to.
5. In one of a hundred inputs, the whole way to JSON without an exception.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))

from feed_forms import FORMS, feed_messages, in_form

from parsers.clock import Clock
from parsers.events import Source
from parsers.file_reading import FileReading
from parsers.hl7_file import RESEND, read_hl7
from reports.json_output import json_pieces
from tests.hl7_building import UNUSUAL, WITH_TRUNCATION, Dose, Form, charted_message, wild_message
from workbench.pipeline import analyze

ZONE = ZoneInfo("America/Chicago")
WHOLE_WAY_EVERY = 100
CONTROLS = b"\x00\x01\x07\x08\x09\x0b\x0c\x1a\x1b\x1c\x1d\x7f\x85\xa0\xfe\xff\r\n"
MARKS = b"|^~\\&#\r\n"
TOKENS = (
    b"MSH|^~\\&|", b"\rMSH|", b"FHS|^~\\&|\r", b"BHS|^~\\&|\r", b"BTS|9\r", b"FTS|x\r", b"\x0b", b"\x1c\r",
    b"\xef\xbb\xbf", b"\x1b$B", b"\x1b(B", b"\\X", b"\\X41\\", b"\r\r", b"\r\n", b"RXA|", b"\rRXA", b"\rORC|\r", b'""',
    b"20260310", b"~", b"\xff\xfe", b"\x1f\x8b", b"PK\x03\x04", b"99999999999999999999", b"1e999", b"-",
    b"MSH", b"\rZZZ|",
)  # fmt: skip

HEAD = "MSH|^~\\&|{sender}|SAMPLE|CODING|SAMPLE|20260310080000-0500||{kind}|{control}|P|2.5.1\r"
PERSON = "PID|1||TEST1^^^SAMPLE^MR||Sampleton^Ada\rPV1|1|O|INFUSION^1^A||||||||||||||||E100^^^SAMPLE^VN\r"
OTHERS = {
    "RDE^O11^RDE_O11": PERSON + "ORC|NW|P1|F1\rRXE|^^M30|77^cefazolin|50||mL\rRXR|IV\rRXC|B|^dextrose 5%|50|mL\r",
    "RGV^O15^RGV_O15": PERSON + "ORC|RE|P1|F1\rRXG|1|1||77^cefazolin|1||g\rRXR|IV\r",
    "ADT^A01^ADT_A01": "EVN|A01|20260310070000\r" + PERSON,
    "ADT^A40^ADT_A39": "EVN|A40|20260310070000\rPID|1||TEST1^^^SAMPLE^MR\rMRG|TEST9^^^SAMPLE^MR\r",
    "ORU^R42^ORU_R01": PERSON
    + "OBR|1||E1^PUMP||||20260310080000\r"
    + "OBX|1|CWE|68487^MDC_ATTR_EVT_COND^MDC|1.1.1.1|197288^MDC_EVT_PUMP_DELIV_START^MDC||||||F\r"
    + "OBX|2|NM|158014^MDC_FLOW_FLUID_PUMP_CURRENT^MDC|1.1.1.2|100|265266^MDC_DIM_MILLI_L_PER_HR^MDC|||||R\r",
    "ORU^R01^ORU_R01": PERSON + "OBR|1\rOBX|1|NM|8867-4^heart rate||80\r",
    "RAS^O17^RAS_O17": PERSON
    + "ORC|RE||F1\rRXA|0|1|202603100800|202603100830|^a|1|mg\rRXA|0|2|2026|x|^b\rRXR|IV\rNTE|1||one\rtwo\r",
}


class Feed(NamedTuple):
    """A clean feed and its messages as bytes; ``quick`` feeds may be joined."""

    data: bytes
    whole: tuple[bytes, ...]
    """Messages whose bytes can be found again, each with a control id of its own."""


def clean_feeds(seed: int) -> list[Feed]:
    """Small feeds in all forms, with other messages, separators and character sets."""
    random = Random(f"feeds {seed}")
    texts = feed_messages(60, seed)
    feeds = []
    for number in range(80):
        some = random.sample(texts, random.randint(1, 4))
        some += [_other(random, f"X{number}-{n}") for n in range(random.choice((0, 0, 1, 2)))]
        random.shuffle(some)
        form = FORMS[number % len(FORMS)]
        data = in_form(some, form if form != "gzip" else "bare", number)
        plain = form in ("bare", "gzip", "shuffled")
        feeds.append(Feed(data, tuple(t.encode() for t in some if "|X" not in t.split("\r")[0]) if plain else ()))
    dose = Dose("202603100800", "vitamin K & C | é", "202603100830", rate="5 mL/hr", site="left hand", order="F1")
    for marks in (WITH_TRUNCATION, *UNUSUAL):
        feeds.append(Feed(charted_message([dose, dose], Form(marks=marks)), ()))
    japanese = Form(charset="~ISO IR87", codec="iso2022_jp")
    feeds.append(Feed(charted_message([Dose("202603100800", "生理食塩液")], japanese), ()))
    feeds += [Feed(wild_message(n).encode() + b"\r" + wild_message(n + 1).encode(), ()) for n in range(0, 24, 2)]
    feeds.append(Feed("".join(texts[:3]).encode("utf-16"), ()))
    return feeds


def _other(random: Random, control: str) -> str:
    kind = random.choice(sorted(OTHERS))
    sender = random.choice(("MAR", "PUMP", "ADT"))
    return HEAD.format(sender=sender, kind=kind, control=control) + OTHERS[kind]


def damaged(data: bytes, random: Random, others: Sequence[Feed]) -> tuple[bytes, list[str]]:
    """The bytes with one to six damages, and their names."""
    out, names = bytearray(data), []
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        name = random.choice(KINDS)
        names.append(name)
        place = random.randrange(len(out) + 1)
        _damage(out, name, place, random, others)
    return bytes(out), names


BYTES = ("flip", "byte", "mark", "control", "token", "huge")
STRETCHES = ("cut", "short", "copy", "move", "join")
PARTS = ("line", "field")
KINDS = (*BYTES, *STRETCHES, *PARTS)


def _damage(out: bytearray, name: str, place: int, random: Random, others: Sequence[Feed]) -> None:
    if name in BYTES:
        _damage_bytes(out, name, place, random)
    elif name in STRETCHES:
        _damage_stretch(out, name, place, random, others)
    elif name == "line":
        lines = out.split(b"\r")
        random.shuffle(lines) if random.random() < 0.2 else lines.pop(random.randrange(len(lines)))
        out[:] = b"\r".join(lines)
    else:
        fields = out.split(b"|")
        fields[random.randrange(len(fields))] = random.choice((b"", b'""', b"\xff", b"0", b"-1", b"A" * 40, b"^" * 40))
        out[:] = b"|".join(fields)


def _damage_bytes(out: bytearray, name: str, place: int, random: Random) -> None:
    if name == "flip" and out:
        out[place % len(out)] ^= 1 << random.randrange(8)
    elif name == "byte" and out:
        out[place % len(out)] = random.randrange(256)
    elif name == "mark":
        out[place : place + 1] = bytes([random.choice(MARKS)])
    elif name == "control":
        out[place:place] = bytes([random.choice(CONTROLS)]) * random.choice((1, 1, 2, 50))
    elif name == "token":
        out[place:place] = random.choice(TOKENS)
    elif name == "huge":
        size = random.choice((1_000, 20_000)) if random.random() < 0.99 else 1_000_000
        out[place:place] = (
            random.choice((b"A", b"9", b"^", b"~", b"\\", b"|", b"\\X41\\", b"\xe9", b" ", b"\r", b"\n", b"\x00"))
            * size
        )


def _damage_stretch(out: bytearray, name: str, place: int, random: Random, others: Sequence[Feed]) -> None:
    length = random.choice((1, 3, 20, 200))
    if name == "cut":
        del out[place : place + length]
    elif name == "short":
        del out[place:]
    elif name == "copy":
        out[place:place] = out[place : place + length * 4]
    elif name == "move":
        stretch = out[place : place + length]
        del out[place : place + length]
        target = random.randrange(len(out) + 1)
        out[target:target] = stretch
    elif name == "join":
        other = random.choice(others).data
        start = random.randrange(len(other) + 1)
        out[place:place] = other[start : start + random.choice((10, 200, 2000))]


_HEADER = re.compile(rb"MSH[^A-Za-z0-9\s]")
_BOM = b"\xef\xbb\xbf"


def headers(data: bytes) -> set[int]:
    """Where a message header begins a line, the file or an MLLP block."""
    found = set()
    for match in _HEADER.finditer(data):
        start = match.start()
        if start == 0 or data[start - 1] in b"\r\n\x0b\x1c\x00" or data[max(0, start - 3) : start] == _BOM:
            found.add(start)
    return found


def sources(reading: FileReading) -> tuple[set[Source], list[Source]]:
    """The sources of what was used, and of what was ignored or rejected."""
    context = reading.context
    said = (*reading.events, *context.orders, *context.stays, *context.merges, *context.accesses)
    told = [source for entry in reading.ignored for source in entry.sources]
    return {one.source for one in said}, told + [entry.source for entry in reading.rejected]


def problems(data: bytes, reading: FileReading, whole: Sequence[bytes]) -> Iterator[str]:
    """What is wrong with this reading of these bytes."""
    used, told = sources(reading)
    used_records = {source.record for source in used}
    told_records = Counter(source.record for source in told)
    if any(count > 1 for count in told_records.values()):
        yield "a record was ignored or rejected twice"
    if used_records & set(told_records):
        yield "a record was used and also ignored or rejected"
    missing = set(range(1, reading.records + 1)) - used_records - set(told_records)
    if missing:
        yield f"{len(missing)} records are neither used, ignored nor rejected"
    if reading.used != len(used_records):
        yield f"used says {reading.used}, {len(used_records)} records gave something"
    if any(e.time.tzinfo is None or not e.drugs or not e.encounter_id for e in reading.events):
        yield "an event without zone, drug or encounter"
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield from _lost(data, used, told)
        yield from _undamaged(data, reading, used, whole)


def _lost(data: bytes, used: set[Source], told: Sequence[Source]) -> Iterator[str]:
    offsets = {source.offset for source in (*used, *told)}
    lost = headers(data) - offsets
    if lost:
        yield f"no record begins at the headers at {sorted(lost)[:5]}"


def undamaged(data: bytes, whole: Sequence[bytes]) -> Iterator[int]:
    """Where one of these messages stands whole, at the beginning of a line and with a header or the end behind it."""
    for message in whole:
        place = data.find(message)
        while place >= 0:
            behind = data[place + len(message) : place + len(message) + 5]
            if (place == 0 or data[place - 1] in b"\r\n") and (not behind or _HEADER.match(behind)):
                yield place
            place = data.find(message, place + 1)


def _undamaged(data: bytes, reading: FileReading, used: set[Source], whole: Sequence[bytes]) -> Iterator[str]:
    fine = {source.offset for source in used}
    fine |= {s.offset for entry in reading.ignored if entry.reason == RESEND for s in entry.sources}
    for place in undamaged(data, whole):
        if place not in fine:
            yield f"the undamaged message at {place} was neither used nor known as a resend"


@dataclass(slots=True)
class Report:
    """What came of a run."""

    inputs: int = 0
    bytes: int = 0
    records: Counter[str] = field(default_factory=Counter)
    damages: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    headers: int = 0
    undamaged: int = 0
    whole_way: int = 0
    failures: list[str] = field(default_factory=list)


def fuzz(inputs: int, seed: int, keep: Path | None = None, whole_way_every: int = WHOLE_WAY_EVERY) -> Report:
    """``inputs`` damaged feeds; the bytes of those that fail are kept in the folder ``keep``."""
    feeds = clean_feeds(seed)
    report = Report()
    for number in range(inputs):
        random = Random(f"{seed}:{number}")
        feed = random.choice(feeds)
        data, names = damaged(feed.data, random, feeds)
        report.damages.update(names)
        said = list(_check(data, feed.whole, report))
        if whole_way_every and number % whole_way_every == 0:
            said += _whole_way(data)
            report.whole_way += 1
        if said:
            report.failures.append(f"input {number} ({', '.join(names)}): {'; '.join(said)}")
            if keep is not None:
                (keep / f"fuzz-{seed}-{number}.hl7").write_bytes(data)
    return report


def _check(data: bytes, whole: Sequence[bytes], report: Report) -> Iterator[str]:
    report.inputs += 1
    report.bytes += len(data)
    try:
        reading = read_hl7(data, "feed.hl7", Clock(ZONE))
    except Exception:  # noqa: BLE001 - any exception at all is what is looked for
        yield traceback.format_exc()
        return
    report.headers += len(headers(data))
    report.undamaged += sum(1 for _ in undamaged(data, whole))
    ignored = sum(entry.count for entry in reading.ignored)
    report.records.update(records=reading.records, used=reading.used, ignored=ignored, rejected=len(reading.rejected))
    report.rejected.update(entry.code for entry in reading.rejected)
    report.findings.update(finding.code for finding in reading.findings)
    yield from problems(data, reading, whole)


def _whole_way(data: bytes) -> list[str]:
    """From the file to JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "feed.hl7")
        path.write_bytes(data)
        try:
            json.loads("".join(json_pieces(analyze(path, timezone="America/Chicago").result)))
        except Exception:  # noqa: BLE001 - as above
            return [traceback.format_exc()]
    return []


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Damaged feeds against the HL7 reader.")
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that fail")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    report = fuzz(options.inputs, options.seed, options.keep)
    seconds = time.perf_counter() - began
    print(
        f"{report.inputs:,} inputs, {report.bytes:,} bytes, {report.headers:,} headers, "
        f"{report.undamaged:,} undamaged messages in {seconds:,.0f} s"
    )
    print("  ".join(f"{name} {count:,}" for name, count in report.records.items()))
    print("damages:  " + "  ".join(f"{name} {count:,}" for name, count in report.damages.most_common()))
    print("rejected: " + "  ".join(f"{name} {count:,}" for name, count in report.rejected.most_common()))
    print("findings: " + "  ".join(f"{name} {count:,}" for name, count in report.findings.most_common()))
    print(f"whole way to JSON: {report.whole_way:,}")
    print(f"failures: {len(report.failures)}")
    for failure in report.failures[:20]:
        print(failure)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
