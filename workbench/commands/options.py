"""Options that commands share, gathered into one :class:`Job`.

Whatever a user can get wrong on the command line is checked here, before any file is read, and answered with a
usage error; what comes later is either data (a value in the result) or a bug (a traceback).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from parsers.answers import AnswerFile, AnswersError, read_answers
from parsers.context import ContextTable
from parsers.profiles import ProfileError, load_profile
from parsers.reference_tables import (
    PairTable,
    RateTable,
    ReferenceTableError,
    UnitLimitTable,
    load_mue,
    load_ptp,
    load_rates,
)
from parsers.zones import zone_of
from timeline.edits import billable_codes
from timeline.formulary import Formulary
from timeline.formulary_file import FormularyError
from timeline.policy import PolicyError, load_policy
from workbench.commands.context_options import CONTEXT
from workbench.commands.day import day
from workbench.commands.destination import note_file
from workbench.commands.values import terminal_only
from workbench.comparing import Asked, asked, policy_name
from workbench.config_file import DEFAULT_NAME, known_options, load_defaults
from workbench.rejects import check_folder
from workbench.standard_input import keep_standard_input

Command = Callable[..., Any]
Table = TypeVar("Table")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What to read, and what to do with the records that could not be used."""

    paths: tuple[str, ...]
    profile: str | None
    timezone: str | None
    rejects: str | None = None
    show_values: bool = False
    accesses: ContextTable | None = None
    classes: ContextTable | None = None


INPUTS = "infusion-timeline.inputs"
"""Where a command's :class:`Inputs` stand in click's context, for what is said when it is done."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to read and how to code it, as the command line and the configuration file say."""

    paths: tuple[str, ...]
    profile: str | None
    timezone: str | None
    policy: str
    switches: dict[str, str]
    formulary: Formulary | None
    rates: RateTable | None
    mue: UnitLimitTable | None
    ptp: PairTable | None
    answers: AnswerFile | None
    date_from: date | None
    date_to: date | None
    encounter: str | None
    accesses: ContextTable | None = None
    classes: ContextTable | None = None
    jobs: int = 1


def reading_options(command: Command) -> Command:
    """Add PATH and the options of all commands that read; the function gets them as ``inputs``."""

    @functools.wraps(command)
    def gathered(**given: Any) -> Any:
        note_file(given.pop("config"))
        return command(inputs=_inputs(given), **given)

    for option in reversed(_READING):
        gathered = option(gathered)
    return gathered


def coding_options(command: Command) -> Command:
    """Add PATH and the options of all commands that read and code; the function gets them as ``job``."""

    @functools.wraps(command)
    def gathered(**given: Any) -> Any:
        return command(job=_job(given, given.pop("policy")), **given)

    for option in reversed([*_READING, _POLICY, *_CODING, _DATE_FROM, *_SHOWN, _JOBS]):
        gathered = option(gathered)
    return gathered


def nightly_options(command: Command) -> Command:
    """The same without those that choose encounters: a store holds all of them."""

    @functools.wraps(command)
    def gathered(**given: Any) -> Any:
        given |= {"date_to": None, "encounter": None}
        return command(job=_job(given, given.pop("policy")), **given)

    for option in reversed([_INBOXES, *_READING[1:], _POLICY, *_CODING, _YEAR, _JOBS]):
        gathered = option(gathered)
    return gathered


def config_option(command: Command) -> Command:
    """Add ``--config`` to a command that reads no records."""

    @functools.wraps(command)
    def gathered(**given: Any) -> Any:
        note_file(given.pop("config"))
        return command(**given)

    return _CONFIG(gathered)


def comparing_options(command: Command) -> Command:
    """The same with two policies, which the function gets as ``sides``; ``job`` then names the first of them."""

    @functools.wraps(command)
    def gathered(**given: Any) -> Any:
        texts = given.pop("policies")
        for text in texts:
            note_file(policy_name(text))
        if len(texts) != 2:
            raise click.UsageError(
                f"Two policies are compared, and {len(texts)} {'is' if len(texts) == 1 else 'are'} given:"
                " --policy A --policy B. Either may be NAME+switch=value, such as facility+concurrent_min_overlap=1."
            )
        sides = _sides(texts, given["set"])
        return command(job=_job(given, policy_name(texts[0])), sides=sides, **given)

    for option in reversed([*_READING, _POLICIES, *_CODING, _DATE_FROM, *_SHOWN]):
        gathered = option(gathered)
    return gathered


