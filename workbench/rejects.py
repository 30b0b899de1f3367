"""``--rejects DIR``: every rejected message and row, verbatim, to be mended and fed again.

One file for the messages (or rows, or stray texts) of each input, and ``rejects.csv``, which lists what was
rejected, why, and where it was written.  The folder is 0700, the files 0600.  A file that is there already with
other content is never written over, since somebody may be mending it: the new one gets a number.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import click

from parsers.events import InputFile, Rejected
from parsers.files import Content, Found, find_inputs, open_input
from parsers.profiles import Profile
from parsers.raw_records import Place, RawFile, RawRecord, place_of, raw_records
from parsers.rejects_list import COLUMNS, LIST
from reports.safe_text import cell_text
from workbench.output import CannotWrite, write_private

SecondOpinion = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was written: how many rejected records, and the names of inputs that had changed meanwhile."""

    written: int
    listed: int
    changed: tuple[str, ...]


def check_folder(folder: str, paths: Iterable[str]) -> None:
    """Refuse a folder for rejects that is read as input now or would be the next time.

    Raises :class:`click.UsageError` or, where it cannot be made, :class:`~workbench.output.CannotWrite`.
    """
    target = Path(os.path.realpath(folder))
    if target.exists() and not target.is_dir():
        raise CannotWrite(f"{folder} is a file: --rejects names a folder.")
    if not target.parent.is_dir():
        raise CannotWrite(f"{folder} cannot be made: the folder {Path(folder).parent} does not exist. Make it first.")
    given = [path for path in paths if path != "-"]
    for text in given:
        if os.path.isdir(text) and _would_be_read(target, Path(os.path.realpath(text))):  # noqa: PTH112
            raise click.UsageError(
                f"--rejects {folder} lies in a folder that is read: the next run would read the rejects as input."
                " Name a folder beside it."
            )
    for found in find_inputs(given)[0] if given else ():
        if found.path is not None and Path(os.path.realpath(found.path)).is_relative_to(target):
            raise click.UsageError(
                f"--rejects {folder} holds a file that is to be read. Name another folder, so that nothing is lost."
            )


def _would_be_read(target: Path, folder: Path) -> bool:
    """Inside the folder, and not below a name with a dot, which is passed over."""
    return target.is_relative_to(folder) and not any(part.startswith(".") for part in target.relative_to(folder).parts)


def write_rejects(
    folder: str,
    paths: Sequence[str],
    rejected: Sequence[Rejected],
    inputs: Iterable[InputFile],
    profile: Profile | None = None,
    second_opinion: SecondOpinion | None = None,
) -> Outcome:
    """Write the raw records of ``rejected`` and the list of them; the inputs are opened once more for it.

    ``second_opinion`` is asked about each rejected HL7 message, for the list.  Without anything rejected no folder
    is made, and a list of an earlier run is emptied.  Raises :class:`~workbench.output.CannotWrite`.
    """
    target = Path(folder)
    if not rejected and not (target / LIST).exists():
        return Outcome(0, 0, ())
    try:
        target.mkdir(mode=0o700, exist_ok=True)
    except OSError as problem:
        raise CannotWrite(f"{folder} cannot be made: {problem.strerror}. Name another folder.") from problem
    found = {one.name: one for one in find_inputs(paths)[0]}
    known = {one.file: one for one in inputs}
    by_file: dict[str, list[Rejected]] = {}
    for entry in rejected:
        by_file.setdefault(entry.source.file, []).append(entry)
    writing = _Writing(target, second_opinion)
    for name in sorted(by_file):
        raw = _raw(found.get(name), known.get(name), by_file[name], profile)
        if raw is None:
            writing.changed.append(name)
        writing.file(name, by_file[name], raw or [])
    write_private(target / LIST, _list(writing.rows))
    return Outcome(writing.written, len(rejected), tuple(writing.changed))


def _raw(
    found: Found | None, known: InputFile | None, entries: Sequence[Rejected], profile: Profile | None
) -> list[RawFile] | None:
    """The raw records of one input; ``None`` when it has changed since it was read."""
    if found is None or known is None or all(entry.source.record is None for entry in entries):
        return []
    content = open_input(found)
    if not isinstance(content, Content) or content.sha256 != known.sha256:
        return None
    return raw_records(content.data, known.kind, [entry.source for entry in entries], profile)


@dataclass(slots=True)
class _Writing:
    """The files of one run, and the rows of the list."""

    folder: Path
    second_opinion: SecondOpinion | None
    rows: list[tuple[object, ...]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    written: int = 0

    def file(self, name: str, entries: Sequence[Rejected], files: Sequence[RawFile]) -> None:
        """Write what is left of one input, a file for each kind of record and sheet."""
        records: dict[Place, RawRecord] = {}
        saved: dict[Place, str] = {}
        for raw in files:
            for kind in ("message", "text", "row"):
                chosen = {place: record for place, record in raw.records.items() if record.kind == kind}
                if chosen:
                    content = b"".join([raw.head, *(record.data for record in chosen.values())])
                    saved |= dict.fromkeys(chosen, self._save(_named(name, kind), content))
                    records |= chosen
        self.written += len(records)
        for entry in entries:
            record = records.get(place_of(entry.source))
            source = entry.source
            self.rows.append(
                (
                    source.file,
                    source.record,
                    source.row,
                    source.offset,
                    entry.code,
                    entry.message,
                    entry.fix,
                    self._opinion(record),
                    saved.get(place_of(source), ""),
                )
            )

    def _opinion(self, record: RawRecord | None) -> str:
        if self.second_opinion is None or record is None or record.kind != "message":
            return ""
        return self.second_opinion(record.text)

    def _save(self, name: str, content: bytes) -> str:
        """Write under this name or, where other content stands there, the next one that is free."""
        stem, dot, ending = name.rpartition(".")
        number = 1
        while True:
            tried = name if number == 1 else f"{stem}.{number}{dot}{ending}"
            place = self.folder / tried
            if tried not in self.taken and (not place.exists() or _holds(place, content)):
                break
            number += 1
        self.taken.add(tried)
        write_private(place, [content])
        return tried


def _holds(place: Path, content: bytes) -> bool:
    try:
        return place.read_bytes() == content
    except OSError:
        return False


_TABLE_ENDINGS = frozenset({".csv", ".tsv", ".txt", ".psv", ".tab"})


def _named(name: str, kind: str) -> str:
    """``inbox/day.hl7.gz`` -> ``inbox__day.rejected.hl7``."""
    path = PurePosixPath(name.replace("/", "__").replace("\\", "__"))
    if path.suffix.casefold() == ".gz":
        path = path.with_suffix("")
    ending = {
        "message": ".rejected.hl7",
        "text": ".rejected-text.txt",
        "row": f".rejected{path.suffix if path.suffix.casefold() in _TABLE_ENDINGS else '.csv'}",
    }[kind]
    return (path.stem.lstrip(".") or "input") + ending


def _list(rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    for row in ((*COLUMNS,), *rows):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(["" if cell is None else cell_text(str(cell)) for cell in row])
        yield out.getvalue()
