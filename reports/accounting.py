"""The sum of every run: each record read was used, ignored with a reason, or rejected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parsers.events import Ignored, InputFile, Rejected
from parsers.files import NOT_OPENED

_NEVER_READ = NOT_OPENED | {"gzip-broken"}
"""Rejected before a reader saw anything of them: they stand in no list of inputs."""


@dataclass(frozen=True, slots=True)
class Accounting:
    """``records == used + ignored + rejected``; ``closed`` counts inputs that were never opened."""

    records: int
    used: int
    ignored: int
    rejected: int
    closed: int

    def sentence(self) -> str:
        """``12 records: 10 used, 1 ignored, 1 rejected.``"""
        what = "1 record" if self.records == 1 else f"{self.records:,} records"
        shut = "1 input" if self.closed == 1 else f"{self.closed:,} inputs"
        return f"{what}: {self.used:,} used, {self.ignored:,} ignored, {self.rejected:,} rejected" + (
            f"; {shut} could not be opened." if self.closed else "."
        )


def accounted(
    inputs: Iterable[InputFile], used: int, ignored: Iterable[Ignored], rejected: Iterable[Rejected]
) -> Accounting:
    """The sum of a run, held against what each input was found to hold.

    A record that is neither used, ignored nor rejected is a bug of a reader and a :class:`ValueError`.
    """
    refused = list(rejected)
    left_out = sum(entry.count for entry in ignored)
    closed = sum(entry.code in NOT_OPENED for entry in refused)
    read = sum(entry.records for entry in inputs)
    told = used + left_out + sum(entry.code not in _NEVER_READ for entry in refused)
    if told != read:
        raise ValueError(f"{read} records were read, but {told} are accounted for")
    rest = len(refused) - closed
    return Accounting(used + left_out + rest, used, left_out, rest, closed)
