"""Sources to events: whatever charts an administration becomes an :class:`AdministrationEvent`.

>>> from parsers import read
>>> reading = read("mar.csv", timezone="America/Chicago")  # doctest: +SKIP
"""

from parsers.events import (
    Action,
    AdministrationEvent,
    Drug,
    Finding,
    Ignored,
    InputFile,
    Reading,
    Rejected,
    Route,
    Source,
)
from parsers.reading import read, read_frame

__all__ = [
    "Action",
    "AdministrationEvent",
    "Drug",
    "Finding",
    "Ignored",
    "InputFile",
    "Reading",
    "Rejected",
    "Route",
    "Source",
    "read",
    "read_frame",
]
