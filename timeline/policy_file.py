"""Policy files as they are written: dated, cited values, read from YAML and checked with the place in the file.

A file that ``extends`` another holds only what differs: a setting may leave out its ``rule``, ``about`` and
``unit``, which it then keeps from the file below.  ``exceptions`` set switches for some encounters only;
``payers`` names the policy for a payer.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import yaml

from parsers.events import Category
from parsers.fast_yaml import load_yaml
from timeline.switches import SWITCHES, Codes, Settings

Confidence = Literal["read", "second-hand", "convention"]
POLICY_DATE = "policy_date"
"""Not a switch of the rules, but set like one: the date whose values code every encounter."""


class PolicyError(ValueError):
    """A policy file or a switch that cannot be used; the text says where and what to do."""


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    where: str


class DatedValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    from_: date
    value: int | str


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number or switch as a policy file states it."""

    rule: str
    about: str
    values: list[DatedValue]
    reference: Reference
    confidence: Confidence
    unit: str | None = None


class CodeTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    reference: Reference
    confidence: Confidence
    from_: date
    values: dict[str, str]


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Which encounters an exception is for: all conditions that are given must hold."""

    payer: str | list[str] | None = None
    """Payer as charted; case and spaces do not matter."""
    from_: date | None = None
    through: date | None = None
    """First and last day, by the first administration of the encounter; both belong to it."""
    category: Category | None = None
    """At least one administration of this category was charted."""


class PolicyException(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"set_": "set"}):
    """Switches that differ for some encounters, with a label that evidence and findings name."""

    label: str
    about: str
    when: When
    set_: dict[str, int | str]
    reference: Reference
    confidence: Confidence


class PolicyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    about: str
    verified_through: date
    extends: str | None = None
    codes: CodeTable | None = None
    settings: dict[str, Any] = {}
    exceptions: list[PolicyException] = []
    payers: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Stated:
    """A policy file with all that it extends laid under it, checked."""

    file: PolicyFile
    sha256: str
    codes: CodeTable
    settings: Mapping[str, Setting]
    exceptions: tuple[PolicyException, ...]
    payers: Mapping[str, str]
    """Payer, in comparable form, to the name or path of its policy."""


def bundled() -> tuple[str, ...]:
    """Names of the policies that come with the package."""
    folder = files("timeline").joinpath("policies")
    return tuple(sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")))


def payer_key(payer: str) -> str:
    """A payer's name for comparison: without case and repeated spaces."""
    return " ".join(payer.casefold().split())


def state(name: str) -> Stated:
    """Read a bundled policy by name or a policy file by path, with everything it extends.

    Raises ``PolicyError`` with the file, the place in it and what to do.
    """
    chain: list[tuple[PolicyFile, str]] = []
    seen: list[str] = []
    digest = hashlib.sha256()
    wanted: str | None = name
    while wanted is not None:
        text, label = _text_of(wanted)
        if wanted in seen:
            circle = " -> ".join(_shown(n) for n in [*seen[seen.index(wanted) :], wanted])
            raise PolicyError(f"{_shown(name)}: 'extends' runs in a circle: {circle}. One of them must not extend")
        seen.append(wanted)
        digest.update(text.encode())
        file = _parse(text, label)
        chain.append((file, label))
        wanted = beside(file.extends, wanted) if file.extends else None
    raw: dict[str, dict[str, Any]] = {}
    exceptions: dict[str, PolicyException] = {}
    payers: dict[str, str] = {}
    for place, (part, label) in zip(reversed(seen), reversed(chain), strict=True):
        _merge_settings(raw, part.settings, label)
        exceptions.update(_checked_exceptions(part.exceptions, label))
        payers.update({payer_key(payer): beside(policy, place) for payer, policy in part.payers.items()})
    file, label = chain[0]
    settings = {key: _setting(key, value, label) for key, value in raw.items()}
    codes = next((part.codes for part, _ in chain if part.codes), None)
    _check_complete(settings, codes, label)
    assert codes is not None
    return Stated(file, digest.hexdigest(), codes, settings, tuple(exceptions.values()), payers)


def beside(name: str, file: str) -> str:
    """A policy named inside ``file``: a bundled name as it is, a path relative to that file."""
    if name in bundled() or Path(name).suffix not in _YAML or file in bundled():
        return name
    return str((Path(file).parent / name).resolve())


_YAML = {".yaml", ".yml"}


def _shown(name: str) -> str:
    return f"policy '{name}'" if Path(name).suffix not in _YAML else Path(name).name


def _text_of(name: str) -> tuple[str, str]:
    if name in bundled():
        return files("timeline").joinpath("policies", f"{name}.yaml").read_text("utf-8"), _shown(name)
    path = Path(name)
    if path.suffix in _YAML:
        try:
            return path.read_text("utf-8"), path.name
        except (OSError, UnicodeDecodeError) as problem:
            why = (
                "does not exist"
                if isinstance(problem, FileNotFoundError)
                else "cannot be read by this account, or is no text"
            )
            raise PolicyError(f"policy file {path.name} {why}; give the path of a YAML file") from problem
    hint = nearest(name, bundled(), "; did you mean '{}'?") or "."
    raise PolicyError(f"there is no policy '{name}'{hint} Known: {', '.join(bundled())}, or the path of a .yaml file")


