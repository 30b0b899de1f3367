"""What a night costs: time, memory and store size, beside ``analyze`` of the same feed; and what late entries cost.

    python benchmarks/nightly_store.py [--encounters 25000] [--nights 10] [--late 1000] [--store URL]

1. One night of ``encounters`` (about four messages each) into an empty store, beside ``analyze --format json``.
2. The same night again: nothing is new.
3. ``nights`` such nights in all; then a night of ``late`` late entries (a charted rate check, hours after the stop, for
   encounters all over the store), beside the same on the store of one night: what it costs must not follow the size.
4. Writing charges of the first night, and marking them.

Every command runs in a process of its own.  Processor time is of all its processes, memory the peak the system gave it.
``--store`` names a PostgreSQL database that may be emptied by hand afterwards; without it SQLite files are used.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from feed_formats import Visit, messages
from generate_feed import generate

ROOT = Path(__file__).resolve().parent.parent
ZONE = "America/New_York"


class Ran(NamedTuple):
    """One command: seconds by the clock and of the processor, peak memory in MiB."""

    wall: float
    processor: float
    peak: float


_MEASURED = """
import pathlib, resource, sys, time
from workbench.commands import main
began = time.perf_counter()
try:
    main(sys.argv[1:])
except SystemExit as end:
    if end.code: raise
took = time.perf_counter() - began
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
rows = pathlib.Path("/proc/self/status").read_text().splitlines()
peak = next(row.split()[1] for row in rows if row.startswith("VmHWM"))
print(took, sum(u.ru_utime + u.ru_stime for u in used), peak, file=sys.stderr)
"""


def command(*words: str) -> Ran:
    """Run a command of the product and measure it."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wall, processor, peak = done.stderr.strip().splitlines()[-1].split()
    return Ran(float(wall), float(processor), int(peak) / 1024)


def feed(path: Path, encounters: int, seed: int) -> int:
    """Write the messages of a night; their number."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for visit in generate(encounters, seed):
            for _, text in messages(_of_seed(visit, seed)):
                file.write(text)
                count += 1
    return count


def _of_seed(visit: Visit, seed: int) -> Visit:
    """Encounter and orders with the night in their number: every night has patients of its own."""
    return replace(
        visit,
        encounter=f"{visit.encounter}-{seed}",
        patient=visit.patient + seed * 1_000_000,
        order_prefix=f"{visit.order_prefix}-{seed}",
    )


def late_entries(path: Path, nights: Sequence[Path], wanted: int) -> int:
    """For every so-manieth bag of all nights a rate check at the minute it was hung, charted on the next day."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for night in nights:
            bags = [part for part in night.read_text("utf-8").split("MSH|")[1:] if "|^New Bag|" in part]
            share = wanted // len(nights)
            for message in bags[:: max(1, len(bags) // share)][:share]:
                number = message.split("|")[8]
                late = message.replace(f"|{number}|", f"|{number}-L|", 1).replace("|^New Bag|", "|^Rate Verify|")
                file.write("MSH|" + late.replace("|CP||20260310", "|CP||20260311"))
                written += 1
    return written


def row(name: str, count: int, ran: Ran, size: int | None = None) -> None:
    per = ran.processor / count * 1e6 if count else 0
    stored = f"{size / 2**20:10,.1f} MiB" if size is not None else ""
    print(
        f"{name:<34} {count:>9,} {ran.wall:>8.1f} s {ran.processor:>8.1f} s {per:>7.0f} us {ran.peak:>8.0f} MiB"
        f" {stored}".rstrip()
    )


def sizes(store: Path) -> int:
    return sum(p.stat().st_size for p in store.parent.glob(store.name + "*"))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="What a nightly run costs.")
    parser.add_argument("--encounters", type=int, default=25_000)
    parser.add_argument("--nights", type=int, default=10)
    parser.add_argument("--late", type=int, default=1_000)
    parser.add_argument("--store", default="", help="a PostgreSQL URL; without it SQLite files")
    asked = parser.parse_args(arguments)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}")
    print(f"{'':<34} {'messages':>9} {'clock':>10} {'processor':>10} {'each':>10} {'memory':>12} {'store':>14}")
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), asked)
    print(f"load {os.getloadavg()[0]:.1f}; this process {resource.getrusage(resource.RUSAGE_SELF).ru_utime:.0f} s")


def run(root: Path, asked: argparse.Namespace) -> None:
    inboxes = [root / f"night-{n}" for n in range(asked.nights)]
    counts = []
    for number, inbox in enumerate(inboxes):
        inbox.mkdir()
        counts.append(feed(inbox / f"night-{number}.hl7", asked.encounters, number))
    one, many = root / "one.db", root / "many.db"
    store = asked.store or str(many)

    def nightly(inbox: Path, into: str) -> Ran:
        return command("nightly", str(inbox), "--store", into, "--timezone", ZONE)

    analyzed = command(
        "analyze", str(inboxes[0]), "--timezone", ZONE, "--format", "json", "--output", str(root / "out.json")
    )
    row("analyze --format json", counts[0], analyzed)
    first = nightly(inboxes[0], str(one))
    row("nightly, an empty store", counts[0], first, sizes(one))
    again = nightly(inboxes[0], str(one))
    row("the same night again", counts[0], again, sizes(one))
    late_one, late_many = root / "late-one", root / "late-many"
    late_one.mkdir()
    late_many.mkdir()
    small = late_entries(late_one / "late.hl7", [inboxes[0] / "night-0.hl7"], asked.late)
    row("late entries, store of one night", small, nightly(late_one, str(one)), sizes(one))
    wall = time.perf_counter()
    for number, inbox in enumerate(inboxes):
        ran = nightly(inbox, store)
        if number in (0, len(inboxes) - 1):
            row(f"night {number + 1} of {len(inboxes)}", counts[number], ran, None if asked.store else sizes(many))
    print(f"{'all nights':<34} {sum(counts):>9,} {time.perf_counter() - wall:>8.1f} s")
    big = late_entries(
        late_many / "late.hl7", [inbox / f"night-{n}.hl7" for n, inbox in enumerate(inboxes)], asked.late
    )
    row(
        f"late entries, store of {len(inboxes)} nights",
        big,
        nightly(late_many, store),
        None if asked.store else sizes(many),
    )
    row("nothing new", 0, nightly(late_many, store))
    row(
        "charges --format dft of them",
        big,
        command("charges", "--store", store, "--since", str(asked.nights + 1), "--format", "dft"),
    )
    row("charges --format csv of all", sum(counts), command("charges", "--store", store, "--since", "1", "--release"))
    row("mark-sent of all", sum(counts), command("mark-sent", "--store", store, "1"))
    print(
        f"nightly / analyze: {first.processor / analyzed.processor:.2f} of the processor;"
        f" again / first: {again.processor / first.processor:.3f}"
    )


if __name__ == "__main__":
    main()
