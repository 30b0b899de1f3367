"""Formulary files: YAML to entries, with the file and the place in it named when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import yaml

from parsers.events import Category

CATEGORIES: tuple[str, ...] = get_args(Category)
_FLAGS = ("hormonal", "electrolyte", "generic", "flushable", "additive", "salt", "only_with_fluid", "procedural")
_ENTRY_KEYS = frozenset({"names", "category", "ingredient", "contains", "codes", *_FLAGS})
_FILE_KEYS = frozenset({"class", "name", "basis", "category", "flags", "entries", "hcpcs", "hcpcs_ranges", "patterns"})


class FormularyError(ValueError):
    """A formulary file that cannot be used: file, place in it, what was found and what to do."""

    def __init__(self, file: str, place: str, message: str, fix: str) -> None:
        self.file, self.place, self.fix = file, place, fix
        where = f"{file}, {place}" if place else file
        super().__init__(f"{where}: {message}. {fix}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One substance of the formulary.  ``contains`` are its canonical ingredients (mostly itself)."""

    group: str
    key: str
    contains: tuple[str, ...]
    names: tuple[str, ...]
    category: Category
    codes: tuple[str, ...] = ()
    """Charge codes, NDC or RxNorm numbers of a site."""
    hormonal: bool = False
    """A hormonal antineoplastic (96402 and not 96401 when injected)."""
    electrolyte: bool = False
    """An electrolyte replacement: the policy switch may call it hydration."""
    generic: bool = False
    """Names no substance (``IV fluids``, ``flush``): yields to one that does."""
    flushable: bool = False
    """Becomes a carrier when charted as a flush or lock, though it is a drug otherwise (heparin)."""
    additive: bool = False
    """Hydration when it is in a maintenance fluid (potassium)."""
    salt: bool = False
    """Only the salt of a drug when it stands straight behind one (dexamethasone *sodium phosphate*)."""
    categorised: bool = True
    """False when a site's file names no category for it."""
    only_with_fluid: bool = False
    """Shorthand that has this meaning only beside an IV fluid (``NS with 20 K``)."""
    procedural: bool = False
    """A sedative or muscle relaxant: anaesthesia when the name says intubation or procedural sedation."""

    @property
    def label(self) -> str:
        return f"{self.group}: {self.key}"


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a class has its category: own words, kind of source, confidence (read, second-hand, convention)."""

    text: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class FormularyFile:
    group: str
    name: str
    """The file's name, for messages."""
    basis: Basis
    entries: tuple[Entry, ...]
    overrides: Mapping[str, Mapping[str, Any]]
    """Per entry the keys that the file itself states (what a site file may change)."""
    hcpcs: Mapping[str, str]
    """HCPCS code to entry key."""
    hcpcs_ranges: tuple[tuple[str, str, Category], ...]
    patterns: tuple[tuple[str, str, Category], ...]
    """(``word`` or ``ending``, text, category) for names that no entry knows."""
    site: bool = False


if TYPE_CHECKING:
    from yaml import SafeLoader as _FastLoader
else:
    _FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_FastLoader):
    """Safe YAML in which a key that stands twice is an error, not a silent loss."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"'{key}' stands twice, first on line {seen[key]}", key_node.start_mark
            )
        seen[key] = line
    return {str(k.value): loader.construct_object(v, deep=True) for k, v in node.value}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_text(file: str | Path) -> str:
    """The text of a site's formulary file."""
    path = Path(file)
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise FormularyError(
            path.name, "", f"could not be read ({reason})", "Check the path after --formulary."
        ) from error
    except UnicodeDecodeError as error:
        raise FormularyError(path.name, "", "is not UTF-8 text", "Save the file as UTF-8.") from error


def parse(text: str, file: str, *, site: bool = False) -> FormularyFile:
    """Parse one formulary file.  A site's may leave out ``class``, ``basis`` and the category of a known entry."""
    try:
        data = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise FormularyError(file, line, f"is not valid YAML ({error.problem})", "Correct that line.") from error
    if not isinstance(data, dict):
        raise FormularyError(
            file, "", "is not a formulary", "Expected a mapping with 'entries:'; see docs on the formulary."
        )
    _only_known(data, _FILE_KEYS, file, "top level")
    group = str(data.get("class") or ("site" if site else ""))
    default = _category(data["category"], file, "category") if "category" in data else None
    flags = {str(f): True for f in _strings(data.get("flags", []), file, "flags")}
    _only_known(flags, frozenset(_FLAGS), file, "flags")
    raw = data.get("entries") or {}
    if not isinstance(raw, dict):
        raise FormularyError(file, "entries", "is not a mapping", "Write 'entries:' and below it 'drug: [names]'.")
    stated = {key: _stated(value, file, f"entries > {key}") for key, value in raw.items()}
    entries = tuple(_entry(group, key, own, default, flags, file, site) for key, own in stated.items())
    return FormularyFile(
        group=group,
        name=file,
        basis=_basis(data.get("basis"), file, site),
        entries=entries,
        overrides=stated,
        hcpcs=_codes(data.get("hcpcs") or {}, file),
        hcpcs_ranges=_ranges(data.get("hcpcs_ranges") or [], file),
        patterns=_patterns(data.get("patterns") or [], file),
        site=site,
    )


