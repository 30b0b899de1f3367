"""Messages a second, beside the parsers people compare with; memory a message; two processes.  One run, one table.

    python benchmarks/throughput.py [--encounters 2000] [--repeat 3] [--sizes 2500,25000,250000]

What each row does with the same generated feed:

plain split       text to messages, segments and fields, nothing else: the floor
python-hl7        ``hl7.parse`` of each message (of the first two thousand)
hl7apy            ``parse_message`` of each message, without groups (of the first hundred: it is slow)
read              this product's parsers: events, findings, every record accounted for
build             timelines of what was read
code              lines, evidence, queries, every minute
JSON              the result in words
end to end        file to JSON file: all of it, as ``analyze --format json`` does it

The best of the repeats counts, in processor time, so that other work on the machine disturbs little.  ``sizes`` are
numbers of encounters; for each the command runs in a process of its own, with one job and with two: time by the clock
and by the processor, and memory as the peak of what the system gave it, less that of a run on a single message.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import hl7
from hl7apy.parser import parse_message

from parsers import read
from reports.json_output import json_pieces
from timeline import build, code
from timeline.model import Result
from workbench.commands.running import prepare
from workbench.pipeline import analyze_to_json

ROOT = Path(__file__).resolve().parent.parent
HL7APY_MESSAGES = 100
PYTHON_HL7_MESSAGES = 2000
ZONE = "America/New_York"


def end_to_end(feed: Path) -> None:
    """The whole way, from the file to a file."""
    with analyze_to_json(feed, timezone=ZONE) as run, feed.with_suffix(".json").open("w", encoding="utf-8") as file:
        file.writelines(run.pieces())


def in_json(result: Result) -> int:
    """The length of the JSON, so that nothing is left undone."""
    return sum(map(len, json_pieces(result)))


def plain_split(messages: Sequence[str]) -> int:
    return sum(len(segment.split("|")) for message in messages for segment in message.split("\r"))


def seconds(work: Callable[[], object], repeat: int) -> float:
    """Processor seconds of the shortest of ``repeat`` runs."""
    best = float("inf")
    for _ in range(repeat):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


class Ran(NamedTuple):
    """One run of the command in a process of its own."""

    wall: float
    processor: float
    """Seconds, of all its processes."""
    peak: int
    """KiB, of the first of them."""


def commanded(feed: Path, jobs: int) -> Ran:
    """``analyze --format json --jobs N`` of a feed."""
    words = ["analyze", str(feed), "--timezone", ZONE, "--format", "json", "--output", f"{feed}.json"]
    told = subprocess.run(
        [sys.executable, "-c", _COMMANDED, *words, "--jobs", str(jobs)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    wall, processor, peak = told.stdout.split()
    return Ran(float(wall), float(processor), int(peak))


_COMMANDED = """
import pathlib, resource, sys, time
from workbench.commands import main
began = time.perf_counter()
try:
    main(sys.argv[1:])
except SystemExit:
    pass
took = time.perf_counter() - began
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
# ru_maxrss still holds what the process that began this one had; VmHWM does not.
status = pathlib.Path("/proc/self/status")
rows = status.read_text().splitlines() if status.exists() else []
peak = next((row.split()[1] for row in rows if row.startswith("VmHWM")), used[0].ru_maxrss)
print(took, sum(u.ru_utime + u.ru_stime for u in used), peak)
"""


def by_size(folder: Path, sizes: Sequence[int]) -> None:
    """One line a size: whether a message costs the same in a large feed, and what two processes gain."""
    smallest = folder / "one.hl7"
    print(f"\n{'messages':>10} {'processor':>14} {'memory':>13}   by the clock, one job and two")
    for encounters in sizes:
        feed = generated(folder, encounters)
        with feed.open("rb") as file:
            count = sum(line.count(b"MSH|") for line in file)
        if not smallest.exists():
            smallest.write_text(messages_of(feed)[0] + "\r", "utf-8")
        empty, one, two = commanded(smallest, 1), commanded(feed, 1), commanded(feed, 2)
        cost = (one.processor - empty.processor) / count * 1e6
        memory = (one.peak - empty.peak) / count
        gain = f"{one.wall:.1f} s, {two.wall:.1f} s: {one.wall / two.wall:.2f} times"
        print(f"{count:>10,} {cost:>8.0f} us each {memory:>8.2f} KiB each   {gain}")


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
    parser.add_argument("--sizes", default="", help="numbers of encounters, with commas between")
    asked = parser.parse_args(arguments)
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        feed = generated(Path(folder), asked.encounters)
        messages = messages_of(feed)
        some, few = messages[:PYTHON_HL7_MESSAGES], messages[:HL7APY_MESSAGES]
        count = len(messages)
        reading = read(feed, timezone=ZONE)
        timelines = build(reading)
        result = code(timelines)
        rows = [
            (name, done, seconds(work, asked.repeat))
            for name, done, work in (
                ("plain split", count, lambda: plain_split(messages)),
                ("python-hl7", len(some), lambda: [hl7.parse(m) for m in some]),
                ("hl7apy", len(few), lambda: [parse_message(m, find_groups=False) for m in few]),
                ("read", count, lambda: read(feed, timezone=ZONE)),
                ("build", count, lambda: build(reading)),
                ("code", count, lambda: code(timelines)),
                ("JSON", count, lambda: in_json(result)),
                ("end to end", count, lambda: end_to_end(feed)),
            )
        ]
        print(f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()} ({platform.system()})")
        print(f"{count:,} messages of {asked.encounters:,} encounters; one process; best of {asked.repeat}\n")
        for name, done, took in rows:
            print(f"{name:<12} {done / took:>12,.0f} messages/s {took / done * 1e6:>10,.1f} us each")
        whole = count / rows[-1][2]
        for name, done, took in rows[1:3]:
            print(f"end to end is {whole / (done / took):.1f} times {name}'s bare parse")
        by_size(Path(folder), [int(size) for size in asked.sizes.split(",") if size])


if __name__ == "__main__":
    main()
