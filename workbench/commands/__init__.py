"""The ``infusion-timeline`` command: one subcommand a file, imported when it is asked for."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import click

from workbench.identity import DISTRIBUTION, stranger

COMMANDS = (
    "analyze", "audit", "charges", "check", "compare", "demo", "explain", "mark-sent", "nightly", "policies", "report",
    "worklist",
)  # fmt: skip
INTERRUPTED = 130


class Commands(click.Group):
    """Loads a subcommand only when needed, and only after the four packages are known to be ours."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if problem := stranger():
            raise click.UsageError(problem)
        name = cmd_name.replace("-", "_")
        command = getattr(import_module(f"workbench.commands.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name.casefold(), COMMANDS, n=1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"No command '{name}'.{meant} There are: {', '.join(COMMANDS)}.", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click would exit 1, which says "some input was rejected"
            click.echo("Stopped.", err=True)
            ctx.exit(INTERRUPTED)


def _version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "not installed"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name=DISTRIBUTION)
def main() -> None:
    """Build infusion timelines from nursing medication records and derive the administration codes.

    Every line comes with its evidence. Supports a coder; a person releases charges.

    Exit status: 0 done; 1 done, and some input was rejected; 2 wrong usage or nothing readable; 3 another run holds the
    store; 4 the store cannot be written.
    """
