"""One IV access, many spellings: when are two charted site texts the same line?

Only if they are equal after case, space and punctuation (profiles and ``same_as`` are applied before).
Look-alikes are reported and never merged: merging two lines would make a concurrent drug where there is none
(rulebook 0c).
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations

_SIDES = ({"left", "l", "lt"}, {"right", "r", "rt"})


@lru_cache(maxsize=65536)
def access_key(site: str | None) -> str | None:
    """The site text for comparison; ``None`` for an unknown access."""
    if site is None:
        return None
    key = re.sub(r"[\W_]+", "", site.casefold())
    return key or None


def look_alikes(sites: set[str]) -> list[tuple[str, str]]:
    """Pairs of charted sites that may be one line written two ways."""
    return [(a, b) for a, b in combinations(sorted(sites), 2) if _alike(a, b)]


@lru_cache(maxsize=65536)
def _alike(a: str, b: str) -> bool:
    left, right = access_key(a) or "", access_key(b) or ""
    if left == right or re.sub(r"\D", "", left) != re.sub(r"\D", "", right):
        return False
    words_a, words_b = set(re.findall(r"\w+", a.casefold())), set(re.findall(r"\w+", b.casefold()))
    for side, other in (_SIDES, _SIDES[::-1]):
        if words_a & side and words_b & other:
            return False
    return SequenceMatcher(None, left, right).ratio() >= 0.8
