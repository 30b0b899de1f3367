"""Find the formulary's names in a charted name: the longest first, whole words only, small misspellings forgiven."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from timeline.charting_words import FILLERS, ORDINARY, SALTS, UNITS
from timeline.drug_names import Role, Word, strengths, words
from timeline.formulary_file import Entry

_LONG = 7
"""Shorter words are never corrected: too many drug names differ by one letter."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A name of ``entry`` found at ``positions`` of the charted words."""

    positions: tuple[int, ...]
    entry: Entry
    read_as: str | None
    """The corrected word, when the charted one was misspelled."""


@dataclass(frozen=True, slots=True)
class _Name:
    steps: tuple[tuple[str, bool], ...]
    """Word, and whether any join (``and``, ``+``, ``/``) may stand before it."""
    entry: Entry


class NameIndex:
    """All names of a formulary, by their first word."""

    def __init__(self, names: Iterable[tuple[str, Entry]]) -> None:
        self._by_first: dict[str, list[_Name]] = {}
        vocabulary: set[str] = set()
        for text, entry in names:
            steps = _steps(text)
            if steps:
                self._by_first.setdefault(steps[0][0], []).append(_Name(steps, entry))
                vocabulary.update(w for w, _ in steps)
        self._vocabulary = frozenset(vocabulary)
        self._spellings: dict[str, set[str]] = {}
        for word in vocabulary:
            if len(word) >= _LONG - 1 and word.isalpha():
                for short in _one_letter_less(word):
                    self._spellings.setdefault(short, set()).add(word)

    def find(self, row: Sequence[Word]) -> tuple[Hit, ...]:
        """Hits that share no word, in charted order.  Where two compete the longer name wins, then the earlier."""
        charted = [word.text for word in row]
        corrections = {i: better for i, word in enumerate(row) if (better := self._corrected(word)) is not None}
        if corrections:
            known = self._find(row, charted, {})
            corrections = {i: better for i, better in corrections.items() if not _is_remark(i, row, known)}
        return self._find(row, [corrections.get(i, text) for i, text in enumerate(charted)], corrections)

    def _find(self, row: Sequence[Word], text: Sequence[str], corrections: Mapping[int, str]) -> tuple[Hit, ...]:
        amounts = strengths(row)
        loose = [self._may_skip(i, row, amounts) for i in range(len(row))]
        found: list[tuple[tuple[int, ...], Entry]] = []
        for start in range(len(row)):
            for name in self._by_first.get(text[start], ()):
                positions = _walk(name.steps, text, row, loose, start)
                if positions is not None:
                    found.append((positions, name.entry))
        found.sort(key=lambda f: (-len(f[0]), f[0][-1] - f[0][0], f[0][0]))
        taken: set[int] = set()
        hits: list[Hit] = []
        for positions, entry in found:
            if taken.isdisjoint(positions):
                taken.update(positions)
                hits.append(Hit(positions, entry, next((corrections[i] for i in positions if i in corrections), None)))
        return tuple(sorted(hits, key=lambda h: h.positions[0]))

    def _may_skip(self, i: int, row: Sequence[Word], amounts: frozenset[int]) -> bool:
        word = row[i]
        return word.role is Role.SOFT or i in amounts or word.text in SALTS or word.text in FILLERS

    def _corrected(self, word: Word) -> str | None:
        text = word.text
        if word.role is not Role.WORD or len(text) < _LONG:
            return None
        if text in self._vocabulary or text in FILLERS or text in SALTS or text in ORDINARY:
            return None
        near = set(self._spellings.get(text, ()))
        for short in _one_letter_less(text):
            near |= self._spellings.get(short, set())
            if short in self._vocabulary and len(short) >= _LONG - 1:
                near.add(short)
        near = {w for w in near if one_edit_apart(text, w)}
        return near.pop() if len(near) == 1 else None


def _is_remark(i: int, row: Sequence[Word], known: Sequence[Hit]) -> bool:
    """Beside a drug that is spelled right, a word without a strength is talk and not a misspelled second drug."""
    strong = i + 1 < len(row) and row[i + 1].role is Role.NUMBER
    if strong:
        return False
    drugs = {p for h in known if h.entry.category not in ("hydration", "carrier") for p in h.positions}
    before = next((p for p in range(i, -1, -1) if row[p].role is Role.JOIN), -1)
    after = next((p for p in range(i, len(row)) if row[p].role is Role.JOIN), len(row))
    return any(before < p < after for p in drugs)


def _steps(text: str) -> tuple[tuple[str, bool], ...]:
    steps: list[tuple[str, bool]] = []
    join = False
    for word in words(text):
        if word.role is Role.SOFT:
            join = join or word.text == "/"
        elif word.role is Role.JOIN:
            join = True
        else:
            steps.append((word.text, join))
            join = False
    return tuple(steps)


def _walk(
    steps: tuple[tuple[str, bool], ...], text: Sequence[str], row: Sequence[Word], loose: Sequence[bool], start: int
) -> tuple[int, ...] | None:
    positions = [start]
    at = start + 1
    for wanted, join in steps[1:]:
        bare_number = wanted.replace(".", "").isdigit()
        letter = bare_number and len(text[positions[-1]]) == 1 and text[positions[-1]].isalpha()
        while at < len(text) and text[at] != wanted:
            if bare_number and (row[at].role is Role.NUMBER or (letter and text[at] != "-")):
                return None
            if not loose[at] and not (join and row[at].role is Role.JOIN):
                return None
            at += 1
        if at >= len(text):
            return None
        positions.append(at)
        at += 1
    if row[positions[-1]].role is Role.NUMBER and _is_amount(text, positions[-1]):
        return None
    return tuple(positions)


def _is_amount(text: Sequence[str], at: int) -> bool:
    """``dextrose 50 mL`` is a volume of dextrose, not dextrose 50 %."""
    return not text[at].endswith("%") and at + 1 < len(text) and text[at + 1] in UNITS


def _one_letter_less(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def one_edit_apart(a: str, b: str) -> bool:
    """One letter added, lost, replaced, or two neighbours exchanged."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    if len(a) == len(b):
        exchanged = a[start] + a[start + 1 : start + 2] == b[start + 1 : start + 2] + b[start]
        return a[start + 1 :] == b[start + 1 :] or (exchanged and a[start + 2 :] == b[start + 2 :])
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[start + 1 :] == shorter[start:]
