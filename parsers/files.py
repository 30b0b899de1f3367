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
NOT_OPENED = frozenset({"file-missing", "file-unreadable", "folder-empty", "folder-unreadable"})
"""Codes of inputs that were never opened: no record was lost in them, none is known."""
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
        files, closed = _behind(text)
        found += files
        rejected += closed
    return sorted(_told_apart(found), key=lambda f: (f.name, str(f.path or ""))), rejected


def _behind(text: str) -> tuple[list[Found], list[Rejected]]:
    path = Path(text)
    # os.path.isdir is false where pathlib raises: in a folder that may not be looked into.
    if os.path.isdir(path):  # noqa: PTH112
        inside, closed = _inside(path)
        empty = [] if inside or closed else [_nothing(text, "folder-empty", "The folder holds no file.")]
        return inside, closed + empty
    if os.path.lexists(path):
        return [Found(path.name, path)], []
    if glob.has_magic(text):
        matches, closed = _matches(text)
        none = [] if matches or closed else [_nothing(text, "file-missing", "No file matches this pattern.")]
        return matches, closed + none
    if _is_closed(path):
        return [], [_nothing(text, "file-unreadable", "This account may not look into its folder.", _RIGHTS)]
    return [], [_nothing(text, "file-missing", "There is no such file or folder.")]


def _is_closed(path: Path) -> bool:
    """Whether a folder on the way to the file cannot be looked into."""
    try:
        path.lstat()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return False


_RIGHTS = "Give it the right to read the folder, or copy the files to where it may."


def _closed_folder(name: str) -> Rejected:
    return Rejected(Source(name), "folder-unreadable", "This account may not list the folder.", _RIGHTS)


def _nothing(text: str, code: str, message: str, fix: str = "Check the path, then run again.") -> Rejected:
    name = safe_name(text) or safe_name(str(Path(text).resolve()))
    return Rejected(Source(Path(text).name or name), code, message, fix)


def _inside(folder: Path) -> tuple[list[Found], list[Rejected]]:
    """The files of a folder and its sub-folders, and the folders that could not be listed."""
    files: list[Found] = []
    closed: list[OSError] = []
    for here, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                path = Path(here, name)
                files.append(Found(path.relative_to(folder).as_posix(), path))
    return files, [_closed_folder(_below(Path(str(e.filename or folder)), folder)) for e in closed]


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path != folder else folder.name or folder.resolve().name


def _matches(pattern: str) -> tuple[list[Found], list[Rejected]]:
    fixed = Path(*_fixed_parts(Path(pattern)))
    files: list[Found] = []
    closed = _closed_on_the_way(Path(pattern), fixed)
    for text in glob.iglob(pattern, recursive=True):  # noqa: PTH207 - the pattern may be absolute
        path = Path(text)
        if os.path.isdir(path):  # noqa: PTH112
            if "**" not in pattern:
                inside, shut = _inside(path)
                files += [Found(f"{path.name}/{f.name}", f.path) for f in inside]
                closed += shut
        else:
            files.append(Found(path.relative_to(fixed).as_posix() if fixed.parts else path.as_posix(), path))
    return files, closed


def _closed_on_the_way(pattern: Path, fixed: Path) -> list[Rejected]:
    """The folders a pattern leads into that cannot be listed: glob passes them over without a word."""
    depth = len(fixed.parts)
    closed: dict[Path, Rejected] = {}
    for length in range(depth, len(pattern.parts)):
        ahead = Path(*pattern.parts[:length])
        found = glob.glob(str(ahead), recursive=True) if length > depth else [str(ahead)]  # noqa: PTH207
        for path in map(Path, found):
            try:
                with os.scandir(path):
                    pass
            except PermissionError:
                closed.setdefault(path, _closed_folder(_below(path, fixed)))
            except OSError:
                continue  # a file, or a folder that is not there
    return list(closed.values())


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
    # realpath leaves a loop of links as it is, where Path.resolve raises.
    return os.path.realpath(found.path) if found.path is not None else STDIN


def _with_folder(one: Found, _: list[Found]) -> Found:
    return one if one.path is None else Found(f"{Path(_place(one)).parent.name}/{one.name}", one.path)


def _with_number(one: Found, found: list[Found]) -> Found:
    places = sorted({_place(f) for f in found if f.name == one.name})
    return Found(f"{one.name} ({places.index(_place(one)) + 1})", one.path)


def fingerprint(found: Found) -> str | Rejected:
    """The sha256 of a file as stored, its content not held; a :class:`Rejected` when it cannot be read."""
    if found.path is None:
        content = open_input(found)
        return content if isinstance(content, Rejected) else content.sha256
    try:
        with found.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return _not_read(found, error)


def open_input(found: Found) -> Content | Rejected:
    """The decompressed bytes of an input; a :class:`Rejected` when it cannot be read."""
    try:
        raw = sys.stdin.buffer.read() if found.path is None else found.path.read_bytes()
    except OSError as error:
        return _not_read(found, error)
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


def _not_read(found: Found, error: OSError) -> Rejected:
    if isinstance(error, FileNotFoundError):
        return _cannot(found, "file-missing", "The file is not there any more.", "Check the path, then run again.")
    if isinstance(error, PermissionError):
        return _cannot(
            found,
            "file-unreadable",
            "This account may not read the file.",
            "Give it the right to read the file, or copy it where it may.",
        )
    reason = error.strerror or "input error"
    return _cannot(found, "file-unreadable", f"The file could not be read: {reason}.", "Copy the file anew.")


def _cannot(found: Found, code: str, message: str, fix: str) -> Rejected:
    return Rejected(Source(found.name), code, message, fix)
