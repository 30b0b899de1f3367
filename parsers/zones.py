"""Time zones by name, with the nearest name when one is not known."""

from __future__ import annotations

from datetime import tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_OF_MACHINE = {"localtime", "posixrules", "factory"}
_ABBREVIATIONS = {
    "ET": "America/New_York", "EDT": "America/New_York", "EASTERN": "America/New_York", "CT": "America/Chicago",
    "CST": "America/Chicago", "CDT": "America/Chicago", "CENTRAL": "America/Chicago", "MT": "America/Denver",
    "MDT": "America/Denver", "MOUNTAIN": "America/Denver", "PT": "America/Los_Angeles", "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles", "PACIFIC": "America/Los_Angeles",
}  # fmt: skip


def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name; :class:`ValueError` names the nearest one."""
    cut = name.strip()
    if cut and cut.casefold() not in _OF_MACHINE:
        try:
            return ZoneInfo(cut)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    near = _nearest(cut)
    meant = f"Did you mean '{near}'?" if near else "Write it as in America/Chicago."
    raise ValueError(f"'{name}' is no time zone. {meant}")


def _nearest(name: str) -> str | None:
    if name.upper() in _ABBREVIATIONS:
        return _ABBREVIATIONS[name.upper()]
    wanted = name.casefold().replace(" ", "_")
    zones = sorted(zone for zone in available_timezones() if zone.casefold() not in _OF_MACHINE)
    by_name = {zone.casefold(): zone for zone in zones}
    by_city = {zone.casefold().rsplit("/", 1)[-1]: zone for zone in zones}
    for names in (by_name, by_city):
        near = get_close_matches(wanted, list(names), n=1, cutoff=0.75)
        if near:
            return names[near[0]]
    return None
