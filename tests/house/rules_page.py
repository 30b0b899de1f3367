"""``docs/rules.md`` from the rule book, the policies and the rule modules.

``python -m tests.house.rules_page`` writes it anew; a test notices when the two differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import yaml

from tests.house.places import ROOT
from timeline.evidence import RuleSource, rule_book
from timeline.policy import Policy, load_policy
from timeline.policy_file import Setting, bundled, choices
from timeline.switches import SWITCHES

PAGE = ROOT / "docs" / "rules.md"
DISPUTED = ROOT / "docs" / "disputed.yaml"
DEFAULT = "facility"
CHAPTERS = (
    ("Vocabulary", "0a"),
    ("One initial service", "1"),
    ("Time", "6"),
    ("The same drug, a new drug", "10"),
    ("Concurrent", "13"),
    ("Hydration", "21"),
    ("What the record does not say", "26"),
    ("Encounters, accesses, dates", "30"),
    ("After the codes", "39"),
)
HEAD = """# The rules

Written from `timeline/rule_book.yaml`, `timeline/policies/*.yaml` and `docs/disputed.yaml` by
`python -m tests.house.rules_page`; a test notices when they differ.

From a timeline of administrations to codes, rule by rule, in our own words. Code numbers only: CPT is a trademark of
the American Medical Association, and its descriptors are not reproduced. A **switch** can be set for a run
(`--set name=value`) or in a policy file; a **number** changes only in a policy file. Values are those of the policy
`facility`, the default; [policies](policies.md) says how to write your own.

How sure we are of a source: **read** means that the cited text, or a quotation of it, was read; **second-hand** that
somebody reports it; **convention** that it is our own or general coding knowledge, until a source is found. The CPT
book, the NCCI manual and CMS Pub. 100-04 were read only in quotation.

A **judgement** is a finding on a line where respectable sources read the same chart differently and the codes differ;
it names the other reading.
"""


class Disputed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published answer that we do not follow."""

    answer: str
    here: str
    rules: list[str]
    cases: list[str]


def disputed() -> list[Disputed]:
    return msgspec.convert(yaml.safe_load(DISPUTED.read_text("utf-8")), list[Disputed])


def settings_of(rule: str, policy: Policy) -> dict[str, Setting]:
    """Numbers and switches that serve a rule, in the order of the program."""
    return {key: s for key, s in policy.settings.items() if rule in re.split(r",\s*", s.rule)}


def rules_page() -> str:
    """The whole page, ending with a line feed."""
    policy = load_policy(DEFAULT)
    chapters = {first: title for title, first in CHAPTERS}
    parts = [HEAD]
    for rule, source in rule_book().items():
        if rule in chapters:
            parts.append(f"## {chapters[rule]}\n")
        parts.append("\n".join(_rule(rule, source, policy)) + "\n")
    parts += ["\n".join(_policies()) + "\n", "\n".join(_disputed()) + "\n", "\n".join(_codes(policy)) + "\n"]
    return "\n".join(parts)


def _rule(rule: str, source: RuleSource, policy: Policy) -> Iterator[str]:
    yield f"### Rule {rule}. {source.title}\n"
    yield f"{source.text}\n"
    for key, setting in settings_of(rule, policy).items():
        yield from _setting(key, setting)
    if settings_of(rule, policy):
        yield ""
    yield f"Source: {source.where} ({source.confidence})."
    files = ", ".join(f"`{name}`" for name in source.files)
    yield f"In the program: {files}." if files else "In the program: not coded yet."


def _setting(key: str, setting: Setting) -> Iterator[str]:
    unit = f" {setting.unit}" if setting.unit else ""
    kind = "switch" if key in SWITCHES else "number"
    takes = choices(key)
    choice = f" Takes {', '.join(f'`{c}`' for c in takes)}." if takes else ""
    values = setting.values
    dated = ", ".join(f"`{v.value}`{unit} from {v.from_}" for v in values) if len(values) > 1 else ""
    yield f"- {kind} **`{key}`** = `{values[-1].value}`{unit}. {setting.about}{choice}" + (
        dated and f" Dated: {dated}."
    )
    yield f"  Source: {setting.reference.title}; {setting.reference.where} ({setting.confidence})."


def _policies() -> Iterator[str]:
    """Where the bundled policies differ from the default."""
    usual = load_policy(DEFAULT)
    yield "## Policies that come along\n"
    for name in bundled():
        policy = load_policy(name)
        yield f"**`{name}`**: {policy.about} Verified through {policy.verified_through}.\n"
        for key, setting in policy.settings.items():
            if setting.values != usual.settings[key].values:
                values = ", ".join(
                    f"`{v.value}`" + (f" from {v.from_}" if len(setting.values) > 1 else "") for v in setting.values
                )
                source = f"{setting.reference.title}; {setting.reference.where} ({setting.confidence})"
                yield f"- `{key}` = {values}. Source: {source}."
        for exception in policy.exceptions:
            sets = ", ".join(f"`{key}` = `{value}`" for key, value in exception.set_.items())
            yield f"- exception *{exception.label}*: {sets}. {exception.about}"
        if policy.settings != usual.settings:
            yield ""


def _disputed() -> Iterator[str]:
    yield "## Published answers we do not follow\n"
    yield "| published | here | rules | in the case book |"
    yield "|---|---|---|---|"
    for item in disputed():
        cases = ", ".join(f"`{case}`" for case in item.cases) or "-"
        yield f"| {item.answer} | {item.here} | {', '.join(item.rules)} | {cases} |"


def _codes(policy: Policy) -> Iterator[str]:
    yield "## Codes by role\n"
    reference = policy.codes.reference
    yield f"From {policy.codes.from_}. Source: {reference.title}; {reference.where} ({policy.codes.confidence}).\n"
    yield "| role | code |"
    yield "|---|---|"
    for role, code in policy.codes.values.items():
        yield f"| {role.replace('_', ' ')} | {code} |"


if __name__ == "__main__":
    PAGE.write_text(rules_page(), "utf-8")
