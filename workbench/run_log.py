"""The log of a nightly run: one JSON object a line, without a word that could identify a patient.

What may be said is declared here.  An event or a key that is not declared is a :class:`TypeError`; a value is a number,
yes or no, or a text of a form that its key allows.  There is no key for free text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, Protocol, TextIO

from parsers.shapes import safe_name

Value = bool | int | float | str
Level = Literal["info", "warning", "error"]

FILE_KINDS = frozenset({"hl7", "mar-table", "clif", "fhir", "visits", "orders", "line-places", "answers", "unknown"})
"""What a file may be said to be; any other word is written as ``unknown``."""
_CODE = re.compile(r"[a-z]{2,20}(?:-[a-z0-9]{1,20}){1,6}")
_STAGE = re.compile(r"[a-z]{2,20}(?:-[a-z]{1,20}){0,3}")
_VERSION = re.compile(r"\d{1,4}(?:[.-]\d{1,3}){1,3}(?:[a-z.+-]{1,6}\d{0,3})?")
_LONG_NUMBER = re.compile(r"\d{3}")


def _count(value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a whole number was expected")
    return value


def _seconds(value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError("a number of seconds was expected")
    return round(float(value), 3)


def _flag(value: object) -> Value:
    if not isinstance(value, bool):
        raise ValueError("true or false was expected")
    return value


def _file(value: object) -> Value:
    if not isinstance(value, str):
        raise ValueError("the name of a file was expected")
    return safe_name(value)


def _kind(value: object) -> Value:
    if not isinstance(value, str):
        raise ValueError("a kind of file was expected")
    return value if value in FILE_KINDS else "unknown"


def _version(value: object) -> Value:
    if not isinstance(value, str):
        raise ValueError("a version was expected")
    return value if _VERSION.fullmatch(value) else "unknown"  # a build of one's own may be named after anything


def _like(pattern: re.Pattern[str], what: str) -> Callable[[object], Value]:
    def check(value: object) -> Value:
        if not isinstance(value, str) or not pattern.fullmatch(value) or _LONG_NUMBER.search(value):
            raise ValueError(f"{what} was expected")
        return value

    return check


def _error(value: object) -> Value:
    """An exception shows the name of its class only: its message may quote a record or a password."""
    if not isinstance(value, BaseException):
        raise ValueError("an exception was expected")
    return type(value).__name__


KEYS: Mapping[str, Callable[[object], Value]] = {
    **dict.fromkeys(
        (
            "run", "resumed", "records", "used", "ignored", "rejected", "events", "files", "files_new",
            "files_known", "encounters", "encounters_touched", "encounters_coded", "encounters_new",
            "encounters_changed", "encounters_removed", "lines_new", "lines_withdrawn", "lines_changed",
            "queries_open", "bytes", "exit_status",
        ),
        _count,
    ),
    "seconds": _seconds,
    "dry_run": _flag,
    "file": _file,
    "kind": _kind,
    "code": _like(_CODE, "a code such as time-unreadable"),
    "stage": _like(_STAGE, "the name of a stage"),
    "version": _version,
    "policy_version": _version,
    "error": _error,
}  # fmt: skip
"""Every key a log line may carry, with what makes its value harmless or refuses it (:class:`ValueError`)."""


@dataclass(frozen=True, slots=True)
class Event:
    """What one event is about; every key may be left out."""

    level: Level
    meaning: str
    keys: tuple[str, ...]


EVENTS: Mapping[str, Event] = {
    "run-started": Event("info", "A run began.", ("run", "dry_run", "version", "policy_version")),
    "run-resumed": Event("warning", "A run that was broken off is taken up again.", ("run", "resumed")),
    "files-found": Event("info", "The inboxes were looked through.", ("files", "files_new", "files_known", "seconds")),
    "file-read": Event(
        "info", "A new file was read and kept.",
        ("file", "kind", "records", "used", "ignored", "rejected", "events", "bytes", "seconds"),
    ),
    "file-not-opened": Event("error", "A file could not be opened.", ("file", "code", "error")),
    "encounters-coded": Event("info", "Encounters were coded.", ("encounters", "seconds")),
    "stage-finished": Event("info", "A stage is done.", ("stage", "seconds")),
    "run-finished": Event(
        "info", "A run was completed.",
        (
            "run", "dry_run", "files_new", "files_known", "records", "used", "ignored", "rejected", "events",
            "encounters_touched", "encounters_coded", "encounters_new", "encounters_changed", "encounters_removed",
            "lines_new", "lines_withdrawn", "lines_changed", "queries_open", "bytes", "exit_status", "seconds",
        ),
    ),
    "run-failed": Event("error", "A run broke off.", ("run", "stage", "code", "error", "exit_status", "seconds")),
}  # fmt: skip
"""Every event there is."""


class Log(Protocol):
    """Where a run says what it does."""

    def event(self, name: str, **values: object) -> None:
        """Write one line.  :class:`TypeError`: no such event, or a key that it does not have; :class:`ValueError`: a
        value that its key does not allow (the value itself is not repeated)."""


def run_log(stream: TextIO | None) -> Log:
    """A log that writes JSON lines to ``stream``; ``None`` writes nothing, but checks what it is given all the same.

    Each line has ``time`` (UTC, ISO 8601), ``level``, ``event`` and the keys of the event, and is flushed.  Errors of
    the stream pass through.  A stream needs ``structlog`` (the extra ``store``).
    """
    return _Log(None if stream is None else _logger(stream))


def _logger(stream: TextIO) -> Any:
    import structlog

    return structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _time_first,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
    )


def _time_first(_logger: Any, _method: str, said: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The line begins with what every line has."""
    return {key: said[key] for key in ("time", "level", "event")} | dict(said)


class _Log:
    """Checks every value before anything is written."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger

    def event(self, name: str, **values: object) -> None:
        said = checked(name, values)
        if self._logger is not None:
            write = getattr(self._logger, EVENTS[name].level)
            write(name, **said)


def checked(name: str, values: Mapping[str, object]) -> dict[str, Value]:
    """The values of an event made harmless, in the order of its keys; raises as :meth:`Log.event` does."""
    if name not in EVENTS:
        raise TypeError("there is no such event in the log")
    unknown = set(values) - set(EVENTS[name].keys)
    if unknown:
        raise TypeError(f"the event {name} has no such key; it has {', '.join(EVENTS[name].keys)}")
    said = {}
    for key in EVENTS[name].keys:
        if key in values:
            try:
                said[key] = KEYS[key](values[key])
            except ValueError as problem:
                raise ValueError(f"{key} of the event {name}: {problem}") from None
    return said
