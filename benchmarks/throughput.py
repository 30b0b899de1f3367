"""Messages a second, end to end and for the parsers people compare with; memory a message.  One run, one table.

    python benchmarks/throughput.py [--encounters 2000] [--repeat 3]

What each row does with the same generated feed:

plain split       text to messages, segments and fields, nothing else: the floor
python-hl7        ``hl7.parse`` of each message
hl7apy            ``parse_message`` of each message, without groups (on a part of the feed: it is slow)
read              this product's parsers: events, findings, every record accounted for
end to end        read, build the timelines, code, and write the JSON

The best of the repeats counts.  Memory is what Python had allocated at the peak of one end-to-end run, traced in
a run of its own, for each message.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import hl7
from hl7apy.parser import parse_message

from parsers import read
from reports.json_output import json_pieces
from timeline import build, code

HL7APY_MESSAGES = 100
ZONE = "America/New_York"


def end_to_end(feed: Path) -> int:
    """The whole way; the length of the JSON, so that nothing is left undone."""
    return sum(map(len, json_pieces(code(build(read(feed, timezone=ZONE))))))


def plain_split(messages: Sequence[str]) -> int:
    return sum(len(segment.split("|")) for message in messages for segment in message.split("\r"))


def seconds(work: Callable[[], object], repeat: int) -> float:
    """The shortest of ``repeat`` runs."""
    best = float("inf")
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def traced_peak(feed: Path) -> int:
    """Bytes at the peak of one end-to-end run."""
    tracemalloc.start()
    end_to_end(feed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def generated(folder: Path, encounters: int) -> Path:
    feed = folder / "feed.hl7"
    generator = Path(__file__).with_name("generate_feed.py")
    words = [sys.executable, str(generator), "--encounters", str(encounters), "--seed", "1", "--output", str(feed)]
    subprocess.run(words, check=True)
    return feed


def messages_of(feed: Path) -> list[str]:
    text = feed.read_text("utf-8").replace("\r\n", "\r").replace("\n", "\r")
    return ["MSH" + part.strip("\r") for part in ("\r" + text).split("\rMSH")[1:]]


def processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [row.partition(":")[2].strip() for row in info.read_text().splitlines() if row.startswith("model name")]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Messages a second and memory a message, beside other parsers.")
    parser.add_argument("--encounters", type=int, default=2000)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        feed = generated(Path(folder), asked.encounters)
        messages = messages_of(feed)
        few = messages[:HL7APY_MESSAGES]
        count = len(messages)
        rows = [
            ("plain split", count, seconds(lambda: plain_split(messages), asked.repeat)),
            ("python-hl7", count, seconds(lambda: [hl7.parse(m) for m in messages], asked.repeat)),
            ("hl7apy", len(few), seconds(lambda: [parse_message(m, find_groups=False) for m in few], asked.repeat)),
            ("read", count, seconds(lambda: read(feed, timezone=ZONE), asked.repeat)),
            ("end to end", count, seconds(lambda: end_to_end(feed), asked.repeat)),
        ]
        peak = traced_peak(feed)
    print(f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()} ({platform.system()})")
    print(f"{count:,} messages of {asked.encounters:,} encounters; one process; best of {asked.repeat}\n")
    for name, done, took in rows:
        print(f"{name:<12} {done / took:>12,.0f} messages/s   ({done:,} in {took:.2f} s)")
    print(f"\nmemory       {peak / count / 1024:>12,.1f} KiB a message at the peak, end to end")


if __name__ == "__main__":
    main()
