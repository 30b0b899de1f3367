"""Makes feeds and tables of any size from the situations of the sample day.

    python benchmarks/generate_feed.py --encounters 10000 --seed 7 --format hl7 --output feed.hl7
    python benchmarks/generate_feed.py --encounters 10000 --seed 7 --format csv --output table.csv
    python benchmarks/generate_feed.py --sample-day sample_data

The same seed gives the same charts in both formats.  Each encounter is one situation with its stretches made
longer or shorter, drugs exchanged for others of their kind, and pauses charted; nothing is held in memory.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TextIO

from feed_formats import Visit, messages, table_rows, write_table, write_table_header
from situations import SITUATIONS, Charted, Situation

KINDS = (
    ("vancomycin", "cefepime", "metronidazole", "piperacillin-tazobactam", "ceftriaxone", "azithromycin", "cefazolin",
     "levofloxacin", "ertapenem"),
    ("famotidine", "ondansetron", "pantoprazole", "dexamethasone"),
    ("morphine", "hydromorphone", "ketorolac"),
    ("oxaliplatin", "rituximab", "cisplatin"),
    ("sodium chloride 0.9%", "lactated ringers"),
)  # fmt: skip
"""Drugs that may stand for each other: the codes do not depend on which of a kind it is."""


def generate(encounters: int, seed: int) -> Iterator[Visit]:
    """``encounters`` visits with unique encounter ids, the same for the same seed."""
    for number in range(1, encounters + 1):
        random = Random(f"{seed}:{number}")
        situation = SITUATIONS[(number - 1) % len(SITUATIONS)]
        chart = _paused(_exchanged(_stretched(situation.chart, random), random), random)
        encounter, orders = f"{situation.name}-{number:07d}", f"G{number:07d}"
        yield Visit(encounter, _patient(situation, number), situation.department, chart, orders)


def sample_day() -> list[Visit]:
    """The situations as they stand, an encounter each."""
    return [
        Visit(s.name, _patient(s, number), s.department, s.chart, f"D{number:03d}")
        for number, s in enumerate(SITUATIONS, start=1)
    ]


def write(file: TextIO, visits: Iterable[Visit], kind: str) -> None:
    """The visits one after the other, as ``hl7`` or ``csv``."""
    if kind == "csv":
        write_table_header(file)
    for visit in visits:
        if kind == "csv":
            write_table(file, table_rows(visit))
        else:
            file.writelines(text for _, text in messages(visit))


def write_sample_day(folder: Path) -> None:
    """``day.hl7`` in the order in which the messages were sent, ``day.csv`` by encounter, as an export has it.

    Segments of the sample feed end in a line feed so that the file reads well; on the wire it is a carriage return.
    """
    visits = sample_day()
    sent = sorted((m for v in visits for m in messages(v)), key=lambda m: m[0])
    with (folder / "day.hl7").open("w", encoding="utf-8", newline="") as file:
        file.writelines(text.replace("\r", "\n") for _, text in sent)
    with (folder / "day.csv").open("w", encoding="utf-8", newline="") as file:
        write(file, sorted(visits, key=lambda v: v.encounter), "csv")


def _patient(situation: Situation, number: int) -> int:
    """Two encounters of one patient follow each other in the list of situations: both take the first one's number."""
    place = next(i for i, s in enumerate(SITUATIONS) if s.name == situation.name)
    while place and situation.patient and SITUATIONS[place - 1].patient == situation.patient:
        place, number = place - 1, number - 1
    return number


def _stretched(chart: tuple[Charted, ...], random: Random) -> tuple[Charted, ...]:
    """Every stretch between two stamps made 60 to 160 percent as long; what was simultaneous stays so."""
    stamps = sorted({row.minute for row in chart})
    moved = {stamps[0]: stamps[0] + random.randrange(-60, 61)}
    for earlier, later in pairwise(stamps):
        moved[later] = moved[earlier] + max(1, round((later - earlier) * random.uniform(0.6, 1.6)))
    return tuple(
        replace(row, minute=moved[row.minute], recorded=moved[row.minute] + row.recorded_minute - row.minute)
        for row in chart
    )


def _exchanged(chart: tuple[Charted, ...], random: Random) -> tuple[Charted, ...]:
    """Drugs exchanged within their kind, one for one, so that different drugs stay different."""
    other: dict[str, str] = {}
    for kind in KINDS:
        shuffled = list(kind)
        random.shuffle(shuffled)
        other.update(zip(kind, shuffled, strict=True))
    return tuple(replace(row, drugs=tuple(other.get(d, d) for d in row.drugs)) for row in chart)


def _paused(chart: tuple[Charted, ...], random: Random) -> tuple[Charted, ...]:
    """In every fourth chart the first bag that ran over half an hour is paused for five to fifteen minutes."""
    if random.random() >= 0.25:
        return chart
    for place, row in enumerate(chart[:-1]):
        after = chart[place + 1]
        if row.action == "New Bag" and after.order == row.order and after.minute - row.minute > 30 and not row.device:
            pause = row.minute + random.randrange(5, 16)
            until = pause + random.randrange(5, 16)
            quiet = replace(row, resend="", recorded=None)
            paused = replace(quiet, minute=pause, action="Paused", rate=None)
            restarted = replace(quiet, minute=until, action="Restarted")
            return (*chart[: place + 1], paused, restarted, *chart[place + 1 :])
    return chart


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Invented feeds and MAR tables of any size.")
    parser.add_argument("--encounters", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=("hl7", "csv"), default="hl7")
    parser.add_argument("--output", default="-", help="a file, or - for standard output")
    parser.add_argument("--sample-day", type=Path, metavar="FOLDER", help="write day.hl7 and day.csv into the folder")
    options = parser.parse_args(arguments)
    if options.sample_day is not None:
        write_sample_day(options.sample_day)
        return
    visits = generate(options.encounters, options.seed)
    if options.output == "-":
        write(sys.stdout, visits, options.format)
        return
    with Path(options.output).open("w", encoding="utf-8", newline="") as file:
        write(file, visits, options.format)


if __name__ == "__main__":
    main()
