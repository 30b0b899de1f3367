"""The still parts of the timeline picture: patterns, the hour axis, the legend."""

from __future__ import annotations

from collections.abc import Iterator

from reports.clock_text import hour_minute
from reports.encounter_view import LOOK_WORDS, Look, is_mark, look
from reports.safe_text import xml_text
from reports.svg_layout import BAR, LEFT, RIGHT, WIDTH, Layout, Scale, text_width
from reports.ticks import new_days, step_for, ticks
from timeline.model import Administration, CodedEncounter, EncounterTimeline

STROKES: dict[Look, str] = {
    "chemo": "#46287a",
    "drug": "#1f4e79",
    "hydration": "#2a7f9e",
    "carrier": "#8a8a8a",
    "blood": "#8c1d18",
    "other": "#777777",
}
INK, QUIET, HAIR = "#1a1a1a", "#555555", "#d5d5d5"
HALO = 'stroke="#ffffff" stroke-width="3" paint-order="stroke" stroke-linejoin="round"'
"""Keeps a label legible where a line runs behind it."""


def defs(key: str) -> str:
    """Fills that differ in print and for the colour-blind: hatched, solid, dotted, ruled, crossed, empty."""
    return (
        "<defs>"
        f'<pattern id="{key}-chemo" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="6" height="6" fill="#6a4aa0"/><rect width="2" height="6" fill="#ffffff" opacity="0.75"/>'
        "</pattern>"
        f'<pattern id="{key}-drug" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<rect width="4" height="4" fill="#3b75a8"/></pattern>'
        f'<pattern id="{key}-hydration" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<rect width="6" height="6" fill="#e3f3f9"/><circle cx="3" cy="3" r="1.3" fill="#2a7f9e"/></pattern>'
        f'<pattern id="{key}-carrier" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<rect width="5" height="5" fill="#ffffff"/><rect y="2" width="5" height="1" fill="#b5b5b5"/></pattern>'
        f'<pattern id="{key}-blood" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<rect width="6" height="6" fill="#f6dcda"/><path d="M0 0L6 6M6 0L0 6" stroke="#8c1d18" stroke-width="1"/>'
        "</pattern>"
        f'<pattern id="{key}-other" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<rect width="4" height="4" fill="#f4f4f4"/></pattern>'
        f'<linearGradient id="{key}-fade"><stop offset="0" stop-color="#444444" stop-opacity="0.65"/>'
        '<stop offset="1" stop-color="#444444" stop-opacity="0.04"/></linearGradient>'
        "</defs>"
    )


def text(x: float, y: float, content: str, **facts: object) -> str:
    """A text element; ``content`` is escaped here."""
    attributes = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in facts.items())
    return f'<text x="{x:g}" y="{y:g}" {HALO}{attributes}>{xml_text(content)}</text>'


def axis(coded: CodedEncounter, plan: Layout, top: float) -> Iterator[str]:
    """Hour lines and labels, and a strong line with the date at every midnight."""
    scale, timeline = plan.scale, coded.timeline
    # Whole hours need about 58 px each; a label every few minutes would only be noise.
    step = max(step_for(scale.minutes_per_pixel * 58), 15)
    times = list(ticks(timeline, scale.first, scale.last, step))
    for time in times:
        x = scale.x(time)
        yield f'<line x1="{x:g}" x2="{x:g}" y1="{top:g}" y2="{plan.bottom:g}" stroke="{HAIR}"/>'
    yield from _dates(coded, plan, scale, top)
    last_label = 0.0
    for time in times:
        x = scale.x(time)
        if x - last_label >= 42:
            yield text(x, top - 6, f"{time:%H:%M}", text_anchor="middle", fill=QUIET)
            if plan.tall:
                yield text(x, plan.bottom + 12, f"{time:%H:%M}", text_anchor="middle", fill=QUIET)
            last_label = x


def _dates(coded: CodedEncounter, plan: Layout, scale: Scale, top: float) -> Iterator[str]:
    first = coded.timeline.local_date(scale.first).isoformat()
    yield text(LEFT + 4, top - 22, first, font_weight="bold", fill=INK)
    last_label = LEFT + 4.0
    for midnight in new_days(coded.timeline, scale.first, scale.last):
        x, day = scale.x(midnight), midnight.date().isoformat()
        yield (
            f'<line x1="{x:g}" x2="{x:g}" y1="{top - 32:g}" y2="{plan.bottom:g}" stroke="{INK}"'
            f' stroke-width="1.3" stroke-dasharray="7 3"><title>Midnight, {day}</title></line>'
        )
        if x - last_label >= 84:
            end = x > WIDTH - RIGHT - 84
            anchor = "end" if end else "start"
            yield text(x + (-5 if end else 5), top - 22, day, font_weight="bold", fill=INK, text_anchor=anchor)
            last_label = x


