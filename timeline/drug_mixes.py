"""From the words of a charted name to the substances in the bag: what is drug, diluent, flush, or only talk.

The context rules are here because they are about the whole name: a flush makes a carrier of saline and heparin,
potassium in a maintenance fluid is hydration and a potassium rider is not (rulebook 24, 25), a reason behind ``for``
or ``post`` is not in the bag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from parsers.events import Category
from timeline.charting_words import FILLERS, MASSES, NEGATIONS, PROCEDURES, REFERENCES, RIDERS, SALTS, UNITS
from timeline.drug_matching import Hit, NameIndex
from timeline.drug_names import Role, Word, per_litre, plain_name, strengths, volumes_ml, without_brackets
from timeline.drug_references import is_mentioned
from timeline.formulary_file import Entry

_MAINTENANCE_ML = 500.0
"""Convention: potassium in half a litre or more is a maintenance fluid, in less a rider."""
_FLUID: tuple[Category, ...] = ("hydration", "carrier")
_TALK = FILLERS | SALTS | REFERENCES | UNITS


@dataclass(frozen=True, slots=True)
class Substance:
    """One substance as charted.  ``category`` and ``decided_by``: where the whole name changes the entry's own."""

    text: str
    ingredient: str
    entry: Entry | None
    read_as: str | None = None
    category: Category | None = None
    decided_by: str | None = None


def read_mix(row: Sequence[Word], index: NameIndex, charted: str) -> tuple[Substance, ...]:
    """The substances of a name, at least one.  ``charted`` is the name itself, for a row without any word."""
    row = _without_negated(row)
    found = index.find(row)
    hits = _in_the_bag(found, row)
    parts = [(h.positions[0], Substance(_text(h, row), "", h.entry, h.read_as)) for h in hits]
    parts += [(start, Substance(name, name, None)) for start, name in _unlisted(row, hits, found)]
    parts.sort(key=lambda p: p[0])
    if not parts:
        name = plain_name(row) or " ".join(charted.casefold().split()) or "(no name)"
        return (Substance(name, name, None),)
    return _in_context([substance for _, substance in parts], row)


def _text(hit: Hit, row: Sequence[Word]) -> str:
    return " ".join(row[i].text for i in hit.positions)


def _without_negated(row: Sequence[Word]) -> tuple[Word, ...]:
    """``TPN without lipids``: nothing behind ``without`` is in the bag, up to the next join."""
    kept: list[Word] = []
    negated = False
    for word in row:
        negated = (negated or word.text in NEGATIONS) and word.role is not Role.JOIN and word.text != ")"
        if not negated and word.text not in NEGATIONS:
            kept.append(word)
    return tuple(kept)


def _in_the_bag(hits: Sequence[Hit], row: Sequence[Word]) -> tuple[Hit, ...]:
    """Hits that are in the bag: no reasons (``for``), no salts behind a drug, no generic word beside a substance."""
    told = [h for h in hits if not is_mentioned(h, hits, row)] or list(hits)
    kept: list[Hit] = []
    for hit in told:
        behind = kept[-1] if kept else None
        if hit.entry.salt and behind is not None and not _is_fluid(behind.entry) and _touches(behind, hit, row):
            continue
        kept.append(hit)
    named = [h for h in kept if not h.entry.generic]
    drugs = [h for h in named if not _is_fluid(h.entry)]
    fluids = [h for h in named if _is_fluid(h.entry)]
    result: list[Hit] = []
    for hit in kept:
        if any(hit.entry is other.entry for other in result):
            continue
        if hit.entry.only_with_fluid and not (fluids and all(d.entry.additive for d in drugs)):
            continue
        if hit.entry.generic and hit.entry.category == "hydration" and fluids:
            continue
        if hit.entry.generic and hit.entry.category not in _FLUID and drugs:
            continue
        result.append(hit)
    return tuple(result)


def _is_fluid(entry: Entry) -> bool:
    return entry.category in _FLUID


def _touches(before: Hit, hit: Hit, row: Sequence[Word]) -> bool:
    between = row[before.positions[-1] + 1 : hit.positions[0]]
    return all(w.text in SALTS or w.text in "()" for w in between)


