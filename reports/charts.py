"""Charts of a result with altair: chair occupancy, code mix, missing stops, dollars by query, an encounter's timeline.

A chart shows itself as a still picture that is part of the notebook: nothing is fetched, no script runs.  altair and
vl-convert come with the extra ``notebook`` and are imported when a chart is asked for.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from reports.chart_data import bars, code_units, missing_stops, occupancy, stakes, timeline_title
from reports.safe_text import xml_text
from reports.sentences import AMOUNT_BASIS, money
from timeline.model import Result

EXTRA = "Charts need altair and vl-convert. Run: pip install 'infusion-timeline[notebook]'"
_INK, _QUIET, _HAIR, _BLUE, _ORANGE = "#1a1a1a", "#555555", "#e4e4e4", "#2f6690", "#c8553d"
_LOOKS = {
    "chemo infusion": "#8c4a6b", "drug infusion": "#2f6690", "hydration": "#7fb7be", "carrier fluid": "#c9c9c9",
    "blood": "#a63d40", "not coded here": "#e0dccf", "push or injection": "#1a1a1a",
}  # fmt: skip
_WIDTH = 620
_MOST = 20
"""Queries drawn one by one; the rest is counted in the title."""


@dataclass(frozen=True, slots=True)
class Title:
    """What a chart says above the picture: what it shows, and how to read its marks."""

    said: str
    key: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A chart that shows itself in a notebook as a picture; ``chart`` is altair's own, to be changed further."""

    name: str
    title: str
    chart: Any

    def svg(self) -> str:
        """The picture as SVG, 1 file, no outside references."""
        return str(_module("vl_convert").vegalite_to_svg(self.chart.to_dict()))

    def png(self, scale: float = 2) -> bytes:
        """The picture as PNG; ``scale`` 1 is 72 dots an inch."""
        return bytes(_module("vl_convert").vegalite_to_png(self.chart.to_dict(), scale=scale))

    def save(self, path: str | Path) -> None:
        """Write it to a ``.svg`` or ``.png`` file; ``ValueError`` for another ending."""
        target = Path(path)
        if target.suffix == ".svg":
            target.write_text(self.svg(), "utf-8")
        elif target.suffix == ".png":
            target.write_bytes(self.png())
        else:
            raise ValueError(f"A chart is saved as .svg or .png, not as {target.suffix or 'a file without an ending'}")

    def __repr__(self) -> str:
        return f"Chart {self.name}: {self.title}"

    def _repr_html_(self) -> str:
        # As an image, so that the ids of two charts in one page cannot meet.
        data = b64encode(self.svg().encode()).decode()
        return (
            f'<img alt="{xml_text(self.title)}" src="data:image/svg+xml;base64,{data}"'
            ' style="background:#fff;max-width:100%">'
        )


def picture(result: Result, name: str) -> Picture:
    """The chart of that name (:data:`NAMES`).

    Raises ``KeyError`` for another name, ``ValueError`` where there is nothing to draw, and ``ModuleNotFoundError``
    with the pip line when altair is not installed.
    """
    alt = _module("altair")
    title, chart = _CHARTS[name](result, alt)
    return Picture(name, title.said, _dressed(chart, title, alt))


