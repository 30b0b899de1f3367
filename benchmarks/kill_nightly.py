"""Kills the nightly run, `charges` and `mark-sent` at random moments, hundreds of times, and checks that all holds.

    python benchmarks/kill_nightly.py --kills 200
    python benchmarks/kill_nightly.py --kills 50 --store postgresql://postgres@127.0.0.1/postgres

For PostgreSQL the URL names a database of the server from which others may be made; each sequence of nights has a
fresh one.  The same harness runs in the test groups ``kill`` and ``server`` (``tests/store/killing.py``).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import SystemRandom

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.store.killing import Campaign, campaign
from tests.store.killing_nights import workload
from tests.store.postgres import new_database
from tests.store.watching import STAGES


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Kill the nightly run many times.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--store", metavar="URL", help="a PostgreSQL server; SQLite where none is given")
    parser.add_argument("--encounters", type=int, default=1_100, help="new ones a night")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    options = parser.parse_args(arguments)
    began = time.monotonic()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name)
        numbers = count(1)

        @contextmanager
        def stores() -> Iterator[str]:
            if options.store is not None:
                with new_database(options.store) as url:
                    yield url
                return
            path = folder / f"night-{next(numbers)}.db"
            yield str(path)
            path.unlink()

        made = campaign(folder, stores, workload(options.encounters, options.seed), options.kills, options.seed, _told)
    _print(made, (time.monotonic() - began) / 60)


def _told(made: Campaign) -> None:
    print(f"{len(made.hits)} kills in {made.sequences} times three nights: all holds", file=sys.stderr, flush=True)


def _print(made: Campaign, minutes: float) -> None:
    print(f"{len(made.hits)} kills struck a process at work; {made.missed} came too late and do not count.")
    print(f"{made.sequences} times three nights were run to their end, each beside the same nights without a kill.")
    if made.busy:
        print(f"{made.busy} starts met the lock of a process just killed, and were repeated.")
    stages = Counter(hit.stage for hit in made.hits)
    for stage in STAGES:
        print(f"  {stages[stage]:5}  {stage}")
    aims = Counter(hit.aim for hit in made.hits)
    print("Aimed by " + ", ".join(f"{aim} {number}" for aim, number in sorted(aims.items())) + ".")
    print("Held after each: every message once, records, events, lines, queries and reports as without a kill,")
    print("no charge twice, charges less credits of every line as coded, no run left open, the file sound.")
    print(f"seed {made.seed}, {minutes:.1f} minutes")


if __name__ == "__main__":
    main()
