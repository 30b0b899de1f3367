"""The names of an encounter: its drugs told apart, the codes they are part of, lines and findings in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from parsers.events import Finding
from reports.clock_text import clock
from reports.safe_text import one_line
from reports.sentences import reason
from timeline.model import CodedEncounter, EncounterTimeline, Line, Query, Uncharged

_NAMED = 3
"""Administrations named in one sentence; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked up for every line and bar, gathered once for the encounter by :func:`words_of`."""

    coded: CodedEncounter
    drugs: Mapping[str, str]
    """Administration id to drug name, safe to print."""
    labels: Mapping[str, str]
    """The same, told apart: a drug given more than once carries its start."""
    codes: Mapping[str, tuple[str, ...]]
    """Administration id to the codes it is part of, in line order."""
    queries: Mapping[str, tuple[Query, ...]]
    """Administration id to its open queries."""

    @property
    def timeline(self) -> EncounterTimeline:
        return self.coded.timeline

    def label(self, id_: str) -> str:
        """The name of one administration, told apart from others of its drug."""
        return self.labels.get(id_, one_line(id_))

    def drug_list(self, ids: tuple[str, ...], shown: int | None = None) -> str:
        """The drugs of some administrations, each named once; past ``shown`` they are counted."""
        drugs = list(dict.fromkeys(self.drugs.get(i, one_line(i)) for i in ids))
        return _some(drugs, shown)

    def line(self, line: Line) -> str:
        """Drug and reason of a line in one go; a drug the reason names already is not said twice."""
        drugs, why = self.drug_list(line.administrations, shown=3), reason(line)
        marked = "[answered] " if line.answered else ""
        named = all(drug.lower() in why.lower() for drug in drugs.split(", "))
        return f"{marked}{why}" if named else f"{marked}{drugs}: {why}"

    def uncharged(self, uncharged: Uncharged) -> str:
        """``Saline KVO, 315 min included: a carrier fluid``; a dose without minutes leaves them out."""
        minutes = f", {uncharged.minutes} min" if uncharged.minutes else ","
        return f"{self.label(uncharged.administration)}{minutes} {uncharged.status}: {one_line(uncharged.reason)}"

    def uncharged_together(self) -> list[tuple[str, str]]:
        """(status, words) for each reason, its administrations and minutes taken together."""
        found: dict[tuple[str, str], list[Uncharged]] = {}
        for uncharged in self.coded.unbilled:
            found.setdefault((uncharged.status, one_line(uncharged.reason)), []).append(uncharged)
        out = []
        for (status, why), items in found.items():
            about = _some(list(dict.fromkeys(self.label(u.administration) for u in items)), _NAMED)
            minutes = sum(u.minutes for u in items)
            out.append((status, f"{about}, {f'{minutes} min ' if minutes else ''}{status}: {why}"))
        return out

    def finding(self, finding: Finding) -> str:
        """Message and fix, with the drugs it is about in front: the message itself never names one."""
        about = list(dict.fromkeys(self.label(i) for i in finding.administrations))
        text = finding_text(finding)
        return f"{_some(about, _NAMED)}: {text}" if about else text


def words_of(coded: CodedEncounter) -> Words:
    """Gather the names of an encounter."""
    given = coded.timeline.administrations
    drugs = {a.id: one_line(a.drug) for a in given}
    often = {drug for drug, count in Counter(drugs.values()).items() if count > 1}
    labels = {
        a.id: f"{drugs[a.id]} ({clock(coded.timeline, a.start)})" if drugs[a.id] in often else drugs[a.id]
        for a in given
    }
    return Words(coded, drugs, labels, _codes(coded), _queries(coded))


def earned_labels(coded: CodedEncounter) -> dict[str, str]:
    """Administration id to its codes with their units: ``96413, 96415 x 2``.

    Units stand where the line is that of one administration alone; those of a shared line are of all of them together.
    """
    units: dict[str, dict[str, int]] = {}
    shared: set[str] = set()
    for line in coded.lines:
        code = "-".join((line.code, *line.modifiers))
        if len(line.administrations) > 1:
            shared.add(code)
        for id_ in line.administrations:
            held = units.setdefault(id_, {})
            held[code] = held.get(code, 0) + line.units
    return {
        id_: ", ".join(f"{code} x {n}" if n > 1 and code not in shared else code for code, n in held.items())
        for id_, held in units.items()
    }


def findings_together(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """Findings that say the same of several administrations, as one that names them all, and how many they were."""
    found: dict[tuple[str, str, str, str], list[Finding]] = {}
    for f in findings:
        found.setdefault((f.severity, f.code, f.message, f.fix), []).append(f)
    return [
        (replace(same[0], administrations=tuple(i for f in same for i in f.administrations)), len(same))
        for same in found.values()
    ]


def finding_text(finding: Finding) -> str:
    """What was found and what to do."""
    return f"{one_line(finding.message)} {one_line(finding.fix)}".strip()


def _codes(coded: CodedEncounter) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for line in coded.lines:
        for id_ in line.administrations:
            found.setdefault(id_, {})["-".join((line.code, *line.modifiers))] = None
    return {id_: tuple(codes) for id_, codes in found.items()}


def _queries(coded: CodedEncounter) -> dict[str, tuple[Query, ...]]:
    found: dict[str, tuple[Query, ...]] = {}
    for query in coded.queries:
        found[query.administration] = (*found.get(query.administration, ()), query)
    return found


def _some(items: list[str], shown: int | None) -> str:
    rest = f" and {len(items) - shown} more" if shown and len(items) > shown else ""
    return ", ".join(items[:shown]) + rest
