"""On what two policies differ, one value at a time; and a policy with one value of another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from timeline.policy import Policy
from timeline.policy_file import POLICY_DATE

_RULE = "0g"
_CODES, _EXCEPTIONS, _PAYERS = "codes", "exceptions", "payers"


@dataclass(frozen=True, slots=True)
class Difference:
    """One switch or number (or the codes, exceptions, payers or date) with its value on either side, as text."""

    key: str
    rule: str
    a: str
    b: str


def differences(a: Policy, b: Policy) -> tuple[Difference, ...]:
    """Everything on which ``a`` and ``b`` may code differently, in the order of the program."""
    found = []
    for key, setting in a.settings.items():
        if _values(a, key) != _values(b, key):
            found.append(Difference(key, setting.rule, _values(a, key), _values(b, key)))
    if a.codes.values != b.codes.values:
        found.append(Difference(_CODES, "1", *_sides({**a.codes.values}, {**b.codes.values})))
    if a.exceptions != b.exceptions:
        found.append(Difference(_EXCEPTIONS, _RULE, _labels(a), _labels(b)))
    if _payers(a) != _payers(b):
        found.append(Difference(_PAYERS, _RULE, *_sides(_payers(a), _payers(b))))
    if a.pinned != b.pinned:
        found.append(Difference(POLICY_DATE, _RULE, str(a.pinned or "each its own"), str(b.pinned or "each its own")))
    return tuple(found)


def with_value_of(policy: Policy, other: Policy, key: str) -> Policy:
    """``policy`` with one thing (a ``Difference.key``) as ``other`` has it."""
    digest = hashlib.sha256(f"{policy.sha256}\x1f{other.sha256}\x1f{key}".encode()).hexdigest()
    changed = replace(policy, sha256=digest)
    if key == _CODES:
        return replace(changed, codes=other.codes)
    if key == _EXCEPTIONS:
        return replace(changed, exceptions=other.exceptions)
    if key == _PAYERS:
        return replace(changed, payers=other.payers)
    if key == POLICY_DATE:
        return replace(changed, pinned=other.pinned)
    settings = {**policy.settings, key: other.settings[key]}
    overrides = {k: v for k, v in policy.overrides.items() if k != key}
    if key in other.overrides:
        overrides[key] = other.overrides[key]
    first = max(min(v.from_ for v in s.values) for s in settings.values())
    return replace(changed, settings=settings, overrides=overrides, first=first)


def _values(policy: Policy, key: str) -> str:
    """The value, or the values with their dates."""
    if key in policy.overrides:
        return str(policy.overrides[key])
    values = sorted(policy.settings[key].values, key=lambda v: v.from_)
    if len(values) == 1 and values[0].from_ <= policy.first:
        return str(values[0].value)
    return ", ".join(f"{v.value} from {v.from_}" for v in values)


def _labels(policy: Policy) -> str:
    return ", ".join(f"'{e.label}'" for e in policy.exceptions) or "none"


def _payers(policy: Policy) -> dict[str, str]:
    return {payer: own.name for payer, own in (policy.payers or {}).items()}


def _sides(a: Mapping[str, str], b: Mapping[str, str]) -> tuple[str, str]:
    """What is different of two mappings, as text."""
    keys = [k for k in {**a, **b} if a.get(k) != b.get(k)]
    one, other = (", ".join(f"{k} {side[k]}" for k in keys if k in side) or "none" for side in (a, b))
    return one, other
