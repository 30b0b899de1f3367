"""The review page: one file that opens anywhere, prints well and asks nothing of the network."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from reports.json_output import product_version, summary
from reports.page_view import encounter_view, finding_view
from reports.safe_text import one_line
from reports.sentences import AMOUNT_BASIS, money, said_place, source_text, source_texts
from timeline.model import Result

_SHOWN = 200
"""Ignored records listed one by one for each reason; the rest is counted."""


def page_html(result: Result) -> str:
    """The result as one HTML document with inline style and pictures, without scripts.

    All charted text is escaped; a content security policy in the page forbids scripts and every request.
    """
    counts = summary(result)
    zones = sorted({str(e.timeline.zone) for e in result.encounters}) or [result.timezone or "UTC"]
    page = environment().get_template("page.html.j2")
    return page.render(
        css=Markup(resource("page.css")),
        counts=counts,
        amount=None if counts["amount"] is None else money(counts["amount"]),
        held=money(counts["amount_in_query"]) if counts["amount_in_query"] else "",
        basis=AMOUNT_BASIS,
        zones=", ".join(zones),
        version=product_version(),
        result=result,
        switches=[(key, _switch(value)) for key, value in result.policy.switches.items()],
        encounters=[encounter_view(coded, n) for n, coded in enumerate(result.encounters, 1)],
        findings=[finding_view(f) for f in result.findings],
        rejected=[(source_text(said_place(r.source, r.message)), r.code, r.message, r.fix) for r in result.rejected],
        ignored=[
            (i.reason, i.count, source_texts(i.sources[:_SHOWN]), max(0, i.count - _SHOWN)) for i in result.ignored
        ],
    )


def _switch(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def environment() -> Environment:
    """Templates that escape whatever is put into them."""
    return Environment(
        loader=FunctionLoader(resource),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )


def _printable(value: object) -> object:
    """Charted text without control codes; markup of our own stays as it is."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def resource(name: str) -> str:
    """The text of a file in ``templates``."""
    return files("reports").joinpath("templates", name).read_text(encoding="utf-8")
