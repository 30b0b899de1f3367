"""``infusion-timeline.toml``: any option of a command, so that a site states its time zone and policy once.

::

    timezone = "America/Chicago"
    policy = "facility"
    formulary = "site-drugs.yaml"      # beside this file

    [set]
    concurrent_min_overlap = 1

    [analyze]
    format = "html"
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

DEFAULT_NAME = "infusion-timeline.toml"
NOT_IN_A_FILE = frozenset({"config", "help", "paths", "policies", "show_values", "encounter"})


@dataclass(frozen=True, slots=True)
class Known:
    """The options a configuration file may hold, by their names in Python (``date_from``)."""

    here: frozenset[str]
    """Those of the command that runs."""
    anywhere: frozenset[str]
    """Those of any command: one file serves all of them."""
    commands: frozenset[str]
    files: frozenset[str]
    """Options that name a file or a folder: relative to the configuration file."""


def known_options(command: click.Command, commands: Mapping[str, click.Command]) -> Known:
    """What a configuration file may hold for ``command``, one of ``commands``."""
    every = {p.name: p for c in commands.values() for p in c.params if p.name}
    files = {name for name, p in every.items() if isinstance(p.type, click.Path)}
    return Known(
        here=frozenset(p.name for p in command.params if p.name) - NOT_IN_A_FILE,
        anywhere=frozenset(every) - NOT_IN_A_FILE,
        commands=frozenset(commands),
        files=frozenset(files),
    )


def load_defaults(path: Path, command: str, known: Known) -> dict[str, Any]:
    """Options for ``command`` from the file, in the form of click's ``default_map``.

    A table named like a command holds options for that command alone and wins over the top of the file.
    Raises ``click.UsageError`` for a file that cannot be read, an unknown name (with the nearest) or a wrong value.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as problem:
        raise click.UsageError(f"There is no configuration file {path}.") from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise click.UsageError(f"{path} cannot be read ({type(problem).__name__}).") from problem
    except tomllib.TOMLDecodeError as problem:
        raise click.UsageError(f"{path} is not TOML: {problem}") from problem

    chosen: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for key, value in content.items():
        if key in known.commands:
            if not isinstance(value, dict):
                raise click.UsageError(f"{path}: [{key}] is a table of options for that command.")
            for inner, inner_value in value.items():
                name = _checked(inner, known.anywhere, f"{path}: [{key}]")
                if key == command:
                    own[name] = _plain(name, inner_value, path, known)
        else:
            name = _checked(key, known.anywhere | known.commands, f"{path}:")
            if name in known.here:
                chosen[name] = _plain(name, value, path, known)
    return {name: value for name, value in (chosen | own).items() if name in known.here}


def _checked(key: str, names: Collection[str], where: str) -> str:
    name = key.replace("-", "_")
    if name in names:
        return name
    shown = {n.replace("_", "-") for n in names}
    near = difflib.get_close_matches(name.replace("_", "-"), shown, n=1, cutoff=0.4)
    hint = f" The nearest is '{near[0]}'." if near else f" Known: {', '.join(sorted(shown))}."
    raise click.UsageError(f"{where} there is no option '{key}'.{hint}")


def _plain(name: str, value: object, path: Path, known: Known) -> object:
    """The value as it would have been typed."""
    if name == "set":
        if not isinstance(value, dict) or not all(isinstance(v, str | int) for v in value.values()):
            raise click.UsageError(f"{path}: [set] is a table of switches, each with a word, a number, true or false.")
        return [f"{switch}={_typed(setting)}" for switch, setting in value.items()]
    if not isinstance(value, str | int) and not hasattr(value, "isoformat"):
        raise click.UsageError(f"{path}: '{name.replace('_', '-')}' takes one value, as on the command line.")
    text = value.isoformat() if hasattr(value, "isoformat") else _typed(value)
    if (name in known.files or text.endswith((".yaml", ".yml"))) and text != "-":
        return str(path.parent / text)
    return text


def _typed(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
