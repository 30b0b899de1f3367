"""``policies``: every number and switch of the rules, with its value, default and source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import click

from timeline.policy import Policy, PolicyError, load_policy
from timeline.policy_file import Setting, bundled, choices
from timeline.switches import SWITCHES
from workbench.output import STANDARD_OUTPUT, screen, send

DEFAULT = "facility"


@click.command(short_help="Every switch and number, with source.")
@click.argument("name", metavar="[NAME]", required=False)
def policies(name: str | None) -> None:
    """Show the rules' numbers and switches with value, default and source.

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
    for title, keys in (
        ("Switches, changed with --set NAME=VALUE", [k for k in policy.settings if k in SWITCHES]),
        ("Numbers of the rules, changed only in a policy file", [k for k in policy.settings if k not in SWITCHES]),
    ):
        yield ""
        yield title
        for key in keys:
            yield ""
            yield from _setting(policy, default, key, width)


def _setting(policy: Policy, default: Policy, key: str, width: int) -> Iterator[str]:
    setting = policy.settings[key]
    usual = _latest(default.settings[key])
    unit = f" {setting.unit}" if setting.unit else ""
    yield f"  {key} = {_latest(setting)}{unit}   (default {usual}; rule {setting.rule})"
    yield from _wrapped(setting.about, width, "      ")
    if key in SWITCHES:
        yield f"      takes: {' | '.join(choices(key)) or 'a whole number'}"
    if len(setting.values) > 1:
        yield f"      dated: {', '.join(f'{v.value} from {v.from_}' for v in setting.values)}"
    source = f"source: {setting.reference.title}; {setting.reference.where} ({setting.confidence})"
    yield from _wrapped(source, width, "      ")


def _latest(setting: Setting) -> int | str:
    return max(setting.values, key=lambda v: v.from_).value


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
