"""Policies: the numbers and switches of the rules as they stand on a date.

:func:`load_policy` reads a policy file (:mod:`timeline.policy_file`); :meth:`Policy.on` gives the version in
force on a date, with exceptions applied and switches overridden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from timeline.model import PolicyUsed, PolicyValue
from timeline.policy_file import (
    POLICY_DATE,
    CodeTable,
    Confidence,
    PolicyError,
    PolicyException,
    Setting,
    bundled,
    checked_date,
    checked_value,
    choices,
    payer_key,
    state,
)
from timeline.switches import SWITCHES, Codes, Settings

__all__ = ["Confidence", "Policy", "PolicyError", "PolicyVersion", "bundled", "choices", "load_policy"]


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
    by_exception: Mapping[str, str]
    """Setting to the label of the exception that set it."""

    def value(self, key: str) -> PolicyValue:
        """A setting with the version it comes from, for the evidence of a line."""
        label = self.by_exception.get(key)
        version = f"{self.name} {self.version}" + (f", exception '{label}'" if label else "")
        return PolicyValue(key=key, value=getattr(self.settings, key), version=version)

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
    exceptions: tuple[PolicyException, ...] = ()
    payers: Mapping[str, Policy] | None = None
    """Payer (comparable name) to the policy of that payer."""
    pinned: date | None = None
    """``--set policy_date``: the date whose values code every encounter."""
    first: date = date.min
    """The first date for which every setting has a value."""

    @property
    def versions(self) -> tuple[date, ...]:
        starts = {v.from_ for s in self.settings.values() for v in s.values if v.from_ >= self.first}
        return tuple(sorted(starts | {self.first}))

    def version_date(self, day: date) -> date:
        """The version in force on ``day``: the last that began by then, the first for an earlier day."""
        return max((d for d in self.versions if d <= day), default=self.first)

    def on(self, day: date, exceptions: Sequence[PolicyException] = ()) -> PolicyVersion:
        """The values in force on ``day`` (or on the pinned date), with these exceptions applied."""
        return _resolved(_Key(self), self.version_date(self.pinned or day), tuple(e.label for e in exceptions))

    def for_payer(self, payer: str | None) -> Policy:
        """The policy of this payer with the same overrides; the policy itself where none is named for it."""
        own = (self.payers or {}).get(payer_key(payer)) if payer else None
        return replace(own, overrides=self.overrides, pinned=self.pinned) if own is not None else self

    def with_switches(self, switches: Mapping[str, object]) -> Policy:
        """The same policy with switches overridden; values may be text as typed on a command line.

        ``policy_date`` is taken as well: the date whose version codes every encounter.  Raises ``TypeError``
        for an unknown switch (it names the nearest) and ``PolicyError`` for a value that the switch does not know.
        """
        given = dict(switches)
        pinned = checked_date(given.pop(POLICY_DATE)) if POLICY_DATE in given else self.pinned
        if pinned is not None and pinned < self.first:
            raise PolicyError(f"policy '{self.name}' knows no {POLICY_DATE} before {self.first}, not '{pinned}'")
        checked = {key: checked_value(key, value) for key, value in given.items()}
        return replace(self, overrides={**self.overrides, **checked}, pinned=pinned)


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
def _resolved(key: _Key, start: date, labels: tuple[str, ...]) -> PolicyVersion:
    policy = key.policy
    values: dict[str, Any] = {name: value_on(setting, start) for name, setting in policy.settings.items()}
    cited = dict(policy.settings)
    by_exception: dict[str, str] = {}
    for exception in (e for e in policy.exceptions if e.label in labels):
        for name, value in exception.set_.items():
            values[name] = value
            cited[name] = msgspec.structs.replace(
                cited[name], reference=exception.reference, confidence=exception.confidence
            )
            by_exception[name] = exception.label
    values.update(policy.overrides)
    return PolicyVersion(
        name=policy.name,
        version=start.isoformat(),
        sha256=policy.sha256,
        settings=Settings(**values),
        codes=Codes(**policy.codes.values),
        cited=cited,
        overridden=policy.overrides,
        by_exception={k: label for k, label in by_exception.items() if k not in policy.overrides},
    )


def value_on(setting: Setting, day: date) -> int | str:
    """The value in force on ``day``, which is not before the first."""
    return max((v for v in setting.values if v.from_ <= day), key=lambda v: v.from_).value


@lru_cache(maxsize=32)
def load_policy(name: str) -> Policy:
    """A bundled policy by name, or a policy file by path (``*.yaml``).

    Raises ``PolicyError`` with the file, the place in it and what to do.
    """
    policy, payers = _loaded(name)
    return replace(policy, payers={payer: _loaded(other)[0] for payer, other in payers.items()})


def _loaded(name: str) -> tuple[Policy, Mapping[str, str]]:
    """A policy without those of its payers, and their names."""
    stated = state(name)
    file = stated.file
    policy = Policy(
        name=file.name,
        about=file.about,
        sha256=stated.sha256,
        verified_through=file.verified_through,
        codes=stated.codes,
        settings={f.name: stated.settings[f.name] for f in fields(Settings)},
        overrides={},
        exceptions=stated.exceptions,
        first=max(min(v.from_ for v in s.values) for s in stated.settings.values()),
    )
    return policy, stated.payers
