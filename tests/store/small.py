"""Small charts for tests of the commands of the store: MAR tables, a row an action, one drug on one line."""

from __future__ import annotations

from pathlib import Path

HEADER = "encounter_id,patient_id,order_id,drug,route,site,action,time,recorded_at,nurse,department,correction"


def table(*rows: str) -> str:
    """A MAR table of rows ``encounter|action|time|recorded|nurse|correction`` of one vancomycin order.

    Times are on 10 March 2026; ``recorded`` is day and time in March, empty for at once.
    """
    lines = [HEADER]
    for row in rows:
        encounter, action, time, *more = row.split("|")
        recorded, nurse, correction = (*more, "", "", "")[:3]
        cells = (
            encounter, f"P-{encounter}", f"O-{encounter}", "vancomycin", "IVPB", "left arm 20G", action,
            f"2026-03-10 {time}", f"2026-03-{recorded or '10 ' + time}", nurse or "N01", "INFUSION", correction,
        )  # fmt: skip
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def put(inbox: Path, name: str, *rows: str) -> Path:
    """A table in an inbox, which is made."""
    inbox.mkdir(exist_ok=True)
    file = inbox / name
    file.write_text(table(*rows), "utf-8")
    return file


TWO_HOURS = ("E1|New Bag|08:00", "E1|Stopped|10:35")
"""155 minutes: 96365 and two further hours (minutes 91 and 151)."""
THREE_HOURS = ("E1|Stopped|10:35|11 06:00|N07|delete", "E1|Stopped|11:40|11 06:05|N07")
"""The next morning: the stop was 11:40, 220 minutes, a third further hour (minute 211)."""
TWO_AGAIN = ("E1|Stopped|11:40|12 09:00|N07|delete", "E1|Stopped|10:35|12 09:05|N07")
"""A day later it was 10:35 after all."""
OPEN = ("E2|New Bag|09:00",)
"""Without a stop: asked."""
