"""Policies: dated, cited values for every number and switch of the rules.

A policy file (``policies/*.yaml`` or a user's own) gives each setting a list of dated values, the rule it
serves, a reference and a confidence.  A file may ``extends`` another and then holds only what differs.
:func:`load_policy` reads it; :meth:`Policy.on` gives the version in force on a date, with switches overridden.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import yaml

from timeline.model import PolicyUsed, PolicyValue
from timeline.switches import SWITCHES, Codes, Settings

Confidence = Literal["read", "second-hand", "convention"]
LATEST = date.max


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


class PolicyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    about: str
    verified_through: date
    extends: str | None = None
    codes: CodeTable | None = None
    settings: dict[str, Setting] = {}


class PolicyError(ValueError):
    """A policy file or a switch that cannot be used; the text says where and what to do."""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """The values in force on one date, as the rules read them."""

    name: str
    version: str
    sha256: str
    settings: Settings
    codes: Codes
    cited: Mapping[str, Setting]
    overridden: Mapping[str, object]

    def value(self, key: str) -> PolicyValue:
        """A setting with the version it comes from, for the evidence of a line."""
        return PolicyValue(key=key, value=getattr(self.settings, key), version=f"{self.name} {self.version}")

    def used(self) -> PolicyUsed:
        switches = {key: getattr(self.settings, key) for key in SWITCHES}
        return PolicyUsed(name=self.name, version=self.version, sha256=self.sha256, switches=switches)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy with all its dated versions."""

    name: str
    about: str
    sha256: str
    verified_through: date
    codes: CodeTable
    settings: Mapping[str, Setting]
    overrides: Mapping[str, object]

    @property
    def first(self) -> date:
        """The first date for which every setting has a value."""
        return max(min(v.from_ for v in s.values) for s in self.settings.values())

    @property
    def versions(self) -> tuple[date, ...]:
        first = self.first
        starts = {v.from_ for s in self.settings.values() for v in s.values if v.from_ >= first}
        return tuple(sorted(starts | {first}))

    def version_date(self, day: date) -> date:
        """The version in force on ``day``: the last that began by then, the first for an earlier day."""
        return max((d for d in self.versions if d <= day), default=self.first)

    def on(self, day: date) -> PolicyVersion:
        """The values in force on ``day``."""
        return _resolved(_Key(self), self.version_date(day))

    def with_switches(self, switches: Mapping[str, object]) -> Policy:
        """The same policy with switches overridden; values may be text as typed on a command line.

        Raises ``TypeError`` for an unknown switch (it names the nearest) and ``PolicyError`` for a value that
        the switch does not know.
        """
        checked = {key: checked_value(key, value) for key, value in switches.items()}
        return replace(self, overrides={**self.overrides, **checked})


class _Key:
    """Identity of a policy for the cache of resolved versions (its mappings are not hashable)."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.key = (policy.name, policy.sha256, tuple(sorted(policy.overrides.items(), key=str)))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.key == other.key


@lru_cache(maxsize=256)
def _resolved(key: _Key, start: date) -> PolicyVersion:
    policy = key.policy
    values: dict[str, Any] = {}
    for name, setting in policy.settings.items():
        values[name] = max((v for v in setting.values if v.from_ <= start), key=lambda v: v.from_).value
    values.update(policy.overrides)
    return PolicyVersion(
        name=policy.name,
        version=start.isoformat(),
        sha256=policy.sha256,
        settings=Settings(**values),
        codes=Codes(**policy.codes.values),
        cited=policy.settings,
        overridden=policy.overrides,
    )


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
        near = difflib.get_close_matches(key, SWITCHES, n=1, cutoff=0.4)
        hint = f"; the nearest is '{near[0]}'" if near else ""
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


def bundled() -> tuple[str, ...]:
    """Names of the policies that come with the package."""
    folder = files("timeline").joinpath("policies")
    return tuple(sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")))


@lru_cache(maxsize=32)
def load_policy(name: str) -> Policy:
    """A bundled policy by name, or a policy file by path (``*.yaml``).

    Raises ``PolicyError`` with the file, the place in it and what to do.
    """
    text, label = _text_of(name)
    digest = hashlib.sha256(text.encode())
    file = _parse(text, label)
    chain = [file]
    while chain[-1].extends:
        base_text, base_label = _text_of(chain[-1].extends or "")
        digest.update(base_text.encode())
        chain.append(_parse(base_text, base_label))
        if len(chain) > 8:
            raise PolicyError(f"{label}: 'extends' runs in a circle")
    settings: dict[str, Setting] = {}
    for part in reversed(chain):
        settings.update(part.settings)
    codes = next((part.codes for part in chain if part.codes), None)
    _check_complete(settings, codes, label)
    assert codes is not None
    return Policy(file.name, file.about, digest.hexdigest(), file.verified_through, codes, settings, {})


def _text_of(name: str) -> tuple[str, str]:
    if name in bundled():
        return files("timeline").joinpath("policies", f"{name}.yaml").read_text("utf-8"), f"policy '{name}'"
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        try:
            return path.read_text("utf-8"), path.name
        except (OSError, UnicodeDecodeError) as problem:
            raise PolicyError(f"policy file {path.name} cannot be read ({type(problem).__name__})") from problem
    near = difflib.get_close_matches(name, bundled(), n=1, cutoff=0.4)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise PolicyError(f"there is no policy '{name}'{hint} Known: {', '.join(bundled())}, or the path of a .yaml file")


def _parse(text: str, label: str) -> PolicyFile:
    try:
        return msgspec.convert(yaml.safe_load(text), PolicyFile)
    except (yaml.YAMLError, msgspec.ValidationError) as problem:
        raise PolicyError(f"{label}: {problem}") from problem


def _check_complete(settings: Mapping[str, Setting], codes: CodeTable | None, label: str) -> None:
    known = {f.name for f in fields(Settings)}
    for key in settings.keys() - known:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
        raise PolicyError(f"{label}: settings.{key} is not known" + (f"; the nearest is '{near[0]}'" if near else ""))
    if missing := sorted(known - settings.keys()):
        raise PolicyError(f"{label}: no value for {', '.join(missing)}; extend 'facility' to have the defaults")
    for key, setting in settings.items():
        for dated in setting.values:
            allowed = choices(key)
            if (allowed and dated.value not in allowed) or (not allowed and not isinstance(dated.value, int)):
                wants = " or ".join(allowed) or "a whole number"
                raise PolicyError(f"{label}: settings.{key} takes {wants}, not {dated.value!r}")
    if codes is None or codes.values.keys() != {f.name for f in fields(Codes)}:
        raise PolicyError(f"{label}: 'codes' must name every role; extend 'facility' to have them")
