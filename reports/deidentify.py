"""A result without what identifies a patient: coded first, then changed.

Numbers become pseudonyms by HMAC-SHA256 with the user's key, the same for the same key; dates move back by whole
weeks, a number of them for each patient, so that weekdays, times of day and minutes stay; drugs keep the name by which
the formulary knows them, and what it does not know is called an unlisted drug; lines, nurses, units, files and devices
are numbered or pseudonymous; answers keep what they are about and nothing of what was written.  Ages do not occur in a
result.  The weeks decide no rule any more: policies have dates, so the outcome must not be coded again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from typing import Any, TypeVar

from parsers.answers import GivenAnswer
from parsers.events import Finding, Ignored, InputFile, Rejected, Source
from timeline.model import Administration, Because, CodedEncounter, EncounterTimeline, Fingerprint, Result

T = TypeVar("T")

SHORTEST_KEY = 16
"""Bytes of the key; a shorter one can be guessed."""
MOST_WEEKS = 520
NOT_AGAIN = Finding(
    "info",
    "deidentified",
    "Numbers, names and dates of this result were replaced after coding.",
    "Do not code it again: its dates are not those of the service.",
)
_ISO_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_LEAST = 3
"""Characters of a text that is looked for inside other texts; a shorter one identifies nobody."""


class KeyTooShortError(ValueError):
    """The key file holds too little to keep a secret."""


def deidentified(result: Result, key: bytes) -> Result:
    """The result with pseudonyms and moved dates.  Raises :class:`KeyTooShortError` for a key under 16 bytes."""
    key = key.strip()
    if len(key) < SHORTEST_KEY:
        raise KeyTooShortError(f"The key holds {len(key)} bytes; at least {SHORTEST_KEY} are needed.")
    files = _Files(result)
    encounters = tuple(_Encounter(coded, key, files).changed() for coded in result.encounters)
    return replace(
        result,
        encounters=tuple(sorted(encounters, key=lambda e: e.timeline.id)),
        inputs=tuple(
            InputFile(files.name(i.file), _digest(key, "file", i.sha256, 64), i.kind, i.records) for i in result.inputs
        ),
        ignored=tuple(Ignored(i.reason, tuple(files.source(s) for s in i.sources)) for i in result.ignored),
        rejected=tuple(Rejected(files.source(r.source), r.code, r.message, r.fix) for r in result.rejected),
        findings=(
            NOT_AGAIN,
            *(replace(f, source=files.source(f.source) if f.source else None) for f in result.findings),
        ),
        answers=None if result.answers is None else Fingerprint("answers", _digest(key, "file", "answers", 64)),
    )


def _digest(key: bytes, what: str, value: str, length: int = 12) -> str:
    return hmac.new(key, f"{what}\x1f{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:length]


class _Files:
    """Input files by number: a name may hold an account or a name."""

    def __init__(self, result: Result) -> None:
        self._names = {i.file: f"input-{n}" for n, i in enumerate(result.inputs, start=1)}

    def name(self, file: str) -> str:
        return self._names.setdefault(file, f"input-{len(self._names) + 1}")

    def source(self, source: Source) -> Source:
        return Source(self.name(source.file), source.record, source.row, segment=source.segment, field=source.field)


class _Encounter:
    """One encounter: its pseudonyms, its weeks, and the texts that must not remain."""

    def __init__(self, coded: CodedEncounter, key: bytes, files: _Files) -> None:
        self.coded = coded
        self.key = key
        self.files = files
        timeline = coded.timeline
        person = timeline.patient_id or timeline.id
        self.shift = -timedelta(weeks=1 + int(_digest(key, "weeks", person, 8), 16) % MOST_WEEKS)
        start = timeline.start
        # The offset of the first start for good: the moved dates may lie on the other side of a clock change.
        offset = timeline.local(start).utcoffset() if start is not None else None
        self.zone = timezone(offset or timedelta(0))
        self.ids = {timeline.id: self._id("encounter", timeline.id)}
        if timeline.patient_id:
            self.ids[timeline.patient_id] = self._id("patient", timeline.patient_id)
        own = [*(a.id for a in timeline.administrations), *(x.id for x in coded.lines), *(q.id for q in coded.queries)]
        self.ids |= {number: self._id("id", number) for number in own}
        self.texts = self._texts()
        found = sorted((t for t in self.texts if len(t) >= _LEAST), key=lambda t: (-len(t), t))
        self._pattern = re.compile("|".join(map(re.escape, found)), re.IGNORECASE) if found else None
        self._by_case = {text.casefold(): new for text, new in self.texts.items()}

    def _id(self, what: str, value: str) -> str:
        return _digest(self.key, what, value)

    def _texts(self) -> dict[str, str]:
        """Charted texts and what stands for each."""
        timeline = self.coded.timeline
        texts: dict[str, str] = {}
        lines = sorted({a.access for a in timeline.administrations if a.access})
        lines += sorted({*timeline.same_access, *timeline.same_access.values()} - set(lines))
        texts |= {line: f"line {n}" for n, line in enumerate(lines, start=1)}
        for a in timeline.administrations:
            for value, what in ((a.order_id, "order"), (a.nurse, "nurse"), (a.department, "unit")):
                if value:
                    texts[value] = self._id(what, value)
            for answer in a.answers:
                texts |= {t: "(answered)" for t in (answer.value, answer.who, answer.support) if t}
        texts |= self.ids
        unlisted = sorted({name for a in timeline.administrations for name in (a.drug, *a.components) if not _known(a)})
        texts |= {name: f"unlisted drug {n}" for n, name in enumerate(unlisted, start=1)}
        for a in timeline.administrations:
            if _known(a):
                known = " + ".join(sorted(a.ingredients)) or a.category
                texts[a.drug] = known
                texts |= {part: known for part in a.components if part not in a.ingredients}
        return texts

    def changed(self) -> CodedEncounter:
        made: CodedEncounter = self._any(self.coded)
        return made

    def _any(self, value: Any) -> Any:
        """Everything inside a value, by what it is."""
        special = _SPECIAL.get(type(value))
        if special is not None:
            return special(self, value)
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._any(k): self._any(v) for k, v in value.items()}
        if isinstance(value, tuple | list | frozenset | set):
            return type(value)(self._any(v) for v in value)
        return self._fields(value) if is_dataclass(value) and not isinstance(value, type) else value

    def _fields(self, value: T, **instead: Any) -> T:
        kept = {f.name: self._any(getattr(value, f.name)) for f in fields(value) if f.name not in instead}  # type: ignore[arg-type]
        return type(value)(**{**kept, **instead})

    def text(self, value: str) -> str:
        """A text with every charted text replaced and its dates moved."""
        whole = self._by_case.get(value.casefold())
        if whole is not None:
            return whole
        if self._pattern is not None:
            value = self._pattern.sub(lambda m: self._by_case[m[0].casefold()], value)
        return _ISO_DAY.sub(self._moved_text, value)

    def _moved_text(self, found: re.Match[str]) -> str:
        try:
            return self._day(date(int(found[1]), int(found[2]), int(found[3]))).isoformat()
        except ValueError:
            return "0000-00-00"

    def _day(self, day: date) -> date:
        return day + self.shift

    def _time(self, time: datetime) -> datetime:
        return time + self.shift

    def _administration(self, a: Administration) -> Administration:
        return self._fields(
            a,
            drug=self.texts[a.drug],
            components=tuple(self.text(c) for c in a.components),
            ingredients=a.ingredients if _known(a) else frozenset({self.texts[a.drug]}),
            category_basis=a.category_basis,
            device=None,
            # A code of the sender's own may be a number nobody else uses; a HCPCS code is public.
            charge_codes=frozenset(c for c in a.charge_codes if re.fullmatch(r"[A-Z]\d{4}", c)),
        )

    def _encounter(self, coded: CodedEncounter) -> CodedEncounter:
        return self._fields(coded, policy_version=coded.policy_version)

    def _because(self, because: Because) -> Because:
        # Dates of policies and citations are not those of a patient.
        return self._fields(because, citation=because.citation, policy=because.policy)

    def _timeline(self, timeline: EncounterTimeline) -> EncounterTimeline:
        return self._fields(timeline, zone=self.zone, payer=None)

    def _answer(self, answer: GivenAnswer) -> GivenAnswer:
        return replace(
            answer, encounter=self.text(answer.encounter), administration=self.text(answer.administration),
            value="(answered)", who="", when="", support="", source=self.files.source(answer.source),
        )  # fmt: skip


def _known(administration: Administration) -> bool:
    """Whether the formulary knows the drug: then its name is one of ours and not a charted text."""
    return administration.category_basis.startswith("formulary")


_SPECIAL: dict[type, Callable[[_Encounter, Any], Any]] = {
    datetime: _Encounter._time,
    date: _Encounter._day,
    Source: lambda self, source: self.files.source(source),
    Administration: _Encounter._administration,
    Because: _Encounter._because,
    CodedEncounter: _Encounter._encounter,
    EncounterTimeline: _Encounter._timeline,
    GivenAnswer: _Encounter._answer,
    bool: lambda _, value: value,
}
