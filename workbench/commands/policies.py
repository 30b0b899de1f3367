"""``policies``: every rule, number and switch, with value, default, choices and source."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

import click

from timeline.evidence import RuleSource, rule_book
from timeline.policy import Policy, PolicyError, load_policy
from timeline.policy_file import POLICY_DATE, PolicyException, Setting, bundled, choices
from timeline.switches import SWITCHES
from workbench.output import STANDARD_OUTPUT, screen, send

DEFAULT = "facility"


@click.command(short_help="Every rule, switch and number, with source.")
@click.argument("name", metavar="[NAME]", required=False)
def policies(name: str | None) -> None:
    """Show every rule with its numbers and switches: value, default, choices and source.

    NAME is a bundled policy or a YAML file; without it, the policies there are and the default one in full.
    """
    try:
        policy = load_policy(name or DEFAULT)
    except PolicyError as problem:
        raise click.UsageError(str(problem)) from problem
    look = screen(STANDARD_OUTPUT)
    width = min(look.width, 110)
    lines = [*([] if name else _names(width)), *_policy(policy, load_policy(DEFAULT), width)]
    send(["\n".join(lines) + "\n"], STANDARD_OUTPUT, encoding=look.encoding)


def _names(width: int) -> Iterator[str]:
    yield "Policies that come with Infusion Timeline (--policy NAME, or the path of a YAML file that extends one):"
    yield ""
    for name in bundled():
        yield from _wrapped(f"{name}: {load_policy(name).about}", width, "  ")
    yield ""


def _policy(policy: Policy, default: Policy, width: int) -> Iterator[str]:
    starts = ", ".join(start.isoformat() for start in policy.versions)
    yield f"Policy {policy.name}"
    yield from _wrapped(policy.about, width, "  ")
    yield f"  versions from: {starts}   verified through: {policy.verified_through}   sha256: {policy.sha256[:12]}"
    yield from _wrapped(
        "A switch is changed with --set NAME=VALUE or in a policy file, a number only in a policy file. "
        f"--set {POLICY_DATE}=DATE codes every encounter by the values of that day.",
        width,
        "  ",
    )
    if other := [k for k, s in policy.settings.items() if s.values != default.settings[k].values]:
        yield from _wrapped(f"differs from {default.name} in: {', '.join(other)}", width, "  ")
    for payer, own in (policy.payers or {}).items():
        yield f"  payer {payer}: policy {own.name}"
    for exception in policy.exceptions:
        yield ""
        yield from _exception(exception, width)
    for rule, source in rule_book().items():
        yield ""
        yield from _rule(rule, source, width)
        for key, setting in policy.settings.items():
            if _first_rule(setting) == rule:
                yield ""
                yield from _setting(policy, default, key, width)


def _first_rule(setting: Setting) -> str:
    """The rule a setting is shown with: the first of those it serves."""
    return re.split(r",\s*", setting.rule)[0]


def _rule(rule: str, source: RuleSource, width: int) -> Iterator[str]:
    yield f"Rule {rule}. {source.title}"
    yield from _wrapped(source.text, width, "  ")
    yield from _wrapped(f"source: {source.where} ({source.confidence})", width, "  ")


def _exception(exception: PolicyException, width: int) -> Iterator[str]:
    when = exception.when
    payers = [when.payer] if isinstance(when.payer, str) else when.payer or []
    conditions = [
        *([f"payer {' or '.join(payers)}"] if payers else []),
        *([f"from {when.from_}"] if when.from_ else []),
        *([f"through {when.through}"] if when.through else []),
        *([f"an administration of category {when.category}"] if when.category else []),
    ]
    yield f"  exception '{exception.label}': {', '.join(f'{k} = {v}' for k, v in exception.set_.items())}"
    yield from _wrapped(exception.about, width, "      ")
    yield from _wrapped(f"when: {', '.join(conditions)}", width, "      ")
    cited = exception.reference
    yield from _wrapped(f"from: {cited.title}; {cited.where} ({exception.confidence})", width, "      ")


def _setting(policy: Policy, default: Policy, key: str, width: int) -> Iterator[str]:
    setting = policy.settings[key]
    usual = _latest(default.settings[key])
    unit = f" {setting.unit}" if setting.unit else ""
    kind = "switch" if key in SWITCHES else "number"
    rules = f"; rules {setting.rule}" if "," in setting.rule else f"; rule {setting.rule}"
    yield f"  {key} = {_latest(setting)}{unit}   (default {usual}{rules}; {kind})"
    yield from _wrapped(setting.about, width, "      ")
    yield f"      takes: {' | '.join(choices(key)) or 'a whole number'}"
    if len(setting.values) > 1:
        yield f"      dated: {', '.join(f'{v.value} from {v.from_}' for v in setting.values)}"
    source = f"source: {setting.reference.title}; {setting.reference.where} ({setting.confidence})"
    yield from _wrapped(source, width, "      ")


def _latest(setting: Setting) -> int | str:
    return max(setting.values, key=lambda v: v.from_).value


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
