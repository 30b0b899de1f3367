"""What one HL7 message gave, and what a reader of messages is: the common form of every message type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from parsers.er7 import Message
from parsers.events import (
    AccessContext,
    AdministrationEvent,
    Context,
    Finding,
    Merge,
    OrderContext,
    Rejected,
    Source,
    StayContext,
)


@dataclass(slots=True)
class ContextPile:
    """Context as it is gathered, message by message and file by file."""

    orders: list[OrderContext] = field(default_factory=list)
    stays: list[StayContext] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    accesses: list[AccessContext] = field(default_factory=list)

    def add(self, more: Context) -> None:
        """Put ``more`` behind what is there."""
        self.orders += more.orders
        self.stays += more.stays
        self.merges += more.merges
        self.accesses += more.accesses

    def context(self) -> Context:
        """What was gathered, as it goes into a reading."""
        return Context(tuple(self.orders), tuple(self.stays), tuple(self.merges), tuple(self.accesses))


@dataclass(slots=True)
class MessageReading:
    """Events, context and findings of one message.

    ``rejected`` when nothing of it could be used, ``ignored`` with the reason when it was understood and rightly
    carries nothing; otherwise the message counts as used.
    """

    events: list[AdministrationEvent] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rejected: Rejected | None = None
    ignored: str | None = None
    context: Context | None = None


class MessageReader(Protocol):
    """Reads messages of the types it is registered for in :data:`parsers.message_types.READERS`."""

    def read(self, message: Message, source: Source) -> MessageReading:
        """One message; ``source`` names its file, record, control id and offset.  Never raises for its content."""
        ...
