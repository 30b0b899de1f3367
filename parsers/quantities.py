"""Numbers with units as charted: volumes in mL, rates in mL per hour, durations in minutes."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"\s*([+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)(.*)", re.DOTALL)
_VOLUMES = {"ml": 1.0, "mls": 1.0, "cc": 1.0, "milliliter": 1.0, "milliliters": 1.0, "millilitre": 1.0, "l": 1000.0,
            "liter": 1000.0, "liters": 1000.0, "litre": 1000.0, "dl": 100.0, "cl": 10.0}  # fmt: skip
_HOURS = {"h": 1.0, "hr": 1.0, "hrs": 1.0, "hour": 1.0, "hours": 1.0, "min": 60.0, "mins": 60.0, "minute": 60.0,
          "minutes": 60.0, "m": 60.0, "s": 3600.0, "sec": 3600.0, "day": 1 / 24, "d": 1 / 24,
          "24h": 1 / 24}  # fmt: skip
_LONGEST = 366 * 1440
"""Minutes: the longest duration that is believed to be one."""
_PER = re.compile(r"(?<!\s)\s*+(?:/|\bper\b)\s*", re.IGNORECASE)
_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)
_COLONS = re.compile(r"(\d{1,4}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")
_ISO_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?", re.IGNORECASE)


def number(text: str | None) -> tuple[float | None, str | None]:
    """A charted amount and the unit written behind it: ``125 mL/hr`` -> ``(125.0, "mL/hr")``.

    ``(None, None)`` when no number stands first; a decimal comma is not read, since ``1,250`` is a thousand.
    """
    if not text:
        return None, None
    try:
        # The common case, a bare number; 'nan' and 'inf' must not pass.
        plain = float(text)
        return (plain, None) if math.isfinite(plain) and "_" not in text else (None, None)
    except ValueError:
        pass
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None, None
    unit = match[2].strip()
    if unit[:1] in ",.:-/" and unit:
        return None, None
    value = float(match[1].replace(",", ""))
    return (value, unit or None) if math.isfinite(value) else (None, None)


def _unit(text: str) -> str:
    return text.strip().rstrip(".").casefold()


def volume_ml(value: float | None, unit: str | None) -> float | None:
    """A volume in mL; ``None`` when the unit is no volume (or missing)."""
    factor = _VOLUMES.get(_unit(unit or ""))
    return None if value is None or factor is None else value * factor


def rate_ml_per_hour(value: float | None, unit: str | None) -> float | None:
    """A rate in mL per hour; ``None`` when the unit is not a volume per time (mg/hr, mcg/kg/min, mL/kg/hr)."""
    if value is None or not unit:
        return None
    parts = _PER.split(unit.strip())
    if len(parts) == 1 and _unit(unit) in ("mlhr", "mlh"):
        return value
    if len(parts) != 2:
        return None
    volume, time = _VOLUMES.get(_unit(parts[0])), _HOURS.get(_unit(parts[1]))
    return None if volume is None or time is None else value * volume * time


AMOUNT_UNITS = frozenset({*_VOLUMES, "mg", "mcg", "g", "kg", "units", "unit", "meq", "mmol", "mg/kg", "mg/m2", "mg/ml"})
"""Units of a dose or a volume that messages may show."""

_TIMES = "|".join(sorted(_HOURS, key=len, reverse=True))
_PER_TIME = re.compile(
    rf"(?:(?:/|\bper\b|\bp\.)\s*(?:\d+\s*)?|[\s*.·])(?:{_TIMES}|std|stunde)(?:\b|$)"
    r"|(?:ml|mg|mcg|ug|cc|gtts?|g|units?|u|kg)p?(?:hr|min|h)\b",
    re.IGNORECASE,
)


def is_per_time(unit: str) -> bool:
    """Whether a unit counts by time (mL/hr, mcg/kg/min, mg per hour, mLhr): mg, mL and units do not."""
    return _PER_TIME.search(unit.strip()) is not None


def minutes(text: str | None, unit: str | None = None) -> float | None:
    """A duration in minutes: ``90``, ``90 min``, ``1.5 h``, ``1 h 30 min``, ``1:30`` (h:mm), ``PT1H30M``.

    A bare number is in ``unit``, or in minutes where there is none.  ``None`` if it cannot be read, or is more than a
    year: no bag runs so long, and a time that far ahead may not exist.
    """
    cut = (text or "").strip()
    found = _minutes(cut, unit) if cut else None
    return found if found is not None and found <= _LONGEST else None


def _minutes(cut: str, unit: str | None) -> float | None:
    colons = _COLONS.fullmatch(cut)
    if colons is not None:
        return int(colons[1]) * 60 + int(colons[2]) + int(colons[3] or 0) / 60
    iso = _ISO_DURATION.fullmatch(cut)
    if iso is not None and any(iso.groups()):
        days, hours, mins, secs = (float(part or 0) for part in iso.groups())
        return days * 1440 + hours * 60 + mins + secs / 60
    if _PARTS.sub("", cut):
        return None
    return _sum_of_parts(_PARTS.findall(cut), unit)


def _sum_of_parts(parts: list[tuple[str, str]], unit: str | None) -> float | None:
    total = 0.0
    for amount, written in parts:
        per_hour = _HOURS.get(_unit(written or unit or "min"))
        if per_hour is None:
            return None
        total += float(amount) * 60 / per_hour
    return round(total, 6)