def _stated(value: object, file: str, place: str) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, list):
        return {"names": _strings(value, file, place)}
    if isinstance(value, str) and value in CATEGORIES:
        return {"category": value}
    if not isinstance(value, dict):
        raise FormularyError(
            file,
            place,
            "is neither a list of names nor a mapping",
            "Write 'drug: [name, name]' or 'drug: {category: therapeutic}'.",
        )
    _only_known(value, _ENTRY_KEYS, file, place)
    stated = dict(value)
    for key in ("names", "contains", "codes"):
        if key in stated:
            stated[key] = _strings(stated[key], file, f"{place} > {key}")
    if "category" in stated:
        stated["category"] = _category(stated["category"], file, f"{place} > category")
    for flag in _FLAGS:
        if not isinstance(stated.get(flag, False), bool):
            raise FormularyError(file, f"{place} > {flag}", "is not true or false", "Write true or false.")
    return stated


def _entry(
    group: str, key: str, own: dict[str, Any], default: Category | None, flags: dict[str, bool], file: str, site: bool
) -> Entry:
    category = own.get("category") or default
    if category is None and not site:
        raise FormularyError(file, f"entries > {key}", "has no category", f"Give it one of: {', '.join(CATEGORIES)}.")
    contains = tuple(own.get("contains") or (str(own.get("ingredient") or key),))
    values = {**flags, **{flag: own[flag] for flag in _FLAGS if flag in own}}
    return Entry(
        group=group,
        key=key,
        contains=contains,
        names=(key, *own.get("names", ())),
        category=category or "therapeutic",
        codes=tuple(own.get("codes", ())),
        categorised=category is not None,
        **values,
    )


def _basis(value: object, file: str, site: bool) -> Basis:
    if value is None and site:
        return Basis("the site's own formulary", "site", "site")
    if isinstance(value, dict) and {"text", "source", "confidence"} == set(value):
        return Basis(str(value["text"]).strip(), str(value["source"]), str(value["confidence"]))
    raise FormularyError(
        file, "basis", "lacks text, source or confidence", "Say why the class has its category, and how sure that is."
    )


def _category(value: object, file: str, place: str) -> Category:
    if value not in CATEGORIES:
        raise FormularyError(file, place, "is not a category", f"Use one of: {', '.join(CATEGORIES)}.")
    return cast(Category, value)


def _strings(value: object, file: str, place: str) -> list[str]:
    if not isinstance(value, list):
        raise FormularyError(file, place, "is not a list", "Write the names between [ and ], with commas.")
    for i, item in enumerate(value, start=1):
        if not isinstance(item, (str, int, float)) or isinstance(item, bool) or not str(item).strip():
            raise FormularyError(file, f"{place} > item {i}", "is not a name", "Put quotes around it.")
    return [str(item) for item in value]


def _only_known(value: Mapping[str, object], known: frozenset[str], file: str, place: str) -> None:
    for key in value:
        if key not in known:
            raise FormularyError(
                file, f"{place} > {key}", "is not known here", f"Use one of: {', '.join(sorted(known))}."
            )


def _codes(value: object, file: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise FormularyError(file, "hcpcs", "is not a mapping", "Write 'J1234: drug' on each line.")
    return {str(k).strip().upper(): str(v) for k, v in value.items()}


def _ranges(value: object, file: str) -> tuple[tuple[str, str, Category], ...]:
    found: list[tuple[str, str, Category]] = []
    for i, item in enumerate(value if isinstance(value, list) else [value], start=1):
        place = f"hcpcs_ranges > item {i}"
        if not isinstance(item, dict) or set(item) != {"from", "to", "category"}:
            raise FormularyError(
                file, place, "needs from, to and category", "Write {from: J9000, to: J9999, category: chemo}."
            )
        found.append((str(item["from"]).upper(), str(item["to"]).upper(), _category(item["category"], file, place)))
    return tuple(found)


def _patterns(value: object, file: str) -> tuple[tuple[str, str, Category], ...]:
    found: list[tuple[str, str, Category]] = []
    for i, item in enumerate(value if isinstance(value, list) else [value], start=1):
        place = f"patterns > item {i}"
        kind = next((k for k in ("word", "ending") if isinstance(item, dict) and k in item), None)
        if kind is None or set(item) != {kind, "category"}:
            raise FormularyError(
                file, place, "needs word (or ending) and category", "Write {word: chemo, category: chemo}."
            )
        found.append((kind, str(item[kind]).casefold(), _category(item["category"], file, place)))
    return tuple(found)
