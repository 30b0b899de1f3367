"""Profiles as YAML files: opened by name or path, and their faults told with file, line and the nearest right word."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import yaml

Error = type[ValueError]
_KINDS = {
    "str": "a text", "array": "a list, such as [one, two]", "object": "a map of 'word: meaning' lines",
    "int": "a number", "float": "a number", "bool": "yes or no", "null": "nothing",
    "datetime": "a time", "date": "a date",
}  # fmt: skip


def shipped_in(folder: str) -> tuple[str, ...]:
    """Names of the profiles that come with the package in ``parsers/folder``."""
    found = resources.files("parsers").joinpath(folder).iterdir()
    return tuple(sorted(Path(entry.name).stem for entry in found if entry.name.endswith(".yaml")))


def profile_text(name_or_path: str, folder: str, what: str, fix: str, error: Error) -> tuple[str, str]:
    """The text of a profile and what it is called in messages: a shipped one of ``parsers/folder``, or a file.

    ``what`` names the kind in messages, ``fix`` says what to do where there is none.  Raises ``error``.
    """
    shipped = shipped_in(folder)
    if name_or_path in shipped:
        file = f"{name_or_path}.yaml"
        return resources.files("parsers").joinpath(folder, file).read_text("utf-8"), file
    path = Path(name_or_path)
    if not os.path.lexists(path):  # false, where pathlib raises, in a folder that may not be looked into
        near = get_close_matches(name_or_path, shipped, n=1)
        meant = f" Did you mean '{near[0]}'?" if near else ""
        raise error(
            f"No {what} '{name_or_path}': neither a shipped one ({', '.join(shipped)}) nor a file.{meant} {fix}"
        )
    try:
        return path.read_text("utf-8"), path.name
    except OSError as problem:
        raise error(f"{path.name} cannot be read: {(problem.strerror or 'it is no file').lower()}") from None
    except UnicodeDecodeError:
        raise error(f"{path.name}: not a UTF-8 text; save the profile as UTF-8") from None


def yaml_map(text: str, where: str, what: str, example: str, error: Error, *, texts: bool = False) -> dict[Any, Any]:
    """The map that a YAML text holds; with ``texts`` every value stays as it is written.

    Raises ``error`` with the line where the text is no YAML, and for what is no map.
    """
    try:
        raw = yaml.load(text, Loader=yaml.BaseLoader if texts else yaml.SafeLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise error(
            f"{where}{line}: not readable as YAML. Write 'key: value' a line, the same depth for what belongs together,"
            " no tabs, and close every bracket and quotation mark."
        ) from None
    if not isinstance(raw, dict):
        raise error(f"{where}: {what} is a list of names and values, such as '{example}'")
    return raw


def check_keys(raw: Mapping[Any, Any], struct: type[msgspec.Struct], where: str, error: Error) -> None:
    """Refuse a key that ``struct`` does not have, with the nearest one.  Raises ``error``."""
    known = struct.__struct_fields__
    for name in raw:
        if name in known:
            continue
        near = get_close_matches(str(name), known, n=1)
        meant = f" Did you mean '{near[0]}'?" if near else f" Known: {', '.join(known)}."
        raise error(f"{where}: unknown key '{name}'.{meant}")


def plain_fault(problem: str) -> str:
    """msgspec's words with the path first: ``hl7.site_fields: expected a list, found a text``."""
    match = re.fullmatch(r"(.*?)(?: - at (?:`key` in )?`\$\.?(.*)`)?", problem, re.DOTALL)
    kinds = re.findall(r"`(\w+)`", match[1]) if match else []
    if match is None or len(kinds) < 2:
        return problem
    wanted, *_, found = kinds
    hint = " (YAML reads yes, no, on and off as true and false: put the word in quotes)" if found == "bool" else ""
    place = (match[2] or "profile").removesuffix("[...]")
    return f"{place}: expected {_KINDS.get(wanted, wanted)}, found {_KINDS.get(found, found)}{hint}"