def _job(given: dict[str, Any], policy: str) -> Job:
    """What the command line says, taken out of ``given`` and checked."""
    for named in (given.pop("config"), policy, given["ptp"]):
        note_file(named)
    inputs = _inputs(given)
    job = Job(
        paths=inputs.paths,
        profile=inputs.profile,
        timezone=inputs.timezone,
        policy=policy,
        switches=given.pop("set"),
        formulary=given.pop("formulary"),
        rates=given.pop("rates"),
        mue=given.pop("mue"),
        ptp=None,
        answers=given.pop("answers"),
        date_from=given.pop("date_from"),
        date_to=given.pop("date_to"),
        encounter=given.pop("encounter"),
        accesses=inputs.accesses,
        classes=inputs.classes,
        jobs=given.pop("jobs", 1),
    )
    _check_policy(job)
    return replace(job, ptp=_pairs(given.pop("ptp"), job.policy))


def _inputs(given: dict[str, Any]) -> Inputs:
    """The options of reading, taken out of ``given``, checked, and left for the end of the command."""
    names = ("paths", "profile", "timezone", "rejects", "show_values", "accesses", "classes")
    inputs = Inputs(*(given.pop(name) for name in names))
    ctx = click.get_current_context()
    ctx.meta[INPUTS] = inputs
    if inputs.rejects is not None:
        check_folder(inputs.rejects, inputs.paths)
    if "-" in inputs.paths and (inputs.rejects is not None or inputs.show_values):
        keep_standard_input(ctx)
    return inputs