def _module(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise ModuleNotFoundError(EXTRA) from None


def _dressed(chart: Any, title: Title, alt: ModuleType) -> Any:
    """One look for all: white paper, dark ink, thin lines, the title at the left."""
    words = alt.TitleParams(title.said, subtitle=title.key) if title.key else title.said
    return (
        chart.properties(background="#ffffff", padding=12, title=words)
        .configure(font="Helvetica, Arial, sans-serif")
        .configure_title(anchor="start", fontSize=14, fontWeight=600, color=_INK, offset=12, subtitleColor=_QUIET)
        .configure_axis(labelColor=_INK, titleColor=_QUIET, titleFontWeight="normal", gridColor=_HAIR,
                        domainColor=_QUIET, tickColor=_QUIET, labelFontSize=11, titleFontSize=11, labelLimit=320)
        .configure_view(stroke=None)
        .configure_legend(labelColor=_INK, titleColor=_QUIET, titleFontWeight="normal", labelFontSize=11)
    )  # fmt: skip


def _values(alt: ModuleType, rows: list[dict[str, Any]]) -> Any:
    return alt.Data(values=rows)


def _occupancy(result: Result, alt: ModuleType) -> tuple[Title, Any]:
    hours = occupancy(result)
    if not hours:
        raise ValueError("No encounter here has a running infusion, so no chair is taken.")
    days = sorted({h.date for h in hours})
    span = days[0].isoformat() if len(days) == 1 else f"{days[0]} to {days[-1]}, mean of {len(days)} days"
    rows = []
    for hour in range(min(h.hour for h in hours), max(h.hour for h in hours) + 1):
        here = [h for h in hours if h.hour == hour]
        mean, most = sum(h.mean for h in here) / len(days), max((h.most for h in here), default=0)
        rows.append({"hour": f"{hour:02}", "mean": round(mean, 2), "most": most})
    base = alt.Chart(_values(alt, rows)).encode(
        x=alt.X("hour:O", title="hour of the day", axis=alt.Axis(labelAngle=0, ticks=False))
    )
    mean = base.mark_bar(color=_BLUE).encode(y=alt.Y("mean:Q", title="patients at once", axis=_whole(alt)))
    most = base.mark_tick(color=_ORANGE, thickness=3).encode(y=alt.Y("most:Q"))
    title = Title(f"Chairs taken by hour, {span}", "Bar: mean of the hour. Line: the most at any moment.")
    return title, (mean + most).properties(width=_WIDTH, height=240)


def _whole(alt: ModuleType) -> Any:
    """An axis of counts: whole numbers only."""
    return alt.Axis(tickMinStep=1, format="d", ticks=False, domain=False)


def _codes(result: Result, alt: ModuleType) -> tuple[Title, Any]:
    units = code_units(result)
    if not units:
        raise ValueError("No encounter here has a line, so there are no codes to count.")
    rows = [{"code": code, "units": count} for code, count in units]
    base = alt.Chart(_values(alt, rows)).encode(
        y=alt.Y("code:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False)),
        x=alt.X("units:Q", title="units", axis=_whole(alt)),
    )
    labels = base.mark_text(align="left", dx=4, color=_INK).encode(text="units:Q")
    chart = (base.mark_bar(color=_BLUE) + labels).properties(width=_WIDTH, height=alt.Step(20))
    total = sum(count for _, count in units)
    return Title(f"{total} {'unit' if total == 1 else 'units'} by code, of {_encounters(result)}"), chart


def _encounters(result: Result) -> str:
    count = len(result.encounters)
    return "1 encounter" if count == 1 else f"{count} encounters"


def _missing_stops(result: Result, alt: ModuleType) -> tuple[Title, Any]:
    counts = missing_stops(result)
    if not counts:
        raise ValueError("Every infusion here has a stop: nothing is missing.")
    rows = [{"unit": unit, "hour": f"{hour:02}", "count": count} for unit, hour, count in counts]
    hours = [f"{hour:02}" for hour in range(min(h for _, h, _ in counts), max(h for _, h, _ in counts) + 1)]
    most = max(count for _, _, count in counts)
    base = alt.Chart(_values(alt, rows)).encode(
        x=alt.X(
            "hour:O", title="hour of the charted start", scale=alt.Scale(domain=hours),
            axis=alt.Axis(labelAngle=0, ticks=False),
        ),
        y=alt.Y("unit:N", title=None, axis=alt.Axis(ticks=False, domain=False)),
    )  # fmt: skip
    shade = alt.Color(
        "count:Q", legend=None, scale=alt.Scale(domain=[0, most], range=["#ffffff", _ORANGE]), title="missing"
    )
    boxes = base.mark_rect(stroke="#ffffff", strokeWidth=2).encode(color=shade)
    chart = (boxes + base.mark_text(color=_INK, fontWeight=600).encode(text="count:Q")).properties(
        width=alt.Step(34), height=alt.Step(30)
    )
    total = sum(count for _, _, count in counts)
    return Title(f"{total} {'infusion' if total == 1 else 'infusions'} without a stop, by unit and hour"), chart


def _dollars(result: Result, alt: ModuleType) -> tuple[Title, Any]:
    found = stakes(result)
    if result.rates is None:
        raise ValueError("There are no amounts without rates: analyze(..., rates='addendum_b.csv')")
    if not found:
        raise ValueError("No open question here has an amount: nothing waits for an answer.")
    rows = [
        {"query": s.label, "what": s.what, "least": s.least, "most": s.most,
         "text": money(s.most) if s.least == s.most else f"{money(s.least)} to {money(s.most)}"}
        for s in found[:_MOST]
    ]  # fmt: skip
    base = alt.Chart(_values(alt, rows)).encode(
        y=alt.Y("query:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False))
    )
    room = max(1.0, 1.3 * max(s.most for s in found[:_MOST]))  # for the amount behind the longest bar
    kind = alt.Color(
        "what:N",
        title="what is unknown",
        legend=alt.Legend(orient="bottom"),
        scale=alt.Scale(range=[_BLUE, _ORANGE, "#6b8f71", "#8c4a6b"]),
    )
    spans = base.mark_bar(height=12).encode(
        x=alt.X(
            "least:Q", title="US dollars", axis=alt.Axis(format="$,d", tickCount=6), scale=alt.Scale(domain=[0, room])
        ),
        x2="most:Q",
        color=kind,
    )
    labels = base.mark_text(align="left", dx=4, color=_INK).encode(x="most:Q", text="text:N")
    more = f", the first {_MOST}" if len(found) > _MOST else ""
    count = "1 open question" if len(found) == 1 else f"{len(found)} open questions"
    key = f"From the answer that bills least to the one that bills most; {AMOUNT_BASIS}."
    return Title(f"Dollars of {count}{more}", key), (spans + labels).properties(width=_WIDTH - 120, height=alt.Step(26))


def _timeline(result: Result, alt: ModuleType) -> tuple[Title, Any]:
    if len(result.encounters) != 1:
        raise ValueError("The timeline shows one encounter: chart('timeline', encounter='its id')")
    coded = result.encounters[0]
    drawn = bars(coded)
    if not drawn:
        raise ValueError("Nothing was given in this encounter.")
    rows = [
        {"drug": b.row, "lane": b.lane, "look": b.look, "start": f"{b.start.isoformat()}Z",
         "stop": None if b.stop is None else f"{b.stop.isoformat()}Z", "open": b.open, "told": b.told}
        for b in drawn
    ]  # fmt: skip
    used = [name for name in _LOOKS if any(row["look"] == name for row in rows)]
    base = alt.Chart().encode(
        x=alt.X("start:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(format="%H:%M", tickCount=8)),
        y=alt.Y("drug:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False)),
        color=alt.Color("look:N", title=None, scale=alt.Scale(domain=used, range=[_LOOKS[n] for n in used]),
                        legend=alt.Legend(orient="bottom", columns=4, symbolStrokeWidth=0)),
        tooltip=[alt.Tooltip("drug:N"), alt.Tooltip("told:N", title="ran")],
    )  # fmt: skip
    ran = base.transform_filter("datum.stop != null && !datum.open").mark_bar(height=12).encode(x2="stop:T")
    unknown = (
        base.transform_filter("datum.open").mark_bar(height=12, fillOpacity=0.25, strokeDash=[3, 3], strokeWidth=1)
        .encode(x2="stop:T", stroke=alt.value(_INK))
    )  # fmt: skip
    marks = base.transform_filter("datum.stop == null").mark_point(shape="diamond", size=80, filled=True, opacity=1)
    chart = alt.layer(ran, unknown, marks, data=_values(alt, rows)).properties(width=_WIDTH, height=alt.Step(22))
    lanes = list(dict.fromkeys(row["lane"] for row in rows))
    open_end = (
        "Pale and dashed: after the last charted action; no stop is charted." if any(b.open for b in drawn) else ""
    )
    return Title(timeline_title(coded), open_end), chart.facet(
        row=alt.Row("lane:N", sort=lanes, title=None, header=alt.Header(
            labelAngle=0, labelAlign="left", labelAnchor="start", labelOrient="top", labelFontWeight=600)),
    ).resolve_scale(y="independent")  # fmt: skip


_CHARTS: Mapping[str, Callable[[Result, ModuleType], tuple[Title, Any]]] = {
    "timeline": _timeline,
    "occupancy": _occupancy,
    "codes": _codes,
    "missing_stops": _missing_stops,
    "dollars": _dollars,
}
NAMES = tuple(_CHARTS)
