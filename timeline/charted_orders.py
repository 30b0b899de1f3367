"""Which rows belong together: the orders of an encounter, and the drugs of an order.

``order_id`` ties the rows of an order; without it drug, access and route do.  Two drugs on one order and time
are one mix in one bag or syringe (rulebook 0d).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from parsers.events import Action, AdministrationEvent, Finding, Route, Source
from timeline.access_names import access_key
from timeline.corrections import drug_names
from timeline.entry_history import PastEntry, past_entry
from timeline.hang_settings import HangSettings
from timeline.hangs import STARTS, Hang, at_once, follow

Drugs = tuple[str, ...]
_NOWHERE = Source("")


def orders_of(events: Sequence[AdministrationEvent]) -> list[list[AdministrationEvent]]:
    """The events of an encounter, order by order, in an order that does not depend on the input."""
    by_id: dict[str, list[AdministrationEvent]] = {}
    loose: dict[Drugs, dict[tuple[str, str], list[AdministrationEvent]]] = {}
    for event in events:
        if event.order_id:
            by_id.setdefault(event.order_id, []).append(event)
        else:
            place = (access_key(event.site) or "", event.route.value if event.route else "")
            loose.setdefault(drug_names(event), {}).setdefault(place, []).append(event)
    orders = [by_id[key] for key in sorted(by_id)]
    for drugs in sorted(loose):
        orders.extend(_loose_orders(loose[drugs]))
    return orders


def _loose_orders(places: dict[tuple[str, str], list[AdministrationEvent]]) -> list[list[AdministrationEvent]]:
    """Rows without an order id.  A stop often carries no site or route: it joins the only run it can mean."""
    started = {p: rows for p, rows in places.items() if any(_opens(e) for e in rows)}
    rest = [rows for p, rows in sorted(places.items()) if p not in started]
    if len(started) == 1:
        (only,) = started.values()
        return [only + [e for rows in rest for e in rows]]
    return [started[p] for p in sorted(started)] + rest


def _opens(event: AdministrationEvent) -> bool:
    return event.action in STARTS or event.action is Action.INTERVAL


def hangs_of_order(
    events: Sequence[AdministrationEvent], settings: HangSettings, fluid: Callable[[Hang], bool]
) -> tuple[list[list[Hang]], list[Finding]]:
    """The hangs of one order, each as the list of its parts (one part a drug, several for a mix)."""
    by_drug: dict[Drugs, list[AdministrationEvent]] = {}
    for event in events:
        by_drug.setdefault(drug_names(event), []).append(event)
    opened = {drugs: rows for drugs, rows in by_drug.items() if any(_opens(e) for e in rows)}
    # A stop or a rate charted under another name than the start (brand, base fluid) is meant for the order.
    others = [e for drugs, rows in by_drug.items() if drugs not in opened for e in rows]
    findings: list[Finding] = []
    hangs: list[Hang] = []
    for drugs in sorted(opened) or [()]:
        made, found = hangs_of_drug([*opened.get(drugs, ()), *others], settings)
        hangs.extend(made)
        findings.extend(f for f in found if f not in findings)
    return _mixes(hangs, fluid), findings


def hangs_of_drug(events: Sequence[AdministrationEvent], settings: HangSettings) -> tuple[list[Hang], list[Finding]]:
    """The hangs of one drug on one order from rows of either shape."""
    rows = [e for e in events if e.action is Action.INTERVAL or e.stop is not None]
    actions = [e for e in events if e.action is not Action.INTERVAL and e.stop is None]
    findings: list[Finding] = []
    rows, older = _one_row_a_start(rows, findings)
    hangs: list[Hang] = []
    for index, row in enumerate(rows):
        stops = row.stop is not None and row.stop > row.time
        until = row.stop if stops else (rows[index + 1].time if index + 1 < len(rows) else None)
        inside = [e for e in actions if e.time >= row.time and (until is None or e.time <= until)]
        actions = [e for e in actions if e not in inside]
        hang, *doses = _from_row(row, inside, settings, findings)
        if not stops and hang.open_since is not None and index + 1 < len(rows):
            hang.latest_stop = rows[index + 1].time
        hang.past += older.get(row.source, ())
        hangs += [hang, *doses]
    if actions:
        track = follow(actions, settings)
        hangs.extend(track.hangs)
        findings.extend(track.findings)
    hangs.sort(key=lambda h: h.start)
    return _joined(hangs, settings), findings


def _one_row_a_start(
    rows: Sequence[AdministrationEvent], findings: list[Finding]
) -> tuple[list[AdministrationEvent], dict[Source, list[PastEntry]]]:
    """Of two rows with one start, the one recorded last stands; then one with a stop; then the earlier stop.

    Beside the rows that stand, by the place of each, those it stands for.
    """
    starts: dict[tuple[datetime, bool], list[AdministrationEvent]] = {}
    for row in rows:
        # A loading push and a bag of one order may begin in the same minute: two administrations.
        starts.setdefault((row.time, row.route is Route.IV_PUSH), []).append(row)
    standing: list[AdministrationEvent] = []
    past: dict[Source, list[PastEntry]] = {}
    for start in sorted(starts):
        alike = starts[start]
        if len(alike) > 1:
            best, *rest = sorted(alike, key=_preference)
            site, apart = _site_of(best, rest)
            findings.extend(_one_too_many(best, row, row in apart) for row in rest)
            past[best.source] = [past_entry(row, best, "older") for row in rest]
            alike = [best if site == best.site else replace(best, site=site)]
        standing += alike
    return standing, past


def _preference(row: AdministrationEvent) -> tuple[object, ...]:
    """The row that stands first; of equal ones what they say decides, and only then their place in the input."""
    recorded = -row.recorded_at.timestamp() if row.recorded_at is not None else 0.0
    stop = row.stop.timestamp() if row.stop is not None else 0.0
    said = repr(replace(row, source=_NOWHERE))
    return (row.recorded_at is None, recorded, row.stop is None, stop, said, row.source.file, row.source.record or 0)


def _site_of(
    best: AdministrationEvent, rest: Sequence[AdministrationEvent]
) -> tuple[str | None, list[AdministrationEvent]]:
    """The line of the row that stands, and the rows that chart another.

    Rows recorded together that name two lines leave it unknown: either choice would make or unmake a concurrent drug
    or a second access (rulebook 0c, 28).
    """
    together = [best, *(row for row in rest if row.recorded_at == best.recorded_at)]
    named = {key: row.site for row in reversed(together) if (key := access_key(row.site)) is not None}
    if len(named) < 2:
        return next(iter(named.values()), None), []
    first = access_key(next(row.site for row in together if access_key(row.site) is not None))
    return None, [row for row in together if access_key(row.site) not in (None, first)]


def _one_too_many(used: AdministrationEvent, unused: AdministrationEvent, another_line: bool) -> Finding:
    """What is said of the row that is not used; rows that agree on the stop are one run charted twice."""
    if another_line:
        return Finding(
            "warning",
            "two-sites-for-one-start",
            "Two rows chart the same drug, order and start on different lines; they count once, on an unknown line.",
            "Correct the row with the wrong line; if two bags were hung, give each its order.",
            unused.source,
        )
    if used.stop == unused.stop:
        return Finding(
            "info",
            "row-charted-twice",
            "Two rows chart the same drug and order at the same times; they count once.",
            "Take out the row that is too many, unless two bags were hung: then give each its order.",
            unused.source,
        )
    return Finding(
        "warning",
        "two-stops-for-one-start",
        "Two rows chart the same drug, order and start with different stops; the one recorded last is used, "
        "otherwise the earlier stop.",
        "Correct the row that is wrong.",
        unused.source,
    )


def _from_row(
    row: AdministrationEvent, inside: Iterable[AdministrationEvent], settings: HangSettings, findings: list[Finding]
) -> list[Hang]:
    """The hang of one row with start and stop, with the pauses and rates that other rows chart inside it; then the
    doses given beside it on the same order."""
    start = replace(row, action=Action.STARTED, stop=None, stop_if_late=None)
    steps = [start, *inside]
    if row.stop is not None and row.stop > row.time:
        # The row's own stop says when it ended, however long nothing was charted; its rate belongs to the start.
        steps.append(replace(row, action=Action.STOPPED, time=row.stop, stop=None, rate=None, rate_ml_per_hour=None))
        settings = replace(settings, bag_change_max_minutes=int((row.stop - row.time).total_seconds()) // 60 + 1)
    elif row.stop is not None and (row.stop < row.time or not at_once(row)):
        order = "before" if row.stop < row.time else "at the minute of"
        findings.append(
            Finding(
                "warning",
                "stop-not-after-start",
                f"The stop is charted {order} the start.",
                "Read as a missing stop; correct the stop time.",
                row.source,
            )
        )
    track = follow(steps, settings)
    findings.extend(track.findings)
    hang = track.hangs[0]
    if row.stop_from == "duration" and hang.stop_evidence == "charted":
        hang.stop_evidence = "duration"
    return track.hangs


def _joined(hangs: Sequence[Hang], settings: HangSettings) -> list[Hang]:
    """Bags of one order that follow each other without a gap are one run (switch ``bag_change_grace_minutes``)."""
    result: list[Hang] = []
    for hang in hangs:
        last = next((h for h in reversed(result) if not (h.given or h.push)), None)
        if last is not None and _continues(last, hang, settings):
            began = last.segments.pop()[0]
            if hang.segments:
                last.segments.append((began, hang.segments[0][1]))
                last.segments.extend(hang.segments[1:])
                last.open_since = hang.open_since
            else:
                last.open_since = began
            last.stop, last.stop_evidence, last.stop_sources = hang.stop, hang.stop_evidence, hang.stop_sources
            last.latest_stop = hang.latest_stop
            last.bags.extend(hang.bags)
            last.rates.extend(hang.rates)
            last.actions.extend(hang.actions)
            last.events.extend(hang.events)
            last.past.extend(hang.past)
        else:
            result.append(hang)
    return result


def _continues(last: Hang, hang: Hang, settings: HangSettings) -> bool:
    if last.stop is None or last.stop_evidence not in {"charted", "duration"} or not last.segments:
        return False
    began = hang.segments[0][0] if hang.segments else hang.open_since
    if hang.given or hang.push or last.given or began != hang.start:
        return False
    gap = (hang.start - last.stop).total_seconds()
    return last.segments[-1][1] == last.stop and 0 <= gap <= settings.bag_change_grace_minutes * 60


def _mixes(hangs: Sequence[Hang], fluid: Callable[[Hang], bool]) -> list[list[Hang]]:
    """Hangs of different drugs on one order and time are one mix."""
    groups: list[list[Hang]] = []
    for hang in sorted(hangs, key=lambda h: (h.start, drug_names(h.first))):
        for group in groups:
            if any(_together(other, hang, fluid) for other in group):
                group.append(hang)
                break
        else:
            groups.append([hang])
    return groups


def _together(a: Hang, b: Hang, fluid: Callable[[Hang], bool]) -> bool:
    if drug_names(a.first) == drug_names(b.first):
        return False
    if a.start == b.start:
        # A fluid charted to run on after the drug is another bag: it must not lengthen the drug.
        apart = a.stop is not None and b.stop is not None and a.stop != b.stop and fluid(a) != fluid(b)
        return a.push == b.push and not apart
    # A part charted minutes later goes with the bag it was added to if it has no stop of its own, or the same.
    later = b.open_since is not None or (b.stop is not None and b.stop == a.stop)
    return later and not b.push and any(s <= b.start < t for s, t in _known(a))


def _known(hang: Hang) -> list[tuple[datetime, datetime]]:
    """Running for certain; a run without a stop at least in the minute of its start."""
    if hang.open_since is None:
        return hang.segments
    return [*hang.segments, (hang.open_since, max(hang.last_seen, hang.open_since + timedelta(minutes=1)))]
