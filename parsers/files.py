"""Finding and opening what the user named: files, folders, globs, standard input; gzip is opened on the way."""

from __future__ import annotations

import glob
import gzip
import hashlib
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from parsers.events import Rejected, Source
from parsers.shapes import safe_name

STDIN = "-"
_GZIP = b"\x1f\x8b"

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Found:
    """One input: the name it goes by in sources, and where it is (``None`` is standard input)."""

    name: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds, decompressed, and the sha256 of the file as stored."""

    data: bytes
    sha256: str


def find_inputs(paths: PathLike | Iterable[PathLike]) -> tuple[list[Found], list[Rejected]]:
    """Every file behind the paths, sorted by name, and a rejection for each path that names nothing.

    A folder is searched with its sub-folders; names that start with a dot are passed over.  The name of a file is
    its base name, or its path below the folder or the fixed part of the glob.
    """
    given: list[PathLike] = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found: list[Found] = []
    rejected: list[Rejected] = []
    for text in [os.fspath(path) for path in given]:
        if text == STDIN:
            found.append(Found("stdin", None))
            continue
        path = Path(text)
        if path.is_dir():
            inside = _inside(path)
            found += inside
            if not inside:
                rejected.append(_nothing(text, "folder-empty", "The folder holds no file."))
        elif os.path.lexists(path):
            found.append(Found(path.name, path))
        elif glob.has_magic(text):
            matches = _matches(text)
            found += matches
            if not matches:
                rejected.append(_nothing(text, "file-missing", "No file matches this pattern."))
        else:
            rejected.append(_nothing(text, "file-missing", "There is no such file or folder."))
    return sorted(_told_apart(found), key=lambda f: (f.name, str(f.path or ""))), rejected


def _nothing(text: str, code: str, message: str) -> Rejected:
    name = safe_name(text) or safe_name(str(Path(text).resolve()))
    return Rejected(Source(Path(text).name or name), code, message, "Check the path, then run again.")


def _inside(folder: Path) -> list[Found]:
    files: list[Found] = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                path = Path(here, name)
                files.append(Found(path.relative_to(folder).as_posix(), path))
    return files


def _matches(pattern: str) -> list[Found]:
    fixed = Path(*_fixed_parts(Path(pattern)))
    files: list[Found] = []
    for text in glob.iglob(pattern, recursive=True):  # noqa: PTH207 - the pattern may be absolute
        path = Path(text)
        if path.is_dir():
            files += [Found(f"{path.name}/{f.name}", f.path) for f in _inside(path)] if "**" not in pattern else []
        else:
            files.append(Found(path.relative_to(fixed).as_posix() if fixed.parts else path.as_posix(), path))
    return files


def _fixed_parts(pattern: Path) -> list[str]:
    parts: list[str] = []
    for part in pattern.parts:
        if glob.has_magic(part):
            break
        parts.append(part)
    return parts


def _told_apart(found: list[Found]) -> list[Found]:
    """Two different files of one name get the folder's name in front, and a number if that is not enough."""
    for rename in (_with_folder, _with_number):
        places = {(f.name, _place(f)) for f in found}
        crowded = {name for name, count in Counter(name for name, _ in places).items() if count > 1}
        found = [rename(f, found) if f.name in crowded else f for f in found]
    return found


def _place(found: Found) -> str:
    return str(found.path.resolve()) if found.path is not None else STDIN


def _with_folder(one: Found, _: list[Found]) -> Found:
    return one if one.path is None else Found(f"{one.path.resolve().parent.name}/{one.name}", one.path)


def _with_number(one: Found, found: list[Found]) -> Found:
    places = sorted({_place(f) for f in found if f.name == one.name})
    return Found(f"{one.name} ({places.index(_place(one)) + 1})", one.path)


def open_input(found: Found) -> Content | Rejected:
    """The decompressed bytes of an input; a :class:`Rejected` when it cannot be read."""
    try:
        raw = sys.stdin.buffer.read() if found.path is None else found.path.read_bytes()
    except FileNotFoundError:
        return _cannot(found, "file-missing", "The file is not there any more.", "Check the path, then run again.")
    except PermissionError:
        return _cannot(
            found,
            "file-unreadable",
            "This account may not read the file.",
            "Give it the right to read the file, or copy it where it may.",
        )
    except OSError as error:
        reason = error.strerror or "input error"
        return _cannot(found, "file-unreadable", f"The file could not be read: {reason}.", "Copy the file anew.")
    sha256 = hashlib.sha256(raw).hexdigest()
    if not raw.startswith(_GZIP):
        return Content(raw, sha256)
    try:
        return Content(gzip.decompress(raw), sha256)
    except (EOFError, OSError, zlib.error):
        return _cannot(
            found,
            "gzip-broken",
            "The gzip file ends early or is damaged.",
            "Transfer it again (in binary mode); nothing of it was used.",
        )


def _cannot(found: Found, code: str, message: str, fix: str) -> Rejected:
    return Rejected(Source(found.name), code, message, fix)
