"""Where answers go: standard output, or a file that only its owner can read (0600).

A file appears under its name only when it is complete, so that a run that breaks off leaves no half page behind.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

STANDARD_OUTPUT = "-"


class CannotWrite(click.ClickException):
    """The place the user asked for cannot be written; exit status 2."""

    exit_code = 2


def send(pieces: Iterable[str | bytes], target: str, *, encoding: str = "utf-8") -> None:
    """Write text (or a file's bytes) piece by piece, with bare line feeds, to ``target``, a path or ``-``.

    Raises :class:`CannotWrite` with the reason.

    Files are UTF-8. ``encoding`` is that of standard output: UTF-8 for data, the terminal's for text to be read.
    """
    if target == STANDARD_OUTPUT:
        try:
            sys.stdout.flush()
            for piece in pieces:
                sys.stdout.buffer.write(piece if isinstance(piece, bytes) else piece.encode(encoding, "replace"))
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # whoever reads has seen enough
            raise
        except OSError as problem:
            raise CannotWrite(f"Standard output cannot be written: {problem.strerror}.") from problem
    else:
        write_private(Path(target), pieces)


@dataclass(frozen=True, slots=True)
class Screen:
    """How text that is to be read should look where it goes."""

    width: int
    color: bool
    encoding: str


def screen(target: str) -> Screen:
    """The terminal as it is; without one, 100 columns, no colour, and UTF-8 in a file."""
    if target != STANDARD_OUTPUT:
        return Screen(100, False, "utf-8")
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if not sys.stdout.isatty():
        return Screen(100, False, encoding)
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return Screen(shutil.get_terminal_size((100, 24)).columns, not plain, encoding)


def write_private(path: Path, pieces: Iterable[str | bytes]) -> None:
    """Write a file 0600, replacing an earlier one whole; raises :class:`CannotWrite` with the reason."""
    try:
        if path.exists() and not path.is_file():
            if path.is_dir():
                raise IsADirectoryError
            _write_into(os.open(path, os.O_WRONLY), pieces)  # a pipe or a device
        else:
            _replace(Path(os.path.realpath(path)), pieces)
    except OSError as problem:
        why = problem.strerror or "it is a folder"
        if isinstance(problem, FileNotFoundError):
            why = f"the folder {path.parent} does not exist"
        raise CannotWrite(f"{path} cannot be written: {why}. Name another place with --output.") from problem


def _replace(path: Path, pieces: Iterable[str | bytes]) -> None:
    handle, name = tempfile.mkstemp(prefix=".infusion-timeline-", dir=path.parent)  # mkstemp makes it 0600
    try:
        _write_into(handle, pieces)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _write_into(handle: int, pieces: Iterable[str | bytes]) -> None:
    with os.fdopen(handle, "wb") as stream:
        for piece in pieces:
            stream.write(piece if isinstance(piece, bytes) else piece.encode("utf-8"))


def page_name(paths: Iterable[str], suffix: str) -> str:
    """Name for a file made from the first input, in the working folder: ``day.hl7.gz`` gives ``day.timeline.html``."""
    return f"{_stem(paths)}.timeline{suffix}"


def workbook_name(paths: Iterable[str], purpose: str) -> str:
    """Name for a workbook by what it is for: ``timeline``, ``audit``, ``questions-nursing`` ..."""
    return f"{_stem(paths)}.{purpose}.xlsx"


def _stem(paths: Iterable[str]) -> str:
    first = next(iter(paths), STANDARD_OUTPUT)
    stem = Path(first).resolve().name if first != STANDARD_OUTPUT else "standard-input"
    for _ in range(2):  # .hl7.gz
        shorter, dot, ending = stem.rpartition(".")
        if dot and shorter and len(ending) <= 7 and ending.isalnum() and not ending.isdigit():
            stem = shorter
    return stem.strip("*?[] ") or "input"
