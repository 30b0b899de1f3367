"""What a charted drug name means: active ingredients and category, with the entry that decided (rulebook 0d, 0e, 25).

The bundled formulary is a set of class files, each with its basis; a site's own file extends or overrides it.
A name that no entry knows is its own ingredient and has no category: the caller treats it as therapeutic and says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from parsers.events import Category
from timeline.drug_matching import NameIndex
from timeline.drug_mixes import Substance, read_mix
from timeline.drug_names import Role, words
from timeline.formulary_file import Basis, Entry, FormularyError, FormularyFile, parse, read_text

__all__ = ["Formulary", "FormularyError", "FormularyMatch", "FormularyPart", "default_formulary"]

_RANK: Mapping[Category | None, int] = {
    "chemo": 9, "blood": 8, "vaccine": 7, "nutrition": 6, "contrast": 5, "therapeutic": 4, "anaesthesia": 3,
    "hydration": 2, "carrier": 1, None: 0,
}  # fmt: skip
"""The highest part of a mix names it (rulebook 0d).  Local anaesthetics stand under the drugs: lidocaine in a syringe
of ceftriaxone is its diluent."""


_LISTED = ", ".join(c for c in _RANK if c)


@dataclass(frozen=True, slots=True)
class FormularyPart:
    """One substance of a charted name.  ``entry`` is ``None`` when it is not listed."""

    text: str
    ingredient: str
    category: Category | None
    entry: str | None
    electrolyte: bool = False
    hormonal: bool = False


@dataclass(frozen=True, slots=True)
class FormularyMatch:
    """What a charted name means.

    ``ingredients`` are sorted and never empty; diluents and carriers are left out unless nothing else is there.
    ``category`` is ``None`` when a part that would decide is not recognised.
    """

    ingredients: tuple[str, ...]
    category: Category | None
    entry: str | None
    parts: tuple[FormularyPart, ...]
    electrolyte: bool = False
    """Therapeutic only by electrolytes: the switch ``electrolyte_replacement`` decides (rulebook 25)."""
    hormonal: bool | None = None
    """For chemo: hormonal or not; ``None`` when the formulary does not know (rulebook 37)."""

    @property
    def unlisted(self) -> tuple[str, ...]:
        """The parts that no entry knows."""
        return tuple(p.ingredient for p in self.parts if p.entry is None)


class Formulary:
    """Names, codes and categories.  Matching is cached by distinct text."""

    def __init__(self, name: str, sha256: str, sources: Iterable[FormularyFile]) -> None:
        self.name = name
        self.sha256 = sha256
        sources = tuple(sources)
        self.bases: Mapping[str, Basis] = {f.group: f.basis for f in sources}
        by_name, self._entries = _merged(sources)
        self._index = NameIndex(by_name)
        self._codes = {code.upper(): e for e in self._entries.values() for code in e.codes}
        self._hcpcs = {code: self._entry_for(key, f) for f in sources for code, key in f.hcpcs.items()}
        self._ranges = tuple((*r, f.group) for f in reversed(sources) for r in f.hcpcs_ranges)
        self._patterns = tuple((*p, f.group) for f in reversed(sources) for p in f.patterns)
        self._seen: dict[tuple[str, str | None, str | None], FormularyMatch] = {}

    @classmethod
    def load(cls, site_file: str | Path | None = None) -> Formulary:
        """The bundled formulary, extended or overridden by a site's YAML file.

        Raises :class:`FormularyError` with the file, the place in it and what to do.
        """
        texts = [(f.name, f.read_text(encoding="utf-8")) for f in _bundled()]
        digest = hashlib.sha256()
        sources = []
        for file, text in texts:
            digest.update(f"{file}\n{text}\n".encode())
            sources.append(parse(text, file))
        name = "bundled"
        if site_file is not None:
            text = read_text(site_file)
            digest.update(f"site\n{text}\n".encode())
            site = parse(text, Path(site_file).name, site=True)
            sources.append(site)
            name = f"bundled + {Path(site_file).name}"
        return cls(name, digest.hexdigest(), sources)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def match(self, name: str, *, hcpcs: str | None = None, code: str | None = None) -> FormularyMatch:
        """Ingredients and category of a charted name.

        A site's ``code`` decides first, then the name; ``hcpcs`` only where the name says nothing, or only a fluid.
        """
        key = (name, hcpcs, code)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = self._match(name, hcpcs, code)
        return found

    def _match(self, name: str, hcpcs: str | None, code: str | None) -> FormularyMatch:
        listed = self._codes.get(code.strip().upper()) if code else None
        if listed is not None:
            return _summary(_parts_of(Substance(name.strip(), "", listed), f"{listed.label} (by code)"))
        parts = [p for s in read_mix(words(name), self._index, name) for p in self._parts(s)]
        match = _summary(parts)
        if hcpcs and (match.category is None or match.category in ("hydration", "carrier")):
            return self._by_hcpcs(hcpcs.strip().upper(), match) or match
        return match

    def _parts(self, substance: Substance) -> list[FormularyPart]:
        if substance.entry is not None:
            misspelled = f" (misspelled, read as {substance.read_as})" if substance.read_as else ""
            return _parts_of(substance, (substance.decided_by or substance.entry.label) + misspelled)
        for kind, text, category, group in self._patterns:
            named = substance.ingredient.split()
            if text in named if kind == "word" else any(word.endswith(text) for word in named):
                return [FormularyPart(substance.text, substance.ingredient, category, f"{group}: {kind} '{text}'")]
        return [FormularyPart(substance.text, substance.ingredient, None, None)]

    def _by_hcpcs(self, hcpcs: str, match: FormularyMatch) -> FormularyMatch | None:
        entry = self._hcpcs.get(hcpcs)
        if entry is not None:
            if _RANK[entry.category] < _RANK[match.category]:
                return None
            return _summary(_parts_of(Substance(hcpcs, "", entry), f"{entry.label} (by {hcpcs})"))
        for low, high, category, _ in self._ranges:
            if low <= hcpcs <= high and len(hcpcs) == len(low):
                unnamed = match.category is not None
                return replace(
                    match,
                    ingredients=(hcpcs.lower(),) if unnamed else match.ingredients,
                    category=category,
                    entry=f"hcpcs: {low}-{high}",
                    electrolyte=False,
                )
        return None

    def _entry_for(self, key: str, file: FormularyFile) -> Entry:
        if key not in self._entries:
            raise FormularyError(
                file.name, f"hcpcs > {key}", "is not an entry of the formulary", "Add the entry or correct the name."
            )
        return self._entries[key]


@cache
def default_formulary() -> Formulary:
    """The bundled formulary, read once."""
    return Formulary.load()


def _bundled() -> list[Traversable]:
    folder = files("timeline").joinpath("formulary_data")
    return sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)


def _merged(sources: tuple[FormularyFile, ...]) -> tuple[list[tuple[str, Entry]], dict[str, Entry]]:
    """Names and entries; a later (site) file moves names to its entries and changes only what it states."""
    entries: dict[str, Entry] = {}
    owner: dict[tuple[str, ...], tuple[str, str]] = {}
    for file in sources:
        for entry in file.entries:
            known = entries.get(entry.key)
            if known is not None and not file.site:
                raise FormularyError(
                    file.name, f"entries > {entry.key}", f"is already in {known.group}", "Keep one of the two."
                )
            entries[entry.key] = entry if known is None else _overridden(known, entry, file)
            if known is None and file.site and not entry.categorised:
                raise FormularyError(
                    file.name, f"entries > {entry.key}", "is new and has no category", f"Give it one of: {_LISTED}."
                )
            for name in entry.names:
                spelling = tuple(w.text for w in words(name) if w.role in (Role.WORD, Role.NUMBER))
                before = owner.get(spelling)
                if before is not None and before[0] != entry.key and not file.site:
                    raise FormularyError(
                        file.name,
                        f"entries > {entry.key} > {name}",
                        f"already names {before[0]}",
                        "Keep one of the two.",
                    )
                owner[spelling] = (entry.key, name)
    return [(name, entries[key]) for key, name in owner.values()], entries


def _overridden(known: Entry, site: Entry, file: FormularyFile) -> Entry:
    stated = file.overrides[site.key]
    changes = {key: getattr(site, key) for key in stated if key not in ("names", "ingredient")}
    if "ingredient" in stated:
        changes["contains"] = site.contains
    return replace(known, group=site.group, names=(*known.names, *site.names), **changes)


def _parts_of(substance: Substance, label: str) -> list[FormularyPart]:
    entry = substance.entry
    assert entry is not None
    category = substance.category or entry.category
    electrolyte = entry.electrolyte and category == "therapeutic"
    return [FormularyPart(substance.text, i, category, label, electrolyte, entry.hormonal) for i in entry.contains]


def _summary(parts: list[FormularyPart]) -> FormularyMatch:
    unlisted = any(p.entry is None for p in parts)
    top = max(parts, key=lambda p: _RANK[p.category])
    undecided = unlisted and top.category != "chemo"
    category = None if undecided else top.category
    active = [p for p in parts if p.entry is None or _RANK[p.category] >= _RANK["therapeutic"]]
    if not active:
        active = [p for p in parts if p.category == top.category]
    deciding = [p for p in parts if p.category == category]
    from_entry = all(p.entry is not None and ": word " not in p.entry and ": ending " not in p.entry for p in deciding)
    return FormularyMatch(
        ingredients=tuple(sorted({p.ingredient for p in active})),
        category=category,
        entry=None if undecided else top.entry,
        parts=tuple(parts),
        electrolyte=category == "therapeutic" and all(p.electrolyte for p in deciding),
        hormonal=all(p.hormonal for p in deciding) if category == "chemo" and from_entry else None,
    )
