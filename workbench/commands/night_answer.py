"""The report of a nightly run in the form asked for, and as files in a folder."""

from __future__ import annotations

from pathlib import Path

from reports.night import NightReport
from reports.night_html import night_html
from reports.night_json import night_json
from reports.night_text import render_night
from workbench.output import CannotWrite, screen, write_private

FORMATS = ("text", "json", "html")
_ENDINGS = {"text": "txt", "json": "json", "html": "html"}
_WIDTH = 100


def render(report: NightReport, format: str, target: str) -> list[str | bytes]:
    """The report as it goes to ``target``."""
    if format == "text":
        look = screen(target)
        text = render_night(report, look.width)
        return [text.encode(look.encoding, "replace")]
    return [night_json(report) if format == "json" else night_html(report)]


def deliver_to(folder: str | None, report: NightReport) -> None:
    """Write the report in every form into a folder of the owner's (0700), by the number of the run.

    Raises :class:`~workbench.output.CannotWrite`.
    """
    if folder is None:
        return
    place = Path(folder)
    try:
        place.mkdir(mode=0o700, exist_ok=True)
    except OSError as problem:
        raise CannotWrite(f"{folder} cannot be made: {problem.strerror}. Name another folder with --report.") from None
    name = f"dry-run-{report.run}" if report.dry_run else f"run-{report.run}"
    for form, make in (("text", lambda r: render_night(r, _WIDTH)), ("json", night_json), ("html", night_html)):
        write_private(place / f"{name}.{_ENDINGS[form]}", [make(report)])
