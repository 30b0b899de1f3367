"""``--show-values``: what stands behind the shapes that messages show, on the terminal and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click

from parsers.events import Finding, InputFile, Rejected, Source
from parsers.files import Content, find_inputs, open_input
from parsers.profiles import Profile
from parsers.raw_records import field_text, place_of, raw_records
from reports.safe_text import elide, one_line
from reports.sentences import source_text

SHOWN = 100
"""Values shown; a person reads no more, and the files are opened for each of them."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Value:
    """One value with its place and the code of the message that shows its shape."""

    source: Source
    code: str
    text: str


def terminal_only(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    """Callback of the option: values may identify a patient, so they are not sent where they would be kept."""
    if value and not sys.stdout.isatty():
        raise click.BadParameter(
            "values are shown on a terminal only, and standard output is a file or a pipe here."
            " Leave the option out, or run the command at a terminal."
        )
    return value


def say_values(
    told: Iterable[Rejected | Finding], inputs: Iterable[InputFile], paths: Sequence[str], profile: Profile | None
) -> None:
    """Print the charted text behind each rejected record and finding that names a field."""
    values, left = charted_values(told, inputs, paths, profile)
    if not values:
        click.echo("\nNo message names a field with a value in it.")
        return
    click.echo("\nValues behind the messages (shown on this terminal only):")
    for value in values:
        text = elide(one_line(value.text), _LONGEST)
        click.echo(f"  {source_text(value.source)} ({value.code}): {text}")
    if left:
        click.echo(f"  and {left:,} more places; mend these first, or write the records out with --rejects.")


def charted_values(
    told: Iterable[Rejected | Finding], inputs: Iterable[InputFile], paths: Sequence[str], profile: Profile | None
) -> tuple[list[Value], int]:
    """The values of the first :data:`SHOWN` places, and how many more there are."""
    places: dict[Source, str] = {}
    for entry in told:
        source = entry.source
        if source is not None and source.record is not None and (source.field or source.segment):
            places.setdefault(source, entry.code)
    chosen = dict(list(places.items())[:SHOWN])
    kinds = {one.file: one for one in inputs}
    found = {one.name: one for one in find_inputs(paths)[0]}
    values: list[Value] = []
    for name in dict.fromkeys(source.file for source in chosen):
        content = open_input(found[name]) if name in found and name in kinds else None
        if not isinstance(content, Content) or content.sha256 != kinds[name].sha256:
            continue
        sources = [source for source in chosen if source.file == name]
        for raw in raw_records(content.data, kinds[name].kind, sources, profile):
            for source in sources:
                record = raw.records.get(place_of(source))
                text = field_text(record, source, raw.header) if record is not None else None
                if text:
                    values.append(Value(source, chosen[source], text))
    return values, len(places) - len(chosen)
