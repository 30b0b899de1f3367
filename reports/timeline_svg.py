"""The timeline of an encounter as one SVG picture: a lane an access, a bar an administration.

Everything told by colour is told by pattern, mark or label too; everything charted is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from reports.clock_text import clock, span, visit, whole_minutes
from reports.encounter_view import (
    is_mark,
    kind_words,
    look,
    minutes_words,
    open_until,
    ran_words,
    stop_words,
)
from reports.encounter_words import Words, words_of
from reports.safe_text import elide, one_line, xml_text
from reports.svg_layout import BAR, LEFT, WIDTH, Layout, Placed, PlacedLane, Scale, layout, minutes_label
from reports.svg_parts import (
    HAIR,
    HALO,
    INK,
    MARKS,
    QUIET,
    STROKES,
    axis,
    bag_tick,
    defs,
    legend,
    mark_kind,
    status_lines,
    text,
)
from timeline.model import Administration, CodedEncounter, Overlap

_PAIRS = 12
"""Overlapping pairs named in one hover title; the rest is counted."""
_FONT = 'font-family="Helvetica Neue, Helvetica, Arial, sans-serif" font-size="11"'


def timeline_svg(coded: CodedEncounter, heading: bool = True) -> str:
    """The picture as an SVG element of its own, 1120 px wide, without scripts or outside references.

    ``heading=False`` leaves the encounter's name out, for a page that says it already.
    """
    key = "t" + sha256(coded.timeline.id.encode(errors="replace")).hexdigest()[:10]
    title = f"Encounter {one_line(coded.timeline.id)}, {visit(coded.timeline, ' to ')}"
    top = 60.0 if heading else 38.0
    plan = layout(coded, top)
    body, height = ("", top + 20) if plan is None else _drawn(coded, plan, key, top)
    if plan is None:
        body = text(LEFT, top, "No administrations.", fill=QUIET)
    head = text(12, 20, title, font_size=14, font_weight="bold", fill=INK) if heading else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}"'
        f' height="{height:g}" role="img" aria-labelledby="{key}-title {key}-desc" {_FONT}>'
        f'<title id="{key}-title">{xml_text(title)}</title>'
        f'<desc id="{key}-desc">{xml_text(_description(coded))}</desc>'
        f'{defs(key)}<rect width="{WIDTH}" height="{height:g}" fill="#ffffff"/>{head}{body}</svg>\n'
    )


def _description(coded: CodedEncounter) -> str:
    """The picture in words, for a reader who does not see it."""
    given = coded.timeline.administrations
    each = (f"{a.drug}, {a.access or 'access not charted'}: {ran_words(coded, a, ' to ')}" for a in given)
    return "; ".join(each) + "." if given else "No administrations."


def _drawn(coded: CodedEncounter, plan: Layout, key: str, top: float) -> tuple[str, float]:
    words = words_of(coded)
    noted = list(status_lines(coded.timeline, plan, top))
    below = plan.bottom + 14 * (1 + bool(noted) + plan.tall)
    signs, height = legend(coded, key, below)
    parts = [
        *(shade for lane in plan.lanes for shade in _shades(words, lane, plan.scale)),
        *axis(coded, plan, top),
        *(part for lane in plan.lanes for part in _lane(lane)),
        *(_administration(words, p, plan.scale, key) for lane in plan.lanes for p in lane.placed),
        *noted,
        signs,
    ]
    return "".join(parts), below + height


def _lane(lane: PlacedLane) -> Iterator[str]:
    bottom = lane.top + lane.height
    for y in (lane.top, bottom):
        yield f'<line x1="8" x2="{WIDTH - 8}" y1="{y:g}" y2="{y:g}" stroke="#9a9a9a"/>'
    yield f'<line x1="{LEFT}" x2="{LEFT}" y1="{lane.top:g}" y2="{bottom:g}" stroke="{HAIR}"/>'
    rows = _wrapped(lane.name, 19)
    # In a tall lane the name stays near the top, where reading starts.
    first = lane.top + min(lane.height / 2, 60) + 4 - 7 * (len(rows) - 1)
    label = "".join(text(14, first + 14 * n, row, font_weight="bold", fill=INK) for n, row in enumerate(rows))
    yield f"<g><title>{xml_text(lane.name)}</title>{label}</g>"


def _wrapped(name: str, width: int) -> list[str]:
    """At most two rows, broken at a space where there is one."""
    if len(name) <= width:
        return [name]
    cut = name.rfind(" ", 0, width + 1)
    cut = cut if cut > 0 else width
    return [name[:cut], elide(name[cut:].strip(), width)]


def _shades(words: Words, lane: PlacedLane, scale: Scale) -> Iterator[str]:
    """The stretches of the lane in which two infusions ran at once; a carrier beside a drug is no news."""
    here = {p.administration.id for p in lane.placed}
    timeline = words.timeline
    carriers = {a.id for a in timeline.administrations if look(words.coded, a) == "carrier"}
    pairs_here = (o for o in timeline.overlaps if here & set(o.administrations))
    overlaps = [o for o in pairs_here if not carriers & set(o.administrations)]
    for start, stop, together in _merged(overlaps):
        x, width = scale.x(start), max(scale.x(stop) - scale.x(start), 1)
        pairs = [
            f"{words.label(o.administrations[0])} and {words.label(o.administrations[1])}"
            f" {span(timeline, o.start, o.stop)} ({whole_minutes(o.start, o.stop)} min)"
            + ("" if o.access else ", perhaps on two accesses")
            for o in together[:_PAIRS]
        ]
        pairs += [f"and {len(together) - _PAIRS} more"] if len(together) > _PAIRS else []
        yield (
            f'<rect x="{x:g}" y="{lane.top:g}" width="{width:g}" height="{lane.height:g}" fill="#000000"'
            f' fill-opacity="0.09"><title>{xml_text("At once: " + "; ".join(pairs))}</title></rect>'
        )


def _merged(overlaps: list[Overlap]) -> list[tuple[datetime, datetime, list[Overlap]]]:
    out: list[tuple[datetime, datetime, list[Overlap]]] = []
    for o in sorted(overlaps, key=lambda o: (o.start, o.stop, o.administrations)):
        if out and o.start <= out[-1][1]:
            start, stop, together = out[-1]
            together.append(o)
            out[-1] = (start, max(stop, o.stop), together)
        else:
            out.append((o.start, o.stop, [o]))
    return out


def _administration(words: Words, placed: Placed, scale: Scale, key: str) -> str:
    a, coded = placed.administration, words.coded
    shape = _mark(coded, placed) if is_mark(coded, a) else "".join(_bar(coded, placed, scale, key))
    return f"<g><title>{xml_text(_hover(words, a))}</title>{shape}{_label(coded, placed)}</g>"


def _label(coded: CodedEncounter, placed: Placed) -> str:
    a = placed.administration
    x = placed.label_end if placed.label_end < placed.x else placed.label_x
    anchor = "end" if placed.label_end < placed.x else "start"
    y = placed.bar_y + BAR - 3 if is_mark(coded, a) else placed.bar_y - 5
    minutes = f'<tspan dx="4" fill="{QUIET}">{minutes_label(coded, a)}</tspan>'
    codes = f'<tspan font-weight="bold" dx="5">{xml_text(placed.codes)}</tspan>' if placed.codes else ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{INK}" {HALO}>'
        f"{xml_text(placed.name)}{minutes}{codes}</text>"
    )


def _mark(coded: CodedEncounter, placed: Placed) -> str:
    return MARKS[mark_kind(coded, placed.administration)](placed.x, placed.bar_y + BAR / 2)


def _bar(coded: CodedEncounter, placed: Placed, scale: Scale, key: str) -> Iterator[str]:
    a, y = placed.administration, placed.bar_y
    kind = look(coded, a)
    if len(a.segments) > 1:
        x1, x2, middle = scale.x(a.segments[0].start), scale.x(a.segments[-1].stop), y + BAR / 2
        yield (
            f'<line x1="{x1:g}" x2="{x2:g}" y1="{middle:g}" y2="{middle:g}" stroke="{INK}"'
            ' stroke-width="1.2" stroke-dasharray="3 3"/>'
        )
    for segment in a.segments:
        x, width = scale.x(segment.start), max(scale.x(segment.stop) - scale.x(segment.start), 2)
        yield (
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{BAR}" fill="url(#{key}-{kind})"'
            f' stroke="{STROKES[kind]}"/>'
        )
    if a.open_since is not None:
        yield _open_end(coded, a, placed, scale, key)
    for bag in a.bags[1:]:
        yield f"<g><title>New bag {clock(coded.timeline, bag)}</title>{bag_tick(scale.x(bag), y)}</g>"


def _open_end(coded: CodedEncounter, a: Administration, placed: Placed, scale: Scale, key: str) -> str:
    seen = scale.x(a.segments[-1].stop if a.segments else a.start)
    end = max(scale.x(open_until(coded, a)), seen + 24)
    fade = f'<rect x="{seen:g}" y="{placed.bar_y:g}" width="{end - seen:g}" height="{BAR}" fill="url(#{key}-fade)"/>'
    return fade + text(end + 1, placed.bar_y + BAR - 2, "?", font_weight="bold", font_size=13, fill=INK)


def _hover(words: Words, a: Administration) -> str:
    """Drug, kind, times, minutes, what gave the stop, pauses, the codes it is part of, its query."""
    coded = words.coded
    parts = [f"{a.drug}: {kind_words(coded, a)}", f"{ran_words(coded, a)}, {minutes_words(coded, a)}", stop_words(a)]
    if len(a.segments) > 1:
        parts.append("ran " + ", ".join(span(coded.timeline, s.start, s.stop) for s in a.segments))
    codes = words.codes.get(a.id)
    parts.append("part of " + ", ".join(codes) if codes else "no code of its own")
    parts += [f"query: {q.question}" for q in words.queries.get(a.id, ())]
    return ". ".join(one_line(p).rstrip(".") for p in parts) + "."