def status_lines(timeline: EncounterTimeline, plan: Layout, top: float) -> Iterator[str]:
    """Arrival, departure and inpatient status where they fall into the picture: they bound what may be coded."""
    facts = (
        ("arrived", timeline.arrival),
        ("inpatient from here", timeline.inpatient_from),
        ("departed", timeline.departure),
    )
    free = float(LEFT)
    for words, time in facts:
        if time is None or not plan.scale.first < time < plan.scale.last:
            continue
        x, label = plan.scale.x(time), f"{words} {hour_minute(timeline, time)}"
        yield (
            f'<line x1="{x:g}" x2="{x:g}" y1="{top:g}" y2="{plan.bottom + 4:g}" stroke="{INK}"'
            f' stroke-width="1.2" stroke-dasharray="1 3"><title>{xml_text(label)}</title></line>'
        )
        left = min(max(x - 20, free), WIDTH - RIGHT - text_width(label))
        free = left + text_width(label) + 8
        yield text(left, plan.bottom + (28 if plan.tall else 15), label, fill=INK)


def legend(coded: CodedEncounter, key: str, top: float) -> tuple[str, float]:
    """The signs that occur, in words, and the height they take."""
    x, y, out = float(LEFT), top, []
    for sign, words in _signs(coded, key):
        width = 38 + 0.9 * text_width(words) + 14
        if x + width > WIDTH - RIGHT:
            x, y = float(LEFT), y + 20
        out.append(f'<g transform="translate({x:g} {y:g})">{sign}{text(38, 10.5, words, fill=QUIET)}</g>')
        x += width
    return "".join(out), y - top + 20


def _signs(coded: CodedEncounter, key: str) -> Iterator[tuple[str, str]]:
    given = coded.timeline.administrations
    bars = [a for a in given if not is_mark(coded, a)]
    seen = {look(coded, a) for a in bars}
    for kind, words in LOOK_WORDS.items():
        if kind in seen:
            yield f'<rect width="30" height="{BAR}" fill="url(#{key}-{kind})" stroke="{STROKES[kind]}"/>', words
    marks = {mark_kind(coded, a) for a in given if is_mark(coded, a)}
    yield from ((MARKS[kind](15, 6.5), words) for kind, words in _MARK_WORDS.items() if kind in marks)
    if any(len(a.segments) > 1 for a in bars):
        yield f'<line x1="0" x2="30" y1="6.5" y2="6.5" stroke="{INK}" stroke-dasharray="3 3"/>', "paused"
    if any(len(a.bags) > 1 for a in bars):
        yield bag_tick(15, 0), "new bag"
    if any(a.open_since is not None for a in bars):
        fade = f'<rect width="22" height="{BAR}" fill="url(#{key}-fade)"/>'
        yield fade + text(23, 11, "?", font_weight="bold", fill=INK), "stop not charted"
    if coded.timeline.overlaps:
        yield f'<rect width="30" height="{BAR}" fill="#000000" fill-opacity="0.09"/>', "two run at once"


def diamond(x: float, y: float) -> str:
    """A push."""
    return f'<path d="M{x:g} {y - 7:g}l6 7l-6 7l-6 -7z" fill="{INK}"/>'


def triangle(x: float, y: float) -> str:
    """An injection."""
    return f'<path d="M{x:g} {y - 6:g}l6.5 12h-13z" fill="#ffffff" stroke="{INK}" stroke-width="1.5"/>'


def ring(x: float, y: float) -> str:
    """A dose by another route, which carries no code here."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="5" fill="#ffffff" stroke="{INK}" stroke-width="1.5"/>'


MARKS = {"push": diamond, "injection": triangle, "other": ring}
_MARK_WORDS = {"push": "push", "injection": "injection", "other": "other dose, not coded here"}


def mark_kind(coded: CodedEncounter, a: Administration) -> str:
    """``push``, ``injection`` or ``other``: the sign of a dose without a running stretch."""
    kind = coded.kinds.get(a.id, "other")
    return kind if kind in ("injection", "other") else "push"


def bag_tick(x: float, y: float) -> str:
    """A bag change: a dark tick with a light edge, to be seen on any fill."""
    line = f'x1="{x:g}" x2="{x:g}" y1="{y - 3:g}" y2="{y + BAR + 3:g}"'
    return f'<line {line} stroke="#ffffff" stroke-width="4"/><line {line} stroke="{INK}" stroke-width="1.6"/>'