def _unlisted(row: Sequence[Word], hits: Sequence[Hit], found_names: Sequence[Hit]) -> list[tuple[int, str]]:
    """Substances that no entry knows, each with the position of its stretch.

    Beside a known drug other words are remarks.  Beside nothing but fluids and electrolytes they may be the drug itself
    (``unknownmab sodium chloride 0.9 %``), which must never pass for hydration.  Behind half a litre or more of fluid,
    words without a dose are remarks again (``LR 1 L POTS clinic``).
    """
    taken = {i for h in found_names for i in h.positions}
    only_fluids = all(_is_fluid(h.entry) or h.entry.electrolyte for h in hits)
    found: list[tuple[int, str]] = []
    for start, end in _stretches(row):
        inside = [i for i in range(start, end) if i in taken]
        if inside and not only_fluids:
            continue
        if inside and _is_litre_bag(row) and not _has_dose(row[inside[-1] + 1 : end]):
            end = inside[-1] + 1
        rest = _remarks_cut(row, start, end, taken) if hits else row[start:end]
        if hits and not _may_be_a_drug(rest):
            continue
        name = plain_name(rest)
        if name:
            found.append((start, name))
    return found


def _is_litre_bag(row: Sequence[Word]) -> bool:
    return max(volumes_ml(row), default=0.0) >= _MAINTENANCE_ML


def _has_dose(words: Sequence[Word]) -> bool:
    return any(a.role is Role.NUMBER and b.text in MASSES for a, b in pairwise(words))


def _stretches(row: Sequence[Word]) -> list[tuple[int, int]]:
    cuts = [-1, *(i for i, w in enumerate(row) if w.role is Role.JOIN), len(row)]
    return [(a + 1, b) for a, b in pairwise(cuts) if b > a + 1]


def _remarks_cut(row: Sequence[Word], start: int, end: int, taken: set[int]) -> tuple[Word, ...]:
    """What is left of a stretch without the found names, brackets, and all that follows ``for``, ``post`` ..."""
    inside = list(range(start, end))
    cut = next((i for i in inside if row[i].text in REFERENCES), end)
    if cut == start or not any(i < cut for i in taken):
        cut = end
    rest = tuple(row[i] for i in inside if i not in taken and i < cut)
    if any(i in taken for i in inside):
        bare = without_brackets(rest)
        return bare if "(" not in {w.text for w in bare} else ()
    return rest


def _may_be_a_drug(rest: Sequence[Word]) -> bool:
    amounts = strengths(rest)
    return any(
        w.role is Role.WORD and len(w.text) >= 3 and i not in amounts and w.text not in _TALK
        for i, w in enumerate(rest)
    )


def _in_context(parts: list[Substance], row: Sequence[Word]) -> tuple[Substance, ...]:
    flush = next((p.entry for p in parts if p.entry and p.entry.generic and p.entry.category == "carrier"), None)
    known = [p.entry for p in parts if p.entry is not None]
    if flush is not None:
        substances = [p for p in parts if p.entry is None or not p.entry.generic] or parts
        if len(known) == len(parts) and all(_is_fluid(e) or e.flushable for e in known):
            return tuple(replace(p, category="carrier", decided_by=flush.label) for p in substances)
        parts = substances
    if _is_procedure(row):
        parts = [_of_the_procedure(p) for p in parts]
    fluids = [p for p in parts if p.entry and p.entry.category == "hydration"]
    others = [p for p in parts if p not in fluids and not (p.entry and p.entry.category == "carrier")]
    if fluids and others and all(p.entry and p.entry.additive for p in others) and _is_maintenance(row):
        return tuple(_in_a_fluid(p) if p in others else p for p in parts)
    return tuple(parts)


def _is_procedure(row: Sequence[Word]) -> bool:
    """Intubation and sedation for a procedure; the drip that keeps a patient asleep afterwards is a drug again."""
    named = {w.text for i, w in enumerate(row) if not any(b.text in ("post", "after") for b in row[max(0, i - 2) : i])}
    return any(asked <= named for asked in PROCEDURES)


def _of_the_procedure(part: Substance) -> Substance:
    """``propofol ... proc sedation``: the procedure pays for it."""
    if part.entry is None or not part.entry.procedural:
        return part
    return replace(part, category="anaesthesia", decided_by=f"{part.entry.label} (for a procedure)")


def _in_a_fluid(part: Substance) -> Substance:
    assert part.entry is not None
    return replace(part, category="hydration", decided_by=f"{part.entry.label} (in a maintenance fluid)")


def _is_maintenance(row: Sequence[Word]) -> bool:
    """Potassium in a fluid is hydration unless the name shows a rider: a small volume, or a word for one."""
    volumes = volumes_ml(row)
    if volumes:
        return max(volumes) >= _MAINTENANCE_ML
    return per_litre(row) or not any(w.text in RIDERS for w in row)
