"""Small charts written by hand, as HL7 messages of March 2026 in New York: what arrives on the left of a test.

Times are ``"08:00"`` (of 10 March) or ``"12 08:00"`` (of the 12th).  An entry is charted a minute after its time unless
``charted`` says when.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from tests.store.bench import Arrived

NURSE, UNIT = "N07", "4 WEST"
_NUMBER = count(1)


def at(clock: str) -> str:
    """The HL7 time of a clock time."""
    day, _, hours = clock.rpartition(" ")
    return f"202603{int(day or 10):02}{hours.replace(':', '')}00-0400"


def entry(
    clock: str,
    action: str,
    drug: str = "vancomycin",
    *,
    encounter: str = "E1",
    patient: str = "P1",
    order: str = "A",
    route: str = "IVPB",
    site: str = "L FA",
    charted: str = "",
    correction: str = "",
    nurse: str = NURSE,
    unit: str = UNIT,
) -> str:
    """One charted action; ``correction`` is RXA-21: U or D."""
    recorded = at(charted) if charted else f"{at(clock)[:12]}30-0400"
    return "\r".join(
        [
            f"MSH|^~\\&|MAR|SAMPLE|CODING|SAMPLE|{recorded}||RAS^O17^RAS_O17|CH{next(_NUMBER)}|P|2.5.1",
            f"PID|1||{patient}^^^SAMPLE^MR||Sampleton^Ada",
            f"PV1|1|O|{unit}{'|' * 16}{encounter}",
            f"ORC|RE||{encounter}{order}",
            f"RXA|0|1|{at(clock)}||^{drug}|||||{nurse}||||||||||{action}|{correction}|{recorded}",
            f"RXR|^{route}|^{site}" if route else f"RXR||^{site}",
            "",
        ]
    )


def hang(start: str, stop: str, drug: str = "vancomycin", **more: str) -> list[str]:
    """A bag from New Bag to Stopped."""
    return [entry(start, "New Bag", drug, **more), entry(stop, "Stopped", drug, **more)]


def push(clock: str, drug: str = "ondansetron", **more: str) -> str:
    return entry(clock, "Given", drug, route="IV push", **more)


def night(*texts: str | Sequence[str]) -> Arrived:
    """One file of these messages; a list of them counts as its messages."""
    told = [t for text in texts for t in ([text] if isinstance(text, str) else text)]
    return Arrived({"a/feed.hl7": "".join(told).encode()}) if told else Arrived({})
