"""A MAR action log of a million rows from CSV to JSON: rows a second and memory, beside pandas merely reading it.

    python benchmarks/table_million.py [--rows 1000000] [--jobs 2] [--keep FILE]

Each part runs in a process of its own, so that its peak of memory is its own.  ``read`` is this product's table
reader, ``end to end`` reads, builds the timelines, codes them and writes the JSON to a file; ``pandas`` is
``read_csv`` of the same file, which understands nothing of it.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
ZONE = "America/New_York"
PARTS = ("pandas", "read", "end to end")


def write_log(path: Path, rows: int) -> int:
    """Invented visits until there are ``rows`` rows; the number of encounters."""
    from feed_formats import table_rows, write_table, write_table_header
    from generate_feed import generate

    written = encounters = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        write_table_header(file)
        for visit in generate(rows, seed=1):
            cells = list(table_rows(visit))[: rows - written]
            write_table(file, cells)
            written, encounters = written + len(cells), encounters + 1
            if written >= rows:
                break
    return encounters


class Peak:
    """The most memory that a process and its children held at once, each shared page counted once (PSS), in MB."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Peak:
        self._watch.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._done.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._done.wait(0.25):
            self.megabytes = max(self.megabytes, sum(map(_held, _with_children(os.getpid()))))


def _with_children(process: int) -> list[int]:
    try:
        return [process, *map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())]
    except OSError:
        return [process]


def _held(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:  # it ended meanwhile
        return 0.0
    return next((int(row.split()[1]) / 1024 for row in text.splitlines() if row.startswith("Pss:")), 0.0)


def run_part(part: str, path: Path, jobs: int) -> None:
    """Run one part in this process and print its seconds and its peak of memory."""
    began = time.perf_counter()
    with Peak() as peak:
        if part == "pandas":
            import pandas as pd

            told = f"{len(pd.read_csv(path, dtype=str)):,} rows"
        else:
            told = _read(path) if part == "read" else _end_to_end(path, jobs)
    print(f"{time.perf_counter() - began:.1f}\t{peak.megabytes:.0f}\t{told}")


def _read(path: Path) -> str:
    from parsers import read
    from workbench.commands.running import prepare

    prepare()
    return f"{len(read(path, timezone=ZONE).events):,} events"


def _end_to_end(path: Path, jobs: int) -> str:
    from workbench.commands.running import prepare
    from workbench.pipeline import analyze_to_json

    prepare()
    with analyze_to_json(path, timezone=ZONE, jobs=jobs) as run, tempfile.TemporaryFile("w", encoding="utf-8") as file:
        size = sum(file.write(piece) for piece in run.pieces())
        return f"{len(run.ids):,} encounters, {size / 1e6:,.0f} MB of JSON"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A million rows from CSV to JSON.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="write the log here, or use the one that is there")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, default=2, help="processes that code")
    options = parser.parse_args(arguments)
    if options.part is not None:
        run_part(options.part, options.keep, options.jobs)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder, "log.csv")
        encounters = "?" if path.exists() else f"{write_log(path, options.rows):,}"
        size = path.stat().st_size / 1e6
        print(f"{options.rows:,} rows, {encounters} encounters, {size:.0f} MB; Python {platform.python_version()},")
        print(f"{os.cpu_count()} cores, {options.jobs} processes\n\npart\tseconds\trows/s\tMB at the peak")
        for part in PARTS:
            command = [sys.executable, __file__, "--part", part, "--keep", str(path), "--jobs", str(options.jobs)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, peak, told = done.stdout.strip().split("\t")
            print(f"{part}\t{seconds}\t{options.rows / float(seconds):,.0f}\t{peak}\t{told}", flush=True)


if __name__ == "__main__":
    main()
