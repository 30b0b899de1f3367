"""What one file gave: the common result of every reader (HL7, MAR table, CLIF)."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.events import AdministrationEvent, Context, Finding, Ignored, Rejected


@dataclass(frozen=True, slots=True)
class FileReading:
    """Events of one file and what became of every record of it.

    ``records == used + ignored + rejected``; anything else is a bug of the reader and a :class:`ValueError`.
    """

    events: tuple[AdministrationEvent, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    used: int = 0
    records: int = 0
    context: Context = field(default_factory=Context)

    def __post_init__(self) -> None:
        told = self.used + sum(i.count for i in self.ignored) + len(self.rejected)
        if told != self.records:
            raise ValueError(f"{self.records} records were read, but {told} are accounted for")