def _configure(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Runs before the other options, so that they find their defaults."""
    path = Path(value) if value else Path(DEFAULT_NAME)
    if value is None and not path.is_file():
        return None
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    commands = {name: c for name in group.list_commands(ctx) if (c := group.get_command(ctx, name))}
    known = known_options(ctx.command, commands)
    ctx.default_map = load_defaults(path, ctx.info_name or "", known)
    return str(path)


def _zone(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        try:
            zone_of(value)
        except ValueError as problem:
            raise click.BadParameter(str(problem)) from problem
    return value


def _profile(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    note_file(value)
    if value is not None:
        try:
            load_profile(value)
        except ProfileError as problem:
            raise click.BadParameter(str(problem)) from problem
    return value


def _switches(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    switches = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"'{text}' is not switch=value, such as concurrent_min_overlap=1.")
        switches[name.strip().replace("-", "_")] = value.strip()
    return switches


def _formulary(ctx: click.Context, param: click.Parameter, value: str | None) -> Formulary | None:
    note_file(value)
    if value is None:
        return None
    try:
        return Formulary.load(Path(value))
    except FormularyError as problem:
        raise click.BadParameter(str(problem)) from problem


def _rates(ctx: click.Context, param: click.Parameter, value: str | None) -> RateTable | None:
    return None if value is None else _table(load_rates, value, "--rates")


def _mue(ctx: click.Context, param: click.Parameter, value: str | None) -> UnitLimitTable | None:
    return None if value is None else _table(load_mue, value, "--mue")


def _pairs(value: str | None, policy: str) -> PairTable | None:
    """Read when the policy is known to be good: only the pairs of its codes are kept."""
    return None if value is None else _table(lambda path: load_ptp(path, billable_codes(policy)), value, "--ptp")


def _table(load: Callable[[str], Table], path: str, option: str) -> Table:
    note_file(path)
    try:
        return load(path)
    except ReferenceTableError as problem:
        raise click.BadParameter(str(problem), param_hint=f"'{option}'") from problem


def _answers(ctx: click.Context, param: click.Parameter, value: str | None) -> AnswerFile | None:
    note_file(value)
    if value is None:
        return None
    try:
        return read_answers(value)
    except AnswersError as problem:
        raise click.BadParameter(str(problem)) from problem


def _sides(texts: tuple[str, ...], switches: dict[str, str]) -> tuple[Asked, ...]:
    try:
        return tuple(asked(text, switches) for text in texts)
    except (PolicyError, TypeError) as problem:
        raise click.UsageError(str(problem)) from problem


def _check_policy(job: Job) -> None:
    try:
        load_policy(job.policy).with_switches(job.switches)
    except (PolicyError, TypeError) as problem:  # an unknown switch is a TypeError
        raise click.UsageError(str(problem)) from problem
    if job.date_from and job.date_to and job.date_to < job.date_from:
        raise click.UsageError("--date-to is before --date-from.")


_CONFIG = click.option(
    "--config",
    metavar="FILE",
    is_eager=True,
    callback=_configure,
    help=f"Options from a TOML file; the command line wins.  [default: {DEFAULT_NAME} here, if there is one]",
)
_INBOXES = click.argument("paths", metavar="INBOX...", nargs=-1, required=True)
_READING = [
    click.argument("paths", metavar="PATH...", nargs=-1, required=True),
    _CONFIG,
    click.option(
        "--profile", metavar="NAME|FILE", callback=_profile, help="Where the sender puts things and the words it uses."
    ),
    click.option(
        "--timezone",
        metavar="ZONE",
        callback=_zone,
        help="Zone of times that carry no offset, such as America/Chicago.  [default: the profile's, else UTC]",
    ),
    *CONTEXT,
    click.option(
        "--rejects",
        metavar="DIR",
        type=click.Path(),
        help="Write what was rejected there, verbatim, to be mended and fed again.",
    ),
    click.option(
        "--show-values",
        is_flag=True,
        callback=terminal_only,
        help="Show the values behind the shapes in messages; on a terminal only.",
    ),
]
_POLICY = click.option("--policy", metavar="NAME|FILE", default="facility", show_default=True, help="Rules to code by.")
_POLICIES = click.option(
    "--policy",
    "policies",
    metavar="NAME|FILE[+SWITCH=VALUE]",
    multiple=True,
    help="Rules to code by, given twice; each may set switches of its own.",
)
_DATE_FROM = click.option(
    "--date-from", metavar="DATE", callback=day, help="Encounters on this day or later; gives tables their year."
)
_YEAR = click.option("--date-from", metavar="DATE", callback=day, help="First day of the input; gives tables a year.")
_CODING = [
    click.option(
        "--set",
        "set",
        metavar="SWITCH=VALUE",
        multiple=True,
        callback=_switches,
        help="Change one switch of the policy; may be repeated. `policies` lists them.",
    ),
    click.option(
        "--formulary",
        metavar="FILE",
        type=click.Path(),
        callback=_formulary,
        help="Your drug list, used before the bundled one.",
    ),
    click.option(
        "--rates",
        metavar="FILE",
        type=click.Path(),
        callback=_rates,
        help="Your OPPS Addendum B (CSV, XLSX): amounts, Medicare national unadjusted.",
    ),
    click.option(
        "--mue",
        metavar="FILE",
        type=click.Path(),
        callback=_mue,
        help="Your MUE table for outpatient hospital services: units over its limits become findings.",
    ),
    click.option(
        "--ptp",
        metavar="FILE",
        type=click.Path(),
        help="Your NCCI PTP table for hospitals: pairs that are not paid together become findings.",
    ),
    click.option(
        "--answers",
        metavar="FILE",
        callback=_answers,
        help="Answers to queries (CSV, or the filled-in XLSX): encounter, administration, what, value, who, when,"
        " support.",
    ),
]
_SHOWN = [
    click.option("--date-to", metavar="DATE", callback=day, help="Encounters on this day or earlier."),
    click.option("--encounter", metavar="ID", help="This encounter only."),
]
_JOBS = click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Code in N processes; the answer is the same for any N.",
)