def nearest(word: str, known: Iterable[str], text: str) -> str:
    """``text`` with the known word nearest to ``word``, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.4)
    return text.format(near[0]) if near else ""


def _parse(text: str, label: str) -> PolicyFile:
    try:
        content = load_yaml(text)
    except yaml.YAMLError as problem:
        raise PolicyError(f"{label}: {problem}") from problem
    return _converted(content, PolicyFile, label)


_T = TypeVar("_T")


def _converted(content: object, kind: type[_T], where: str) -> _T:
    """Typed, or an error that names the place and, for an unknown key, the nearest known one."""
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as problem:
        text = str(problem).replace("`$.", "`")
        unknown = re.search(r"unknown field `([^`]*)`", text)
        structs = (PolicyFile, Setting, DatedValue, Reference, CodeTable, When, PolicyException)
        known = {name for struct in structs for name in struct.__struct_encode_fields__}
        hint = nearest(unknown[1], known, "; the nearest is '{}'") if unknown else ""
        raise PolicyError(f"{where}: {text}{hint}") from problem


def _merge_settings(below: dict[str, dict[str, Any]], own: Mapping[str, Any], label: str) -> None:
    """Lay the settings of one file over those of the files it extends."""
    known = {f.name for f in fields(Settings)}
    for key, value in own.items():
        if key not in known:
            raise PolicyError(f"{label}: settings.{key} is not known" + nearest(key, known, "; the nearest is '{}'"))
        if not isinstance(value, dict):
            raise PolicyError(f"{label}: settings.{key} needs values, reference and confidence")
        kept = {k: v for k, v in below.get(key, {}).items() if k in ("rule", "about", "unit")}
        below[key] = {**kept, **value}


def _setting(key: str, value: object, label: str) -> Setting:
    setting = _converted(value, Setting, f"{label}: settings.{key}")
    starts = [dated.from_ for dated in setting.values]
    if not starts or len(set(starts)) != len(starts):
        raise PolicyError(f"{label}: settings.{key} needs at least one value, and each from a date of its own")
    for dated in setting.values:
        _check_value(key, dated.value, f"{label}: settings.{key}")
    return setting


def _check_value(key: str, value: int | str, where: str) -> None:
    allowed = choices(key)
    if (allowed and value not in allowed) or (not allowed and (not isinstance(value, int) or value < 0)):
        raise PolicyError(f"{where} takes {' or '.join(allowed) or 'a whole number of 0 or more'}, not {value!r}")


def _checked_exceptions(exceptions: Iterable[PolicyException], label: str) -> dict[str, PolicyException]:
    known = {f.name for f in fields(Settings)}
    found: dict[str, PolicyException] = {}
    for exception in exceptions:
        where = f"{label}: exception '{exception.label}'"
        if exception.label in found:
            raise PolicyError(f"{where} stands twice; each needs a label of its own")
        if exception.when == When():
            raise PolicyError(f"{where} holds for every encounter; give a condition, or put it under settings")
        if not exception.set_:
            raise PolicyError(f"{where} sets nothing")
        for key, value in exception.set_.items():
            if key not in known:
                raise PolicyError(f"{where}: set.{key} is not known" + nearest(key, known, "; the nearest is '{}'"))
            _check_value(key, value, f"{where}: set.{key}")
        found[exception.label] = exception
    return found


def _check_complete(settings: Mapping[str, Setting], codes: CodeTable | None, label: str) -> None:
    if missing := sorted({f.name for f in fields(Settings)} - settings.keys()):
        raise PolicyError(f"{label}: no value for {', '.join(missing)}; extend 'facility' to have the defaults")
    if codes is None or codes.values.keys() != {f.name for f in fields(Codes)}:
        raise PolicyError(f"{label}: 'codes' must name every role; extend 'facility' to have them")


@lru_cache(maxsize=1)
def _types() -> dict[str, Any]:
    return get_type_hints(Settings)


def choices(key: str) -> tuple[str, ...]:
    """The values a switch may take; empty for a number."""
    kind = _types()[key]
    return get_args(kind) if get_origin(kind) is Literal else ()


def checked_value(key: str, value: object) -> object:
    """A switch value in its own type, or an error that says which values it takes."""
    if key not in SWITCHES:
        hint = nearest(key, (*SWITCHES, POLICY_DATE), "; the nearest is '{}'")
        raise TypeError(f"there is no switch '{key}'{hint}. `infusion-timeline policies` lists all of them")
    allowed = choices(key)
    if allowed:
        text = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        if text not in allowed:
            raise PolicyError(f"switch '{key}' takes {' or '.join(allowed)}, not '{text}'")
        return text
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if number < 0:
        raise PolicyError(f"switch '{key}' takes a whole number of 0 or more, not '{value}'")
    return number


def checked_date(value: object) -> date:
    """A date for ``policy_date``."""
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as problem:
        raise PolicyError(f"'{POLICY_DATE}' takes a date like 2026-01-01, not '{value}'") from problem
