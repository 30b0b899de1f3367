"""Builds HL7 v2 messages for tests: wild ones, with every field filled at random, and charted ones, with known facts.

The builder shares nothing with the reader: it has separators, escapes and character sets of its own, so that a
mistake of the reader cannot hide behind the same mistake here.  All content is invented.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

VERSIONS = ("2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2")
"""The versions of RAS messages that hl7apy has tables for."""


class Marks(NamedTuple):
    """MSH-1 and the characters of MSH-2."""

    field: str = "|"
    component: str = "^"
    repeat: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def encoding(self) -> str:
        """MSH-2."""
        return self.component + self.repeat + self.escape + self.subcomponent + self.truncation


USUAL = Marks()
WITH_TRUNCATION = Marks(truncation="#")
UNUSUAL = (Marks("#", "$", "%", "*", "@"), Marks("^", "~", "|", "\\", "&"), Marks("!", ":", ";", "/", "?", "+"))


def escaped(text: str, marks: Marks, *, hexadecimal: bool = False) -> str:
    """The text as a sender writes it: separators by their letters or in hexadecimal, line breaks as ``.br``."""
    letters = {marks.field: "F", marks.component: "S", marks.repeat: "R", marks.escape: "E", marks.subcomponent: "T"}
    if marks.truncation:
        letters[marks.truncation] = "P"
    out = []
    for character in text:
        if character == "\n":
            body = ".br"
        elif character in letters:
            body = f"X{ord(character):02X}" if hexadecimal else letters[character]
        else:
            out.append(character)
            continue
        out.append(marks.escape + body + marks.escape)
    return "".join(out)


_WIDTHS: dict[str, dict[str, int]] = {
    "2.2": {"PID": 27, "PV1": 50, "ORC": 19, "RXO": 17, "RXE": 24, "RXR": 4, "RXC": 4, "RXA": 12, "NTE": 3},
    "2.3": {"PID": 30, "PV1": 52, "ORC": 19, "RXO": 22, "RXE": 30, "RXR": 4, "RXC": 6, "RXA": 22, "NTE": 3},
    "2.5": {"PID": 39, "PV1": 52, "ORC": 25, "RXO": 25, "RXE": 44, "RXR": 6, "RXC": 9, "RXA": 26, "NTE": 4, "TQ1": 14},
    "2.7": {"PID": 39, "PV1": 52, "ORC": 31, "RXO": 28, "RXE": 44, "RXR": 6, "RXC": 9, "RXA": 28, "NTE": 4, "TQ1": 14},
}  # fmt: skip
"""How many fields each segment has, from the version named until the next one here."""
WORDS = (
    "ertapenem", "salt \\T\\ sugar", "\\F\\x\\S\\", "IV bag", "Zoë", "99MAR", "one\\.br\\two", "2 West", "\\X41C3A9\\",
    "\\H\\slow\\N\\", "\\Z1\\", "\\C2842\\", "a&b&c", "N1", "7.50", "0012", "5 mg\\5 mL", '""', "生理食塩液", "#2",
)  # fmt: skip
"""What stands in fields: escapes of every kind, sub-components, the HL7 null, numbers with a form, other alphabets."""


def widths(version: str) -> dict[str, int]:
    """The number of fields of each segment in a version."""
    return _WIDTHS[max(known for known in _WIDTHS if known <= version)]


def wild_message(seed: int, version: str | None = None) -> str:
    """A RAS message whose fields hold anything, in one of the orders in which senders write its segments."""
    chance = random.Random(f"wild {seed}")
    version = version or VERSIONS[seed % len(VERSIONS)]
    event = "RAS^O17" if version >= "2.4" else "RAS^O01"
    encoding = "^~\\&#" if version >= "2.7" and chance.random() < 0.5 else "^~\\&"
    header = f"MSH|{encoding}|MAR|SAMPLE|CODING|SAMPLE|20260310080000||{event}|M{seed}|P|{version}"
    names = ["PID", "PV1"]
    for _ in range(chance.choice((1, 1, 2))):
        names += ["ORC", *_order(chance, version)]
    return "\r".join([header, *(_wild_segment(name, version, chance) for name in names)])


def _order(chance: random.Random, version: str) -> list[str]:
    timing = ["TQ1"] if version >= "2.5" and chance.random() < 0.3 else []
    parts = ["RXC"] * chance.choice((0, 0, 2))
    several = ["RXA"] * chance.choice((1, 1, 2, 3))
    notes = ["NTE"] if chance.random() < 0.3 else []
    local = ["ZMA"] if chance.random() < 0.5 else []
    return chance.choice(
        (
            [*timing, "RXO", *notes, *several, "RXR", *local],
            [*timing, "RXE", "RXR", *parts, *several, *notes],  # RXR first, as one extract writes it
            [*timing, "RXO", *several, "RXR", "RXA", "RXR", *parts, *local],
            [*several, *local, "RXR", *notes],
        )
    )


def _wild_segment(name: str, version: str, chance: random.Random) -> str:
    width = widths(version).get(name, 6)
    filled = {chance.randint(1, width) for _ in range(chance.choice((1, 2, 3, 5)))}
    written = max(filled)
    cells = [_wild_field(chance) if number in filled else "" for number in range(1, written + 1)]
    return "|".join([name, *cells]) + "|" * chance.choice((0, 0, min(3, width - written)))


def _wild_field(chance: random.Random) -> str:
    return "~".join(_wild_repeat(chance) for _ in range(chance.choice((1, 1, 1, 1, 2, 3))))


def _wild_repeat(chance: random.Random) -> str:
    parts = [chance.choice(("", *WORDS)) for _ in range(chance.choice((1, 1, 2, 3)))]
    return "^".join(parts) + "^" * chance.choice((0, 0, 0, 2))


@dataclass(frozen=True, slots=True)
class Dose:
    """What one RXA says, as facts: the times as HL7 texts, everything else as plain text."""

    start: str
    drug: str
    stop: str = ""
    code: str = ""
    amount: str = ""
    unit: str = ""
    rate: str = ""
    """With its unit: ``100 mL/hr``."""
    site: str = ""
    route: str = "IV"
    action: str = ""
    nurse: str = ""
    order: str = "FL7"
    encounter: str = "E100"


class Form(NamedTuple):
    """How a message is written."""

    marks: Marks = USUAL
    charset: str = ""
    """MSH-18."""
    codec: str = "utf-8"
    end: str = "\r"
    version: str = "2.5.1"
    hexadecimal: bool = False
    """Separators inside texts as ``\\X7C\\`` instead of ``\\F\\``."""
    route_first: bool = False
    """RXR before its RXA, as some extracts have it."""
    action_field: int = 20
    """RXA-20, or 9 (component 2) beside a completion status."""


PLAIN = Form()


def charted_message(doses: Sequence[Dose], form: Form = PLAIN, control_id: str = "M1") -> bytes:
    """One RAS message with an order for each dose."""
    marks = form.marks
    separator, hat = marks.field, marks.component

    def text(value: str) -> str:
        return escaped(value, marks, hexadecimal=form.hexadecimal)

    def segment(name: str, cells: dict[int, str]) -> str:
        return separator.join([name, *(cells.get(number, "") for number in range(1, max(cells) + 1))])

    header = segment(
        "MSH",
        {
            1: marks.encoding, 2: "MAR", 3: "SAMPLE", 6: "20260310120000", 8: f"RAS{hat}O17{hat}RAS_O17",
            9: control_id, 10: "P", 11: form.version, 17: form.charset.replace("~", marks.repeat),
        },
    )  # fmt: skip
    encounter = text(doses[0].encounter)
    lines = [
        header.rstrip(separator),
        segment("PID", {1: "1", 3: f"P100{hat * 3}SAMPLE{hat}MR", 5: f"Sampleton{hat}Ada"}),
        segment("PV1", {1: "1", 2: "O", 3: "INFUSION", 19: f"{encounter}{hat * 3}SAMPLE{hat}VN"}),
    ]
    for number, dose in enumerate(doses, start=1):
        route = segment("RXR", {1: text(dose.route), 2: f"{hat}{text(dose.site)}" if dose.site else ""})
        cells = {
            1: "0", 2: str(number), 3: dose.start, 4: dose.stop, 5: f"{text(dose.code)}{hat}{text(dose.drug)}{hat}L",
            6: dose.amount, 7: text(dose.unit), 10: f"{text(dose.nurse)}{hat}x", 12: text(dose.rate),
        }  # fmt: skip
        cells[form.action_field] = text(dose.action) if form.action_field == 20 else f"{hat}{text(dose.action)}"
        if form.action_field != 20:
            cells[20] = "CP"
        pair = [segment("RXA", cells), route]
        lines += [segment("ORC", {1: "RE", 3: text(dose.order)}), *(reversed(pair) if form.route_first else pair)]
    return (form.end.join(lines) + form.end).encode(form.codec)
