"""One feed in the forms in which feeds are stored and sent: line ends, batches, MLLP frames, gzip, character sets.

    python benchmarks/feed_forms.py --encounters 1000 --seed 7 --form mllp --output feed.mllp

Every form holds the same messages, so all of them must give the same result; ``tests/parsers/test_forms_of_a_feed.py``
says so.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from random import Random

from feed_formats import messages
from generate_feed import generate

FORMS = ("bare", "lf", "crlf", "mixed", "batch", "mllp", "gzip", "cp1252", "shuffled")
_BATCH = 50
_TYPE = "RAS^O17^RAS_O17"


def feed_messages(encounters: int, seed: int) -> list[str]:
    """The generated messages, segments ended by carriage returns, as on the wire."""
    return [text for visit in generate(encounters, seed) for _, text in messages(visit)]


def in_form(texts: Sequence[str], form: str, seed: int = 1) -> bytes:
    """The messages as one file of this form; ``seed`` shuffles and mixes."""
    random = Random(f"{form} {seed}")
    if form == "lf":
        return "".join(texts).replace("\r", "\n").encode()
    if form == "crlf":
        return "".join(texts).replace("\r", "\r\n").encode()
    if form == "mixed":
        return "".join(text.replace("\r", random.choice(("\r", "\n", "\r\n"))) for text in texts).encode()
    if form == "batch":
        return "".join(_batches(texts)).encode()
    if form == "mllp":
        return b"".join(b"\x0b" + text.encode() + b"\x1c\r" for text in texts)
    if form == "gzip":
        return gzip.compress("".join(texts).encode(), mtime=0)
    if form == "cp1252":
        return "".join(map(_declaring_latin, texts)).encode("cp1252")
    if form == "shuffled":
        return "".join(random.sample(texts, len(texts))).encode()
    if form != "bare":
        raise ValueError(f"no such form: {form}; known are {', '.join(FORMS)}")
    return "".join(texts).encode()


def _batches(texts: Sequence[str]) -> list[str]:
    """FHS, batches of 50 messages with their counts, FTS."""
    parts = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
    inner = (["BHS|^~\\&|MAR|SAMPLE\r", *part, f"BTS|{len(part)}\r"] for part in parts)
    return ["FHS|^~\\&|MAR|SAMPLE\r", *chain.from_iterable(inner), f"FTS|{len(parts)}\r"]


def _declaring_latin(text: str) -> str:
    """The message with 8859/1 in MSH-18, which is what senders of Windows-1252 write there."""
    header, rest = text.split("\r", 1)
    fields = header.split("|")
    fields += [""] * (18 - len(fields))
    fields[17] = "8859/1"
    return "|".join(fields) + "\r" + rest


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="An invented feed in one of its forms.")
    parser.add_argument("--encounters", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--form", choices=FORMS, default="bare")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.output.write_bytes(in_form(feed_messages(options.encounters, options.seed), options.form, options.seed))


if __name__ == "__main__":
    main()
