"""Three nights in which everything happens that could be lost or billed twice: resends, late stops, corrections.

An encounter is new on one night; on a later one its feed brings the same entries again with the last of them, which was
missing, and takes an entry back.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.house.places import ROOT
from tests.store.nights import Visit, cut, fhir, messages, table, taken_back, visits

sys.path.insert(0, str(ROOT / "benchmarks"))
try:
    from feed_forms import in_form
finally:
    sys.path.pop(0)

NIGHTS = 3
_FORMS = ("batch", "mllp", "bare")


@dataclass(frozen=True, slots=True)
class Workload:
    """The files of each night by name, and every HL7 message in them as often as it came."""

    nights: tuple[dict[str, bytes], ...]
    messages: Counter[bytes]


def workload(encounters: int, seed: int) -> Workload:
    """Some ``encounters`` new ones a night: three files of HL7, a table and FHIR."""
    everyone = visits(encounters * NIGHTS, seed)
    nights, sent = [], Counter[bytes]()
    for night in range(NIGHTS):
        of = [list(_of_night(part, night)) for part in _parts(everyone)]
        files = {}
        for number, form in enumerate(_FORMS):
            texts = [text for visit in of[number] for _, text in messages(visit)]
            sent.update(text.rstrip("\r").encode() for text in texts)
            files[f"n{night + 1}-{number + 1}-{form}.hl7"] = in_form(texts, form)
        files[f"n{night + 1}-4-table.csv"] = table(of[3])
        files[f"n{night + 1}-5-export.ndjson"] = fhir(of[4])
        nights.append(files)
    return Workload(tuple(nights), sent)


def _parts(everyone: Sequence[Visit]) -> Iterator[Sequence[Visit]]:
    """Each encounter comes in one form for good; blocks keep the two visits of one patient together."""
    block = max(1, len(everyone) // 60)
    blocks = [everyone[start : start + block] for start in range(0, len(everyone), block)]
    for part in range(5):
        yield [visit for one in blocks[part::5] for visit in one]


def _of_night(part: Sequence[Visit], night: int) -> Iterator[Visit]:
    for number, visit in enumerate(part):
        age = night - number % NIGHTS
        late = number % 4 == 0
        if age == 0:
            yield cut(visit) if late else visit
        elif age == 1 and late:
            yield visit  # everything again, and the stop that was missing
        elif age == 1 and number % 5 == 0:
            yield taken_back(visit)
        elif age == 2 and number % 7 == 0:
            yield visit  # nothing but a resend
